package tokenizer

// wordLevel looks up whole pieces.
type wordLevel struct {
	vocab   *vocabulary
	unknown int32
}

func newWordLevel(c *modelConfig) (model, error) {
	var unk string
	if c.required("unk_token", &unk); c.err != nil {
		return nil, c.err
	}
	v := c.model.vocabulary()
	return &wordLevel{v, v.find([]byte(unk))}, nil
}

func (m *wordLevel) vocabulary() *vocabulary { return m.vocab }
func (m *wordLevel) unk() int32              { return m.unknown }

func (m *wordLevel) appendIDs(dst []int32, piece []byte, _ *workspace) []int32 {
	id := m.vocab.find(piece)
	if id == none {
		id = m.unknown
	}
	if id == none {
		return dst
	}
	return append(dst, id)
}
