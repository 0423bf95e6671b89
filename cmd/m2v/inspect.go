package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// inspectOptions is the command line of m2v inspect.
type inspectOptions struct {
	Ref      string
	Revision string
	ONNXFile string
	JSON     bool
}

// inspection is what a model folder is. Student or Teacher is nil.
type inspection struct {
	Kind      string             `json:"kind"` // "static model" or "teacher"
	Name      string             `json:"name,omitempty"`
	Tokenizer inspectedTokenizer `json:"tokenizer"`
	Student   *inspectedStudent  `json:"static,omitempty"`
	Teacher   *transformer.Info  `json:"teacher,omitempty"`
	Manifest  *export.Manifest   `json:"manifest,omitempty"`
	Faults    []string           `json:"faults"`
}

type inspectedTokenizer struct {
	Kind       string  `json:"kind"`
	Tokens     int     `json:"tokens"`
	Added      int     `json:"added_tokens"`
	Unk        string  `json:"unk"` // "" for none
	Pad        string  `json:"pad"`
	Before     []int32 `json:"before"` // ids around a text
	After      []int32 `json:"after"`
	Padding    bool    `json:"padding"`    // a padding section that acts in other programs
	Truncation bool    `json:"truncation"` // a truncation section
}

type inspectedStudent struct {
	Layout    static.Layout              `json:"layout"`
	Rows      int                        `json:"rows"`
	Dims      int                        `json:"dims"`
	Type      string                     `json:"type"`
	Bytes     int                        `json:"bytes"`
	Clusters  bool                       `json:"clusters"` // rows are shared by a mapping
	Weights   bool                       `json:"weights"`  // each token has a weight of its own
	Normalize bool                       `json:"normalize"`
	MaxLength int                        `json:"max_length"` // -1 for none
	Config    map[string]json.RawMessage `json:"config,omitempty"`
}

func newInspectCommand(run func(context.Context, inspectOptions) error) *cobra.Command {
	var o inspectOptions
	cmd := &cobra.Command{
		Use:   "inspect FOLDER",
		Short: "Tell what a static model or a teacher is, and what is wrong with it",
		Long: `Inspect reads a model's files, runs nothing, and tells its kind, sizes, types and
tokenizer, and what has gone wrong for others with models like it: a stale unk_id,
baked-in padding or truncation, a missing unknown token, ids without a row.

` + exitCodesHelp,
		Example: "  m2v inspect student",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.JSON, "json", false, "print the findings as JSON")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	f.StringVar(&o.ONNXFile, "onnx-file", "", "of a teacher: the graph, in its folder")
	return cmd
}

func runInspect(ctx context.Context, a *app, o inspectOptions) error {
	folder, isStatic, err := a.findAnyModel(ctx, o.Ref, o.Revision, o.ONNXFile)
	if err != nil {
		return err
	}
	x := &inspection{Kind: "teacher", Name: folder.Name, Faults: []string{}}
	if isStatic {
		x.Kind = "static model"
		err = x.readStudent(folder.Dir)
	} else {
		err = x.readTeacher(folder.Dir, o.ONNXFile)
	}
	if err != nil {
		return err
	}
	if o.JSON {
		return printJSON(a.stdout, x)
	}
	return x.print(a.stdout)
}

func (x *inspection) readStudent(dir string) error {
	m, err := static.Open(dir)
	if err != nil {
		return err
	}
	defer m.Close()
	file, err := m.TokenizerFile()
	if err != nil {
		return err
	}
	x.readTokenizer(file, m.Tokenizer())
	if x.Manifest, err = export.ReadManifest(dir); err != nil {
		return err
	}
	table, config := m.Table(), m.Config()
	x.Student = &inspectedStudent{
		Layout: m.Layout(), Rows: table.Rows, Dims: table.Cols, Type: table.Type.String(), Bytes: len(table.Bytes),
		Clusters: m.Mapping() != nil, Weights: m.Weights() != nil,
		Normalize: config.Normalize, MaxLength: config.MaxLength, Config: map[string]json.RawMessage{},
	}
	for _, f := range config.Fields {
		x.Student.Config[f.Key] = f.Value
	}
	if x.Tokenizer.Padding {
		x.fault("tokenizer.json carries padding, which changes vectors in programs that let it act; m2v does not")
	}
	if token, value, ok := notFinite(m); ok {
		x.fault(fmt.Sprintf("the row of token %q has %v: its vectors are worth nothing", token, value))
	}
	x.Faults = append(x.Faults, m.Warnings()...)
	return nil
}

