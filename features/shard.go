package features

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/x448/float16"

	parquetfile "github.com/m2v-dev/m2v/internal/parquet"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// The columns of a shard.
const (
	textColumn   = "text"
	vectorColumn = "vector"
)

// shardName is the name of shard i, from 0.
func shardName(i int) string { return fmt.Sprintf("shard-%05d.parquet", i) }

func shardSchema(t matrix.Type) *parquet.Schema {
	value := parquetfile.FloatNode(t == matrix.Float16)
	return parquet.NewSchema("features", parquet.Group{
		textColumn:   parquet.Compressed(parquet.String(), &parquet.Zstd),
		vectorColumn: parquet.List(parquet.Encoded(value, &parquet.Plain)), // does not compress
	})
}

// The rows of a shard, as the library takes them.
type (
	floatRow struct {
		Text   string    `parquet:"text"`
		Vector []float32 `parquet:"vector,list"`
	}
	halfRow struct {
		Text   string    `parquet:"text"`
		Vector [][2]byte `parquet:"vector,list"`
	}
)

// encodeShard writes a Parquet file of texts and the rows of y that belong to
// them, as values of type t. Its bytes depend on nothing else.
func encodeShard(w io.Writer, texts []string, y *matrix.Matrix, t matrix.Type) error {
	if t == matrix.Float32 {
		return writeRowsOf(w, t, len(texts), func(i int, row *floatRow) {
			row.Text, row.Vector = texts[i], y.Row(i)
		})
	}
	return writeRowsOf(w, t, len(texts), func(i int, row *halfRow) {
		row.Text = texts[i]
		row.Vector = slices.Grow(row.Vector[:0], y.Cols)[:y.Cols]
		for j, x := range y.Row(i) {
			binary.LittleEndian.PutUint16(row.Vector[j][:], float16.Fromfloat32(x).Bits())
		}
	})
}

// writeRowsOf writes n rows, which set gives, a few at a time.
func writeRowsOf[T any](w io.Writer, t matrix.Type, n int, set func(i int, row *T)) error {
	out := parquet.NewGenericWriter[T](w, shardSchema(t),
		parquet.CreatedBy("m2v", "1", "features"),
		parquet.SkipPageBounds(textColumn),
		parquet.SkipPageBounds(vectorColumn, "list", "element"))
	var some [64]T
	for first := 0; first < n; first += len(some) {
		k := min(len(some), n-first)
		for i := range k {
			set(first+i, &some[i])
		}
		if _, err := out.Write(some[:k]); err != nil {
			return err
		}
	}
	return out.Close()
}

// readShard reads a shard of width values a row. Its texts replace those of
// texts[:0], its vectors those of y; with y nil they are not read. The file must
// have the shard's SHA-256.
func readShard(ctx context.Context, dir store.Folder, s Shard, width int, texts []string, y *matrix.Matrix) ([]string, error) {
	path := dir.Path(s.File)
	f, err := dir.Open(ctx, s.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if err := checkSum(f, s.SHA256); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	texts, err = readColumns(f, s.Texts, width, texts[:0], y)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return texts, nil
}

// readColumns reads n rows. It allocates by what the file holds, not by n.
func readColumns(f store.File, n, width int, texts []string, y *matrix.Matrix) ([]string, error) {
	file, err := parquetfile.Open(f, f.Size())
	if err != nil {
		return nil, err
	}
	column, err := file.Strings(textColumn)
	if err != nil {
		return nil, err
	}
	defer column.Close()
	for {
		text, null, err := column.Next()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
			break
		}
		if err == nil && null {
			err = fmt.Errorf("row %d has no text", len(texts)+1)
		}
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	if len(texts) != n {
		return nil, fmt.Errorf("it holds %d texts, and the manifest says %d", len(texts), n)
	}
	if y == nil {
		return texts, nil
	}
	vectors, err := file.Floats(vectorColumn)
	if err != nil {
		return nil, err
	}
	defer vectors.Close()
	y.Rows, y.Cols, y.Data = 0, width, y.Data[:0]
	row := make([]float32, 0, width)
	for {
		row, _, err = vectors.Next(row)
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
			break
		}
		if err == nil && len(row) != width {
			err = fmt.Errorf("row %d has %d values, and the manifest says %d", y.Rows+1, len(row), width)
		}
		if err != nil {
			return nil, err
		}
		y.Data = append(y.Data, row...)
		y.Rows++
	}
	if y.Rows != n {
		return nil, fmt.Errorf("it holds %d vectors for %d texts", y.Rows, n)
	}
	return texts, nil
}

// errDamaged is the cause of an error about a file that is not what the manifest
// says.
var errDamaged = errors.New("it is damaged: its SHA-256 differs from the manifest's; write the features again to make this file again")

// checkSum compares the SHA-256 of all of f.
func checkSum(f io.Reader, want string) error {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if sum(h) != want {
		return errDamaged
	}
	return nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// HashText adds a text to a hash of texts, as manifests have it: its length in bytes, 8
// bytes little-endian, and its bytes.
func HashText(h hash.Hash, text string) {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(text)))
	h.Write(length[:])
	io.WriteString(h, text) //nolint:errcheck // a hash never fails
}

// usable tells whether a vector says anything: all of it is finite, and not all
// of it zero.
func usable(vector []float32) bool {
	any := false
	for _, x := range vector {
		if x-x != 0 { // NaN or Inf
			return false
		}
		any = any || x != 0
	}
	return any
}

// fits tells whether a finite value stays finite as float16, whose largest is
// 65,504; what is nearer to 65,536 is rounded to infinity.
func fits(x float32) bool { return math.Abs(float64(x)) < 65520 }
