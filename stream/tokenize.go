package stream

import (
	"context"
	"encoding/json"
	"io"
	"strconv"

	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/tokenizer"
)

// Form is how tokens are written.
type Form int

// The forms of tokens.
const (
	Table   Form = iota // a line with id, tab and token for each, and an empty line after each text
	IDs                 // a JSON array of ids a line
	Objects             // a JSON object with ids and tokens a line
)

// Tokens says what of a text is written.
type Tokens struct {
	Form     Form
	Specials bool // with the special tokens, as a teacher gets them
}

// Tokenize writes the tokens of each text to w as they come. Nothing is cut or padded.
func Tokenize(ctx context.Context, tok *tokenizer.Tokenizer, in Input, t Tokens, w io.Writer, o Options) (skipped int64, err error) {
	return lines(ctx, in, o.light(), o, func() filter.Keeping { return t.work(tok) }, "", w)
}

// work returns what one of several workers does to a group of texts.
func (t Tokens) work(tok *tokenizer.Tokenizer) filter.Keeping {
	encoder := tok.NewEncoder()
	appendIDs := encoder.AppendIDs
	if t.Specials {
		appendIDs = encoder.AppendIDsWithSpecials
	}
	var ids []int32
	return func(ctx context.Context, out []byte, list []string, _ []json.RawMessage) ([]byte, error) {
		for _, text := range list {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			ids = appendIDs(ids[:0], text)
			out = t.Form.append(out, tok, ids)
		}
		return out, nil
	}
}

// append appends what is written of a text.
func (f Form) append(out []byte, tok *tokenizer.Tokenizer, ids []int32) []byte {
	switch f {
	case IDs:
		return append(appendIDs(out, ids), '\n')
	case Objects:
		out = appendIDs(append(out, `{"ids":`...), ids)
		out = append(out, `,"tokens":[`...)
		for i, id := range ids {
			if i > 0 {
				out = append(out, ',')
			}
			token, _ := tok.Token(id)
			out = vectors.AppendString(out, token)
		}
		return append(out, "]}\n"...)
	}
	for _, id := range ids {
		token, _ := tok.Token(id)
		out = strconv.AppendInt(out, int64(id), 10)
		out = append(append(out, '\t'), texts.Line(token)...)
		out = append(out, '\n')
	}
	return append(out, '\n')
}

func appendIDs(out []byte, ids []int32) []byte {
	out = append(out, '[')
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, int64(id), 10)
	}
	return append(out, ']')
}
