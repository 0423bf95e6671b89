package classifier

import (
	"context"
	"fmt"
	"math"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
)

// Scores are how a classifier does on labelled texts. Shares are in [0, 1].
type Scores struct {
	Texts int `json:"texts"`
	// Accuracy is the share of texts with exactly the right label or labels.
	Accuracy   float64      `json:"accuracy"`
	MacroF1    float64      `json:"macro_f1"`    // the mean over the classes that occur
	WeightedF1 float64      `json:"weighted_f1"` // weighted by how often each occurs
	Classes    []ClassScore `json:"classes"`
	// Confusion counts the texts of class i that were given class j; where the task is
	// Single. The last row is of labels that training has not seen.
	Confusion [][]int `json:"confusion,omitempty"`
	Unseen    int     `json:"unseen_labels,omitempty"` // texts with such a label

	// Of Regression.
	MSE float64 `json:"mse,omitempty"`
	MAE float64 `json:"mae,omitempty"`
	R2  float64 `json:"r2,omitempty"`
}

// ClassScore is how a classifier does on one class.
type ClassScore struct {
	Class     string  `json:"class"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Support   int     `json:"support"` // texts of the class
}

// Evaluate predicts labelled texts and compares. A label that training has not seen counts as
// a wrong answer.
func (c *Classifier) Evaluate(ctx context.Context, e *Examples, threshold float64) (*Scores, error) {
	if !(threshold >= 0 && threshold <= 1) {
		return nil, fault.Option("threshold", threshold, "is not in [0, 1]")
	}
	if e.Task != c.Task {
		return nil, fmt.Errorf("classifier: evaluate: the classifier's task is %s, the task of the texts is %s", c.Task, e.Task)
	}
	if c.Task == Regression && len(e.Values[0]) != len(c.Head.Layers[len(c.Head.Layers)-1].Bias) {
		return nil, fmt.Errorf("classifier: evaluate: each text has %d numbers, and the classifier predicts %d", len(e.Values[0]), len(c.Head.Layers[len(c.Head.Layers)-1].Bias))
	}
	out, err := c.outputs(ctx, e.Texts)
	if err != nil {
		return nil, err
	}
	t, unknown := e.targets(c.Classes)
	s := c.scores(out, t, threshold)
	if c.Task == Multi { // a label that is not predicted is missed
		s.addUnknown(e, unknown)
	}
	return s, nil
}

// scores compares outputs, before softmax or sigmoid, with targets.
func (c *Classifier) scores(out *matrix.Matrix, t targets, threshold float64) *Scores {
	switch c.Task {
	case Single:
		return c.singleScores(out, t.classes)
	case Multi:
		return c.multiScores(out, t.values, threshold)
	}
	return regressionScores(out, t.values)
}

func (c *Classifier) singleScores(out *matrix.Matrix, want []int) *Scores {
	n := len(c.Classes)
	s := &Scores{Texts: out.Rows, Confusion: make([][]int, n+1)}
	for i := range s.Confusion {
		s.Confusion[i] = make([]int, n)
	}
	right := 0
	for i, w := range want {
		got := highest(out.Row(i))
		if got == w {
			right++
		}
		if w < 0 {
			w = n
			s.Unseen++
		}
		s.Confusion[w][got]++
	}
	tallies := make([]tally, n)
	for k := range tallies {
		for i, row := range s.Confusion {
			tallies[k].got += row[k]
			if i == k {
				tallies[k].right = row[k]
			}
		}
		for _, count := range s.Confusion[k] {
			tallies[k].want += count
		}
	}
	s.Accuracy = share(right, out.Rows)
	s.summarize(c.Classes, tallies)
	return s
}

func (c *Classifier) multiScores(out, want *matrix.Matrix, threshold float64) *Scores {
	s := &Scores{Texts: out.Rows}
	tallies := make([]tally, len(c.Classes))
	exact := 0
	for i := range out.Rows {
		same := true
		for k, v := range out.Row(i) {
			got, is := 1/(1+math.Exp(-float64(v))) > threshold, want.Row(i)[k] == 1
			tallies[k].add(got, is)
			same = same && got == is
		}
		if same {
			exact++
		}
	}
	s.Accuracy = share(exact, out.Rows)
	s.summarize(c.Classes, tallies)
	return s
}

// addUnknown counts texts with a label that training has not seen as wrong.
func (s *Scores) addUnknown(e *Examples, unknown map[string]int) {
	if len(unknown) == 0 {
		return
	}
	for _, names := range e.Labels {
		for _, name := range names {
			if unknown[name] > 0 {
				s.Unseen++
				break
			}
		}
	}
}

// tally counts texts of a class.
type tally struct{ want, got, right int }

func (t *tally) add(got, want bool) {
	if got {
		t.got++
	}
	if want {
		t.want++
	}
	if got && want {
		t.right++
	}
}

// summarize fills the means, as scikit-learn's classification_report has them: a class
// counts if it occurs in the labels or in the predictions.
func (s *Scores) summarize(classes []string, tallies []tally) {
	occur, total := 0, s.Unseen
	for k, t := range tallies {
		c := ClassScore{Class: classes[k], Precision: share(t.right, t.got), Recall: share(t.right, t.want), F1: share(2*t.right, t.want+t.got), Support: t.want}
		s.Classes = append(s.Classes, c)
		if t.want+t.got > 0 {
			occur++
			s.MacroF1 += c.F1
			s.WeightedF1 += c.F1 * float64(t.want)
			total += t.want
		}
	}
	s.MacroF1 /= float64(max(occur, 1))
	s.WeightedF1 /= float64(max(total, 1))
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

func regressionScores(out, want *matrix.Matrix) *Scores {
	s := &Scores{Texts: out.Rows, Classes: []ClassScore{}}
	n := float64(len(out.Data))
	means := make([]float64, want.Cols)
	for i := range want.Rows {
		for j, v := range want.Row(i) {
			means[j] += float64(v) / float64(want.Rows)
		}
	}
	var errors, spread float64
	for i, v := range out.Data {
		d := float64(v) - float64(want.Data[i])
		errors += d * d
		s.MAE += math.Abs(d) / n
		m := float64(want.Data[i]) - means[i%want.Cols]
		spread += m * m
	}
	s.MSE = errors / n
	if spread > 0 {
		s.R2 = 1 - errors/spread
	}
	return s
}
