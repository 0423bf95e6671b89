package features

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// fake is an encoder whose vector of a text depends on the text alone.
type fake struct {
	width    int
	teacher  Teacher
	calls    int
	texts    int
	failAt   int               // the call that fails, from 1; 0 for none
	vectors  map[string]string // of some texts: "zero", "nan", "huge"
	sizes    []int             // of the texts, in the order in which they came
	parallel bool
}

var errFake = errors.New("the encoder gave up")

func newFake() *fake {
	return &fake{width: 6, teacher: Teacher{
		Name: "tiny", SHA256: map[string]string{"model.onnx": "aa"}, Settings: map[string]string{"pooling": "mean"}, Tokenizer: "bb",
	}}
}

func (f *fake) Width() int       { return f.width }
func (f *fake) Teacher() Teacher { return f.teacher }

func (f *fake) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	if f.calls++; f.calls == f.failAt {
		return errFake
	}
	f.texts += len(texts)
	var done sync.WaitGroup
	for i, text := range texts {
		f.sizes = append(f.sizes, len(text))
		one := func() {
			copy(dst.Row(i), fakeVector(text, f.width))
			switch f.vectors[text] {
			case "zero":
				clear(dst.Row(i))
			case "nan":
				dst.Row(i)[1] = float32(math.NaN())
			case "huge":
				dst.Row(i)[1] = 65520
			}
		}
		if f.parallel {
			done.Go(one)
		} else {
			one()
		}
	}
	done.Wait()
	return nil
}

// fakeVector returns numbers that float16 holds.
func fakeVector(text string, width int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(text))
	random := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float32, width)
	for i := range v {
		v[i] = float32(random.IntN(2000)-1000) / 512
	}
	return v
}

// corpus is n texts of many lengths, with an empty one and a duplicate now and then.
func corpus(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for i := range n {
		switch {
		case i%17 == 16:
			texts = append(texts, " \t")
		case i%23 == 22:
			texts = append(texts, texts[len(texts)-1])
		default:
			texts = append(texts, fmt.Sprintf("text %d %s é", i, strings.Repeat("word ", random.IntN(9))))
		}
	}
	return texts
}

// kept is what Write keeps of texts in shards of n.
func kept(texts []string, n int) (shards [][]string, dropped Dropped) {
	var shard []string
	for _, text := range texts {
		switch {
		case strings.TrimSpace(text) == "":
			dropped.Empty++
		case slices.Contains(shard, text):
			dropped.Duplicates++
		default:
			if shard = append(shard, text); len(shard) == n {
				shards, shard = append(shards, shard), nil
			}
		}
	}
	if len(shard) > 0 {
		shards = append(shards, shard)
	}
	return shards, dropped
}

func smallOptions() Options {
	o := DefaultOptions()
	o.ShardTexts, o.BatchTexts, o.Version = 20, 7, "1.2.3"
	return o
}

