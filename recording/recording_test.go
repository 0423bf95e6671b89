package recording_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/recording"
)

// lengths is a model of two dimensions: a text's bytes, and their third; its ids are the
// bytes.
type lengths struct{ extra float32 }

func (lengths) Dims() int { return 2 }

func (l lengths) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		dst.Row(i)[0], dst.Row(i)[1] = float32(len(text)), float32(len(text))/3+l.extra
	}
	return nil
}

func (lengths) AppendIDs(dst []int32, text string) []int32 {
	for _, b := range []byte(text) {
		dst = append(dst, int32(b))
	}
	return dst
}

func makeOf(t testing.TB, m lengths, texts ...string) *recording.Recording {
	t.Helper()
	r, err := recording.Make(context.Background(), m, m, texts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadsBackTheSame(t *testing.T) {
	want := makeOf(t, lengths{0.1}, "a", "", "<naïve> & \"café\"")
	path := filepath.Join(t.TempDir(), "golden.jsonl")
	var out bytes.Buffer
	if err := want.Write(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := recording.Open(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v, want %+v", got, err, want)
	}
}

func TestReadRefuses(t *testing.T) {
	head := `{"format":"m2v-recording-1","dims":2,"texts":1}`
	for in, want := range map[string]string{
		"":                           "not a recording",
		"words\n":                    "not a recording",
		`{"dims":2,"texts":0}`:       "not a recording",
		head:                         "the first line says 1 texts, and there are 0",
		head + `{"text":"a","vect`:   "line 2: unexpected EOF",
		head + `{"vector":[1]}`:      "line 2: 1 values, want 2",
		head + `{"vector":[1,1e99]}`: "line 2: json: cannot unmarshal number 1e99",
		strings.Replace(head, `"texts":1`, `"texts":1e18`, 1) + `{"vector":[1,2]}`: "not a recording",
	} {
		if _, err := recording.Read(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%s): %v, want %q", in, err, want)
		}
	}
	if _, err := recording.Read(strings.NewReader("x")); !errors.Is(err, recording.ErrFormat) {
		t.Errorf("%v is not ErrFormat", err)
	}
}

func TestMakeRefusesValuesThatAreNone(t *testing.T) {
	m := lengths{float32(math.NaN())}
	if _, err := recording.Make(context.Background(), m, m, []string{"abc"}); err == nil || !strings.Contains(err.Error(), `text 1, "abc", has NaN in dimension 1`) {
		t.Errorf("%v", err)
	}
}

func TestCompare(t *testing.T) {
	want := makeOf(t, lengths{}, "a", "bb", "c", "d")
	got := makeOf(t, lengths{}, "a", "bb", "c", "d")
	if c := recording.Compare(want, got, 0); c.Texts != 4 || c.Different != 0 || c.Worst == nil {
		t.Errorf("of the same: %+v", c)
	}
	got.Texts[0].Vector[1] += 0.25
	got.Texts[1].Vector[0] += 0.5
	got.Texts[2].IDs[0]++
	got.Texts[3].Vector[0] += 1e-7
	c := recording.Compare(want, got, 1e-6)
	var order []string
	for _, d := range c.Worst {
		order = append(order, d.Text)
	}
	if c.Different != 3 || c.IDs != 1 || c.Difference != 0.5 || !reflect.DeepEqual(order, []string{"c", "bb", "a"}) || c.Worst[0].GotIDs[0] != 'd' {
		t.Errorf("%+v", c)
	}
	got.Texts[0].Vector[0] = float32(math.NaN())
	if c := recording.Compare(want, got, 1e-6); c.Difference != math.MaxFloat64 {
		t.Errorf("of NaN: %v", c.Difference)
	}
}

func ExampleCompare() {
	texts := []string{"bridge", "river"}
	want, err := recording.Make(context.Background(), lengths{}, lengths{}, texts)
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := recording.Make(context.Background(), lengths{0.5}, lengths{}, want.List())
	if err != nil {
		fmt.Println(err)
		return
	}
	c := recording.Compare(want, got, 1e-6)
	fmt.Printf("%d of %d texts differ, by %.1f at most\n", c.Different, c.Texts, c.Difference)
	// Output: 2 of 2 texts differ, by 0.5 at most
}
