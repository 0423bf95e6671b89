package vocab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The members of Python's classes, as they stand in a class of .NET's.
const (
	classDigit    = `\p{Nd}`
	classWord     = `\p{L}\p{N}_` // str.isalnum, and the underscore
	classSpace    = `\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`
	classNonSpace = `\x00-\x08\x0e-\x1b\x21-\x84\x86-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-` + string(unicode.MaxRune)
)

// nonWords and nonDigits are all characters that are not in classWord, or not
// in classDigit, unassigned ones included. They are ranges because no category
// names the first, and because regexp2 loses characters of a class that has
// both a negated category and one that overlaps it.
var (
	nonWords  = sync.OnceValue(func() string { return complement(isWord) })
	nonDigits = sync.OnceValue(func() string { return complement(unicode.IsDigit) })
)

// complement returns the characters that are not in a class, as ranges.
func complement(in func(rune) bool) string {
	var out strings.Builder
	start := rune(-1)
	for r := rune(0); r <= unicode.MaxRune+1; r++ {
		outside := r <= unicode.MaxRune && !in(r)
		switch {
		case outside && start < 0:
			start = r
		case !outside && start >= 0:
			fmt.Fprintf(&out, "%s-%s", classRune(start), classRune(r-1))
			start = -1
		}
	}
	return out.String()
}

// classRune spells a character in a class, halves of surrogate pairs included:
// they are between other characters in ranges.
func classRune(r rune) string {
	if r <= 0xffff && !utf8.ValidRune(r) {
		return fmt.Sprintf(`\u%04x`, r)
	}
	return literal(r)
}

// isWord reports whether \w matches: str.isalnum, or the underscore.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// category returns the members of \d \w \s and their opposites; negated says
// that they are those of the opposite.
func category(c rune) (members string, negated, ok bool) {
	switch c {
	case 'd', 'D':
		return classDigit, c == 'D', true
	case 's', 'S':
		return classSpace, c == 'S', true
	case 'w', 'W':
		return classWord, c == 'W', true
	}
	return "", false, false
}

// class translates a character class, the bracket of which was read.
func (t *translator) class() (string, error) {
	var out strings.Builder
	out.WriteByte('[')
	if t.accept("^") {
		out.WriteByte('^')
	}
	for first := true; ; first = false {
		if !t.more() {
			return "", errors.New("unterminated character set")
		}
		if !first && t.accept("]") {
			out.WriteByte(']')
			return out.String(), nil
		}
		low, members, err := t.member()
		if err != nil {
			return "", err
		}
		// A - before the closing bracket is a literal, and so is the bracket's
		// business with the next round.
		if t.peek() != '-' || t.pos+1 < len(t.src) && t.src[t.pos+1] == ']' {
			if members == "" {
				members = classRune(low)
			}
			out.WriteString(members)
			continue
		}
		t.pos++
		if !t.more() {
			return "", errors.New("unterminated character set")
		}
		high, highMembers, err := t.member()
		if err != nil {
			return "", err
		}
		if members != "" || highMembers != "" || high < low {
			return "", errors.New("bad character range")
		}
		out.WriteString(classRune(low) + "-" + classRune(high))
	}
}

// member reads one member of a class: a character, or else a category.
func (t *translator) member() (r rune, members string, err error) {
	r = t.src[t.pos]
	t.pos++
	if r != '\\' {
		return r, "", nil
	}
	if !t.more() {
		return 0, "", errors.New("bad escape (end of pattern)")
	}
	c := t.src[t.pos]
	if members, negated, ok := category(c); ok {
		t.pos++
		switch {
		case !negated:
			return 0, members, nil
		case c == 'D':
			return 0, nonDigits(), nil
		case c == 'S':
			return 0, classNonSpace, nil
		}
		return 0, nonWords(), nil
	}
	if c == 'b' {
		t.pos++
		return '\b', "", nil
	}
	r, err = t.character()
	return r, "", err
}

// escape translates an escape outside of a class.
func (t *translator) escape() (string, bool, error) {
	t.pos++
	if !t.more() {
		return "", false, errors.New("bad escape (end of pattern)")
	}
	c := t.src[t.pos]
	if members, negated, ok := category(c); ok {
		t.pos++
		if negated {
			return "[^" + members + "]", true, nil
		}
		return "[" + members + "]", true, nil
	}
	const word = "[" + classWord + "]"
	switch c {
	case 'A':
		t.pos++
		return `\A`, false, nil
	case 'Z':
		t.pos++
		return `\z`, false, nil
	case 'b':
		t.pos++
		return "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))", false, nil
	case 'B':
		t.pos++
		// Not in an empty text, until Python 3.14.
		return `(?!\A\z)` + "(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word + ")(?!" + word + "))", false, nil
	}
	if n, ok := t.groupNumber(); ok {
		return t.reference(n)
	}
	r, err := t.character()
	return classRune(r), true, err
}

// groupNumber reads the number of a reference: one or two digits that do not
// start with 0 and are no octal escape.
func (t *translator) groupNumber() (int, bool) {
	c := t.peek()
	if c < '1' || c > '9' {
		return 0, false
	}
	octal := func(i int) bool { return t.pos+i < len(t.src) && '0' <= t.src[t.pos+i] && t.src[t.pos+i] <= '7' }
	if octal(0) && octal(1) && octal(2) {
		return 0, false
	}
	n := int(c - '0')
	t.pos++
	if d := t.peek(); d >= '0' && d <= '9' {
		n = 10*n + int(d-'0')
		t.pos++
	}
	return n, true
}

// character reads an escape that stands for one character.
func (t *translator) character() (rune, error) {
	c := t.src[t.pos]
	t.pos++
	switch c {
	case 'a':
		return '\a', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'v':
		return '\v', nil
	case 'x':
		return t.hex(c, 2)
	case 'u':
		return t.hex(c, 4)
	case 'U':
		return t.hex(c, 8)
	case 'N':
		return 0, errors.New(`\N is not implemented`)
	}
	if '0' <= c && c <= '7' {
		return t.octal(c)
	}
	if c < utf8.RuneSelf && isWord(c) && c != '_' {
		return 0, fmt.Errorf(`bad escape \%c`, c)
	}
	return c, nil
}

func (t *translator) hex(kind rune, n int) (rune, error) {
	text := string(t.src[t.pos:min(len(t.src), t.pos+n)])
	v, err := strconv.ParseUint(text, 16, 32)
	if len(text) != n || err != nil {
		return 0, fmt.Errorf(`incomplete escape \%c%s`, kind, text)
	}
	if v > unicode.MaxRune {
		return 0, fmt.Errorf(`bad escape \%c%s`, kind, text)
	}
	t.pos += n
	return rune(v), nil
}

// octal reads up to three octal digits, the first of which is c.
func (t *translator) octal(c rune) (rune, error) {
	v := c - '0'
	for n := 1; n < 3 && t.more() && '0' <= t.peek() && t.peek() <= '7'; n++ {
		v = v<<3 | (t.peek() - '0')
		t.pos++
	}
	if v > 0o377 {
		return 0, errors.New("octal escape value outside of range 0-0o377")
	}
	return v, nil
}
