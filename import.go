package m2v

import (
	"context"
	"slices"

	"github.com/m2v-dev/m2v/convert"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/model"
)

// Imported tells what Import has written.
type Imported struct {
	Path     string         `json:"path"`
	Rows     int            `json:"rows"`
	Dims     int            `json:"dims"`
	Type     string         `json:"type"`
	Counts   map[string]int `json:"counts"`
	Warnings []string       `json:"-"`
}

// Import writes word vectors as a static model, with rows of type t, to the folder dir as w
// says. name is FORM:FILE: glove:FILE, word2vec:FILE or bpemb:MODEL,VECTORS.
func Import(ctx context.Context, name, dir string, t matrix.Type, w export.Options) (*Imported, error) {
	s, ok, err := model.ParseFiles(name)
	if err != nil {
		return nil, err
	}
	if !ok || s.Form == "npy" {
		return nil, fault.Hint(fault.Argument("%s is not glove:FILE, word2vec:FILE or bpemb:MODEL,VECTORS", name), "m2v distill makes a static model of a teacher")
	}
	if err := export.Check(dir, w); err != nil {
		return nil, err
	}
	words, err := convert.Open(s.Form, s.Files...)
	if err != nil {
		return nil, err
	}
	c, err := words.Static(t)
	if err != nil {
		return nil, err
	}
	folder, err := c.Folder()
	if err != nil {
		return nil, err
	}
	if err := export.Write(ctx, dir, c.Model, folder, w); err != nil {
		return nil, err
	}
	table := c.Model.Table()
	return &Imported{dir, table.Rows, table.Cols, table.Type.String(), c.Counts, slices.Concat(words.Warnings, c.Warnings)}, nil
}
