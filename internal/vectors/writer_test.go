package vectors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/matrix"
)

// sample is the array of testdata/gen/vectors.py.
func sample() *matrix.Matrix {
	m := matrix.New(5, 3)
	for i := range m.Rows {
		for j := range m.Cols {
			m.Row(i)[j] = float32(float64(i-2)/3 + float64(j)*1000)
		}
	}
	return m
}

// part returns rows from..to of m.
func part(m *matrix.Matrix, from, to int) *matrix.Matrix {
	return &matrix.Matrix{Rows: to - from, Cols: m.Cols, Data: m.Data[from*m.Cols : to*m.Cols]}
}

// save writes m to path, in two parts: one row by row, one as bytes.
func save(t testing.TB, path string, o Options, m *matrix.Matrix) []byte {
	t.Helper()
	o.Cols = m.Cols
	w, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(part(m, 0, m.Rows/2)); err != nil {
		t.Fatal(err)
	}
	rest := part(m, m.Rows/2, m.Rows)
	if err := w.WriteBytes(w.Options().Append(nil, rest), rest.Rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if w.Rows() != int64(m.Rows) {
		t.Errorf("%d rows written, want %d", w.Rows(), m.Rows)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFilesEqualNumPys(t *testing.T) {
	// NumPy 2.4.6, testdata/gen/vectors.py
	for name, test := range map[string]struct {
		t matrix.Type
		m *matrix.Matrix
	}{
		"float32.npy": {matrix.Float32, sample()},
		"float16.npy": {matrix.Float16, sample()},
		"empty.npy":   {matrix.Float32, matrix.New(0, 256)},
	} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := save(t, filepath.Join(t.TempDir(), name), Options{Type: test.t}, test.m); !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

func TestSafetensorsAreTheLibrarys(t *testing.T) {
	// safetensors 0.8.0 pads its header to 8 bytes, we leave room for more
	// rows: the tensors must be equal, not the files.
	for name, test := range map[string]struct {
		t matrix.Type
		m *matrix.Matrix
	}{
		"float32.safetensors": {matrix.Float32, sample()},
		"float16.safetensors": {matrix.Float16, sample()},
		"empty.safetensors":   {matrix.Float32, matrix.New(0, 256)},
	} {
		theirs, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		ours := save(t, filepath.Join(t.TempDir(), name), Options{Type: test.t}, test.m)
		var tensors [2]safetensors.TensorView
		for i, data := range [][]byte{ours, theirs} {
			file, err := safetensors.Deserialize(data)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			tensor, ok := file.Tensor(Tensor)
			if !ok || file.Len() != 1 {
				t.Fatalf("%s: no tensor %q, or more", name, Tensor)
			}
			tensors[i] = tensor
		}
		got, want := tensors[0], tensors[1]
		if got.DType() != want.DType() || !slices.Equal(got.Shape(), want.Shape()) || !bytes.Equal(got.Data(), want.Data()) {
			t.Errorf("%s: %v %v, want %v %v", name, got.DType(), got.Shape(), want.DType(), want.Shape())
		}
	}
}

func TestRawAndJSONL(t *testing.T) {
	m := &matrix.Matrix{Rows: 3, Cols: 2, Data: []float32{0.1, -1e-7, float32(math.NaN()), float32(math.Inf(-1)), 1e21, 0}}
	for _, test := range []struct {
		name string
		t    matrix.Type
		want string
	}{
		{"a.jsonl", matrix.Float32, "[0.1,-1e-07]\n[null,null]\n[1e+21,0]\n"},
		{"a.ndjson", matrix.Float16, "[0.099975586,-1.1920929e-07]\n[null,null]\n[null,0]\n"}, // numpy.float16 says 0.09998, -1.2e-07, inf
	} {
		if got := save(t, filepath.Join(t.TempDir(), test.name), Options{Type: test.t}, m); string(got) != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	got := save(t, filepath.Join(t.TempDir(), "a.f32"), Options{}, m)
	if got == nil || len(got) != 12 {
		// Options{} has type float16, matrix's zero.
		t.Errorf("raw float16: %d bytes, want 12", len(got))
	}
	got = save(t, filepath.Join(t.TempDir(), "a.raw"), Options{Type: matrix.Float32}, m)
	for i, want := range m.Data {
		if v := math.Float32frombits(binary.LittleEndian.Uint32(got[4*i:])); math.Float32bits(v) != math.Float32bits(want) {
			t.Errorf("raw value %d: %v, want %v", i, v, want)
		}
	}
}

func TestStream(t *testing.T) {
	var out bytes.Buffer
	w, err := NewStream(&out, Options{Format: JSONL, Type: matrix.Float32, Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&matrix.Matrix{Rows: 1, Cols: 2, Data: []float32{1, 2}}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "[1,2]\n" {
		t.Errorf("after Write: %q, which no reader of the pipe can wait for", out.String())
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[Format]string{NPY: "header of npy is written last, so it needs a file", Safetensors: "needs a file", Auto: "a stream needs a format"} {
		if _, err := NewStream(&out, Options{Format: format, Type: matrix.Float32}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want one with %q", format, err, want)
		}
	}
	w, err = NewStream(failing{}, Options{Format: Raw, Type: matrix.Float32, Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	row := matrix.New(1, 2)
	if err := w.Write(row); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("closed pipe: %v", err)
	}
	if err := w.Commit(); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Commit after a failed Write: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// files returns the names in a folder.
func namesIn(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestNothingAppearsBeforeCommit(t *testing.T) {
	for _, name := range []string{"a.npy", "a.safetensors", "a.jsonl", "a.raw"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		o := Options{Type: matrix.Float32, Cols: 3}
		begin := func() *Writer {
			t.Helper()
			w, err := Create(path, o)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(sample()); err != nil {
				t.Fatal(err)
			}
			return w
		}
		w := begin()
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is there before Commit", name)
		}
		w.Close()
		if err := w.Commit(); err == nil {
			t.Errorf("%s: Commit after Close", name)
		}
		if left := namesIn(t, dir); len(left) > 0 {
			t.Errorf("%s: Close leaves %q", name, left)
		}

		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		w = begin()
		if old, _ := os.ReadFile(path); string(old) != "old" {
			t.Errorf("%s: the old file was touched", name)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if data, _ := os.ReadFile(path); len(data) < 30 {
			t.Errorf("%s: after Commit: %q", name, data)
		}
		if err := w.Write(sample()); err == nil {
			t.Errorf("%s: Write after Commit", name)
		}
		if left := namesIn(t, dir); !slices.Equal(left, []string{name}) {
			t.Errorf("%s: the folder holds %q", name, left)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		path string
		o    Options
		want string
	}{
		{filepath.Join(dir, "out"), Options{Type: matrix.Float32}, "out does not end in .npy"},
		{dir, Options{Type: matrix.Float32, Format: NPY}, "vectors: create " + dir + ": it is a folder"},
		{filepath.Join(dir, "no", "a.npy"), Options{Type: matrix.Float32}, "a.npy: no such file or directory"},
		{filepath.Join(dir, "a.npy"), Options{Type: matrix.Int8}, "type int8 is not float32 or float16"},
		{filepath.Join(dir, "a.npy"), Options{Type: matrix.Float32, Cols: -1}, "rows of -1 values"},
	} {
		if _, err := Create(test.path, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.path, err, test.want)
		}
	}
	w, err := Create(filepath.Join(dir, "a.npy"), Options{Type: matrix.Float32, Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(matrix.New(1, 3)); err == nil || !strings.Contains(err.Error(), "rows of 3 values, not 2") {
		t.Errorf("another width: %v", err)
	}
	if err := w.Commit(); err == nil {
		t.Error("Commit after a failed Write")
	}
}

func TestLinksAndDevices(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux's /dev/full")
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.npy"), filepath.Join(dir, "link.npy")
	if err := os.WriteFile(target, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target.npy", link); err != nil {
		t.Fatal(err)
	}
	save(t, link, Options{Type: matrix.Float32}, sample())
	if to, err := os.Readlink(link); err != nil || to != "target.npy" {
		t.Errorf("the link is %q, %v", to, err)
	}
	if info, err := os.Stat(target); err != nil || info.Size() != 188 || info.Mode().Perm()&0o044 == 0 {
		t.Errorf("the link's target: %v, %v", info, err)
	}

	save(t, "/dev/null", Options{Type: matrix.Float32, Format: Raw}, sample())
	if _, err := Create("/dev/null", Options{Type: matrix.Float32, Format: NPY}); err == nil || !strings.Contains(err.Error(), "its format needs a regular file") {
		t.Errorf("npy to a device: %v", err)
	}
	w, err := Create("/dev/full", Options{Type: matrix.Float32, Format: Raw, Cols: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(sample()); !errors.Is(err, syscall.ENOSPC) || err.Error() != "vectors: write /dev/full: no space left on device" {
		t.Errorf("full disk: %v", err)
	}
}

// A run that is killed leaves its temporary file; the next run for the same
// target removes it, and touches no live run's.
func TestLitterOfKilledRuns(t *testing.T) {
	path := os.Getenv("VECTORS_TEST_TARGET")
	if path != "" { // the run to be killed
		w, err := Create(path, Options{Type: matrix.Float32, Cols: 3})
		if err == nil {
			err = w.Write(sample())
		}
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("begun\n")
		select {}
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps a file that is open")
	}
	dir := t.TempDir()
	path = filepath.Join(dir, "a.npy")
	other := filepath.Join(dir, ".b.npy.ABCDEFGH.m2v-tmp")
	if err := os.WriteFile(other, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(os.Args[0], "-test.run=^TestLitterOfKilledRuns$")
	run.Env = append(os.Environ(), "VECTORS_TEST_TARGET="+path)
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	live := namesIn(t, dir)
	save(t, path, Options{Type: matrix.Float32}, sample())
	if got := namesIn(t, dir); !slices.Equal(got, append(slices.Clone(live), "a.npy")) {
		t.Errorf("beside a live run: %q, want %q and a.npy", got, live)
	}
	_ = run.Process.Kill()
	_ = run.Wait()
	if got := namesIn(t, dir); len(got) != 3 {
		t.Fatalf("the killed run left %q", got)
	}
	save(t, path, Options{Type: matrix.Float32}, sample())
	if got := namesIn(t, dir); !slices.Equal(got, []string{filepath.Base(other), "a.npy"}) {
		t.Errorf("after the next run: %q, want another target's and a.npy", got)
	}
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{"a.npy": NPY, "x/A.NPY": NPY, "a.safetensors": Safetensors, "a.jsonl": JSONL, "a.raw": Raw, "a.f16": Raw, "a.csv": Auto, "npy": Auto} {
		if got, err := Of(path); got != want || (err != nil) != (want == Auto) {
			t.Errorf("Of(%q) = %v, %v, want %v", path, got, err, want)
		}
	}
	for _, name := range []string{"auto", "npy", "raw", "jsonl", "safetensors", "parquet"} {
		var f Format
		if err := f.Set(name); err != nil || f.String() != name {
			t.Errorf("Set(%q): %q, %v", name, f, err)
		}
	}
	var f Format
	if err := f.Set("csv"); err == nil {
		t.Error("Set(csv) is taken")
	}
}

// The header's length must not change between the first write and the last.
func FuzzHeader(f *testing.F) {
	f.Add(int64(0), 256, false)
	f.Add(int64(math.MaxInt64), 1, true)
	f.Add(int64(1_000_000_000), math.MaxInt32, true)
	f.Fuzz(func(t *testing.T, rows int64, cols int, half bool) {
		if rows < 0 || cols < 0 || cols > math.MaxInt32 {
			t.Skip()
		}
		o := Options{Type: matrix.Float32, Cols: cols}
		if half {
			o.Type = matrix.Float16
		}
		for _, o.Format = range []Format{NPY, Safetensors, Raw, JSONL} {
			first, last := o.header(0), o.header(rows)
			if len(first) != len(last) {
				t.Errorf("%v: header of %d bytes for no rows, %d for %d", o.Format, len(first), len(last), rows)
			}
			if o.Format.NeedsFile() && len(last)%64 != 0 {
				t.Errorf("%v: values begin at byte %d", o.Format, len(last))
			}
		}
	})
}
