package tokenizer

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Words, single bytes and spaces that begin, end and go on at the ends of blocks of 64 bytes, and
// more of them than are looked up together: their ids are those of a tokenizer that cuts nowhere.
func TestCutsAtTheEndsOfBlocks(t *testing.T) {
	names, cutting, whole := smallTokenizers(t)
	r := rand.New(rand.NewPCG(8, 0))
	texts := make([]string, 0, 700)
	for size := range 200 { // one word, and one after a comma, of each size
		texts = append(texts, strings.Repeat("a", size), strings.Repeat("b", 62)+"a,"+strings.Repeat("a", size))
	}
	for range 300 {
		var b strings.Builder
		for b.Len() < 150 {
			b.WriteString([]string{"a", "ab", " ", "  ", ",", "b", "aab", "é", "12"}[r.IntN(9)])
		}
		texts = append(texts, b.String())
	}
	for i, name := range names {
		enc := cutting[i].NewEncoder()
		for _, text := range texts {
			if got, want := enc.AppendIDs(nil, text), whole[i].AppendIDs(nil, text); !slices.Equal(got, want) {
				t.Errorf("%s: text %q: got %v, want %v", name, text, got, want)
			}
		}
	}
}

// TestBlocksAreCutAlike: what takes 64 bytes at once finds the classes and the words that loops over
// bytes do, and the same keys and hashes.
func TestBlocksAreCutAlike(t *testing.T) {
	if !hasBlocks {
		t.Skip("this processor has no code of its own for blocks")
	}
	r := rand.New(rand.NewPCG(9, 0))
	for _, classes := range []*[256]byteClass{bertClasses(), blankClasses(func(byte) byteClass { return word })} {
		c := newByteClasses(classes)
		for range 2000 {
			text := make([]byte, 1+r.IntN(64), 64+padding)
			letters := []byte("ab  ,\t" + string([]byte{byte(r.IntN(256)), byte(r.IntN(256))}))
			for i := range text {
				text[i] = letters[r.IntN(1+r.IntN(len(letters)))]
			}
			words, singles := c.find(text, 0)
			checkClasses(t, classes, text, words, singles)
			starts := words&^(words<<1) | singles
			inside := words & (words << 1)
			var whole, each Encoder
			whole.cache.resize(firstCacheLog)
			whole.pushBlock(text, 0, starts, inside)
			for at := starts; at != 0; at &= at - 1 {
				start := bits.TrailingZeros64(at)
				each.push(text, start, min(start+1+bits.TrailingZeros64(^inside>>(start+1)), 64))
			}
			got, want := &whole.queue.lists[0], &each.queue.lists[0]
			for i := range want.list {
				if s := &want.list[i]; s.end-s.start > maxCached { // which has no key
					got.list[i].key, got.list[i].hash = s.key, s.hash
				}
			}
			if *got != *want {
				t.Fatalf("%q: got %v, want %v", text, got.list[:got.n], want.list[:want.n])
			}
		}
	}
}

func checkClasses(t *testing.T, classes *[256]byteClass, text []byte, words, singles uint64) {
	t.Helper()
	var wantWords, wantSingles uint64
	for i, b := range text {
		switch classes[b] {
		case alone:
			wantSingles |= 1 << i
		case word, mixed:
			wantWords |= 1 << i
		}
	}
	if words != wantWords || singles != wantSingles {
		t.Fatalf("%q: words %b and single bytes %b, want %b and %b", text, words, singles, wantWords, wantSingles)
	}
}

// TestASCIIBlocks: what takes 32 bytes at once stops where a loop over bytes does, and lowers alike.
func TestASCIIBlocks(t *testing.T) {
	if !hasBlocks {
		t.Skip("this processor has no code of its own for blocks")
	}
	text := make([]byte, 96)
	for i := range text {
		text[i] = ' ' + byte(i)%('~'-' '+1)
	}
	for b := range 256 {
		for _, at := range []int{0, 31, 32, 63, 95} {
			was := text[at]
			text[at] = byte(b)
			want := 96
			if b < ' ' || b > '~' {
				want = at &^ 31
			}
			got := make([]byte, 96)
			for raised, lowered := range map[byte]string{0: string(text), 0x20: strings.ToLower(string(text[:want]))} {
				if n := copyPrintable(&got[0], &text[0], 3, raised); n != want || string(got[:n]) != lowered[:n] {
					t.Errorf("byte %#x at %d: %d bytes %q, want %d", b, at, n, got[:n], want)
				}
			}
			if b < ' ' || b == 0x7f {
				want = 96
			}
			if n := asciiBlocks(&text[0], 3); n != want {
				t.Errorf("byte %#x at %d: %d bytes of ASCII, want %d", b, at, n, want)
			}
			text[at] = was
		}
	}
}
