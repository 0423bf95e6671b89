package tokenizer

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// A cut says where a normalized text may be cut before it is pre-tokenized,
// without a change of the ids: pre-tokenizer and model then see one word at a
// time, and a word that the encoder remembers they do not see at all.
type cut uint8

const (
	// cutNowhere: the pre-tokenizer sees the text whole, and only its pieces
	// are remembered.
	cutNowhere cut = iota
	// cutBlanks: white space is dropped by the pre-tokenizer, and no piece
	// spans it. The classes of bytes say what white space is, and which bytes
	// are a piece each.
	cutBlanks
	// cutSpaces: a piece ends before a single space between two characters
	// that are no white space.
	cutSpaces
	// cutMetas: there is no pre-tokenizer, and no merge of the model joins
	// what comes before a ▁ with it.
	cutMetas
)

// byteClass is what a byte means to cutBlanks.
type byteClass uint8

const (
	blank byteClass = iota // white space
	alone                  // a piece by itself
	word                   // makes a piece with its like
	mixed                  // may be anything: ask the pre-tokenizer
)

// byteClasses are the classes of bytes, laid out for finding cuts. Those beyond ASCII are mixed.
type byteClasses struct {
	bits  [256]uint64 // inWord, isAlone or 0
	mixed [256]bool
	table blockTable
}

const (
	inWord  = 1       // a word's, or mixed
	isAlone = 1 << 32 // a piece by itself
)

// A blockTable has the classes of ASCII for classify: at a byte's lower half, twice, and after it
// again, bit i stands for the byte whose upper half is i.
type blockTable struct {
	words, alone [32]byte
}

func newByteClasses(of *[256]byteClass) *byteClasses {
	c := new(byteClasses)
	for b, class := range of {
		low, bit := b&15, byte(1)<<(b>>4&7)
		switch class {
		case alone:
			c.bits[b] = isAlone
			c.table.alone[low] |= bit
			c.table.alone[16+low] |= bit
		case word, mixed:
			c.bits[b] = inWord
			if b < utf8.RuneSelf {
				c.table.words[low] |= bit
				c.table.words[16+low] |= bit
			}
		}
		c.mixed[b] = class == mixed
	}
	return c
}

// find returns a bit for each of the 64 bytes of text at at, the first byte's lowest: which belong
// to words, and which are a piece each. There are none after text, where padding bytes are readable.
func (c *byteClasses) find(text []byte, at int) (words, alone uint64) {
	if hasBlocks {
		words, alone = classify(&c.table, &text[at])
		if left := len(text) - at; left < 64 {
			words, alone = words&(1<<left-1), alone&(1<<left-1)
		}
		return words, alone
	}
	text = text[at:min(at+64, len(text))]
	low := text[:min(32, len(text))]
	high := text[len(low):]
	l, h := c.find32(low), c.find32(high)
	return l&(isAlone-1) | h<<32, l>>32 | h&^(isAlone-1)
}

// find32 returns inWord and isAlone of at most 32 bytes, each byte's moved by its index.
func (c *byteClasses) find32(text []byte) (bits uint64) {
	for i, b := range text {
		bits |= c.bits[b] << (i & 63)
	}
	return bits
}

// whole tells whether a word is one piece, whatever the pre-tokenizer is.
func (c *byteClasses) whole(word []byte) bool {
	for _, b := range word {
		if c.mixed[b] {
			return false
		}
	}
	return true
}

// cutConfig has the fields that tell cuts of pre-tokenizers.
type cutConfig struct {
	Type          string
	Pretokenizers []json.RawMessage // Sequence
	UseRegex      *bool             `json:"use_regex"` // ByteLevel
	Split         *bool             // Metaspace
	Delimiter     string            // CharDelimiterSplit
	Pattern       struct{ Regex string }
	Behavior      string
	Invert        bool
}

