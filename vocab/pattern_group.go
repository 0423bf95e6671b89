package vocab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// group translates what starts with a parenthesis.
func (t *translator) group() (string, bool, error) {
	if t.depth++; t.depth > maxGroupDepth {
		return "", false, fmt.Errorf("groups nested deeper than %d", maxGroupDepth)
	}
	defer func() { t.depth-- }()
	switch {
	case !t.accept("(?"):
		t.pos++
		return t.capture("")
	case t.accept("P<"):
		name, err := t.until('>')
		if err != nil {
			return "", false, err
		}
		if !identifier(name) {
			return "", false, fmt.Errorf("bad character in group name %q", name)
		}
		if _, ok := t.names[name]; ok {
			return "", false, fmt.Errorf("redefinition of group name %q", name)
		}
		return t.capture(name)
	case t.accept("P="):
		name, err := t.until(')')
		if err != nil {
			return "", false, err
		}
		n, ok := t.names[name]
		if !ok {
			return "", false, fmt.Errorf("unknown group name %q", name)
		}
		return t.reference(n)
	case t.accept("#"):
		_, err := t.until(')')
		return "", false, err
	case t.accept("("):
		return t.conditional()
	}
	for _, kind := range []string{":", "=", "!", "<=", "<!", ">"} {
		if t.accept(kind) {
			return t.body("(?" + kind)
		}
	}
	return t.flagGroup()
}

// capture translates a capturing group, the parenthesis of which was read. It
// loses its name: .NET would number it after the groups without one.
func (t *translator) capture(name string) (string, bool, error) {
	t.groups++
	n := t.groups
	if name != "" {
		t.names[name] = n
	}
	t.open[n] = true
	defer delete(t.open, n)
	return t.body("(")
}

// body translates what a group holds, up to its end.
func (t *translator) body(open string) (string, bool, error) {
	verbose := t.verbose
	s, err := t.alternatives()
	if err != nil {
		return "", false, err
	}
	t.verbose = verbose
	if !t.accept(")") {
		return "", false, errors.New("missing ), unterminated subpattern")
	}
	return open + s + ")", true, nil
}

// reference translates a reference to what a group matched.
func (t *translator) reference(n int) (string, bool, error) {
	switch {
	case n > t.groups:
		return "", false, fmt.Errorf("invalid group reference %d", n)
	case t.open[n]:
		return "", false, errors.New("cannot refer to an open group")
	}
	return `(?:\` + strconv.Itoa(n) + ")", true, nil
}

// conditional translates (?(group)yes|no), of which (?( was read.
func (t *translator) conditional() (string, bool, error) {
	name, err := t.until(')')
	if err != nil {
		return "", false, err
	}
	n, ok := t.names[name]
	if !ok {
		if n, err = strconv.Atoi(name); err != nil || n < 1 {
			return "", false, fmt.Errorf("invalid group reference %q", name)
		}
		t.asked = max(t.asked, n) // it may come later
	}
	yes, err := t.sequence()
	if err != nil {
		return "", false, err
	}
	no := ""
	if t.accept("|") {
		if no, err = t.sequence(); err != nil {
			return "", false, err
		}
	}
	switch {
	case t.peek() == '|':
		return "", false, errors.New("conditional backref with more than two branches")
	case !t.accept(")"):
		return "", false, errors.New("missing ), unterminated subpattern")
	}
	return fmt.Sprintf("(?(%d)(?:%s)|(?:%s))", n, yes, no), true, nil
}

// flagGroup translates (?flags:…), of which (? was read.
func (t *translator) flagGroup() (string, bool, error) {
	verbose := t.verbose
	on, off, colon, err := t.flags()
	switch {
	case err != nil:
		return "", false, err
	case !colon:
		return "", false, errors.New("global flags not at the start of the expression")
	case off != "":
		off = "-" + off
	}
	s, repeatable, err := t.body("(?" + on + off + ":")
	t.verbose = verbose
	return s, repeatable, err
}

// flags reads the flags of a group, and the : or ) after them. It keeps x to
// itself and drops u, which is how Python's text patterns are anyway.
func (t *translator) flags() (on, off string, colon bool, err error) {
	to, some, verbose := &on, false, t.verbose
	for t.more() {
		c := t.src[t.pos]
		switch {
		case c == '-' && to == &on:
			to, some = &off, false
			t.pos++
			continue
		case (c == ')' && to == &on || c == ':') && some:
			t.pos++
			t.verbose = verbose
			return on, off, c == ':', nil
		case c == 'x':
			verbose = to == &on
		case c == 'u' && to == &on:
		case strings.ContainsRune("ims", c):
			if !strings.ContainsRune(*to, c) {
				*to += string(c)
			}
		case c == 'a' || c == 'L':
			return "", "", false, fmt.Errorf("flag %c is not implemented", c)
		default:
			return "", "", false, fmt.Errorf("unknown extension ?%c", c)
		}
		some = true
		t.pos++
	}
	return "", "", false, errors.New("missing ), unterminated subpattern")
}

// identifier reports whether Python takes s for a name.
func identifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}
