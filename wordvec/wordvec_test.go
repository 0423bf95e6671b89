package wordvec_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/wordvec"
)

const gloveText = "the 0.5 -1 2\n. . . 1e-3 0 7\nthe 9 9 9\nzebra 1 2 3\n"

// binaryFile is what word2vec's -binary 1 writes: with an end of line after
// each row, or, as gensim writes it, without.
func binaryFile(lineEnds bool) []byte {
	var b bytes.Buffer
	b.WriteString("2 3\n")
	for word, row := range map[string][]float32{"the": {0.5, -1, 2}} {
		b.WriteString(word + " ")
		_ = binary.Write(&b, binary.LittleEndian, row)
		if lineEnds {
			b.WriteByte('\n')
		}
	}
	b.WriteString("zebra ")
	_ = binary.Write(&b, binary.LittleEndian, []float32{1, 2, 3})
	return b.Bytes()
}

func TestRead(t *testing.T) {
	tests := []struct {
		name   string
		format wordvec.Format
		data   string
		words  []string
		values []float32
		again  int
	}{
		{"glove, a word with spaces, a word twice", wordvec.GloVe, gloveText, []string{"the", ". . .", "zebra"}, []float32{0.5, -1, 2, 1e-3, 0, 7, 1, 2, 3}, 1},
		{"word2vec text", wordvec.Word2Vec, "4 3\r\n" + gloveText, []string{"the", ". . .", "zebra"}, []float32{0.5, -1, 2, 1e-3, 0, 7, 1, 2, 3}, 1},
		{"word2vec binary", wordvec.Word2Vec, string(binaryFile(true)), []string{"the", "zebra"}, []float32{0.5, -1, 2, 1, 2, 3}, 0},
		{"gensim binary", wordvec.Word2Vec, string(binaryFile(false)), []string{"the", "zebra"}, []float32{0.5, -1, 2, 1, 2, 3}, 0},
		{"no end of line at the end", wordvec.GloVe, "a 1\nb 2", []string{"a", "b"}, []float32{1, 2}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := wordvec.Read(strings.NewReader(test.data), test.format)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Words, test.words) || !slices.Equal(got.Rows.Data, test.values) || got.Repeated != test.again {
				t.Errorf("got %q %v, %d repeated; want %q %v, %d", got.Words, got.Rows.Data, got.Repeated, test.words, test.values, test.again)
			}
			if got.Rows.Rows != len(test.words) || got.Rows.Cols*got.Rows.Rows != len(test.values) {
				t.Errorf("rows are %d×%d", got.Rows.Rows, got.Rows.Cols)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	check := func(format wordvec.Format, data, want string) {
		t.Helper()
		_, err := wordvec.Read(strings.NewReader(data), format)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%q) = %v, want an error with %q", data, err, want)
		}
	}
	check(wordvec.GloVe, "", "there are no vectors")
	check(wordvec.GloVe, "word\n", "line 1: 0 values")
	check(wordvec.GloVe, "2 1\na 1\nb 2\n", `line 1: "2 1" is the header of a word2vec file`)
	check(wordvec.GloVe, "a 1 2\nb 1\n", "line 2: 1 values after the word, want 2")
	check(wordvec.GloVe, "a 1 2\nb 1 x\n", `line 2: value 2, "x", is not a number`)
	check(wordvec.GloVe, "a 1\nb NaN\n", `line 2: "b": value 1 is NaN`)
	check(wordvec.GloVe, "a 1\n\xff 2\n", "not UTF-8")
	check(wordvec.Word2Vec, "a 1\n", `line 1: "a 1" is not a header`)
	check(wordvec.Word2Vec, "1 999999999\na 1\n", "is not a header")
	check(wordvec.Word2Vec, "3 1\na 1\nb 2\n", "the header says 3 words, and there are 2")
	check(wordvec.Word2Vec, "999999999 3\n"+string(binaryFile(true)[4:]), "word 3 of 999999999: the file ends before it")
	check(wordvec.Word2Vec, string(binaryFile(true)[:len(binaryFile(true))-2]), `word 2 of 2, "zebra": the file ends inside its vector`)
	check("bin", "", `format "bin" is not one of glove, word2vec`)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(gloveText), false)
	f.Add([]byte("4 3\n"+gloveText), true)
	f.Add(binaryFile(true), true)
	f.Fuzz(func(t *testing.T, data []byte, header bool) {
		format := wordvec.GloVe
		if header {
			format = wordvec.Word2Vec
		}
		v, err := wordvec.Read(bytes.NewReader(data), format)
		if err == nil && len(v.Words)*v.Rows.Cols != len(v.Rows.Data) {
			t.Errorf("%d words of %d values in %d", len(v.Words), v.Rows.Cols, len(v.Rows.Data))
		}
	})
}

func ExampleRead() {
	v, err := wordvec.Read(strings.NewReader("cat 1 0\ndog 0.5 0.5\n"), wordvec.GloVe)
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Words, v.Rows.Row(1))
	// Output: [cat dog] [0.5 0.5]
}
