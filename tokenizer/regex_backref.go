package tokenizer

import (
	"errors"
	"slices"
	"strings"
)

// Back-references ask what a group captured. Few expressions have any, so groups are
// kept only where one is met: parsing begins anew then.

// errBackref says that the expression has a back-reference.
var errBackref = errors.New("a back-reference")

// maxDegree is how many loops without a limit an expression with back-references may
// have one after the other. The machine cannot note what fails there, and the time that
// it takes grows with the text's length to that power.
const maxDegree = 1

// captured reads a group up to its closing parenthesis. Groups without a name count
// only where none has one, as in Ruby.
func (p *parser) captured(start int, name string) (*node, error) {
	n := &node{op: opCapture, slot: len(p.groups)}
	if p.capturing {
		p.groups, p.named = append(p.groups, nil), append(p.named, name)
	}
	sub, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.takes(")") {
		return nil, p.errorf(start, "missing )")
	}
	if !p.capturing || p.around > 0 {
		return sub, nil
	}
	n.subs = []*node{sub}
	p.groups[n.slot] = n
	return n, nil
}

// backref reads what follows the backslash of a back-reference: a digit, or k<name>.
func (p *parser) backref(start int) (*node, error) {
	if !p.capturing {
		return nil, errBackref
	}
	if p.fold {
		return nil, p.errorf(start, "(?i) with a back-reference is not implemented")
	}
	var slot int
	if p.takes("k") {
		name, ok := strings.CutPrefix(p.source[p.at:], "<")
		name, _, closed := strings.Cut(name, ">")
		if !ok || !closed {
			return nil, p.errorf(start, "\\k without <name>")
		}
		p.at += len(name) + 2
		if slot = slices.Index(p.named, name); slot < 0 || name == "" || slices.Contains(p.named[slot+1:], name) {
			return nil, p.errorf(start, "\\k<%s>: there is not one group of that name before it", name)
		}
	} else {
		n, _ := p.number()
		if slot = n - 1; slot >= len(p.groups) {
			return nil, p.errorf(start, "\\%d: only %d groups come before it", n, len(p.groups))
		}
		if slices.ContainsFunc(p.named, func(name string) bool { return name != "" }) {
			return nil, p.errorf(start, "\\%d beside named groups is not implemented", n)
		}
	}
	group := p.groups[slot]
	if group == nil {
		return nil, p.errorf(start, "a back-reference to a group that is open, in a lookaround or atomic is not implemented")
	}
	return &node{op: opBackref, slot: slot, subs: []*node{group}}, nil
}

// checkBackrefs refuses expressions that may take too long, and numbers beside names
// that come later.
func (p *parser) checkBackrefs(n *node) error {
	if d := n.degree(); d > maxDegree {
		return p.errorf(0, "back-references beside loops in loops, or %d loops in a row, are not implemented", d)
	}
	names := slices.ContainsFunc(p.named, func(name string) bool { return name != "" })
	if names && slices.Contains(p.named, "") {
		return p.errorf(0, "groups with and without names, and back-references, are not implemented")
	}
	return nil
}

// captures reports whether a group is in n.
func (n *node) captures() bool {
	return n.op == opCapture || n.op != opBackref && slices.ContainsFunc(n.subs, (*node).captures)
}

// degree is the power of the text's length that bounds the ways to match n: its loops
// in a row. Loops in loops have none, which is more than any.
func (n *node) degree() (d int) {
	switch n.op {
	case opAlternate:
		for _, s := range n.subs {
			d = max(d, s.degree())
		}
		return d
	case opBackref:
		return 0
	case opRepeat:
		inner := n.subs[0].degree()
		if n.max == unlimited || n.max > 8 {
			if inner > 0 || n.subs[0].op == opAlternate {
				return maxDegree + 1 + inner
			}
			return 1
		}
		return inner * n.max
	}
	for _, s := range n.subs {
		d += s.degree()
	}
	return d
}
