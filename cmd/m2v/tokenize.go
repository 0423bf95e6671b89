package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/filter"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/texts"
	"github.com/m2v-dev/m2v/tokenizer"
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
	f := &filter.Filter{Workers: threads(o.Threads), Size: staticBatch}
	if a.interactive(o.Input) {
		f.Size = 1
	}
	if f.Reader, err = a.openTexts(o.Input, staticBatchBytes); err != nil {
		return err
	}
	update, finish := a.readProgress("tokenize", f.Reader, true)
	f.NewWork = func() filter.Work { return o.work(tok) }
	f.Write = func(out []byte, _ int) error { _, err := a.stdout.Write(out); return err }
	f.After = update
	err = f.Run(ctx)
	finish()
	if err == nil {
		a.tellSkipped(f.Reader)
	}
	return err
}

// work returns what one of several workers does to a batch of texts.
func (o tokenizeOptions) work(tok *tokenizer.Tokenizer) filter.Work {
	encoder := tok.NewEncoder()
	var ids []int32
	return func(ctx context.Context, out []byte, list []string) ([]byte, error) {
		for _, text := range list {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			if o.Specials {
				ids = encoder.AppendIDsWithSpecials(ids[:0], text)
			} else {
				ids = encoder.AppendIDs(ids[:0], text)
			}
			out = o.appendText(out, tok, ids)
		}
		return out, nil
	}
}

// appendText appends what is printed for a text.
func (o tokenizeOptions) appendText(out []byte, tok *tokenizer.Tokenizer, ids []int32) []byte {
	switch {
	case o.IDs:
		return append(appendIDs(out, ids), '\n')
	case o.JSON:
		out = appendIDs(append(out, `{"ids":`...), ids)
		out = append(out, `,"tokens":[`...)
		for i, id := range ids {
			if i > 0 {
				out = append(out, ',')
			}
			token, _ := tok.Token(id)
			out = appendJSONString(out, token)
		}
		return append(out, "]}\n"...)
	}
	for _, id := range ids {
		token, _ := tok.Token(id)
		out = strconv.AppendInt(out, int64(id), 10)
		out = append(append(out, '\t'), plainText(token)...)
		out = append(out, '\n')
	}
	return append(out, '\n')
}

func appendIDs(out []byte, ids []int32) []byte {
	out = append(out, '[')
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, int64(id), 10)
	}
	return append(out, ']')
}

// appendJSONString appends s as JSON, without escapes that only HTML needs.
func appendJSONString(out []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return append(out, bytes.TrimRight(b.Bytes(), "\n")...)
}