// cutOf returns where a pre-tokenizer that newPreTokenizer has accepted lets
// text be cut, and what bytes mean then.
func cutOf(raw json.RawMessage) (cut, *[256]byteClass) {
	var c cutConfig
	if json.Unmarshal(raw, &c) != nil {
		return cutNowhere, nil
	}
	switch c.Type {
	case "BertPreTokenizer":
		return cutBlanks, bertClasses()
	case "WhitespaceSplit":
		return cutBlanks, blankClasses(func(byte) byteClass { return word })
	case "Whitespace":
		return cutBlanks, blankClasses(func(b byte) byteClass {
			if isASCIIAlphanumeric(b) || b == '_' {
				return word
			}
			return mixed
		})
	case "ByteLevel":
		if c.UseRegex == nil || *c.UseRegex {
			return cutSpaces, nil
		}
	case "Metaspace":
		if c.Split == nil || *c.Split {
			return cutSpaces, nil
		}
	case "CharDelimiterSplit":
		if c.Delimiter == " " {
			return cutSpaces, nil
		}
	case "Split":
		if spacePatterns[c.Pattern.Regex] && (c.Behavior == "Isolated" && !c.Invert || c.Behavior == "Removed" && c.Invert) {
			return cutSpaces, nil
		}
	case "Sequence":
		return cutOfSequence(c.Pretokenizers)
	}
	return cutNowhere, nil
}

// cutOfSequence returns the cut of the first of the pre-tokenizers that has
// one: those after it see its pieces only. Those before it must be of the kind
// that neither joins nor splits anything because of a space.
func cutOfSequence(parts []json.RawMessage) (cut, *[256]byteClass) {
	for i, raw := range parts {
		at, classes := cutOf(raw)
		if at == cutBlanks && len(parts) > 1 {
			classes = blankClasses(func(byte) byteClass { return mixed })
		}
		if at != cutNowhere {
			return at, classes
		}
		var c cutConfig
		if json.Unmarshal(parts[i], &c) != nil {
			break
		}
		switch {
		case c.Type == "Digits":
		case c.Type == "Punctuation" && (c.Behavior == "Isolated" || c.Behavior == "Removed" || c.Behavior == "Contiguous"):
		case c.Type == "Split" && wordPatterns[c.Pattern.Regex] && c.Behavior == "Isolated" && !c.Invert:
		default:
			return cutNowhere, nil
		}
	}
	return cutNowhere, nil
}

// spacePatterns are regular expressions of known tokenizers, all of which
// start a match at a single space. That none matches across one was read off
// each: no alternative has anything before " ?" or "\s", and what may follow
// \s is \s, or a line break.
var spacePatterns = map[string]bool{
	// GPT-2
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`: true,
	// GPT-4 (cl100k), Llama 3
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: true,
	// Qwen 2
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: true,
	// GPT-4o (o200k)
	`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`: true,
	// DeepSeek V3
	"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+": true,
}

// wordPatterns are regular expressions whose matches contain no space and do
// not depend on one.
var wordPatterns = map[string]bool{
	`\p{N}{1,3}`: true, `\p{N}`: true, `\d{1,3}`: true, `\d`: true, `[0-9]`: true,
	"[一-龥\u3040-ゟ゠-ヿ]+": true, // DeepSeek V3: Han and kana
}

// bertClasses are the byte classes of BertPreTokenizer.
func bertClasses() *[256]byteClass {
	return blankClasses(func(b byte) byteClass {
		if b > ' ' && b < 0x7F && !isASCIIAlphanumeric(b) {
			return alone
		}
		return word
	})
}

// blankClasses returns classes in which white space is blank, what is not
// ASCII is mixed, and all else is what classify says.
func blankClasses(classify func(byte) byteClass) *[256]byteClass {
	var classes [256]byteClass
	for i := range classes {
		switch b := byte(i); {
		case b >= utf8.RuneSelf:
			classes[i] = mixed
		case isASCIISpace(b):
			classes[i] = blank
		default:
			classes[i] = classify(b)
		}
	}
	return &classes
}

func isASCIISpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

func isASCIIAlphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
}

// cutsAtSpace says whether the space at text[i] is a single one between
// characters that are no white space.
func cutsAtSpace(text []byte, i int) bool {
	if i == 0 || i+1 >= len(text) {
		return false
	}
	before, after := text[i-1], text[i+1]
	if before < utf8.RuneSelf {
		if isASCIISpace(before) {
			return false
		}
	} else if r, _ := utf8.DecodeLastRune(text[:i]); unicode.IsSpace(r) {
		return false
	}
	if after < utf8.RuneSelf {
		return !isASCIISpace(after)
	}
	r, _ := utf8.DecodeRune(text[i+1:])
	return !unicode.IsSpace(r)
}
