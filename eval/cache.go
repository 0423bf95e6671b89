package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/m2v-dev/m2v/internal/cachekey"
	"github.com/m2v-dev/m2v/internal/files"
)

// protocolRevision is part of every cache key. It goes up whenever a protocol's code
// changes what it scores.
const protocolRevision = 6

// A Cache keeps results of finished tasks on disk, a file each, so that an evaluation
// that was stopped goes on where it was. Its keys are SHA-256 of the model, of the data
// files' bytes, and of what else decides a score; failed tasks are not kept.
type Cache struct {
	Dir   string // made when it is needed
	Model string // identifies the model: the SHA-256 of its files
	// Program and Library are those that score: the program's version, and the name and
	// version of the library that multiplies and runs graphs, "" where there is none.
	// Results of others are not used.
	Program, Library string
}

// cached is a result as the cache keeps it.
type cached struct {
	Task     string             `json:"task"`
	Column   Column             `json:"column"`
	Score    float64            `json:"score"`
	Details  map[string]float64 `json:"details,omitempty"`
	Warnings []string           `json:"warnings,omitempty"`
	Seconds  float64            `json:"seconds"`
	Encoded  int                `json:"encoded"`
	Encode   float64            `json:"encode_seconds"`
}

// key returns the key of a task's result.
func (c *Cache) key(t Task, seed uint64) (string, error) {
	k := cachekey.Engine{Program: c.Program, Library: c.Library}.New("score", protocolRevision)
	k.Add("model", c.Model)
	k.Add("task", t.Column, t.Name, t.form, t.variant, seed)
	for _, name := range t.files {
		sum, _, err := files.SHA256(name)
		if err != nil {
			return "", err
		}
		k.Add("file", filepath.Base(name), sum)
	}
	return k.String(), nil
}

// load puts the result of key into r and tells whether there is one. A file that is no
// result counts as missing: the task runs again.
func (c *Cache) load(key string, r *Result) bool {
	data, err := os.ReadFile(c.path(key))
	if err != nil {
		return false
	}
	var kept cached
	if json.Unmarshal(data, &kept) != nil || kept.Task != r.Task || kept.Column != r.Column {
		return false
	}
	r.Score, r.Details, r.Warnings, r.Seconds, r.Cached = kept.Score, kept.Details, kept.Warnings, kept.Seconds, true
	r.Encoded, r.EncodeSeconds = kept.Encoded, kept.Encode
	return true
}

// store keeps r under key. The file appears whole or not at all.
func (c *Cache) store(key string, r Result) error {
	data, err := json.Marshal(cached{r.Task, r.Column, r.Score, r.Details, r.Warnings, r.Seconds, r.Encoded, r.EncodeSeconds})
	if err != nil {
		return fmt.Errorf("eval: cache result of %s: %w", r.Task, err)
	}
	err = os.MkdirAll(filepath.Dir(c.path(key)), 0o777) // less what the umask takes
	if err == nil {
		err = files.Write(c.path(key), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("eval: cache result of %s: %w", r.Task, err)
	}
	return nil
}

func (c *Cache) path(key string) string { return filepath.Join(c.Dir, key[:2], key+".json") }
