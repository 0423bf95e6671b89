package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/transformer"
)

// modelOptions say how a model is opened that may be a student or a teacher.
// The zero value takes everything as the model's files say.
type modelOptions struct {
	Revision  string // of a model on the Hub
	MaxLength maxLength
	Dims      int  // the first dimensions; 0 for all
	Raw       bool // vectors keep their length
	Threads   int  // 0 for one a core

	// Of a teacher only.
	ONNXFile  string
	Pooling   transformer.Pooling // "" for the one it was trained with
	BatchSize int                 // sequences; 0 leaves the choice to the graph
	ORTLib    string
}

// addFlags adds the flags that choose the model's files and how it runs.
func (o *modelOptions) addFlags(f *pflag.FlagSet) {
	f.IntVar(&o.Threads, "threads", 0, "texts that are encoded at a time (default: one a core)")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	f.Var(&o.Pooling, "pooling", "of a teacher: mean, first, last, token or pooler (default: as it was trained)")
	f.StringVar(&o.ONNXFile, "onnx-file", "", "of a teacher: the graph, in its folder")
	f.IntVar(&o.BatchSize, "batch-size", 0, "of a teacher: sequences that run at once (default: by the graph)")
	f.StringVar(&o.ORTLib, "ort-lib", "", "of a teacher: the ONNX Runtime library to use")
}

// addVectorFlags adds the flags that change vectors.
func (o *modelOptions) addVectorFlags(f *pflag.FlagSet) {
	o.addLengthFlag(f)
	f.BoolVar(&o.Raw, "no-normalize", false, "leave vectors as long as they are")
	f.IntVar(&o.Dims, "dims", 0, "keep the first dimensions only (default: all)")
}

// addLengthFlag adds the flag that says where texts are cut.
func (o *modelOptions) addLengthFlag(f *pflag.FlagSet) {
	f.Var(&o.MaxLength, "max-length", "tokens of a text that count, or none for all (default: the model's)")
}

func (o modelOptions) check() error {
	switch {
	case o.Dims < 0:
		return usagef("--dims %d is negative", o.Dims)
	case o.Threads < 0:
		return usagef("--threads %d is negative", o.Threads)
	case o.BatchSize < 0:
		return usagef("--batch-size %d is negative", o.BatchSize)
	}
	return nil
}

// maxLength is a flag: a number of tokens, "none" for no limit, or, as long as
// it is 0, the model's own. Its values are those of static.Options.
type maxLength int

// String returns the number, "none" or, for the model's own, "".
func (m maxLength) String() string {
	switch m {
	case 0:
		return ""
	case static.NoMaxLength:
		return "none"
	}
	return strconv.Itoa(int(m))
}

