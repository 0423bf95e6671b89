package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
)

// quantizeOptions is the command line of m2v quantize.
type quantizeOptions struct {
	Ref, Out string
	Revision string
	Type     string // of the new rows; "" keeps the type
	Dims     int    // the first dimensions; 0 keeps all
	Clusters int    // 0 for none
	Seed     uint64
	Texts    string // file of texts to measure the price on
	Force    bool
	JSON     bool
	ORTLib   string
}

func newQuantizeCommand(run func(context.Context, quantizeOptions) error) *cobra.Command {
	o := quantizeOptions{Seed: 42}
	cmd := &cobra.Command{
		Use:   "quantize MODEL -o DIR",
		Short: "Make a static model smaller, and tell the price",
		Long: `Quantize stores the rows of a static model in another type, keeps their first
dimensions only, or lets tokens share rows, and writes a new model folder. It prints the
size before and after, and the price: the mean and the worst cosine between old and new
vectors, of every token and, with --texts, of texts. Where dimensions were cut, the
old vectors are cut too; their own price is not in the cosine.

` + exitCodesHelp,
		Example: "  m2v quantize student -o small --quantize-to int8",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.StringVar(&o.Type, "quantize-to", "", "storage type of the rows: float16, float32, float64 or int8 (default: as it is)")
	f.IntVar(&o.Dims, "dims", 0, "keep the first dimensions only (default: all)")
	f.IntVar(&o.Clusters, "vocabulary-quantization", 0, "share rows among tokens: this many clusters")
	f.StringVar(&o.Texts, "texts", "", "measure the price on this file of texts too, a line each; - for stdin")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "of --vocabulary-quantization")
	f.BoolVar(&o.Force, "force", false, "replace a model folder that is there")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	f.StringVar(&o.ORTLib, "ort-lib", "", "the ONNX Runtime library, which makes clusters faster (not needed)")
	return cmd
}

func (o quantizeOptions) check() error {
	switch {
	case o.Out == "":
		return withHint(usagef("no output folder"), "name one with -o DIR")
	case o.Type == "" && o.Dims == 0 && o.Clusters == 0:
		return withHint(usagef("nothing to do"), "ask for --quantize-to, --dims or --vocabulary-quantization")
	case o.Clusters < 0:
		return usagef("--vocabulary-quantization %d is negative", o.Clusters)
	}
	return nil
}

// price is the cosine between old and new vectors.
type price struct {
	Count int     `json:"count"`
	Mean  float64 `json:"mean"`
	Worst float64 `json:"worst"`
	Which string  `json:"worst_is"` // the token or text that pays most
}

// quantized is the result of the command.
type quantized struct {
	Path   string `json:"path"`
	Before int    `json:"bytes_before"` // of rows, weights and mapping
	After  int    `json:"bytes_after"`
	Tokens price  `json:"tokens"`
	Texts  *price `json:"texts,omitempty"`
}

func runQuantize(ctx context.Context, a *app, o quantizeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := export.Check(o.Out, export.Options{Force: o.Force}); err != nil {
		return hintForce(err)
	}
	old, err := a.openStaticModel(ctx, o.Ref, modelOptions{Revision: o.Revision, Dims: o.Dims})
	if err != nil {
		return err
	}
	defer old.Close()
	if err := old.checkRows(); err != nil {
		return err
	}
	if o.Clusters > 0 {
		// Without the library gonum's own product serves: the same clusters, later.
		if _, err := a.startRuntime(o.ORTLib, threads(0)); err != nil && o.ORTLib != "" {
			return err
		}
	}
	m, err := smaller(ctx, old.Static, o)
	if err != nil {
		return err
	}
	result := quantized{Path: o.Out, Before: storedBytes(old.Static), After: storedBytes(m), Tokens: tokenPrice(old.Static, m)}
	if o.Texts != "" { // before anything is written: the texts may not be there
		p, err := a.textPrice(ctx, old, m, o.Texts)
		if err != nil {
			return err
		}
		result.Texts = &p
	}
	folder := export.Folder{Config: old.Static.Config().Fields, Card: export.Card{BaseModel: old.Folder.Name}}
	if err := export.Write(ctx, o.Out, m, folder, export.Options{Force: o.Force}); err != nil {
		return hintForce(err)
	}
	return a.printQuantized(result, o.JSON)
}

