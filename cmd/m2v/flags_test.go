package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/classifier/bench"
	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pairs"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/portable"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/serve"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/tokenlearn"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
	"github.com/m2v-dev/m2v/zipf"
)

// A flagTest is a command line and what it changes of the options without flags.
type flagTest[T any] struct {
	line string // fields; ~ stands for a space inside one
	want func(*T)
}

// checkFlags runs command lines of a command, whose options base are those of the line
// name. A flag that no line has is tried alone: it has to change some option.
func checkFlags[T any](t *testing.T, create func(func(context.Context, T) error) *cobra.Command, base T, name string, tests ...flagTest[T]) {
	t.Helper()
	parse := func(line string) (got T, cmd *cobra.Command) {
		t.Helper()
		cmd = create(func(_ context.Context, o T) error { got = o; return nil })
		fields := strings.Fields(line)
		for i := range fields {
			fields[i] = strings.ReplaceAll(fields[i], "~", " ")
		}
		cmd.SetArgs(fields)
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		return got, cmd
	}
	got, cmd := parse(name)
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", base); g != w {
		t.Errorf("%s %s:\n got %s\nwant %s", cmd.Name(), name, g, w)
	}
	lines := " " + name + " "
	for _, tc := range tests {
		got, _ := parse(tc.line)
		want, _ := parse(name)
		plain := fmt.Sprintf("%+v", want)
		tc.want(&want)
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w || w == plain {
			t.Errorf("%s %s:\n got %s\nwant %s", cmd.Name(), tc.line, g, w)
		}
		lines += tc.line + " "
	}
	for _, flag := range flagNames(cmd) {
		if strings.Contains(lines, " --"+flag+" ") || strings.Contains(lines, " --"+flag+"=") {
			continue
		}
		value, ok := map[string]string{"bool": "true", "string": "x", "stringArray": "x", "stringSlice": "x", "int": "3", "float64": "0.5"}[cmd.Flags().Lookup(flag).Value.Type()]
		if !ok {
			t.Errorf("%s: no line has --%s: add one", cmd.Name(), flag)
			continue
		}
		if got, _ := parse(name + " --" + flag + "=" + value); fmt.Sprintf("%+v", got) == fmt.Sprintf("%+v", base) {
			t.Errorf("%s: --%s changes nothing", cmd.Name(), flag)
		}
	}
}

// flagNames are a command's own flags that its help shows.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

type distillTest = flagTest[distillOptions]

