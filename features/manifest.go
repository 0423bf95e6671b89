package features

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// ManifestFile is the name of a folder's manifest.
const ManifestFile = "features.json"

// Manifest is features.json. Two runs over the same texts with the same teacher
// and options write the same manifest.
type Manifest struct {
	Tool    string  `json:"tool"`    // "m2v"
	Version string  `json:"version"` // of the tool that began the folder
	Teacher Teacher `json:"teacher"`

	Width      int    `json:"width"`       // H
	DType      string `json:"dtype"`       // "float32" or "float16"
	ShardTexts int    `json:"shard_texts"` // texts per shard, at most
	BatchTexts int    `json:"batch_texts"` // texts per call of the encoder

	// Share says which part of the work a share's manifest tells of; nil in features.json.
	Share *ShareState `json:"share,omitempty"`

	// Complete says that the corpus was read to its end. Before that the fields
	// below tell of the shards so far.
	Complete bool `json:"complete"`
	Texts    int  `json:"texts"` // N: texts that have a vector
	// TextsSHA256 identifies the texts as a whole, those without a vector too: of
	// each its length in bytes, 8 bytes little-endian, and its bytes. It is empty
	// until Complete.
	TextsSHA256 string  `json:"texts_sha256,omitempty"`
	Dropped     Dropped `json:"dropped"`

	Rows   *RowsFile `json:"rows,omitempty"` // nil without rows.safetensors
	Shards []Shard   `json:"shards"`
}

// Dropped counts the texts of the corpus that are not in the folder.
type Dropped struct {
	Empty      int `json:"empty"`       // white space alone
	Duplicates int `json:"duplicates"`  // of an earlier text of the same shard
	BadVectors int `json:"bad_vectors"` // the vector is zeros, or holds NaN or Inf
}

func (d *Dropped) add(other Dropped) {
	d.Empty += other.Empty
	d.Duplicates += other.Duplicates
	d.BadVectors += other.BadVectors
}

// Shard is one shard-NNNNN.parquet.
type Shard struct {
	File        string  `json:"file"`
	Texts       int     `json:"texts"`        // rows of the file
	SHA256      string  `json:"sha256"`       // of the file
	TextsSHA256 string  `json:"texts_sha256"` // as Manifest.TextsSHA256, of this shard
	Dropped     Dropped `json:"dropped"`      // while the shard was filled
}

// maxManifest is the longest manifest that is read: 200,000 shards take 60 MB.
const maxManifest = 256 << 20

// readManifest reads a manifest of a folder, features.json or a share's: nil and no
// error if the folder has none of this name.
func readManifest(ctx context.Context, dir store.Folder, name string) (*Manifest, error) {
	path := dir.Path(name)
	f, err := dir.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if f.Size() > maxManifest {
		return nil, fmt.Errorf("%s: not a manifest", path)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: not a manifest: %w; remove the folder, and m2v featurize makes it again", path, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%s: %w; remove the folder, and m2v featurize makes it again", path, err)
	}
	if is := m.name(); is != name {
		return nil, fmt.Errorf("%s: it is the manifest of another share, %s", path, is)
	}
	return m, nil
}

// maxWidth is the largest H that a manifest may name.
const maxWidth = 1 << 20

// check refuses what Write does not write.
func (m *Manifest) check() error {
	switch {
	case m.Width < 1 || m.Width > maxWidth:
		return fmt.Errorf("width %d is not in 1 to %d", m.Width, maxWidth)
	case m.DType != matrix.Float32.String() && m.DType != matrix.Float16.String():
		return fmt.Errorf("dtype %q is not float32 or float16", m.DType)
	case m.Rows != nil && (m.Rows.File != RowsName || m.Rows.TokensFile != TokensName):
		return fmt.Errorf("rows are in %q and %q, not in %s and %s", m.Rows.File, m.Rows.TokensFile, RowsName, TokensName)
	}
	if err := m.Share.check(); err != nil {
		return err
	}
	if m.Rows != nil {
		for name := range m.Rows.Files {
			if err := checkBeside(name); err != nil {
				return err
			}
		}
	}
	texts := 0
	for i, s := range m.Shards {
		if want := shardName(m.share().number(i)); s.File != want {
			return fmt.Errorf("shard %d is %q, not %s", i, s.File, want)
		}
		if s.Texts < 0 || s.Texts > m.ShardTexts {
			return fmt.Errorf("%s has %d texts, of at most %d", s.File, s.Texts, m.ShardTexts)
		}
		texts += s.Texts
	}
	if texts != m.Texts {
		return fmt.Errorf("it claims %d texts, and its shards have %d", m.Texts, texts)
	}
	return nil
}

// json returns features.json, maps by ascending keys.
func (m *Manifest) json() ([]byte, error) {
	plain := *m
	if plain.Shards == nil {
		plain.Shards = []Shard{}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(plain)
	return out.Bytes(), err
}

// put makes s the shard of place i, which is known or the next one, and counts it.
func (m *Manifest) put(i int, s Shard) {
	if i == len(m.Shards) {
		m.Shards = append(m.Shards, Shard{})
	}
	old := &m.Shards[i]
	m.Texts += s.Texts - old.Texts
	m.Dropped.add(s.Dropped)
	m.Dropped.Empty -= old.Dropped.Empty
	m.Dropped.Duplicates -= old.Dropped.Duplicates
	m.Dropped.BadVectors -= old.Dropped.BadVectors
	*old = s
}

// identity is what two folders must have in common to be of one kind, by name.
func (m *Manifest) identity() map[string]string {
	is := map[string]string{"width": strconv.Itoa(m.Width), "dtype": m.DType, "tokenizer": m.Teacher.Tokenizer}
	for file, hash := range m.Teacher.SHA256 {
		is["SHA-256 of "+file] = hash
	}
	for name, value := range m.Teacher.Settings {
		is[name] = value
	}
	if len(m.Teacher.SHA256) == 0 { // nothing better tells the teacher
		is["teacher"], is["revision"] = m.Teacher.Name, m.Teacher.Revision
	}
	return is
}

// layout is what else two runs that share a folder must have in common.
func (m *Manifest) layout() map[string]string {
	is := m.identity()
	is["texts per shard"] = strconv.Itoa(m.ShardTexts)
	is["texts per batch"] = strconv.Itoa(m.BatchTexts)
	return is
}

// difference names the first thing that differs, "" if nothing does.
func difference(there, here map[string]string) string {
	names := slices.Sorted(maps.Keys(there))
	for name := range here {
		if _, ok := there[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if there[name] != here[name] {
			return fmt.Sprintf("%s is %q there and %q here", name, there[name], here[name])
		}
	}
	return ""
}
