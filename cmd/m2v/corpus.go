package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/texts"
	"github.com/m2v-dev/m2v/teacher"
)

// corpusOptions say which texts a teacher is asked about, and how.
type corpusOptions struct {
	Input    inputOptions // --texts
	MaxTexts int          // 0 for all
	Study    teacher.TextOptions
}

func defaultCorpusOptions() corpusOptions {
	return corpusOptions{Input: inputOptions{Texts: texts.DefaultOptions()}}
}

func (o *corpusOptions) addFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Input.Files, "texts", nil, "texts of your own: a file, a folder, a pattern or - for stdin; give it again for more")
	f.IntVar(&o.MaxTexts, "max-texts", 0, "draw this many of the texts by --seed (default: take all)")
	f.Var(&o.Study.Pooling, "text-pooling", "how the teacher pools texts: mean, first, last, token or pooler (default: as it was trained)")
	f.IntVar(&o.Study.MaxLength, "max-length", 0, "tokens of a text that the teacher reads (default: the teacher's limit)")
	f.StringVar(&o.Study.Prompt, "prompt", "", "put this before every text that the teacher reads (default: as its folder says)")
	f.StringVar(&o.Study.PromptName, "prompt-name", "", "put the teacher's prompt of this name before every text")
	o.Input.addFlags(f)
}

func (o corpusOptions) check() error {
	switch {
	case o.MaxTexts < 0:
		return usagef("--max-texts %d is negative", o.MaxTexts)
	case o.Study.MaxLength < 0:
		return usagef("--max-length %d is negative", o.Study.MaxLength)
	}
	return nil
}

// drawTexts reads the corpus and returns the texts that are drawn of it.
func (a *app) drawTexts(ctx context.Context, o corpusOptions, seed uint64) ([]string, error) {
	r, err := a.openTexts(o.Input, teacherBatchBytes)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	n := o.MaxTexts
	if n == 0 {
		n = math.MaxInt
	}
	drawn, err := texts.Sample(ctx, r, n, seed, features.DefaultOptions().ShardTexts)
	if err != nil {
		return nil, err
	}
	a.tellSkipped(r)
	if drawn.Empty+drawn.Duplicates > 0 {
		a.note(fmt.Sprintf("%d texts were dropped: %d are empty, %d come twice", drawn.Empty+drawn.Duplicates, drawn.Empty, drawn.Duplicates))
	}
	if len(drawn.Texts) == 0 {
		return nil, fmt.Errorf("--texts: no text that is not empty")
	}
	return drawn.Texts, nil
}

// fitOptions are the texts, or vectors of texts, that m2v distill fits a student to.
type fitOptions struct {
	corpusOptions
	Features     []string // folders
	Vectors      string   // a file that another program made
	VectorColumn string   // of Parquet
	Tokenizer    string
}

func (o *fitOptions) addFlags(f *pflag.FlagSet) {
	o.corpusOptions.addFlags(f)
	f.StringArrayVar(&o.Features, "features", nil, "folder of m2v featurize, in place of --texts; several are several teachers")
	f.StringVar(&o.Vectors, "vectors", "", "vectors of the texts that another program made: .npy, row i that of text i of --texts, or .parquet with both")
	f.StringVar(&o.VectorColumn, "vector-field", "vector", "column of vectors of a .parquet file of --vectors")
	f.StringVar(&o.Tokenizer, "tokenizer", "", "a folder or a tokenizer.json that the student takes its vocabulary from, without a teacher")
}

// asked tells whether the student is to be fitted.
func (o fitOptions) asked() bool {
	return o.Input.Files != nil || o.Features != nil || o.Vectors != ""
}

// check refuses flags one of which would do nothing; name is the teacher's or "".
func (o fitOptions) check(name string) error {
	if err := o.corpusOptions.check(); err != nil {
		return err
	}
	npy := o.Vectors != "" && filepath.Ext(o.Vectors) != ".parquet"
	switch {
	case !o.asked() && name == "":
		return withHint(usagef("no teacher"), "name a folder or a Hub id, or vectors of texts with --features or --vectors")
	case o.Vectors != "" && name != "":
		return usagef("--vectors are those of another teacher: leave %s out, or use --features beside it", name)
	case o.Features != nil && (o.Input.Files != nil || o.Vectors != ""):
		return usagef("--features hold texts and vectors: leave --texts and --vectors out")
	case npy && o.Input.Files == nil:
		return withHint(usagef("--vectors %s without texts", o.Vectors), "give the texts with --texts: row i is the vector of text i")
	case o.Vectors != "" && !npy && o.Input.Files != nil:
		return usagef("--vectors %s holds its texts: leave --texts out", o.Vectors)
	case o.Vectors != "" && o.Tokenizer == "":
		return withHint(usagef("--vectors without --tokenizer"), "name a folder or a tokenizer.json: the student takes its vocabulary from it")
	case o.Tokenizer != "" && name != "":
		return usagef("--tokenizer has no effect with a teacher, whose tokenizer the student takes")
	case o.Input.Files != nil && name == "" && o.Vectors == "":
		return withHint(usagef("--texts without a teacher"), "name the teacher, or the texts' vectors with --vectors")
	}
	return nil
}

// fitting returns what package m2v fits a student to.
func (a *app) fitting(ctx context.Context, o fitOptions, seed uint64) (m2v.Fitting, error) {
	f := m2v.Fitting{Study: distill.Study{Texts: o.Study, Writes: features.DefaultOptions()}, Tokenizer: o.Tokenizer}
	if dir := a.cacheDir(); dir != "" {
		f.Cache = filepath.Join(dir, "features")
	}
	for _, dir := range o.Features {
		l, err := distill.OpenLesson(dir)
		if err != nil {
			return f, err
		}
		f.Lessons = append(f.Lessons, l)
	}
	var err error
	switch {
	case o.Vectors != "":
		var l distill.Lesson
		l, err = a.openVectors(ctx, o)
		f.Lessons = append(f.Lessons, l)
	case o.Input.Files != nil:
		f.Texts, err = a.drawTexts(ctx, o.corpusOptions, seed)
	}
	return f, err
}

// openVectors opens vectors that another program made.
func (a *app) openVectors(ctx context.Context, o fitOptions) (distill.Lesson, error) {
	var vectors *features.Foreign
	var err error
	if filepath.Ext(o.Vectors) == ".parquet" {
		vectors, err = features.FromParquet(ctx, o.Vectors, o.Input.Texts.Field, o.VectorColumn)
	} else {
		vectors, err = features.FromNPY(ctx, o.Vectors, func() (features.Corpus, error) { return a.openTexts(o.Input, teacherBatchBytes) })
	}
	if err != nil {
		return distill.Lesson{}, err
	}
	if d := vectors.Dropped(); d.Empty+d.BadVectors > 0 {
		a.warn(fmt.Sprintf("%s: %d texts are empty and %d have a vector of zeros, NaN or Inf: they do not count", o.Vectors, d.Empty, d.BadVectors))
	}
	return distill.ForeignLesson(vectors, filepath.Base(o.Vectors)), nil
}
