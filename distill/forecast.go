package distill

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/transformer"
)

// A Forecast says what a distillation would do, and at what price.
type Forecast struct {
	Teacher   string `json:"teacher"` // Hub id, "" if it has none
	Tokenizer string `json:"tokenizer"`
	// Counts are those of Counts; words and phrases are rows that a fit adds (Options.Words,
	// Options.Phrases), and in rows.
	Counts  map[string]int    `json:"counts"`
	Graph   *transformer.Info `json:"graph"`
	Source  string            `json:"source"`
	Pooling string            `json:"pooling"` // of output rows
	// Dims is the student's width; with AtMost, the bound of a share of the
	// variance, which is known only after the forward pass.
	Dims   int  `json:"dims"`
	AtMost bool `json:"dims_at_most"`
	// Sizes are the bytes of the folder's rows by storage type.
	Sizes map[string]int64 `json:"bytes"`
	// Seconds and Memory (bytes, the peak) are estimates; 0 without a runtime.
	Seconds float64 `json:"seconds,omitempty"`
	Memory  int64   `json:"memory,omitempty"`
	// Texts are what the student would be fitted to, and TextSeconds what the teacher
	// takes for them; both are 0 without texts.
	Texts       int     `json:"texts,omitempty"`
	TextSeconds float64 `json:"text_seconds,omitempty"`

	Warnings []string `json:"warnings"`
}

// DryRun tells what Run would do for the folder out, "" for none, and runs the teacher
// for about two seconds to tell how long it would take.
//
// It fails where Run, or writing its student to out, would. Where out is in the way, ONNX
// Runtime is missing or the teacher's outputs are not finite, the forecast comes with the
// error, without what is not known.
func DryRun(ctx context.Context, t *teacher.Teacher, run runtime.Provider, o Options, fit Fitting, out string, write export.Options) (*Forecast, error) {
	if err := o.CheckFit(t); err != nil {
		return nil, err
	}
	if err := fit.check(t, o); err != nil {
		return nil, err
	}
	f := predict(t, o)
	var inTheWay error
	if out != "" {
		inTheWay = export.Check(out, write)
	}
	corpus, err := f.countTexts(ctx, t, o, fit)
	if err != nil || t.Info.File == "" { // a vocabulary alone: nothing runs
		return f, cmp.Or(inTheWay, err)
	}
	seconds, err := probe(ctx, t, run)
	if err == nil {
		f.Seconds, f.Memory = seconds, peakMemory(t, o, f.Counts["rows"])
		if fit.Asked() {
			err = f.predictTexts(ctx, t, run, fit, corpus)
		}
		return f, cmp.Or(inTheWay, err)
	}
	var missing *runtime.NotFoundError
	var broken *teacher.NonFiniteError
	if errors.As(err, &missing) || errors.As(err, &broken) || errors.Is(err, runtime.ErrNoCgo) {
		return f, cmp.Or(inTheWay, err)
	}
	return nil, err
}

func predict(t *teacher.Teacher, o Options) *Forecast {
	f := &Forecast{
		Teacher:   t.Folder.Name,
		Tokenizer: t.Tokenizer.Kind,
		Counts:    Counts(t.Vocabulary),
		Graph:     t.Info,
		Source:    string(t.Options.Source),
		Pooling:   string(t.Options.Pooling),
		Warnings:  cautions(t),
		Sizes:     map[string]int64{},
	}
	f.Dims, f.AtMost = predictDims(t, o)
	f.predictSizes(len(t.Vocabulary.Tokens), o)
	return f
}

// predictSizes fills Sizes for so many tokens.
func (f *Forecast) predictSizes(tokens int, o Options) {
	rows, extra := tokens, 0 // of a clustered student: a float64 weight and an int32 row a token
	if k := o.Clusters; k > 0 {
		rows, extra = k, 12*tokens
	}
	for _, kind := range matrix.Types {
		f.Sizes[kind.String()] = int64(rows*f.Dims*kind.Size() + extra)
	}
}

// countTexts returns what the teacher t is to be asked about, nil where nothing runs, and
// adds the rows of whole words of the texts to f.
func (f *Forecast) countTexts(ctx context.Context, t *teacher.Teacher, o Options, fit Fitting) (corpus []string, err error) {
	if !fit.Asked() {
		return nil, nil
	}
	lessons, err := fit.open(ctx)
	if err != nil {
		return nil, err
	}
	var source texter
	if t.Info.File == "" {
		source, f.Texts = lessons[0].Vectors, lessons[0].Vectors.Len()
	} else {
		drawn, err := fit.texts(ctx, lessons)
		if err != nil {
			return nil, err
		}
		corpus, source, f.Texts = drawn.Texts, unread(drawn.Texts), len(drawn.Texts)
	}
	if err := enough(f.Texts); err != nil {
		return nil, err
	}
	told := &Report{}
	words, err := findWords(ctx, t.Vocabulary, source, o, told)
	if err != nil {
		return nil, err
	}
	f.Warnings = append(f.Warnings, told.Warnings...)
	if words != nil {
		f.Counts["words"], f.Counts["phrases"] = words.words, words.len()-words.words
		f.Counts["rows"] += words.len()
		f.predictSizes(f.Counts["rows"], o)
	}
	return corpus, nil
}

