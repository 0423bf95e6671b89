package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/wordvec"
)

// importOptions is the command line of m2v import.
type importOptions struct {
	Ref   string // "FORM:FILE"
	Out   string
	Type  matrix.Type // of the rows
	Force bool
	JSON  bool
}

func newImportCommand(run func(context.Context, importOptions) error) *cobra.Command {
	o := importOptions{Type: matrix.Float32}
	cmd := &cobra.Command{
		Use:   "import FORM:FILE -o DIR",
		Short: "Make a static model of word vectors",
		Long: `Import writes word vectors as a model folder, which m2v, Python model2vec,
sentence-transformers and model2vec-rs load. FORM:FILE is one of

  glove:FILE            GloVe's text form, gzip-compressed or not
  word2vec:FILE         word2vec's text or binary form
  bpemb:MODEL,VECTORS   a sentencepiece BPE model and its vectors

The vector of a text is the mean of its words' or pieces' vectors, not normalised, as
m2v eval FORM:FILE has it, as far as a tokenizer.json can say it: punctuation at the
ends of a word is always taken off, so that words such as "u.s." get no row, and texts
are written in lower case first if all words are.

` + exitCodesHelp,
		Example: "  m2v import glove:vectors.txt -o words",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref = list[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.Out, "output", "o", "", "the model folder to write")
	f.Var(&o.Type, "quantize-to", "storage type of the rows: float16, float32, float64 or int8")
	f.BoolVar(&o.Force, "force", false, "replace a model folder that is there")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	return cmd
}

func runImport(ctx context.Context, a *app, o importOptions) error {
	if o.Out == "" {
		return withHint(usagef("no output folder"), "name one with -o DIR")
	}
	s, ok, err := model.ParseFiles(o.Ref)
	if err != nil {
		return err
	}
	if !ok || s.Form == "npy" {
		return withHint(usagef("%s is not glove:FILE, word2vec:FILE or bpemb:MODEL,VECTORS", o.Ref), "m2v distill makes a static model of a teacher")
	}
	if err := export.Check(o.Out, export.Options{Force: o.Force}); err != nil {
		return hintForce(err)
	}
	w, err := s.Words()
	if err != nil {
		return err
	}
	a.warnAll(w.Warnings())
	in, err := toStatic(w) // V×D
	if err != nil {
		return err
	}
	model, err := static.New(in.file, quantize.Table(in.rows, o.Type), nil, nil, static.Config{MaxLength: static.NoMaxLength})
	if err != nil {
		return err
	}
	folder, err := in.describe(s, o)
	if err != nil {
		return err
	}
	if err := export.Write(ctx, o.Out, model, folder, export.Options{Force: o.Force}); err != nil {
		return hintForce(err)
	}
	if n := in.counts["unreachable"]; n > 0 {
		a.warn(fmt.Sprintf("%d words have no row: punctuation at their ends, or white space, keeps texts from being cut into them", n))
	}
	if !o.JSON {
		_, err := fmt.Fprintln(a.stdout, o.Out)
		return err
	}
	return printJSON(a.stdout, map[string]any{"path": o.Out, "rows": in.rows.Rows, "dims": in.rows.Cols, "type": o.Type.String(), "counts": in.counts})
}

// imported is what becomes of word vectors.
type imported struct {
	file   *tokenizer.File
	rows   *matrix.Matrix // V×D
	unk    int            // its row
	counts map[string]int
}

// toStatic turns word vectors into the parts of a static model.
func toStatic(w model.Words) (imported, error) {
	counts := map[string]int{"words": len(w.Vectors.Words), "repeated": w.Vectors.Repeated}
	if w.Pieces != nil {
		file, err := w.Pieces.File(wordvec.BPEmbNormalizers()...)
		counts["rows"] = w.Vectors.Rows.Rows
		return imported{file, w.Vectors.Rows, w.Pieces.UnkID(), counts}, err
	}
	s := w.Vectors.Static()
	counts["rows"], counts["stop-words"], counts["unreachable"] = s.Rows.Rows, s.StopWords, s.Unreachable
	return imported{s.File, s.Rows, wordvec.UnkID, counts}, nil
}

// describe is what the model folder says of how it was made.
func (in imported) describe(s model.Files, o importOptions) (export.Folder, error) {
	sums := map[string]string{}
	for _, name := range s.Files {
		sum, err := sha256File(name)
		if err != nil {
			return export.Folder{}, err
		}
		sums[filepath.Base(name)] = sum
	}
	return export.Folder{Manifest: &export.Manifest{
		Tool:    "m2v",
		Version: version,
		Teacher: export.Teacher{SHA256: sums},
		Options: map[string]any{"form": s.Form, "quantize-to": o.Type.String()},
		Special: export.SpecialTokens{PAD: -1, UNK: in.unk},
		Counts:  in.counts,
	}}, nil
}
