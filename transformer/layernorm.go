package transformer

import (
	"fmt"
	"math"
)

// layerNormEpsilon is torch's default.
const layerNormEpsilon = 1e-5

// addLayerNorm compiles a LayerNorm module: the sentence embedding, centred and
// divided by its deviation, times a weight and plus a bias for each value.
func (p *pipeline) addLayerNorm(m module) error {
	var config struct {
		Dimension int `json:"dimension"`
	}
	if err := p.config(m, &config); err != nil {
		return err
	}
	f, err := p.read(sentenceEmbedding)
	if err != nil {
		return err
	}
	if f.states {
		return fmt.Errorf("%s has a row for each position, where it takes one for the text", sentenceEmbedding)
	}
	if config.Dimension != f.width {
		return fmt.Errorf("%s: dimension is %d, and %d values come in", m.file("config.json"), config.Dimension, f.width)
	}
	tensors, err := p.weights(m)
	if err != nil {
		return err
	}
	weight, err := tensors.take("norm.weight", f.width)
	if err != nil {
		return err
	}
	bias, err := tensors.take("norm.bias", f.width)
	if err != nil {
		return err
	}
	if err := tensors.none(); err != nil {
		return err
	}
	p.add(sentenceEmbedding, f, "LayerNorm", func(w *work) {
		w.values[sentenceEmbedding] = layerNorm(w.values[sentenceEmbedding], weight, bias)
	})
	return nil
}

// layerNorm returns a new vector. The variance is that of the values, not of a sample.
func layerNorm(x, weight, bias []float32) []float32 {
	n, mean, variance := float64(len(x)), 0.0, 0.0
	for _, v := range x {
		mean += float64(v) / n
	}
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / n
	}
	y := make([]float32, len(x))
	scale := 1 / math.Sqrt(variance+layerNormEpsilon)
	for j, v := range x {
		y[j] = float32((float64(v)-mean)*scale*float64(weight[j]) + float64(bias[j]))
	}
	return y
}