func TestDistillFlags(t *testing.T) {
	base := defaultDistillOptions()
	base.Teacher, base.Fit.VectorColumn = "teacher", "vector"
	checkFlags(t, newDistillCommand, base, "teacher",
		distillTest{"teacher -o out --force --dry-run --json --no-cache", func(o *distillOptions) {
			o.Out, o.Force, o.DryRun, o.JSON, o.FreshRows = "out", true, true, true, true
		}},
		distillTest{"teacher --output=out", func(o *distillOptions) { o.Out = "out" }},
		distillTest{"teacher --revision v1 --onnx-file g.onnx --batch-size 8 --threads 1 --ort-lib l.so --provider cuda --as-exported --allow-nan", func(o *distillOptions) {
			o.Revision, o.Threads, o.ORTLib, o.Provider, o.AsExported = "v1", 1, "l.so", runtime.CUDA, true
			o.Switches.Teacher.ONNXFile, o.Switches.Teacher.BatchSize, o.Switches.Teacher.AllowNaN = "g.onnx", 8, true
		}},
		distillTest{"teacher --source output --pooling last --special-tokens none --token-remove-pattern x --keep-added-tokens --vocabulary w.txt --vocabulary-only", func(o *distillOptions) {
			s := &o.Switches.Teacher
			s.Pooling, s.Vocab.SpecialTokens, s.Vocab.RemovePattern, s.Vocab.KeepAdded, s.WordsFile, s.Vocab.Only = transformer.Last, vocab.NoSpecialTokens, "x", true, "w.txt", true
		}},
		distillTest{"teacher --pca-dims 64 --pca-drop 2 --pca-whiten 0.5 --sif-coefficient none --quantize-to int8 --vocabulary-quantization 9 --seed 7 --normalize=false", func(o *distillOptions) {
			s := &o.Switches.Student
			s.Dims.Count, s.Drop, s.Whiten, s.SIF, s.Type, s.Clusters, s.Seed, s.Normalize = 64, 2, 0.5, zipf.Coefficient{None: true}, matrix.Int8, 9, 7, false
		}},
		distillTest{"teacher --zipf-log", func(o *distillOptions) { o.Switches.Student.SIF = zipf.Coefficient{Log: true} }},
		distillTest{"teacher --source input", func(o *distillOptions) { o.Switches.Teacher.Source = transformer.Input }},
		distillTest{"teacher --pca-dims 0.95", func(o *distillOptions) { o.Switches.Student.Dims = pca.Dims{Mode: pca.Fraction, Share: 0.95} }},
		distillTest{"teacher --frame none", func(o *distillOptions) { o.Switches.Teacher.Vocab.SpecialTokens = vocab.NoSpecialTokens }}, // its older name
		// A recipe's settings count, and switches beside it, wherever they stand, over them.
		distillTest{"teacher --pca-drop 1 --recipe sharp", func(o *distillOptions) {
			o.Recipe, o.Switches.Student.Drop, o.Switches.Student.Whiten = "sharp", 1, 0.25
		}},
		// Texts bring the recipe of a fit.
		distillTest{"teacher --texts a.txt --texts b.txt --max-texts 9 --text-pooling first --max-length 64 --prompt p:~ --prompt-name q --ridge 2 --fit-steps 5 --fit-map --fit-words 7 --fit-phrases 8 --holdout 0.2", func(o *distillOptions) {
			f := &o.Fit
			f.Input.Files, f.MaxTexts, f.Ask.Pooling, f.Ask.MaxLength, f.Ask.Prompt, f.Ask.PromptName = []string{"a.txt", "b.txt"}, 9, transformer.First, 64, "p: ", "q"
			o.Switches = distill.FitSwitches()
			s := &o.Switches.Student
			s.Ridge, s.FitSteps, s.MapPrior, s.Words, s.Phrases, s.Holdout = 2, 5, true, 7, 8, 0.2
		}},
		distillTest{"teacher --texts a.txt --recipe best --pca-dims 512", func(o *distillOptions) {
			o.Recipe, o.Fit.Input.Files, o.Switches = "best", []string{"a.txt"}, distill.FitSwitches()
			s := &o.Switches.Student
			s.MapPrior, s.Words, s.Phrases, s.Dims.Count = true, 30000, 20000, 512
		}},
		distillTest{"teacher --texts t.csv --input-format csv --field 2 --header --skip-bad --bad-file b", func(o *distillOptions) {
			o.Fit.Input = inputOptions{Files: []string{"t.csv"}, Texts: o.Fit.Input.Texts, SkipBad: true, BadFile: "b"}
			o.Fit.Input.Texts.Format, o.Fit.Input.Texts.Field, o.Fit.Input.Texts.Header = "csv", "2", true
			o.Switches = distill.FitSwitches()
		}},
		distillTest{"--features a --features b --tokenizer tok", func(o *distillOptions) {
			o.Teacher, o.Fit.Features, o.Fit.Tokenizer, o.Switches = "", []string{"a", "b"}, "tok", distill.FitSwitches()
		}},
		distillTest{"--vectors v.parquet --vector-field vec --recipe current", func(o *distillOptions) {
			o.Teacher, o.Fit.Vectors, o.Fit.VectorColumn, o.Recipe = "", "v.parquet", "vec", "current"
		}},
	)
}

type featurizeTest = flagTest[featurizeOptions]

func TestFeaturizeFlags(t *testing.T) {
	base := featurizeOptions{corpusOptions: defaultCorpusOptions(), Teacher: "teacher", Switches: distill.DefaultSwitches(), Writes: features.DefaultOptions()}
	checkFlags(t, newFeaturizeCommand, base, "teacher",
		featurizeTest{"teacher --texts t.txt -o out --json --no-rows", func(o *featurizeOptions) {
			o.Input.Files, o.Out, o.JSON, o.NoRows = []string{"t.txt"}, "out", true, true
		}},
		featurizeTest{"teacher --output=out --max-texts 9 --text-pooling first --max-length 64 --prompt p --prompt-name q", func(o *featurizeOptions) {
			o.Out, o.MaxTexts, o.Ask.Pooling, o.Ask.MaxLength, o.Ask.Prompt, o.Ask.PromptName = "out", 9, transformer.First, 64, "p", "q"
		}},
		featurizeTest{"teacher --input-format tsv --field 3 --header --skip-bad", func(o *featurizeOptions) {
			o.Input.Texts.Format, o.Input.Texts.Field, o.Input.Texts.Header, o.Input.SkipBad = "tsv", "3", true, true
		}},
		featurizeTest{"teacher --seed 7 --max-texts 9 --shard-texts 100 --dtype float16 --pooling last", func(o *featurizeOptions) {
			o.MaxTexts = 9
			o.Switches.Student.Seed, o.Writes.ShardTexts, o.Writes.Type, o.Switches.Teacher.Pooling = 7, 100, matrix.Float16, transformer.Last
		}},
		featurizeTest{"teacher --shard 2/4", func(o *featurizeOptions) { o.Shard = "2/4" }},
		featurizeTest{"teacher --onnx-file g.onnx --revision v1 --threads 1 --ort-lib l.so --provider cuda --as-exported", func(o *featurizeOptions) {
			o.Switches.Teacher.ONNXFile, o.Revision, o.Threads, o.ORTLib, o.Provider, o.AsExported = "g.onnx", "v1", 1, "l.so", runtime.CUDA, true
		}},
	)
}

