package main

import (
	"fmt"
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
a string or an integer. Several labels are an array, or in a table a list with --task multi.
Numbers with a fraction are predicted as numbers (regression).`

func (o *labelledOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.File, "data", "", "the file of labelled texts")
	f.Var(&o.Format, "input-format", "jsonl, csv, tsv or parquet (auto: by the file's suffix)")
	f.StringVar(&o.TextColumn, "text-column", "", "field or column of the texts (default: text)")
	f.StringVar(&o.LabelColumn, "label-column", "", "field or column of the labels (default: label)")
	f.Var(&o.Task, "task", "auto, single, multi or regression")
	f.StringVar(&o.Separator, "label-separator", o.Separator, "what separates several labels in a cell of CSV or TSV")
}

// source is o as the library has it.
func (o labelledOptions) source(a *app) classifier.Source {
	return classifier.Source{
		File: o.File, Format: o.Format, TextColumn: o.TextColumn, LabelColumn: o.LabelColumn, Task: o.Task, Separator: o.Separator, Stdin: a.In,
	}
}

// checkLeast fails for scores that do not hold; of none, nothing has to.
func checkLeast(s *classifier.Scores, gates []eval.Gate) error {
	if s == nil {
		return nil
	}
	under, err := s.Under(gates)
	if err != nil || under == nil {
		return err
	}
	return gateError{fmt.Errorf("evaluate: %s", strings.Join(under, "; "))}
}
