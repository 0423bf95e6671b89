package distill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/store"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/transformer"
)

// Fitting says what a student is fitted to: texts, which the teacher is asked about, or
// vectors of texts that are there already. The zero value fits to nothing.
type Fitting struct {
	Texts  []string // what the teacher is asked about
	Corpus Corpus   // the same, in files
	Study  Study    // how it is asked

	// Features are folders of Featurize: vectors of this teacher or of others. With a
	// teacher, it is asked about the texts of the first.
	Features []string
	// Stores open Features that are named by URLs, such as s3://bucket/features.
	Stores store.Schemes
	// Vectors are those of another program, for a student without a teacher.
	Vectors Vectors

	// Tokenizer is a folder or a tokenizer.json that the student takes its vocabulary
	// from where there is no teacher; "" takes that of the first features that have one.
	Tokenizer string
	// Cache is a folder that keeps the teacher's vectors of texts; "" keeps nothing.
	Cache string
}

// Corpus are texts in files.
type Corpus struct {
	Files []string // files, folders, patterns, or "-" for Stdin
	Stdin io.Reader
	Read  texts.Options // the zero value is texts.DefaultOptions
	Max   int           // texts that are drawn; 0 takes all
	Seed  uint64        // of the draw
}

// Vectors are vectors of texts in a file of another program: .parquet with both, or
// .npy, row i that of text i of the corpus.
type Vectors struct {
	File                    string
	TextField, VectorsField string // columns of .parquet
}

// Asked tells whether the student is to be fitted.
func (f Fitting) Asked() bool {
	return f.Texts != nil || f.Corpus.Files != nil || f.Features != nil || f.Vectors.File != ""
}

// Open opens the corpus as a stream.
func (c Corpus) Open() (*texts.Reader, error) {
	if c.Read.MaxBytes == 0 {
		c.Read = texts.DefaultOptions()
	}
	return texts.Open(c.Files, c.Stdin, c.Read)
}

// Stream opens the corpus as a stream or, where some of it are to be drawn, draws them.
func (c Corpus) Stream(ctx context.Context) (*Stream, error) {
	if c.Max > 0 {
		drawn, err := c.Draw(ctx)
		if err != nil {
			return nil, err
		}
		return &Stream{Corpus: features.Strings(drawn.Texts)}, nil
	}
	r, err := c.Open()
	if err != nil {
		return nil, err
	}
	return &Stream{r, r}, nil
}

// Stream is a corpus that is being read.
type Stream struct {
	features.Corpus
	reader *texts.Reader // nil where texts were drawn
}

// Skipped returns how many bad records were passed over so far.
func (s *Stream) Skipped() int64 {
	if s.reader == nil {
		return 0
	}
	return s.reader.Skipped()
}

// Close closes the files.
func (s *Stream) Close() error {
	if s.reader == nil {
		return nil
	}
	return s.reader.Close()
}

// Draw reads the corpus and returns the texts that are drawn of it, without empty ones
// and those that come twice among some thousands.
func (c Corpus) Draw(ctx context.Context) (*texts.Drawn, error) {
	r, err := c.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	n := c.Max
	if n == 0 {
		n = math.MaxInt
	}
	drawn, err := texts.Sample(ctx, r, n, c.Seed, features.DefaultOptions().ShardTexts)
	if err != nil {
		return nil, err
	}
	drawn.Skipped = r.Skipped()
	if len(drawn.Texts) == 0 {
		err = fault.Option("texts", nil, ": all texts are empty")
	}
	return drawn, err
}

// MinTexts is how many texts a fit needs at least: of N texts a student has at most N−1
// dimensions, and one of fewer than 20 tells little apart. Some thousands are better.
const MinTexts = 20

// enough refuses a number of texts that makes no student worth having.
func enough(texts int) error {
	if texts >= MinTexts {
		return nil
	}
	return fault.Hint(fault.Option("texts", nil, ": %d are too few to fit a student to: %d or more are needed", texts, MinTexts),
		"give some thousands, of any kind: docs/fitting.md")
}

// runFit is Run for a student that is fitted to texts; t is nil without a teacher.
func runFit(ctx context.Context, t *teacher.Teacher, p runtime.Provider, rows teacher.RowCache, o Options, f Fitting, progress teacher.Progress) (*Student, error) {
	if err := f.check(t, o); err != nil {
		return nil, err
	}
	c, err := f.Course(ctx, t, p, rows, progress)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var student *Student
	err = c.Fit(ctx, []Fitted{{Options: o}}, progress, func(_ int, s *Student) error { // V×D
		student = s
		return nil
	})
	return student, err
}

