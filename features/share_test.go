package features

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/store"
)

func shareOptions(i, n int) Options {
	o := smallOptions()
	o.Share, o.Rows = Share{i, n}, fakeRows
	return o
}

// whole is what one run leaves.
func whole(t *testing.T, texts []string) string {
	t.Helper()
	dir := t.TempDir()
	o := smallOptions()
	o.Rows = fakeRows
	write(t, dir, texts, newFake(), o)
	return dir
}

func merged(t *testing.T, out string, from ...string) *Manifest {
	t.Helper()
	m, err := Merge(context.Background(), store.Local(out), locals(from)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func locals(dirs []string) (list []store.Folder) {
	for _, dir := range dirs {
		list = append(list, store.Local(dir))
	}
	return list
}

// Shares in one folder or in several, in any order, give the bytes of one run: also more
// shares than there are shards, and a corpus that ends in empty texts.
func TestMergeIsOneRun(t *testing.T) {
	for _, texts := range [][]string{corpus(150), corpus(30), append(corpus(100), " ", "")} {
		want := whole(t, texts)
		for _, n := range []int{1, 2, 3, 16} {
			one, out := t.TempDir(), t.TempDir()
			var several []string
			for i := n - 1; i >= 0; i-- {
				write(t, one, texts, newFake(), shareOptions(i, n))
				several = append(several, t.TempDir())
				write(t, several[len(several)-1], texts, newFake(), shareOptions(i, n))
			}
			if _, err := Open(one); err == nil || !strings.Contains(err.Error(), "merge them first") {
				t.Errorf("%d shares open before they are merged: %v", n, err)
			}
			merged(t, one)
			sameFolder(t, one, want)
			merged(t, one) // once more does nothing
			sameFolder(t, one, want)
			merged(t, out, several...)
			merged(t, out, several...)
			sameFolder(t, out, want)
		}
	}
}

// A share runs the teacher for its own shards alone.
func TestShareRunsItsPart(t *testing.T) {
	shards, _ := kept(corpus(150), 20)
	for i := range 3 {
		dir := t.TempDir()
		e := newFake()
		r := write(t, dir, corpus(150), e, shareOptions(i, 3))
		n := 0
		for k, shard := range shards {
			if k%3 == i {
				n += len(shard)
				if _, err := os.Stat(filepath.Join(dir, shardName(k))); err != nil {
					t.Error(err)
				}
			}
		}
		if e.texts != n || r.Manifest.Texts != n {
			t.Errorf("share %d: %d texts encoded and %d told, want %d", i, e.texts, r.Manifest.Texts, n)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	ctx := context.Background()
	texts := corpus(150)
	make3 := func() string {
		dir := t.TempDir()
		for i := range 3 {
			write(t, dir, texts, newFake(), shareOptions(i, 3))
		}
		return dir
	}
	refused := func(want, out string, from ...string) {
		t.Helper()
		_, err := Merge(ctx, store.Local(out), locals(from)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("merge: %v, want %q", err, want)
		}
	}
	remove := func(dir, name string) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	dir := make3()
	remove(dir, Share{1, 3}.manifestName())
	refused("share 1/3 is not there", dir)

	dir = make3()
	remove(dir, shardName(4))
	refused(shardName(4)+": no such file; run share 1/3 again", dir)

	dir = make3()
	e := newFake()
	e.failAt = 2
	remove(dir, Share{2, 3}.manifestName())
	if _, err := Write(ctx, dir, Strings(texts), e, shareOptions(2, 3)); !errors.Is(err, errFake) {
		t.Fatal(err)
	}
	refused("share 2/3 is not complete", dir)

	dir = make3()
	other := t.TempDir()
	write(t, other, texts[:140], newFake(), shareOptions(1, 3))
	remove(dir, Share{1, 3}.manifestName())
	refused("another corpus", t.TempDir(), dir, other)

	e = newFake()
	e.teacher.SHA256 = map[string]string{"model.onnx": "cc"}
	other = t.TempDir()
	write(t, other, texts, e, shareOptions(1, 3))
	refused("it does not match share", t.TempDir(), dir, other)

	other = t.TempDir()
	write(t, other, texts, newFake(), shareOptions(1, 2))
	refused("it is one share of 3", t.TempDir(), dir, other)

	refused("neither this folder nor those named hold a share", t.TempDir(), t.TempDir())

	// A merge put its files beside whatever was there.
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range 3 {
		all = append(all, t.TempDir())
		write(t, all[i], texts, newFake(), shareOptions(i, 3))
	}
	refused("it has thesis.tex, and no share", foreign, all...)
	if entries, err := os.ReadDir(foreign); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

// A folder of other shares, of other work, or of whole features is refused as it is.
func TestShareRefusesFolders(t *testing.T) {
	texts := corpus(150)
	dir := t.TempDir()
	write(t, dir, texts, newFake(), shareOptions(0, 3))
	refused := func(dir string, e Encoder, o Options, want string) {
		t.Helper()
		before := folder(t, dir)
		_, err := Write(context.Background(), dir, Strings(texts), e, o)
		if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if len(folder(t, dir)) != len(before) {
			t.Error("the folder has changed")
		}
	}
	refused(dir, newFake(), shareOptions(0, 4), "it has share 0/3 of the work, and this run does 0/4")
	refused(dir, newFake(), smallOptions(), "it has share 0/3 of the work, and this run does all")
	o := shareOptions(1, 3)
	o.ShardTexts = 21
	refused(dir, newFake(), o, "texts per shard")
	refused(whole(t, texts), newFake(), shareOptions(1, 3), "its features are whole")
	strange := t.TempDir()
	if err := os.WriteFile(filepath.Join(strange, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	refused(strange, newFake(), shareOptions(1, 3), "it has thesis.tex")
	texts = append(texts, "one more text")
	refused(dir, newFake(), shareOptions(0, 3), "other texts")
}

func TestLookCheckRepair(t *testing.T) {
	ctx := context.Background()
	texts := corpus(150)
	want, dir := whole(t, texts), t.TempDir()
	for i := range 2 {
		write(t, dir, texts, newFake(), shareOptions(2*i, 3))
	}
	c, err := Look(ctx, store.Local(dir))
	if err != nil {
		t.Fatal(err)
	}
	if c.Complete || len(c.Shares) != 2 || !slices.Equal(c.Absent, []int{1}) || len(c.Faults) > 0 || c.Shards != 5 || c.Width != 6 {
		t.Errorf("%+v", c)
	}
	damage(t, filepath.Join(dir, shardName(3)))
	if err := os.Remove(filepath.Join(dir, shardName(2))); err != nil {
		t.Fatal(err)
	}
	left := ".shard-00001.parquet.ABCDEFGH.m2v-tmp"
	if err := os.WriteFile(filepath.Join(dir, left), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if c, err = Look(ctx, store.Local(dir)); err != nil || len(c.Faults) != 1 || !strings.Contains(c.Faults[0], shardName(2)) {
		t.Errorf("%+v, %v", c, err)
	}
	if err := c.Check(ctx); err != nil || len(c.Faults) != 2 || !strings.Contains(c.Faults[0], shardName(3)+": it is damaged") {
		t.Errorf("%q, %v", c.Faults, err)
	}
	r, err := Repair(ctx, store.Local(dir), store.Local(t.TempDir()))
	if err != nil || !slices.Equal(r.Lost, []string{shardName(3), shardName(2)}) || len(r.Copied) > 0 || !slices.Equal(r.Removed, []string{left}) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = Repair(ctx, store.Local(dir), store.Local(want)); err != nil || len(r.Lost) > 0 || len(r.Copied) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	damage(t, filepath.Join(dir, shardName(0))) // and the run itself makes it anew
	if r := write(t, dir, texts, newFake(), shareOptions(0, 3)); !slices.Equal(r.Remade, []string{shardName(0)}) {
		t.Errorf("remade %q", r.Remade)
	}
	write(t, dir, texts, newFake(), shareOptions(1, 3))
	merged(t, dir)
	sameFolder(t, dir, want)
	if c, err = Look(ctx, store.Local(dir)); err != nil || !c.Complete || len(c.Shares) > 0 || c.Check(ctx) != nil || len(c.Faults) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Look(ctx, store.Local(t.TempDir())); err == nil {
		t.Error("an empty folder holds features")
	}
}

func damage(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestParseShare(t *testing.T) {
	for text, want := range map[string]Share{"0/1": {0, 1}, "3/4": {3, 4}} {
		if got, err := ParseShare(text); got != want || err != nil || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "4/4", "-1/4", "0/0", "1/x", "0/100001", "1/4/2"} {
		if got, err := ParseShare(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, name := range []string{"share-00000-of-00000.json", "share-4-of-5.json", "share-00004-of-00004.json", "share-00000-of-00004.json.gz", ManifestFile} {
		if s, ok := shareOfName(name); ok {
			t.Errorf("%s is share %v", name, s)
		}
	}
	for _, n := range []int{1, 3, 7} {
		for shards := range 20 {
			total := 0
			for i := range n {
				s := Share{i, n}
				total += s.count(shards)
				for place := range s.count(shards) {
					if k := s.number(place); !s.has(k) || s.place(k) != place || k >= shards {
						t.Errorf("share %v, place %d: shard %d", s, place, k)
					}
				}
			}
			if total != shards {
				t.Errorf("%d shards in %d shares: %d", shards, n, total)
			}
		}
	}
}

// A share of which some part has unusable vectors drops what one run drops.
func TestSharesDropBadVectors(t *testing.T) {
	texts := corpus(400)
	bad := func() *fake {
		e := newFake()
		e.vectors = map[string]string{texts[310]: "zero", texts[390]: "nan"}
		return e
	}
	a, b := t.TempDir(), t.TempDir()
	write(t, a, texts, bad(), smallOptions())
	for i := range 2 {
		o := smallOptions()
		o.Share = Share{i, 2}
		write(t, b, texts, bad(), o)
	}
	merged(t, b)
	sameFolder(t, b, a)
}

func ExampleMerge() {
	dir, err := os.MkdirTemp("", "features")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	o := DefaultOptions()
	o.ShardTexts = 1
	for i := range 2 { // each in a process of its own, on any machine
		o.Share = Share{Index: i, Of: 2}
		if _, err := Write(ctx, dir, Strings([]string{"sun", "rain", "snow"}), newFake(), o); err != nil {
			fmt.Println(err)
			return
		}
	}
	m, err := Merge(ctx, store.Local(dir))
	fmt.Println(m.Texts, "texts in", len(m.Shards), "shards", err)
	// Output: 3 texts in 3 shards <nil>
}
