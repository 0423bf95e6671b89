package tokenizer

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Regular expressions of tokenizer.json are Oniguruma's, in Ruby's syntax. What
// of it text can be cut with is read here; the rest (captures that matter,
// recursion, conditions, callouts) is refused with its position.

// node is a parsed expression.
type node struct {
	op   nodeOp
	set  ranges  // opSet
	subs []*node // opConcat, opAlternate; one for the others
	min  int     // opRepeat
	max  int     // opRepeat; unlimited without a limit
	mode byte    // opRepeat: 0 greedy, '?' lazy, '+' possessive
	not  bool    // opAhead, opBehind
	slot int     // opCapture, opBackref: the group's number, from 0
}

type nodeOp uint8

const (
	opConcat nodeOp = iota // of no subs: the empty expression
	opAlternate
	opSet
	opRepeat
	opAtomic
	opAhead
	opBehind
	opLineStart
	opLineEnd
	opTextStart
	opTextEnd
	opLastLine // \Z
	opBoundary
	opNotBoundary
	opSearchStart // \G
	opCapture     // a group that a back-reference names
	opBackref     // what it captured; subs is the group's
)

const (
	unlimited  = -1
	maxRepeat  = 1000 // of {n,m}
	maxNesting = 100
)

// parser reads an expression.
type parser struct {
	source string
	at     int
	fold   bool // (?i)
	dotAll bool // (?m): . is any character
	depth  int
	// With capturing, groups are kept: a back-reference asks for them.
	capturing bool
	groups    []*node // by number, nil for one that is not closed yet
	named     []string
	around    int // lookarounds and atomic groups that it is in
}

// errorf is an error about the expression at a byte position.
func (p *parser) errorf(at int, format string, args ...any) error {
	return fmt.Errorf("regex %q at %d: "+format, append([]any{p.source, at}, args...)...)
}

func parseRegex(source string) (*node, error) {
	p := &parser{source: source}
	if !utf8.ValidString(source) {
		return nil, p.errorf(0, "not UTF-8")
	}
	n, err := p.alternatives()
	if errors.Is(err, errBackref) {
		p = &parser{source: source, capturing: true}
		if n, err = p.alternatives(); err == nil {
			err = p.checkBackrefs(n)
		}
	}
	if err != nil {
		return nil, err
	}
	if p.at < len(source) {
		return nil, p.errorf(p.at, "unmatched )")
	}
	return n, nil
}

func (p *parser) more() bool { return p.at < len(p.source) }

// takes moves past text if it is what comes next.
func (p *parser) takes(text string) bool {
	if len(p.source)-p.at < len(text) || p.source[p.at:p.at+len(text)] != text {
		return false
	}
	p.at += len(text)
	return true
}

// alternatives reads up to the end or a closing parenthesis.
func (p *parser) alternatives() (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.errorf(p.at, "nested deeper than %d", maxNesting)
	}
	defer func(fold, dotAll bool) { p.fold, p.dotAll = fold, dotAll; p.depth-- }(p.fold, p.dotAll)
	all := &node{op: opAlternate}
	for {
		n, err := p.concatenation()
		if err != nil {
			return nil, err
		}
		all.subs = append(all.subs, n)
		if !p.takes("|") {
			break
		}
	}
	if len(all.subs) == 1 {
		return all.subs[0], nil
	}
	return all, nil
}

func (p *parser) concatenation() (*node, error) {
	all := &node{op: opConcat}
	for p.more() && p.source[p.at] != '|' && p.source[p.at] != ')' {
		start := p.at
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n, err = p.quantified(n, start); err != nil {
			return nil, err
		}
		if err := p.checkFold(all.subs, n, start); err != nil {
			return nil, err
		}
		all.subs = append(all.subs, n)
	}
	return all, nil
}

// checkFold refuses letters in a row that one code point stands for when case
// does not count, as ß does for ss: Oniguruma would match it.
func (p *parser) checkFold(before []*node, n *node, at int) error {
	if !p.fold || len(before) == 0 {
		return nil
	}
	a, b := before[len(before)-1].folds(), n.folds()
	for _, two := range []string{"ss", "st", "ff", "fi", "fl", "aʾ", "ʼn", "եւ", "մն", "մե", "մի", "վն", "մխ"} {
		first, size := utf8.DecodeRuneInString(two)
		second, _ := utf8.DecodeRuneInString(two[size:])
		if a.contains(first) && b.contains(second) {
			return p.errorf(at, "(?i) with %q in a row is not implemented", two)
		}
	}
	greek := ranges{{0x370, 0x3FF}, {0x1F00, 0x1FFF}}
	if b.contains('ι') && a.intersected(greek) != nil || b.intersected(ranges{{0x300, 0x345}}) != nil {
		return p.errorf(at, "(?i) with a combining mark or iota is not implemented")
	}
	return nil
}

// folds is the set of a single character, repeated or not.
func (n *node) folds() ranges {
	for n.op == opRepeat {
		n = n.subs[0]
	}
	return n.set
}

// atom reads one thing that may be quantified.
func (p *parser) atom() (*node, error) {
	start := p.at
	r, size := utf8.DecodeRuneInString(p.source[p.at:])
	p.at += size
	switch r {
	case '(':
		return p.group(start)
	case '[':
		set, err := p.brackets(start)
		return &node{op: opSet, set: set}, err
	case '.':
		if p.dotAll {
			return &node{op: opSet, set: ranges{}.negated()}, nil
		}
		return &node{op: opSet, set: ranges{{'\n', '\n'}}.negated()}, nil
	case '^':
		return &node{op: opLineStart}, nil
	case '$':
		return &node{op: opLineEnd}, nil
	case '*', '+', '?':
		return nil, p.errorf(start, "nothing to repeat")
	case '\\':
		return p.escape(start)
	}
	return p.literal(r, start)
}