// dims returns the student's width as far as it is known before the forward pass.
func predictDims(t *teacher.Teacher, o Options) (width int, atMost bool) {
	dims, h := o.Dims, t.Width()
	switch {
	case dims.Mode == pca.Fraction:
		return h, true
	case dims.Mode == pca.Count && dims.Count < len(t.Vocabulary.Tokens):
		return min(dims.Count, h-o.Drop), false
	case dims.Mode == pca.Auto && h < len(t.Vocabulary.Tokens):
		return h - o.Drop, false
	}
	return h, false
}

// cautions are what has gone wrong for others with teachers like this one.
func cautions(t *teacher.Teacher) []string {
	list := []string{}
	if t.Tokenizer.Padding {
		list = append(list, "tokenizer.json carries padding; it will not act")
	}
	if t.Tokenizer.Truncation {
		list = append(list, "tokenizer.json carries truncation; it will not act")
	}
	if t.Vocabulary.UnkID < 0 {
		list = append(list, "the vocabulary has no unknown token; text that no token covers is left out")
	}
	list = append(list, t.Warnings()...)
	return append(list, t.Vocabulary.Warnings...)
}

// probeTime is how long the teacher runs for the estimate.
const probeTime = 2 * time.Second

// probe runs the teacher on evenly spread tokens for about probeTime and
// returns the seconds that the whole vocabulary would take.
func probe(ctx context.Context, t *teacher.Teacher, run runtime.Provider) (float64, error) {
	start := time.Now()
	source, err := t.Open(run)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	all := t.Vocabulary.IDs
	load := time.Since(start)
	var spent time.Duration
	done := 0
	const chunk = 512
	for from := 0; from < len(all) && spent < probeTime; from += chunk {
		ids := spread(all, from, chunk)
		dst := matrix.New(len(ids), source.Width())
		begun := time.Now()
		if err := source.EmbedAll(ctx, ids, []transformer.Pooling{t.Options.Pooling}, []*matrix.Matrix{dst}, nil); err != nil {
			return 0, err
		}
		spent += time.Since(begun)
		done += len(ids)
	}
	// Of a part of the vocabulary, as many as would be too many of the whole.
	if err := t.CheckReplaced(source.Replaced(), len(all)); err != nil {
		return 0, err
	}
	return (load + spent*time.Duration(len(all))/time.Duration(done)).Seconds(), nil
}

// predictTexts adds to f what the teacher would take for texts: it encodes some of them
// for about two seconds.
func (f *Forecast) predictTexts(ctx context.Context, t *teacher.Teacher, run runtime.Provider, fit Fitting, texts []string) error {
	encoder, err := teacher.OpenTexts(t.Folder, fit.Study.Texts, run)
	if err != nil {
		return err
	}
	defer encoder.Close()
	var spent time.Duration
	done := 0
	const chunk = 256
	for from := 0; from < len(texts) && spent < probeTime; from += chunk {
		some := spread(texts, from, chunk)
		begun := time.Now()
		if err := encoder.Encode(ctx, some, matrix.New(len(some), encoder.Width())); err != nil {
			return err
		}
		spent += time.Since(begun)
		done += len(some)
	}
	f.TextSeconds = (spent * time.Duration(len(texts)) / time.Duration(max(done, 1))).Seconds()
	return nil
}

// spread returns n items from position from on of an order that visits all
// items in strides, so that a beginning of it stands for the whole.
func spread[T any](all []T, from, n int) []T {
	n = min(n, len(all)-from)
	stride := len(all)/97 | 1 // odd, and prime to the length for nearly all lengths
	for gcd(stride, len(all)) != 1 {
		stride += 2
	}
	picked := make([]T, n)
	for i := range picked {
		picked[i] = all[(from+i)*stride%len(all)]
	}
	return picked
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// peakMemory estimates the peak of the whole program in bytes: the graph twice
// (the runtime reads it and packs its weights), the V×H rows, the student's
// rows and tokenizer, and the program itself. The measured peak of all-MiniLM is
// 264 MB, and this says 317: the session is gone before the PCA.
func peakMemory(t *teacher.Teacher, o Options, rows int) int64 {
	const program = 60 << 20
	v, h := int64(len(t.Vocabulary.Tokens)), int64(t.Width())
	width, _ := predictDims(t, o)
	const perToken = 400 // of both tokenizers: strings, index, ids
	graph := 2 * t.Info.Bytes
	if t.Options.Source == transformer.Input {
		graph = 0 // rows are read one at a time
	}
	return program + graph + v*h*4 + int64(rows)*int64(width)*int64(o.Type.Size()) + v*perToken
}
