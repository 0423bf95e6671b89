package texts

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// A corrupt Parquet file is an error or other texts, never the end of the
// program, of its memory or of the user's patience.
func TestCorruptParquet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "a.parquet")
	o := DefaultOptions()
	o.Bad = func(*BadRecord) error { return nil }
	for _, name := range []string{"testdata/snappy.parquet", "testdata/zstd.parquet"} {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 400 {
			data := append([]byte(nil), whole...)
			for range 1 + random.IntN(3) {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
			if i%10 == 0 {
				data = data[:random.IntN(len(data))]
			}
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			r, err := Open([]string{path}, nil, o)
			if err != nil {
				t.Fatal(err)
			}
			texts, err := readAll(r, 50)
			runtime.ReadMemStats(&after)
			if took, used := time.Since(start), after.TotalAlloc-before.TotalAlloc; took > 5*time.Second || used > 64<<20 {
				t.Errorf("%s, mutation %d: %d texts, %v; took %v and %d MiB", name, i, len(texts), err, took, used>>20)
			}
		}
	}
}