func TestFeaturesFlags(t *testing.T) {
	type featuresTest = flagTest[featuresOptions]
	checkFlags(t, newFeaturesCommand, featuresOptions{Dirs: []string{"a"}}, "a",
		featuresTest{"a --check --json", func(o *featuresOptions) { o.Check, o.JSON = true, true }},
		featuresTest{"a --merge -o b", func(o *featuresOptions) { o.Merge, o.Out = true, "b" }},
		featuresTest{"a --merge --output=b", func(o *featuresOptions) { o.Merge, o.Out = true, "b" }},
		featuresTest{"a --repair --from b --from c", func(o *featuresOptions) { o.Repair, o.From = true, []string{"b", "c"} }},
	)
}

type ablateTest = flagTest[ablateOptions]

func TestAblateFlags(t *testing.T) {
	base := ablateOptions{distillOptions: defaultDistillOptions()}
	base.Teacher, base.Fit.VectorColumn = "teacher", "vector"
	given := func(o *ablateOptions, settings ...string) {
		for _, s := range settings {
			flag, value, _ := strings.Cut(s, "=")
			o.Given = append(o.Given, distill.Setting{Flag: flag, Value: value})
		}
	}
	checkFlags(t, newAblateCommand, base, "teacher",
		ablateTest{"teacher -o out --recipe paper --grid pca-dims=8,16 --grid pca-drop=0,1 --base-model bert --compare a --compare b", func(o *ablateOptions) {
			o.Out, o.Recipe, o.Grid, o.BaseModel, o.Compare = "out", "paper", []string{"pca-dims=8,16", "pca-drop=0,1"}, "bert", []string{"a", "b"}
		}},
		ablateTest{"teacher --plain bert --output=out", func(o *ablateOptions) { o.BaseModel, o.Out = "bert", "out" }},
		ablateTest{"teacher --data d --columns STS,Class --tasks a,b --no-cache --force --json --markdown", func(o *ablateOptions) {
			o.Data, o.Columns, o.Tasks, o.NoCache, o.Force, o.JSON, o.Markdown = "d", []string{"STS", "Class"}, []string{"a", "b"}, true, true, true, true
		}},
		ablateTest{"teacher --revision v1 --onnx-file g.onnx --batch-size 8 --threads 1 --ort-lib l.so --provider cuda --as-exported --allow-nan", func(o *ablateOptions) {
			o.Revision, o.Threads, o.ORTLib, o.Provider, o.AsExported = "v1", 1, "l.so", runtime.CUDA, true
			o.Switches.Teacher.ONNXFile, o.Switches.Teacher.BatchSize, o.Switches.Teacher.AllowNaN = "g.onnx", 8, true
		}},
		// Switches on the command line are those of every variant, in its order.
		ablateTest{"teacher --pca-dims 64 --pca-drop 2 --pca-whiten 0.5 --sif-coefficient none --quantize-to int8", func(o *ablateOptions) {
			s := &o.Switches.Student
			s.Dims.Count, s.Drop, s.Whiten, s.SIF, s.Type = 64, 2, 0.5, zipf.Coefficient{None: true}, matrix.Int8
			given(o, "pca-dims=64", "pca-drop=2", "pca-whiten=0.5", "sif-coefficient=none", "quantize-to=int8")
		}},
		ablateTest{"teacher --source output --pooling last --special-tokens none --token-remove-pattern x --keep-added-tokens", func(o *ablateOptions) {
			s := &o.Switches.Teacher
			s.Pooling, s.Vocab.SpecialTokens, s.Vocab.RemovePattern, s.Vocab.KeepAdded = transformer.Last, vocab.NoSpecialTokens, "x", true
			given(o, "source=output", "pooling=last", "special-tokens=none", "token-remove-pattern=x", "keep-added-tokens=true")
		}},
		ablateTest{"teacher --vocabulary-quantization 9 --seed 7 --normalize=false --zipf-log --vocabulary w.txt --vocabulary-only --frame none", func(o *ablateOptions) {
			s := &o.Switches.Student
			s.Clusters, s.Seed, s.Normalize, s.SIF = 9, 7, false, zipf.Coefficient{Log: true}
			o.Switches.Teacher.WordsFile, o.Switches.Teacher.Vocab.Only, o.Switches.Teacher.Vocab.SpecialTokens = "w.txt", true, vocab.NoSpecialTokens
			given(o, "vocabulary-quantization=9", "seed=7", "normalize=false", "zipf-log=true", "vocabulary=w.txt", "vocabulary-only=true", "special-tokens=none")
		}},
		// Variants that are fitted to texts.
		ablateTest{"teacher --texts a.txt --max-texts 9 --text-pooling first --max-length 64 --prompt p --prompt-name q --fit-counts 20,30 --ridge 2 --fit-steps 5 --fit-map --fit-words 7 --fit-phrases 8", func(o *ablateOptions) {
			f, s := &o.Fit, &o.Switches.Student
			f.Input.Files, f.MaxTexts, f.Ask.Pooling, f.Ask.MaxLength, f.Ask.Prompt, f.Ask.PromptName = []string{"a.txt"}, 9, transformer.First, 64, "p", "q"
			o.Counts = []string{"20", "30"}
			s.Ridge, s.FitSteps, s.MapPrior, s.Words, s.Phrases = 2, 5, true, 7, 8
			given(o, "ridge=2", "fit-steps=5", "fit-map=true", "fit-words=7", "fit-phrases=8")
		}},
		ablateTest{"teacher --texts t.csv --input-format csv --field 2 --header --skip-bad --bad-file b", func(o *ablateOptions) {
			o.Fit.Input = inputOptions{Files: []string{"t.csv"}, Texts: o.Fit.Input.Texts, SkipBad: true, BadFile: "b"}
			o.Fit.Input.Texts.Format, o.Fit.Input.Texts.Field, o.Fit.Input.Texts.Header = "csv", "2", true
		}},
		ablateTest{"--features a --features b --tokenizer tok", func(o *ablateOptions) {
			o.Teacher, o.Fit.Features, o.Fit.Tokenizer = "", []string{"a", "b"}, "tok"
		}},
		ablateTest{"--vectors v.parquet --vector-field vec", func(o *ablateOptions) {
			o.Teacher, o.Fit.Vectors, o.Fit.VectorColumn = "", "v.parquet", "vec"
		}},
	)
}

