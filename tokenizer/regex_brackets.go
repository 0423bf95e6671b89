package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// brackets reads a bracket expression whose [ began at start: characters,
// ranges, escapes, [:posix:] names, further brackets, and && for what is in
// both.
func (p *parser) brackets(start int) (ranges, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.errorf(start, "nested deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	not := p.takes("^")
	var set, both ranges // of this operand of &&; of those before, nil if none
	intersects := false
	close := func() {
		set = set.normalized()
		if intersects {
			set = both.intersected(set)
		}
	}
	for first := true; ; first = false {
		if !p.more() {
			return nil, p.errorf(start, "missing ]")
		}
		at := p.at
		if p.takes("]") {
			if first {
				return nil, p.errorf(at, "] first in brackets is not implemented, write \\]")
			}
			close()
			break
		}
		if p.takes("&&") {
			close()
			both, set, intersects = set, nil, true
			continue
		}
		item, err := p.bracketItem(first)
		if err != nil {
			return nil, err
		}
		set = append(set, item...)
	}
	if p.fold {
		if set.intersected(multiFolds) != nil {
			return nil, p.errorf(start, "(?i) with brackets that hold such as ß is not implemented")
		}
		set = set.folded()
	}
	if not {
		set = set.negated()
	}
	return set, nil
}

// bracketItem reads one item between brackets: a set, or a character or range.
func (p *parser) bracketItem(first bool) (ranges, error) {
	at := p.at
	if strings.HasPrefix(p.source[p.at:], "[:") {
		if set, err, ok := p.posix(); ok {
			return set, err
		}
	}
	if p.takes("[") {
		return p.brackets(at)
	}
	item, single, err := p.bracketCharacter()
	if err != nil {
		return nil, err
	}
	rest := p.source[p.at:]
	if !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") {
		if p.source[at] == '-' && !first && !strings.HasPrefix(rest, "]") {
			return nil, p.errorf(at, "a - between others in brackets is not implemented, write \\-")
		}
		return item, nil
	}
	if !single {
		return nil, p.errorf(at, "a range that begins with a set is not implemented")
	}
	p.at++
	end := p.at
	if strings.HasPrefix(p.source[p.at:], "[") {
		return nil, p.errorf(end, "a range that ends with a set is not implemented")
	}
	high, single, err := p.bracketCharacter()
	switch {
	case err != nil:
		return nil, err
	case !single:
		return nil, p.errorf(end, "a range that ends with a set is not implemented")
	case high[0].lo < item[0].lo:
		return nil, p.errorf(at, "an empty range")
	}
	return ranges{{item[0].lo, high[0].lo}}, nil
}

// bracketCharacter reads a character, or an escape that may be a set.
func (p *parser) bracketCharacter() (set ranges, single bool, err error) {
	at := p.at
	if !p.more() {
		return nil, false, p.errorf(at, "missing ]")
	}
	if p.takes(`\`) {
		if p.takes("b") {
			return ranges{{'\b', '\b'}}, true, nil
		}
		return p.escapedSet(at, true)
	}
	r, size := utf8.DecodeRuneInString(p.source[p.at:])
	p.at += size
	return ranges{{r, r}}, true, nil
}

// posix reads [:name:] or [:^name:], if that is what comes next.
func (p *parser) posix() (set ranges, err error, ok bool) {
	rest := p.source[p.at+2:]
	end := strings.Index(rest, ":]")
	if end < 0 || end > 20 {
		return nil, nil, false
	}
	name, not := strings.CutPrefix(rest[:end], "^")
	if set = bracket(name); set == nil {
		return nil, p.errorf(p.at, "[:%s:] is not implemented", name), true
	}
	p.at += 2 + end + 2
	if not {
		set = set.negated()
	}
	return set, nil, true
}
