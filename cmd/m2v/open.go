package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/runtime"
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
	runtimeFlags

	// Of a teacher only.
	ONNXFile           string
	Pooling            transformer.Pooling // "" for the one it was trained with
	BatchSize          int                 // sequences; 0 leaves the choice to the graph
	Prompt, PromptName string
}

// addFlags adds the flags that choose the model's files and how it runs.
func (o *modelOptions) addFlags(f *pflag.FlagSet) {
	f.IntVar(&o.Threads, "threads", 0, "texts encoded at the same time (default: one a core)")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	f.Var(&o.Pooling, "pooling", "of a teacher: mean, first, last, token or pooler (default: as it was trained)")
	f.StringVar(&o.ONNXFile, "onnx-file", "", "of a teacher: the graph, in its folder")
	f.IntVar(&o.BatchSize, "batch-size", 0, "of a teacher: sequences that run at once (default: by the graph)")
	f.StringVar(&o.Prompt, "prompt", "", "of a teacher: put this before every text (default: as the folder says)")
	f.StringVar(&o.PromptName, "prompt-name", "", "of a teacher: put the folder's prompt of this name before every text")
	o.runtimeFlags.addFlags(f, "of a teacher: ")
}

// addVectorFlags adds the flags that change vectors.
func (o *modelOptions) addVectorFlags(f *pflag.FlagSet) {
	o.addLengthFlag(f)
	f.BoolVar(&o.Raw, "no-normalize", false, "do not scale vectors to length 1")
	f.IntVar(&o.Dims, "dims", 0, "keep the first dimensions only (default: all)")
}

// addLengthFlag adds the flag that says where texts are cut.
func (o *modelOptions) addLengthFlag(f *pflag.FlagSet) {
	f.Var(&o.MaxLength, "max-length", "use at most this many tokens of a text, or none for all of them (default: the model's)")
}

// library returns the options as package model takes them.
func (o modelOptions) library(a *app) model.Options {
	return model.Options{
		Find: a.finder(), Runtime: a.provider(o.runtimeFlags, o.Threads), Revision: o.Revision, MaxLength: int(o.MaxLength), Dims: o.Dims, NoNormalize: o.Raw,
		ONNXFile: o.ONNXFile, Pooling: o.Pooling, BatchSize: o.BatchSize, Prompt: o.Prompt, PromptName: o.PromptName,
	}
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

// finder finds models as the environment says, and shows downloads.
func (a *app) finder() hub.Finder {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	config, stages := hub.ConfigFromEnv(a.getenv, home), a.Stages()
	config.Retrying = func(cause error, wait time.Duration) {
		a.Notef("%v; trying again in %v", cause, wait.Round(time.Second))
	}
	return hub.Finder{Config: config, Refresh: a.refresh, Progress: func(repo string, p hub.Progress) {
		stages("fetch "+repo, "bytes", int(p.Done), int(p.Total))
	}}
}

// provider finds and starts ONNX Runtime.
func (a *app) provider(o runtimeFlags, threads int) runtime.Provider {
	return runtime.Provider{Library: o.ORTLib, Execution: o.Provider, AsExported: o.AsExported, Getenv: a.getenv, Threads: threads}
}

// opened is a model whose warnings are printed as they come.
type opened struct {
	model.Model
	Folder    hub.Folder
	Tokenizer *tokenizer.Tokenizer
	Static    *static.Model  // nil for a teacher
	Teacher   *model.Teacher // nil for a static model

	told []string // warnings that were printed
}

// openModel opens the model that ref names, a folder or a Hub id, whatever it
// is, and prints what the user should know about it.
func (a *app) openModel(ctx context.Context, ref string, o modelOptions) (*opened, error) {
	return a.opened(model.Open(ctx, ref, o.library(a)))
}

// openStaticModel is openModel for commands that need a student.
func (a *app) openStaticModel(ctx context.Context, ref string, o modelOptions) (*opened, error) {
	s, err := model.OpenStudent(ctx, ref, o.library(a))
	if err != nil {
		return nil, err
	}
	return a.opened(s, nil)
}

// openAny is openModel, and opens files of vectors too.
func (a *app) openAny(ctx context.Context, ref string, o modelOptions) (*opened, error) {
	return a.opened(model.OpenAny(ctx, ref, o.library(a)))
}

func (a *app) opened(m model.Model, err error) (*opened, error) {
	if err != nil {
		return nil, err
	}
	o := &opened{Model: m}
	switch m := m.(type) {
	case *model.Student:
		o.Folder, o.Tokenizer, o.Static = m.Folder, m.Tokenizer(), m.Static
	case *model.Teacher:
		o.Folder, o.Tokenizer, o.Teacher = m.Folder, m.Tokenizer, m
	}
	o.tellWarnings(a)
	return o, nil
}

// tellWarnings prints the model's warnings that were not printed yet: some
// come only with the texts.
func (m *opened) tellWarnings(a *app) {
	all := m.Warnings()
	for _, w := range all {
		if !slices.Contains(m.told, w) {
			a.Warn(w)
		}
	}
	m.told = all
}
