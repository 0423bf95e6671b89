package teacher

import (
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
)

// A RowCache keeps the rows of forward passes on disk, a safetensors file each, so that
// an ablation never runs a teacher twice for the same ids.
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
