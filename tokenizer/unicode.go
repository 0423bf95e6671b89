package tokenizer

import "sync"

// The tokenizers package is built from crates that each carry their own edition
// of Unicode, and ids depend on them. unicode_tables.go holds what that package
// was seen to do with every code point; docs/decisions/016-unicode-tables.md
// says why, and which edition each property is of.

// Flags of a code point, in the order of the generator's list.
const (
	flagControl  uint16 = 1 << iota // removed by BertNormalizer's clean_text
	flagSpace                       // white space: Rust's char::is_whitespace and every regex's \s
	flagPunct                       // BertPreTokenizer's and Punctuation's punctuation
	flagNonspace                    // a nonspacing mark as BertNormalizer sees it
	flagMark                        // a combining mark as StripAccents sees it
	flagNumeric                     // Rust's char::is_numeric: Digits
	flagWord                        // \w of Whitespace
	flagLetter                      // \p{L} of ByteLevel's and Split's regexes
	flagNumber                      // \p{N} of the same
	flagNFD                         // has a canonical decomposition
	flagNFKD                        // has a compatibility decomposition that differs
	flagClass                       // has a canonical combining class but 0
	flagLower                       // has a lower case
	flagSecond                      // composes with what stands before it
	flagNFC                         // is not its own NFC
	flagNFKC                        // is not its own NFKC
)

const (
	pageBits  = 7
	pageSize  = 1 << pageBits
	codeSpace = 0x110000
)

// pages maps every code point to a small number in two steps: its page, then
// its place there. Pages alike are shared.
type pages[T uint8 | uint16] struct {
	index [codeSpace >> pageBits]uint16
	data  []T
}

// at returns the value of r, a code point.
func (p *pages[T]) at(r rune) T {
	return p.data[uint(p.index[uint32(r)>>pageBits])<<pageBits|uint(r)&(pageSize-1)]
}

// pagesFromRuns reads (length, value) pairs that cover all code points.
func pagesFromRuns[T uint8 | uint16](runs string) *pages[T] {
	p := &pages[T]{data: make([]T, 0, 256<<pageBits)} // most have fewer pages
	uniform := map[T]uint16{}                         // value → the page that is all of it
	in := numberReader{runs}
	for at, end, value := 0, 0, T(0); at < codeSpace; {
		if at == end {
			end += in.next()
			value = T(in.next())
		}
		if at+pageSize <= end {
			number, seen := uniform[value]
			if !seen {
				number = p.add()
				uniform[value] = number
				fill(p.page(number), value)
			}
			for ; at+pageSize <= end; at += pageSize {
				p.index[at>>pageBits] = number
			}
			continue
		}
		number := p.add()
		p.index[at>>pageBits] = number
		for page := p.page(number); len(page) > 0; {
			if at+pageSize-len(page) == end {
				end += in.next()
				value = T(in.next())
			}
			n := min(len(page), end-(at+pageSize-len(page)))
			fill(page[:n], value)
			page = page[n:]
		}
		at += pageSize
	}
	return p
}

// add adds a page and returns its number.
func (p *pages[T]) add() uint16 {
	number := uint16(len(p.data) >> pageBits)
	p.data = append(p.data, make([]T, pageSize)...)
	return number
}

// page returns the values of a page.
func (p *pages[T]) page(number uint16) []T {
	return p.data[int(number)<<pageBits:][:pageSize]
}

func fill[T uint8 | uint16](values []T, value T) {
	for i := range values {
		values[i] = value
	}
}

// newPages returns a table that is 0 everywhere.
func newPages[T uint8 | uint16]() *pages[T] {
	return &pages[T]{data: make([]T, pageSize)}
}

// set gives r a value. It is for tables made by newPages.
func (p *pages[T]) set(r rune, value T) {
	page := &p.index[uint32(r)>>pageBits]
	if *page == 0 {
		*page = p.add()
	}
	p.data[int(*page)<<pageBits|int(r)&(pageSize-1)] = value
}

// numberReader reads the base-36 numbers of unicode_tables.go, each followed by
// a space.
type numberReader struct{ s string }

func (in *numberReader) more() bool { return in.s != "" }

func (in *numberReader) next() int {
	n := 0
	for i := 0; ; i++ {
		switch c := in.s[i]; {
		case c == ' ':
			in.s = in.s[i+1:]
			return n
		case c <= '9':
			n = n*36 + int(c-'0')
		default:
			n = n*36 + int(c-'a') + 10
		}
	}
}

