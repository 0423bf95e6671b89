package classifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/head"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/static"
)

// IsClassifier tells whether a folder has a head.
func IsClassifier(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, head.File))
	return err == nil && info.Mode().IsRegular()
}

// Open reads a folder that Write or Python model2vec has written. Where Needs says so, the
// model that the head was trained on has to be attached.
func Open(dir string) (*Classifier, error) {
	c, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("classifier: open %s: %w", dir, err)
	}
	return c, nil
}

// config is what a classifier's config.json says.
type config struct {
	Type     string          `json:"model_type"`
	Identity string          `json:"model_identity"`
	Head     json.RawMessage `json:"head_config"`
}

func open(dir string) (*Classifier, error) {
	data, err := os.ReadFile(filepath.Join(dir, head.File))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, files.Bare(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "pipeline.skops")); err == nil {
			return nil, errors.New("the head is in pipeline.skops, which old versions of model2vec wrote: load it with model2vec and save it again")
		}
		return nil, fmt.Errorf("no %s: not the folder of a classifier; m2v train writes one", head.File)
	}
	if err != nil {
		return nil, files.Bare(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, configFile))
	if err != nil {
		return nil, files.Bare(err)
	}
	var k config
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	f, err := tensors.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", head.File, err)
	}
	c := &Classifier{Kind: Logreg, base: Base{Identity: k.Identity}}
	if err := c.readHead(k.Head, f); err != nil {
		return nil, err
	}
	switch k.Type {
	case "m2v-head":
		return c, nil
	case "m2v-" + string(TFIDF):
		c.Kind = TFIDF
		return c, c.readWords(dir, f)
	}
	m, err := static.Open(dir)
	if err != nil {
		return nil, err
	}
	c.base.Static = m
	if width := c.inputs(); width != m.Dims() {
		_ = m.Close()
		return nil, fmt.Errorf("the head takes vectors of %d dimensions, the model's have %d", width, m.Dims())
	}
	return c, nil
}

// inputs returns the width of the head's input.
func (c *Classifier) inputs() int { return c.Head.Layers[0].Weight.Cols }

// readHead reads the layers and the classes.
func (c *Classifier) readHead(value json.RawMessage, f *tensors.File) error {
	config, err := head.Parse(value)
	if err != nil {
		return err
	}
	if config.Layers == 0 {
		return fmt.Errorf("%s: n_layers is 0: there is nothing to predict with", configFile)
	}
	layers, err := config.Read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", head.File, err)
	}
	for task, name := range activations {
		if name == config.Activation {
			c.Task = task
		}
	}
	c.Head = &learn.Head{}
	for _, l := range layers {
		c.Head.Layers = append(c.Head.Layers, learn.Linear(l))
	}
	if c.Task != Regression {
		c.Classes, c.Integers, err = config.Names()
	}
	return err
}

// readWords reads the words of tf-idf and their idf.
func (c *Classifier) readWords(dir string, f *tensors.File) error {
	if n := len(c.Head.Layers); n != 1 {
		return fmt.Errorf("%s: the head has %d layers, and a head on words has one", configFile, n)
	}
	data, err := os.ReadFile(filepath.Join(dir, wordsFile))
	if err != nil {
		return files.Bare(err)
	}
	w := &words{}
	if err := json.Unmarshal(data, &w.list); err != nil {
		return fmt.Errorf("%s: %w", wordsFile, err)
	}
	idf, ok := f.Tensor("idf")
	if !ok {
		return fmt.Errorf("%s: it has no tensor idf", head.File)
	}
	if w.idf, err = idf.Rounded(); err != nil {
		return fmt.Errorf("%s: idf %w", head.File, err)
	}
	if len(w.idf) != len(w.list) || c.inputs() != len(w.list) {
		return fmt.Errorf("%s has %d words, but %s has %d idf values and weights for %d inputs", wordsFile, len(w.list), head.File, len(w.idf), c.inputs())
	}
	c.words = w.indexed()
	return nil
}

// Close frees the static model's rows, or closes the encoder that Attach gave.
func (c *Classifier) Close() error {
	switch {
	case c.base.Static != nil:
		return c.base.Static.Close()
	case c.attached != nil:
		return c.attached.Close()
	}
	return nil
}
