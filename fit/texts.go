package fit

import (
	"fmt"
	"os"
	"slices"
)

// Texts is S (N×V) as compressed sparse rows: for each text, the tokens that count
// and their shares. Make it with a Builder; it is immutable after that.
//
// Columns are kept by order of first appearance, not by token id: tokens of many
// texts lie together, and a token that no text holds takes no memory in a solve.
type Texts struct {
	vocabulary int     // V
	entries    []entry // of text n: entries[ends[n−1]:ends[n]]
	ends       []int64 // N
	seen       []int32 // token of each column, in order of first appearance
	close      func() error
}

// entry is one value of S: 8 bytes.
type entry struct {
	column int32   // index in Texts.seen
	share  float32 // count of the token / count of all tokens of the text
}

// Len returns N, texts without tokens included.
func (t *Texts) Len() int { return len(t.ends) }

// Vocabulary returns V.
func (t *Texts) Vocabulary() int { return t.vocabulary }

// Entries returns how many values of S are not zero.
func (t *Texts) Entries() int { return len(t.entries) }

// Seen returns how many different tokens the texts hold.
func (t *Texts) Seen() int { return len(t.seen) }

// text returns the entries of text n; none for a text without tokens.
func (t *Texts) text(n int) []entry {
	var from int64
	if n > 0 {
		from = t.ends[n-1]
	}
	return t.entries[from:t.ends[n]]
}

// first returns the first n texts, as a view: the columns of the tokens that they hold
// are the first ones.
func (t *Texts) first(n int) *Texts {
	if n == t.Len() {
		return t
	}
	var end int64
	if n > 0 {
		end = t.ends[n-1]
	}
	columns := int32(0)
	for _, e := range t.entries[:end] {
		columns = max(columns, e.column+1)
	}
	return &Texts{vocabulary: t.vocabulary, entries: t.entries[:end], ends: t.ends[:n], seen: t.seen[:columns]}
}

// Close gives the temporary file back, if there is one. t is of no use after that.
func (t *Texts) Close() error {
	t.entries, t.ends = nil, nil
	if t.close == nil {
		return nil
	}
	err := t.close()
	t.close = nil
	return err
}

// DefaultMemory is how many entries of S a Builder keeps in memory: 256 MiB, some
// three million sentences.
const DefaultMemory = 1 << 25

// BuilderOptions choose where S lives.
type BuilderOptions struct {
	// Memory is how many entries, at 8 bytes each, stay in memory. With more, all of
	// them go to a temporary file that is mapped. 0 means DefaultMemory.
	Memory int
	// Dir is the folder of the temporary file; "" means the system's.
	Dir string
}

// A Builder makes Texts of one text after another.
type Builder struct {
	texts   Texts
	options BuilderOptions
	index   []int32 // V, the column of each token; −1: not seen
	ids     []int32 // scratch
	spill   *spill  // nil while S is in memory
}

// NewBuilder returns a builder for a vocabulary of V tokens.
func NewBuilder(vocabulary int, o BuilderOptions) *Builder {
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	index := make([]int32, vocabulary)
	for i := range index {
		index[i] = -1
	}
	return &Builder{texts: Texts{vocabulary: vocabulary}, options: o, index: index}
}

// Len returns how many texts were added.
func (b *Builder) Len() int { return b.texts.Len() }

// Add adds a text by the ids of its tokens that count, in any order: those that the
// student's encode averages, so without unknown tokens and after its truncation. A
// text without ids keeps its number, so that vectors can be matched; Solve leaves
// it out and counts it.
//
// Errors: an id that is not in 0 … V−1, or a temporary file that cannot be written.
func (b *Builder) Add(ids []int32) error { return b.AddWords(ids, nil) }

// AddWords is Add of a text that holds whole words, too: tokens that count beside the
// pieces they are made of, each as much as one of ids.
func (b *Builder) AddWords(ids, words []int32) error {
	b.ids = b.ids[:0]
	for i := range len(ids) + len(words) {
		id := int32(0)
		if i < len(ids) {
			id = ids[i]
		} else {
			id = words[i-len(ids)]
		}
		if id < 0 || int(id) >= len(b.index) {
			return fmt.Errorf("fit: add text %d: token id %d is not in 0 … %d", b.Len(), id, len(b.index)-1)
		}
		if b.index[id] < 0 {
			b.index[id] = int32(len(b.texts.seen))
			b.texts.seen = append(b.texts.seen, id)
		}
		b.ids = append(b.ids, b.index[id])
	}
	slices.Sort(b.ids)
	for from := 0; from < len(b.ids); {
		to := from + 1
		for to < len(b.ids) && b.ids[to] == b.ids[from] {
			to++
		}
		share := float64(to-from) / float64(len(ids))
		b.texts.entries = append(b.texts.entries, entry{b.ids[from], float32(share)})
		from = to
	}
	if err := b.flush(); err != nil {
		return err
	}
	b.texts.ends = append(b.texts.ends, b.written()+int64(len(b.texts.entries)))
	return nil
}

// written returns how many entries are in the temporary file.
func (b *Builder) written() int64 {
	if b.spill == nil {
		return 0
	}
	return b.spill.entries
}

// flush moves entries to the temporary file once they are too many.
func (b *Builder) flush() error {
	most := b.options.Memory
	if b.spill != nil {
		most = min(most, spillEntries)
	}
	if len(b.texts.entries) <= most {
		return nil
	}
	if b.spill == nil {
		f, err := os.CreateTemp(b.options.Dir, "m2v-texts-*")
		if err != nil {
			return fmt.Errorf("fit: create temporary file of texts: %w", err)
		}
		b.spill = &spill{file: f}
	}
	if err := b.spill.write(b.texts.entries); err != nil {
		return fmt.Errorf("fit: write temporary file of texts: %w", err)
	}
	if cap(b.texts.entries) > 2*spillEntries {
		b.texts.entries = nil
	}
	b.texts.entries = b.texts.entries[:0]
	return nil
}

// Texts returns what was added. The builder is of no more use. Close the texts when
// they are no longer needed.
func (b *Builder) Texts() (*Texts, error) {
	t := &b.texts
	if b.spill == nil {
		t.entries = slices.Clone(t.entries) // a slice that grew is up to a quarter too large
		return t, nil
	}
	if err := b.spill.write(t.entries); err != nil {
		return nil, fmt.Errorf("fit: write temporary file of texts: %w", err)
	}
	entries, err := b.spill.load()
	if err != nil {
		return nil, fmt.Errorf("fit: map temporary file of texts: %w", err)
	}
	t.entries, t.close = entries, b.spill.Close
	return t, nil
}

// Close removes the temporary file of a builder whose Texts are not wanted. After
// Texts it is the texts that are to be closed.
func (b *Builder) Close() error {
	if b.spill == nil {
		return nil
	}
	return b.spill.Close()
}
