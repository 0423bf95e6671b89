package classifier_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

func student(t *testing.T, name string) *static.Model {
	t.Helper()
	m, err := static.Open("../static/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// places are texts about things and about deeds.
func places() *classifier.Examples {
	e := &classifier.Examples{Task: classifier.Single}
	things := strings.Fields("house stone river bridge mountain window paper garden")
	deeds := strings.Fields("sing read write run walk open close student")
	for i := range 64 {
		words, label := things, "thing"
		if i%2 == 1 {
			words, label = deeds, "deed"
		}
		e.Texts = append(e.Texts, fmt.Sprintf("the %s and a %s", words[i/2%8], words[i/3%8]))
		e.Labels = append(e.Labels, []string{label})
	}
	return e
}

func options(kind classifier.Kind) classifier.Options {
	o := classifier.DefaultOptions()
	o.Kind, o.Hidden, o.Rate, o.Epochs, o.Patience = kind, 32, 2e-2, 80, 40
	o.Validation = 0.4
	return o
}

func fit(t *testing.T, e *classifier.Examples, o classifier.Options) (*classifier.Classifier, *classifier.Report) {
	t.Helper()
	c, r, err := classifier.Fit(t.Context(), base(t, o), e, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

func base(t *testing.T, o classifier.Options) classifier.Base {
	if o.Kind == classifier.TFIDF {
		return classifier.Base{}
	}
	return classifier.Base{Static: student(t, "float32")}
}

// write writes a folder and returns its path and files.
func write(t *testing.T, c *classifier.Classifier, r *classifier.Report) (string, map[string]string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "c")
	f := classifier.Folder{Report: r, Manifest: c.Manifest(&export.Manifest{}, map[string]string{"data": "00"})}
	if err := c.Write(t.Context(), dir, f, export.Options{}); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return dir, files
}

var test = []string{"a stone garden", "sing and walk", "the", "日本", ""}

func TestEveryHeadLearnsAndReadsBack(t *testing.T) {
	for _, kind := range []classifier.Kind{classifier.Logreg, classifier.MLP, classifier.TFIDF} {
		c, r := fit(t, places(), options(kind))
		before, err := c.Predict(t.Context(), test, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		if before[0].Labels[0] != "thing" || before[1].Labels[0] != "deed" {
			t.Errorf("%s: %v", kind, before[:2])
		}
		s, err := c.Evaluate(t.Context(), places(), 0.5)
		if err != nil || s.Accuracy < 0.95 {
			t.Errorf("%s: %+v, %v", kind, s, err)
		}
		if kind != classifier.MLP && r.C == 0 || kind == classifier.MLP && (r.Best == nil || r.Validation == nil) {
			t.Errorf("%s: report %+v", kind, r)
		}
		dir, files := write(t, c, r)
		if !classifier.IsClassifier(dir) || static.IsModel(dir) == (kind == classifier.TFIDF) || files["report.html"] == "" || files["m2v.json"] == "" {
			t.Errorf("%s: %s has %d files", kind, dir, len(files))
		}
		opened, err := classifier.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		after, err := opened.Predict(t.Context(), test, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: %v, before %v", kind, after, before)
		}
	}
}

func TestSameBytesOnAnyCores(t *testing.T) {
	for _, kind := range []classifier.Kind{classifier.Logreg, classifier.MLP, classifier.TFIDF} {
		var first map[string]string
		for _, procs := range []int{1, 3} {
			before := runtime.GOMAXPROCS(procs)
			o := options(kind)
			o.TokenDropout = 0.2
			c, r := fit(t, places(), o)
			runtime.GOMAXPROCS(before)
			_, files := write(t, c, r)
			if first == nil {
				first = files
			}
			for name, data := range files {
				if data != first[name] {
					t.Errorf("%s, %d cores: %s differs", kind, procs, name)
				}
			}
		}
	}
}

func TestSeveralLabelsAndNumbers(t *testing.T) {
	several := places()
	several.Task = classifier.Multi
	numbers := &classifier.Examples{Task: classifier.Regression, Texts: several.Texts}
	for i, labels := range several.Labels {
		value := -1.0
		if labels[0] == "thing" {
			value = 1
			several.Labels[i] = append(labels, "any")
		} else if i%4 == 3 {
			several.Labels[i] = nil
		}
		numbers.Values = append(numbers.Values, []float64{value, 3})
	}
	for _, kind := range []classifier.Kind{classifier.Logreg, classifier.MLP} {
		c, r := fit(t, several, options(kind))
		p, err := c.Predict(t.Context(), test, 0.5)
		if err != nil || !slices.Equal(p[0].Labels, []string{"any", "thing"}) || slices.Contains(p[1].Labels, "any") {
			t.Errorf("%s: %v, %v", kind, p, err)
		}
		write(t, c, r)
	}
	c, r := fit(t, numbers, options(classifier.MLP))
	p, err := c.Predict(t.Context(), test, 0.5)
	if err != nil || p[0].Values[0] < 0.2 || p[1].Values[0] > -0.2 || len(p[0].Labels) != 0 {
		t.Errorf("%v, %v", p, err)
	}
	s, err := c.Evaluate(t.Context(), numbers, 0.5)
	if err != nil || s.R2 < 0.7 {
		t.Errorf("%+v, %v", s, err)
	}
	write(t, c, r)
}

// A model whose tokens share rows keeps its mapping and its weights; one with weights of its
// own has them in its rows.
func TestModelsOfEveryForm(t *testing.T) {
	for _, name := range []string{"clusters", "weights", "int8", "unigram"} {
		o := options(classifier.MLP)
		o.LearnWeights = true
		m := student(t, name)
		c, r, err := classifier.Fit(t.Context(), classifier.Base{Static: m}, places(), nil, o)
		if err != nil {
			t.Fatal(err)
		}
		if (c.Static().Mapping() == nil) != (m.Mapping() == nil) || c.Static().Weights() != nil && m.Mapping() == nil {
			t.Errorf("%s: mapping %t, weights %t", name, c.Static().Mapping() != nil, c.Static().Weights() != nil)
		}
		s, err := c.Evaluate(t.Context(), places(), 0.5)
		if err != nil || s.Accuracy < 0.7 {
			t.Errorf("%s: accuracy %v, %v", name, s.Accuracy, err)
		}
		write(t, c, r)
	}
}

func TestFrozenRowsStay(t *testing.T) {
	o := options(classifier.MLP)
	o.Freeze = true
	c, _ := fit(t, places(), o)
	if !slices.Equal(c.Static().Table().Bytes, student(t, "float32").Table().Bytes) {
		t.Error("rows have moved")
	}
}

func TestInterruptedKeepsTheBestState(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options(classifier.MLP)
	o.Tell = func(r learn.Record) {
		if r.Epoch == 3 {
			cancel()
		}
	}
	c, r, err := classifier.Fit(ctx, base(t, o), places(), nil, o)
	if !errors.Is(err, context.Canceled) || c == nil || r.Best == nil || r.Best.Epoch > 3 {
		t.Fatalf("%v, %v", r, err)
	}
	if _, err := c.Predict(t.Context(), test, 0.5); err != nil {
		t.Error(err)
	}
}

func TestLossThatIsNotFinite(t *testing.T) {
	o := options(classifier.MLP)
	e := places()
	numbers := &classifier.Examples{Task: classifier.Regression, Texts: e.Texts}
	for range e.Texts {
		numbers.Values = append(numbers.Values, []float64{3e38})
	}
	_, _, err := classifier.Fit(t.Context(), base(t, o), numbers, nil, o)
	if _, ok := errors.AsType[*learn.NotFiniteError](err); !ok || !strings.Contains(err.Error(), "epoch") {
		t.Errorf("%v", err)
	}
}

// A head on other vectors has to be given the same model again.
type flat struct{ dims int }

func (f flat) Dims() int { return f.dims }

func (f flat) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i, text := range texts {
		for j := range dst.Row(i) {
			dst.Row(i)[j] = float32(strings.Count(text, string(rune('a'+j))))
		}
	}
	return nil
}

// closing counts how often it is closed.
type closing struct {
	flat
	times int
}

func (c *closing) Close() error { c.times++; return nil }

func TestTeachersHead(t *testing.T) {
	o := options(classifier.Logreg)
	c, r, err := classifier.Fit(t.Context(), classifier.Base{Encoder: flat{26}, Identity: "one"}, places(), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := write(t, c, r)
	opened, err := classifier.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if opened.Needs() != "one" {
		t.Errorf("needs %q", opened.Needs())
	}
	if _, err := opened.Predict(t.Context(), test, 0.5); err == nil || !strings.Contains(err.Error(), "teacher") {
		t.Errorf("without its model: %v", err)
	}
	if err := opened.Attach(flat{26}, "two"); err == nil || !strings.Contains(err.Error(), "another model") {
		t.Errorf("another model: %v", err)
	}
	if err := opened.Attach(flat{25}, "one"); err == nil || !strings.Contains(err.Error(), "26 dimensions") {
		t.Errorf("another width: %v", err)
	}
	closed := &closing{flat: flat{26}}
	if err := opened.Attach(closed, "one"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := opened.Close(); err != nil || closed.times != 1 {
			t.Errorf("Close: %v, and it closed the encoder %d times", err, closed.times)
		}
	}()
	before, err := c.Predict(t.Context(), test, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := opened.Predict(t.Context(), test, 0.5); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v, %v, before %v", after, err, before)
	}
}

func TestFitRefuses(t *testing.T) {
	check := func(want string, change func(e *classifier.Examples, o *classifier.Options)) {
		t.Helper()
		e, o := places(), options(classifier.MLP)
		change(e, &o)
		_, _, err := classifier.Fit(t.Context(), base(t, o), e, nil, o)
		if err == nil || !strings.HasPrefix(err.Error(), "classifier: fit: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	check("there is only one class", func(e *classifier.Examples, _ *classifier.Options) {
		for i := range e.Labels {
			e.Labels[i] = []string{"x"}
		}
	})
	check("too few training texts, 1", func(e *classifier.Examples, _ *classifier.Options) { e.Texts, e.Labels = e.Texts[:1], e.Labels[:1] })
	check("use head mlp", func(e *classifier.Examples, o *classifier.Options) {
		e.Task, o.Kind = classifier.Regression, classifier.Logreg
	})
	check("token-dropout 1 is not in", func(_ *classifier.Examples, o *classifier.Options) { o.TokenDropout = 1 })
	check("learning-rate -1 is not above 0", func(_ *classifier.Examples, o *classifier.Options) { o.Rate = -1 })
	check("learning-rate +Inf is not above 0", func(_ *classifier.Examples, o *classifier.Options) { o.Rate = math.Inf(1) })
	check("c NaN is not 0 or above", func(_ *classifier.Examples, o *classifier.Options) { o.C = math.NaN() })
	check("epochs 0 is not positive", func(_ *classifier.Examples, o *classifier.Options) { o.Epochs = 0 })
	// Both were killed for want of memory.
	check("hidden 2000000000 is more than 16384", func(_ *classifier.Examples, o *classifier.Options) { o.Hidden = 2_000_000_000 })
	check("layers 1000000 is more than 32", func(_ *classifier.Examples, o *classifier.Options) { o.Layers = 1_000_000 })
	check("layers 30: this many layers of width 16384", func(_ *classifier.Examples, o *classifier.Options) { o.Layers, o.Hidden = 30, 1<<14 })
	check(`class "thing" has no weight`, func(_ *classifier.Examples, o *classifier.Options) {
		o.ClassWeights = map[string]float64{"deed": 2}
	})
	check(`"other" has a weight`, func(_ *classifier.Examples, o *classifier.Options) {
		o.ClassWeights = map[string]float64{"deed": 2, "thing": 1, "other": 1}
	})
	check("no word of two letters", func(e *classifier.Examples, o *classifier.Options) {
		o.Kind = classifier.TFIDF
		for i := range e.Texts {
			e.Texts[i] = "a !"
		}
	})
	o := options(classifier.MLP)
	_, _, err := classifier.Fit(t.Context(), classifier.Base{Encoder: flat{26}}, places(), nil, o)
	if err == nil || !strings.Contains(err.Error(), "head logreg on a teacher") {
		t.Errorf("mlp on a teacher: %v", err)
	}
	held := places()
	held.Labels[5] = []string{"new"}
	_, _, err = classifier.Fit(t.Context(), base(t, o), places(), held, o)
	if err == nil || !strings.Contains(err.Error(), `labels that no training text has: "new"`) {
		t.Errorf("unseen label: %v", err)
	}
}

// A label seen once is learned with a warning; one that training has not seen is wrong.
func TestRareAndUnseenLabels(t *testing.T) {
	e := places()
	e.Labels[0] = []string{"once"}
	c, r := fit(t, e, options(classifier.Logreg))
	if len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0], `"once"`) {
		t.Errorf("warnings %q", r.Warnings)
	}
	other := places()
	for i := range 32 {
		other.Labels[i] = []string{"new"}
	}
	s, err := c.Evaluate(t.Context(), other, 0.5)
	if err != nil || s.Unseen != 32 || s.Accuracy > 0.5 || s.Accuracy < 0.4 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestBalancedWeights(t *testing.T) {
	e := places()
	for i := range 24 { // things become rare
		e.Labels[2*i] = []string{"deed"}
	}
	o := options(classifier.Logreg)
	o.C = 1
	plain, _ := fit(t, e, o)
	o.Balanced = true
	balanced, _ := fit(t, e, o)
	count := func(c *classifier.Classifier) (n int) {
		p, err := c.Predict(t.Context(), e.Texts, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p {
			if x.Labels[0] == "thing" {
				n++
			}
		}
		return n
	}
	if count(balanced) <= count(plain) {
		t.Errorf("%d things, without weights %d", count(balanced), count(plain))
	}
}