type evalTest = flagTest[evalOptions]

// teacherFlags are those of every command that opens a model.
const teacherFlags = "--threads 1 --revision v1 --pooling last --onnx-file g.onnx --batch-size 8 --prompt p --prompt-name q --ort-lib l.so --provider cuda --as-exported"

func teacherOptions(o *modelOptions) {
	o.Threads, o.Revision, o.Pooling, o.ONNXFile, o.BatchSize, o.Prompt, o.PromptName, o.ORTLib, o.Provider, o.AsExported = 1, "v1", transformer.Last, "g.onnx", 8, "p", "q", "l.so", runtime.CUDA, true
}

func TestEvalFlags(t *testing.T) {
	checkFlags(t, newEvalCommand, evalOptions{Models: []string{"a", "b"}, Seed: eval.DefaultSeed}, "a b",
		evalTest{"a --data d --columns STS,Sum --tasks x,y --languages deu,eng-Latn --fail-under STS=40,AvgAll.v2=50", func(o *evalOptions) {
			o.Models, o.Data, o.Columns, o.Tasks = []string{"a"}, "d", []string{"STS", "Sum"}, []string{"x", "y"}
			o.Languages, o.Gates.Least = []string{"deu", "eng-Latn"}, []string{"STS=40", "AvgAll.v2=50"}
		}},
		evalTest{"a b --seed 7 --max-length none --no-cache --json --markdown", func(o *evalOptions) {
			o.Seed, o.MaxLength, o.NoCache, o.JSON, o.Markdown = 7, static.NoMaxLength, true, true, true
		}},
		evalTest{"--list --data d", func(o *evalOptions) { o.Models, o.List, o.Data = []string{}, true, "d" }},
		evalTest{"--print-texts --data d", func(o *evalOptions) { o.Models, o.Texts, o.Data = []string{}, true, "d" }},
		evalTest{"a b " + teacherFlags, func(o *evalOptions) { teacherOptions(&o.modelOptions) }},
	)
}