// Tables are read when a component first needs them, in under a millisecond
// each. Components keep the pointer.
var (
	codeFlags      = sync.OnceValue(func() *pages[uint16] { return pagesFromRuns[uint16](flagRuns) })
	graphemeTable  = sync.OnceValue(func() *pages[uint8] { return pagesFromRuns[uint8](graphemeRuns) })
	scriptTable    = sync.OnceValue(func() *pages[uint8] { return pagesFromRuns[uint8](scriptRuns) })
	combiningTable = sync.OnceValue(readCombiningClasses)
	lowerTable     = sync.OnceValue(readLower)
	canonicalTable = sync.OnceValue(func() *decompositions { return readDecompositions(canonicalEntries) })
	compatTable    = sync.OnceValue(func() *decompositions { return readDecompositions(canonicalEntries, compatEntries) })
	compositions   = sync.OnceValue(readCompositions)
)

func readCombiningClasses() *pages[uint8] {
	p := newPages[uint8]()
	in := numberReader{classRuns}
	for r := rune(0); in.more(); {
		r += rune(in.next())
		n, class := in.next(), in.next()
		for i := range n {
			p.set(r+rune(i), uint8(class))
		}
	}
	return p
}

// lowerCases gives lower cases as differences, of which there are few.
type lowerCases struct {
	which *pages[uint8]
	diffs []rune
}

// of returns the lower case of r. U+0130 is the caller's: it has two.
func (l *lowerCases) of(r rune) rune { return r + l.diffs[l.which.at(r)] }

func readLower() *lowerCases {
	l := &lowerCases{which: newPages[uint8](), diffs: []rune{0}}
	numbers := map[rune]uint8{}
	in := numberReader{lowerRuns}
	for r := rune(0); in.more(); {
		r += rune(in.next())
		n, stride, zigzag := in.next(), in.next(), in.next()
		diff := rune(zigzag>>1) ^ -rune(zigzag&1)
		number, seen := numbers[diff]
		if !seen {
			number = uint8(len(l.diffs))
			numbers[diff] = number
			l.diffs = append(l.diffs, diff)
		}
		for i := range n {
			l.which.set(r+rune(i*stride), number)
		}
	}
	return l
}

// decompositions are full: none holds a code point that has one.
type decompositions struct {
	which *pages[uint16] // 0, or the number of the entry, from 1
	ends  []uint16       // entry n is runes[ends[n-1]:ends[n]]
	runes []rune
}

// of returns the decomposition of r, nil where r is its own. Hangul syllables
// are decomposed by arithmetic elsewhere.
func (d *decompositions) of(r rune) []rune {
	n := d.which.at(r)
	if n == 0 {
		return nil
	}
	return d.runes[d.ends[n-1]:d.ends[n]]
}

// readDecompositions reads entries; later lists overrule earlier ones.
func readDecompositions(lists ...string) *decompositions {
	d := &decompositions{which: newPages[uint16](), ends: make([]uint16, 1, 1<<12), runes: make([]rune, 0, 1<<12)}
	for _, list := range lists {
		in := numberReader{list}
		for r := rune(0); in.more(); {
			r += rune(in.next())
			for range in.next() {
				d.runes = append(d.runes, rune(in.next()))
			}
			d.which.set(r, uint16(len(d.ends)))
			d.ends = append(d.ends, uint16(len(d.runes)))
		}
	}
	return d
}

// A pair is two code points that compose to one.
type pair struct{ first, second rune }

// readCompositions returns the primary composites but Hangul: those with a
// canonical decomposition that are their own NFC.
func readCompositions() map[pair]rune {
	flags, canonical := codeFlags(), canonicalTable()
	composed := make(map[pair]rune, 1024)
	// A composite of n code points is one of n-1 and a last, so short ones go first.
	for length := 2; length <= 4; length++ {
		in := numberReader{canonicalEntries}
		for r := rune(0); in.more(); {
			r += rune(in.next())
			n := in.next()
			for range n {
				in.next()
			}
			if n != length || flags.at(r)&flagNFC != 0 {
				continue
			}
			d := canonical.of(r)
			first := d[0]
			for _, next := range d[1 : n-1] {
				first = composed[pair{first, next}]
			}
			composed[pair{first, d[n-1]}] = r
		}
	}
	return composed
}
