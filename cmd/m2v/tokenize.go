package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/stream"
	"github.com/m2v-dev/m2v/texts"
)

// tokenizeOptions is the command line of m2v tokenize.
type tokenizeOptions struct {
	Ref      string // a folder, a Hub id or a tokenizer.json
	Revision string
	Input    inputOptions
	JSONL    bool // the input is JSON Lines
	Specials bool
	IDs      bool
	JSON     bool
	Threads  int
}

func newTokenizeCommand(run func(context.Context, tokenizeOptions) error) *cobra.Command {
	o := tokenizeOptions{Input: inputOptions{Texts: texts.DefaultOptions()}}
	cmd := &cobra.Command{
		Use:   "tokenize MODEL|tokenizer.json [FILE…]",
		Short: "Turn texts into tokens and their ids",
		Long: `Tokenize prints the tokens of each text: a line with id, tab and token for each, and
an empty line after each text. With --ids it is a JSON array of ids a text, with --json
an object with ids and tokens. Nothing is truncated or padded.

` + inputHelp + `

` + exitCodesHelp,
		Example: "  m2v tokenize student texts.txt --ids\n  m2v tokenize student texts.txt",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Ref, o.Input.Files = list[0], list[1:]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.IDs, "ids", false, "print one JSON array of ids a line")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a line")
	f.BoolVar(&o.Specials, "specials", false, "add the special tokens, as a teacher gets them")
	f.BoolVar(&o.JSONL, "jsonl", false, "read a JSON string or object a line: --input-format jsonl")
	o.Input.addFlags(f)
	f.IntVar(&o.Threads, "threads", 0, "texts that are tokenized at a time (default: one a core)")
	f.StringVar(&o.Revision, "revision", "", "branch, tag or commit of a model on the Hub")
	return cmd
}

func (o tokenizeOptions) check() error {
	if o.Threads < 0 {
		return usagef("--threads %d is negative", o.Threads)
	}
	if o.IDs && o.JSON {
		return usagef("--ids and --json are two forms of output: choose one")
	}
	if f := o.Input.Texts.Format; o.JSONL && f != texts.Auto && f != texts.JSONL {
		return usagef("--jsonl with --input-format %s", f)
	}
	return nil
}

func runTokenize(ctx context.Context, a *app, o tokenizeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.JSONL {
		o.Input.Texts.Format = texts.JSONL
	}
	tok, err := model.OpenTokenizer(ctx, o.Ref, model.Options{Find: a.finder(), Revision: o.Revision})
	if err != nil {
		return err
	}
	options, finish := a.streaming("tokenize", o.Input, o.Threads, true)
	skipped, err := stream.Tokenize(ctx, tok, a.input(o.Input), stream.Tokens{Form: o.form(), Specials: o.Specials}, a.Out, options)
	finish()
	if err == nil {
		a.tellSkipped(skipped)
	}
	return err
}

// form is how the tokens are written.
func (o tokenizeOptions) form() stream.Form {
	switch {
	case o.IDs:
		return stream.IDs
	case o.JSON:
		return stream.Objects
	}
	return stream.Table
}
