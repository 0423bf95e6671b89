package onnx

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lookup is a graph of one Gather: hidden = table[input_ids], rows × 2.
func lookup(rows int) *Graph {
	values := make([]float32, 2*rows)
	for i := range values {
		values[i] = float32(i) / 8
	}
	return &Graph{
		Inputs: []Value{
			{Name: "input_ids", Type: Int64, Dims: []Dim{Symbol("batch"), Symbol("batch")}},
			{Name: "table", Type: Float32, Dims: []Dim{Fixed(int64(rows)), Fixed(2)}},
		},
		Outputs:      []Value{{Name: "last_hidden_state", Type: Float32, Dims: []Dim{Symbol("b"), Symbol(""), Fixed(2)}}},
		Nodes:        []Node{{Op: "Gather", Inputs: []string{"table", "input_ids"}, Outputs: []string{"last_hidden_state"}}},
		Initializers: []Weights{{Name: "table", Type: Float32, Dims: []int64{int64(rows), 2}, Raw: Floats(values...)}},
	}
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, g *Graph) *Model {
	t.Helper()
	m, err := Read(write(t, "model.onnx", g.Marshal()))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestReadStructure(t *testing.T) {
	m := read(t, lookup(5))
	if len(m.Inputs) != 1 { // table is an input that an initializer fills
		t.Fatalf("inputs %v, want input_ids alone", m.Inputs)
	}
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(m.Inputs[0].String(), "input_ids int64[batch, batch]")
	check(m.Outputs[0].String(), "last_hidden_state float32[b, ?, 2]")
	check(m.Producer, "m2v")
	if m.IRVersion != 8 || m.Opset[""] != 17 || m.Ops["Gather"] != 1 {
		t.Errorf("got IR %d, opset %v, operators %v; want 8, 17, one Gather", m.IRVersion, m.Opset, m.Ops)
	}
	if m.Quantized() || m.DynamicallyQuantized() {
		t.Error("a float32 graph is called quantized")
	}
}

func TestReadUnknownRank(t *testing.T) {
	g := lookup(2)
	g.Outputs[0].Dims = nil
	if got, want := read(t, g).Outputs[0].String(), "last_hidden_state float32[…]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	whole := lookup(100).Marshal()
	for _, tc := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"text", []byte("hello, this is no graph"), "not an ONNX graph"},
		{"JSON", []byte(`{"a": 1}`), "not an ONNX graph"},
		{"HTML", []byte("<!doctype html>"), "HTML"},
		{"Git LFS", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), "Git LFS pointer"},
		{"zeros", make([]byte, 4096), "not an ONNX graph"},
		{"cut in the weights", whole[:len(whole)/2], "truncated"},
		{"cut in the head", whole[:9], "unexpected EOF"},
		{"no graph", number(nil, 1, 8), "0 graphs"},
		{"no outputs", nested(number(nil, 1, 8), 7, nil), "no outputs"},
		{"a size of 2^62", append(number(nil, 1, 8), 7<<3|2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40), "truncated"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read(write(t, "model.onnx", tc.data))
			if err == nil || !strings.Contains(err.Error(), tc.want) || !IsFormat(err) {
				t.Errorf("got error %v, want a format error with %q", err, tc.want)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "model.onnx")); err == nil || IsFormat(err) {
		t.Errorf("missing file: got %v, want an error that is not about the format", err)
	}
}

// Every prefix of a graph must be refused, none may panic or be taken as whole:
// opset_import is the file's last field, so only cuts within it can pass.
func TestReadEveryTruncation(t *testing.T) {
	whole := lookup(3).Marshal()
	tail := len(nested(nil, 8, number(text(nil, 1, ""), 2, 17)))
	for n := range len(whole) - tail {
		if _, err := Parse(bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Errorf("%d of %d bytes were taken for a graph", n, len(whole))
		}
	}
}

func TestReadDoesNotReadWeights(t *testing.T) {
	data := lookup(1 << 20).Marshal() // 8 MB of weights
	r := &counting{Reader: bytes.NewReader(data)}
	if _, err := Parse(r, int64(len(data))); err != nil {
		t.Fatal(err)
	}
	if r.n > 4*window {
		t.Errorf("read %d of %d bytes, want at most %d", r.n, len(data), 4*window)
	}
}

type counting struct {
	*bytes.Reader
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += n
	return n, err
}

func TestPositions(t *testing.T) {
	g := lookup(2)
	if rows, ok := read(t, g).Positions(); ok {
		t.Errorf("got %d positions in a graph without", rows)
	}
	g.Initializers = append(g.Initializers, Weights{
		Name: "embeddings.position_embeddings.weight", Type: Float32, Dims: []int64{7, 1}, Raw: Floats(make([]float32, 7)...)})
	if rows, ok := read(t, g).Positions(); !ok || rows != 7 {
		t.Errorf("got %d, %v, want 7 positions", rows, ok)
	}
}

// FuzzParse: no bytes make the reader panic, hang or read a table beyond its file.
func FuzzParse(f *testing.F) {
	f.Add(lookup(3).Marshal())
	f.Add(quantized().Marshal())
	f.Add([]byte{})
	f.Add([]byte("version https://git-lfs"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		m.Positions()
		e, ok := m.Embedding("input_ids")
		if !ok {
			return
		}
		table, err := e.Open()
		if err != nil {
			return
		}
		defer table.Close()
		dst := make([]float32, e.Cols)
		if err := table.Row(e.Rows-1, dst); err != nil {
			t.Errorf("table was opened, its last row fails: %v", err)
		}
	})
}

// Weights that are written as they are made give the file of those that are there.
func TestWriteToFillsWeights(t *testing.T) {
	g := lookup(300)
	want := g.Marshal()
	raw := g.Initializers[0].Raw
	g.Initializers[0].Raw, g.Initializers[0].Length = nil, int64(len(raw))
	g.Initializers[0].Fill = func(w io.Writer) error {
		for part := range slices.Chunk(raw, 100) {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	}
	var got bytes.Buffer
	if n, err := g.WriteTo(&got); err != nil || n != g.Size() || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes of %d, equal %v, error %v", n, g.Size(), bytes.Equal(got.Bytes(), want), err)
	}
	g.Initializers[0].Length++
	if _, err := g.WriteTo(io.Discard); err == nil {
		t.Error("too few bytes are no error")
	}
}