// Set parses what String returns.
func (m *maxLength) Set(s string) error {
	if s == "none" {
		*m = static.NoMaxLength
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n <= 0 {
		return errors.New("want a positive number or none")
	}
	*m = maxLength(n)
	return nil
}

// Type names the flag's kind of value in help texts.
func (m *maxLength) Type() string { return "tokens" }

// anyModel turns texts into vectors: a static model, or a teacher through ONNX
// with its own pooling and modules. It is safe for concurrent use, and it is an
// eval.Encoder.
type anyModel struct {
	Folder    modelFolder
	Tokenizer *tokenizer.Tokenizer
	Static    *static.Model        // nil for a teacher
	Teacher   *transformer.Teacher // nil for a static model

	options modelOptions
	encoder *transformer.Encoder // of Teacher
	told    []string             // warnings that were printed
}

// openModel opens the model that ref names, a folder or a Hub id, whatever it
// is, and prints what the user should know about it.
func (a *app) openModel(ctx context.Context, ref string, o modelOptions) (*anyModel, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	folder, isStatic, err := a.findAnyModel(ctx, ref, o.Revision, o.ONNXFile)
	if err != nil {
		return nil, err
	}
	m := &anyModel{Folder: folder, options: o}
	if isStatic {
		err = m.openStatic(a)
	} else {
		err = m.openTeacher(a)
	}
	if err != nil {
		return nil, err
	}
	if width := m.width(); o.Dims > width {
		m.Close()
		return nil, usagef("--dims %d: %s has %d dimensions", o.Dims, ref, width)
	}
	return m, nil
}

// openStaticModel is openModel for commands that need a student.
func (a *app) openStaticModel(ctx context.Context, ref string, o modelOptions) (*anyModel, error) {
	m, err := a.openModel(ctx, ref, o)
	if err != nil {
		return nil, err
	}
	if m.Static == nil {
		m.Close()
		return nil, withHint(fmt.Errorf("%s is a teacher, not a static model", ref), "m2v distill %s -o DIR makes one of it", ref)
	}
	return m, nil
}

func (m *anyModel) openStatic(a *app) error {
	if m.options.Pooling != "" || m.options.ONNXFile != "" {
		return usagef("--pooling and --onnx-file are for teachers, and %s is a static model", m.Folder.Dir)
	}
	model, err := static.Open(m.Folder.Dir)
	if err != nil {
		return err
	}
	m.Static, m.Tokenizer = model, model.Tokenizer()
	m.tellWarnings(a)
	return nil
}

// tellWarnings prints the model's warnings that were not printed yet: some
// come only with the texts.
func (m *anyModel) tellWarnings(a *app) {
	var all []string
	if m.Static != nil {
		all = m.Static.Warnings()
	} else {
		all = m.Teacher.Warnings()
	}
	for _, w := range all {
		if !slices.Contains(m.told, w) {
			a.warn(w)
		}
	}
	m.told = all
}

func (m *anyModel) openTeacher(a *app) error {
	o, dir := m.options, m.Folder.Dir
	info, err := transformer.Inspect(dir, o.ONNXFile)
	if err != nil {
		return hintGraph(err)
	}
	pooling, err := a.teacherPooling(info, o.Pooling)
	if err != nil {
		return err
	}
	if err := info.Check(pooling); err != nil {
		return err
	}
	file, tok, err := readTokenizer(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		return err
	}
	rt, err := a.startRuntime(o.ORTLib, threads(o.Threads))
	if err != nil {
		return err
	}
	m.Tokenizer = tok
	m.Teacher, err = transformer.Open(rt, dir, transformer.Options{
		ONNXFile: o.ONNXFile, Pooling: pooling, Threads: threads(o.Threads), BatchSize: o.BatchSize, PadID: padID(file, tok),
	})
	if err != nil {
		return err
	}
	m.tellWarnings(a)
	length := int(o.MaxLength)
	if o.MaxLength == static.NoMaxLength {
		length = math.MaxInt32 // the graph's positions still hold
	}
	m.encoder, err = m.Teacher.NewEncoder(tok, transformer.EncodeOptions{MaxLength: length, NoNormalize: o.Raw})
	if err != nil {
		m.Close()
	}
	return err
}

// teacherPooling returns the pooling to use: the user's, else the one that the
// teacher was trained with, else what the graph can do.
func (a *app) teacherPooling(info *transformer.Info, chosen transformer.Pooling) (transformer.Pooling, error) {
	switch {
	case chosen != "":
		return chosen, nil
	case info.Pooling != "":
		return info.Pooling, nil
	case info.TrainedPooling != "":
		return "", withHint(fmt.Errorf("the teacher was trained with pooling %s, which m2v does not have", info.TrainedPooling),
			"choose another with --pooling, if that is what you want")
	case info.Hidden == "" && info.Pooled != "":
		return transformer.Pooler, nil
	}
	a.warn("the folder does not say how the teacher pools (1_Pooling/config.json): mean, unless --pooling says otherwise")
	return transformer.Mean, nil
}

func readTokenizer(path string) (*tokenizer.File, *tokenizer.Tokenizer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	tok, err := tokenizer.New(file)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, tok, nil
}

// padID returns the id that fills a teacher's batches, where the mask hides
// it: the padding section's if there is one, else 0, which every vocabulary has.
func padID(f *tokenizer.File, tok *tokenizer.Tokenizer) int {
	if token, ok := f.Pad(); ok {
		if id, ok := tok.ID(token); ok {
			return int(id)
		}
	}
	return 0
}

// notFinite returns the first token of a model whose row has a value that is NaN or
// infinite, and the value.
func notFinite(m *static.Model) (token string, value float32, ok bool) {
	for id := range int32(m.Size()) {
		for _, v := range m.Row(id) {
			if v-v != 0 {
				token, _ = m.Tokenizer().Token(id)
				return token, v, true
			}
		}
	}
	return "", 0, false
}

// checkRows refuses a static model with such a row: what is said of it would be false.
func (m *anyModel) checkRows() error {
	if token, value, ok := notFinite(m.Static); ok {
		return fmt.Errorf("%s: the row of token %q has %v", m.Folder.Dir, token, value)
	}
	return nil
}

// Close frees what the model holds.
func (m *anyModel) Close() error {
	if m.Static != nil {
		return m.Static.Close()
	}
	return m.Teacher.Close()
}

// width returns the length of the model's own vectors.
func (m *anyModel) width() int {
	if m.Static != nil {
		return m.Static.Dims()
	}
	return m.encoder.Width()
}

// Dims returns the length of the vectors that Encode writes.
func (m *anyModel) Dims() int {
	if m.options.Dims > 0 {
		return m.options.Dims
	}
	return m.width()
}

// Encode writes the vector of texts[i] to row i of dst, len(texts)×Dims.
func (m *anyModel) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	return m.encode(ctx, texts, dst, m.options.Threads)
}

func (m *anyModel) encode(ctx context.Context, texts []string, dst *matrix.Matrix, threads int) error {
	if m.Static != nil {
		return m.Static.Encode(ctx, texts, dst, static.Options{
			MaxLength: int(m.options.MaxLength), Dims: m.options.Dims, NoNormalize: m.options.Raw, Threads: threads,
		})
	}
	full := dst
	if dst.Cols < m.width() {
		full = matrix.New(len(texts), m.width())
	}
	if err := m.encoder.Encode(ctx, texts, full, nil); err != nil {
		return err
	}
	if full != dst {
		m.cut(dst, full)
	}
	return nil
}

// cut copies the first dimensions of a teacher's vectors. They get the length
// 1 again if the whole vectors have it.
func (m *anyModel) cut(dst, full *matrix.Matrix) {
	normalize := m.Teacher.Info().Normalize && !m.options.Raw
	for i := range dst.Rows {
		row := dst.Row(i)
		copy(row, full.Row(i))
		if length := math.Sqrt(dot(row, row)); normalize && length > 0 {
			for j, v := range row {
				row[j] = float32(float64(v) / length)
			}
		}
	}
}
