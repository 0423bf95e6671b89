package main

import (
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/texts"
)

// corpusOptions say which texts a teacher is asked about, and how.
type corpusOptions struct {
	Input    inputOptions // --texts
	MaxTexts int          // 0 for all
	Ask      teacher.TextOptions
}

func defaultCorpusOptions() corpusOptions {
	return corpusOptions{Input: inputOptions{Texts: texts.DefaultOptions()}}
}

func (o *corpusOptions) addFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Input.Files, "texts", nil, "texts of your own: a file, a folder, a pattern or - for stdin; give it again for more")
	f.IntVar(&o.MaxTexts, "max-texts", 0, "draw this many of the texts by --seed (default: take all)")
	f.Var(&o.Ask.Pooling, "text-pooling", "how the teacher pools texts: mean, first, last, token or pooler (default: as it was trained)")
	f.IntVar(&o.Ask.MaxLength, "max-length", 0, "tokens of a text that the teacher reads (default: the teacher's limit)")
	f.StringVar(&o.Ask.Prompt, "prompt", "", "put this before every text that the teacher reads (default: as its folder says)")
	f.StringVar(&o.Ask.PromptName, "prompt-name", "", "put the teacher's prompt of this name before every text")
	o.Input.addFlags(f)
}

func (o corpusOptions) check() error {
	switch {
	case o.MaxTexts < 0:
		return usagef("--max-texts %d is negative", o.MaxTexts)
	case o.Ask.Prompt != "" && o.Ask.PromptName != "":
		return usagef("--prompt and --prompt-name both say what stands before a text: give one of them")
	case o.Ask.MaxLength < 0:
		return usagef("--max-length %d is negative", o.Ask.MaxLength)
	}
	return nil
}

// library returns the corpus as package distill takes it.
func (o corpusOptions) library(a *app, seed uint64) distill.Corpus {
	return distill.Corpus{Files: o.Input.Files, Stdin: a.In, Read: a.reading(o.Input), Max: o.MaxTexts, Seed: seed}
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
	f.StringArrayVar(&o.Features, "features", nil, "folder that m2v featurize wrote, in place of --texts; several folders mean several teachers")
	f.StringVar(&o.Vectors, "vectors", "", "vectors of the texts, made by another program: .npy whose row i is the vector of text i of --texts, or .parquet with texts and vectors")
	f.StringVar(&o.VectorColumn, "vector-field", "vector", "column of vectors of a .parquet file of --vectors")
	f.StringVar(&o.Tokenizer, "tokenizer", "", "a folder or a tokenizer.json that the student takes its vocabulary from, without a teacher")
}

// asked tells whether the student is to be fitted.
func (o fitOptions) asked() bool {
	return o.Input.Files != nil || o.Features != nil || o.Vectors != ""
}

// The flags of a fit that say how texts are read, and how a teacher is asked about them.
var (
	readingFlags   = []string{"max-texts", "input-format", "field", "header", "skip-bad", "bad-file"}
	askingFlags    = []string{"text-pooling", "max-length", "prompt", "prompt-name"}
	ofTeacherFlags = []string{"onnx-file", "revision", "batch-size", "source", "pooling", "special-tokens", "allow-nan", "teacher-name"}
	fitFlags       = []string{"vector-field", "tokenizer", "holdout", "ridge", "fit-steps", "fit-map", "fit-words", "fit-phrases", "fit-counts"}
)

// checkIdle refuses flags that would do nothing; name is the teacher's or "", and
// cacheFlags are those of the cache of its rows alone.
func (o fitOptions) checkIdle(f *pflag.FlagSet, name string, cacheFlags ...string) error {
	switch {
	case !o.asked():
		return idle(f, "without --texts, --features or --vectors", slices.Concat(readingFlags, askingFlags, fitFlags)...)
	case o.Features != nil && name == "":
		return idle(f, "with --features, which hold texts and vectors", slices.Concat(readingFlags, askingFlags, ofTeacherFlags, cacheFlags)...)
	case o.Features != nil:
		return idle(f, "with --features, which hold the texts", readingFlags...)
	case o.Vectors != "":
		return idle(f, "with --vectors, which are there already", slices.Concat(askingFlags, ofTeacherFlags, cacheFlags, []string{"max-texts"})...)
	}
	return nil
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

// library returns what package m2v fits a student to, with s's vocabulary.
func (o fitOptions) library(a *app, s distill.Switches) distill.Fitting {
	if !o.asked() {
		return distill.Fitting{}
	}
	study := distill.DefaultStudy()
	study.Texts, study.Vocabulary = o.Ask, s.Teacher
	study.Texts.ONNXFile, study.Texts.BatchSize = s.Teacher.ONNXFile, s.Teacher.BatchSize
	return distill.Fitting{
		Corpus: o.corpusOptions.library(a, s.Student.Seed), Study: study, Features: o.Features, Stores: a.stores(),
		Vectors:   distill.Vectors{File: o.Vectors, TextField: o.Input.Texts.Field, VectorsField: o.VectorColumn},
		Tokenizer: o.Tokenizer, Cache: distill.FeaturesFolder(a.cacheDir()),
	}
}
