package export

// Training tells of the texts that rows were trained on by gradient descent.
type Training struct {
	Teacher     TextTeacher `json:"teacher"` // whose vectors of the texts are the targets
	Texts       int         `json:"texts"`   // trained with
	TextsSHA256 string      `json:"texts_sha256"`
	NoTokens    int         `json:"texts_without_tokens,omitempty"` // left out
	BadVectors  int         `json:"bad_vectors,omitempty"`          // zeros or not finite, left out
	TokensSeen  int         `json:"tokens_seen"`                    // tokens that texts hold
	HeldOut     int         `json:"held_out"`                       // texts that the training was validated on
	Explained   float64     `json:"explained_variance"`             // of the vectors, by the targets' components
	Epochs      int         `json:"epochs"`                         // begun
	Steps       int         `json:"steps"`
	BestStep    int         `json:"best_step"`       // whose rows these are
	Loss        float64     `json:"validation_loss"` // of that step
	Ended       string      `json:"ended"`           // patience, epochs, interrupted, loss not finite
}
