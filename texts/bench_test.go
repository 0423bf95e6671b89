package texts

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	// 177 characters, the mean of the paragraphs that bench-encode uses.
	text := strings.Repeat("a word and then, ", 11)[:177]
	for _, test := range []struct {
		format Format
		line   string
	}{
		{Lines, text + "\n"},
		{JSONL, `{"id": 1234, "text": "` + text + "\", \"lang\": \"en\"}\n"},
		{CSV, "1234,\"" + text + "\",en\n"},
		{TSV, "1234\t" + text + "\ten\n"},
	} {
		b.Run(fmt.Sprint(test.format), func(b *testing.B) {
			o := DefaultOptions()
			o.Format = test.format
			if test.format == CSV || test.format == TSV {
				o.Field = "2"
			}
			b.ReportAllocs()
			r, err := Open(nil, &endless{line: test.line, left: b.N}, o)
			if err != nil {
				b.Fatal(err)
			}
			batch := make([]string, 1024)
			texts := 0
			for {
				n, err := r.Next(batch)
				texts += n
				if err == io.EOF {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			if texts != b.N {
				b.Fatalf("%d texts, want %d", texts, b.N)
			}
			b.ReportMetric(float64(texts)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}
