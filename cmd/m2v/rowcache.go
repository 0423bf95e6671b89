package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/transformer"
)

// rowCache keeps the rows of forward passes on disk, a safetensors file each, so that
// an ablation never runs a teacher twice for the same ids.
type rowCache struct {
	dir       string
	temporary bool // goes with the run
}

// rowsRevision is part of every key. It goes up whenever the way from ids to rows
// changes.
const rowsRevision = 1

// The names in a file of the cache.
const (
	rowsTensor   = "rows"     // V×H float32
	rowsSum      = "sha256"   // of the tensor's bytes
	rowsWarnings = "warnings" // of the pass, a line each
)

// passKey identifies what a forward pass depends on but for the pooling: the graph,
// the ids, how they are batched, and the runtime. Input rows take no pass.
func (p *distillPlan) passKey(runtimeVersion string) string {
	h := sha256.New()
	fmt.Fprintf(h, "m2v rows %d\nruntime %s\nbatch %d\npad %d\nframe %d %d\n", rowsRevision, runtimeVersion, p.batchSize(),
		p.vocabulary.TeacherPadID, len(p.vocabulary.Frame.BOS), len(p.vocabulary.Frame.EOS))
	p.hashGraphAndIDs(h)
	return hex.EncodeToString(h.Sum(nil))
}

// rowsKey identifies the plan's rows among those of its pass, or its input rows.
func (p *distillPlan) rowsKey(pass string) string {
	h := sha256.New()
	if p.o.Source == transformer.Input {
		fmt.Fprintf(h, "m2v input rows %d\n", rowsRevision)
		p.hashGraphAndIDs(h)
	} else {
		fmt.Fprintf(h, "%s\npooling %s\n", pass, p.o.Pooling)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (p *distillPlan) hashGraphAndIDs(h hash.Hash) {
	for _, name := range slices.Sorted(maps.Keys(p.sha256)) {
		if name != "tokenizer.json" && !slices.Contains(specialFiles, name) { // the ids stand for these
			fmt.Fprintln(h, name, p.sha256[name])
		}
	}
	var buffer []byte
	for _, ids := range p.vocabulary.IDs {
		buffer = binary.AppendUvarint(buffer[:0], uint64(len(ids)))
		for _, id := range ids {
			buffer = binary.AppendUvarint(buffer, uint64(id))
		}
		h.Write(buffer)
	}
}

func (c rowCache) path(key string) string {
	return filepath.Join(c.dir, key[:2], key+".safetensors")
}

// has tells whether the cache holds rows of tokens for key. A damaged file is removed,
// and is as good as none but for the error that names it.
func (c rowCache) has(key string, tokens int) (bool, error) {
	if _, err := os.Stat(c.path(key)); err != nil {
		return false, nil
	}
	_, _, err := c.open(key, tokens)
	return err == nil, err
}

// writable tells whether rows can be kept, before any are made.
func (c rowCache) writable() error {
	err := os.MkdirAll(c.dir, 0o755)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(c.dir, "new-*"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	return err
}

// store keeps rows under key, and what their pass gave cause to warn of.
func (c rowCache) store(key string, rows *matrix.Matrix, warnings []string) error {
	table := quantize.Table(rows, matrix.Float32)
	sum := sha256.Sum256(table.Bytes)
	if err := os.MkdirAll(filepath.Dir(c.path(key)), 0o755); err != nil {
		return fmt.Errorf("cache rows: %w", err)
	}
	err := files.Write(c.path(key), func(w io.Writer) error {
		about := map[string]string{rowsSum: hex.EncodeToString(sum[:]), rowsWarnings: strings.Join(warnings, "\n")}
		return tensors.Write(w, map[string]tensors.Tensor{rowsTensor: tensors.FromTable(table)}, about)
	})
	if err != nil {
		return fmt.Errorf("cache rows: %w", err)
	}
	return nil
}

// load returns the rows of key for a vocabulary of tokens, and their warnings.
func (c rowCache) load(key string, tokens int) (*matrix.Matrix, []string, error) {
	table, warnings, err := c.open(key, tokens)
	if err != nil {
		return nil, nil, err
	}
	return table.Matrix(), warnings, nil
}

// open returns the file of key as it is stored. A damaged one is an error, and removed.
func (c rowCache) open(key string, tokens int) (*matrix.Table, []string, error) {
	data, err := os.ReadFile(c.path(key))
	if err != nil {
		return nil, nil, fmt.Errorf("cached rows: %w", err)
	}
	table, warnings, err := parseRows(data, tokens)
	if err != nil {
		_ = os.Remove(c.path(key)) // if it stays, it is refused again
		return nil, nil, fmt.Errorf("%s: %w", c.path(key), err)
	}
	return table, warnings, nil
}

func parseRows(data []byte, tokens int) (*matrix.Table, []string, error) {
	file, err := tensors.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	about, err := file.Metadata()
	if err != nil {
		return nil, nil, err
	}
	t, _ := file.Tensor(rowsTensor)
	table, err := t.Table()
	if err != nil || table.Type != matrix.Float32 || table.Rows != tokens {
		return nil, nil, fmt.Errorf("not the rows of %d tokens", tokens)
	}
	if sum := sha256.Sum256(table.Bytes); hex.EncodeToString(sum[:]) != about[rowsSum] {
		return nil, nil, fmt.Errorf("damaged: its SHA-256 is not the one that it names")
	}
	var warnings []string
	if text := about[rowsWarnings]; text != "" {
		warnings = strings.Split(text, "\n")
	}
	return table, warnings, nil
}