func write(t *testing.T, dir string, texts []string, e Encoder, o Options) *Report {
	t.Helper()
	r, err := Write(context.Background(), dir, Strings(texts), e, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// folder returns the files of a folder, by name.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

// sameFolder compares two folders byte by byte.
func sameFolder(t *testing.T, got, want string) {
	t.Helper()
	a, b := folder(t, got), folder(t, want)
	if names := slices.Sorted(maps.Keys(a)); !slices.Equal(names, slices.Sorted(maps.Keys(b))) {
		t.Errorf("files %q, want %q", names, slices.Sorted(maps.Keys(b)))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs", name)
		}
	}
}

// readSource returns all texts and vectors of a source.
func readSource(t *testing.T, s Source) (texts []string, rows [][]float32) {
	t.Helper()
	err := s.Each(context.Background(), func(first int, some []string, y *matrix.Matrix) error {
		if first != len(texts) || len(some) != y.Rows || y.Cols != s.Width() || len(some) == 0 {
			t.Errorf("a batch of %d texts from %d, with %d×%d vectors, after %d texts", len(some), first, y.Rows, y.Cols, len(texts))
		}
		texts = append(texts, some...)
		for i := range y.Rows {
			rows = append(rows, slices.Clone(y.Row(i)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) != s.Len() {
		t.Errorf("%d texts, and Len says %d", len(texts), s.Len())
	}
	var alone []string
	err = s.Texts(context.Background(), func(first int, some []string) error {
		if first != len(alone) {
			t.Errorf("texts from %d after %d", first, len(alone))
		}
		alone = append(alone, some...)
		return nil
	})
	if err != nil || !slices.Equal(alone, texts) {
		t.Errorf("the texts alone are others: %d, %v", len(alone), err)
	}
	return texts, rows
}

func open(t *testing.T, dirs ...string) *Store {
	t.Helper()
	s, err := Open(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWriteAndRead(t *testing.T) {
	texts := corpus(150)
	for _, typ := range []matrix.Type{matrix.Float32, matrix.Float16} {
		dir := filepath.Join(t.TempDir(), "new", "features")
		o := smallOptions()
		o.Type = typ
		e := newFake()
		var progress []int
		o.Progress = func(found, made int) { progress = append(progress, found+made) }
		r := write(t, dir, texts, e, o)
		shards, dropped := kept(texts, o.ShardTexts)
		want := slices.Concat(shards...)
		if m := r.Manifest; r.Made != len(shards) || r.Found != 0 || r.Remade != nil || !m.Complete || m.Texts != len(want) || m.Dropped != dropped {
			t.Errorf("%s: report %+v, manifest %+v, want %d shards and %+v dropped", typ, r, m, len(shards), dropped)
		}
		if !slices.IsSorted(progress) || progress[len(progress)-1] != len(want) {
			t.Errorf("%s: progress %v", typ, progress)
		}
		// The rate of a run that went on counted the texts of the earlier one.
		o.Progress = func(found, made int) {
			if found > len(want) || made > 0 {
				t.Errorf("%s: a second run found %d texts and made %d", typ, found, made)
			}
		}
		write(t, dir, texts, newFake(), o)
		s := open(t, dir)
		if err := s.Check(context.Background()); err != nil {
			t.Error(err)
		}
		got, rows := readSource(t, s)
		if !slices.Equal(got, want) {
			t.Errorf("%s: texts differ from those of the corpus", typ)
		}
		for i, text := range got {
			if !slices.Equal(rows[i], fakeVector(text, e.width)) {
				t.Fatalf("%s: row %d is %v, want %v", typ, i, rows[i], fakeVector(text, e.width))
			}
		}
		for name := range folder(t, dir) {
			if strings.HasPrefix(name, ".") {
				t.Errorf("%s: %s is left in the folder", typ, name)
			}
		}
	}
}

// Texts reach the encoder by length, a shard at a time.
func TestBatchesAreEven(t *testing.T) {
	e := newFake()
	o := smallOptions()
	shards, _ := kept(corpus(100), o.ShardTexts)
	write(t, t.TempDir(), corpus(100), e, o)
	at := 0
	for i, shard := range shards {
		if sizes := e.sizes[at : at+len(shard)]; !slices.IsSorted(sizes) {
			t.Errorf("shard %d: lengths %v", i, sizes)
		}
		at += len(shard)
	}
	if calls := 4*3 + 2; e.calls != calls { // 20 texts in batches of 7, four times, and 12 or so
		t.Errorf("%d calls, want %d", e.calls, calls)
	}
}

// teller tells of each text.
type teller struct{ *fake }

func (f teller) EncodeTelling(ctx context.Context, texts []string, dst *matrix.Matrix, progress func(int)) error {
	for i := range texts {
		progress(i + 1)
	}
	return f.Encode(ctx, texts, dst)
}

func TestProgressWithinABatch(t *testing.T) {
	var told []int
	o := smallOptions()
	o.Progress = func(_, n int) { told = append(told, n) }
	shards, _ := kept(corpus(100), o.ShardTexts)
	write(t, t.TempDir(), corpus(100), teller{newFake()}, o)
	n := len(slices.Concat(shards...))
	if distinct := slices.Compact(slices.Clone(told)); !slices.IsSorted(told) || len(distinct) != n || distinct[n-1] != n {
		t.Errorf("told %v", told)
	}
}

// The same texts give the same bytes, whatever the number of threads and however
// the corpus hands them out.
func TestBytesRepeat(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	write(t, a, corpus(150), newFake(), smallOptions())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	e := newFake()
	e.parallel = true
	if _, err := Write(context.Background(), b, &slow{corpus(150)}, e, smallOptions()); err != nil {
		t.Fatal(err)
	}
	sameFolder(t, b, a)
	for name, data := range folder(t, a) {
		if strings.Contains(data, a) {
			t.Errorf("%s names its folder", name)
		}
	}
}

// slow hands out one text at a time.
type slow struct{ left []string }

func (s *slow) Next(batch []string) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	batch[0], s.left = s.left[0], s.left[1:]
	return 1, nil
}

// A shard's bytes depend on its texts alone: what is before it may change.
func TestShardsDependOnTheirTexts(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	texts := corpus(100)
	shards, _ := kept(texts, 20)
	write(t, a, texts, newFake(), smallOptions())
	write(t, b, slices.Concat(shards[2]), newFake(), smallOptions())
	if folder(t, a)[shardName(2)] != folder(t, b)[shardName(0)] {
		t.Error("the third shard differs when it is the first")
	}
}

func TestResume(t *testing.T) {
	whole := t.TempDir()
	texts := corpus(150)
	write(t, whole, texts, newFake(), smallOptions())
	for failAt := 1; failAt <= 20; failAt += 3 {
		dir := t.TempDir()
		e := newFake()
		e.failAt = failAt
		_, err := Write(context.Background(), dir, Strings(texts), e, smallOptions())
		if !errors.Is(err, errFake) || !strings.Contains(err.Error(), "encode texts") {
			t.Fatalf("call %d: %v", failAt, err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not complete") {
			t.Errorf("call %d: Open: %v", failAt, err)
		}
		again := newFake()
		r := write(t, dir, texts, again, smallOptions())
		if found := (failAt - 1) / 3; r.Found != found || r.Made != 7-found {
			t.Errorf("call %d: %d found, %d made", failAt, r.Found, r.Made)
		}
		sameFolder(t, dir, whole)
	}
	e := newFake()
	if r := write(t, whole, texts, e, smallOptions()); e.calls != 0 || r.Made != 0 || r.Found != 7 || !r.Manifest.Complete {
		t.Errorf("a second run: %+v, %d calls of the encoder", r, e.calls)
	}
}

func TestDamageIsNamedAndMended(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	texts := corpus(150)
	o := smallOptions()
	o.Rows = fakeRows
	write(t, whole, texts, newFake(), o)
	write(t, dir, texts, newFake(), o)
	flip := func(name string) {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	flip(shardName(1))
	flip(RowsName)
	if err := os.Truncate(filepath.Join(dir, shardName(4)), 100); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	err := s.Check(context.Background())
	for _, name := range []string{shardName(1), shardName(4), RowsName} {
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, name)+": it is damaged") {
			t.Errorf("Check: %v, want one that names %s", err, name)
		}
	}
	err = s.Each(context.Background(), func(int, []string, *matrix.Matrix) error { return nil })
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, shardName(1))+": it is damaged") {
		t.Errorf("Each: %v", err)
	}
	if _, err := s.Rows(); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("Rows: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, shardName(6))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), shardName(6)) {
		t.Errorf("Open without a shard: %v", err)
	}
	r := write(t, dir, texts, newFake(), o)
	if want := []string{shardName(1), RowsName, shardName(4), shardName(6)}; !slices.Equal(r.Remade, want) || r.Made != 3 {
		t.Errorf("remade %q and made %d, want %q", r.Remade, r.Made, want)
	}
	sameFolder(t, dir, whole)
}

func fakeRows(context.Context) (*Rows, error) {
	m := matrix.New(3, 2)
	copy(m.Data, []float32{1, 2, 3, 4, 5, 6})
	return &Rows{Tokens: []string{"[PAD]", "a\n\"<", "é"}, Matrix: m, Settings: map[string]string{"pooling": "mean"},
		Files: map[string][]byte{"tokenizer.json": []byte("{}")}}, nil
}

func TestRowsWithAFileOfAnotherName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../up", "a/b", ManifestFile, RowsName, shardName(1), ".lock"} {
		o := smallOptions()
		o.Rows = func(ctx context.Context) (*Rows, error) {
			r, err := fakeRows(ctx)
			r.Files[name] = nil
			return r, err
		}
		if _, err := Write(context.Background(), t.TempDir(), Strings(corpus(9)), newFake(), o); err == nil || !strings.Contains(err.Error(), "is not the name of a file beside the rows") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestRows(t *testing.T) {
	dir := t.TempDir()
	o := smallOptions()
	calls := 0
	o.Rows = func(ctx context.Context) (*Rows, error) {
		calls++
		return fakeRows(ctx)
	}
	write(t, dir, corpus(30), newFake(), o)
	write(t, dir, corpus(30), newFake(), o)
	if calls != 1 {
		t.Errorf("the rows were made %d times", calls)
	}
	got, err := open(t, dir).Rows()
	want, _ := fakeRows(context.Background())
	if err != nil || !slices.Equal(got.Tokens, want.Tokens) || !slices.Equal(got.Matrix.Data, want.Matrix.Data) || got.Matrix.Cols != 2 || got.Settings["pooling"] != "mean" || string(got.Files["tokenizer.json"]) != "{}" {
		t.Errorf("%+v, %v", got, err)
	}
	plain := t.TempDir()
	write(t, plain, corpus(30), newFake(), smallOptions())
	if r, err := open(t, plain).Rows(); r != nil || err != nil {
		t.Errorf("without rows: %v, %v", r, err)
	}
	if r, err := open(t, plain, dir).Rows(); err != nil || r == nil {
		t.Errorf("of the second folder: %v, %v", r, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	texts := corpus(150)
	shards, _ := kept(texts, 20)
	first := slices.Concat(shards[0], shards[1], shards[2])
	for _, test := range []struct {
		name   string
		change func(e *fake, o *Options)
		texts  []string
		want   string
	}{
		{"width", func(e *fake, _ *Options) { e.width = 7 }, texts, `width is "6" there and "7" here`},
		{"teacher", func(e *fake, _ *Options) { e.teacher.SHA256["model.onnx"] = "cc" }, texts, `SHA-256 of model.onnx is "aa" there and "cc" here`},
		{"pooling", func(e *fake, _ *Options) { e.teacher.Settings["pooling"] = "cls" }, texts, `pooling is "mean" there and "cls" here`},
		{"prompt", func(e *fake, _ *Options) { e.teacher.Settings["prompt"] = "query: " }, texts, `prompt is "" there and "query: " here`},
		{"tokenizer", func(e *fake, _ *Options) { e.teacher.Tokenizer = "cc" }, texts, `tokenizer is "bb" there`},
		{"type", func(_ *fake, o *Options) { o.Type = matrix.Float16 }, texts, `dtype is "float32" there and "float16" here`},
		{"shards", func(_ *fake, o *Options) { o.ShardTexts = 21 }, texts, `texts per shard is "20" there and "21" here`},
		{"batches", func(_ *fake, o *Options) { o.BatchTexts = 8 }, texts, `texts per batch is "7" there and "8" here`},
		{"other texts", nil, append([]string{texts[0], "another"}, texts[1:]...), "other texts: those from number 1 on are not the ones in shard-00000.parquet"},
		{"fewer texts", nil, first, "more texts: the corpus ends before those of shard-00003.parquet"},
		{"more texts", nil, append(slices.Clone(texts), slices.Concat(shards...)...), "other texts"},
		{"no texts", nil, nil, "more texts"},
	} {
		dir := t.TempDir()
		write(t, dir, texts, newFake(), smallOptions())
		before := folder(t, dir)
		e, o := newFake(), smallOptions()
		o.Rows = fakeRows
		if test.change != nil {
			test.change(e, &o)
		}
		_, err := Write(context.Background(), dir, Strings(test.texts), e, o)
		if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "features: write "+dir+": ") {
			t.Errorf("%s: %v\nwant %s", test.name, err, test.want)
		}
		if !maps.Equal(folder(t, dir), before) {
			t.Errorf("%s: the folder has changed", test.name)
		}
	}
	// The name of a teacher whose files are known decides nothing.
	dir := t.TempDir()
	write(t, dir, texts, newFake(), smallOptions())
	e := newFake()
	e.teacher.Name = "a copy"
	write(t, dir, texts, e, smallOptions())
}

func TestMoreTextsThanWholeShards(t *testing.T) {
	dir := t.TempDir()
	shards, _ := kept(corpus(150), 20)
	write(t, dir, shards[0], newFake(), smallOptions())
	_, err := Write(context.Background(), dir, Strings(slices.Concat(shards[0], shards[1])), newFake(), smallOptions())
	if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "fewer texts: the corpus goes on after the 20 that it has") {
		t.Errorf("%v", err)
	}
}

func TestWriteRefusesOptionsAndFolders(t *testing.T) {
	o := smallOptions()
	o.ShardTexts = 0
	if _, err := Write(context.Background(), t.TempDir(), Strings(corpus(9)), newFake(), o); err == nil || !strings.Contains(err.Error(), "shards of 0 texts") {
		t.Errorf("%v", err)
	}
	o = smallOptions()
	o.Type = matrix.Int8
	if _, err := Write(context.Background(), t.TempDir(), Strings(corpus(9)), newFake(), o); err == nil || !strings.Contains(err.Error(), "type int8") {
		t.Errorf("%v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Write(context.Background(), dir, Strings(corpus(9)), newFake(), smallOptions())
	if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "it has thesis.tex, and no features.json") {
		t.Errorf("%v", err)
	}
	if len(folder(t, dir)) != 1 {
		t.Errorf("the folder now has %d files", len(folder(t, dir)))
	}
	for _, texts := range [][]string{nil, {"", " "}} {
		if _, err := Write(context.Background(), t.TempDir(), Strings(texts), newFake(), smallOptions()); err == nil || !strings.Contains(err.Error(), "the corpus holds no text") {
			t.Errorf("%q: %v", texts, err)
		}
	}
}

func TestBadVectors(t *testing.T) {
	var texts []string
	for i := range 300 {
		texts = append(texts, fmt.Sprint("text ", i))
	}
	e := newFake()
	e.vectors = map[string]string{"text 7": "zero", "text 250": "nan"}
	o := smallOptions()
	o.ShardTexts = 200
	var bad []string
	o.Bad = func(number int, text string) { bad = append(bad, fmt.Sprint(number, " ", text)) }
	dir := t.TempDir()
	r := write(t, dir, texts, e, o)
	if m := r.Manifest; m.Texts != 298 || m.Dropped.BadVectors != 2 || !slices.Equal(bad, []string{"8 text 7", "251 text 250"}) {
		t.Errorf("%d texts, %+v, told of %q", m.Texts, m.Dropped, bad)
	}
	got, rows := readSource(t, open(t, dir))
	if len(got) != 298 || slices.Contains(got, "text 7") || !slices.Equal(rows[297], fakeVector("text 299", e.width)) {
		t.Errorf("%d texts; the last row is %v", len(got), rows[297])
	}
	// A run over it finds them done.
	if r := write(t, dir, texts, e, o); r.Found != 2 || r.Manifest.Texts != 298 {
		t.Errorf("again: %+v", r)
	}

	for i := range 9 {
		e.vectors[fmt.Sprint("text ", 201+i)] = "zero"
	}
	_, err := Write(context.Background(), t.TempDir(), Strings(texts), e, o)
	if err == nil || !strings.Contains(err.Error(), `11 of 300 texts have a vector of zeros, NaN or Inf, more than 1 %; the first of this shard is text 202, "text 201"`) {
		t.Errorf("many: %v", err)
	}
	e.vectors = map[string]string{"text 9": "huge"}
	o.Type = matrix.Float16
	if _, err := Write(context.Background(), t.TempDir(), Strings(texts), e, o); err == nil || !strings.Contains(err.Error(), "the vector of text 10 holds 65520, which float16 cannot") {
		t.Errorf("huge: %v", err)
	}
}

// full is a disk that takes so many bytes.
type full struct{ left int }

func (f *full) over(w io.Writer) io.Writer { return fullFile{f, w} }

type fullFile struct {
	disk *full
	io.Writer
}

func (f fullFile) Write(p []byte) (int, error) {
	if f.disk.left -= len(p); f.disk.left < 0 {
		return 0, &os.PathError{Op: "write", Path: "somewhere", Err: syscall.ENOSPC}
	}
	return f.Writer.Write(p)
}

func TestFullDisk(t *testing.T) {
	whole := t.TempDir()
	texts := corpus(150)
	write(t, whole, texts, newFake(), smallOptions())
	failed := map[string]bool{}
	for space := 200; space < 12_000; space += 900 {
		dir := t.TempDir()
		o := smallOptions()
		o.disk = (&full{space}).over
		_, err := Write(context.Background(), dir, Strings(texts), newFake(), o)
		if err == nil {
			continue
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "features: write "+dir) || strings.Contains(err.Error(), "somewhere") {
			t.Fatalf("%d bytes: %v", space, err)
		}
		failed[strings.TrimPrefix(err.Error(), "features: write "+dir)] = true
		for name, data := range folder(t, dir) {
			if whole := folder(t, whole)[name]; name != ManifestFile && data != whole {
				t.Errorf("%d bytes: %s is half-written", space, name)
			}
		}
		write(t, dir, texts, newFake(), smallOptions())
		sameFolder(t, dir, whole)
	}
	if len(failed) < 4 {
		t.Errorf("too few faults: %v", failed)
	}
}

func TestOpenSeveral(t *testing.T) {
	a, b, c := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, a, corpus(50), newFake(), smallOptions())
	more := []string{"one more", "and another"}
	o := smallOptions()
	o.ShardTexts = 1
	write(t, b, more, newFake(), o)
	got, _ := readSource(t, open(t, a, b))
	shards, _ := kept(corpus(50), 20)
	if want := append(slices.Concat(shards...), more...); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	e := newFake()
	e.width = 5
	write(t, c, more, e, o)
	if _, err := Open(a, c); err == nil || !strings.Contains(err.Error(), c+": it does not match "+a+`: width is "6" there and "5" here`) {
		t.Errorf("%v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(); err == nil {
		t.Error("no folder is taken")
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it has no features.json") {
		t.Errorf("%v", err)
	}
	good := t.TempDir()
	write(t, good, corpus(50), newFake(), smallOptions())
	manifest := folder(t, good)[ManifestFile]
	for _, test := range []struct{ old, new, want string }{
		{"{", "[", "not a manifest"},
		{`"width": 6`, `"width": 6000000000`, "width 6000000000 is not in 1 to"},
		{`"width": 6`, `"width": 8`, "row 1 has 6 values, and the manifest says 8"},
		{`"dtype": "float32"`, `"dtype": "int8"`, `dtype "int8"`},
		{`"file": "shard-00001.parquet"`, `"file": "../shard-00001.parquet"`, "shard 1 is"},
		{`"texts": 20`, `"texts": 1000000000`, "of at most 20"},
		{`"shards": [`, `"rows": {"file": "rows.safetensors", "tokens_file": "tokens.json", "files": {"../x": ""}}, "shards": [`, "is not the name of a file beside the rows"},
		{`"texts": 20`, `"texts": 19`, "and its shards have"},
	} {
		changed := strings.Replace(manifest, test.old, test.new, 1)
		if changed == manifest {
			t.Fatalf("the manifest has no %s:\n%s", test.old, manifest)
		}
		if err := os.WriteFile(filepath.Join(good, ManifestFile), []byte(changed), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(good)
		if err == nil {
			err = s.Each(context.Background(), func(int, []string, *matrix.Matrix) error { return nil })
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), good) {
			t.Errorf("%s: %v, want %s", test.new, err, test.want)
		}
	}
}

func TestEachEnds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, corpus(50), newFake(), smallOptions())
	stop := errors.New("enough")
	if err := open(t, dir).Each(context.Background(), func(int, []string, *matrix.Matrix) error { return stop }); err != stop {
		t.Errorf("%v, want the caller's own", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := open(t, dir).Each(ctx, func(int, []string, *matrix.Matrix) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := Write(ctx, t.TempDir(), Strings(corpus(9)), newFake(), smallOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// generated is a corpus of n texts that nobody holds.
type generated struct{ at, n int }

func (g *generated) Next(batch []string) (int, error) {
	k := min(len(batch), g.n-g.at)
	for i := range k {
		batch[i] = fmt.Sprintf("text %d of a corpus, and a few more words", g.at+i)
	}
	if g.at += k; k == 0 {
		return 0, io.EOF
	}
	return k, nil
}

// heap watches the heap while something runs.
type heap struct{ base, peak uint64 }

func (h *heap) look() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if h.base == 0 {
		h.base = m.HeapAlloc
	}
	h.peak = max(h.peak, m.HeapAlloc)
}

// Memory holds a shard, not the corpus: 40 shards of 1.5 MB are written and read
// within 12 MB.
func TestMemoryIsAShards(t *testing.T) {
	dir := t.TempDir()
	e := newFake()
	e.width = 768
	o := DefaultOptions()
	o.ShardTexts, o.BatchTexts = 512, 128
	var h heap
	h.look()
	n := 0
	o.Progress = func(int, int) {
		if n++; n%16 == 0 {
			h.look()
		}
	}
	e.sizes = make([]int, 0, 40*512)
	if _, err := Write(context.Background(), dir, &generated{n: 40 * 512}, e, o); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	err := s.Each(context.Background(), func(first int, _ []string, _ *matrix.Matrix) error {
		if first%4096 == 0 {
			h.look()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if total := s.Len() * s.Width() * 4; total < 60<<20 {
		t.Fatalf("%d bytes of vectors are too few to tell", total)
	}
	if grown := h.peak - h.base; grown > 12<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}
