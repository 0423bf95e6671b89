package classifier

import (
	"fmt"

	"github.com/m2v-dev/m2v/learn"
)

// Options are how a head is trained. Begin with DefaultOptions.
type Options struct {
	Kind Kind
	Seed uint64
	// Validation is the part of the training texts, in (0, 1), that MLP keeps for
	// validation where no validation file is given.
	Validation float64
	// Balanced weighs classes inversely to how often they occur; ClassWeights weighs them
	// by name. For several labels a text, weights count where a text has the label.
	Balanced     bool
	ClassWeights map[string]float64

	// Of Logreg and TFIDF: the inverse of the penalty's strength; 0 chooses it by
	// cross-validation.
	C float64

	// Of MLP.
	Layers        int     // hidden layers
	Hidden        int     // their width
	Rate          float64 // of learning
	Batch         int     // 0: by the number of texts
	Epochs        int     // at most
	Patience      int     // validations without improvement that end the training; 0: never
	Freeze        bool    // rows stay
	FreezeWeights bool    // the model's token weights stay
	LearnWeights  bool    // token weights are learned where the model has none
	TokenDropout  float64 // part of a text's tokens that a step leaves out, in [0, 1)
	Focal         float64 // gamma of the focal loss; 0: cross-entropy
	ValidateEvery int     // steps; 0: by the number of texts
	Tell          func(learn.Record)
	TellFits      func(done, total int) // of the search for C
	MaxIter       int                   // of a logistic regression
}

// DefaultOptions are the reference's: logistic regression with C by cross-validation; MLP with
// one hidden layer of 512.
//
// Source: StaticModelForClassification in model2vec's train/classifier.py.
func DefaultOptions() Options {
	return Options{
		Kind: Logreg, Seed: 42, Validation: 0.1, Layers: 1, Hidden: 512, Rate: 1e-3, Epochs: 9999, Patience: 5, MaxIter: 100,
	}
}

func (o Options) check(task Task) error {
	bad := func(format string, args ...any) error { return fmt.Errorf("classifier: fit: "+format, args...) }
	switch {
	case o.Kind != Logreg && o.Kind != MLP && o.Kind != TFIDF:
		return bad("head %q is not %s, %s or %s", o.Kind, Logreg, MLP, TFIDF)
	case task == Regression && o.Kind != MLP:
		return bad("head %s predicts labels, and the task is %s: use head %s", o.Kind, Regression, MLP)
	case task == Regression && (o.Balanced || o.ClassWeights != nil || o.Focal > 0):
		return bad("class weights and the focal loss are for labels, and the task is %s", Regression)
	case o.Balanced && o.ClassWeights != nil:
		return bad("classes are weighed by name or balanced, not both")
	case !(o.C >= 0):
		return bad("C %v is negative", o.C)
	case !(o.Validation > 0 && o.Validation < 1):
		return bad("validation part %v is not in (0, 1)", o.Validation)
	case o.Layers < 0 || o.Hidden < 1 || o.Batch < 0 || o.Epochs < 1 || o.Patience < 0 || o.ValidateEvery < 0 || o.MaxIter < 1:
		return bad("layers %d, hidden %d, batch %d, epochs %d, patience %d: a count is too small", o.Layers, o.Hidden, o.Batch, o.Epochs, o.Patience)
	case !(o.Rate > 0):
		return bad("learning rate %v is not above 0", o.Rate)
	case !(o.TokenDropout >= 0 && o.TokenDropout < 1):
		return bad("token dropout %v is not in [0, 1)", o.TokenDropout)
	case !(o.Focal >= 0):
		return bad("focal gamma %v is negative", o.Focal)
	}
	for name, w := range o.ClassWeights {
		if !(w > 0) {
			return bad("the weight of class %q is %v, not above 0", name, w)
		}
	}
	return nil
}

// fields are the switches that change a head, as manifests have them.
func (o Options) fields(task Task) map[string]any {
	f := map[string]any{"head": string(o.Kind), "task": string(task), "seed": o.Seed}
	if o.Balanced {
		f["class_weight"] = "balanced"
	}
	if o.ClassWeights != nil {
		f["class_weight"] = o.ClassWeights
	}
	if o.Kind != MLP {
		if o.C > 0 {
			f["c"] = o.C
		}
		return f
	}
	f["layers"], f["hidden"], f["learning_rate"], f["epochs"], f["patience"] = o.Layers, o.Hidden, o.Rate, o.Epochs, o.Patience
	f["freeze"], f["freeze_weights"], f["learn_weights"] = o.Freeze, o.FreezeWeights, o.LearnWeights
	f["token_dropout"], f["focal_gamma"], f["batch_size"], f["validate_every"], f["validation"] = o.TokenDropout, o.Focal, o.Batch, o.ValidateEvery, o.Validation
	return f
}
