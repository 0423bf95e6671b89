package stream_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/stream"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/tokenizer"
)

// lengths is a model whose vectors are a text's length and its first byte.
type lengths struct{ model.Model }

func (lengths) Dims() int { return 2 }

func (lengths) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		if text == "" {
			return errors.New("an empty text")
		}
		copy(dst.Row(i), []float32{float32(len(text)), float32(text[0])})
	}
	return nil
}

func input(text string) stream.Input {
	return stream.Input{Stdin: strings.NewReader(text), Read: texts.DefaultOptions()}
}

func TestEncode(t *testing.T) {
	var out strings.Builder
	to := stream.Output{To: &out}
	if _, err := stream.Encode(t.Context(), lengths{}, input("a\nbb\n"), to, stream.Options{}); err != nil {
		t.Fatal(err)
	}
	if want := "[1,97]\n[2,98]\n"; out.String() != want {
		t.Errorf("vectors %q, want %q", out.String(), want)
	}

	out.Reset()
	in := input(`{"id": 7, "text": "a"}` + "\n" + `{"text": "bb"}` + "\n{}\n")
	in.Read.Format = texts.JSONL
	in.Read.Bad = func(*texts.BadRecord) error { return nil }
	to.Keep = []string{"id"}
	skipped, err := stream.Encode(t.Context(), lengths{}, in, to, stream.Options{Waits: true})
	want := `{"id":7,"vector":[1,97]}` + "\n" + `{"id":null,"vector":[2,98]}` + "\n"
	if err != nil || skipped != 1 || out.String() != want {
		t.Errorf("%v, %d skipped, %q, want %q", err, skipped, out.String(), want)
	}
}

// A run that fails leaves what was there, and no run writes over what it reads.
func TestEncodeSpares(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "vectors.jsonl")
	if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Encode(t.Context(), lengths{}, input("a\n\n"), stream.Output{File: file}, stream.Options{}); err == nil {
		t.Error("a failure of the model is none of the run")
	}
	in := input("")
	in.Files = []string{file}
	_, err := stream.Encode(t.Context(), lengths{}, in, stream.Output{File: file}, stream.Options{})
	if _, ok := errors.AsType[*fault.OptionError](err); !ok {
		t.Errorf("writing over the input: %v", err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "before" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}

func TestOutputCheck(t *testing.T) {
	for _, c := range []struct {
		out  stream.Output
		want string // "" for none
	}{
		{stream.Output{}, ""},
		{stream.Output{File: "v.npy"}, ""},
		{stream.Output{File: "v.parquet", Keep: []string{"id"}}, ""},
		{stream.Output{File: "v.pdf"}, "does not end in .npy"},
		{stream.Output{Format: stream.NPY}, "format npy needs a file"},
		{stream.Output{File: "v.npy", Keep: []string{"id"}}, "which npy has no place for"},
		{stream.Output{Keep: []string{"id", "id"}}, `two values of an object would be called "id"`},
		{stream.Output{Keep: []string{"vector"}}, `would be called "vector"`},
		{stream.Output{Type: matrix.Int8}, "dtype int8: vectors are written as float32 or float16"},
	} {
		err := c.out.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.out, err, c.want)
		}
	}
}

func TestTokenize(t *testing.T) {
	tok, err := tokenizer.Open(filepath.Join(testenv.Root(), "testdata/tiny-bert/tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tokens stream.Tokens
		want   string
	}{
		{stream.Tokens{}, "221\tthe\n\n101\t!\n\n"},
		{stream.Tokens{Form: stream.IDs, Specials: true}, "[7,221,8]\n[7,101,8]\n"},
		{stream.Tokens{Form: stream.Objects}, `{"ids":[221],"tokens":["the"]}` + "\n" + `{"ids":[101],"tokens":["!"]}` + "\n"},
	} {
		var out strings.Builder
		if _, err := stream.Tokenize(t.Context(), tok, input("the\n!\n"), c.tokens, &out, stream.Options{}); err != nil || out.String() != c.want {
			t.Errorf("%+v: %v, %q, want %q", c.tokens, err, out.String(), c.want)
		}
	}
}

func TestCountWords(t *testing.T) {
	words, _, err := stream.CountWords(t.Context(), input("to be or not to be\n"), stream.Options{Progress: func(int64, int64) {}})
	if err != nil || words.Count("to") != 2 {
		t.Errorf("%v, %d times \"to\"", err, words.Count("to"))
	}
}
