package transformer

import "math"

// addNormalize compiles a Normalize module. It needs no config, and passes over a
// feature that is not there, as in sentence-transformers.
func (p *pipeline) addNormalize(m module) error {
	var config named
	found, err := findJSON(p.dir, m.file("config.json"), &config)
	if err != nil {
		return err
	}
	if found {
		p.files = append(p.files, m.file("config.json"))
	}
	in, out := config.names()
	f, ok := p.features[in]
	if !ok {
		return nil
	}
	p.add(out, f, "Normalize", func(w *work) {
		x := w.values[in]
		y := make([]float32, len(x))
		copy(y, x)
		for at := 0; at < len(y); at += f.width {
			normalize(y[at : at+f.width])
		}
		w.values[out] = y
	})
	p.normal = p.normal || out == sentenceEmbedding
	return nil
}

// addDropout compiles a Dropout module, which does nothing outside of training.
func (p *pipeline) addDropout(module) error {
	_, err := p.read(sentenceEmbedding)
	return err
}

// normalize divides by the Euclidean length, at least 1e-12 as torch's normalize.
func normalize(row []float32) {
	sum := 0.0
	for _, v := range row {
		sum += float64(v) * float64(v)
	}
	length := max(math.Sqrt(sum), 1e-12)
	for j, v := range row {
		row[j] = float32(float64(v) / length)
	}
}
