package transformer

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// defaultMaxLength is where texts are cut if neither the files nor the graph say.
const defaultMaxLength = 512

// chunk is how many texts are tokenized, sorted by length and run at a time. It
// bounds memory; within a chunk few positions are padding.
const chunk = 4096

// EncodeOptions say how texts become vectors.
type EncodeOptions struct {
	// MaxLength is where texts are cut, in tokens, the frame ([CLS] … [SEP])
	// included. 0 takes sentence_bert_config.json's, else the graph's positions,
	// else 512. It is never more than the graph's positions.
	MaxLength int
	// WithoutFrame leaves the frame's positions out of the mean, as tokenlearn's
	// features do. It needs Mean pooling; modules after the pooling do not apply.
	WithoutFrame bool
	// NoNormalize leaves vectors as long as they are before a Normalize module.
	NoNormalize bool
}

// Encoder turns texts into sentence vectors as sentence-transformers does from
// the same folder: tokenize, run, pool, then the modules of modules.json after
// the pooling (Dense, Normalize). It is safe for concurrent use.
type Encoder struct {
	t             *Teacher
	tok           *tokenizer.Tokenizer
	options       EncodeOptions
	before, after []int32
	dense         []*dense
	normalize     bool
}

// NewEncoder returns an encoder for t and its tokenizer. It refuses, by name, a
// module that it does not have.
func (t *Teacher) NewEncoder(tok *tokenizer.Tokenizer, o EncodeOptions) (*Encoder, error) {
	e := &Encoder{t: t, tok: tok, options: o}
	e.before, e.after = tok.Frame()
	frame := len(e.before) + len(e.after)
	if o.MaxLength < 0 || (o.MaxLength > 0 && o.MaxLength <= frame) {
		return nil, fmt.Errorf("transformer: encode: a maximum of %d tokens leaves none beside the %d that frame a text", o.MaxLength, frame)
	}
	if o.WithoutFrame && t.options.Pooling != Mean {
		return nil, fmt.Errorf("transformer: encode: the frame can be left out of mean pooling, not of %s", t.options.Pooling)
	}
	if o.NoNormalize && t.output.Name == "sentence_embedding" && t.info.Normalize {
		return nil, fmt.Errorf("transformer: encode: %s gives vectors that are normalised already", t.info.File)
	}
	e.options.MaxLength = t.limit(o.MaxLength)
	// A graph's own sentence_embedding has been through all modules.
	if o.WithoutFrame || t.output.Name == "sentence_embedding" {
		return e, nil
	}
	return e, e.addModules()
}

// limit returns where texts are cut if the user asks for want, 0 for no wish.
func (t *Teacher) limit(want int) int {
	most := t.info.Positions
	if _, fixed := t.info.fixed(); fixed > 0 && (most == 0 || fixed < most) {
		most = fixed
	}
	if want == 0 {
		want = t.info.MaxLength
	}
	switch {
	case want == 0 && most == 0:
		return defaultMaxLength
	case want == 0 || most > 0 && want > most:
		return most
	}
	return want
}

func (e *Encoder) addModules() error {
	normalized := false
	for _, m := range e.t.info.modules {
		switch m.kind() {
		case "Transformer", "Pooling":
		case "Normalize":
			normalized = true
		case "Dense":
			if normalized {
				return fmt.Errorf("transformer: encode: module %s stands after Normalize", m.Path)
			}
			d, err := readDense(e.t.dir, m.Path, e.Width())
			if err != nil {
				return err
			}
			e.dense = append(e.dense, d)
		default:
			return fmt.Errorf("transformer: encode: module %s (%s) is not one of Transformer, Pooling, Dense, Normalize", m.Path, m.Type)
		}
	}
	e.normalize = normalized && !e.options.NoNormalize
	return nil
}

// Width returns D, the length of a sentence vector: H unless there are Dense modules.
func (e *Encoder) Width() int {
	if n := len(e.dense); n > 0 {
		return e.dense[n-1].out
	}
	return e.t.width
}

// MaxLength returns where texts are cut, in tokens, the frame included.
func (e *Encoder) MaxLength() int { return e.options.MaxLength }

// Encode writes the vector of each text to the row of dst (len(texts)×D) of the
// same index. progress, which may be nil, is told how many texts are done. White
// space around a text is dropped first, as sentence-transformers does. A text
// without tokens, which only a tokenizer without a frame can make, gives zeros.
func (e *Encoder) Encode(ctx context.Context, texts []string, dst *matrix.Matrix, progress func(done int)) error {
	if dst.Rows != len(texts) || dst.Cols != e.Width() {
		return errShape
	}
	encoder := e.tok.NewEncoder()
	for start := 0; start < len(texts); start += chunk {
		end := min(start+chunk, len(texts))
		var told func(int)
		if progress != nil {
			told = func(done int) { progress(start + done) }
		}
		if err := e.encodeChunk(ctx, encoder, texts[start:end], dst, start, told); err != nil {
			return err
		}
	}
	return nil
}

// encodeChunk encodes some texts to the rows of dst from first on.
func (e *Encoder) encodeChunk(ctx context.Context, encoder *tokenizer.Encoder, texts []string, dst *matrix.Matrix, first int, progress func(int)) error {
	var ids [][]int
	var rows []int // of dst, for each of ids
	for i, text := range texts {
		sequence := e.ids(encoder, text)
		if len(sequence) == 0 {
			clear(dst.Row(first + i))
			continue
		}
		ids, rows = append(ids, sequence), append(rows, first+i)
	}
	if err := e.t.check(ids); err != nil {
		return err
	}
	return e.t.forEach(ctx, ids, progress, func(r *runner, member int, states []float32, length int) {
		pooled := r.pooledRow(e.t.width)
		pooling := e.t.options.Pooling
		if e.options.WithoutFrame {
			pooling = Token
		}
		pooling.pool(pooled, states, length, Frame{len(e.before), len(e.after)}, r.sum)
		e.t.count(makeFinite(pooled))
		for _, d := range e.dense {
			pooled = d.apply(pooled)
		}
		row := dst.Row(rows[member])
		copy(row, pooled)
		if e.normalize {
			normalize(row)
		}
	})
}

// pooledRow returns scratch for one pooled vector.
func (r *runner) pooledRow(width int) []float32 {
	if r.pooled == nil {
		r.pooled = make([]float32, width)
	}
	return r.pooled
}

// ids returns what the teacher runs for a text: the frame, and between its parts
// as many of the text's tokens as there is room for.
func (e *Encoder) ids(encoder *tokenizer.Encoder, text string) []int {
	tokens := encoder.AppendIDs(nil, strings.TrimSpace(text))
	room := max(e.options.MaxLength-len(e.before)-len(e.after), 0)
	tokens = tokens[:min(len(tokens), room)]
	sequence := make([]int, 0, len(e.before)+len(tokens)+len(e.after))
	for _, part := range [][]int32{e.before, tokens, e.after} {
		for _, id := range part {
			sequence = append(sequence, int(id))
		}
	}
	return sequence
}

// normalize divides by the Euclidean length, at least 1e-12 as torch's normalize.
func normalize(row []float32) {
	sum := 0.0
	for _, v := range row {
		sum += float64(v) * float64(v)
	}
	length := max(math.Sqrt(sum), 1e-12)
	for j, v := range row {
		row[j] = float32(float64(v) / length)
	}
}
