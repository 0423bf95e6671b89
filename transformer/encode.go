package transformer

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/tokenizer"
)

// chunk is how many texts are tokenized, sorted by length and run at a time. It
// bounds memory; within a chunk few positions are padding.
const chunk = 4096

// EncodeOptions say how texts become vectors. The zero value takes everything as
// the teacher's files say.
type EncodeOptions struct {
	// MaxLength is where texts are cut, in tokens, the special tokens ([CLS] … [SEP])
	// included. 0 is as the teacher's files say (Info.MaxLength). It is never more than
	// the graph's positions.
	MaxLength int
	// Prompt is put before every text as it stands. "" takes the prompt that PromptName
	// names, or the teacher's default one; NoPrompt takes none.
	Prompt     string
	PromptName string
	NoPrompt   bool
	// Pooling replaces the folder's in its Pooling modules. "" is Options.Pooling if
	// that was given, else the folder's.
	Pooling Pooling
	// WithoutSpecialTokens leaves the special tokens' positions out of the mean, as
	// tokenlearn's features do. It needs Mean pooling; the folder's modules do not apply.
	WithoutSpecialTokens bool
	// NoNormalize leaves vectors as long as they are before a Normalize module at the end.
	NoNormalize bool
}

// Encoder turns texts into sentence vectors as sentence-transformers does from the
// same folder: prompt, tokenize, cut, run, then the modules of modules.json. It is
// safe for concurrent use.
type Encoder struct {
	t             *Teacher
	tok           *tokenizer.Tokenizer
	options       EncodeOptions
	before, after []int32
	cutLeft       bool
	prompt        string
	promptLength  int // of tokens, a special one before them included
	modules       *pipeline
	width         int
}

// NewEncoder returns an encoder for t and its tokenizer, which is that of
// Info.OpenTokenizer; nil opens it. Whatever the folder asks for and m2v does not have
// is refused by name.
func (t *Teacher) NewEncoder(tok *tokenizer.Tokenizer, o EncodeOptions) (*Encoder, error) {
	if err := t.info.CheckTexts(); err != nil {
		return nil, err
	}
	if tok == nil {
		var err error
		if _, tok, err = t.info.OpenTokenizer(); err != nil {
			return nil, err
		}
	}
	e := &Encoder{t: t, tok: tok, options: o}
	e.before, e.after = tok.SpecialTokens()
	e.cutLeft = cmp.Or(t.info.settings.cutSide, tok.TruncationSide()) == "left"
	special := len(e.before) + len(e.after)
	if o.MaxLength < 0 || (o.MaxLength > 0 && o.MaxLength <= special) {
		return nil, fmt.Errorf("transformer: encode: a maximum of %d tokens leaves none beside the %d special ones around a text", o.MaxLength, special)
	}
	e.options.MaxLength = t.info.limit(o.MaxLength)
	var err error
	if e.prompt, err = t.info.settings.prompt(o.Prompt, o.PromptName, o.NoPrompt); err != nil {
		return nil, err
	}
	e.promptLength = e.countPrompt()
	if e.modules, err = t.modules(o); err != nil {
		return nil, err
	}
	if t.options.FirstPosition && !e.modules.first {
		return nil, errors.New("transformer: encode: the teacher was opened for the first position, and its texts' vectors take others")
	}
	e.width = e.modules.width()
	if most := t.info.TruncateDims; most > 0 && !o.WithoutSpecialTokens {
		e.width = min(e.width, most)
	}
	return e, nil
}

// modules compiles what follows the graph.
func (t *Teacher) modules(o EncodeOptions) (*pipeline, error) {
	pooling := cmp.Or(o.Pooling, t.chosen)
	if (pooling == Pooler) != (t.options.Pooling == Pooler) {
		return nil, fmt.Errorf("transformer: encode: pooling %s does not work with a teacher that was opened for %s", cmp.Or(pooling, "of the folder"), t.options.Pooling)
	}
	p := &pipeline{dir: t.info.dir, unlisted: !t.info.listed, pooled: t.options.Pooling == Pooler, override: pooling}
	modules := t.info.modules
	own := p.pooled && t.output.Name == sentenceEmbedding // it has been through all modules
	switch {
	case o.WithoutSpecialTokens:
		if effective := cmp.Or(pooling, t.info.Pooling, Mean); effective != Mean {
			return nil, fmt.Errorf("transformer: encode: the special tokens can be left out of mean pooling, not of %s", effective)
		}
		p.override = Token
		p.start(t.width)
		return p, p.addModes(module{}, poolingConfig{modes: []string{"mean"}, includePrompt: true})
	case own && o.NoNormalize && t.info.Normalize:
		return nil, fmt.Errorf("transformer: encode: %s gives vectors that are normalised already", t.info.File)
	case own:
		modules = nil
	case o.NoNormalize:
		modules = withoutNormalize(modules)
	}
	return p, p.build(modules, t.width)
}

