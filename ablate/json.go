package ablate

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// JSON returns the report as ablation.json: indented, with a newline at its end. The
// same report gives the same bytes. A number that is not finite is an error.
func (r *Report) JSON() ([]byte, error) {
	out := *r
	if out.Rows == nil {
		out.Rows = []Row{}
	}
	if out.Claims == nil {
		out.Claims = []Claim{}
	}
	if out.Passes == nil {
		out.Passes = []Pass{}
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("ablate: write JSON: %w", err)
	}
	return buf.Bytes(), nil
}
