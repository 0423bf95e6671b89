package ablate

import "encoding/json"

func (r *Report) Compare(seed uint64)   {}
func (r *Report) JSON() ([]byte, error) { return json.MarshalIndent(r, "", " ") }
func (r *Report) Markdown() []byte      { return nil }
func (r *Report) HTML() ([]byte, error) { return nil, nil }
