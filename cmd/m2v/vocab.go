package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/vocab"
)

// vocabBuildOptions is the command line of m2v vocab build.
type vocabBuildOptions struct {
	Files []string // none is stdin, "-" too
	Out   string   // "" is stdout
	Size  int      // words; 0 for all
	Least int      // how often a word has to come
}

func newVocabCommand(build func(context.Context, vocabBuildOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "vocab",
		Short:   "Make a vocabulary of one's own",
		Long:    "Make a vocabulary that m2v distill --vocabulary reads.\n\n" + exitCodesHelp,
		Example: "  m2v vocab build corpus.txt --size 10000 -o words.txt",
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newVocabBuildCommand(build))
	return cmd
}

func newVocabBuildCommand(run func(context.Context, vocabBuildOptions) error) *cobra.Command {
	o := vocabBuildOptions{Size: 10000, Least: 1}
	cmd := &cobra.Command{
		Use:   "build [FILE…]",
		Short: "List the most frequent words of texts",
		Long: `Build counts the words of lower-cased texts, \w+|[^\w\s]+ as Python understands it,
and writes the most frequent ones, a word a line, the most frequent first and equal
ones as they first came. Texts come from files, or from stdin without any.

` + exitCodesHelp,
		Example: "  m2v vocab build corpus.txt --size 10000 -o words.txt",
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Files = list
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.Size, "size", o.Size, "how many words; 0 for all")
	f.IntVar(&o.Least, "min-count", o.Least, "leave out words that come less often")
	f.StringVarP(&o.Out, "output", "o", "", "the file to write (default: stdout, as -)")
	return cmd
}

func runVocabBuild(ctx context.Context, a *app, o vocabBuildOptions) error {
	if o.Size < 0 {
		return usagef("--size %d is negative", o.Size)
	}
	if o.Least < 1 {
		return usagef("--min-count %d is not positive", o.Least)
	}
	if len(o.Files) == 0 {
		o.Files = []string{"-"}
	}
	var counter vocab.Counter
	for _, name := range o.Files {
		if err := a.countWords(ctx, &counter, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	words, err := counter.Frequent(o.Size, o.Least)
	if err != nil {
		return err
	}
	if forgotten, _ := counter.Dropped(); forgotten > 0 {
		a.warn(fmt.Sprintf("%d rare words were forgotten to save memory; counts of rare words are lower bounds", forgotten))
	}
	if o.Out == "" || o.Out == "-" {
		return vocab.WriteWords(a.stdout, words)
	}
	write := func(w io.Writer) error { return vocab.WriteWords(w, words) }
	if err := files.Write(o.Out, write, o.Files...); err != nil {
		return fmt.Errorf("write %s: %w", o.Out, err)
	}
	return nil
}

// countWords counts the words of a file, "-" for stdin.
func (a *app) countWords(ctx context.Context, c *vocab.Counter, name string) error {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return files.Bare(err)
		}
		defer f.Close()
		in = f
	}
	return c.Add(interruptible{ctx, in})
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}
