package tokenizer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The goldens in testdata/components are tokenizers 0.22.2's:
// testdata/gen/tokenizers_components.py.

// golden is a component and what becomes of texts.
type golden struct {
	Normalizer   json.RawMessage   `json:"normalizer"`
	PreTokenizer json.RawMessage   `json:"pre_tokenizer"`
	Out          []json.RawMessage `json:"out"`
	Error        string            `json:"error"`

	Regex    string     `json:"regex"`
	Texts    []string   `json:"texts"`
	Isolated [][]string `json:"isolated"`
	Refused  bool       `json:"refused"`

	SHA256 string `json:"sha256"`
}

// lines decodes the JSON values of a file into values of type T.
func lines[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata/components", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	var out []T
	for d := json.NewDecoder(r); ; {
		var v T
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			t.Fatal(err)
		}
		out = append(out, v)
	}
}

func TestComponents(t *testing.T) {
	texts := lines[[]string](t, "texts.json.gz")[0]
	var sc scratch // one for all, as an encoder has
	for _, g := range lines[golden](t, "components.jsonl.gz") {
		run, err := g.compile()
		if g.Error != "" {
			if err == nil {
				t.Errorf("%s: compiled, want it refused: %s", g.name(), g.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", g.name(), err)
			continue
		}
		wrong := 0
		for i, text := range texts {
			got, _ := json.Marshal(run(text, &sc))
			var want any
			if err := json.Unmarshal(g.Out[i], &want); err != nil {
				t.Fatal(err)
			}
			wantJSON, _ := json.Marshal(want)
			if string(got) != string(wantJSON) {
				if wrong++; wrong <= 3 {
					t.Errorf("%s: %+q\n got %s\nwant %s", g.name(), text, got, wantJSON)
				}
			}
		}
		if wrong > 3 {
			t.Errorf("%s: %d texts differ", g.name(), wrong)
		}
	}
}

func (g *golden) name() string {
	name := string(g.Normalizer) + string(g.PreTokenizer)
	if len(name) > 300 {
		name = name[:300]
	}
	return name
}

// compile returns what the golden's component does: a string for a normalizer,
// strings for a pre-tokenizer.
func (g *golden) compile() (func(string, *scratch) any, error) {
	if g.Normalizer != nil {
		n, err := newNormalizer(g.Normalizer, "normalizer")
		return func(text string, sc *scratch) any {
			if n == nil {
				return text
			}
			return string(n.normalize([]byte("kept"), []byte(text), sc)[len("kept"):])
		}, err
	}
	p, err := newPreTokenizer(g.PreTokenizer, "pre_tokenizer")
	return func(text string, sc *scratch) any {
		sc.reset()
		out := []string{}
		if p == nil {
			if text != "" {
				out = append(out, text)
			}
			return out
		}
		for _, piece := range p.split([]piece{nil}, []byte(text), true, sc)[1:] {
			out = append(out, string(piece))
		}
		return out
	}, err
}

func TestRegexes(t *testing.T) {
	texts := lines[[]string](t, "texts.json.gz")[0]
	for _, g := range lines[golden](t, "regexes.jsonl.gz") {
		re, err := compileRegex(g.Regex)
		if (err != nil) != (g.Refused || g.Error != "") {
			t.Errorf("%q: error %v, want %v or refused %v", g.Regex, err, g.Error, g.Refused)
		}
		if err != nil {
			continue
		}
		wrong := 0
		for i, out := range g.Out {
			var want []string
			if err := json.Unmarshal(out, &want); err != nil {
				t.Fatal(err)
			}
			at := i - (len(g.Out) - len(g.Texts))
			text := ""
			if at < 0 {
				text = texts[i]
			} else {
				text = g.Texts[at]
			}
			got := splitAll(re, text, removed)
			isolated := splitAll(re, text, isolated)
			if !slices.Equal(got, want) || !slices.Equal(isolated, g.Isolated[i]) {
				if wrong++; wrong <= 2 {
					t.Errorf("%q in %+q\n got %+q\nwant %+q\n got %+q\nwant %+q", g.Regex, text, got, want, isolated, g.Isolated[i])
				}
			}
		}
	}
}

// TestRegexMemo checks that an expression finds the same when it notes what
// fails from the first step on, as it does on hostile texts only.
func TestRegexMemo(t *testing.T) {
	texts := lines[[]string](t, "texts.json.gz")[0]
	noted := 0
	for _, g := range lines[golden](t, "regexes.jsonl.gz") {
		re, err := compileRegex(g.Regex)
		if err != nil || re.scan != nil {
			continue
		}
		for _, text := range texts {
			var got, want [][2]int
			m := re.matches([]byte(text), new(regexScratch))
			for m.next() {
				want = append(want, [2]int{m.start, m.end})
			}
			m = re.matches([]byte(text), new(regexScratch))
			m.work = 0
			for m.next() {
				got = append(got, [2]int{m.start, m.end})
			}
			if m.noting {
				noted++
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q in %+q: with notes %v, without %v", g.Regex, text, got, want)
			}
		}
	}
	if noted == 0 {
		t.Error("no expression took a note")
	}
}

func splitAll(re *regex, text string, b behavior) []string {
	s := regexSplit{re, b, true}
	out := []string{}
	for _, p := range s.split(nil, []byte(text), true, new(scratch)) {
		out = append(out, string(p))
	}
	return out
}

// TestCodePoints compares every code point there is, by the hash of what the
// original makes of them.
func TestCodePoints(t *testing.T) {
	for _, g := range lines[[]golden](t, "codepoints.json")[0] {
		if g.Regex != "" {
			continue
		}
		t.Run(g.name(), func(t *testing.T) {
			t.Parallel()
			n, err := newNormalizer(g.Normalizer, "normalizer")
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPreTokenizer(g.PreTokenizer, "pre_tokenizer")
			if err != nil {
				t.Fatal(err)
			}
			var sc scratch
			h := sha256.New()
			w := bufio.NewWriterSize(h, 1<<16)
			var text, out []byte
			var pieces []piece
			for c := rune(0); c <= utf8.MaxRune; c++ {
				if !utf8.ValidRune(c) {
					continue
				}
				if n != nil {
					text = utf8.AppendRune(text[:0], c)
					out = n.normalize(out[:0], text, &sc)
					w.Write(out)
				} else {
					text = append(text[:0], 'a')
					for _, between := range []string{"1", " ", "", "", "", "", "", ""} {
						text = utf8.AppendRune(text, c)
						text = append(text, between...)
					}
					sc.reset()
					pieces = p.split(pieces[:0], text, true, &sc)
					for i, piece := range pieces {
						if i > 0 {
							w.WriteByte(0)
						}
						w.Write(piece)
					}
				}
				w.WriteByte('\n')
			}
			w.Flush()
			if got := hex.EncodeToString(h.Sum(nil)); got != g.SHA256 {
				t.Errorf("sha256 of all code points %s, want %s", got, g.SHA256)
			}
		})
	}
}

// TestRegexSets compares sets of code points in regexes the same way: the runs
// of their members in one text of all code points.
func TestRegexSets(t *testing.T) {
	var all []byte
	for c := rune(0); c <= utf8.MaxRune; c++ {
		if utf8.ValidRune(c) {
			all = utf8.AppendRune(all, c)
		}
	}
	var sc scratch
	for _, g := range lines[[]golden](t, "codepoints.json")[0] {
		if g.Regex == "" {
			continue
		}
		re, err := compileRegex(g.Regex)
		if err != nil {
			t.Error(err)
			continue
		}
		pieces := (&regexSplit{re, removed, true}).split(nil, all, true, &sc)
		sum := sha256.Sum256(bytes.Join(pieces, []byte{0}))
		if got := hex.EncodeToString(sum[:]); got != g.SHA256 {
			t.Errorf("%s: sha256 of its runs %s, want %s", g.Regex, got, g.SHA256)
		}
	}
}