// literal is one code point, in either case with (?i).
func (p *parser) literal(r rune, at int) (*node, error) {
	set := ranges{{r, r}}
	if p.fold {
		if multiFolds.contains(r) {
			return nil, p.errorf(at, "(?i) with %q is not implemented", r)
		}
		set = set.folded()
	}
	return &node{op: opSet, set: set}, nil
}

// group reads what follows an opening parenthesis.
func (p *parser) group(start int) (*node, error) {
	n := &node{op: opConcat}
	name := ""
	switch {
	case !p.takes("?"):
		n.op = opCapture
	case p.takes(":"):
	case p.takes("="):
		n.op = opAhead
	case p.takes("!"):
		n.op, n.not = opAhead, true
	case p.takes("<="):
		n.op = opBehind
	case p.takes("<!"):
		n.op, n.not = opBehind, true
	case p.takes(">"):
		n.op = opAtomic
	case p.takes("<"):
		from := p.at
		if err := p.groupName(start); err != nil {
			return nil, err
		}
		n.op, name = opCapture, p.source[from:p.at-1]
	default:
		return p.options(start)
	}
	if n.op == opCapture {
		return p.captured(start, name)
	}
	if n.op != opConcat {
		p.around++
		defer func() { p.around-- }()
	}
	sub, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.takes(")") {
		return nil, p.errorf(start, "missing )")
	}
	if n.op == opConcat {
		return sub, nil
	}
	n.subs = []*node{sub}
	return n, nil
}

// groupName reads the name of (?<name>…), up to its >.
func (p *parser) groupName(start int) error {
	for p.more() {
		r, size := utf8.DecodeRuneInString(p.source[p.at:])
		p.at += size
		switch {
		case r == '>' && p.at > start+len("(?<>"):
			return nil
		case r != '_' && !unicode.IsLetter(r) && (!unicode.IsDigit(r) || p.at == start+len("(?<0")):
			return p.errorf(start, "a group's name is not one")
		}
	}
	return p.errorf(start, "missing >")
}

// options reads (?i), (?-i), (?m) and their kind, up to the end of the group
// that they are in or, with a colon, of their own.
func (p *parser) options(start int) (*node, error) {
	fold, dotAll, on := p.fold, p.dotAll, true
	for p.more() {
		c := p.source[p.at]
		p.at++
		switch c {
		case '-':
			on = false
		case 'i':
			fold = on
		case 'm':
			dotAll = on
		case ')', ':':
			oldFold, oldDotAll := p.fold, p.dotAll
			p.fold, p.dotAll = fold, dotAll
			// (?i) takes in the alternatives that follow, too: a(?i)b|c is a(?i:b|c).
			n, err := p.alternatives()
			p.fold, p.dotAll = oldFold, oldDotAll
			if err == nil && c == ':' && !p.takes(")") {
				err = p.errorf(start, "missing )")
			}
			return n, err
		default:
			return nil, p.errorf(start, "group (?%c is not implemented", c)
		}
	}
	return nil, p.errorf(start, "missing )")
}

// quantified reads the quantifiers after n, which began at start.
func (p *parser) quantified(n *node, start int) (*node, error) {
	for p.more() {
		at := p.at
		r := &node{op: opRepeat, subs: []*node{n}, max: unlimited}
		interval := false
		switch p.source[p.at] {
		case '*':
			p.at++
		case '+':
			p.at++
			r.min = 1
		case '?':
			p.at++
			r.max = 1
		case '{':
			ok, err := p.interval(r)
			if err != nil || !ok {
				return n, err
			}
			interval = true
		default:
			return n, nil
		}
		if n.op >= opAhead && n.op < opCapture {
			return nil, p.errorf(at, "a repeated assertion is not implemented")
		}
		switch {
		case interval && p.takes("?"):
			if r.min == r.max { // Ruby: a{n}? is (?:a{n})?
				return nil, p.errorf(at, "{n}? is not implemented")
			}
			r.mode = '?'
		case interval: // Ruby: a{n,m}+ is (?:a{n,m})+
		case p.takes("?"):
			r.mode = '?'
		case p.takes("+"):
			r.mode = '+'
		}
		if r.max != 1 && n.nullable() {
			return nil, p.errorf(start, "repeating what may be empty is not implemented")
		}
		n = r
	}
	return n, nil
}

// interval reads {n}, {n,}, {,m} or {n,m} into r; anything else is a literal
// brace.
func (p *parser) interval(r *node) (bool, error) {
	start := p.at
	p.at++
	low, hasLow := p.number()
	high, hasHigh := low, hasLow
	if p.takes(",") {
		high, hasHigh = p.number()
		if !hasHigh {
			high = unlimited
		}
	}
	if !p.takes("}") || !hasLow && !hasHigh {
		p.at = start
		return false, p.errorf(start, "a literal { is not implemented, write \\{")
	}
	if low > maxRepeat || high > maxRepeat {
		return false, p.errorf(start, "repeated more than %d times", maxRepeat)
	}
	if high != unlimited && low > high {
		return false, p.errorf(start, "{%d,%d} is not implemented", low, high)
	}
	r.min, r.max = low, high
	return true, nil
}

// number reads digits; more than maxRepeat stays more.
func (p *parser) number() (n int, ok bool) {
	for p.more() && '0' <= p.source[p.at] && p.source[p.at] <= '9' {
		n = min(n*10+int(p.source[p.at]-'0'), maxRepeat+1)
		p.at++
		ok = true
	}
	return n, ok
}
