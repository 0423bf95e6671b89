// Package wordvec reads word vectors as the field has published them, GloVe's
// text, word2vec's text and binary forms (BPEmb's and fastText's .vec among
// them), and averages them over a text's tokens, as sentence-transformers and
// BPEmb cut it. V is the number of words, D their width.
package wordvec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/matrix"
)

// Vectors are words and their rows.
type Vectors struct {
	Words []string       // V, in the file's order; each once
	Rows  *matrix.Matrix // V×D
	// Repeated counts words that came again: the first row is kept, as gensim does.
	Repeated int
}

// A Format is a form of file.
type Format string

const (
	// GloVe is a line a word: the word, then D numbers, all apart by one space.
	// A word may hold spaces itself, as in glove.840B.
	GloVe Format = "glove"
	// Word2Vec begins with a line "V D"; then come GloVe's lines, or V times the
	// word, a space and D little-endian float32. Which of the two is seen from
	// the bytes.
	Word2Vec Format = "word2vec"
)

const (
	maxWidth = 1 << 16 // D: the widest that is published is 4,096
	maxWord  = 1 << 16 // bytes of a word
)

// Read reads vectors of the given form from r to its end.
//
// It allocates as it reads, never by a number that the file claims. A row with
// another number of values than the first, a value that is no finite number, a
// word that is not UTF-8 and fewer words than the header promises are errors
// that name the line, or the word's number in a binary file.
func Read(r io.Reader, f Format) (*Vectors, error) {
	d := &reader{in: bufio.NewReaderSize(r, 1<<20), seen: map[string]bool{}}
	var err error
	switch f {
	case GloVe:
		err = d.lines(-1)
	case Word2Vec:
		err = d.word2vec()
	default:
		return nil, fmt.Errorf("wordvec: format %q is not one of %s, %s", f, GloVe, Word2Vec)
	}
	if err == nil && len(d.words) == 0 {
		err = errors.New("there are no vectors")
	}
	if err != nil {
		return nil, fmt.Errorf("wordvec: read %s: %w", f, err)
	}
	return &Vectors{
		Words:    d.words,
		Rows:     &matrix.Matrix{Rows: len(d.words), Cols: d.width, Data: d.values},
		Repeated: d.repeated,
	}, nil
}

type reader struct {
	in       *bufio.Reader
	line     int // 1-based, of the last line read
	width    int // D; 0 until it is known
	words    []string
	values   []float32
	seen     map[string]bool
	repeated int
}

// word2vec reads the header, then rows in text or binary.
func (d *reader) word2vec() error {
	header, err := d.nextLine()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	fields := bytes.Fields(header)
	if len(fields) != 2 {
		return fmt.Errorf("line 1: %q is not a header of two numbers, words and dimensions", clip(header))
	}
	rows, err1 := strconv.Atoi(string(fields[0]))
	width, err2 := strconv.Atoi(string(fields[1]))
	if err1 != nil || err2 != nil || rows < 1 || width < 1 || width > maxWidth {
		return fmt.Errorf("line 1: %q is not a header: words ≥ 1 and dimensions from 1 to %d", clip(header), maxWidth)
	}
	d.width = width
	binaryForm, err := d.isBinary()
	if err != nil {
		return err
	}
	if binaryForm {
		return d.binary(rows)
	}
	return d.lines(rows)
}

// isBinary tells the two forms apart by what follows the first word: text has
// nothing but digits, signs, points, exponents and spaces there, which four
// bytes of a float32 practically never are, row after row.
func (d *reader) isBinary() (bool, error) {
	head, err := d.in.Peek(min(1<<16, 64+4*d.width))
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	space := bytes.IndexByte(head, ' ')
	if space < 0 {
		return false, errors.New("line 2: no space follows the first word")
	}
	end := len(head)
	if newline := bytes.IndexByte(head[space:], '\n'); newline >= 0 {
		end = space + newline
	}
	for _, c := range head[space:end] {
		if !bytes.ContainsRune([]byte("0123456789+-.eEnaifNAIF \t\r"), rune(c)) || c >= utf8.RuneSelf {
			return true, nil
		}
	}
	return false, nil
}