// smaller makes the new model: first fewer dimensions, then fewer rows, then a
// narrower type, so that each works on what is left.
func smaller(ctx context.Context, m *static.Model, o quantizeOptions) (*static.Model, error) {
	kind := m.Table().Type
	if o.Type != "" {
		if err := kind.Set(o.Type); err != nil {
			return nil, usagef("--quantize-to: %w", err)
		}
	}
	rows := m.Table().Matrix() // K×D
	if o.Dims > 0 {
		rows = firstColumns(rows, o.Dims)
	}
	weights, mapping := m.Weights(), m.Mapping()
	if o.Clusters > 0 {
		if mapping != nil {
			return nil, fmt.Errorf("%s shares rows among tokens already: cluster the model that it was made from", o.Ref)
		}
		if o.Clusters > rows.Rows {
			return nil, usagef("--vocabulary-quantization %d: the model has only %d rows", o.Clusters, rows.Rows)
		}
		if weights == nil {
			weights = takeNorms(rows)
		}
		var err error
		if rows, mapping, err = quantize.Vocabulary(ctx, rows, o.Clusters, o.Seed); err != nil {
			return nil, err
		}
	}
	file, err := m.TokenizerFile()
	if err != nil {
		return nil, err
	}
	return static.New(file, quantize.Table(rows, kind), weights, mapping, m.Config())
}

// firstColumns returns the first n columns of m.
func firstColumns(m *matrix.Matrix, n int) *matrix.Matrix {
	out := matrix.New(m.Rows, n)
	for i := range m.Rows {
		copy(out.Row(i), m.Row(i))
	}
	return out
}

// takeNorms divides each row by its norm and returns the norms: what a token
// weighs must not decide which tokens share a row. A zero row stays.
//
// Source: quantize_vocabulary in model2vec's vocabulary_quantization.py.
func takeNorms(m *matrix.Matrix) []float64 {
	norms := make([]float64, m.Rows)
	for i := range norms {
		row := m.Row(i)
		norms[i] = norm(row) + 1e-32
		for j, v := range row {
			row[j] = float32(float64(v) / norms[i])
		}
	}
	return norms
}

func storedBytes(m *static.Model) int {
	return len(m.Table().Bytes) + 8*len(m.Weights()) + 4*len(m.Mapping())
}

// tokenPrice compares the rows of every token that has one.
func tokenPrice(old, now *static.Model) price {
	p := price{Worst: 1}
	for id := range int32(old.Size()) {
		a, b := old.Row(id), now.Row(id)
		if a != nil && b != nil && norm(a) > 0 {
			token, _ := old.Tokenizer().Token(id)
			p.add(cosine(a[:len(b)], b), token)
		}
	}
	return p.mean()
}

// textPrice compares the vectors of a file of texts.
func (a *app) textPrice(ctx context.Context, old *opened, now *static.Model, path string) (price, error) {
	p := price{Worst: 1}
	err := a.eachText(path, func(texts []string) error {
		before, after := matrix.New(len(texts), now.Dims()), matrix.New(len(texts), now.Dims())
		if err := old.Encode(ctx, texts, before); err != nil {
			return err
		}
		if err := now.Encode(ctx, texts, after, static.Options{}); err != nil {
			return err
		}
		for i := range texts {
			if norm(before.Row(i)) > 0 {
				p.add(cosine(before.Row(i), after.Row(i)), texts[i])
			}
		}
		return nil
	})
	return p.mean(), err
}

// add takes in a cosine; Mean is their sum until mean divides it.
func (p *price) add(c float64, which string) {
	p.Count++
	p.Mean += c
	if c < p.Worst {
		p.Worst, p.Which = c, which
	}
}

func (p price) mean() price {
	if p.Count > 0 {
		p.Mean /= float64(p.Count)
	}
	return p
}

// String is the price for people.
func (p price) String() string {
	s := fmt.Sprintf("mean %.6f, worst %.6f", p.Mean, p.Worst)
	if p.Which != "" {
		s += fmt.Sprintf(" (%q)", p.Which)
	}
	return s
}

func (a *app) printQuantized(q quantized, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, q)
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "model\t%s\n", q.Path)
	fmt.Fprintf(t, "size\t%s → %s\n", megabytes(int64(q.Before)), megabytes(int64(q.After)))
	fmt.Fprintf(t, "cosine of %d tokens\t%s\n", q.Tokens.Count, q.Tokens)
	if q.Texts != nil {
		fmt.Fprintf(t, "cosine of %d texts\t%s\n", q.Texts.Count, q.Texts)
	}
	return t.Flush()
}
