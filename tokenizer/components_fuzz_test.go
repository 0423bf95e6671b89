package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// FuzzRegex: no expression and no text makes the engine panic or run long, and
// matches lie in order, on the bounds of code points.
func FuzzRegex(f *testing.F) {
	for _, g := range lines[golden](f, "regexes.jsonl.gz") {
		f.Add(g.Regex, "It's  a1\r\n日本 é!", 2)
	}
	f.Add(`(a*)*b|(?=a*b)a`, "aaaa", 1000)
	f.Fuzz(func(t *testing.T, source, text string, times int) {
		if len(source) > 200 || len(text) > 100 {
			return
		}
		re, err := compileRegex(source)
		if err != nil {
			return
		}
		text = strings.Repeat(strings.ToValidUTF8(text, "\uFFFD"), max(1, times%50))
		last := 0
		m := re.matches([]byte(text), new(regexScratch))
		for m.next() {
			if m.start < last || m.end < m.start || !boundary(text, m.start) || !boundary(text, m.end) {
				t.Fatalf("%q in %q: match %d…%d after %d", source, text, m.start, m.end, last)
			}
			last = m.end
		}
	})
}

func boundary(text string, at int) bool {
	return at == len(text) || utf8.RuneStart(text[at])
}

// FuzzPrecompiled: a broken charsmap is refused or does something to text that
// leaves it UTF-8.
func FuzzPrecompiled(f *testing.F) {
	for _, g := range lines[golden](f, "components.jsonl.gz") {
		var c struct {
			Map []byte `json:"precompiled_charsmap"`
		}
		if json.Unmarshal(g.Normalizer, &c) == nil && c.Map != nil {
			f.Add(c.Map, "Aé\u0301 ﬁ㍿\r\n")
		}
	}
	f.Add([]byte("\x04\x00\x00\x00\xff\xff\xff\xff"), "a")
	f.Fuzz(func(t *testing.T, charsmap []byte, text string) {
		n, err := newPrecompiled(json.RawMessage(`{"precompiled_charsmap":"`+base64.StdEncoding.EncodeToString(charsmap)+`"}`), "normalizer")
		if err != nil {
			return
		}
		out := n.normalize(nil, []byte(strings.ToValidUTF8(text, "\uFFFD")), new(scratch))
		if !utf8.Valid(out) {
			t.Errorf("%q became %q", text, out)
		}
	})
}

// FuzzNormalize: normalizers leave text UTF-8, and a form of Unicode is its own.
func FuzzNormalize(f *testing.F) {
	for _, text := range lines[[]string](f, "texts.json.gz")[0] {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := []byte(strings.ToValidUTF8(text, "\uFFFD"))
		var sc scratch
		for _, raw := range []string{
			`{"type":"NFC"}`, `{"type":"NFD"}`, `{"type":"NFKC"}`, `{"type":"NFKD"}`, `{"type":"Lowercase"}`, `{"type":"StripAccents"}`, `{"type":"Nmt"}`,
			`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"lowercase":true}`,
		} {
			n, err := newNormalizer(json.RawMessage(raw), "normalizer")
			if err != nil {
				t.Fatal(err)
			}
			once := n.normalize(nil, s, &sc)
			if !utf8.Valid(once) {
				t.Errorf("%s: %q became %q", raw, s, once)
			}
			if twice := n.normalize(nil, once, &sc); strings.Contains(raw, "NF") && !bytes.Equal(once, twice) {
				t.Errorf("%s: %q became %q, then %q", raw, s, once, twice)
			}
		}
	})
}

// TestHostile: a megabyte of one thing takes time in proportion.
func TestHostile(t *testing.T) {
	testenv.Long(t)
	regexes := []string{
		`a*b`, `(?:a|aa)+b`, `a*a*a*b`, `(?=a*b)a|a`, `(?!a*b)a`, `a{1,30}b|a`, `(?:a+b?)+c`, `\s+(?!\S)|\s+`, `\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))`, `(?<=a)a+b`, `a*+b`, `a+?b`, `(?:.*,)+b`,
		`\p{M}+x|.`, `(?i:a)+(?:b|c)`,
	}
	var components []string
	for _, r := range regexes {
		pattern, _ := json.Marshal(r)
		components = append(components, `{"type":"Split","behavior":"MergedWithNext","invert":false,"pattern":{"Regex":`+string(pattern)+`}}`)
	}
	for _, g := range lines[golden](t, "components.jsonl.gz") {
		if g.Error == "" && g.PreTokenizer != nil {
			components = append(components, string(g.PreTokenizer))
		}
	}
	for _, unit := range []string{"a", "\u0301\u0323", "[", " ", "1", "가", "\u1100\u1161\u11a8", "a\u0301", "\r\n"} {
		text := []byte(strings.Repeat(unit, 1<<18/len(unit)))
		limit := 20 * time.Second // of all components; a quadratic one takes minutes
		begin := time.Now()
		for _, raw := range components {
			p, err := newPreTokenizer(json.RawMessage(raw), "pre_tokenizer")
			if err != nil {
				t.Fatal(err)
			}
			if p == nil {
				continue
			}
			start := time.Now()
			p.split(nil, text, true, new(scratch))
			if d := time.Since(start); d > limit/10 {
				t.Errorf("%s: %d bytes of %q took %v", raw, len(text), unit, d)
			}
		}
		for _, raw := range []string{`{"type":"NFC"}`, `{"type":"NFD"}`, `{"type":"NFKC"}`, `{"type":"NFKD"}`, `{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":true,"lowercase":true}`} {
			n, err := newNormalizer(json.RawMessage(raw), "normalizer")
			if err != nil {
				t.Fatal(err)
			}
			n.normalize(nil, text, new(scratch))
		}
		if d := time.Since(begin); d > limit {
			t.Errorf("%q: %v", unit, d)
		}
	}
}
