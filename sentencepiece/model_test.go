package sentencepiece_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/m2v-dev/m2v/sentencepiece"
	"github.com/m2v-dev/m2v/tokenizer"
)

// golden is testdata/NAME.json: sentencepiece 0.2.3, testdata/gen/sentencepiece_bpe.py.
type golden struct {
	Pieces []string
	Cases  []struct {
		Text string
		IDs  []int32
	}
}

var models = []string{"mapped", "identity", "spaces"}

func open(t *testing.T, name string) (*sentencepiece.Model, golden) {
	t.Helper()
	m, err := sentencepiece.Open("testdata/" + name + ".model")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil || len(g.Cases) < 150 {
		t.Fatal(len(g.Cases), err)
	}
	return m, g
}

func TestIDsEqualSentencepiece(t *testing.T) {
	for _, name := range models {
		m, g := open(t, name)
		if !slices.Equal(m.Pieces(), g.Pieces) || m.Pieces()[m.UnkID()] != "<unk>" {
			t.Errorf("%s: pieces are not sentencepiece's", name)
		}
		for _, c := range g.Cases {
			if got := m.AppendIDs(nil, c.Text); !slices.Equal(got, c.IDs) {
				t.Errorf("%s: ids of %q are %v, want %v", name, c.Text, got, c.IDs)
			}
		}
	}
}

// TestFileGivesTheSameIDs goes through tokenizer.json, as other programs do. Texts
// with a mark after a character that the map changes are left out (see Model.File).
func TestFileGivesTheSameIDs(t *testing.T) {
	for _, name := range models {
		m, g := open(t, name)
		f, err := m.File()
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if f, err = tokenizer.ParseFile(data); err != nil {
			t.Fatal(err)
		}
		tok, err := tokenizer.New(f)
		if err != nil {
			t.Fatal(err)
		}
		other := 0
		for _, c := range g.Cases {
			if got := tok.AppendIDs(nil, c.Text); slices.Equal(got, c.IDs) {
				continue
			}
			if other++; name != "mapped" || !strings.ContainsFunc(c.Text, func(r rune) bool { return 0x300 <= r && r < 0x370 }) {
				t.Errorf("%s: tokenizer.json's ids of %q are %v, want %v", name, c.Text, tok.AppendIDs(nil, c.Text), c.IDs)
			}
		}
		t.Logf("%s: %d of %d texts differ", name, other, len(g.Cases))
	}
}

// message is a protobuf message of the given fields: number, then string, float32 or int.
func message(fields ...any) []byte {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		num := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
		case float32:
			b = protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), uint32(0xBF800000+int(v))) // −1 and a little less
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
		}
	}
	return b
}

func TestParseRefuses(t *testing.T) {
	unk, bpe := message(1, message(1, "<unk>", 3, 2)), message(2, message(3, 2))
	check := func(want string, parts ...[]byte) {
		t.Helper()
		_, err := sentencepiece.Parse(slices.Concat(parts...))
		if err == nil || !strings.HasPrefix(err.Error(), "sentencepiece: read model: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	piece := func(fields ...any) []byte { return message(1, message(fields...)) }
	check("of kind unigram: only bpe is implemented", unk)
	check("of kind char", unk, message(2, message(3, 4)))
	check("no piece stands for unknown", bpe)
	check("pieces 0 and 1 both stand for unknown", unk, unk, bpe)
	check(`piece 1, "<0x00>", is byte, which is not implemented`, unk, piece(1, "<0x00>", 3, 6), bpe)
	check(`piece 1, "x", is user-defined`, unk, piece(1, "x", 3, 4), bpe)
	check(`piece 1, "x", is number 9`, unk, piece(1, "x", 3, 9), bpe)
	check("piece 1 is \"\": empty", unk, piece(3, 1), bpe)
	check("piece 1 has 2000 bytes, more than 1024", unk, piece(1, strings.Repeat("a", 2000)), bpe)
	check(`the piece "a" occurs twice`, unk, piece(1, "a"), piece(1, "a"), bpe)
	check(`the piece "ab" holds 'b', which is not a piece`, unk, piece(1, "a"), piece(1, "ab"), bpe)
	check(`the pieces "ab" and "ba" have the same score`, unk, piece(1, "a"), piece(1, "b"), piece(1, "ab"), piece(1, "ba"), bpe)
	check("byte_fallback is not implemented", unk, message(2, message(3, 2, 35, 1)))
	check("treat_whitespace_as_suffix", unk, message(2, message(3, 2, 24, 1)))
	check("escape_whitespaces false", unk, bpe, message(3, message(5, 0)))
	check("character map has 2 bytes", unk, bpe, message(3, message(2, "xx")))
	check("claims a trie of 4294967295 bytes and has 1", unk, bpe, message(3, message(2, "\xff\xff\xff\xffx")))
	check("unexpected EOF", unk[:len(unk)-1])
}

func TestOpenNamesTheFile(t *testing.T) {
	if _, err := sentencepiece.Open("testdata/none.model"); err == nil || !strings.Contains(err.Error(), "testdata/none.model") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range models {
		data, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "a cat\u00a0 sat")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := sentencepiece.Parse(data)
		if err != nil {
			return
		}
		for _, id := range m.AppendIDs(nil, text) {
			if int(id) >= len(m.Pieces()) {
				t.Errorf("id %d of %d pieces", id, len(m.Pieces()))
			}
		}
		if _, err := m.File(); err != nil {
			t.Error(err)
		}
	})
}

func ExampleModel() {
	m, err := sentencepiece.Open("testdata/identity.model")
	if err != nil {
		panic(err)
	}
	for _, id := range m.AppendIDs(nil, "play a song") {
		fmt.Print(m.Pieces()[id], " ")
	}
	// Output: ▁pl ay ▁a ▁s ong
}
