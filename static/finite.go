package static

import "fmt"

// NotFinite returns the first token whose row has a value that is NaN or infinite, the
// value, and whether there is one.
func (m *Model) NotFinite() (token string, value float32, found bool) {
	row := make([]float32, m.Dims())
	for id := range int32(m.Size()) {
		if !m.ReadRow(id, row) {
			continue
		}
		for _, v := range row {
			if v-v != 0 {
				token, _ = m.tok.Token(id)
				return token, v, true
			}
		}
	}
	return "", 0, false
}

// CheckFinite refuses a model with such a row: whatever is said of its vectors would be
// false.
func (m *Model) CheckFinite() error {
	if token, value, found := m.NotFinite(); found {
		return fmt.Errorf("static: the row of token %q has %v", token, value)
	}
	return nil
}
