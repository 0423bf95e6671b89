package features

import (
	"bytes"
	"context"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// shardOf is a shard of 4,096 texts of 384 dimensions.
func shardOf() ([]string, *matrix.Matrix) {
	var texts []string
	for len(texts) < 4096 {
		texts = append(texts, corpus(4096)...)
	}
	texts = texts[:4096]
	y := matrix.New(len(texts), 384)
	for i, text := range texts {
		copy(y.Row(i), fakeVector(text, 384))
	}
	return texts, y
}

func BenchmarkEncodeShard(b *testing.B) {
	texts, y := shardOf()
	for _, typ := range []matrix.Type{matrix.Float32, matrix.Float16} {
		b.Run(typ.String(), func(b *testing.B) {
			for b.Loop() {
				if err := encodeShard(new(bytes.Buffer), texts, y, typ); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(texts))/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

func BenchmarkEach(b *testing.B) {
	texts, y := shardOf()
	for _, typ := range []matrix.Type{matrix.Float32, matrix.Float16} {
		b.Run(typ.String(), func(b *testing.B) {
			dir := b.TempDir()
			o := DefaultOptions()
			o.Type = typ
			e := newFake()
			e.width = y.Cols
			if _, err := Write(context.Background(), dir, Strings(texts), e, o); err != nil {
				b.Fatal(err)
			}
			s, err := Open(dir)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := s.Each(context.Background(), func(int, []string, *matrix.Matrix) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(s.Len())/b.Elapsed().Seconds(), "texts/s")
		})
	}
}