// check refuses options that a fit does not have; t is nil without a teacher.
func (f Fitting) check(t *teacher.Teacher, o Options) error {
	if !f.Asked() {
		return nil
	}
	if f.Texts != nil && f.Corpus.Files != nil {
		return fault.Argument("Fit.Texts and Fit.Corpus both say what the student is fitted to: give one of them")
	}
	if t != nil && t.Options.Source == transformer.Input {
		return fault.Option("source", t.Options.Source, ": a student that is fitted to texts has its teacher's output as rows")
	}
	return o.CheckTexts()
}

// open opens the vectors that are there.
func (f Fitting) open(ctx context.Context) ([]Lesson, error) {
	var lessons []Lesson
	if err := f.checkFeatures(); err != nil {
		return nil, err
	}
	for _, dir := range f.Features {
		l, err := f.openLesson(ctx, dir)
		if err != nil {
			return nil, err
		}
		lessons = append(lessons, l)
	}
	if f.Vectors.File != "" {
		l, err := f.Vectors.open(ctx, f.Corpus)
		if err != nil {
			return nil, err
		}
		lessons = append(lessons, l)
	}
	return lessons, nil
}

// openLesson is OpenLesson for a name of one of f.Stores, too.
func (f Fitting) openLesson(ctx context.Context, name string) (Lesson, error) {
	if !store.IsURL(name) {
		return OpenLesson(name)
	}
	dir, err := f.Stores.Folder(name)
	if err != nil {
		return Lesson{}, err
	}
	return lessonIn(ctx, dir, name)
}

// checkFeatures refuses a folder that is named twice: its teacher would count twice.
func (f Fitting) checkFeatures() error {
	seen := make([]os.FileInfo, len(f.Features)) // nil for a URL
	for k, dir := range f.Features {
		if i := slices.Index(f.Features[:k], dir); i >= 0 {
			return fault.Option("features", nil, ": %s is named twice, and its teacher would count twice", dir)
		}
		if store.IsURL(dir) {
			continue
		}
		info, err := os.Stat(dir)
		if err != nil {
			return fmt.Errorf("distill: features %s: %w", dir, files.Bare(err))
		}
		if i := slices.IndexFunc(seen, func(other os.FileInfo) bool { return other != nil && os.SameFile(other, info) }); i >= 0 {
			return fault.Option("features", nil, ": %s and %s are one folder, whose teacher would count twice", f.Features[i], f.Features[k])
		}
		seen[k] = info
	}
	return nil
}

func (v Vectors) open(ctx context.Context, c Corpus) (Lesson, error) {
	var vectors *features.Foreign
	var err error
	if filepath.Ext(v.File) == ".parquet" {
		vectors, err = features.FromParquet(ctx, v.File, v.TextField, v.VectorsField)
	} else {
		vectors, err = features.FromNPY(ctx, v.File, func() (features.Corpus, error) { return c.Open() })
	}
	return ForeignLesson(vectors, filepath.Base(v.File)), err
}

// WithoutTeacher returns the vocabulary of a student without a teacher.
func (f Fitting) WithoutTeacher(ctx context.Context) (*teacher.Teacher, error) {
	lessons, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	return f.vocabulary(lessons)
}

// vocabulary is WithoutTeacher, of the lessons: its width is theirs.
func (f Fitting) vocabulary(lessons []Lesson) (*teacher.Teacher, error) {
	o := f.Study.Vocabulary
	var t *teacher.Teacher
	err := errors.New("distill: neither a teacher nor vectors of texts")
	if f.Tokenizer != "" {
		t, err = teacher.WithoutGraph(f.Tokenizer, o)
	}
	for k := 0; t == nil && f.Tokenizer == "" && k < len(lessons); k++ {
		t, err = lessons[k].Vocabulary(o)
	}
	if err != nil {
		return nil, err
	}
	for _, l := range lessons {
		t.Info.Width += l.Vectors.Width()
	}
	return t, nil
}

// texts returns what the teacher is asked about.
func (f Fitting) texts(ctx context.Context, lessons []Lesson) (drawn texts.Drawn, err error) {
	switch {
	case f.Texts != nil:
		drawn.Texts = f.Texts
	case f.Corpus.Files != nil:
		var d *texts.Drawn
		if d, err = f.Corpus.Draw(ctx); err == nil {
			drawn = *d
		}
	default:
		err = lessons[0].Vectors.Texts(ctx, func(_ int, some []string) error {
			drawn.Texts = append(drawn.Texts, some...)
			return nil
		})
	}
	return drawn, err
}

// cache returns a folder for the teacher's vectors, and what removes it where it is not
// kept.
func (f Fitting) cache() (dir string, remove func(), err error) {
	if f.Cache != "" {
		if err := os.MkdirAll(f.Cache, 0o777); err == nil {
			return f.Cache, func() {}, nil
		}
	}
	if dir, err = os.MkdirTemp("", "m2v-features-"); err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil // what stays is in the system's own place for it
}
