package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
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
	JSON      bool
}

// recordingFormat is the first line of a recording, so that another file is not
// taken for one.
const recordingFormat = "m2v-recording-1"

// A recording is a file of JSON lines: recordingHead, then one recorded a text.
type recordingHead struct {
	Format string `json:"format"`
	Dims   int    `json:"dims"`
	Texts  int    `json:"texts"`
}

// recorded is what a model made of a text. Vectors are written so that they
// read back as the same float32.
type recorded struct {
	Text   string    `json:"text"`
	IDs    []int32   `json:"ids"`
	Vector []float32 `json:"vector"`
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
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Against, "against", "", "the recording to compare with")
	f.StringVar(&o.Record, "record", "", "the recording to write")
	f.StringVar(&o.Texts, "texts", "", "the texts to record, a line each; - for stdin")
	f.Float64Var(&o.Tolerance, "tolerance", o.Tolerance, "largest difference of two values that is none")
	f.IntVar(&o.Worst, "worst", o.Worst, "how many of the texts that differ are shown")
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
	case !(o.Tolerance >= 0):
		return usagef("--tolerance %v is not 0 or more", o.Tolerance)
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
	err := a.eachText(o.Texts, func(list []string) error {
		all = append(all, list...)
		return nil
	})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: no texts", o.Texts)
	}
	now, err := m.recordAll(ctx, all)
	if err != nil {
		return err
	}
	err = files.Write(o.Record, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		if err := e.Encode(recordingHead{Format: recordingFormat, Dims: m.Dims(), Texts: len(now)}); err != nil {
			return err
		}
		for _, r := range now {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}, o.Texts)
	if err != nil {
		return fmt.Errorf("write %s: %w", o.Record, err)
	}
	return nil
}

// recordAll encodes texts.
func (m *opened) recordAll(ctx context.Context, list []string) ([]recorded, error) {
	vectors := matrix.New(len(list), m.Dims())
	if err := m.Encode(ctx, list, vectors); err != nil {
		return nil, err
	}
	all := make([]recorded, len(list))
	for i, text := range list {
		for j, v := range vectors.Row(i) {
			if v-v != 0 {
				return nil, fmt.Errorf("%s: text %d, %.40q, has %v in dimension %d", m.Folder.Dir, i+1, text, v, j)
			}
		}
		all[i] = recorded{Text: text, IDs: m.Tokenizer.AppendIDs([]int32{}, text), Vector: vectors.Row(i)}
	}
	return all, nil
}

// readRecording reads a recording, whose shape it checks line by line.
func readRecording(path string) (recordingHead, []recorded, error) {
	var head recordingHead
	f, err := os.Open(path)
	if err != nil {
		return head, nil, err
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReader(f))
	if err := d.Decode(&head); err != nil || head.Format != recordingFormat || head.Dims < 1 {
		return head, nil, withHint(fmt.Errorf("%s: not a recording", path), "m2v verify MODEL --record FILE --texts FILE makes one")
	}
	var all []recorded
	for line := 2; ; line++ {
		var r recorded
		err := d.Decode(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return head, nil, fmt.Errorf("%s: line %d: %w", path, line, err)
		}
		if len(r.Vector) != head.Dims {
			return head, nil, fmt.Errorf("%s: line %d: %d values, want %d", path, line, len(r.Vector), head.Dims)
		}
		all = append(all, r)
	}
	if len(all) != head.Texts {
		return head, nil, fmt.Errorf("%s: the head promises %d texts, and there are %d", path, head.Texts, len(all))
	}
	return head, all, nil
}

// deviation is a text of which the model now makes something else.
type deviation struct {
	Text       string  `json:"text"`
	Difference float64 `json:"difference"` // largest of two values
	WantIDs    []int32 `json:"want_ids,omitempty"`
	GotIDs     []int32 `json:"got_ids,omitempty"` // both only where they differ
}

// comparison is the result of --against.
type comparison struct {
	Texts      int         `json:"texts"`
	Different  int         `json:"different"`
	IDs        int         `json:"different_ids"`
	Difference float64     `json:"largest_difference"`
	Worst      []deviation `json:"worst"`
}

func (a *app) compareWithRecording(ctx context.Context, m *opened, o verifyOptions) error {
	head, want, err := readRecording(o.Against)
	if err != nil {
		return err
	}
	if head.Dims != m.Dims() {
		return gateError{fmt.Errorf("%s has %d dimensions, the recording %d", o.Model, m.Dims(), head.Dims)}
	}
	list := make([]string, len(want))
	for i, r := range want {
		list[i] = r.Text
	}
	got, err := m.recordAll(ctx, list)
	if err != nil {
		return err
	}
	c := compare(want, got, o.Tolerance)
	c.Worst = c.Worst[:min(max(o.Worst, 0), len(c.Worst))]
	if err := a.printComparison(c, o.JSON); err != nil {
		return err
	}
	if c.Different > 0 {
		return gateError{fmt.Errorf("%d of %d texts differ", c.Different, c.Texts)}
	}
	return nil
}

// compare lists the texts that differ, the worst first: those with other ids,
// then by the largest difference of two values.
func compare(want, got []recorded, tolerance float64) comparison {
	c := comparison{Texts: len(want), Worst: []deviation{}}
	for i := range want {
		d := deviation{Text: want[i].Text}
		for j, v := range want[i].Vector {
			diff := math.Abs(float64(v) - float64(got[i].Vector[j]))
			if math.IsNaN(diff) {
				diff = math.MaxFloat64 // as far off as JSON can say
			}
			d.Difference = max(d.Difference, diff)
		}
		c.Difference = max(c.Difference, d.Difference)
		sameIDs := slices.Equal(want[i].IDs, got[i].IDs)
		if !sameIDs {
			c.IDs++
			d.WantIDs, d.GotIDs = want[i].IDs, got[i].IDs
		}
		if !sameIDs || !(d.Difference <= tolerance) {
			c.Different++
			c.Worst = append(c.Worst, d)
		}
	}
	slices.SortStableFunc(c.Worst, func(a, b deviation) int {
		switch aIDs, bIDs := a.WantIDs != nil, b.WantIDs != nil; {
		case aIDs != bIDs && aIDs:
			return -1
		case aIDs != bIDs:
			return 1
		case a.Difference > b.Difference:
			return -1
		case a.Difference < b.Difference:
			return 1
		}
		return 0
	})
	return c
}

func (a *app) printComparison(c comparison, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, c)
	}
	for _, d := range c.Worst {
		fmt.Fprintf(a.stdout, "%.3g\t%q\n", d.Difference, d.Text)
		if d.WantIDs != nil {
			fmt.Fprintf(a.stdout, "\tids %v, recorded %v\n", d.GotIDs, d.WantIDs)
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%d texts, %d differ (%d in their ids), largest difference %.3g\n", c.Texts, c.Different, c.IDs, c.Difference)
	return err
}
