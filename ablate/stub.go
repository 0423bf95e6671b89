package ablate

func (r *Report) HTML() ([]byte, error) { return nil, nil }
