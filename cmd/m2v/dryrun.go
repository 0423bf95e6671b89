package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/transformer"
)

// forecast is what a dry run tells: what distill would do, and at what price.
type forecast struct {
	Teacher   string            `json:"teacher"` // Hub id, "" if it has none
	Tokenizer string            `json:"tokenizer"`
	Counts    map[string]int    `json:"counts"`
	Graph     *transformer.Info `json:"graph"`
	Source    string            `json:"source"`
	Pooling   string            `json:"pooling"` // of output rows
	// Dims is the student's width; with AtMost, the bound of a share of the
	// variance, which is known only after the forward pass.
	Dims   int  `json:"dims"`
	AtMost bool `json:"dims_at_most"`
	// Sizes are the bytes of the folder's rows by storage type.
	Sizes map[string]int64 `json:"bytes"`
	// Seconds and Memory (bytes, the peak) are estimates; 0 without a runtime.
	Seconds float64  `json:"seconds,omitempty"`
	Memory  int64    `json:"memory,omitempty"`
	Traps   []string `json:"traps"`
}

// dryRun prints the forecast of plan p. Without ONNX Runtime everything but the
// estimates is there, and a trap says so.
func (a *app) dryRun(ctx context.Context, p *distillPlan) error {
	f := p.forecast()
	if p.o.Out != "" {
		if err := export.Check(p.o.Out, export.Options{Force: p.o.Force}); err != nil {
			f.Traps = append(f.Traps, oneLine(err.Error()))
		}
	}
	seconds, err := a.probe(ctx, p)
	var missing *runtime.NotFoundError
	switch {
	case errors.As(err, &missing) || errors.Is(err, runtime.ErrNoCgo):
		f.Traps = append(f.Traps, "no estimate of time: "+oneLine(err.Error()))
	case err != nil:
		return err
	default:
		f.Seconds, f.Memory = seconds, p.peakMemory()
	}
	if p.o.JSON {
		return printJSON(a.stdout, f)
	}
	return f.print(a.stdout)
}

func (p *distillPlan) forecast() forecast {
	f := forecast{
		Teacher:   p.folder.Name,
		Tokenizer: p.tokenizer.Kind,
		Counts:    p.counts(),
		Graph:     p.info,
		Source:    string(p.o.Source),
		Pooling:   string(p.o.Pooling),
		Traps:     p.traps(),
		Sizes:     map[string]int64{},
	}
	f.Dims, f.AtMost = p.dims()
	rows := len(p.vocabulary.Tokens)
	extra := 0 // of a clustered student: a float64 weight and an int32 row a token
	if k := p.o.Student.Clusters; k > 0 {
		rows, extra = k, 12*rows
	}
	for _, t := range matrix.Types {
		f.Sizes[t.String()] = int64(rows*f.Dims*t.Size() + extra)
	}
	return f
}

// dims returns the student's width as far as it is known before the forward pass.
func (p *distillPlan) dims() (width int, atMost bool) {
	dims, h := p.o.Student.Dims, p.width()
	switch {
	case dims.Mode == pca.Fraction:
		return h, true
	case dims.Mode == pca.Count && dims.Count < len(p.vocabulary.Tokens):
		return min(dims.Count, h-p.o.Student.Drop), false
	case dims.Mode == pca.Auto && h < len(p.vocabulary.Tokens):
		return h - p.o.Student.Drop, false
	}
	return h, false
}

// traps are what has gone wrong for others with teachers like this one.
func (p *distillPlan) traps() []string {
	traps := []string{}
	if p.tokenizer.Padding {
		traps = append(traps, "tokenizer.json carries padding; it will not act")
	}
	if p.tokenizer.Truncation {
		traps = append(traps, "tokenizer.json carries truncation; it will not act")
	}
	if p.vocabulary.UnkID < 0 {
		traps = append(traps, "the vocabulary has no unknown token; text that no token covers is left out")
	}
	traps = append(traps, p.sourceWarnings()...)
	return append(traps, p.vocabulary.Warnings...)
}

// probeTime is how long the teacher runs for the estimate.
const probeTime = 2 * time.Second

