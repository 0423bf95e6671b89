package fit

import (
	"context"
	"slices"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

// A Block is what one teacher says.
type Block struct {
	// Rows are the teacher's raw rows of the student's vocabulary, V×H, without PCA
	// and weights. nil: the teacher counts by its vectors alone, because it has no
	// rows or because they are of another tokenizer.
	Rows *matrix.Matrix
	// Vectors are the teacher's vectors of the texts, N×H, of any length.
	Vectors Vectors
}

// Options of a solve. Start from DefaultOptions.
type Options struct {
	// Dims is D, the principal components of the targets that are kept: at most ΣH,
	// and at most N−1. Fewer than asked for is told in Result.Warnings.
	Dims pca.Dims
	// Whiten is A in [0, 1]: the targets' components are divided by variance^(A/2).
	Whiten float64
	// Ridge is λ > 0, which holds rows near the prior. A token that counts 1 in sum
	// over the texts is held as strongly as it is pulled by λ = 1.
	Ridge float64
	// MapPrior sends the prior through the linear map that brings the texts nearest to
	// their targets. It takes the memory of ΣH columns more.
	MapPrior bool
	// Words are the last tokens of the vocabulary that the teachers' rows lack: whole
	// words that texts hold beside their pieces (Builder.AddWords). Their prior is zero.
	Words int
	// Tolerance ends the solve: the Frobenius norm of the residual relative to that
	// of the right-hand side, in (0, 1).
	Tolerance float64
	// Steps ends the solve too, 1 at least; Result.Residual tells how far it came.
	Steps int
	// Holdout is the share of texts, in [0, 0.5], that a second solve leaves out to
	// tell how well it does on texts that it has not seen; 0: none. At most
	// MaxHoldout texts are held out. Result.Rows come from all texts.
	Holdout float64
	// Threads is how many threads the solve takes; 0 means GOMAXPROCS. Rows do not
	// depend on it. Dense products are blas64's and take what that takes.
	Threads int
	// Progress, if not nil, is told how far a stage is. It is called from one
	// goroutine at a time.
	Progress func(stage Stage, done, total int)
}

// A Stage of a solve, in order.
type Stage string

// The stages. The last two count steps of at most Options.Steps.
const (
	ReadVectors Stage = "vectors" // texts, whose vectors are read three times
	HeldOut     Stage = "held-out solve"
	Final       Stage = "solve"
)

// MaxHoldout is how many texts are held out at most.
const MaxHoldout = 10_000

// DefaultOptions are those of the evidence in docs/fitting.md.
func DefaultOptions() Options {
	return Options{Dims: pca.DefaultDims, Whiten: 0.25, Ridge: 0.1, Tolerance: 1e-3, Steps: 200, Holdout: 0.05}
}

// A Result is the solved rows and what a report says of them.
type Result struct {
	Rows *matrix.Matrix // V×D, row of each token id

	Texts      int   // texts that were fitted
	NoTokens   int   // texts without a token that counts, left out
	BadVectors []int // texts, by number, whose vector is zero or not finite, left out
	Seen       int   // tokens that the texts hold
	ZeroRows   int   // rows of zeros

	Variances []float64 // D, of the targets' components, descending, over N
	Explained float64   // their share of the variance of all components, in [0, 1]
	Mean      []float64 // ΣH, mean of the teachers' unit vectors
	Basis     []float64 // ΣH×D, row-major: components, whitened, signs settled

	Steps    int     // of the conjugate gradients
	Residual float64 // relative, at the end

	// HeldOut is how many texts were held out; the two are the mean cosine of the
	// student's vectors of those texts to the targets, with the prior as rows, and
	// with rows that were solved for on the other texts. Zero without HeldOut.
	HeldOut       int
	Before, After float64

	Warnings []string
}

// Solve returns the rows of a student of V tokens that reproduces the teachers'
// vectors of texts, and leaves texts and blocks as they are. weights are the V
// SIF weights of the rows, by rank (zipf.Weights); they are needed where a block
// has rows, and may be nil otherwise.
//
// Errors: sizes that do not fit, no text with tokens and a vector, vectors that are
// all alike, more than 1 % of vectors zero or not finite, what Vectors.Read returns,
// and the end of ctx.
func Solve(ctx context.Context, texts *Texts, blocks []Block, weights []float64, o Options) (*Result, error) {
	var result *Result
	err := SolveEach(ctx, texts, blocks, []Problem{{Weights: weights, Options: o}}, func(_ int, r *Result) error {
		result = r
		return nil
	})
	return result, err
}

// clone copies what a solve changes.
func (r *Result) clone() *Result {
	c := *r
	c.Rows = &matrix.Matrix{Rows: r.Rows.Rows, Cols: r.Rows.Cols, Data: slices.Clone(r.Rows.Data)}
	c.Warnings = slices.Clone(r.Warnings)
	return &c
}
