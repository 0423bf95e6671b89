package features

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/nlpodyssey/safetensors"

	"github.com/m2v-dev/m2v/matrix"
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
	Settings map[string]string // what decided the rows: pooling, frame
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
}

// writeRows writes both files.
func (w *writer) writeRows(r *Rows) (*RowsFile, error) {
	if r == nil || r.Matrix == nil || len(r.Tokens) != r.Matrix.Rows || r.Matrix.Rows == 0 {
		return nil, errors.New("the rows and their tokens do not match")
	}
	tokens, err := tokensJSON(r.Tokens)
	if err != nil {
		return nil, err
	}
	table := matrix.Table{Type: matrix.Float32, Rows: r.Matrix.Rows, Cols: r.Matrix.Cols, Bytes: float32Bytes(r.Matrix.Data)}
	view, err := safetensors.NewTensorView(safetensors.F32, []uint64{uint64(table.Rows), uint64(table.Cols)}, table.Bytes)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	err = w.writeFile(RowsName, func(out io.Writer) error {
		return safetensors.SerializeToWriter(map[string]safetensors.TensorView{rowsTensor: view}, nil, io.MultiWriter(out, h))
	})
	if err != nil {
		return nil, err
	}
	if err := w.writeFile(TokensName, writing(tokens)); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(tokens)
	return &RowsFile{
		File: RowsName, SHA256: sum(h), TokensFile: TokensName, TokensSHA256: hex.EncodeToString(hash[:]),
		Tokens: table.Rows, Width: table.Cols, Settings: r.Settings,
	}, nil
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
func readRows(dir string, about *RowsFile) (*Rows, error) {
	data, err := readWhole(filepath.Join(dir, RowsName), about.SHA256)
	if err != nil {
		return nil, err
	}
	rows, err := parseRows(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, RowsName), err)
	}
	data, err = readWhole(filepath.Join(dir, TokensName), about.TokensSHA256)
	if err != nil {
		return nil, err
	}
	r := &Rows{Matrix: rows, Settings: about.Settings}
	if err := json.Unmarshal(data, &r.Tokens); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, TokensName), err)
	}
	if len(r.Tokens) != rows.Rows {
		return nil, fmt.Errorf("%s: %d rows for %d tokens", filepath.Join(dir, RowsName), rows.Rows, len(r.Tokens))
	}
	return r, nil
}

func parseRows(data []byte) (*matrix.Matrix, error) {
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, err
	}
	view, ok := file.Tensor(rowsTensor)
	shape := view.Shape()
	if !ok || view.DType() != safetensors.F32 || len(shape) != 2 || len(view.Data()) == 0 {
		return nil, errors.New("it holds no tensor rows, V×H float32")
	}
	table := matrix.Table{Type: matrix.Float32, Rows: int(shape[0]), Cols: int(shape[1]), Bytes: view.Data()}
	return table.Matrix(), nil
}

// readWhole reads a file whose SHA-256 must be want.
func readWhole(path, want string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, bare(err))
	}
	if hash := sha256.Sum256(data); hex.EncodeToString(hash[:]) != want {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	return data, nil
}

// float32Bytes returns values as they lie in a safetensors file.
func float32Bytes(values []float32) []byte {
	data := make([]byte, 4*len(values))
	for i, x := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
	return data
}
