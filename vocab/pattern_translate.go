package vocab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// translatePattern rewrites a regular expression of Python's re module for
// regexp2, whose syntax is that of .NET. Where the two read the same text
// differently, Python's reading is spelled out: character classes follow
// Python's tables, groups are numbered from the left, \Z is the end. What
// Python does not compile is an error here too, but for look-behinds without a
// fixed width, which are allowed. The flags a and L and \N{…} are refused.
//
// Source: the documentation of re and Lib/re/_parser.py of Python 3.11.
func translatePattern(source string) (string, error) {
	t := &translator{src: []rune(source), names: make(map[string]int), open: make(map[int]bool)}
	out, err := t.whole()
	if err != nil {
		return "", fmt.Errorf("%w at position %d", err, t.pos)
	}
	return out, nil
}

// maxGroupDepth bounds the nesting of groups.
const maxGroupDepth = 200

type translator struct {
	src     []rune
	pos     int
	depth   int
	groups  int            // capturing groups so far
	asked   int            // the highest group that a condition asks for
	names   map[string]int // of groups
	open    map[int]bool   // groups that have not ended
	verbose bool           // flag x: white space and comments do not count
}

func (t *translator) more() bool { return t.pos < len(t.src) }

// peek returns the next character, or -1.
func (t *translator) peek() rune {
	if !t.more() {
		return -1
	}
	return t.src[t.pos]
}

// accept consumes text if it is next.
func (t *translator) accept(text string) bool {
	want := []rune(text)
	if len(t.src)-t.pos < len(want) || string(t.src[t.pos:t.pos+len(want)]) != text {
		return false
	}
	t.pos += len(want)
	return true
}

// until consumes text up to the delimiter, and the delimiter.
func (t *translator) until(end rune) (string, error) {
	start := t.pos
	for t.more() {
		if t.src[t.pos] == end {
			t.pos++
			return string(t.src[start : t.pos-1]), nil
		}
		t.pos++
	}
	return "", fmt.Errorf("missing %c", end)
}

// whole translates the pattern: flags for all of it, then alternatives.
func (t *translator) whole() (string, error) {
	open, end := "", ""
	for t.accept("(?") {
		start := t.pos
		on, off, colon, err := t.flags()
		if err != nil || off != "" || colon {
			t.pos = start - len("(?") // another kind of group, or an error to be found there
			break
		}
		if on != "" {
			open, end = open+"(?"+on+":", end+")"
		}
	}
	body, err := t.alternatives()
	if err == nil && t.more() {
		err = errors.New("unbalanced parenthesis")
	}
	if err == nil && t.asked > t.groups {
		err = fmt.Errorf("invalid group reference %d", t.asked)
	}
	return open + body + end, err
}

func (t *translator) alternatives() (string, error) {
	var out strings.Builder
	for {
		s, err := t.sequence()
		if err != nil {
			return "", err
		}
		out.WriteString(s)
		if !t.accept("|") {
			return out.String(), nil
		}
		out.WriteByte('|')
	}
}

// sequence translates items up to a | or ) or the end.
func (t *translator) sequence() (string, error) {
	var out strings.Builder
	for t.more() && t.peek() != '|' && t.peek() != ')' {
		if t.verbose && t.skipVerbose() {
			continue
		}
		item, repeatable, err := t.atom()
		if err != nil {
			return "", err
		}
		if item, err = t.repeat(item, repeatable); err != nil {
			return "", err
		}
		out.WriteString(item)
	}
	return out.String(), nil
}

// skipVerbose skips white space or a comment of the verbose syntax.
func (t *translator) skipVerbose() bool {
	switch c := t.peek(); {
	case strings.ContainsRune(" \t\n\r\f\v", c):
		t.pos++
	case c == '#':
		for t.more() && t.peek() != '\n' {
			t.pos++
		}
	default:
		return false
	}
	return true
}

// repeat translates the quantifier after an item, if there is one.
func (t *translator) repeat(item string, repeatable bool) (string, error) {
	quantifier, ok, err := t.quantifier()
	if err != nil || !ok {
		return item, err
	}
	if !repeatable {
		return "", errors.New("nothing to repeat")
	}
	switch {
	case t.accept("?"):
		item += quantifier + "?"
	case t.accept("+"):
		item = "(?>" + item + quantifier + ")"
	default:
		item += quantifier
	}
	if _, again, err := t.quantifier(); err == nil && again {
		return "", errors.New("multiple repeat")
	}
	return item, nil
}

// quantifier reads * + ? or {m,n}; a { that starts none is a literal.
func (t *translator) quantifier() (string, bool, error) {
	for t.verbose && t.more() && t.skipVerbose() {
	}
	switch c := t.peek(); c {
	case '*', '+', '?':
		t.pos++
		return string(c), true, nil
	case '{':
	default:
		return "", false, nil
	}
	start := t.pos
	t.pos++
	low, high := t.digits(), ""
	comma := t.accept(",")
	if comma {
		high = t.digits()
	}
	if low == "" && !comma || !t.accept("}") {
		t.pos = start
		return "", false, nil
	}
	if low == "" {
		low = "0"
	}
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi("0" + high)
	const most = 1 << 30
	switch {
	case err1 != nil || err2 != nil || from > most || to > most:
		return "", false, errors.New("the repetition number is too large")
	case !comma:
		return "{" + low + "}", true, nil
	case high == "":
		return "{" + low + ",}", true, nil
	case to < from:
		return "", false, errors.New("min repeat greater than max repeat")
	}
	return "{" + low + "," + high + "}", true, nil
}

func (t *translator) digits() string {
	start := t.pos
	for t.more() && '0' <= t.peek() && t.peek() <= '9' {
		t.pos++
	}
	return string(t.src[start:t.pos])
}

// atom translates one item and says whether it may be repeated.
func (t *translator) atom() (string, bool, error) {
	switch c := t.peek(); c {
	case '(':
		return t.group()
	case '[':
		t.pos++
		s, err := t.class()
		return s, true, err
	case '\\':
		return t.escape()
	case '.':
		t.pos++
		return ".", true, nil
	case '^', '$':
		t.pos++
		return string(c), false, nil
	case '*', '+', '?':
		return "", false, errors.New("nothing to repeat")
	case '{':
		if _, ok, err := t.quantifier(); ok || err != nil {
			return "", false, errors.New("nothing to repeat")
		}
		fallthrough
	default:
		t.pos++
		return literal(c), true, nil
	}
}

// literal spells a character so that it stands for itself anywhere.
func literal(r rune) string {
	if r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return string(r)
}
