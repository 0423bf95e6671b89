package teacher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/quantize"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/transformer"
)

// A RowCache keeps the rows of forward passes on disk, a safetensors file each, so that
// no teacher runs twice for the same ids: distillations and ablations share them.
type RowCache struct{ Dir string }

// The names in a file of the cache.
const (
	rowsTensor   = "rows"     // V×H float32
	rowsSum      = "sha256"   // of the tensor's bytes
	rowsWarnings = "warnings" // of the pass, a line each
)

func (c RowCache) path(key string) string {
	return filepath.Join(c.Dir, key[:2], key+".safetensors")
}

// Store keeps rows under key, and what their pass gave cause to warn of.
func (c RowCache) Store(key string, rows *matrix.Matrix, warnings []string) error {
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

// Embed is t.Embed, which runs nothing where the cache has the rows already, and else
// keeps them. Pass.Unkept tells why rows could not be kept. A cache without a folder
// keeps nothing.
func (c RowCache) Embed(ctx context.Context, t *Teacher, p runtime.Provider, progress Progress, pooling transformer.Pooling) (*matrix.Matrix, Pass, error) {
	var key string
	if c.Dir != "" {
		version, err := t.startRuntime(p)
		if err != nil {
			return nil, Pass{}, err
		}
		key = t.RowsKey(version)
		rows, warnings, err := c.Load(key, len(t.Vocabulary.Tokens))
		if err == nil {
			return rows, Pass{Warnings: warnings, Runtime: version, Cached: true}, nil
		}
	}
	all, pass, err := t.Embed(ctx, p, progress, pooling) // V×H
	if err != nil {
		return nil, pass, err
	}
	if c.Dir != "" && pass.Keeps(all[0].Rows) {
		if err := c.Store(key, all[0], pass.Warnings); err != nil {
			pass.Unkept = err
		}
	}
	return all[0], pass, nil
}

// Keeps tells whether the rows of a pass may be cached: those of a broken teacher are not,
// since a later run would not know that they are.
func (p Pass) Keeps(vectors int) bool { return !tooMany(p.Replaced, vectors) }

// Load returns the rows of key for a vocabulary of tokens, and the warnings of their
// pass. Rows that are not there are an fs.PathError of opening their file. A damaged file
// is an error that names it, and removed.
func (c RowCache) Load(key string, tokens int) (*matrix.Matrix, []string, error) {
	data, err := os.ReadFile(c.path(key))
	if err != nil {
		return nil, nil, fmt.Errorf("cached rows: %w", err)
	}
	table, warnings, err := parseRows(data, tokens)
	if err != nil {
		_ = os.Remove(c.path(key)) // if it stays, it is refused again
		return nil, nil, fmt.Errorf("%s: %w", c.path(key), err)
	}
	return table.Matrix(), warnings, nil
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