func TestModelCommandsFlags(t *testing.T) {
	checkFlags(t, newSimilarityCommand, similarityOptions{Ref: "m", Texts: []string{"a", "b"}}, "m a b",
		flagTest[similarityOptions]{"m a b --json --max-length 9 --dims 4", func(o *similarityOptions) {
			o.JSON, o.Model.MaxLength, o.Model.Dims = true, 9, 4
		}},
		flagTest[similarityOptions]{"m a b " + teacherFlags, func(o *similarityOptions) { teacherOptions(&o.Model) }},
	)
	checkFlags(t, newVerifyCommand, verifyOptions{Model: "m", Tolerance: 1e-6, Worst: 5}, "m",
		flagTest[verifyOptions]{"m --against r --tolerance 0.5 --worst 2 --json", func(o *verifyOptions) {
			o.Against, o.Tolerance, o.Worst, o.JSON = "r", 0.5, 2, true
		}},
		flagTest[verifyOptions]{"m --record s --texts t --force", func(o *verifyOptions) { o.Record, o.Texts, o.Force = "s", "t", true }},
		flagTest[verifyOptions]{"m " + teacherFlags, func(o *verifyOptions) { teacherOptions(&o.modelOptions) }},
	)
	checkFlags(t, newExplainCommand, explainOptions{Ref: "m", Text: "a"}, "m a",
		flagTest[explainOptions]{"m a --json --max-length 9 --dims 4 --revision v1", func(o *explainOptions) {
			o.JSON, o.Model.MaxLength, o.Model.Dims, o.Model.Revision = true, 9, 4, "v1"
		}},
	)
	checkFlags(t, newNeighborsCommand, neighborsOptions{Ref: "m", Text: "a", Count: 10}, "m a",
		flagTest[neighborsOptions]{"m a -n 3 --json --revision v1", func(o *neighborsOptions) { o.Count, o.JSON, o.Revision = 3, true, "v1" }},
		flagTest[neighborsOptions]{"m a --count 3", func(o *neighborsOptions) { o.Count = 3 }},
	)
	checkFlags(t, newInspectCommand, inspectOptions{Ref: "m"}, "m",
		flagTest[inspectOptions]{"m --strict --json --revision v1 --onnx-file g.onnx", func(o *inspectOptions) {
			o.Strict, o.JSON, o.Revision, o.ONNXFile = true, true, "v1", "g.onnx"
		}},
	)
	checkFlags(t, newDiffCommand, diffOptions{A: "a", B: "b"}, "a b",
		flagTest[diffOptions]{"a b --data d --columns STS --tasks x,y --no-cache --json", func(o *diffOptions) {
			o.Data, o.Columns, o.Tasks, o.NoCache, o.JSON = "d", []string{"STS"}, []string{"x", "y"}, true, true
		}},
	)
}

func TestServeFlags(t *testing.T) {
	base := serveOptions{Models: []string{"m", "n"}, Addr: "127.0.0.1:8080", Limits: serve.DefaultOptions(), Timeout: 30 * time.Second, StopTimeout: 30 * time.Second}
	checkFlags(t, newServeCommand, base, "m n",
		flagTest[serveOptions]{"m n --addr :1 --api-key-file k --tls-cert c --tls-key d --timeout 1s --stop-timeout 2m", func(o *serveOptions) {
			o.Addr, o.KeyFile, o.TLSCert, o.TLSKey, o.Timeout, o.StopTimeout = ":1", "k", "c", "d", time.Second, 2*time.Minute
		}},
		flagTest[serveOptions]{"m n --max-body 1 --max-inputs 2 --max-tokens 3 --max-concurrent 4 --threads 5 --no-truncate", func(o *serveOptions) {
			l := &o.Limits
			l.MaxBody, l.MaxInputs, l.MaxTokens, l.MaxConcurrent, l.Threads, l.Truncate, o.NoTruncate = 1, 2, 3, 4, 5, false, true
		}},
	)
}

