package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
)

// distillPlan is all that is known before the teacher runs.
type distillPlan struct {
	o          distillOptions
	folder     modelFolder
	tokenizer  tokenizerFacts
	vocabulary *vocab.Vocabulary
	info       *transformer.Info
	sha256     map[string]string // of the teacher's files, by name in its folder
}

// tokenizerFacts are what the dry run tells of the teacher's tokenizer.json.
type tokenizerFacts struct {
	Kind       string
	Padding    bool // baked in; it never acts
	Truncation bool
}

// planDistill finds the teacher, builds the vocabulary and checks that the two
// fit, all without running anything.
func (a *app) planDistill(ctx context.Context, o distillOptions) (*distillPlan, error) {
	folder, err := a.findModel(ctx, o.Teacher, o.Revision, hub.TeacherFiles(o.ONNXFile))
	if err != nil {
		return nil, err
	}
	if static.IsModel(folder.Dir) {
		return nil, withHint(fmt.Errorf("%s is a static model already", o.Teacher), "m2v quantize makes it smaller; distill takes a teacher with a graph")
	}
	p := &distillPlan{o: o, folder: folder}
	if p.info, err = transformer.Inspect(folder.Dir, o.ONNXFile); err != nil {
		return nil, hintGraph(err)
	}
	if err := p.info.Check(o.Pooling); err != nil {
		return nil, err
	}
	if err := p.buildVocabulary(a); err != nil {
		return nil, err
	}
	if err := p.info.CheckIDs(p.vocabulary.IDs); err != nil {
		return nil, err
	}
	if n := o.Student.Drop; n > 0 && n >= p.info.Width {
		return nil, usagef("--pca-drop %d: the teacher has only %d dimensions", n, p.info.Width)
	}
	if k := o.Student.Clusters; k > len(p.vocabulary.Tokens) {
		return nil, usagef("--vocabulary-quantization %d: the vocabulary has only %d tokens", k, len(p.vocabulary.Tokens))
	}
	return p, p.hashFiles()
}

func (p *distillPlan) buildVocabulary(a *app) error {
	path := filepath.Join(p.folder.Dir, "tokenizer.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return withHint(fmt.Errorf("%s has no tokenizer.json", p.folder.Dir), "export the teacher's fast tokenizer: tokenizer.save_pretrained in Python")
	}
	if err != nil {
		return err
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	p.tokenizer = tokenizerFacts{Kind: file.Model.Kind, Padding: file.Padding != nil, Truncation: file.Truncation != nil}
	options := p.o.Vocab
	if options.Special, err = readSpecial(p.folder.Dir); err != nil {
		return err
	}
	if options.Words, err = a.readWords(p.o.Words); err != nil {
		return err
	}
	p.vocabulary, err = vocab.Build(file, options)
	return err
}

// readWords reads a vocabulary file, "-" for stdin; "" is none.
func (a *app) readWords(path string) ([]string, error) {
	in := a.stdin
	switch path {
	case "":
		return nil, nil
	case "-":
		path = "standard input"
	default:
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	words, err := vocab.ReadWords(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return words, nil
}

// hashFiles takes the SHA-256 of what the rows depend on.
func (p *distillPlan) hashFiles() error {
	p.sha256 = map[string]string{}
	for _, name := range []string{p.info.File, "tokenizer.json"} {
		path := filepath.Join(p.folder.Dir, filepath.FromSlash(name))
		if name == p.info.File {
			path = p.info.Path()
		}
		sum, err := sha256File(path)
		if err != nil {
			return err
		}
		p.sha256[name] = sum
	}
	return nil
}

func sha256File(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (p *distillPlan) teacherOptions() transformer.Options {
	return transformer.Options{
		ONNXFile: p.o.ONNXFile, Pooling: p.o.Pooling, Threads: threads(p.o.Threads),
		BatchSize: p.o.BatchSize, PadID: p.vocabulary.TeacherPadID,
	}
}

// describe is what the model folder says of how it was made.
func (p *distillPlan) describe(r *distill.Report, runtimeVersion string) export.Folder {
	o := p.o.Student
	recipe := export.Recipe{TokenizerName: p.folder.Name, Pooling: string(p.o.Pooling)}
	switch o.Dims.Mode {
	case pca.Count:
		recipe.ApplyPCA = o.Dims.Count
	case pca.Auto:
		recipe.ApplyPCA = "auto"
	case pca.Fraction:
		recipe.ApplyPCA = o.Dims.Share
	}
	if !o.SIF.None {
		recipe.SIFCoefficient = o.SIF.Value
	}
	v := p.vocabulary
	return export.Folder{
		Config: recipe.Fields(),
		Card:   export.Card{BaseModel: p.folder.Name},
		Manifest: &export.Manifest{
			Tool:    "m2v",
			Version: version,
			Teacher: export.Teacher{Name: p.folder.Name, Revision: p.folder.Commit, SHA256: p.sha256},
			Options: p.switches(),
			Special: export.SpecialTokens{BOS: v.Frame.BOS, EOS: v.Frame.EOS, PAD: v.PadID, UNK: v.UnkID},
			Counts:  p.counts(),

			ExplainedVariance: r.Explained,
			ONNXRuntime:       runtimeVersion,
			Warnings:          r.Warnings,
		},
	}
}

// switches are the flags that change rows, with the values in use.
func (p *distillPlan) switches() map[string]any {
	o := p.o.Student
	list := map[string]any{
		"pca-dims":             o.Dims.String(),
		"sif-coefficient":      o.SIF.String(),
		"token-remove-pattern": p.o.Vocab.RemovePattern,
		"pooling":              string(p.o.Pooling),
		"quantize-to":          o.Type.String(),
		"normalize":            o.Normalize,
		"batch-size":           p.o.BatchSize, // 0: chosen by the graph
	}
	if p.info.Dynamic && p.o.BatchSize == 0 {
		list["batch-size"] = 1
	}
	if o.Drop > 0 {
		list["pca-drop"] = o.Drop
	}
	if o.Whiten > 0 {
		list["pca-whiten"] = o.Whiten
	}
	if o.Clusters > 0 {
		list["vocabulary-quantization"] = o.Clusters
		list["seed"] = o.Seed
	}
	if p.o.Words != "" {
		list["vocabulary-only"] = p.o.Vocab.Only
	}
	return list
}

// counts names what became of the teacher's tokens and the user's words; what
// did not happen is left out.
func (p *distillPlan) counts() map[string]int {
	c := p.vocabulary.Counts
	list := map[string]int{
		"teacher": c.Before, "rows": len(p.vocabulary.Tokens), "pruned": c.Pruned, "removed": c.Removed, "added": c.Added,
		"helpers": c.Helpers, "multiword": c.MultiWord, "duplicates": c.Duplicates, "empty": c.Empty, "rejected": c.Rejected,
	}
	maps.DeleteFunc(list, func(_ string, n int) bool { return n == 0 })
	return list
}

func hintGraph(err error) error {
	var missing *transformer.NoGraphError
	if !errors.As(err, &missing) {
		return err
	}
	if len(missing.Others) > 0 {
		return withHint(err, "choose one with --onnx-file %s", slices.MinFunc(missing.Others, func(a, b string) int { return strings.Compare(a, b) }))
	}
	return withHint(err, "export the teacher to ONNX: optimum-cli export onnx --model NAME DIR")
}