// lines reads rows of text to the end; rows is their number by the header, -1
// without one.
func (d *reader) lines(rows int) error {
	for {
		line, err := d.nextLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := d.textRow(line); err != nil {
			return fmt.Errorf("line %d: %w", d.line, err)
		}
	}
	if got := len(d.words) + d.repeated; rows >= 0 && got != rows {
		return fmt.Errorf("the header says %d words, and there are %d", rows, got)
	}
	return nil
}

// nextLine returns the next line without its end; it is valid until the next call.
func (d *reader) nextLine() ([]byte, error) {
	d.line++
	var whole []byte
	for {
		part, err := d.in.ReadSlice('\n')
		if err == nil && whole == nil {
			return bytes.TrimRight(part, "\r\n"), nil
		}
		whole = append(whole, part...)
		if len(whole) > maxWord+maxWidth*32 {
			return nil, fmt.Errorf("line %d: longer than %d bytes", d.line, maxWord+maxWidth*32)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(whole) > 0, err == nil:
			return bytes.TrimRight(whole, "\r\n"), nil
		default:
			return nil, err
		}
	}
}

// textRow adds a line: the last D fields are the values, what is before them is
// the word, so that a word may hold spaces.
func (d *reader) textRow(line []byte) error {
	line = bytes.TrimRight(line, " \t")
	if d.width == 0 {
		d.width = bytes.Count(line, []byte(" ")) // the first word of a file holds no space
		if d.width < 1 || d.width > maxWidth {
			return fmt.Errorf("%d values: need a word and from 1 to %d numbers", d.width, maxWidth)
		}
		if fields := strings.Fields(string(line)); len(fields) == 2 && d.line == 1 && isCount(fields[0]) && isCount(fields[1]) {
			return fmt.Errorf("%q is the header of a word2vec file, which a %s file does not have", line, GloVe)
		}
	}
	rest := line
	row := make([]float32, d.width)
	for j := d.width - 1; j >= 0; j-- {
		cut := bytes.LastIndexByte(rest, ' ')
		if cut < 0 {
			return fmt.Errorf("%d values after the word, want %d", d.width-1-j, d.width)
		}
		v, err := strconv.ParseFloat(string(rest[cut+1:]), 32)
		if err != nil {
			return fmt.Errorf("value %d, %q, is not a number", j+1, clip(rest[cut+1:]))
		}
		row[j] = float32(v)
		rest = rest[:cut]
	}
	return d.add(rest, row)
}

// binary reads rows of a word, a space, D float32 and, from some writers, an
// end of line.
func (d *reader) binary(rows int) error {
	raw := make([]byte, 4*d.width)
	row := make([]float32, d.width)
	for n := 1; n <= rows; n++ {
		word, err := d.binaryWord()
		if err != nil {
			return fmt.Errorf("word %d of %d: %w", n, rows, err)
		}
		if _, err := io.ReadFull(d.in, raw); err != nil {
			return fmt.Errorf("word %d of %d, %q: the file ends inside its vector", n, rows, clip(word))
		}
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
		}
		if err := d.add(word, row); err != nil {
			return fmt.Errorf("word %d of %d: %w", n, rows, err)
		}
	}
	return nil
}

// binaryWord reads to the next space, without line ends before the word.
func (d *reader) binaryWord() ([]byte, error) {
	var word []byte
	for {
		c, err := d.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the file ends before it")
		case err != nil:
			return nil, err
		case c == ' ':
			return word, nil
		case c == '\n' && len(word) == 0:
		default:
			word = append(word, c)
		}
		if len(word) > maxWord {
			return nil, fmt.Errorf("longer than %d bytes", maxWord)
		}
	}
}

// add appends a row, unless its word is there already.
func (d *reader) add(word []byte, row []float32) error {
	if len(word) == 0 {
		return errors.New("the word is empty")
	}
	if !utf8.Valid(word) {
		return fmt.Errorf("the word %q is not UTF-8", clip(word))
	}
	for j, v := range row {
		if v-v != 0 {
			return fmt.Errorf("%q: value %d is %v", clip(word), j+1, v)
		}
	}
	if d.seen[string(word)] {
		d.repeated++
		return nil
	}
	w := string(word)
	d.seen[w] = true
	d.words = append(d.words, w)
	d.values = append(d.values, row...)
	return nil
}

// isCount tells whether s is a whole number.
func isCount(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// clip shortens what an error quotes.
func clip(b []byte) []byte {
	const most = 40
	if len(b) > most {
		return append(bytes.Clone(b[:most]), "…"...)
	}
	return b
}
