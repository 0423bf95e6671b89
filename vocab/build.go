package vocab

import (
	"errors"
	"fmt"
	"maps"

	"github.com/m2v-dev/m2v/tokenizer"
)

// A builder carries the teacher's side and the student's from stage to stage.
type builder struct {
	o       Options
	pattern *pattern // nil for none

	teacher *tokenizer.Tokenizer
	model   tokenizer.Model // the teacher's
	old     map[string]int  // every token of the teacher: its id
	next    *tokenizer.File // the student's file, edited stage by stage

	pad, unk string           // "" for none
	prefix   bool             // the student's pre-tokenizer puts a space before a text
	unkIsNew bool             // the teacher names an UNK that its vocabulary lacks
	surfaces map[string][]int // of appended tokens: the teacher's ids, without frame

	before, after []int // the special tokens around a token
	counts        Counts
	warnings      []string
}

func newBuilder(f *tokenizer.File, o Options) (*builder, error) {
	b := &builder{o: o, surfaces: make(map[string][]int)}
	var err error
	if b.pattern, err = compilePattern(o.RemovePattern); err != nil {
		return nil, err
	}
	if b.teacher, err = tokenizer.New(f); err != nil {
		return nil, err
	}
	b.model = f.Model
	b.next = f.Clone()
	b.next.AdoptAddedTokens()
	b.old = b.next.Model.Index()
	b.counts.Before = len(b.next.Model.Vocab)
	if b.counts.Before == 0 {
		return nil, errors.New("the vocabulary is empty")
	}
	if len(b.old) < b.counts.Before {
		b.warn("%d tokens are in the vocabulary twice; each keeps a row", b.counts.Before-len(b.old))
	}
	b.findUnk()
	b.findPad()
	return b, b.surround()
}

func (b *builder) warn(format string, args ...any) {
	b.warnings = append(b.warnings, fmt.Sprintf(format, args...))
}

// surround resolves what surrounds a token when the teacher runs it.
func (b *builder) surround() error {
	before, after := b.teacher.SpecialTokens()
	switch b.o.SpecialTokens {
	case "", BOSEOS:
		b.before, b.after = ints(before), ints(after)
	case EOSBOS:
		b.before, b.after = ints(after), ints(before)
		if len(before) == 0 && len(after) == 0 {
			b.before, b.after = b.named(b.o.Special.EOS), b.named(b.o.Special.BOS)
		}
	case NoSpecialTokens:
	default:
		var f SpecialTokens
		return f.Set(string(b.o.SpecialTokens))
	}
	return nil
}

// named returns the id of a token, or nothing where there is none.
func (b *builder) named(token string) []int {
	if id, ok := b.old[token]; ok && token != "" {
		return []int{id}
	}
	return nil
}

// reduce takes the special markers and the pattern's matches out of the
// student's file and numbers the rest densely, in the teacher's order.
func (b *builder) reduce() error {
	b.next.PostProcessor = nil
	if err := b.nameSpecials(); err != nil {
		return err
	}
	drop, matched := make(map[string]bool), make(map[string]bool)
	for _, t := range b.next.AddedTokens {
		if !b.o.KeepAdded && !b.isSpecial(t.Content) {
			drop[t.Content] = true
		}
	}
	if b.o.Only {
		for token := range b.old {
			if !b.isSpecial(token) {
				drop[token] = true
			}
		}
	}
	if b.pattern != nil {
		for _, e := range b.next.Model.Vocab {
			if drop[e.Token] || e.Token == b.unk {
				continue
			}
			match, err := b.pattern.match(e.Token)
			if err != nil {
				return err
			}
			if match {
				matched[e.Token] = true
				b.counts.Removed++
			}
		}
	}
	if matched[b.pad] {
		b.warn("the pattern removes the padding token %q", b.pad)
		b.pad = ""
	}
	maps.Copy(drop, matched)
	before := len(b.next.Model.Vocab)
	if err := b.next.Remove(drop); err != nil {
		return err
	}
	b.counts.Pruned = before - len(b.next.Model.Vocab) - b.counts.Removed
	var err error
	b.prefix, err = b.next.AddPrefixSpace()
	return err
}

func (b *builder) isSpecial(token string) bool {
	return token != "" && (token == b.unk || token == b.pad)
}

// nameSpecials makes the file say what was found out about UNK and PAD, before
// the ids change.
func (b *builder) nameSpecials() error {
	f := b.next
	if b.unkIsNew {
		e := tokenizer.Entry{Token: b.unk, Score: f.Model.MinScore()}
		if err := f.Append(e); err != nil {
			return err
		}
		b.counts.Added++
	}
	if b.unk != "" {
		if err := f.Model.SetUnk(b.unk); err != nil {
			return err
		}
		if err := f.MarkSpecial(b.unk); err != nil {
			return err
		}
	}
	if b.pad != "" {
		if err := f.MarkSpecial(b.pad); err != nil {
			return err
		}
	}
	return f.SetPad(b.pad)
}

// finish sets what every student's file says.
func (b *builder) finish() error {
	f := b.next
	if len(f.Model.Vocab) == 0 {
		if b.pattern != nil {
			return fmt.Errorf("pattern %q leaves no token", b.o.RemovePattern)
		}
		return errors.New("no token is left")
	}
	f.SortAddedTokens()
	if err := f.SetPad(b.pad); err != nil {
		return err
	}
	return f.SetTruncation(MaxLength)
}

// rows lists tokens and ids.
func (b *builder) rows() (*Vocabulary, error) {
	entries := b.next.Model.Vocab
	v := &Vocabulary{
		Tokens:   make([]string, len(entries)),
		IDs:      make([][]int, len(entries)),
		File:     b.next,
		PadID:    -1,
		UnkID:    -1,
		Counts:   b.counts,
		Warnings: b.warnings,
	}
	v.SpecialTokens.BOS, v.SpecialTokens.EOS = b.before, b.after
	if b.pad != "" {
		v.TeacherPadID = b.old[b.pad]
	}
	around := len(b.before) + len(b.after)
	all := make([]int, 0, len(entries)*(around+1)) // one allocation for nearly all rows
	for i, e := range entries {
		v.Tokens[i] = e.Token
		from := len(all)
		all = append(all, b.before...)
		if surface, ok := b.surfaces[e.Token]; ok {
			all = append(all, surface...)
		} else if id, ok := b.old[e.Token]; ok {
			all = append(all, id)
		} else if e.Token != b.unk { // a new UNK has no id: the frame alone
			return nil, fmt.Errorf("token %q has no ids", e.Token)
		}
		all = append(all, b.after...)
		if len(all) == from {
			all = append(all, b.anyID())
		}
		v.IDs[i] = all[from:len(all):len(all)]
		if e.Token == b.pad && b.pad != "" {
			v.PadID = i
		}
		if e.Token == b.unk && b.unk != "" {
			v.UnkID = i
		}
	}
	return v, nil
}

// anyID returns the lowest id of the teacher, for a row that has to have one.
func (b *builder) anyID() int {
	low := -1
	for _, id := range b.old {
		if low < 0 || id < low {
			low = id
		}
	}
	return low
}

func ints(ids []int32) []int {
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = int(id)
	}
	return out
}
