package quantize

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// Cosines tell the quantization error: they are those between old and new vectors. Where
// dimensions were cut, the old vectors are cut too: the error of the cut is not in them.
type Cosines struct {
	Count int     `json:"count"`    // vectors that were compared
	Mean  float64 `json:"mean"`     // of the cosines; 0 without any
	Worst float64 `json:"worst"`    // the smallest cosine; 1 without any
	Which string  `json:"worst_is"` // the token or text that it is of, "" if none loses anything
	// Zeroed are the vectors that became zeros, as tiny rows do in int8; their cosine is 0.
	Zeroed int `json:"zeroed"`
}

// String is a summary for people.
func (c Cosines) String() string {
	s := fmt.Sprintf("mean %.6f, worst %.6f", c.Mean, c.Worst)
	if c.Which != "" {
		s += fmt.Sprintf(" (%q)", c.Which)
	}
	if c.Zeroed > 0 {
		s += fmt.Sprintf("; %d became zeros", c.Zeroed)
	}
	return s
}

// add takes in the old vector of which, which is not zeros, and the new one. Mean is the
// sum of cosines until mean divides it.
func (c *Cosines) add(old, now []float32, which string) {
	cosine := matrix.Cosine(old, now)
	if matrix.Norm(now) == 0 {
		c.Zeroed++
	}
	c.Count++
	c.Mean += cosine
	if cosine < c.Worst {
		c.Worst, c.Which = cosine, which
	}
}

func (c Cosines) mean() Cosines {
	if c.Count > 0 {
		c.Mean /= float64(c.Count)
	}
	return c
}

// unused are the places that vocabularies keep free for tokens to come, such as BERT's
// [unused0] and Gemma's <unused0>. Their rows are noise.
var unused = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\[<]unused[_ ]?\d+[\]>]$`) })

// CompareTokens compares the rows of the tokens that texts consist of. Left out are special
// tokens, unused places, tokens without a row and rows of zeros. Both models have
// the same tokens; now's rows may be narrower.
func CompareTokens(old, now *static.Model) (Cosines, error) {
	file, err := old.TokenizerFile()
	if err != nil {
		return Cosines{}, err
	}
	special := map[string]bool{}
	for _, t := range file.AddedTokens {
		special[t.Content] = t.Special
	}
	c := Cosines{Worst: 1}
	a, b := make([]float32, old.Dims()), make([]float32, now.Dims())
	for id := range int32(old.Size()) {
		token, ok := old.Tokenizer().Token(id)
		if !ok || special[token] || unused().MatchString(token) || !old.ReadRow(id, a) || !now.ReadRow(id, b) || matrix.Norm(a) == 0 {
			continue
		}
		c.add(a[:len(b)], b, token)
	}
	return c.mean(), nil
}

// TextCosines compares the vectors of texts, as they come. NewTextCosines makes one.
type TextCosines struct {
	old, now *static.Model
	sum      Cosines
}

// NewTextCosines begins a comparison of now with old, whose vectors are cut to now's width.
func NewTextCosines(old, now *static.Model) *TextCosines {
	return &TextCosines{old, now, Cosines{Worst: 1}}
}

// Add encodes texts with both models and compares the vectors. Texts of which the old
// model knows no token do not count.
func (t *TextCosines) Add(ctx context.Context, texts []string) error {
	d := t.now.Dims()
	before, after := matrix.New(len(texts), d), matrix.New(len(texts), d)
	if err := t.old.Encode(ctx, texts, before, static.Options{Dims: d}); err != nil {
		return err
	}
	if err := t.now.Encode(ctx, texts, after, static.Options{}); err != nil {
		return err
	}
	for i := range texts {
		if matrix.Norm(before.Row(i)) > 0 {
			t.sum.add(before.Row(i), after.Row(i), texts[i])
		}
	}
	return nil
}

// Cosines returns what came of the texts so far.
func (t *TextCosines) Cosines() Cosines { return t.sum.mean() }