func (x *inspection) readTeacher(dir, onnxFile string) error {
	info, err := transformer.Inspect(dir, onnxFile)
	if err != nil {
		return hintGraph(err)
	}
	x.Teacher = info
	file, tok, err := readTokenizer(dir)
	if err != nil {
		return err
	}
	x.readTokenizer(file, tok)
	special, err := teacher.ReadSpecial(dir)
	if err != nil {
		return err
	}
	options := vocab.DefaultOptions()
	options.Special = special
	v, err := vocab.Build(file, options)
	if err != nil {
		return err
	}
	if x.Tokenizer.Padding {
		x.fault("tokenizer.json carries padding, which changes vectors in programs that let it act; m2v does not")
	}
	if x.Tokenizer.Truncation {
		x.fault("tokenizer.json carries truncation, which shortens texts in programs that let it act; m2v does not")
	}
	if err := info.CheckIDs(v.IDs); err != nil {
		x.fault(err.Error())
	}
	if info.TrainedPooling == "" {
		x.fault("nothing says how the teacher pools (1_Pooling/config.json)")
	}
	x.Faults = append(x.Faults, v.Warnings...)
	return nil
}

func (x *inspection) readTokenizer(f *tokenizer.File, tok *tokenizer.Tokenizer) {
	t := inspectedTokenizer{
		Kind: f.Model.Kind, Tokens: tok.Size(), Added: len(f.AddedTokens),
		Padding: acts(f.Padding), Truncation: f.Truncation != nil,
	}
	t.Before, t.After = tok.Frame()
	t.Pad, _ = f.Pad()
	if id, ok := tok.UnkID(); ok {
		t.Unk, _ = tok.Token(id)
	} else {
		x.fault("the vocabulary has no unknown token: text that no token covers is left out")
	}
	x.Tokenizer = t
}

// acts tells whether a padding section would pad anything: students carry one
// to Fixed 0, which does not.
func acts(padding json.RawMessage) bool {
	var section struct {
		Strategy json.RawMessage `json:"strategy"`
	}
	if padding == nil || json.Unmarshal(padding, &section) != nil {
		return padding != nil
	}
	var fixed struct{ Fixed *int }
	return json.Unmarshal(section.Strategy, &fixed) != nil || fixed.Fixed == nil || *fixed.Fixed > 0
}

func (x *inspection) fault(text string) { x.Faults = append(x.Faults, text) }

// print writes the findings as a table for people.
func (x *inspection) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("kind", "%s", x.Kind)
	if x.Name != "" {
		line("name", "%s", x.Name)
	}
	tok := x.Tokenizer
	line("tokenizer", "%s, %d tokens, %d added", tok.Kind, tok.Tokens, tok.Added)
	line("special tokens", "unk %q, pad %q, ids %v before and %v after a text", tok.Unk, tok.Pad, tok.Before, tok.After)
	if s := x.Student; s != nil {
		line("layout", "%s", s.Layout)
		line("rows", "%d × %d %s, %s", s.Rows, s.Dims, s.Type, megabytes(int64(s.Bytes)))
		line("clusters", "%t", s.Clusters)
		line("weights", "%t", s.Weights)
		line("normalize", "%t", s.Normalize)
		line("max length", "%d", s.MaxLength)
	}
	if g := x.Teacher; g != nil {
		line("graph", "%s, %s", g.File, megabytes(g.Bytes))
		line("inputs", "%s", strings.Join(g.Inputs, ", "))
		line("outputs", "%s", strings.Join(g.Outputs, ", "))
		line("width", "%d", g.Width)
		line("embedding table", "%d rows", g.Rows)
		line("positions", "%d", g.Positions)
		line("pooling", "%s", orNone(g.TrainedPooling))
		line("quantized", "%s", orNone(g.Quantized))
		line("normalize", "%t", g.Normalize)
	}
	if m := x.Manifest; m != nil {
		line("made by", "%s %s", m.Tool, m.Version)
		line("teacher", "%s", orNone(m.Teacher.Name))
	}
	for _, fault := range x.Faults {
		line("fault", "%s", oneLine(fault))
	}
	return t.Flush()
}

func orNone(s string) string {
	if s == "" {
		return "(not said)"
	}
	return s
}
