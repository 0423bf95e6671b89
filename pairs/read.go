package pairs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/texts"
)

// Source is a file of pairs.
type Source struct {
	File   string
	Format texts.Format // texts.Auto: by the file's suffix
	// Anchor and Positive are fields of JSON, columns by name or, in CSV and TSV, by number
	// from 1; "" stands for "anchor" and "positive".
	Anchor, Positive string
	// Negative is a field of one text or, in JSON, of several that are no answer to the
	// anchor; "" for none. Score is a field of a number that says how similar the two texts
	// are; "" for pairs that belong together. A file has one of the two at most.
	Negative, Score string
	Stdin           io.Reader // of the file "-"
}

// Data are pairs as tokens.
type Data struct {
	Anchors, Positives *learn.Bags // n texts each
	Negatives          []*learn.Bags
	Scores             []float64 // n; nil without scores

	NoTokens int // pairs of which a text has no token that counts, left out

	anchors, positives []int32 // numbers of texts: equal texts have equal ones
	negatives          [][]int32
	numbers            map[uint64]int32
}

// Len returns the number of pairs.
func (d *Data) Len() int { return d.Anchors.Len() }

// Tokens gives the ids of a text's tokens that a model averages; static.Encoder does.
type Tokens interface{ Tokens(text string) []int32 }

// Read reads the pairs of a file. A record without a text or, where it is asked for, a
// score is an error that names the record.
func Read(ctx context.Context, s Source, model Tokens) (*Data, error) {
	if s.Anchor == "" {
		s.Anchor = "anchor"
	}
	if s.Positive == "" {
		s.Positive = "positive"
	}
	if s.Negative != "" && s.Score != "" {
		return nil, errors.New("pairs: a file has negatives or scores, not both")
	}
	o := texts.DefaultOptions()
	o.Format, o.Field, o.Keep = s.Format, s.Anchor, []string{s.Positive}
	if more := s.Negative + s.Score; more != "" {
		o.Keep = append(o.Keep, more)
	}
	r, err := texts.Open([]string{s.File}, s.Stdin, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	d := &Data{Anchors: &learn.Bags{}, Positives: &learn.Bags{}, numbers: map[uint64]int32{}}
	records := 0
	err = r.Records(ctx, func(text string, kept []json.RawMessage) error {
		records++
		if err := d.add(s, text, kept, model); err != nil {
			return fmt.Errorf("pairs: read %s: record %d: %w", s.File, records, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.Len() < fewest {
		return nil, fmt.Errorf("pairs: read %s: %d pairs with tokens on both sides: a training needs %d", s.File, d.Len(), fewest)
	}
	return d, nil
}

// fewest pairs that are trained with.
const fewest = 20

func (d *Data) add(s Source, anchor string, kept []json.RawMessage, model Tokens) error {
	positive, err := text(kept[0], s.Positive)
	if err != nil {
		return err
	}
	var negatives []string
	var score float64
	switch {
	case s.Score != "":
		if score, err = number(kept[1], s.Score); err != nil {
			return err
		}
	case s.Negative != "" && kept[1] != nil:
		if json.Unmarshal(kept[1], &negatives) != nil {
			one, err := text(kept[1], s.Negative)
			if err != nil {
				return err
			}
			negatives = []string{one}
		}
	}
	a := append([]int32(nil), model.Tokens(anchor)...)
	b := model.Tokens(positive)
	if len(a) == 0 || len(b) == 0 {
		d.NoTokens++
		return nil
	}
	d.Anchors.Append(a)
	d.Positives.Append(b)
	d.anchors, d.positives = append(d.anchors, d.number(anchor)), append(d.positives, d.number(positive))
	if s.Score != "" {
		d.Scores = append(d.Scores, score)
	}
	if s.Negative != "" {
		bags, list := &learn.Bags{}, []int32(nil)
		for _, negative := range negatives {
			if ids := model.Tokens(negative); len(ids) > 0 {
				bags.Append(ids)
				list = append(list, d.number(negative))
			}
		}
		d.Negatives, d.negatives = append(d.Negatives, bags), append(d.negatives, list)
	}
	return nil
}

// number returns a text's number.
func (d *Data) number(text string) int32 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text) // it never fails
	n, ok := d.numbers[h.Sum64()]
	if !ok {
		n = int32(len(d.numbers))
		d.numbers[h.Sum64()] = n
	}
	return n
}

func text(value json.RawMessage, name string) (string, error) {
	var s string
	if value == nil {
		return "", fmt.Errorf("field %q is missing or null", name)
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return "", fmt.Errorf("field %q is not a string: %.40s", name, value)
	}
	return s, nil
}

func number(value json.RawMessage, name string) (float64, error) {
	if value == nil {
		return 0, fmt.Errorf("field %q is missing or null", name)
	}
	v, err := strconv.ParseFloat(strings.Trim(string(value), `" `), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("field %q is not a finite number: %.40s", name, value)
	}
	return v, nil
}
