package transformer

import (
	"errors"
	"fmt"
)

// The features of sentence-transformers that modules read and write if their
// configs name no others.
const (
	tokenEmbeddings   = "token_embeddings"   // a state for each position
	sentenceEmbedding = "sentence_embedding" // a vector for the text
)

// A feature is what modules hand on under one name.
type feature struct {
	states bool // one row for each position; else one for the text
	width  int  // of a row
}

// A pipeline is what comes after the Transformer: the modules of modules.json in
// their order, each of which reads a feature and writes one. It is immutable once
// it is built.
type pipeline struct {
	dir      string
	unlisted bool    // there is no modules.json: the Pooling needs no config
	pooled   bool    // the graph gives a pooled vector, no states
	override Pooling // replaces the mode of every Pooling; "" for none

	features map[string]feature // after the steps so far
	steps    []step
	describe []string // a module each, for manifests
	files    []string // that its values depend on, in the teacher's folder
	normal   bool     // the sentence embedding's length is 1
	first    bool     // all Poolings, of which there is one at least, take the first position alone
	warnings []string
}

// A step is a module at work on the features of one text.
type step func(w *work)

// work is the features of one text.
type work struct {
	values map[string][]float32 // rows of a feature one after the other
	length int                  // positions of the sequence, special tokens included
	prompt int                  // of them the prompt's that poolings may leave out
	own    SpecialTokens        // the special tokens around the text's own
	sum    []float64            // scratch, as wide as states
	count  func(nonFinite int)
}

// start sets what the graph gives.
func (p *pipeline) start(width int) {
	p.features, p.first = map[string]feature{tokenEmbeddings: {states: true, width: width}}, true
	if p.pooled {
		p.features = map[string]feature{sentenceEmbedding: {width: width}}
	}
}

// build compiles the modules after the Transformer for a graph whose output has the
// given width: states, or with pooled the graph's own vector of a text.
func (p *pipeline) build(modules []module, width int) error {
	p.start(width)
	for _, m := range modules {
		if m.kind() == "Transformer" {
			continue
		}
		if err := moduleReaders[m.kind()](p, m); err != nil {
			return fmt.Errorf("transformer: read module %s: %w", m, err)
		}
	}
	if f, ok := p.features[sentenceEmbedding]; !ok || f.states {
		return errors.New("transformer: modules.json: no module makes a sentence_embedding: it lists no Pooling")
	}
	return nil
}

// width returns D, the length of a sentence embedding.
func (p *pipeline) width() int { return p.features[sentenceEmbedding].width }

// add appends a step that reads feature in and writes feature out.
func (p *pipeline) add(out string, f feature, description string, s step) {
	p.features[out] = f
	p.steps = append(p.steps, s)
	p.describe = append(p.describe, description)
	if out == sentenceEmbedding {
		p.normal = false
	}
}

// run returns the text's sentence embedding.
func (p *pipeline) run(w *work) []float32 {
	for _, s := range p.steps {
		s(w)
	}
	return w.values[sentenceEmbedding]
}

// named are the names of the features that a module reads and writes.
type named struct {
	In  string  `json:"module_input_name"`
	Out *string `json:"module_output_name"`
}

// names returns both: the input's is the sentence embedding and the output's the
// input's, unless the module's config names others.
func (n named) names() (in, out string) {
	if in = n.In; in == "" {
		in = sentenceEmbedding
	}
	if n.Out == nil {
		return in, in
	}
	return in, *n.Out
}

// read returns a feature that a module reads.
func (p *pipeline) read(name string) (feature, error) {
	f, ok := p.features[name]
	if !ok && p.pooled && name == tokenEmbeddings {
		return f, errors.New("it reads token_embeddings, and the graph gives a pooled vector only")
	}
	if !ok {
		return f, fmt.Errorf("it reads %s, which no module before it makes", name)
	}
	return f, nil
}

// config reads the module's config.json into v; a module without one is an error.
func (p *pipeline) config(m module, v any) error {
	found, err := findJSON(p.dir, m.file("config.json"), v)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%s is not in the folder", m.file("config.json"))
	}
	p.files = append(p.files, m.file("config.json"))
	return nil
}
