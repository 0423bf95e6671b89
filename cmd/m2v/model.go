package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/vocab"
)

// modelFolder is a model on disk and how a manifest calls it.
type modelFolder struct {
	Dir    string
	Name   string // a Hub id, or "" where none is known: a path never gets into a model folder
	Commit string // of the Hub's repository; "" for a local folder
}

// findModel returns the folder of ref: a local folder, or a Hub id whose files
// are taken from the Hub's cache or fetched into it.
func (a *app) findModel(ctx context.Context, ref, revision string, files []hub.Want) (modelFolder, error) {
	info, err := os.Stat(ref)
	switch {
	case err == nil && info.IsDir():
		if revision != "" {
			return modelFolder{}, usagef("--revision %s: %s is a local folder, which has no revisions", revision, ref)
		}
		return modelFolder{Dir: ref, Name: nameOrPath(ref)}, nil
	case err == nil:
		return modelFolder{}, withHint(fmt.Errorf("%s: not a folder", ref), "give the folder that holds the model")
	case !errors.Is(err, fs.ErrNotExist):
		return modelFolder{}, err
	case looksLikePath(ref):
		return modelFolder{}, withHint(fmt.Errorf("%s: no such folder", ref),
			"give a folder, or a Hub id such as sentence-transformers/all-MiniLM-L6-v2")
	}
	folder, err := a.fetchModel(ctx, ref, revision, files)
	if err != nil && !strings.Contains(ref, "/") {
		return folder, fmt.Errorf("there is no folder %s here, and as a Hub id: %w", ref, err)
	}
	return folder, err
}

// looksLikePath tells a path that is not there from a Hub id.
func looksLikePath(ref string) bool {
	return filepath.IsAbs(ref) || strings.HasPrefix(ref, ".") || strings.HasPrefix(ref, "~") ||
		strings.HasSuffix(ref, "/") || hub.CheckRepo(ref) != nil
}

func (a *app) fetchModel(ctx context.Context, id, revision string, files []hub.Want) (modelFolder, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	var bar *progress
	request := hub.Request{Repo: id, Revision: revision, Files: files, Progress: func(p hub.Progress) {
		if bar == nil {
			bar = a.progress("fetch "+id, "bytes", int(p.Total))
		}
		bar.update(int(p.Done))
	}}
	dir, err := hub.Fetch(ctx, request, hub.ConfigFromEnv(a.getenv, home))
	if bar != nil {
		bar.finish()
	}
	if err != nil {
		return modelFolder{}, err
	}
	return modelFolder{Dir: dir, Name: id, Commit: filepath.Base(dir)}, nil
}

// nameOrPath returns the Hub id that a local model's config.json remembers, ""
// if it remembers none or a path.
func nameOrPath(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return ""
	}
	var config struct {
		Name string `json:"_name_or_path"`
	}
	if json.Unmarshal(data, &config) != nil || !strings.Contains(config.Name, "/") || hub.CheckRepo(config.Name) != nil {
		return ""
	}
	return config.Name
}

// specialFiles are where a teacher may name its special tokens.
var specialFiles = []string{"tokenizer_config.json", "special_tokens_map.json"}

// readSpecial returns the special tokens that a teacher's own files name.
func readSpecial(dir string) (vocab.Special, error) {
	var files [2][]byte
	for i, name := range specialFiles {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return vocab.Special{}, err
		}
		files[i] = data
	}
	return vocab.ParseSpecial(files[0], files[1])
}
