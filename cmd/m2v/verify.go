package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/recording"
)

// verifyOptions is the command line of m2v verify.
type verifyOptions struct {
	modelOptions
	Model     string
	Against   string // a recording to compare with
	Record    string // a recording to make
	Texts     string // the texts to record, "-" for stdin
	Tolerance float64
	Worst     int // texts to show
	Force     bool
	JSON      bool
}

func newVerifyCommand(run func(context.Context, verifyOptions) error) *cobra.Command {
	o := verifyOptions{Tolerance: 1e-6, Worst: 5}
	cmd := &cobra.Command{
		Use:   "verify MODEL --against RECORDING",
		Short: "Check that a model gives the ids and vectors it gave before",
		Long: `With --record, verify writes the ids and vectors of a file of texts, a line each, to
a recording. With --against, it encodes the recording's texts again, on any machine
and in any version, and shows the texts that differ most. Ids must be equal, and
values of vectors within --tolerance.

` + exitCodesWith("3 the model differs"),
		Example: "  m2v verify student --record golden.jsonl --texts texts.txt\n  m2v verify student --against golden.jsonl",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Model = list[0]
			if o.Record != "" {
				if err := idle(cmd.Flags(), "with --record, which compares nothing", "tolerance", "worst", "json"); err != nil {
					return err
				}
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Against, "against", "", "the recording to compare with")
	f.StringVar(&o.Record, "record", "", "the recording to write; - for stdout")
	f.StringVar(&o.Texts, "texts", "", "the texts to record, a line each; - for stdin")
	f.Float64Var(&o.Tolerance, "tolerance", o.Tolerance, "differences up to this count as equal")
	f.IntVar(&o.Worst, "worst", o.Worst, "how many of the differing texts are shown")
	f.BoolVar(&o.Force, "force", false, "replace an existing recording")
	f.BoolVar(&o.JSON, "json", false, "print the comparison as JSON")
	o.modelOptions.addFlags(f)
	return cmd
}

func runVerify(ctx context.Context, a *app, o verifyOptions) error {
	switch {
	case (o.Against == "") == (o.Record == ""):
		return withHint(usagef("need --against or --record, and not both"), "--record FILE --texts FILE makes what --against FILE checks")
	case (o.Record == "") != (o.Texts == ""):
		return usagef("--record and --texts go together")
	case o.Force && o.Record == "":
		return usagef("--force goes with --record")
	case !(o.Tolerance >= 0):
		return usagef("--tolerance %v is not 0 or more", o.Tolerance)
	}
	if o.Record != "" && o.Record != "-" {
		if err := recording.CheckPlace(o.Record, o.Texts, o.Force); err != nil {
			return err
		}
	}
	m, err := a.openModel(ctx, o.Model, o.modelOptions)
	if err != nil {
		return err
	}
	defer m.Close()
	if o.Record != "" {
		return a.record(ctx, m, o)
	}
	return a.compareWithRecording(ctx, m, o)
}

// record writes what the model makes of the texts.
func (a *app) record(ctx context.Context, m *opened, o verifyOptions) error {
	var all []string
	err := a.eachText(ctx, o.Texts, func(list []string) error {
		all = append(all, list...)
		return nil
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: no texts", o.Texts)
	}
	r, err := recording.Make(ctx, m, m.Tokenizer, all)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Model, err)
	}
	if o.Record == "-" {
		return r.Write(a.Out)
	}
	return r.WriteFile(o.Record, o.Texts)
}

func (a *app) compareWithRecording(ctx context.Context, m *opened, o verifyOptions) error {
	want, err := recording.Open(o.Against)
	if errors.Is(err, recording.ErrFormat) {
		return withHint(err, "m2v verify MODEL --record FILE --texts FILE makes one")
	}
	if err != nil {
		return err
	}
	if want.Dims != m.Dims() {
		return gateError{fmt.Errorf("%s has %d dimensions, the recording %d", o.Model, m.Dims(), want.Dims)}
	}
	got, err := recording.Make(ctx, m, m.Tokenizer, want.List())
	if err != nil {
		return fmt.Errorf("%s: %w", o.Model, err)
	}
	c := recording.Compare(want, got, o.Tolerance)
	c.Worst = c.Worst[:min(max(o.Worst, 0), len(c.Worst))]
	if err := a.printComparison(c, o.JSON); err != nil {
		return err
	}
	if c.Different > 0 {
		return gateError{fmt.Errorf("%d of %d texts differ", c.Different, c.Texts)}
	}
	return nil
}

func (a *app) printComparison(c recording.Comparison, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(c)
	}
	for _, d := range c.Worst {
		fmt.Fprintf(a.Out, "%.3g\t%q\n", d.Difference, d.Text)
		if d.WantIDs != nil {
			fmt.Fprintf(a.Out, "\tids %v, recorded %v\n", d.GotIDs, d.WantIDs)
		}
	}
	_, err := fmt.Fprintf(a.Out, "%d texts, %d differ (%d in their ids), largest difference %.3g\n", c.Texts, c.Different, c.IDs, c.Difference)
	return err
}
