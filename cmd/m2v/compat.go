package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/tokenizer"
)

// What follows keeps older names for commands that have not moved yet.

func (a *app) findModel(ctx context.Context, ref, revision string, files []hub.Want) (hub.Folder, error) {
	return a.finder().Find(ctx, ref, revision, files)
}

func (a *app) findAnyModel(ctx context.Context, ref, revision, onnxFile string) (hub.Folder, bool, error) {
	return model.Find(ctx, ref, model.Options{Find: a.finder(), Revision: revision, ONNXFile: onnxFile})
}

func hintGraph(err error) error { return teacher.HintGraph(err) }

func notFinite(m *static.Model) (token string, value float32, ok bool) { return model.NotFinite(m) }

func readTokenizer(dir string) (*tokenizer.File, *tokenizer.Tokenizer, error) {
	file, err := teacher.ReadTokenizer(dir)
	if err != nil {
		return nil, nil, err
	}
	tok, err := tokenizer.New(file)
	return file, tok, err
}

func sha256File(path string) (string, error) {
	sum, _, err := files.SHA256(path)
	return sum, err
}

// hasFile tells whether a folder has a file.
func hasFile(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
	return err == nil
}
