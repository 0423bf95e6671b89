package tokenizer

import "fmt"

// A regex is a compiled expression. Matching it takes time in proportion to the
// text, whatever the expression and the text: see machine.
type regex struct {
	program []instruction
	loops   int // how many doAll instructions there are
	states  int // how many splits and stars
	groups  int // how many groups are kept for back-references; 0 if there are none
	// searches tells that a match depends on where its search began (\G).
	searches bool
	// nullable tells that a match may be empty.
	nullable bool
	// first has the bytes that a match may begin with; all if it may be empty.
	first byteSet
	// scan, if not nil, cuts as the expression does, faster.
	scan *scanner
}

// instruction is a step of a program.
type instruction struct {
	op   opcode
	set  *set
	to   int // where to go on; of a split, where to go on if that fails
	also int // of a split, where to go on first
	slot int // the number of a split or star, or of a doAll; the length of a lookbehind
	not  bool
	// leads are, of a split, the bytes that its ways may begin with: also, to.
	leads *[2]byteSet
}

type opcode uint8

const (
	doMatch opcode = iota // the program, or the body of a lookaround, matches
	doSet                 // one code point
	doStar                // a split: as many code points as can be, then fewer
	doAll                 // as many code points as can be (possessive)
	doSplit               // two ways
	doJump
	doAhead  // the body follows, to is behind it
	doBehind // the same, begun slot code points back
	doAtomic // the same, and the text that it matches is taken
	doAssert // an assertion: slot is its nodeOp
	doSave   // a place of a group, 2*number for its start and one more for its end
	doBackref
)

// maxProgram is the most instructions that an expression may need; {n,m}
// repeats what it stands for.
const maxProgram = 1 << 14

// compileRegex compiles an expression in Oniguruma's Ruby syntax.
func compileRegex(source string) (*regex, error) {
	n, err := parseRegex(source)
	if err != nil {
		return nil, err
	}
	c := compiler{sets: map[*node]*set{}}
	c.compile(n)
	c.emit(instruction{op: doMatch})
	if c.err != nil {
		return nil, fmt.Errorf("regex %q: %w", source, c.err)
	}
	re := &regex{nullable: n.nullable(), program: c.program, loops: c.loops, states: c.states, groups: c.groups, searches: c.searches}
	l := leads{c.program, map[int]byteSet{}}
	re.first = l.of(0)
	for i := range re.program {
		if in := &re.program[i]; in.op == doSplit || in.op == doStar {
			in.leads = &[2]byteSet{l.of(in.also), l.of(in.to)}
		}
	}
	if rules, ok := knownRegexes[source]; ok {
		re.scan = newScanner(rules)
	}
	return re, nil
}

// compiler writes a program. Code is only appended, so a part's instructions
// are one stretch.
type compiler struct {
	program       []instruction
	sets          map[*node]*set
	loops, states int
	groups        int
	searches      bool
	err           error
}

func (c *compiler) emit(i instruction) int {
	if len(c.program) >= maxProgram {
		if c.err == nil {
			c.err = fmt.Errorf("it needs more than %d instructions", maxProgram)
		}
		return 0
	}
	c.program = append(c.program, i)
	return len(c.program) - 1
}

// split emits two ways; the caller sets where they go.
func (c *compiler) split() int {
	c.states++
	return c.emit(instruction{op: doSplit, slot: c.states - 1})
}

func (c *compiler) compile(n *node) {
	if c.err != nil {
		return
	}
	switch n.op {
	case opConcat:
		for _, s := range n.subs {
			c.compile(s)
		}
	case opAlternate:
		c.alternate(n.subs)
	case opSet:
		c.emit(instruction{op: doSet, set: c.set(n)})
	case opRepeat:
		c.repeat(n)
	case opAtomic:
		if _, most := n.subs[0].length(); most == unlimited {
			c.err = fmt.Errorf("an atomic group without a limit is not implemented")
			return
		}
		c.body(instruction{op: doAtomic}, n.subs[0])
	case opAhead:
		c.body(instruction{op: doAhead, not: n.not}, n.subs[0])
	case opBehind:
		c.behind(n)
	case opCapture:
		c.groups = max(c.groups, n.slot+1)
		c.emit(instruction{op: doSave, slot: 2 * n.slot})
		c.compile(n.subs[0])
		c.emit(instruction{op: doSave, slot: 2*n.slot + 1})
	case opBackref:
		c.emit(instruction{op: doBackref, slot: n.slot})
	default:
		c.searches = c.searches || n.op == opSearchStart
		c.emit(instruction{op: doAssert, slot: int(n.op)})
	}
}

// set returns the compiled set of n, one for all repetitions of it.
func (c *compiler) set(n *node) *set {
	s, ok := c.sets[n]
	if !ok {
		s = newSet(n.set)
		c.sets[n] = s
	}
	return s
}

