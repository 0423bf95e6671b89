package m2v

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/head"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/texts"
)

// QuantizeOptions say how a static model is made smaller.
type QuantizeOptions struct {
	Model model.Options    // how the model is found
	To    quantize.Options // the new rows
	// KeepType leaves the rows their type, whatever To.Type says.
	KeepType bool
	// Texts is a file of texts on which the error is measured, too, "-" for Stdin; "" for none.
	Texts string
	Stdin io.Reader
}

// Quantized tells what Quantize has made.
type Quantized struct {
	Before int               `json:"bytes_before"` // of rows, weights and mapping
	After  int               `json:"bytes_after"`
	Tokens quantize.Cosines  `json:"tokens"` // between old and new rows
	Texts  *quantize.Cosines `json:"texts,omitempty"`
	// Warnings are the model's.
	Warnings []string `json:"-"`
}

// Quantize writes a smaller form of the static model name, a folder or a Hub id, to the
// folder dir as w says, and tells the quantization error. It clusters faster where ONNX
// Runtime is there. A model with a value that is not finite is refused.
func Quantize(ctx context.Context, name, dir string, w export.Options, o QuantizeOptions) (*Quantized, error) {
	if err := export.Check(dir, w); err != nil {
		return nil, err
	}
	o.Model.Dims = o.To.Dims // checked against the model's
	old, err := model.OpenStudent(ctx, name, o.Model)
	if err != nil {
		return nil, err
	}
	defer old.Close()
	if err := o.check(name, old.Static); err != nil {
		return nil, err
	}
	if o.KeepType {
		o.To.Type = old.Static.Table().Type
	}
	// Before w.Force may replace the old one.
	manifest, err := export.Derive(old.Folder.Dir, old.Folder.Name, old.Folder.Commit, old.Static, o.To.Switches(old.Static))
	if err != nil {
		return nil, err
	}
	small, err := quantize.Model(ctx, old.Static, o.To)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	told := &Quantized{Before: quantize.Bytes(old.Static), After: quantize.Bytes(small), Warnings: old.Warnings()}
	if told.Tokens, err = quantize.CompareTokens(old.Static, small); err != nil {
		return nil, err
	}
	if told.Texts, err = o.compareTexts(ctx, old.Static, small); err != nil { // the texts may not be there
		return nil, err
	}
	folder := export.Folder{Config: old.Static.Config().Fields, Card: export.Card{BaseModel: cmp.Or(manifest.Teacher.Name, old.Folder.Name)}, Manifest: manifest}
	return told, export.Write(ctx, dir, small, folder, w)
}

// check refuses what the model does not allow, and starts ONNX Runtime for clusters. Without
// the library gonum's own product serves: the same clusters, later.
func (o QuantizeOptions) check(name string, m *static.Model) error {
	if err := m.CheckFinite(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if m.Config().Field(head.Key) != nil {
		return fault.Hint(fmt.Errorf("%s is a classifier: a smaller copy of its rows would have no head", name), "quantize the model that it was trained on, and train again")
	}
	if rows := m.Table().Rows; o.To.Clusters > rows {
		return fault.Option("vocabulary-quantization", o.To.Clusters, ": the model has only %d rows", rows)
	}
	if o.To.Clusters == 0 {
		return nil
	}
	if _, err := o.Model.Runtime.Start(); err != nil && o.Model.Runtime.Library != "" {
		return err
	}
	return nil
}

// compareTexts measures the error on texts, if there are any.
func (o QuantizeOptions) compareTexts(ctx context.Context, old, small *static.Model) (*quantize.Cosines, error) {
	if o.Texts == "" {
		return nil, nil
	}
	r, err := texts.Open([]string{o.Texts}, o.Stdin, texts.DefaultOptions())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	between := quantize.NewTextCosines(old, small)
	if err := r.Each(ctx, func(list []string) error { return between.Add(ctx, list) }); err != nil {
		return nil, err
	}
	c := between.Cosines()
	if c.Count == 0 {
		return nil, fmt.Errorf("%s: no text in it has a token of the model", o.Texts)
	}
	return &c, nil
}
