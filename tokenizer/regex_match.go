package tokenizer

import "unicode/utf8"

// regexScratch is the memory of a machine.
type regexScratch struct {
	stack []choice
	runs  []starRun
	memo  []uint64
	match matches
}

// matches walks through a regex's matches in a text, from left to right, as
// the onig crate's find_iter does: an empty match right behind another match
// does not count.
type matches struct {
	machine
	start, end int // of the match that next found
	from       int // where to look next
	last       int // the end of the last match, -1 before
}

// matches begins to match text.
func (re *regex) matches(text []byte, sc *regexScratch) *matches {
	sc.match = matches{machine: machine{re: re, text: text, scratch: sc}, last: -1}
	if re.scan == nil {
		sc.match.reset()
	}
	return &sc.match
}

// next finds the next match.
func (m *matches) next() bool {
	if m.re.scan != nil {
		if m.from >= len(m.text) {
			return false
		}
		m.start, m.end = m.from, m.re.scan.next(m.text, m.from)
		m.from = m.end
		return true
	}
	for at := m.from; at <= len(m.text); {
		if at < len(m.text) && !m.re.first.has(m.text[at]) {
			at += m.size(at)
			continue
		}
		end, ok := m.run(0, at, false)
		if !ok || end == at && at == m.last {
			at += m.size(at)
			continue
		}
		m.start, m.end, m.from, m.last = at, end, end, end
		return true
	}
	m.from = len(m.text) + 1
	return false
}

// machine runs a program by backtracking. So that it never does the same work
// twice it remembers from which steps at which places no match can be reached
// (and, inside lookarounds, from which one can): for stars always, as
// stretches of the text; for splits once the work done exceeds a few times the
// text's length.
type machine struct {
	re      *regex
	text    []byte
	scratch *regexScratch
	work    int  // splits taken
	noting  bool // the memo is in use
}

// choice is a way not yet tried, or a note to make when all ways have failed.
type choice struct {
	pc, at int
	low    int // of a star: the shortest that it may take ends here; of a split: -1 if its second way is being tried
	top    int // of a star: where its longest ended
}

// starRun is what is known of a star.
type starRun struct {
	low, high         int // at all ends in low…high its set matches up to high
	failLow, failHigh int // from all places in between no match can be reached
	doneLow, doneHigh int // from all places in between the lookaround's body matches
}

func (m *machine) reset() {
	sc := m.scratch
	sc.stack = sc.stack[:0]
	sc.runs = sc.runs[:0]
	for range m.re.loops {
		sc.runs = append(sc.runs, starRun{0, -1, 0, -1, 0, -1})
	}
}

// size returns the length of the code point at at, 1 at the end.
func (m *machine) size(at int) int {
	if at >= len(m.text) || m.text[at] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRune(m.text[at:])
	return n
}

// run runs the program from pc at a place. It returns where the match ends.
// around tells that only whether there is a match counts.
func (m *machine) run(pc, at int, around bool) (end int, ok bool) {
	sc := m.scratch
	base := len(sc.stack)
	for {
		in := &m.re.program[pc]
		pc++
		ok := true
		switch in.op {
		case doMatch:
			if around {
				m.noteDone(base)
			}
			sc.stack = sc.stack[:base]
			return at, true
		case doSet:
			if at < len(m.text) {
				r, size := rune(m.text[at]), 1
				if r >= utf8.RuneSelf {
					r, size = utf8.DecodeRune(m.text[at:])
				}
				ok = in.set.has(r)
				at += size
			} else {
				ok = false
			}
		case doStar:
			known := &sc.runs[in.slot]
			switch {
			case known.failLow <= at && at <= known.failHigh:
				ok = false
			case around && known.doneLow <= at && at <= known.doneHigh:
				m.noteDone(base)
				sc.stack = sc.stack[:base]
				return at, true
			default:
				top := m.star(in, at)
				sc.stack = append(sc.stack, choice{pc - 1, top, at, top})
				at = top
			}
		case doAll:
			at = m.star(in, at)
		case doJump:
			pc = in.to
		case doSplit:
			// A way that cannot begin here need not be tried.
			if at < len(m.text) && !in.leads[0].has(m.text[at]) {
				pc = in.to
				break
			}
			if at < len(m.text) && !in.leads[1].has(m.text[at]) {
				pc = in.also
				break
			}
			switch m.known(in, at) {
			case failed:
				ok = false
			case done:
				m.noteDone(base)
				sc.stack = sc.stack[:base]
				return at, true
			default:
				sc.stack = append(sc.stack, choice{pc - 1, at, 0, 0})
				pc = in.also
			}
		case doAhead, doBehind, doAtomic:
			var to int
			to, ok = m.inner(in, pc, at)
			pc = in.to
			if ok && in.op == doAtomic {
				at = to
			}
		case doAssert:
			ok = m.assert(nodeOp(in.slot), at)
		}
		if !ok {
			if pc, at, ok = m.back(base); !ok {
				return 0, false
			}
		}
	}
}

