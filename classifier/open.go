package classifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/learn"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// IsClassifier tells whether a folder has a head.
func IsClassifier(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, headFile))
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
	Type     string      `json:"model_type"`
	Identity string      `json:"model_identity"`
	Head     *headConfig `json:"head_config"`
}

func open(dir string) (*Classifier, error) {
	data, err := os.ReadFile(filepath.Join(dir, headFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "pipeline.skops")); err == nil {
			return nil, errors.New("the head is in pipeline.skops, a form of old versions of model2vec: load it there and save it again")
		}
		return nil, fmt.Errorf("no %s: not the folder of a classifier; m2v train writes one", headFile)
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
	if k.Head == nil {
		return nil, fmt.Errorf("%s has no head_config", configFile)
	}
	f, err := tensors.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", headFile, err)
	}
	c := &Classifier{Kind: Logreg, base: Base{Identity: k.Identity}}
	if err := c.readHead(*k.Head, f); err != nil {
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

// readHead reads the layers, whose shapes have to follow from each other, and the classes.
func (c *Classifier) readHead(k headConfig, f *tensors.File) error {
	for task, name := range activations {
		if name == k.Activation {
			c.Task = task
		}
	}
	if c.Task == "" {
		return fmt.Errorf("%s: activation %q is not softmax, sigmoid or identity", configFile, k.Activation)
	}
	if k.Layers < 1 || k.Layers > len(f.Names()) {
		return fmt.Errorf("%s: n_layers is %d, and %s has %d tensors", configFile, k.Layers, headFile, len(f.Names()))
	}
	c.Head = &learn.Head{}
	for i := range k.Layers {
		l, err := readLayer(f, i)
		if err != nil {
			return fmt.Errorf("%s: %w", headFile, err)
		}
		if i > 0 && l.Weight.Cols != len(c.Head.Layers[i-1].Bias) {
			return fmt.Errorf("%s: layer %d takes %d values, and layer %d gives %d", headFile, i, l.Weight.Cols, i-1, len(c.Head.Layers[i-1].Bias))
		}
		c.Head.Layers = append(c.Head.Layers, l)
	}
	if c.Task == Regression {
		return nil
	}
	var err error
	if c.Classes, c.Integers, err = k.classes(); err != nil {
		return fmt.Errorf("%s: %w", configFile, err)
	}
	if n := len(c.Head.Layers[k.Layers-1].Bias); len(c.Classes) != n {
		return fmt.Errorf("%s has %d classes, and the head gives %d values", configFile, len(c.Classes), n)
	}
	return nil
}

// classes returns the names of the classes, and whether they are integers.
func (k headConfig) classes() (names []string, integers bool, err error) {
	var list []json.RawMessage
	if err := json.Unmarshal(k.Classes, &list); err != nil || list == nil {
		return nil, false, errors.New("head_config has no classes")
	}
	for _, item := range list {
		name := string(item)
		if _, err := strconv.ParseInt(name, 10, 64); err == nil {
			integers = true
		} else if item[0] != '"' || json.Unmarshal(item, &name) != nil {
			return nil, false, fmt.Errorf("class %.40s is not a string or an integer", item)
		}
		names = append(names, name)
	}
	return names, integers, nil
}

func readLayer(f *tensors.File, i int) (learn.Linear, error) {
	weight, okW := f.Tensor(fmt.Sprintf("head.%d.weight", i))
	bias, okB := f.Tensor(fmt.Sprintf("head.%d.bias", i))
	if !okW || !okB {
		return learn.Linear{}, fmt.Errorf("no tensors head.%d.weight and head.%d.bias", i, i)
	}
	if len(weight.Shape) != 2 || len(bias.Shape) != 1 || weight.Shape[0] != bias.Shape[0] || weight.Shape[0] < 1 || weight.Shape[1] < 1 {
		return learn.Linear{}, fmt.Errorf("head.%d.weight has the shape %v and head.%d.bias %v", i, weight.Shape, i, bias.Shape)
	}
	values, err := weight.Rounded()
	if err != nil {
		return learn.Linear{}, fmt.Errorf("head.%d.weight %w", i, err)
	}
	biases, err := bias.Rounded()
	if err != nil {
		return learn.Linear{}, fmt.Errorf("head.%d.bias %w", i, err)
	}
	return learn.Linear{Weight: &matrix.Matrix{Rows: weight.Shape[0], Cols: weight.Shape[1], Data: values}, Bias: biases}, nil
}

// readWords reads the words of tf-idf and their idf.
func (c *Classifier) readWords(dir string, f *tensors.File) error {
	if n := len(c.Head.Layers); n != 1 {
		return fmt.Errorf("%s: a head of %d layers on words, which have one", configFile, n)
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
		return fmt.Errorf("%s: no tensor idf", headFile)
	}
	if w.idf, err = idf.Rounded(); err != nil {
		return fmt.Errorf("%s: idf %w", headFile, err)
	}
	if len(w.idf) != len(w.list) || c.inputs() != len(w.list) {
		return fmt.Errorf("%s has %d words, %s %d values of idf and weights of %d", wordsFile, len(w.list), headFile, len(w.idf), c.inputs())
	}
	c.words = w.indexed()
	return nil
}

// Close frees the static model's rows.
func (c *Classifier) Close() error {
	if c.base.Static != nil {
		return c.base.Static.Close()
	}
	return nil
}
