package classifier

import (
	"cmp"
	"fmt"

	"github.com/m2v-dev/m2v/internal/fault"
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

// Check refuses options that no training could use. Fit calls it, and refuses beside them
// those that do not fit the task of the texts.
func (o Options) Check() error {
	bad := func(format string, args ...any) error { return fmt.Errorf("classifier: fit: "+format, args...) }
	switch {
	case o.Kind != Logreg && o.Kind != MLP && o.Kind != TFIDF:
		return bad("head %q is not %s, %s or %s", o.Kind, Logreg, MLP, TFIDF)
	case o.Balanced && o.ClassWeights != nil:
		return bad("classes are weighed by name or balanced, not both")
	}
	for name, w := range o.ClassWeights {
		if !learn.Positive(w) {
			return bad("the weight of class %q is %v, not above 0 and finite", name, w)
		}
	}
	if err := o.ranges(); err != nil {
		return bad("%w", err)
	}
	return nil
}

// fits refuses options that do not fit a task.
func (o Options) fits(task Task) error {
	switch {
	case task == Regression && o.Kind != MLP:
		return fmt.Errorf("classifier: fit: head %s predicts labels, and the task is %s: use head %s", o.Kind, Regression, MLP)
	case task == Regression && (o.Balanced || o.ClassWeights != nil || o.Focal > 0):
		return fmt.Errorf("classifier: fit: class weights and the focal loss are for labels, and the task is %s", Regression)
	}
	return nil
}

// The largest heads: many times what a classifier gains from, and they fit into memory.
const (
	maxLayers  = 32
	maxHidden  = 1 << 14
	maxWeights = 1 << 28 // between hidden layers
)

// ranges refuses numbers that no training could use, by the names of their flags.
func (o Options) ranges() error {
	switch {
	case o.Layers > maxLayers:
		return fault.Option("layers", o.Layers, "is more than %d", maxLayers)
	case o.Hidden > maxHidden:
		return fault.Option("hidden", o.Hidden, "is more than %d", maxHidden)
	case (o.Layers-1)*o.Hidden*o.Hidden > maxWeights:
		return fault.Option("layers", o.Layers, ": this many layers of width %d would have more than %d weights", o.Hidden, maxWeights)
	case !(o.Validation > 0 && o.Validation < 1):
		return fault.Option("validation-part", o.Validation, "is not in (0, 1)")
	}
	return cmp.Or(
		fault.AtLeast("layers", o.Layers, 0), fault.AtLeast("hidden", o.Hidden, 1), fault.AtLeast("train-batch-size", o.Batch, 0),
		fault.AtLeast("epochs", o.Epochs, 1), fault.AtLeast("patience", o.Patience, 0), fault.AtLeast("validate-every", o.ValidateEvery, 0),
		fault.AtLeast("max-iter", o.MaxIter, 1), fault.From0("c", o.C), fault.Above0("learning-rate", o.Rate),
		fault.Below("token-dropout", o.TokenDropout, 0, 1), fault.From0("focal-gamma", o.Focal),
	)
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
