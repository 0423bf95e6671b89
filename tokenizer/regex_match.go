package tokenizer

import (
	"bytes"
	"unicode/utf8"
)

// regexScratch is the memory of a machine.
type regexScratch struct {
	stack []choice
	runs  []allRun
	saves []int
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
	if m.origin = m.from; m.re.searches && m.noting { // what failed may match now
		m.reset()
		m.noting = false
	}
	for at := m.from; at <= len(m.text); {
		if at < len(m.text) && !m.re.first.has(m.text[at]) {
			at += m.size(at)
			continue
		}
		for i := range m.scratch.saves {
			m.scratch.saves[i] = -1
		}
		end, ok := m.run(0, at, false)
		if m.restart {
			m.startNoting()
			continue
		}
		if !ok || end == at && at == m.last {
			at += m.size(at)
			if ok {
				m.origin = at // the original searches again from there
			}
			continue
		}
		m.start, m.end, m.from, m.last = at, end, end, end
		return true
	}
	m.from = len(m.text) + 1
	return false
}

// machine runs a program by backtracking, for as long as that takes no more
// than a few steps for each byte of the text. It then begins anew and notes
// from which splits and stars at which places no match can be reached (inside
// lookarounds also from which one can), so as never to be there twice: the
// work grows with the length of the text times that of the program.
type machine struct {
	re      *regex
	text    []byte
	scratch *regexScratch
	origin  int  // where the search began
	work    int  // steps until noting begins
	noting  bool // the memo is in use
	restart bool // it is to be, and this attempt to be made again
}

// choice is a way not yet tried, or a note to make when all ways have failed.
type choice struct {
	pc, at int
	low    int // of a star: the shortest that it may take ends here; of a split: tried if its second way is being tried
}

const tried = -1

// allRun is a stretch known to match the set of a doAll: from all places
// between low and high it reaches up to high.
type allRun struct{ low, high int }

