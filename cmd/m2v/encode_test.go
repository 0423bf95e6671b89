package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"
	"github.com/x448/float16"

	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

func TestEncodeFlags(t *testing.T) {
	check := func(line string, want func(*encodeOptions)) {
		t.Helper()
		var got encodeOptions
		cmd := newEncodeCommand(func(_ context.Context, o encodeOptions) error { got = o; return nil })
		cmd.SetArgs(strings.Fields(line))
		if err := cmd.Execute(); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		o := defaultEncodeOptions()
		o.Ref, o.Input.Files = "student", []string{}
		want(&o)
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", o); g != w {
			t.Errorf("%s:\n got %s\nwant %s", line, g, w)
		}
	}
	check("student", func(*encodeOptions) {})
	check("student a.txt - -o out.npy", func(o *encodeOptions) { o.Input.Files, o.Out = []string{"a.txt", "-"}, "out.npy" })
	check("student --format raw --dtype float16", func(o *encodeOptions) { o.Format, o.Type = vectors.Raw, matrix.Float16 })
	check("student --max-length 16 --dims 64 --no-normalize --threads 1", func(o *encodeOptions) {
		o.Model.MaxLength, o.Model.Dims, o.Model.Raw, o.Model.Threads = 16, 64, true, 1
	})
	check("student --max-length none", func(o *encodeOptions) { o.Model.MaxLength = static.NoMaxLength })
	check("student --field 2 --header --input-format tsv --skip-bad", func(o *encodeOptions) {
		o.Input.Texts.Field, o.Input.Texts.Header, o.Input.Texts.Format, o.Input.SkipBad = "2", true, "tsv", true
	})
	check("student --pooling last --onnx-file g.onnx --batch-size 8 --ort-lib l.so --provider coreml --revision v1", func(o *encodeOptions) {
		o.Model.Pooling, o.Model.ONNXFile, o.Model.BatchSize, o.Model.ORTLib, o.Model.Provider, o.Model.Revision = "last", "g.onnx", 8, "l.so", "coreml", "v1"
	})
}

// m2v runs a command line in this process and returns what it prints.
func runM2V(t *testing.T, stdin io.Reader, line ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := newRootCommand(newApp(stdin, &stdout, &stderr, func(string) string { return "" }))
	root.SetArgs(line)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("m2v %s: %v\n%s", strings.Join(line, " "), err, stderr.String())
	}
	return stdout.String()
}

// unpacked opens a shared file that is gzip-compressed.
func unpacked(t *testing.T, path ...string) io.Reader {
	t.Helper()
	f, err := os.Open(testenv.Shared(t, path...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestRealEncodeEqualsTheReference compares files that encode writes with the
// vectors of Python model2vec 0.10.0, on a published model.
func TestRealEncodeEqualsTheReference(t *testing.T) {
	model := testenv.Model(t, "static-int8-vq")
	data, err := os.ReadFile(testenv.Shared(t, "golden", "static-int8-vq", "encode.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	want := firstTensor(t, data)
	for dtype, tolerance := range map[string]float64{"float32": 1e-6, "float16": 1e-3} {
		out := filepath.Join(t.TempDir(), "out.safetensors")
		runM2V(t, unpacked(t, "golden", "bge-small-en-v1.5", "encode.jsonl.gz"), "encode", model, "--input-format", "jsonl", "-o", out, "--dtype", dtype)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := firstTensor(t, data)
		if len(got) != len(want) {
			t.Fatalf("%s: %d values, want %d", dtype, len(got), len(want))
		}
		for i := range got {
			if !(math.Abs(float64(got[i]-want[i])) <= tolerance) {
				t.Fatalf("%s: value %d is %v, want %v", dtype, i, got[i], want[i])
			}
		}
	}
}

// firstTensor returns the values of a safetensors file's only tensor.
func firstTensor(t *testing.T, data []byte) []float32 {
	t.Helper()
	file, err := safetensors.Deserialize(data)
	if err != nil {
		t.Fatal(err)
	}
	tensor := file.Tensors()[0].TensorView
	raw := tensor.Data()
	var values []float32
	switch tensor.DType() {
	case safetensors.F32:
		for ; len(raw) > 0; raw = raw[4:] {
			values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
	case safetensors.F16:
		for ; len(raw) > 0; raw = raw[2:] {
			values = append(values, float16.Frombits(binary.LittleEndian.Uint16(raw)).Float32())
		}
	default:
		t.Fatalf("tensor of %v", tensor.DType())
	}
	return values
}

// TestRealTokenizeEqualsTheReference compares the ids that tokenize prints for
// 5,030 texts with those of Hugging Face tokenizers 0.22.2.
func TestRealTokenizeEqualsTheReference(t *testing.T) {
	for golden, path := range map[string][]string{
		"bge-small-en-v1.5": {"bge-small-en-v1.5"},
		"gpt2":              {"tokenizers", "gpt2", "tokenizer.json"},
		"xlm-roberta":       {"static-int8-vq"},
	} {
		ref := testenv.Model(t, path...)
		want, err := io.ReadAll(unpacked(t, "golden", "tokenizers", golden+".jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		got := runM2V(t, unpacked(t, "golden", "tokenizers", "texts.jsonl.gz"), "tokenize", ref, "--ids", "--jsonl")
		ours, theirs := strings.Split(got, "\n"), strings.Split(strings.ReplaceAll(string(want), " ", ""), "\n")
		if len(ours) != 5031 || len(ours) != len(theirs) {
			t.Fatalf("%s: %d lines, want %d", golden, len(ours), len(theirs))
		}
		for i := range ours {
			if ours[i] != theirs[i] {
				t.Errorf("%s: text %d: got %.100s, want %.100s", golden, i, ours[i], theirs[i])
			}
		}
	}
}