func TestFolderCommandsFlags(t *testing.T) {
	checkFlags(t, newQuantizeCommand, quantizeOptions{Ref: "m", Seed: 42}, "m",
		flagTest[quantizeOptions]{"m -o out --quantize-to int8 --dims 4 --vocabulary-quantization 9 --texts t --seed 7", func(o *quantizeOptions) {
			o.Out, o.Type, o.Dims, o.Clusters, o.Texts, o.Seed = "out", "int8", 4, 9, "t", 7
		}},
		flagTest[quantizeOptions]{"m --output=out --force --json --revision v1 --vocabulary-quantization 2 --ort-lib l.so", func(o *quantizeOptions) {
			o.Clusters = 2
			o.Out, o.Force, o.JSON, o.Revision, o.ORTLib = "out", true, true, "v1", "l.so"
		}},
	)
	checkFlags(t, newExportCommand, exportOptions{Ref: "m", To: portable.ONNX}, "m",
		flagTest[exportOptions]{"m --to word2vec -o out --force --json --revision v1", func(o *exportOptions) {
			o.To, o.Out, o.Force, o.JSON, o.Revision = portable.Word2Vec, "out", true, true, "v1"
		}})
	push := pushOptions{Push: hub.Push{Dir: "m", Repo: "o/m", Message: hub.DefaultMessage}}
	checkFlags(t, newPushCommand, push, "m o/m",
		flagTest[pushOptions]{"m o/m --revision b --private --create-pr --message M --eval e.json --dry-run --json", func(o *pushOptions) {
			o.Push.Revision, o.Push.Private, o.Push.PullRequest, o.Push.Message, o.Push.DryRun = "b", true, true, "M", true
			o.Eval, o.JSON = "e.json", true
		}})
	checkFlags(t, newPullCommand, pullOptions{Ref: "o/m"}, "o/m",
		flagTest[pullOptions]{"o/m --revision b --onnx-file g.onnx --json", func(o *pullOptions) {
			o.Revision, o.ONNXFile, o.JSON = "b", "g.onnx", true
		}})
	checkFlags(t, newImportCommand, importOptions{Ref: "glove:v.txt", Type: matrix.Float32}, "glove:v.txt",
		flagTest[importOptions]{"glove:v.txt -o out --quantize-to float16 --force --json", func(o *importOptions) {
			o.Out, o.Type, o.Force, o.JSON = "out", matrix.Float16, true, true
		}},
		flagTest[importOptions]{"glove:v.txt --output=out", func(o *importOptions) { o.Out = "out" }},
	)
	input := inputOptions{Files: []string{"a.txt"}, Texts: texts.DefaultOptions()}
	records := func(o *inputOptions) {
		o.Texts.Format, o.Texts.Field, o.Texts.Header, o.SkipBad = "tsv", "3", true, true
	}
	checkFlags(t, newTokenizeCommand, tokenizeOptions{Ref: "m", Input: input}, "m a.txt",
		flagTest[tokenizeOptions]{"m a.txt --ids --json --specials --jsonl --threads 1 --revision v1", func(o *tokenizeOptions) {
			o.IDs, o.JSON, o.Specials, o.JSONL, o.Threads, o.Revision = true, true, true, true, 1, "v1"
		}},
		flagTest[tokenizeOptions]{"m a.txt --input-format tsv --field 3 --header --skip-bad", func(o *tokenizeOptions) { records(&o.Input) }},
	)
	checkFlags(t, newVocabBuildCommand, vocabBuildOptions{Input: input, Size: 10000, Least: 1}, "a.txt",
		flagTest[vocabBuildOptions]{"a.txt --size 5 --min-count 2 -o w.txt", func(o *vocabBuildOptions) { o.Size, o.Least, o.Out = 5, 2, "w.txt" }},
		flagTest[vocabBuildOptions]{"a.txt --output=w.txt", func(o *vocabBuildOptions) { o.Out = "w.txt" }},
		flagTest[vocabBuildOptions]{"a.txt --input-format tsv --field 3 --header --skip-bad", func(o *vocabBuildOptions) { records(&o.Input) }},
	)
}

