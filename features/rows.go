package features

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/tensors"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// The files of the vocabulary's rows.
const (
	RowsName   = "rows.safetensors" // one tensor, "rows", V×H float32
	TokensName = "tokens.json"      // an array of V strings
)

const rowsTensor = "rows"

// Rows are a teacher's rows of its vocabulary.
type Rows struct {
	Tokens   []string          // V tokens, as the tokenizer spells them, in the order of the rows
	Matrix   *matrix.Matrix    // V×H; H may differ from the width of the vectors of texts
	Settings map[string]string // what decided the rows: pooling, special tokens
	// Files are those of the teacher's folder that say what the tokens are, such as
	// tokenizer.json, by their names: a reader of the rows can build the vocabulary.
	Files map[string][]byte
}

// RowsFile tells of rows.safetensors and tokens.json.
type RowsFile struct {
	File       string `json:"file"`
	SHA256     string `json:"sha256"` // of the file
	TokensFile string `json:"tokens_file"`
	// TokensSHA256 is of that file. Rows of equal ones are of the same tokens.
	TokensSHA256 string            `json:"tokens_sha256"`
	Tokens       int               `json:"tokens"` // V
	Width        int               `json:"width"`  // H
	Settings     map[string]string `json:"settings,omitempty"`
	// Files are the SHA-256 of tokenizer.json and its like, by their names.
	Files map[string]string `json:"files,omitempty"`
}

// writeRows writes both files.
func (w *writer) writeRows(ctx context.Context, r *Rows) (*RowsFile, error) {
	if r == nil || r.Matrix == nil || len(r.Tokens) != r.Matrix.Rows || r.Matrix.Rows == 0 {
		return nil, errors.New("the rows and their tokens do not match")
	}
	tokens, err := tokensJSON(r.Tokens)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	err = w.writeFile(ctx, RowsName, func(out io.Writer) error { return encodeRows(io.MultiWriter(out, h), r.Matrix) })
	if err != nil {
		return nil, err
	}
	if err := w.writeFile(ctx, TokensName, writing(tokens)); err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		if err := checkBeside(name); err != nil {
			return nil, err
		}
		if err := w.writeFile(ctx, name, writing(r.Files[name])); err != nil {
			return nil, err
		}
		hash := sha256.Sum256(r.Files[name])
		sums[name] = hex.EncodeToString(hash[:])
	}
	hash := sha256.Sum256(tokens)
	return &RowsFile{
		File: RowsName, SHA256: sum(h), TokensFile: TokensName, TokensSHA256: hex.EncodeToString(hash[:]),
		Tokens: r.Matrix.Rows, Width: r.Matrix.Cols, Settings: r.Settings, Files: sums,
	}, nil
}

// checkBeside refuses a name that cannot be a file beside the rows, or that this
// package gives to a file of its own.
func checkBeside(name string) error {
	own := name == ManifestFile || name == RowsName || name == TokensName || strings.HasPrefix(name, "shard-")
	if own || strings.HasPrefix(name, ".") || filepath.Base(name) != name || !filepath.IsLocal(name) {
		return fmt.Errorf("%q is not the name of a file beside the rows", name)
	}
	return nil
}

// encodeRows writes rows.safetensors.
func encodeRows(w io.Writer, m *matrix.Matrix) error {
	if _, err := w.Write(tensors.Header(rowsTensor, matrix.Float32, int64(m.Rows), m.Cols)); err != nil {
		return err
	}
	data := make([]byte, 4*m.Cols)
	for i := range m.Rows {
		for j, x := range m.Row(i) {
			binary.LittleEndian.PutUint32(data[4*j:], math.Float32bits(x))
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// tokensJSON is tokens.json, a token a line.
func tokensJSON(tokens []string) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "")
	err := e.Encode(tokens)
	return out.Bytes(), err
}

// writing fills a file with data.
func writing(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// readRows reads both files of a folder, whose SHA-256 must be the manifest's.
func readRows(ctx context.Context, dir store.Folder, about *RowsFile) (*Rows, error) {
	data, err := readWhole(ctx, dir, RowsName, about.SHA256)
	if err != nil {
		return nil, err
	}
	rows, err := parseRows(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(RowsName), err)
	}
	data, err = readWhole(ctx, dir, TokensName, about.TokensSHA256)
	if err != nil {
		return nil, err
	}
	r := &Rows{Matrix: rows, Settings: about.Settings}
	if err := json.Unmarshal(data, &r.Tokens); err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(TokensName), err)
	}
	if len(r.Tokens) != rows.Rows {
		return nil, fmt.Errorf("%s: it has %d rows for %d tokens", dir.Path(RowsName), rows.Rows, len(r.Tokens))
	}
	r.Files = map[string][]byte{}
	for name, sum := range about.Files {
		if r.Files[name], err = readWhole(ctx, dir, name, sum); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func parseRows(data []byte) (*matrix.Matrix, error) {
	file, err := tensors.Parse(data)
	if err != nil {
		return nil, err
	}
	tensor, ok := file.Tensor(rowsTensor)
	if !ok || tensor.Type != tensors.F32 || len(tensor.Shape) != 2 || len(tensor.Data) == 0 {
		return nil, errors.New("it holds no tensor rows, V×H float32")
	}
	table, err := tensor.Table()
	if err != nil {
		return nil, err
	}
	return table.Matrix(), nil
}

// readWhole reads a file whose SHA-256 must be want.
func readWhole(ctx context.Context, dir store.Folder, name, want string) ([]byte, error) {
	path := dir.Path(name)
	f, err := dir.Open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if hash := sha256.Sum256(data); hex.EncodeToString(hash[:]) != want {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	return data, nil
}
