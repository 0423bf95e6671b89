package vocab

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestReadWords(t *testing.T) {
	got, err := ReadWords(strings.NewReader("\ufeffone\r\n\n two \nthree\tx"))
	if want := []string{"one", " two ", "three\tx"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("words %q, %v; want %q", got, err, want)
	}
}

// A list that was empty, binary, compressed or in UTF-16 gave a student without the words,
// or with garbage for words.
func TestReadWordsRefuses(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("bridge\nriver\n"))
	_ = z.Close()
	var wide []byte
	for _, u := range utf16.Encode([]rune("bridge\nriver\n")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for in, want := range map[string]string{
		"":                        "it has no words",
		"\ufeff\r\n\n":            "it has no words",
		"ok\n\xff\n":              "line 2 is not UTF-8",
		packed.String():           "compressed by gzip",
		string(wide):              "line 1 has the control character '\\x00'",
		"\xff\xfe" + string(wide): "in UTF-16",
		"bridge\n\x7fELF\x02":     "line 2 has the control character",
	} {
		if words, err := ReadWords(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadWords(%.20q) = %q, %v, want %q", in, words, err, want)
		}
	}
}

func TestWriteWordsIsWhatReadWordsReads(t *testing.T) {
	words := []string{"bridge", "naïve", "a b"}
	var out bytes.Buffer
	if err := WriteWords(&out, words); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadWords(&out); err != nil || !slices.Equal(got, words) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestFrequent(t *testing.T) {
	var c Counter
	if _, err := c.Frequent(0, 1); err == nil {
		t.Error("words of no text")
	}
	if err := c.Add(strings.NewReader("b a b c b a")); err != nil {
		t.Fatal(err)
	}
	check := func(n, least int, want ...string) {
		t.Helper()
		if got, err := c.Frequent(n, least); err != nil || !slices.Equal(got, want) {
			t.Errorf("Frequent(%d, %d) = %q, %v, want %q", n, least, got, err, want)
		}
	}
	check(0, 1, "b", "a", "c")
	check(0, 2, "b", "a")
	check(1, 1, "b")
	if _, err := c.Frequent(0, 9); err == nil || err.Error() != "no word occurs 9 times: the most frequent occurs 3 times" {
		t.Errorf("%v", err)
	}
}
