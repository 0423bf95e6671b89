package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// ranges is a set of code points: sorted, disjoint, not adjacent.
type ranges []codeRange

type codeRange struct{ lo, hi rune }

// normalized sorts and merges r in place.
func (r ranges) normalized() ranges {
	slices.SortFunc(r, func(a, b codeRange) int { return int(a.lo - b.lo) })
	out := r[:0]
	for _, c := range r {
		if n := len(out); n > 0 && c.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, c.hi)
		} else {
			out = append(out, c)
		}
	}
	return out
}

func (r ranges) union(o ranges) ranges { return slices.Concat(r, o).normalized() }

func (r ranges) negated() ranges {
	var out ranges
	next := rune(0)
	for _, c := range r {
		if next < c.lo {
			out = append(out, codeRange{next, c.lo - 1})
		}
		next = c.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, codeRange{next, unicode.MaxRune})
	}
	return out
}

func (r ranges) intersected(o ranges) ranges {
	return r.negated().union(o.negated()).negated()
}

func (r ranges) contains(c rune) bool {
	i, _ := slices.BinarySearchFunc(r, c, func(x codeRange, c rune) int { return int(x.hi - c) })
	return i < len(r) && r[i].lo <= c
}

// General categories, in the order of the generator's list.
var categories = []string{
	"cn", "lu", "ll", "lt", "lm", "lo", "mn", "mc", "me", "nd", "nl", "no", "pc", "pd", "ps", "pe", "pi", "pf", "po",
	"sm", "sc", "sk", "so", "zs", "zl", "zp", "cc", "cf", "co",
}

// Bits of regexRuns's values above the category.
const (
	regexCategory = 1<<5 - 1
	regexAlpha    = 1 << 5
	regexUpper    = 1 << 6
	regexLower    = 1 << 7
)

// selected returns the code points whose value in regexRuns is wanted.
func selected(want func(value uint8) bool) ranges {
	var out ranges
	in := numberReader{regexRuns}
	for at := rune(0); in.more(); {
		n, value := rune(in.next()), in.next()
		if want(uint8(value)) {
			out = append(out, codeRange{at, at + n - 1})
		}
		at += n
	}
	return out.normalized()
}

// categoryNames are Oniguruma's long names of general categories.
var categoryNames = map[string]string{
	"letter": "l", "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt", "modifierletter": "lm", "otherletter": "lo",
	"mark": "m", "nonspacingmark": "mn", "spacingmark": "mc", "enclosingmark": "me",
	"number": "n", "decimalnumber": "nd", "letternumber": "nl", "othernumber": "no",
	"punctuation": "p", "connectorpunctuation": "pc", "dashpunctuation": "pd", "openpunctuation": "ps", "closepunctuation": "pe",
	"initialpunctuation": "pi", "finalpunctuation": "pf", "otherpunctuation": "po",
	"symbol": "s", "mathsymbol": "sm", "currencysymbol": "sc", "modifiersymbol": "sk", "othersymbol": "so",
	"separator": "z", "spaceseparator": "zs", "lineseparator": "zl", "paragraphseparator": "zp",
	"other": "c", "control": "cc", "format": "cf", "privateuse": "co", "unassigned": "cn",
}

// property returns the set of \p{name}: a general category, a script of
// regexScripts or a POSIX bracket's name. As in Oniguruma, case, spaces, - and
// _ do not count.
func property(name string) (ranges, error) {
	key := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(name))
	if short, ok := categoryNames[key]; ok {
		key = short
	}
	switch {
	case key == "lc":
		return selected(func(v uint8) bool { return slices.Contains([]string{"lu", "ll", "lt"}, categories[v&regexCategory]) }), nil
	case len(key) == 1 && strings.Contains("lmnpszc", key), slices.Contains(categories, key):
		return selected(func(v uint8) bool { return strings.HasPrefix(categories[v&regexCategory], key) }), nil
	case slices.Contains(regexScripts, key):
		return scriptSet(key), nil
	}
	switch key {
	case "punct": // which [:punct:] takes symbols into, too
		return property("p")
	case "word":
		return escapeSet('w', false), nil
	case "alphabetic", "uppercase", "lowercase":
		return bracket(key[:5]), nil
	case "whitespace":
		return bracket("space"), nil
	case "any":
		return ranges{}.negated(), nil
	case "assigned":
		return selected(func(v uint8) bool { return v&regexCategory != 0 }), nil
	}
	if set := bracket(key); set != nil {
		return set, nil
	}
	return nil, fmt.Errorf("property %q is not implemented", name)
}

