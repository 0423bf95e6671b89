package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/texts"
)

// labelledOptions say where labelled texts come from.
type labelledOptions struct {
	File                    string
	Format                  texts.Format
	TextColumn, LabelColumn string
	Task                    classifier.Task
	Separator               string
}

func defaultLabelledOptions() labelledOptions {
	return labelledOptions{Task: classifier.Auto, Separator: ","}
}

// labelledHelp is the part of a command's help that tells what it reads.
const labelledHelp = `Labelled texts are JSON Lines, CSV, TSV or Parquet, compressed or not, with the columns
text and label; a TSV file without a header has the label first, then the text. A label is
a string or an integer, several are an array, or in a table a list with --task multi;
numbers with a fraction are learned as such.`

func (o *labelledOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.File, "data", "", "the file of labelled texts")
	f.Var(&o.Format, "input-format", "jsonl, csv, tsv or parquet (auto: by the file's suffix)")
	f.StringVar(&o.TextColumn, "text-column", "", "field or column of the texts (default: text)")
	f.StringVar(&o.LabelColumn, "label-column", "", "field or column of the labels (default: label)")
	f.Var(&o.Task, "task", "auto, single, multi or regression")
	f.StringVar(&o.Separator, "label-separator", o.Separator, "of several labels in a cell of CSV or TSV")
}

// source is o as the library has it.
func (o labelledOptions) source(a *app) classifier.Source {
	return classifier.Source{
		File: o.File, Format: o.Format, TextColumn: o.TextColumn, LabelColumn: o.LabelColumn, Task: o.Task, Separator: o.Separator, Stdin: a.In,
	}
}

// scoreLine is scores in one line.
func scoreLine(s *classifier.Scores, of string) string {
	if len(s.Classes) == 0 {
		return fmt.Sprintf("%s: %d texts, mean squared error %.4g, R² %.4f", of, s.Texts, s.MSE, s.R2)
	}
	return fmt.Sprintf("%s: %d texts, accuracy %.2f %%, macro F1 %.2f, weighted F1 %.2f", of, s.Texts, 100*s.Accuracy, 100*s.MacroF1, 100*s.WeightedF1)
}

// leastScores are the scores that gates may name.
var leastScores = map[string]func(*classifier.Scores) float64{
	"accuracy":    func(s *classifier.Scores) float64 { return s.Accuracy },
	"macro-f1":    func(s *classifier.Scores) float64 { return s.MacroF1 },
	"weighted-f1": func(s *classifier.Scores) float64 { return s.WeightedF1 },
	"r2":          func(s *classifier.Scores) float64 { return s.R2 },
}

// parseLeast reads the gates of --fail-under.
func parseLeast(list []string) ([]eval.Gate, error) {
	var gates []eval.Gate
	for _, text := range list {
		g, err := eval.ParseGate(text)
		if err != nil || leastScores[g.Name] == nil {
			return nil, usagef("--fail-under: %q is not accuracy, macro-f1, weighted-f1 or r2, = and a number, such as accuracy=90", text)
		}
		gates = append(gates, g)
	}
	return gates, nil
}

// checkLeast fails for scores that do not hold.
func checkLeast(s *classifier.Scores, list []string) error {
	gates, err := parseLeast(list)
	if err != nil || s == nil {
		return err
	}
	var under []string
	for _, g := range gates {
		if numbers := len(s.Classes) == 0; numbers != (g.Name == "r2") {
			return usagef("--fail-under %s: r2 is a score of predicted numbers, and the others are of labels", g.Name)
		}
		if got := 100 * leastScores[g.Name](s); got < g.Bound || math.IsNaN(got) {
			under = append(under, fmt.Sprintf("%s is %.2f, under %v", g.Name, got, g.Bound))
		}
	}
	if under == nil {
		return nil
	}
	return gateError{fmt.Errorf("evaluate: %s", strings.Join(under, "; "))}
}