// probe runs the teacher on evenly spread tokens for about probeTime and
// returns the seconds that the whole vocabulary would take.
func (a *app) probe(ctx context.Context, p *distillPlan) (float64, error) {
	start := time.Now()
	teacher, err := a.openSource(p)
	if err != nil {
		return 0, err
	}
	defer teacher.Close()
	all := p.vocabulary.IDs
	load := time.Since(start)
	var spent time.Duration
	done := 0
	const chunk = 512
	for from := 0; from < len(all) && spent < probeTime; from += chunk {
		ids := spread(all, from, chunk)
		dst := matrix.New(len(ids), teacher.Width())
		begun := time.Now()
		if err := teacher.EmbedAll(ctx, ids, []transformer.Pooling{p.o.Pooling}, []*matrix.Matrix{dst}, nil); err != nil {
			return 0, err
		}
		spent += time.Since(begun)
		done += len(ids)
	}
	return (load + spent*time.Duration(len(all))/time.Duration(done)).Seconds(), nil
}

// spread returns n items from position from on of an order that visits all
// items in strides, so that a beginning of it stands for the whole.
func spread(all [][]int, from, n int) [][]int {
	n = min(n, len(all)-from)
	stride := len(all)/97 | 1 // odd, and prime to the length for nearly all lengths
	for gcd(stride, len(all)) != 1 {
		stride += 2
	}
	picked := make([][]int, n)
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
func (p *distillPlan) peakMemory() int64 {
	const program = 60 << 20
	v, h := int64(len(p.vocabulary.Tokens)), int64(p.width())
	width, _ := p.dims()
	const perToken = 400 // of both tokenizers: strings, index, ids
	graph := 2 * p.info.Bytes
	if p.o.Source == transformer.Input {
		graph = 0 // rows are read one at a time
	}
	return program + graph + v*h*4 + v*int64(width)*int64(p.o.Student.Type.Size()) + v*perToken
}

// print writes the forecast as a table for people.
func (f forecast) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if f.Teacher != "" {
		line("teacher", "%s", f.Teacher)
	}
	line("tokenizer", "%s", f.Tokenizer)
	line("vocabulary", "%d tokens → %d rows (%s)", f.Counts["teacher"], f.Counts["rows"], f.changes())
	line("graph", "%s, %s", f.Graph.File, megabytes(f.Graph.Bytes))
	line("inputs", "%s", strings.Join(f.Graph.Inputs, ", "))
	line("outputs", "%s", strings.Join(f.Graph.Outputs, ", "))
	if f.Source == string(transformer.Input) {
		line("source", "the table of input embeddings, width %d", f.Graph.InputWidth)
	} else {
		line("pooling", "%s of %s, width %d", f.Pooling, f.output(), f.Graph.Width)
	}
	bound := ""
	if f.AtMost {
		bound = " at most"
	}
	line("dimensions", "%d%s", f.Dims, bound)
	var sizes []string
	for _, kind := range matrix.Types {
		sizes = append(sizes, fmt.Sprintf("%s %s", kind, megabytes(f.Sizes[kind.String()])))
	}
	line("output size", "%s%s", strings.Join(sizes, ", "), bound)
	if f.Seconds > 0 {
		line("time", "about %.0f s", f.Seconds)
		line("peak memory", "about %s", megabytes(f.Memory))
	}
	for _, trap := range f.Traps {
		line("trap", "%s", oneLine(trap))
	}
	return t.Flush()
}

// output names the graph's output that is pooled.
func (f forecast) output() string {
	if f.Pooling == string(transformer.Pooler) {
		return f.Graph.Pooled
	}
	return f.Graph.Hidden
}

// changes lists the counts between the teacher's tokens and the rows.
func (f forecast) changes() string {
	var list []string
	for _, name := range []string{"pruned", "removed", "added", "helpers", "multiword", "duplicates", "empty", "rejected"} {
		if n := f.Counts[name]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, name))
		}
	}
	if list == nil {
		return "unchanged"
	}
	return strings.Join(list, ", ")
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
