package vocab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"
)

// ReadWords reads a vocabulary file: a token a line, in UTF-8. Empty lines and
// a byte order mark are skipped; white space around a token stays, for the
// tokenizer to judge.
//
// A file without a word is an error, and so is one that is no text: compressed, in another
// encoding, or with control characters other than tabs.
func ReadWords(r io.Reader) ([]string, error) {
	words, err := readWords(bufio.NewReader(r))
	if err != nil {
		return nil, fmt.Errorf("vocab: read words: %w", err)
	}
	return words, nil
}

func readWords(in *bufio.Reader) ([]string, error) {
	start, _ := in.Peek(4) // a shorter file has no such start
	if err := otherForm(start); err != nil {
		return nil, err
	}
	var words []string
	for line := 1; ; line++ {
		text, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, err
		}
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("line %d is not UTF-8", line)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }); i >= 0 {
			return nil, fmt.Errorf("line %d has the control character %q: this is not a list of words in UTF-8", line, text[i])
		}
		if text != "" {
			words = append(words, text)
		}
		if err == io.EOF {
			break
		}
	}
	if len(words) == 0 {
		return nil, errors.New("it has no words: write one word on each line")
	}
	return words, nil
}

// otherForm is an error if a file's start is that of a form that is often taken for text.
func otherForm(start []byte) error {
	for _, form := range []struct{ start, is string }{
		{"\x1f\x8b", "compressed by gzip: decompress it first"},
		{"BZh", "compressed by bzip2: decompress it first"},
		{"\x28\xb5\x2f\xfd", "compressed by zstd: decompress it first"},
		{"PK\x03\x04", "a zip archive: unpack it first"},
		{"\xff\xfe", "in UTF-16: convert it to UTF-8 first"},
		{"\xfe\xff", "in UTF-16: convert it to UTF-8 first"},
	} {
		if bytes.HasPrefix(start, []byte(form.start)) {
			return fmt.Errorf("it is %s", form.is)
		}
	}
	return nil
}

// WriteWords writes what ReadWords reads, a word a line.
func WriteWords(w io.Writer, words []string) error {
	out := bufio.NewWriter(w)
	for _, word := range words {
		fmt.Fprintln(out, word) // its error stays in out until Flush
	}
	return out.Flush()
}

// Frequent returns the n most frequent words that come at least so often, all of them if n
// is 0 or less, in the order of Top. That there is none is an error.
func (c *Counter) Frequent(n, least int) ([]string, error) {
	words := c.Top(n)
	if len(words) == 0 {
		return nil, errors.New("the texts have no words")
	}
	// The most frequent come first, so those that come too rarely are the last.
	frequent := sort.Search(len(words), func(i int) bool { return c.Count(words[i]) < least })
	if frequent == 0 {
		return nil, fmt.Errorf("no word occurs %d times: the most frequent occurs %d times", least, c.Count(words[0]))
	}
	return words[:frequent], nil
}
