package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/plain"
	"github.com/m2v-dev/m2v/texts"
)

// pushOptions is the command line of m2v push.
type pushOptions struct {
	Push hub.Push
	Eval string // file of scores; "" for none
	JSON bool
}

func newPushCommand(run func(context.Context, pushOptions) error) *cobra.Command {
	var o pushOptions
	cmd := &cobra.Command{
		Use:   "push DIR REPO",
		Short: "Upload a model folder to the Hugging Face Hub",
		Long: `Push makes the files of a folder one commit of the repository REPO, owner/name, and
makes the repository where there is none. Files that the branch has already are not
sent, and files that only the branch has stay. The token comes from HF_TOKEN, or
from hf auth login; it needs the right to write.

The commit is sent once. If its answer is lost, push checks whether it has landed. It is
safe to run push again.

` + exitCodesHelp,
		Example: "  m2v push student me/student --private --eval eval.json",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Push.Dir, o.Push.Repo = list[0], list[1]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	// Not completed from the cache, and not subject to --refresh: it names a branch to write.
	f.StringVar(&o.Push.Revision, "revision", "", "the branch, which is made if there is none (default: main)")
	f.BoolVar(&o.Push.Private, "private", false, "make the repository private; an existing public repository is an error")
	f.BoolVar(&o.Push.PullRequest, "create-pr", false, "open a pull request instead")
	f.StringVar(&o.Push.Message, "message", hub.DefaultMessage, "the commit's message")
	f.StringVar(&o.Eval, "eval", "", "put the scores of this file, which m2v eval --json wrote, into the model card")
	f.BoolVar(&o.Push.DryRun, "dry-run", false, "list what would be sent, and change nothing")
	f.BoolVar(&o.JSON, "json", false, "print the result as JSON")
	return cmd
}

func runPush(ctx context.Context, a *app, o pushOptions) error {
	if info, err := os.Stat(o.Push.Dir); err != nil || !info.IsDir() {
		return withHint(fmt.Errorf("%s: not a folder", o.Push.Dir), "usage: m2v push DIR REPO")
	}
	if o.Eval != "" {
		card, err := m2v.CardWithScores(o.Push.Dir, o.Push.Repo, o.Eval)
		if err != nil {
			return err
		}
		o.Push.Replace = map[string][]byte{"README.md": card}
	}
	stages := a.Stages()
	o.Push.Progress = func(p hub.Progress) { stages("upload to "+o.Push.Repo, "bytes", int(p.Done), int(p.Total)) }
	pushed, err := hub.Upload(ctx, o.Push, a.finder().Config)
	if err != nil {
		return err
	}
	return a.printPushed(pushed, o)
}

func (a *app) printPushed(p *hub.Pushed, o pushOptions) error {
	if o.JSON {
		return a.PrintJSON(p)
	}
	sent, size := 0, int64(0)
	for _, f := range p.Files {
		if f.State == hub.Added {
			sent, size = sent+1, size+f.Size
		}
		if o.Push.DryRun {
			fmt.Fprintf(a.Out, "%s\t%d\t%s\n", f.State, f.Size, texts.Line(f.Path))
		}
	}
	switch {
	case o.Push.DryRun:
		a.Notef("%d files of %s would be sent", sent, plain.Megabytes(size))
		return nil
	case p.UpToDate:
		a.Notef("the branch has all files already")
	}
	_, err := fmt.Fprintln(a.Out, pushedTo(p))
	return err
}

// pushedTo is the address of what was made.
func pushedTo(p *hub.Pushed) string {
	if p.PullRequest != "" {
		return p.PullRequest
	}
	return p.URL + "/tree/" + p.Commit
}