func (m *machine) reset() {
	sc := m.scratch
	sc.stack = sc.stack[:0]
	sc.runs = sc.runs[:0]
	for range m.re.loops {
		sc.runs = append(sc.runs, allRun{0, -1})
	}
	sc.saves = sc.saves[:0]
	for range 2 * m.re.groups {
		sc.saves = append(sc.saves, -1)
	}
	m.work = 16*len(m.text) + 256
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
	for !m.restart {
		in := &m.re.program[pc]
		pc++
		ok := true
		switch in.op {
		case doMatch:
			return m.finish(base, at, around)
		case doSet:
			var size int
			size, ok = m.takes(in.set, at)
			at += size
		case doAll:
			at = m.all(in, at)
		case doJump:
			pc = in.to
		case doStar, doSplit:
			if in.op == doStar && !m.noting {
				low := at
				for size, ok := m.takes(in.set, at); ok; size, ok = m.takes(in.set, at) {
					at += size
				}
				sc.stack = append(sc.stack, choice{pc - 1, at, low})
				m.step(at - low)
				pc = in.to
				break
			}
			m.step(1)
			if also, to := m.can(in, at); !also || !to {
				if pc = in.also; !also {
					pc = in.to
				}
				break
			}
			switch m.known(in, at) {
			case failed:
				ok = false
			case done:
				return m.finish(base, at, around)
			default:
				sc.stack = append(sc.stack, choice{pc - 1, at, 0})
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
		case doSave:
			sc.stack = append(sc.stack, choice{pc: -1 - in.slot, at: sc.saves[in.slot]})
			sc.saves[in.slot] = at
		case doBackref:
			at, ok = m.again(in.slot, at)
		}
		if !ok {
			if pc, at, ok = m.back(base); !ok {
				return 0, false
			}
		}
	}
	return 0, false
}

// finish ends a run that has matched.
func (m *machine) finish(base, at int, around bool) (end int, ok bool) {
	sc := m.scratch
	if around && m.noting { // from all choices on the way the body matches
		for _, c := range sc.stack[base:] {
			m.note(&m.re.program[c.pc], c.at, done)
		}
	}
	sc.stack = sc.stack[:base]
	return at, true
}

// step counts steps.
func (m *machine) step(n int) {
	if m.work -= n; m.work < 0 && !m.noting && m.re.groups == 0 {
		m.restart = true
	}
}

// takes returns the size of the code point at at, if there is one in the set.
func (m *machine) takes(s *set, at int) (size int, ok bool) {
	if at >= len(m.text) {
		return 0, false
	}
	r, size := rune(m.text[at]), 1
	if r >= utf8.RuneSelf {
		r, size = utf8.DecodeRune(m.text[at:])
	}
	return size, s.has(r)
}

// can reports of a split which of its ways can begin at at. When noting it does
// not look, as every split on the way is to be noted.
func (m *machine) can(in *instruction, at int) (also, to bool) {
	if at >= len(m.text) || m.noting {
		return true, true
	}
	c := m.text[at]
	return in.leads[0].has(c), in.leads[1].has(c)
}

// back takes the last choice open.
func (m *machine) back(base int) (pc, at int, ok bool) {
	sc := m.scratch
	for len(sc.stack) > base {
		c := &sc.stack[len(sc.stack)-1]
		if c.pc < 0 { // what a group had before
			sc.saves[-1-c.pc] = c.at
			sc.stack = sc.stack[:len(sc.stack)-1]
			continue
		}
		in := &m.re.program[c.pc]
		switch {
		case in.op == doStar && !m.noting:
			if c.at > c.low { // one code point less
				_, size := utf8.DecodeLastRune(m.text[:c.at])
				c.at -= size
				m.step(1)
				return in.to, c.at, true
			}
		case c.low != tried:
			c.low = tried
			return in.to, c.at, true
		default:
			m.note(in, c.at, failed)
		}
		sc.stack = sc.stack[:len(sc.stack)-1]
	}
	return 0, 0, false
}

// again returns where the text that a group captured ends, if it comes again at at. A
// group that captured nothing never does.
func (m *machine) again(group, at int) (end int, ok bool) {
	start, stop := m.scratch.saves[2*group], m.scratch.saves[2*group+1]
	if start < 0 || stop < start || !bytes.HasPrefix(m.text[at:], m.text[start:stop]) {
		return at, false
	}
	return at + stop - start, true
}

// all returns the end of the code points of a set from at on.
func (m *machine) all(in *instruction, at int) int {
	run := &m.scratch.runs[in.slot]
	end := at
	for {
		if run.low <= end && end <= run.high {
			end = run.high
			break
		}
		size, ok := m.takes(in.set, end)
		if !ok {
			break
		}
		end += size
	}
	*run = allRun{at, end}
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
	case opSearchStart:
		return at == m.origin
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

// What is known of a split or star at a place.
const (
	unknown = iota
	failed
	done
)

// startNoting begins the attempt anew with a memo, which has two bits for each
// state at each place.
func (m *machine) startNoting() {
	sc := m.scratch
	m.noting, m.restart = true, false
	sc.stack = sc.stack[:0]
	words := (2*m.re.states*(len(m.text)+1) + 63) / 64
	if cap(sc.memo) < words {
		sc.memo = make([]uint64, words)
	}
	sc.memo = sc.memo[:words]
	clear(sc.memo)
}

// known returns what is known of a split or star at a place.
func (m *machine) known(in *instruction, at int) uint64 {
	if !m.noting {
		return unknown
	}
	bit := 2 * (at*m.re.states + in.slot)
	return m.scratch.memo[bit/64] >> (bit % 64) & 3
}

// note notes what became of a split or star at a place.
func (m *machine) note(in *instruction, at int, what uint64) {
	if m.noting {
		bit := 2 * (at*m.re.states + in.slot)
		m.scratch.memo[bit/64] |= what << (bit % 64)
	}
}
