package bench

import (
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/static"
)

// SystemNames are the systems of a static model, in the table's order.
var SystemNames = []string{"tf-idf", "logreg", "mlp"}

// Systems are the systems of a static model by their names: tf-idf, which does not use it,
// logistic regression on its vectors, and a full finetune of it.
//
// Published are the means of the table of training results that model2vec has published.
func Systems(m *static.Model, names []string) ([]System, error) {
	for _, name := range names {
		if !slices.Contains(SystemNames, name) {
			return nil, fault.Option("systems", nil, ": %q is not tf-idf, logreg or mlp", name)
		}
	}
	base := classifier.Base{Static: m}
	list := []System{
		{Name: "tf-idf", Options: head(classifier.TFIDF), Published: 70.8},
		{Name: "logreg", Base: base, Options: head(classifier.Logreg), Published: 78.0},
		{Name: "mlp", Base: base, Options: head(classifier.MLP), Published: 79.2},
	}
	return slices.DeleteFunc(list, func(s System) bool { return !slices.Contains(names, s.Name) }), nil
}

// Teacher is logistic regression on a teacher's vectors. Of teachers the same table has
// bge-base alone.
func Teacher(name string, e classifier.Encoder) System {
	s := System{Name: name + " + logreg", Base: classifier.Base{Encoder: e}, Options: head(classifier.Logreg)}
	if strings.HasSuffix(name, "bge-base-en-v1.5") {
		s.Published = 82.8
	}
	return s
}

func head(k classifier.Kind) classifier.Options {
	o := classifier.DefaultOptions()
	o.Kind = k
	return o
}