// withoutNormalize leaves out the Normalize modules at the end.
func withoutNormalize(modules []module) []module {
	for len(modules) > 0 {
		if kind := modules[len(modules)-1].kind(); kind != "Normalize" && kind != "Dropout" {
			break
		}
		modules = modules[:len(modules)-1]
	}
	return modules
}

// Width returns D, the length of a sentence vector.
func (e *Encoder) Width() int { return e.width }

// MaxLength returns where texts are cut, in tokens, the special tokens included; 0
// for no limit.
func (e *Encoder) MaxLength() int { return e.options.MaxLength }

// Prompt returns what is put before every text.
func (e *Encoder) Prompt() string { return e.prompt }

// Normalized reports whether vectors have the length 1.
func (e *Encoder) Normalized() bool { return e.modules.normal && e.width == e.modules.width() }

// Modules describes the steps after the graph, in order, such as "Pooling mean",
// "Dense 8→12 torch.nn.modules.activation.Tanh", "Normalize".
func (e *Encoder) Modules() []string { return e.modules.describe }

// Files returns the names of the files that vectors of texts depend on beside the
// graph and tokenizer.json, in the teacher's folder, each once.
func (e *Encoder) Files() []string {
	files := append([]string{}, e.t.info.settings.files...)
	if e.t.info.listed {
		files = append(files, "modules.json")
	}
	return append(files, e.modules.files...)
}

// Warnings returns what a user should know of what the files say of texts, one
// sentence each.
func (e *Encoder) Warnings() []string {
	return append(e.t.info.limitWarning(), e.modules.warnings...)
}

// Encode writes the vector of each text to the row of dst (len(texts)×D) of the
// same index. progress, which may be nil, is told how many texts are done. Texts are
// taken as they stand, white space included. A text without tokens, which only a
// tokenizer without special tokens can make, gives zeros.
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
		sequence := e.ids(encoder, e.prompt+text)
		if len(sequence) == 0 {
			clear(dst.Row(first + i))
			continue
		}
		ids, rows = append(ids, sequence), append(rows, first+i)
	}
	if err := e.t.check(ids); err != nil {
		return err
	}
	own := SpecialTokens{len(e.before), len(e.after)}
	return e.t.forEach(ctx, ids, progress, func(r *runner, member int, states []float32, length int) {
		if e.t.first {
			length = 1
		}
		w := &work{values: map[string][]float32{}, length: length, prompt: e.promptLength, own: own, sum: r.sum, count: e.t.count}
		if e.modules.pooled {
			w.values[sentenceEmbedding] = states
			e.t.count(makeFinite(states))
		} else {
			w.values[tokenEmbeddings] = states[:length*e.t.width]
		}
		copy(dst.Row(rows[member]), e.modules.run(w))
	})
}

// ids returns what the teacher runs for a text: the special tokens, and between
// them as many of the text's tokens as there is room for.
func (e *Encoder) ids(encoder *tokenizer.Encoder, text string) []int {
	tokens := encoder.AppendIDs(nil, text)
	if e.options.MaxLength > 0 {
		room := max(e.options.MaxLength-len(e.before)-len(e.after), 0)
		if over := len(tokens) - room; over > 0 && e.cutLeft {
			tokens = tokens[over:]
		} else if over > 0 {
			tokens = tokens[:room]
		}
	}
	sequence := make([]int, 0, len(e.before)+len(tokens)+len(e.after))
	for _, part := range [][]int32{e.before, tokens, e.after} {
		for _, id := range part {
			sequence = append(sequence, int(id))
		}
	}
	return sequence
}

// countPrompt returns how many of a sequence's positions are the prompt's: those of
// the prompt alone, less a special token at its end.
//
// Source: sentence-transformers 6.2, Transformer._get_prompt_length.
func (e *Encoder) countPrompt() int {
	if e.prompt == "" {
		return 0
	}
	sequence := e.ids(e.tok.NewEncoder(), e.prompt)
	n := len(sequence)
	if n > 0 && (len(e.after) > 0 || e.tok.IsSpecial(int32(sequence[n-1]))) {
		n--
	}
	return n
}
