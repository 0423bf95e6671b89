package tokenizer

import "unicode/utf8"

// A scanner cuts text as the regular expression of GPT-2 or of one of its
// descendants does, without a regular expression: these are in most byte-level
// tokenizers, and this is about twice as fast. Every stretch of the text is a
// match.
//
// What they share, in the order of the alternatives, is
//
//	contraction | letters | digits | others | white space
type scanner struct {
	scanRules
	classes classes
}

// scanRules says which of the known expressions a scanner follows.
type scanRules struct {
	// fold takes contractions in capitals too: (?i:'s|'t|'re|'ve|'m|'ll|'d).
	fold bool
	// lead lets any one code point but letters, digits, CR and LF stand before
	// letters: [^\r\n\p{L}\p{N}]?\p{L}+. Without it only a space may stand
	// before letters and before digits.
	lead bool
	// digits is the most that make a piece, 0 for no limit: \p{N}{1,3}.
	digits int
	// lines lets line ends follow others ([\r\n]*) and end a piece of white
	// space (\s*[\r\n]+).
	lines bool
}

var gpt2Rules = scanRules{}

// knownRegexes are the expressions that scanners stand for.
var knownRegexes = map[string]scanRules{
	// GPT-2, RoBERTa, BART, Phi, …
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`: gpt2Rules,
	// cl100k_base, Llama 3, …
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: {fold: true, lead: true, digits: 3, lines: true},
	// Qwen 2 and 2.5
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: {fold: true, lead: true, digits: 1, lines: true},
}

// The three kinds of text are flagLetter, flagNumber and flagSpace; what has
// none of the flags is "other".
const scanMask = flagLetter | flagNumber | flagSpace

func newScanner(rules scanRules) *scanner {
	return &scanner{rules, newClasses(scanMask)}
}

// next returns the end of the match that begins at i, before the text's end.
func (s *scanner) next(text []byte, i int) int {
	if text[i] == '\'' {
		if n := s.contraction(text[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	kind, size := s.classes.at(text, i)
	after := i + size
	var next uint16 // the kind of the code point after this one
	var nextSize int
	if after < len(text) {
		next, nextSize = s.classes.at(text, after)
	}
	newline := text[i] == '\r' || text[i] == '\n'
	space := text[i] == ' '
	switch {
	case kind == flagLetter:
		return s.run(text, after, flagLetter)
	case next == flagLetter && after < len(text) && (space || s.lead && kind != flagNumber && !newline):
		return s.run(text, after+nextSize, flagLetter)
	case kind == flagNumber:
		return s.numbers(text, after, 1)
	case next == flagNumber && space && !s.lead:
		return s.run(text, after+nextSize, flagNumber)
	case kind == 0:
		return s.others(text, after)
	case next == 0 && space && after < len(text):
		return s.others(text, after+nextSize)
	}
	return s.spaces(text, i)
}

// run returns the end of the code points of a kind from i on.
func (s *scanner) run(text []byte, i int, kind uint16) int {
	for i < len(text) {
		k, size := s.classes.at(text, i)
		if k != kind {
			break
		}
		i += size
	}
	return i
}

// numbers returns the end of the digits from i on, n of which went before.
func (s *scanner) numbers(text []byte, i, n int) int {
	if s.digits == 0 {
		return s.run(text, i, flagNumber)
	}
	for ; n < s.digits && i < len(text); n++ {
		k, size := s.classes.at(text, i)
		if k != flagNumber {
			break
		}
		i += size
	}
	return i
}

// others returns the end of what is neither letter, digit nor space from i on,
// with its line ends.
func (s *scanner) others(text []byte, i int) int {
	i = s.run(text, i, 0)
	for s.lines && i < len(text) && (text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// spaces returns the end of the match in the white space at i: its last line
// end (\s*[\r\n]+) if lines are told apart, else all of it if the text ends
// there (\s+(?!\S)), else all but its last code point, if that leaves any.
func (s *scanner) spaces(text []byte, i int) int {
	end, last, line := i, i, -1
	for end < len(text) {
		k, size := s.classes.at(text, end)
		if k != flagSpace {
			break
		}
		if text[end] == '\r' || text[end] == '\n' {
			line = end + 1
		}
		last = end
		end += size
	}
	switch {
	case s.lines && line > 0:
		return line
	case end < len(text) && last > i:
		return last
	}
	return end
}

// contraction returns the length of the ending, such as "re", that text begins
// with, 0 without.
func (s *scanner) contraction(text []byte) int {
	if len(text) == 0 {
		return 0
	}
	a, size := s.letter(text)
	switch a {
	case 's', 't', 'm', 'd':
		return size
	}
	if len(text) == size {
		return 0
	}
	b, n := s.letter(text[size:])
	switch {
	case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
		return size + n
	}
	return 0
}

// letter returns the first letter of text, in lower case if capitals count.
func (s *scanner) letter(text []byte) (c byte, size int) {
	c = text[0]
	if !s.fold {
		return c, 1
	}
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A', 1
	}
	if c >= utf8.RuneSelf {
		if r, size := utf8.DecodeRune(text); r == 'ſ' { // its upper case is S
			return 's', size
		}
	}
	return c, 1
}