func (c *compiler) alternate(subs []*node) {
	var ends []int
	for i, s := range subs {
		if i == len(subs)-1 {
			c.compile(s)
			break
		}
		at := c.split()
		c.program[at].also = at + 1
		c.compile(s)
		ends = append(ends, c.emit(instruction{op: doJump}))
		c.program[at].to = len(c.program)
	}
	for _, e := range ends {
		c.program[e].to = len(c.program)
	}
}

// repeat compiles a quantified expression: the copies that there must be, then
// those that there may be.
func (c *compiler) repeat(n *node) {
	sub := n.subs[0]
	if n.mode == '+' && !(sub.op == opSet && n.max == unlimited) {
		if _, most := n.length(); most == unlimited {
			c.err = fmt.Errorf("a possessive quantifier of more than one character is not implemented")
			return
		}
		if n.captures() {
			c.err = fmt.Errorf("a possessive quantifier of a group, beside back-references, is not implemented")
			return
		}
		greedy := *n
		greedy.mode = 0
		c.body(instruction{op: doAtomic}, &greedy)
		return
	}
	for range n.min {
		c.compile(sub)
	}
	switch {
	case n.max == unlimited && sub.op == opSet && n.mode != '?':
		if n.mode == '+' {
			c.loops++
			c.emit(instruction{op: doAll, set: c.set(sub), slot: c.loops - 1})
			break
		}
		c.states++
		at := c.emit(instruction{op: doStar, set: c.set(sub), slot: c.states - 1})
		c.compile(sub)
		c.emit(instruction{op: doJump, to: at})
		c.ways(at, at+1, len(c.program), 0)
	case n.max == unlimited:
		at := c.split()
		c.compile(sub)
		c.emit(instruction{op: doJump, to: at})
		c.ways(at, at+1, len(c.program), n.mode)
	default:
		var splits []int
		for range n.max - n.min {
			splits = append(splits, c.split())
			c.compile(sub)
			if c.err != nil {
				return
			}
		}
		for _, at := range splits {
			c.ways(at, at+1, len(c.program), n.mode)
		}
	}
}

// ways sets where a split goes: on with the repetition or past it.
func (c *compiler) ways(at, on, past int, mode byte) {
	if mode == '?' {
		on, past = past, on
	}
	c.program[at].also, c.program[at].to = on, past
}

// body compiles n as a program of its own inside the program.
func (c *compiler) body(head instruction, n *node) {
	at := c.emit(head)
	c.compile(n)
	c.emit(instruction{op: doMatch})
	c.program[at].to = len(c.program)
}

// behind compiles a lookbehind: each alternative has a length of its own.
func (c *compiler) behind(n *node) {
	subs := []*node{n.subs[0]}
	if n.subs[0].op == opAlternate {
		subs = n.subs[0].subs
	}
	var ends []int
	for i, s := range subs {
		least, most := s.length()
		if least != most {
			c.err = fmt.Errorf("a lookbehind of varying length is not implemented")
			return
		}
		last := i == len(subs)-1
		at := 0
		if !last && !n.not {
			at = c.split()
			c.program[at].also = at + 1
		}
		c.body(instruction{op: doBehind, not: n.not, slot: least}, s)
		if !last && !n.not {
			ends = append(ends, c.emit(instruction{op: doJump}))
			c.program[at].to = len(c.program)
		}
	}
	for _, e := range ends {
		c.program[e].to = len(c.program)
	}
}

// byteSet is a set of bytes.
type byteSet [4]uint64

func (b *byteSet) has(c byte) bool { return b[c>>6]>>(c&63)&1 != 0 }
func (b *byteSet) add(c byte)      { b[c>>6] |= 1 << (c & 63) }

// all is the set of all bytes.
var allBytes = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// leads finds the bytes that what each instruction leads to may begin with. A
// set is complete if nothing can match there before another byte, or at the
// end of the text.
type leads struct {
	program []instruction
	sets    map[int]byteSet
}

// of returns the bytes that a match from pc on may begin with: all of them
// where it may also be empty.
func (l *leads) of(pc int) byteSet {
	if known, ok := l.sets[pc]; ok {
		return known
	}
	l.sets[pc] = allBytes // for a way back here without a code point, of which there is none
	var out byteSet
	switch in := &l.program[pc]; in.op {
	case doMatch:
		out = allBytes
	case doSet:
		out = in.set.leads()
	case doAll:
		out = in.set.leads().or(l.of(pc + 1))
	case doStar, doSplit:
		out = l.of(in.also).or(l.of(in.to))
	case doJump, doAhead, doBehind:
		out = l.of(in.to)
	case doAtomic, doAssert, doSave:
		out = l.of(pc + 1)
	case doBackref:
		out = allBytes
	}
	l.sets[pc] = out
	return out
}

func (b byteSet) or(o byteSet) byteSet {
	for i := range b {
		b[i] |= o[i]
	}
	return b
}