// Flags that no command could follow are wrong usage, and the command does not run.
func TestFlagsRefused(t *testing.T) {
	for _, line := range []string{
		"distill teacher --pca-dims x", "distill teacher --recipe blunt", "distill teacher --zipf-log --sif-coefficient none",
		"distill teacher --source input --pooling last", "distill teacher --source input --batch-size 2", "distill a b",
		"ablate", "ablate teacher --source input --special-tokens none", "encode", "encode m --format pdf", "explain m", "neighbors m a b",
		// Flags that have no effect there.
		"distill t -o x --seed 7", "distill t -o x --bad-file f", "distill t -o x --if-changed --force", "distill --features f -o x --batch-size 2",
		"distill --features f -o x --no-cache", "distill --features f -o x --source output", "distill --vectors v.parquet --tokenizer t -o x --teacher-name a/b",
		"featurize t --texts f -o x --seed 7", "featurize t --texts f -o x --no-rows --pooling last", "quantize m -o x --dims 2 --seed 7",
		"quantize m -o x --dims 2 --ort-lib l", "verify m --record r --texts t --worst 2", "verify m --record r --texts t --json", "runtime install --sha256 ab",
		"verify m --against r --force", "train m --pairs p -o x --head mlp", "train m --data d -o x --warm-up 0.5", "train --pairs p -o x", "tokenlearn t -o x", "tokenlearn t --features f", "diff a b --columns STS", "ablate t -o x --grid pca-dims=2,4 --tasks a", "eval m --data d --min-coverage 0.5",
		"eval m --data d --baseline b", "eval --list --data d --no-cache", "eval --print-texts --data d --json", "eval m --data d --json --markdown",
		"tokenize m --ids --json", "version --quiet --verbose", "distill t -o x --ridge 2", "distill t -o x --dry-run --pca-dims none --pca-drop 2",
		"similarity m a", "inspect", "diff a", "quantize", "import", "export", "tokenize", "verify", "eval m --seed x", "featurize", "features", "serve", "push m", "pull", "nonsense",
	} {
		a := newApp(strings.NewReader(""), new(strings.Builder), new(strings.Builder), func(string) string { return "" })
		root := newRootCommand(a)
		root.SetArgs(strings.Fields(line))
		err := root.ExecuteContext(t.Context())
		if exitCode(err) != exitUsage {
			t.Errorf("m2v %s: got %v, want wrong usage", line, err)
		}
	}
}

func TestTrainFlags(t *testing.T) {
	type trainTest = flagTest[trainOptions]
	base := trainOptions{Ref: "m", Classifier: classifier.DefaultOptions(), Data: defaultLabelledOptions(), Pairs: pairs.DefaultOptions()}
	checkFlags(t, newTrainCommand, base, "m",
		trainTest{"m -o out --data d --validation v --test t --fail-under accuracy=1,r2=2 --force --json", func(o *trainOptions) {
			o.Out, o.Data.File, o.Validation, o.Test, o.Least, o.Force, o.JSON = "out", "d", "v", "t", []string{"accuracy=1", "r2=2"}, true, true
		}},
		trainTest{"m --output=out", func(o *trainOptions) { o.Out = "out" }},
		trainTest{"m --input-format csv --text-column a --label-column b --task multi --label-separator ;", func(o *trainOptions) {
			o.Data.Format, o.Data.TextColumn, o.Data.LabelColumn, o.Data.Task, o.Data.Separator = texts.CSV, "a", "b", classifier.Multi, ";"
		}},
		trainTest{"m --head mlp --c 2 --class-weight balanced --seed 1 --layers 2 --hidden 3 --learning-rate 4 --train-batch-size 5 --epochs 6 --patience 7", func(o *trainOptions) {
			c := &o.Classifier
			c.Kind, c.C, o.ClassWeight, c.Seed, c.Layers, c.Hidden, c.Rate, c.Batch, c.Epochs, c.Patience = classifier.MLP, 2, "balanced", 1, 2, 3, 4, 5, 6, 7
		}},
		trainTest{"m --validation-part 0.2 --freeze --freeze-weights --learn-weights --token-dropout 0.3 --focal-gamma 2", func(o *trainOptions) {
			c := &o.Classifier
			c.Validation, c.Freeze, c.FreezeWeights, c.LearnWeights, c.TokenDropout, c.Focal = 0.2, true, true, true, 0.3, 2
		}},
		trainTest{"m " + teacherFlags, func(o *trainOptions) { teacherOptions(&o.Model) }},
		trainTest{"m --pairs p --anchor-column a --positive-column b --negative-column c --score-column d --random-rows 3 --matryoshka-dims 1,2 --temperature 4 --warm-up 0.5", func(o *trainOptions) {
			o.PairSource = pairs.Source{File: "p", Anchor: "a", Positive: "b", Negative: "c", Score: "d"}
			o.Pairs.Random, o.Pairs.Dims, o.Pairs.Temperature, o.Pairs.WarmUp = 3, pairs.Dims{1, 2}, 4, 0.5
		}},
		trainTest{"m --pairs p --epochs 2 --seed 1", func(o *trainOptions) {
			o.PairSource.File, o.Pairs.Epochs, o.Pairs.Seed, o.Classifier.Epochs, o.Classifier.Seed = "p", 2, 1, 2, 1
		}},
	)
	tokens := tokenlearnOptions{Teacher: "m", Recipe: tokenlearn.DefaultRecipe(), Read: distill.DefaultSwitches().Teacher}
	checkFlags(t, newTokenlearnCommand, tokens, "m",
		flagTest[tokenlearnOptions]{"m -o out --features f --preset 32M --start fit --force --json --resume --revision v1 --onnx-file g --pooling last --quantize-to int8", func(o *tokenlearnOptions) {
			o.Out, o.Features, o.Recipe.Start, o.Force, o.JSON, o.Revision = "out", []string{"f"}, tokenlearn.Fitted, true, true, "v1"
			o.Recipe.Student.Dims.Count, o.Recipe.VocabSize, o.Recipe.Train.Resume, o.Recipe.Student.Type = 512, 56_000, true, matrix.Int8
			o.Read.ONNXFile, o.Read.Pooling = "g", transformer.Last
		}},
		flagTest[tokenlearnOptions]{"m --output=out --preset 2M --pca-dims 3 --vocab-size 4 --loss cosine --temperature 5 --learning-rate 6 --batch-size 7", func(o *tokenlearnOptions) {
			o.Out, o.Recipe.Student.Dims.Count, o.Recipe.VocabSize = "out", 3, 4
			r := &o.Recipe.Train
			r.Loss, r.Temperature, r.Rate, r.Batch = tokenlearn.Cosine, 5, 6, 7
		}},
		flagTest[tokenlearnOptions]{"m --seed 7 --min-delta 0.5 --provider coreml", func(o *tokenlearnOptions) {
			o.Recipe.Train.Seed, o.Recipe.Train.MinDelta, o.Provider = 7, 0.5, runtime.CoreML
		}},
	)
}

