// Package sentencepiece reads the BPE models of Google's sentencepiece, the .model
// files, cuts text into the ids that sentencepiece gives, and writes the model as a
// Hugging Face tokenizer.json.
//
// A text is normalized (the model's character map, white space), and cut by BPE.
// What the files can hold beyond that (unigram, word and character models,
// user-defined and unused pieces, byte fallback) is refused by name.
package sentencepiece

import (
	"errors"
	"fmt"
	"math"
	"os"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/m2v-dev/m2v/tokenizer"
)

// A Model is a BPE model. It is immutable and safe for concurrent use.
type Model struct {
	pieces     []piece // by id
	unknown    int     // its id
	normalizer normalizer
	bpe        *tokenizer.Tokenizer // of normalized text
}

// A piece is a token of the model.
type piece struct {
	text  string
	score float32 // of two pairs that can be joined, the one of higher score is
	kind  uint64
}

// Kinds of pieces, and of models.
//
// Source: sentencepiece_model.proto of sentencepiece 0.2.
const (
	normal      = 1
	unknown     = 2
	control     = 3
	userDefined = 4
	unused      = 5
	byteOf      = 6

	modelBPE = 2
)

// maxPiece is how many bytes a piece may have; sentencepiece's own limit is 16
// characters unless the training raises it. Merges take the square of it.
const maxPiece = 1 << 10

var kindNames = map[uint64]string{userDefined: "user-defined", unused: "unused", byteOf: "byte"}
var modelNames = map[uint64]string{1: "unigram", 3: "word", 4: "char"}

// Open reads the model at path.
func Open(path string) (*Model, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sentencepiece: %w", err)
	}
	m, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Parse reads a model. It keeps no reference to data.
func Parse(data []byte) (*Model, error) {
	m := &Model{unknown: -1}
	if err := m.parse(data); err != nil {
		return nil, fmt.Errorf("sentencepiece: read model: %w", err)
	}
	return m, nil
}

func (m *Model) parse(data []byte) error {
	var trainer trainerSpec
	trainer.kind = 1 // the defaults of the format
	m.normalizer = normalizer{dummyPrefix: true, removeExtra: true}
	err := eachField(data, func(f field) error {
		switch f.num {
		case 1:
			return m.addPiece(f.bytes)
		case 2:
			return trainer.parse(f.bytes)
		case 3:
			return m.normalizer.parse(f.bytes)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := trainer.check(); err != nil {
		return err
	}
	if m.unknown < 0 {
		return errors.New("no piece stands for unknown characters")
	}
	file, err := m.bpeFile()
	if err != nil {
		return err
	}
	m.bpe, err = tokenizer.New(file)
	return err
}

// addPiece reads a SentencePiece message.
func (m *Model) addPiece(data []byte) error {
	p := piece{kind: normal}
	err := eachField(data, func(f field) error {
		switch f.num {
		case 1:
			p.text = string(f.bytes)
		case 2:
			p.score = math.Float32frombits(uint32(f.value))
		case 3:
			p.kind = f.value
		}
		return nil
	})
	id := len(m.pieces)
	switch {
	case err != nil:
		return fmt.Errorf("piece %d: %w", id, err)
	case p.text == "" || !utf8.ValidString(p.text):
		return fmt.Errorf("piece %d is %q: empty, or not UTF-8", id, p.text)
	case len(p.text) > maxPiece:
		return fmt.Errorf("piece %d has %d bytes, more than %d", id, len(p.text), maxPiece)
	case p.score-p.score != 0:
		return fmt.Errorf("piece %d, %q, has the score %v", id, p.text, p.score)
	case p.kind == unknown && m.unknown >= 0:
		return fmt.Errorf("pieces %d and %d both stand for unknown characters", m.unknown, id)
	case p.kind == unknown:
		m.unknown = id
	case p.kind != normal && p.kind != control:
		return fmt.Errorf("piece %d, %q, is %s, which is not implemented", id, p.text, named(kindNames, p.kind))
	}
	m.pieces = append(m.pieces, p)
	return nil
}

// trainerSpec is what is read of the settings of the training.
type trainerSpec struct {
	kind         uint64
	suffix       bool // white space belongs to the word before it
	byteFallback bool
}

func (t *trainerSpec) parse(data []byte) error {
	return eachField(data, func(f field) error {
		switch f.num {
		case 3:
			t.kind = f.value
		case 24:
			t.suffix = f.value != 0
		case 35:
			t.byteFallback = f.value != 0
		}
		return nil
	})
}

func (t *trainerSpec) check() error {
	switch {
	case t.kind != modelBPE:
		return fmt.Errorf("the model is of kind %s: only bpe is implemented", named(modelNames, t.kind))
	case t.suffix:
		return errors.New("treat_whitespace_as_suffix is not implemented")
	case t.byteFallback:
		return errors.New("byte_fallback is not implemented")
	}
	return nil
}

func named(names map[uint64]string, n uint64) string {
	if name, ok := names[n]; ok {
		return name
	}
	return fmt.Sprintf("number %d", n)
}

// Pieces returns the pieces by their ids.
func (m *Model) Pieces() []string {
	list := make([]string, len(m.pieces))
	for i, p := range m.pieces {
		list[i] = p.text
	}
	return list
}

// UnkID returns the id that stands for a run of unknown characters.
func (m *Model) UnkID() int { return m.unknown }

// AppendIDs appends the ids of text's pieces to dst, exactly those of sentencepiece's
// EncodeAsIds.
func (m *Model) AppendIDs(dst []int32, text string) []int32 {
	return m.bpe.AppendIDs(dst, m.normalizer.normalize(text))
}

// A field is a field of a protobuf message: a number, or the bytes of what has a
// length.
type field struct {
	num   protowire.Number
	value uint64
	bytes []byte
}

// eachField calls do with each field of a message.
func eachField(data []byte, do func(field) error) error {
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		f := field{num: num}
		switch typ {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(data)
			f.value = uint64(v)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(num, typ, data)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		data = data[n:]
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}
