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
	"path"
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
	words      string            // SHA-256 of the user's own vocabulary, a word a line
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
	if o.Source == transformer.Input {
		p.o.Vocab.Frame = vocab.NoFrame
	}
	if err := p.checkSource(); err != nil {
		return nil, err
	}
	if err := p.buildVocabulary(a); err != nil {
		return nil, err
	}
	if err := p.info.CheckIDs(p.vocabulary.IDs); err != nil {
		return nil, err
	}
	if err := p.checkFit(); err != nil {
		return nil, err
	}
	return p, p.hashFiles()
}

// checkSource refuses rows that this teacher's graph does not give.
func (p *distillPlan) checkSource() error {
	switch {
	case p.o.Source == transformer.Output:
		return p.info.Check(p.o.Pooling)
	case p.info.Rows == 0:
		return fmt.Errorf("--source input: %s: no table that input_ids index was found in the graph", p.info.File)
	}
	return nil
}

// checkFit refuses switches of the student that do not fit its rows.
func (p *distillPlan) checkFit() error {
	if n := p.o.Student.Drop; n > 0 && n >= p.width() {
		return usagef("--pca-drop %d: the teacher has only %d dimensions", n, p.width())
	}
	if k := p.o.Student.Clusters; k > len(p.vocabulary.Tokens) {
		return usagef("--vocabulary-quantization %d: the vocabulary has only %d tokens", k, len(p.vocabulary.Tokens))
	}
	return nil
}

// with returns the plan for other switches of the student, which change neither the
// vocabulary nor the source.
func (p *distillPlan) with(o distillOptions) (*distillPlan, error) {
	other := *p
	o.Vocab = p.o.Vocab
	other.o = o
	if err := other.checkSource(); err != nil {
		return nil, err
	}
	return &other, other.checkFit()
}

// width returns H, the width of the rows: of the graph's output or its input table.
func (p *distillPlan) width() int {
	if p.o.Source == transformer.Input {
		return p.info.InputWidth
	}
	return p.info.Width
}

func (p *distillPlan) buildVocabulary(a *app) error {
	name := filepath.Join(p.folder.Dir, "tokenizer.json")
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return withHint(fmt.Errorf("%s has no tokenizer.json", p.folder.Dir), "export the teacher's fast tokenizer: tokenizer.save_pretrained in Python")
	}
	if err != nil {
		return err
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.tokenizer = tokenizerFacts{Kind: file.Model.Kind, Padding: file.Padding != nil, Truncation: file.Truncation != nil}
	options := p.o.Vocab
	if options.Special, err = readSpecial(p.folder.Dir); err != nil {
		return err
	}
	if options.Words, err = a.readWords(p.o.Words); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(strings.Join(options.Words, "\n")))
	p.words = hex.EncodeToString(sum[:])
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

// hashFiles takes the SHA-256 of what the rows depend on: the graph with the data
// beside it, the tokenizer, and the files that may name its special tokens.
func (p *distillPlan) hashFiles() error {
	paths := map[string]string{p.info.File: p.info.Path()}
	for _, name := range p.info.ExternalData() {
		paths[path.Join(path.Dir(p.info.File), name)] = filepath.Join(filepath.Dir(p.info.Path()), filepath.FromSlash(name))
	}
	for _, name := range append([]string{"tokenizer.json"}, specialFiles...) {
		if name == "tokenizer.json" || hasFile(p.folder.Dir, name) {
			paths[name] = filepath.Join(p.folder.Dir, name)
		}
	}
	p.sha256 = map[string]string{}
	for name, at := range paths {
		sum, err := sha256File(at)
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

// sourceWarnings are what the teacher's files give cause to warn of, before it runs.
func (p *distillPlan) sourceWarnings() []string {
	if p.o.Source == transformer.Input {
		return nil
	}
	return p.info.Warnings(p.teacherOptions())
}

// batchSize returns the sequences that run at once, 0 if the graph's default serves.
func (p *distillPlan) batchSize() int {
	if p.info.Dynamic && p.o.BatchSize == 0 {
		return 1
	}
	return p.o.BatchSize
}

func (p *distillPlan) teacherOptions() transformer.Options {
	return transformer.Options{
		ONNXFile: p.o.ONNXFile, Pooling: p.o.Pooling, Threads: threads(p.o.Threads),
		BatchSize: p.o.BatchSize, PadID: p.vocabulary.TeacherPadID,
		Frame: transformer.Frame{Before: len(p.vocabulary.Frame.BOS), After: len(p.vocabulary.Frame.EOS)},
	}
}

// describe is what the model folder says of how it was made.
func (p *distillPlan) describe(r *distill.Report, runtimeVersion string) export.Folder {
	o := p.o.Student
	recipe := export.Recipe{TokenizerName: p.folder.Name}
	if p.o.Source == transformer.Output {
		recipe.Pooling = string(p.o.Pooling)
	}
	switch o.Dims.Mode {
	case pca.Count:
		recipe.ApplyPCA = o.Dims.Count
	case pca.Auto:
		recipe.ApplyPCA = "auto"
	case pca.Fraction:
		recipe.ApplyPCA = o.Dims.Share
	}
	if o.SIF.Value > 0 {
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
		"quantize-to":          o.Type.String(),
		"normalize":            o.Normalize,
	}
	if p.o.Source == transformer.Input {
		list["source"] = string(transformer.Input)
	} else {
		list["pooling"] = string(p.o.Pooling)
		list["batch-size"] = p.batchSize()
		if p.o.Vocab.Frame != vocab.BOSEOS {
			list["frame"] = string(p.o.Vocab.Frame)
		}
	}
	if p.o.Vocab.KeepAdded {
		list["keep-added-tokens"] = true
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
		list["vocabulary"] = "sha256:" + p.words
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