func TestClassifierFlags(t *testing.T) {
	type predictTest = flagTest[predictOptions]
	checkFlags(t, newPredictCommand, predictOptions{Dir: "c", Input: inputOptions{Texts: texts.DefaultOptions(), Files: []string{}}, Threshold: 0.5}, "c",
		predictTest{"c a b -o out --threshold 0.2 --probabilities --keep id,x --model t", func(o *predictOptions) {
			o.Input.Files, o.Out, o.Threshold, o.Probabilities, o.Keep, o.Teacher = []string{"a", "b"}, "out", 0.2, true, []string{"id", "x"}, "t"
		}},
		predictTest{"c --output=out", func(o *predictOptions) { o.Out = "out" }},
		predictTest{"c --input-format tsv --field f --header --skip-bad --bad-file b", func(o *predictOptions) {
			o.Input.Texts.Format, o.Input.Texts.Field, o.Input.Texts.Header, o.Input.SkipBad, o.Input.BadFile = texts.TSV, "f", true, true, "b"
		}},
		predictTest{"c " + teacherFlags, func(o *predictOptions) { teacherOptions(&o.Model) }},
	)
	type evaluateTest = flagTest[evaluateOptions]
	checkFlags(t, newEvaluateCommand, evaluateOptions{Dir: "c", Data: defaultLabelledOptions(), Threshold: 0.5}, "c",
		evaluateTest{"c --data d --threshold 0.2 --fail-under accuracy=1 --json --model t", func(o *evaluateOptions) {
			o.Data.File, o.Threshold, o.Least, o.JSON, o.Teacher = "d", 0.2, []string{"accuracy=1"}, true, "t"
		}},
		evaluateTest{"c --input-format csv --text-column a --label-column b --task multi --label-separator ;", func(o *evaluateOptions) {
			o.Data.Format, o.Data.TextColumn, o.Data.LabelColumn, o.Data.Task, o.Data.Separator = texts.CSV, "a", "b", classifier.Multi, ";"
		}},
		evaluateTest{"c " + teacherFlags, func(o *evaluateOptions) { teacherOptions(&o.Model) }},
	)
	type benchTest = flagTest[benchTrainOptions]
	base := benchTrainOptions{Ref: "m", Table: bench.DefaultOptions(), Systems: []string{"tf-idf", "logreg", "mlp"}}
	checkFlags(t, newBenchTrainCommand, base, "m",
		benchTest{"m --data d --sets a,b --systems mlp --teacher x --teacher y --examples 9 --seeds 1 -o t.md --json", func(o *benchTrainOptions) {
			o.Data, o.Sets, o.Systems, o.Teachers = "d", []string{"a", "b"}, []string{"mlp"}, []string{"x", "y"}
			o.Table.Examples, o.Table.Seeds, o.Out, o.JSON = 9, 1, "t.md", true
		}},
		benchTest{"m --output=t.md", func(o *benchTrainOptions) { o.Out = "t.md" }},
		benchTest{"m " + teacherFlags, func(o *benchTrainOptions) { teacherOptions(&o.Model) }},
	)
}
