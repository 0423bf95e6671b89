package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// protocolRevision is part of every cache key. It goes up whenever a protocol's code
// changes what it scores.
const protocolRevision = 4

// A Cache keeps results of finished tasks on disk, a file each, so that an evaluation
// that was stopped goes on where it was. Its keys are SHA-256 of the model, of the data
// files' bytes, and of what else decides a score; failed tasks are not kept.
type Cache struct {
	Dir   string // made when it is needed
	Model string // what identifies the model: the SHA-256 of its files
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
	h := sha256.New()
	fmt.Fprintf(h, "m2v eval %d\n%s\n%s\n%s\n%s\n%d\n", protocolRevision, c.Model, t.Column, t.Name, t.form, seed)
	for _, name := range t.files {
		sum, err := hashFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %s\n", filepath.Base(name), sum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// load puts the result of key into r and tells whether there is one. A file that is no
// result is as good as none: the task runs again.
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
	if err := os.MkdirAll(filepath.Dir(c.path(key)), 0o755); err != nil {
		return fmt.Errorf("eval: cache result of %s: %w", r.Task, err)
	}
	f, err := os.CreateTemp(filepath.Dir(c.path(key)), "new-*")
	if err != nil {
		return fmt.Errorf("eval: cache result of %s: %w", r.Task, err)
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path(key))
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error above says more
		return fmt.Errorf("eval: cache result of %s: %w", r.Task, err)
	}
	return nil
}

func (c *Cache) path(key string) string { return filepath.Join(c.Dir, key[:2], key+".json") }
