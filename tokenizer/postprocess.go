package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
)

// frame is what a post-processor makes of one sequence: the sequence, as often
// as it comes, with special tokens around it.
type frame struct {
	// around[0] comes before the sequence, around[1] after it. A sequence that
	// comes n times, for which n is mostly 1, has n+1 such parts.
	around [][]int32
}

// plainFrame is the frame without a post-processor.
var plainFrame = frame{around: make([][]int32, 2)}

// wrap puts ids around the frame.
func (f *frame) wrap(before, after int32) frame {
	around := make([][]int32, len(f.around))
	copy(around, f.around)
	last := len(around) - 1
	around[0] = append([]int32{before}, around[0]...)
	around[last] = append(around[last][:len(around[last]):len(around[last])], after)
	return frame{around}
}

// newFrame compiles the "post_processor" of a tokenizer.json for single
// sequences. at heads the errors.
//
// Source: processors/ of tokenizers 0.22, which tells types apart by their
// fields, not their names.
func newFrame(raw json.RawMessage, at string) (frame, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return plainFrame, nil
	}
	f, _, err := appendProcessor(plainFrame, 1, raw, at)
	return f, err
}

// postProcessorConfig has the fields of all post-processors.
type postProcessorConfig struct {
	Type          string
	CLS, SEP      *specialID
	Single        []templatePiece
	SpecialTokens map[string]struct{ IDs []int64 } `json:"special_tokens"`
	Processors    []json.RawMessage
}

// specialID is ["[CLS]", 101].
type specialID int32

// UnmarshalJSON reads the pair of token and id.
func (s *specialID) UnmarshalJSON(raw []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(raw, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%s is not a token and its id", raw)
	}
	var token string
	if err := json.Unmarshal(pair[0], &token); err != nil {
		return err
	}
	var id int64
	if err := json.Unmarshal(pair[1], &id); err != nil {
		return err
	}
	if err := checkID(id); err != nil {
		return err
	}
	*s = specialID(id)
	return nil
}

func checkID(id int64) error {
	if id < 0 || id >= math.MaxInt32 {
		return fmt.Errorf("id %d is not in [0, %d)", id, math.MaxInt32)
	}
	return nil
}

type templatePiece struct {
	Sequence     *struct{ ID string }
	SpecialToken *struct{ ID string }
}

// appendProcessor applies a post-processor to a frame that lies in the given
// number of encodings, and returns the new ones. Hugging Face merges the
// encodings at the end only, and a template makes one of each of its pieces:
// a second template would see several sequences.
func appendProcessor(f frame, encodings int, raw json.RawMessage, at string) (frame, int, error) {
	var c postProcessorConfig
	if err := json.Unmarshal(raw, &c); err != nil {
		return f, 0, fmt.Errorf("%s: %w", at, err)
	}
	if c.Type == "" {
		c.Type = c.kind()
	}
	adds := c.Type == "BertProcessing" || c.Type == "RobertaProcessing" || c.Type == "TemplateProcessing"
	if adds && encodings != 1 {
		return f, 0, fmt.Errorf("%s: %s after another post-processor that makes %d parts is not implemented", at, c.Type, encodings)
	}
	switch c.Type {
	case "BertProcessing", "RobertaProcessing":
		if c.CLS == nil || c.SEP == nil {
			return f, 0, fmt.Errorf("%s: %s without cls and sep", at, c.Type)
		}
		return f.wrap(int32(*c.CLS), int32(*c.SEP)), 1, nil
	case "TemplateProcessing":
		f, err := c.template(f, at)
		return f, len(c.Single), err
	case "ByteLevel": // moves offsets only
		return f, encodings, nil
	case "Sequence":
		for i, p := range c.Processors {
			var err error
			if f, encodings, err = appendProcessor(f, encodings, p, fmt.Sprintf("%s.processors[%d]", at, i)); err != nil {
				return f, 0, err
			}
		}
		return f, encodings, nil
	}
	return f, 0, fmt.Errorf("%s: post-processor type %q is not implemented", at, c.Type)
}

// template applies a TemplateProcessing to a frame.
func (c *postProcessorConfig) template(f frame, at string) (frame, error) {
	around := [][]int32{nil}
	add := func(ids []int32) {
		last := &around[len(around)-1]
		*last = append(*last, ids...)
	}
	for i, p := range c.Single {
		switch {
		case p.Sequence != nil && p.Sequence.ID == "A":
			add(f.around[0])
			for _, ids := range f.around[1:] {
				around = append(around, nil)
				add(ids)
			}
		case p.SpecialToken != nil:
			token, ok := c.SpecialTokens[p.SpecialToken.ID]
			if !ok {
				return f, fmt.Errorf("%s.single[%d]: %q is not among the special_tokens", at, i, p.SpecialToken.ID)
			}
			for _, id := range token.IDs {
				if err := checkID(id); err != nil {
					return f, fmt.Errorf("%s.special_tokens: %q: %w", at, p.SpecialToken.ID, err)
				}
				add([]int32{int32(id)})
			}
		default:
			return f, fmt.Errorf("%s.single[%d]: neither the sequence A nor a special token", at, i)
		}
	}
	if n := len(around) - 1; n > maxTimes {
		return f, fmt.Errorf("%s.single: has the sequence %d times, more than %d", at, n, maxTimes)
	}
	return frame{around}, nil
}

// maxTimes bounds how often a template may repeat the sequence.
const maxTimes = 16

// kind tells the type of a post-processor that does not name it, as files of
// old versions do, by its fields.
func (c *postProcessorConfig) kind() string {
	switch {
	case c.CLS != nil && c.SEP != nil:
		return "BertProcessing"
	case c.Single != nil:
		return "TemplateProcessing"
	}
	return ""
}
