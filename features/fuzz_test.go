package features

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// FuzzOpen: whatever a folder holds, reading it ends in an error or in what the
// manifest says.
func FuzzOpen(f *testing.F) {
	for _, typ := range []matrix.Type{matrix.Float32, matrix.Float16} {
		dir := f.TempDir()
		o := smallOptions()
		o.Type = typ
		if _, err := Write(context.Background(), dir, Strings(corpus(15)), newFake(), o); err != nil {
			f.Fatal(err)
		}
		manifest, err1 := os.ReadFile(filepath.Join(dir, ManifestFile))
		shard, err2 := os.ReadFile(filepath.Join(dir, shardName(0)))
		if err1 != nil || err2 != nil {
			f.Fatal(err1, err2)
		}
		h := sha256.New()
		h.Write(shard)
		f.Add(strings.ReplaceAll(string(manifest), sum(h), "SUM"), shard)
	}
	f.Fuzz(func(t *testing.T, manifest string, shard []byte) {
		dir := t.TempDir()
		h := sha256.New()
		h.Write(shard)
		files := map[string][]byte{
			ManifestFile: []byte(strings.ReplaceAll(manifest, "SUM", sum(h))), // so that the shard is read, too
			shardName(0): shard, RowsName: shard, TokensName: shard,
		}
		for name, data := range files {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(dir)
		if err != nil {
			return
		}
		n := 0
		err = s.Each(context.Background(), func(first int, texts []string, y *matrix.Matrix) error {
			if first != n || len(texts) != y.Rows || y.Cols != s.Width() || len(y.Data) != y.Rows*y.Cols {
				t.Errorf("%d texts from %d with %d×%d vectors", len(texts), first, y.Rows, y.Cols)
			}
			n += len(texts)
			return nil
		})
		if err == nil && n != s.Len() {
			t.Errorf("%d texts, and Len says %d", n, s.Len())
		}
		_, _ = s.Rows()
		_ = s.Check(context.Background())
	})
}

// FuzzMerge: whatever the manifests of two shares say, a merge of them ends in an error or
// in features that can be opened.
func FuzzMerge(f *testing.F) {
	var manifests, shards [2][]byte
	for i := range 2 {
		dir := f.TempDir()
		o := smallOptions()
		o.Share = Share{i, 2}
		if _, err := Write(context.Background(), dir, Strings(corpus(30)), newFake(), o); err != nil {
			f.Fatal(err)
		}
		var err1, err2 error
		manifests[i], err1 = os.ReadFile(filepath.Join(dir, o.Share.manifestName()))
		shards[i], err2 = os.ReadFile(filepath.Join(dir, shardName(i)))
		if err1 != nil || err2 != nil {
			f.Fatal(err1, err2)
		}
	}
	f.Add(string(manifests[0]), string(manifests[1]))
	f.Add(string(manifests[0]), strings.ReplaceAll(string(manifests[1]), `"shards": 2`, `"shards": -2`))
	f.Fuzz(func(t *testing.T, first, second string) {
		dir := t.TempDir()
		for i, text := range []string{first, second} {
			for name, data := range map[string][]byte{Share{i, 2}.manifestName(): []byte(text), shardName(i): shards[i]} {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := Look(context.Background(), store.Local(dir)); err != nil {
			return
		}
		m, err := Merge(context.Background(), store.Local(dir))
		if err != nil {
			return
		}
		s, err := Open(dir)
		if err != nil {
			t.Fatalf("merged, and then: %v", err)
		}
		if s.Len() != m.Texts {
			t.Errorf("%d texts, and the merge says %d", s.Len(), m.Texts)
		}
	})
}
