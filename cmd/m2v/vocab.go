package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/stream"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/vocab"
)

// vocabBuildOptions is the command line of m2v vocab build.
type vocabBuildOptions struct {
	Input inputOptions
	Out   string // "" is stdout
	Size  int    // words; 0 for all
	Least int    // how often a word has to come
}

func newVocabCommand(build func(context.Context, vocabBuildOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "vocab",
		Short:   "Make a vocabulary of your own words",
		Long:    "Make a vocabulary that m2v distill --vocabulary reads.\n\n" + exitCodesHelp,
		Example: "  m2v vocab build corpus.txt --size 10000 -o words.txt",
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newVocabBuildCommand(build))
	return cmd
}

func newVocabBuildCommand(run func(context.Context, vocabBuildOptions) error) *cobra.Command {
	o := vocabBuildOptions{Input: inputOptions{Texts: texts.DefaultOptions()}, Size: 10000, Least: 1}
	cmd := &cobra.Command{
		Use:   "build [FILE…]",
		Short: "List the most frequent words of texts",
		Long: `Build counts the words of lower-cased texts, \w+|[^\w\s]+ as Python understands it,
and writes the most frequent ones, one word on each line: the most frequent first, equally frequent ones in
the order of the texts.

` + inputHelp + `

` + exitCodesHelp,
		Example: "  m2v vocab build corpus.txt --size 10000 -o words.txt",
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Input.Files = list
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.Size, "size", o.Size, "how many words; 0 for all")
	f.IntVar(&o.Least, "min-count", o.Least, "leave out words that occur less often")
	f.StringVarP(&o.Out, "output", "o", "", "the file to write (default: stdout, as -)")
	o.Input.addFlags(f)
	return cmd
}

func runVocabBuild(ctx context.Context, a *app, o vocabBuildOptions) error {
	if o.Size < 0 {
		return usagef("--size %d is negative", o.Size)
	}
	if o.Least < 1 {
		return usagef("--min-count %d is not positive", o.Least)
	}
	counter, err := a.countWords(ctx, o.Input)
	if err != nil {
		return err
	}
	words, err := counter.Frequent(o.Size, o.Least)
	if err != nil {
		return err
	}
	if forgotten, _ := counter.Dropped(); forgotten > 0 {
		a.Warn(fmt.Sprintf("%d rare words were forgotten to save memory; counts of rare words are lower bounds", forgotten))
	}
	if o.Out == "" || o.Out == "-" {
		return vocab.WriteWords(a.Out, words)
	}
	inputs := o.Input.Files
	if len(inputs) == 0 {
		inputs = []string{"-"}
	}
	write := func(w io.Writer) error { return vocab.WriteWords(w, words) }
	if err := files.Write(o.Out, write, inputs...); err != nil {
		return fmt.Errorf("write %s: %w", o.Out, err)
	}
	return nil
}

// countWords counts the words of all texts.
func (a *app) countWords(ctx context.Context, o inputOptions) (*vocab.Counter, error) {
	options, finish := a.streaming("count words", o, 0, false)
	words, skipped, err := stream.CountWords(ctx, a.input(o), options)
	finish()
	if err == nil {
		a.tellSkipped(skipped)
	}
	return words, err
}
