package classifier

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/head"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/static"
)

// The names of a classifier's files beside those of a static model.
const (
	wordsFile  = "words.json"
	configFile = "config.json"
	logFile    = "train.jsonl"
	reportFile = "report.json"
	pageFile   = "report.html"
)

// activations are the reference's names of tasks.
var activations = map[Task]string{Single: "softmax", Multi: "sigmoid", Regression: "identity"}

// Folder is what a classifier's folder says beside the classifier.
type Folder struct {
	Report   *Report
	Card     export.Card
	Manifest *export.Manifest
	// Config are the base model's keys of config.json.
	Config []static.Field
}

// Manifest returns the manifest of a classifier that was made of base, the manifest that
// export.Derive gives or an empty one, from texts whose SHA-256 are given by their role.
func (c *Classifier) Manifest(base *export.Manifest, texts map[string]string) *export.Manifest {
	m := *base
	m.Tool, m.Version = "m2v", export.Version
	m.Options = c.options.fields(c.Task)
	for role, sum := range texts {
		m.Options[role+"_sha256"] = sum
	}
	if c.base.Static == nil && c.words == nil {
		m.Options["model_identity"] = c.base.Identity
	}
	return &m
}

// Write writes the classifier to the folder dir, whole or not at all; see export.Write. A
// head on a static model is the reference's folder. A head on a teacher's vectors has its
// weights and the teacher's identity alone; tf-idf has its words.
func (c *Classifier) Write(ctx context.Context, dir string, f Folder, o export.Options) error {
	config := head.Config{Layers: len(c.Head.Layers), Activation: activations[c.Task]}
	if c.Task != Regression {
		classes, err := json.Marshal(c.classValues())
		if err == nil {
			err = json.Unmarshal(classes, &config.Classes)
		}
		if err != nil {
			return fmt.Errorf("classifier: write %s: %w", dir, err)
		}
	}
	value, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("classifier: write %s: %w", dir, err)
	}
	list, err := c.files(f.Report)
	if err != nil {
		return fmt.Errorf("classifier: write %s: %w", dir, err)
	}
	if c.base.Static != nil {
		folder := export.Folder{Config: append(head.Without(f.Config), static.Field{Key: head.Key, Value: value}), Card: f.Card, Manifest: f.Manifest, Files: list}
		return export.Write(ctx, dir, c.base.Static, folder, o)
	}
	kind := map[string]any{"model_type": "m2v-" + string(c.Kind), head.Key: config}
	if c.words == nil {
		kind["model_type"], kind["model_identity"] = "m2v-head", c.base.Identity
	}
	data, err := json.MarshalIndent(kind, "", "    ")
	if err != nil {
		return fmt.Errorf("classifier: write %s: %w", dir, err)
	}
	list = append(list, export.File{Name: configFile, Data: append(data, '\n')})
	if f.Manifest != nil {
		data, err := f.Manifest.JSON()
		if err != nil {
			return fmt.Errorf("classifier: write %s: %w", dir, err)
		}
		list = append(list, export.File{Name: export.ManifestFile, Data: data})
	}
	return export.WriteFolder(ctx, dir, func(path string) error {
		for _, file := range list {
			if err := export.CreateFile(ctx, filepath.Join(path, file.Name), func(w io.Writer) error {
				_, err := w.Write(file.Data)
				return err
			}); err != nil {
				return fmt.Errorf("classifier: write %s: %w", dir, err)
			}
		}
		return nil
	}, o)
}

// classValues are the classes as config.json has them.
func (c *Classifier) classValues() any {
	if !c.Integers {
		return c.Classes
	}
	out := make([]int64, len(c.Classes))
	for i, name := range c.Classes {
		n, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return c.Classes
		}
		out[i] = n
	}
	return out
}

// files are the head, and what is told about its training.
func (c *Classifier) files(r *Report) ([]export.File, error) {
	list := map[string]tensors.Tensor{}
	for i, l := range c.Head.Layers {
		list[fmt.Sprintf("head.%d.weight", i)] = tensor(l.Weight.Data, l.Weight.Rows, l.Weight.Cols)
		list[fmt.Sprintf("head.%d.bias", i)] = tensor(l.Bias, len(l.Bias))
	}
	var out []export.File
	if c.words != nil {
		list["idf"] = tensor(c.words.idf, len(c.words.idf))
		data, err := json.Marshal(c.words.list)
		if err != nil {
			return nil, err
		}
		out = append(out, export.File{Name: wordsFile, Data: append(data, '\n')})
	}
	var layers bytes.Buffer
	if err := tensors.Write(&layers, list, nil); err != nil {
		return nil, err
	}
	out = append(out, export.File{Name: head.File, Data: layers.Bytes()})
	if r == nil {
		return out, nil
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	page, err := r.page()
	if err != nil {
		return nil, err
	}
	out = append(out, export.File{Name: reportFile, Data: append(data, '\n')}, export.File{Name: pageFile, Data: page})
	if len(r.Log) > 0 {
		var log bytes.Buffer
		e := json.NewEncoder(&log)
		for _, record := range r.Log {
			if err := e.Encode(record); err != nil {
				return nil, err
			}
		}
		out = append(out, export.File{Name: logFile, Data: log.Bytes()})
	}
	return out, nil
}

func tensor(values []float32, shape ...int) tensors.Tensor {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return tensors.Tensor{Type: tensors.F32, Shape: shape, Data: data}
}
