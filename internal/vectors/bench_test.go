package vectors

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

func BenchmarkWrite(b *testing.B) {
	m := matrix.New(1024, 256)
	for i := range m.Data {
		m.Data[i] = float32(i%1000)/997 - 0.5
	}
	for _, name := range []string{"a.npy", "a.jsonl"} {
		for _, o := range []Options{{Type: matrix.Float32, Cols: 256}, {Type: matrix.Float16, Cols: 256}} {
			b.Run(fmt.Sprint(name, "/", o.Type), func(b *testing.B) {
				w, err := Create(filepath.Join(b.TempDir(), name), o)
				if err != nil {
					b.Fatal(err)
				}
				defer w.Close()
				for b.Loop() {
					if err := w.Write(m); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(w.Rows())/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
