package m2v

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/eval"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/portable"
)

// Exported tells what Export has written.
type Exported struct {
	Path     string        `json:"path"`
	Form     portable.Form `json:"form"`
	Tokens   int           `json:"tokens"`
	Dims     int           `json:"dims"`
	Warnings []string      `json:"warnings"`
}

// Export writes the static model name, a folder or a Hub id, to the folder dir in another
// form. With force it replaces what an earlier export of this form wrote.
func Export(ctx context.Context, name, dir string, to portable.Form, force bool, o model.Options) (*Exported, error) {
	options := portable.Options{Force: force}
	if err := export.Check(dir, options.Target(to)); err != nil {
		return nil, err
	}
	m, err := model.OpenStudent(ctx, name, o)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	if to == portable.ONNX {
		if options.Head, err = portable.ReadHead(m.Folder.Dir, m.Static.Config()); err != nil {
			return nil, err
		}
	}
	options.Manifest, err = export.Derive(m.Folder.Dir, m.Folder.Name, m.Folder.Commit, m.Static, map[string]any{"to": to.String()})
	if err != nil {
		return nil, err
	}
	warnings, err := portable.Write(ctx, dir, m.Static, to, options)
	if err != nil {
		return nil, err
	}
	return &Exported{dir, to, m.Static.Size(), m.Static.Dims(), append(append([]string{}, m.Warnings()...), warnings...)}, nil
}

// CardWithScores returns the model card of the folder dir with the scores of the file, which
// eval.NewScores wrote for one model, in the form that the Hub shows for the repository repo.
func CardWithScores(dir, repo, file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	models, err := eval.ReadScored(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(models) > 1 {
		return nil, fault.Hint(fmt.Errorf("%s: it has scores of %d models", file, len(models)), "m2v eval %s --json writes those of one", dir)
	}
	card, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	block := models[0].ModelIndex(repo)
	if block == "" {
		return nil, fmt.Errorf("%s: no task in it has a score", file)
	}
	return export.SetFrontMatter(card, block), nil
}
