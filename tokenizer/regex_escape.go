package tokenizer

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// escape reads what follows a backslash outside brackets.
func (p *parser) escape(start int) (*node, error) {
	if !p.more() {
		return nil, p.errorf(start, "a backslash at the end")
	}
	switch p.source[p.at] {
	case 'A':
		p.at++
		return &node{op: opTextStart}, nil
	case 'z':
		p.at++
		return &node{op: opTextEnd}, nil
	case 'Z':
		p.at++
		return &node{op: opLastLine}, nil
	case 'b':
		p.at++
		return &node{op: opBoundary}, nil
	case 'B':
		p.at++
		return &node{op: opNotBoundary}, nil
	case 'G':
		p.at++
		return &node{op: opSearchStart}, nil
	case 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.backref(start)
	}
	set, single, err := p.escapedSet(start, false)
	if err != nil {
		return nil, err
	}
	if single {
		return p.literal(set[0].lo, start)
	}
	return &node{op: opSet, set: set}, nil
}

// escapedSet reads an escape that stands for a set or, single, a code point.
func (p *parser) escapedSet(start int, inBrackets bool) (set ranges, single bool, err error) {
	if !p.more() {
		return nil, false, p.errorf(start, "a backslash at the end")
	}
	r, size := utf8.DecodeRuneInString(p.source[p.at:])
	p.at += size
	one := func(r rune) (ranges, bool, error) { return ranges{{r, r}}, true, nil }
	switch r {
	case 'w', 'd', 's', 'h':
		return escapeSet(byte(r), inBrackets), false, nil
	case 'W', 'D', 'S', 'H':
		return escapeSet(byte(unicode.ToLower(r)), inBrackets).negated(), false, nil
	case 'p', 'P':
		set, err := p.property(start)
		if r == 'P' {
			set = set.negated()
		}
		return set, false, err
	case 't':
		return one('\t')
	case 'n':
		return one('\n')
	case 'r':
		return one('\r')
	case 'f':
		return one('\f')
	case 'v':
		return one('\v')
	case 'a':
		return one('\a')
	case 'e':
		return one(0x1B)
	case 'x', 'u':
		r, err := p.hex(start, r)
		return ranges{{r, r}}, true, err
	}
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return nil, false, p.errorf(start, "\\%c is not implemented", r)
	}
	return one(r)
}

// hex reads the digits of \x7F, \x{1F600} and \u00E9.
func (p *parser) hex(start int, kind rune) (rune, error) {
	from := p.at
	var to int
	if kind == 'x' && p.takes("{") {
		from = p.at
		for p.more() && p.source[p.at] != '}' {
			p.at++
		}
		to = p.at
		if !p.takes("}") {
			return 0, p.errorf(start, "missing }")
		}
	} else {
		most := 2
		if kind == 'u' {
			most = 4
		}
		to = min(from+most, len(p.source))
		p.at = to
	}
	n, err := strconv.ParseUint(p.source[from:to], 16, 32)
	if err != nil || kind == 'u' && to-from != 4 || n > unicode.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, p.errorf(start, "%s is not implemented", p.source[start:to])
	}
	if kind == 'x' && to == from+2 && p.source[to-1] != '}' && n >= utf8.RuneSelf && p.source[from-1] != '{' {
		return 0, p.errorf(start, "%s, a byte that is no character, is not implemented", p.source[start:to])
	}
	return rune(n), nil
}

// property reads the {name} or {^name} of \p.
func (p *parser) property(start int) (ranges, error) {
	if !p.takes("{") {
		return nil, p.errorf(start, "\\p without {")
	}
	not := p.takes("^")
	from := p.at
	for p.more() && p.source[p.at] != '}' {
		p.at++
	}
	name := p.source[from:p.at]
	if !p.takes("}") {
		return nil, p.errorf(start, "missing }")
	}
	set, err := property(name)
	if err != nil {
		return nil, p.errorf(start, "%w", err)
	}
	if not {
		set = set.negated()
	}
	return set, nil
}
