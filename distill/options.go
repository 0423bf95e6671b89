package distill

import (
	"fmt"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/zipf"
)

// Options are the switches of a distillation that act after the forward pass.
type Options struct {
	Dims      pca.Dims         // components of the PCA: number, auto, share of variance, none
	Drop      int              // strongest components that the PCA leaves out, before it keeps Dims
	Whiten    float64          // scores of the PCA are scaled by variance^(−Whiten/2), in [0, 1]
	SIF       zipf.Coefficient // weight of a row by its rank, or none
	Type      matrix.Type      // storage type of the rows
	Clusters  int              // vocabulary clusters; 0 keeps a row for each token
	Seed      uint64           // of the vocabulary clusters
	Normalize bool             // the student's vectors have length 1
	MaxLength int              // tokens of a text that the student reads
	License   string           // that the model card names, such as "mit"; "" for none

	// Of a student that is fitted to texts; see package fit.
	Ridge    float64 // λ, which holds rows near what the teacher says of a token alone
	MapPrior bool    // the prior is the teacher's rows in the space of its vectors of texts
	Words    int     // words of the texts that the vocabulary has in pieces and that get rows, at most
	Phrases  int     // pairs of words of the texts that get rows, at most
	Holdout  float64 // share of texts, in [0, 0.5], that tell how well it does on others
	FitSteps int     // steps of the solve, at most
	Threads  int     // of the solve, 0 for one a core; rows do not depend on it
}

// DefaultOptions returns the reference's defaults.
//
// Source: distill_from_model in model2vec's distill/distillation.py.
func DefaultOptions() Options {
	return Options{
		Dims:      pca.DefaultDims,
		SIF:       zipf.DefaultCoefficient,
		Type:      matrix.Float16,
		Seed:      42,
		Normalize: true,
		MaxLength: 512,
		Ridge:     fit.DefaultOptions().Ridge,
		Holdout:   fit.DefaultOptions().Holdout,
		FitSteps:  fit.DefaultOptions().Steps,
	}
}

// check refuses, before the long forward pass, what can not work for rows tokens.
func (o Options) check(rows int) error {
	if rows == 0 {
		return fmt.Errorf("distill: the vocabulary is empty")
	}
	if o.Clusters < 0 || o.Clusters > rows {
		return fmt.Errorf("distill: %d vocabulary clusters of %d tokens: need a number from 1 to %d, or 0 for none", o.Clusters, rows, rows)
	}
	if o.Drop < 0 {
		return fmt.Errorf("distill: drop %d components: the number is negative", o.Drop)
	}
	if !(o.Whiten >= 0 && o.Whiten <= 1) { // also rejects NaN
		return fmt.Errorf("distill: whitening %v is not in [0, 1]", o.Whiten)
	}
	if o.Dims.Mode == pca.None && (o.Drop > 0 || o.Whiten > 0) {
		return fmt.Errorf("distill: drop %d components, whiten by %v: there is no PCA", o.Drop, o.Whiten)
	}
	if o.MaxLength < 1 {
		return fmt.Errorf("distill: max length %d is not positive", o.MaxLength)
	}
	if _, err := o.SIF.Weights(rows); err != nil {
		return fmt.Errorf("distill: %w", err)
	}
	return nil
}
