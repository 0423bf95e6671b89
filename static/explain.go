package static

import "math"

// Status is what became of a token in a text's vector.
type Status string

// The statuses of a token.
const (
	// Kept tokens are in the mean.
	Kept Status = "kept"
	// Unknown tokens stand for text that the vocabulary lacks.
	Unknown Status = "unknown"
	// Truncated tokens come after MaxLength others.
	Truncated Status = "truncated"
	// NoRow tokens have an id that the model has no row for.
	NoRow Status = "no row"
)

// A Piece is a token of an explained text.
type Piece struct {
	Token  string `json:"token"`
	ID     int32  `json:"id"`
	Status Status `json:"status"`
	// Weight is what the row is multiplied by, 1 unless the model has weights;
	// Norm is the Euclidean norm of the row times its weight, which is the
	// token's weight where weights are baked into rows. Both are 0 unless the
	// token is kept.
	Weight float64 `json:"weight"`
	Norm   float64 `json:"norm"`
	// Share is the part of the vector that comes from this token: the
	// projection of its weighted row on the sum s of all of them, r·s / s·s.
	// Shares sum to 1; one that pulls the other way is negative.
	Share float64 `json:"share"`
}

// An Explanation tells how a text becomes its vector.
type Explanation struct {
	Text   string  `json:"text"`
	Pieces []Piece `json:"tokens"` // not nil
	// Cut is what was cut off the text before it was tokenized.
	Cut string `json:"cut"`
	// Vector is what Encode gives.
	Vector []float32 `json:"vector"`
}

// Explain encodes one text and tells what each of its tokens does.
func (m *Model) Explain(text string, o Options) (*Explanation, error) {
	o, err := m.resolve(o)
	if err != nil {
		return nil, err
	}
	e := m.takeEncoder(o)
	defer m.encoders.Put(e)
	x := &Explanation{Text: text, Pieces: []Piece{}, Vector: make([]float32, o.Dims)}
	e.encode(x.Vector, text)

	kept := text
	if o.MaxLength != NoMaxLength {
		kept = prefix(text, m.characters(o.MaxLength))
	}
	x.Cut = text[len(kept):]
	sum := make([]float64, o.Dims)
	for i, id := range e.tok.AppendIDs(nil, kept) {
		token, _ := m.tok.Token(id)
		p := Piece{Token: token, ID: id, Status: m.status(id)}
		if o.MaxLength != NoMaxLength && i >= o.MaxLength {
			p.Status = Truncated
		}
		if p.Status == Kept {
			p.Weight = m.Weight(id)
			row := m.Row(id)[:o.Dims]
			p.Norm = norm(row) * math.Abs(p.Weight)
			for j, v := range row {
				sum[j] += p.Weight * float64(v)
			}
		}
		x.Pieces = append(x.Pieces, p)
	}
	m.share(x.Pieces, sum)
	return x, nil
}

// status tells what becomes of a token that is not too late.
func (m *Model) status(id int32) Status {
	switch {
	case id == m.unk:
		return Unknown
	case m.row(id) < 0:
		return NoRow
	}
	return Kept
}

// share fills in the shares, given the sum of the kept tokens' weighted rows.
func (m *Model) share(pieces []Piece, sum []float64) {
	var total float64
	for _, s := range sum {
		total += s * s
	}
	if total == 0 {
		return // nothing to have a share of
	}
	for i := range pieces {
		if pieces[i].Status != Kept {
			continue
		}
		var dot float64
		for j, v := range m.Row(pieces[i].ID)[:len(sum)] {
			dot += float64(v) * sum[j]
		}
		pieces[i].Share = pieces[i].Weight * dot / total
	}
}