// scriptSet returns the code points of one of regexScripts.
func scriptSet(name string) ranges {
	in := numberReader{regexScriptRanges}
	for _, script := range regexScripts {
		var set ranges
		at := rune(0)
		for range in.next() {
			lo := at + rune(in.next())
			at = lo + rune(in.next())
			set = append(set, codeRange{lo, at})
		}
		if script == name {
			return set
		}
	}
	return nil
}

// bracket returns the set of [[:name:]] as Oniguruma has it for UTF-8, nil if
// there is none of that name.
func bracket(name string) ranges {
	in := func(sorts string, bits uint8) ranges { // categories by first letter, or whole
		return selected(func(v uint8) bool {
			c := categories[v&regexCategory]
			return v&bits != 0 || strings.Contains(sorts, c[:1]+".") || strings.Contains(sorts, c)
		})
	}
	space := ranges{{'\t', '\r'}, {' ', ' '}, {0x85, 0x85}}.union(in("z.", 0))
	switch name {
	case "alpha":
		return in("", regexAlpha)
	case "digit":
		return in("nd", 0)
	case "alnum":
		return in("nd", regexAlpha)
	case "upper":
		return in("", regexUpper)
	case "lower":
		return in("", regexLower)
	case "space":
		return space
	case "punct":
		return in("p.s.", 0)
	case "cntrl":
		return in("cc", 0)
	case "xdigit":
		return ranges{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}
	case "word":
		return in("m.ndpc", regexAlpha)
	case "blank":
		return ranges{{'\t', '\t'}}.union(in("zs", 0))
	case "graph":
		return in("l.m.n.p.s.cfco", 0)
	case "print":
		return in("l.m.n.p.s.cfcozs", 0)
	case "ascii":
		return ranges{{0, 0x7F}}
	}
	return nil
}

// escapeSet returns the set of \w, \d, \s or \h. Outside brackets Oniguruma's
// \w also has the six digits and fractions of Latin-1.
func escapeSet(c byte, inBrackets bool) ranges {
	switch c {
	case 'd':
		return bracket("digit")
	case 's':
		return bracket("space")
	case 'h':
		return bracket("xdigit")
	}
	set := bracket("word")
	if !inBrackets {
		set = set.union(ranges{{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}})
	}
	return set
}

// folded adds to a set what differs from its members by case alone.
func (r ranges) folded() ranges {
	out := slices.Clone(r)
	for _, c := range casedCodes() {
		if !r.contains(c) {
			continue
		}
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			out = append(out, codeRange{f, f})
		}
	}
	return out.normalized()
}

// casedCodes are the code points that have another case.
var casedCodes = sync.OnceValue(func() []rune {
	var out []rune
	for c := rune(0); c < 0x1F000; c++ {
		if unicode.SimpleFold(c) != c {
			out = append(out, c)
		}
	}
	return out
})

// multiFolds are the code points that Oniguruma takes for several letters when
// case does not count, such as ß for ss.
var multiFolds = ranges{
	{0xDF, 0xDF}, {0x130, 0x130}, {0x149, 0x149}, {0x1F0, 0x1F0}, {0x390, 0x390}, {0x3B0, 0x3B0}, {0x587, 0x587}, {0x1E96, 0x1E9A}, {0x1E9E, 0x1E9E},
	{0x1F50, 0x1FFC}, {0xFB00, 0xFB06}, {0xFB13, 0xFB17},
}

// A set is a compiled set of code points.
type set struct {
	index [codeSpace >> 8]uint16
	bits  [][4]uint64 // pages of 256 code points
	first byteSet     // bytes that members begin with
}

func newSet(r ranges) *set {
	s := &set{bits: [][4]uint64{{}, {^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}}}
	for _, c := range r {
		for b := c.lo; b <= min(c.hi, 0x7F); b++ {
			s.first.add(byte(b))
		}
		for b := 0xC2; b < 0xF5 && c.hi > 0x7F; b++ {
			s.first.add(byte(b))
		}
		for at := c.lo; at <= c.hi; {
			page := &s.index[at>>8]
			if at&0xFF == 0 && c.hi >= at|0xFF {
				*page = 1
				at += 0x100
				continue
			}
			if *page == 0 {
				*page = uint16(len(s.bits))
				s.bits = append(s.bits, [4]uint64{})
			}
			s.bits[*page][at>>6&3] |= 1 << (at & 63)
			at++
		}
	}
	return s
}

// leads returns the bytes that members may begin with.
func (s *set) leads() byteSet { return s.first }

// has reports whether c is in the set.
func (s *set) has(c rune) bool {
	return s.bits[s.index[uint32(c)>>8]][c>>6&3]>>(c&63)&1 != 0
}

// wordSet is what \b tells apart.
var wordSet = sync.OnceValue(func() *set { return newSet(escapeSet('w', false)) })