// back takes the last choice open.
func (m *machine) back(base int) (pc, at int, ok bool) {
	sc := m.scratch
	for len(sc.stack) > base {
		c := &sc.stack[len(sc.stack)-1]
		in := &m.re.program[c.pc]
		if in.op == doStar {
			if c.at > c.low { // one code point less
				_, size := utf8.DecodeLastRune(m.text[:c.at])
				c.at -= size
				return c.pc + 1, c.at, true
			}
			known := &sc.runs[in.slot]
			known.failLow, known.failHigh = c.low, c.top
		} else {
			if c.low == 0 {
				c.low = -1
				return in.to, c.at, true
			}
			m.note(in, c.at, failed)
		}
		sc.stack = sc.stack[:len(sc.stack)-1]
	}
	return 0, 0, false
}

// star returns the end of the code points of a star's set from at on.
func (m *machine) star(in *instruction, at int) int {
	known := &m.scratch.runs[in.slot]
	if known.low <= at && at <= known.high {
		return known.high
	}
	end := at
	for end < len(m.text) {
		r, size := rune(m.text[end]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(m.text[end:])
		}
		if !in.set.has(r) {
			break
		}
		end += size
	}
	known.low, known.high = at, end
	return end
}

// inner runs the body of a lookaround or an atomic group.
func (m *machine) inner(in *instruction, pc, at int) (end int, ok bool) {
	if in.op == doBehind {
		for range in.slot {
			if at == 0 {
				return 0, in.not
			}
			_, size := utf8.DecodeLastRune(m.text[:at])
			at -= size
		}
	}
	end, ok = m.run(pc, at, in.op != doAtomic)
	return end, ok != in.not
}

// assert reports whether an assertion holds at a place.
func (m *machine) assert(op nodeOp, at int) bool {
	switch op {
	case opTextStart:
		return at == 0
	case opTextEnd:
		return at == len(m.text)
	case opLastLine:
		return at == len(m.text) || at == len(m.text)-1 && m.text[at] == '\n'
	case opLineStart:
		return at == 0 || m.text[at-1] == '\n' && at < len(m.text)
	case opLineEnd:
		return at == len(m.text) || m.text[at] == '\n'
	case opBoundary:
		return m.word(at) != m.wordBefore(at)
	default: // opNotBoundary
		return m.word(at) == m.wordBefore(at)
	}
}

func (m *machine) word(at int) bool {
	if at == len(m.text) {
		return false
	}
	r, _ := utf8.DecodeRune(m.text[at:])
	return wordSet().has(r)
}

func (m *machine) wordBefore(at int) bool {
	if at == 0 {
		return false
	}
	r, _ := utf8.DecodeLastRune(m.text[:at])
	return wordSet().has(r)
}

// What is known of a split at a place.
const (
	unknown = iota
	failed
	done
)

// known returns what is known of a split at a place, and counts the work.
func (m *machine) known(in *instruction, at int) uint64 {
	if !m.noting {
		if m.work++; m.work < 16*len(m.text)+256 {
			return unknown
		}
		m.noting = true
		words := (2*m.re.splits*(len(m.text)+1) + 63) / 64
		if cap(m.scratch.memo) < words {
			m.scratch.memo = make([]uint64, words)
		}
		m.scratch.memo = m.scratch.memo[:words]
		clear(m.scratch.memo)
	}
	bit := 2 * (at*m.re.splits + in.slot)
	return m.scratch.memo[bit/64] >> (bit % 64) & 3
}

// note notes what became of a split at a place.
func (m *machine) note(in *instruction, at int, what uint64) {
	if m.noting {
		bit := 2 * (at*m.re.splits + in.slot)
		m.scratch.memo[bit/64] |= what << (bit % 64)
	}
}

// noteDone notes that a lookaround's body matches from all choices on its way.
func (m *machine) noteDone(base int) {
	for _, c := range m.scratch.stack[base:] {
		if in := &m.re.program[c.pc]; in.op == doStar {
			known := &m.scratch.runs[in.slot]
			known.doneLow, known.doneHigh = c.low, c.at
		} else {
			m.note(in, c.at, done)
		}
	}
}
