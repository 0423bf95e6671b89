package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/internal/parquet"
	"github.com/m2v-dev/m2v/internal/vectors"
	"github.com/m2v-dev/m2v/matrix"
)

// Foreign is a Source of vectors that another program made.
type Foreign struct {
	path    string
	open    func() (pass, error)
	n, d    int
	dropped Dropped
}

// pass reads rows once.
type pass interface {
	// next returns the next row's text, and its vector in dst[:0]; a vector that is
	// null, or partly, is empty. It returns io.EOF after the last row.
	next(dst []float32) (text string, vector []float32, err error)
	close()
}

// FromParquet opens a Parquet file that any program wrote: a column of strings
// and a column of lists, or lists of fixed size, of float16, float32 or float64. A
// column may be a path, such as "a.b".
//
// It reads the file once. Rows without text are dropped, and so are rows whose
// vector is null, zeros or not finite; more than 1 % of the latter are an error
// that names the first.
func FromParquet(ctx context.Context, path, textColumn, vectorColumn string) (*Foreign, error) {
	return newForeign(ctx, path, func() (pass, error) {
		return openParquet(path, textColumn, vectorColumn)
	})
}

// FromNPY opens N×H vectors of a .npy file whose row i is the vector of text i of
// a corpus. texts opens the corpus for one pass: once now, and once for each pass
// over the source. Other numbers of texts and vectors are an error now; what is
// dropped is as for FromParquet.
func FromNPY(ctx context.Context, path string, texts func() (Corpus, error)) (*Foreign, error) {
	return newForeign(ctx, path, func() (pass, error) {
		file, err := vectors.OpenNPY(path)
		if err != nil {
			return nil, errors.Unwrap(err) // newForeign names the file
		}
		corpus, err := texts()
		if err != nil {
			file.Close()
			return nil, err
		}
		return &npyPass{file: file, texts: filler{corpus: corpus}}, nil
	})
}

// newForeign reads all rows once.
func newForeign(ctx context.Context, path string, open func() (pass, error)) (*Foreign, error) {
	f := &Foreign{path: path, open: open}
	rows, bad := 0, ""
	err := f.rows(ctx, func(row int, text string, vector []float32) error {
		rows = row
		if f.d == 0 {
			f.d = len(vector)
		}
		if len(vector) != 0 && len(vector) != f.d {
			return fmt.Errorf("row %d has %d values, and the rows before it have %d", row, len(vector), f.d)
		}
		switch {
		case strings.TrimSpace(text) == "":
			f.dropped.Empty++
		case !usable(vector):
			if f.dropped.BadVectors++; f.dropped.BadVectors == 1 {
				bad = fmt.Sprintf("row %d, %.60q", row, text)
			}
		default:
			f.n++
		}
		return nil
	})
	switch {
	case err != nil:
	case float64(f.dropped.BadVectors) > maxBad*float64(f.n+f.dropped.BadVectors):
		err = fmt.Errorf("%d of %d texts have a vector that is null, zeros, NaN or Inf, more than 1 %%; the first is %s", f.dropped.BadVectors, rows, bad)
	case f.n == 0:
		err = fmt.Errorf("it holds no text with a vector (%d rows)", rows)
	}
	if err != nil {
		return nil, f.wrap("open", err)
	}
	return f, nil
}

// wrap names the file, where err does not.
func (f *Foreign) wrap(verb string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("features: %s %s: %w", verb, f.path, err)
}

// Len returns N, without the rows that were dropped.
func (f *Foreign) Len() int { return f.n }

// Width returns H.
func (f *Foreign) Width() int { return f.d }

// Dropped counts the rows without a text or a usable vector.
func (f *Foreign) Dropped() Dropped { return f.dropped }

// foreignBatch is how many rows Each passes on at once.
const foreignBatch = 1024

// Each implements Source.
func (f *Foreign) Each(ctx context.Context, visit func(first int, texts []string, y *matrix.Matrix) error) error {
	var texts []string
	y := &matrix.Matrix{Cols: f.d}
	first := 0
	flush := func() error {
		if len(texts) == 0 {
			return nil
		}
		y.Rows = len(texts)
		if err := visit(first, texts, y); err != nil {
			return visited{err}
		}
		first += len(texts)
		texts, y.Data = texts[:0], y.Data[:0]
		return nil
	}
	err := f.rows(ctx, func(row int, text string, vector []float32) error {
		if strings.TrimSpace(text) == "" || !usable(vector) {
			return nil
		}
		if len(vector) != f.d {
			return fmt.Errorf("row %d has %d values, not %d: the file has changed", row, len(vector), f.d)
		}
		texts, y.Data = append(texts, text), append(y.Data, vector...)
		if len(texts) == foreignBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if v, ok := errors.AsType[visited](err); ok {
		return v.error
	}
	if err == nil && first != f.n {
		err = fmt.Errorf("it has %d texts, not %d: the file has changed", first, f.n)
	}
	if err != nil {
		return f.wrap("read", err)
	}
	return nil
}

// visited is an error of the caller's own function.
type visited struct{ error }

// Texts implements Source.
func (f *Foreign) Texts(ctx context.Context, visit func(first int, texts []string) error) error {
	return f.Each(ctx, func(first int, texts []string, _ *matrix.Matrix) error { return visit(first, texts) })
}

// rows calls do with each row, counted from 1. The vector is valid until do
// returns.
func (f *Foreign) rows(ctx context.Context, do func(row int, text string, vector []float32) error) error {
	p, err := f.open()
	if err != nil {
		return err
	}
	defer p.close()
	var buffer []float32
	for row := 1; ; row++ {
		if row%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, vector, err := p.next(buffer)
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(row, text, vector); err != nil {
			return err
		}
		buffer = vector
	}
}

// parquetPass reads two columns of a file.
type parquetPass struct {
	file    *os.File
	texts   *parquet.Strings
	vectors *parquet.Floats
	row     int
}

func openParquet(path, textColumn, vectorColumn string) (_ pass, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, files.Bare(err)
	}
	p := &parquetPass{file: f}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	file, err := parquet.OpenFile(f)
	if err != nil {
		return nil, files.Bare(err)
	}
	if p.texts, err = file.Strings(textColumn); err != nil {
		return nil, err
	}
	if p.vectors, err = file.Floats(vectorColumn); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *parquetPass) next(dst []float32) (string, []float32, error) {
	text, _, err := p.texts.Next()
	vector, null, err2 := p.vectors.Next(dst)
	p.row++
	switch {
	case err == io.EOF && err2 == io.EOF: //nolint:errorlint // a wrapped EOF is a file cut short
		return "", nil, io.EOF
	case err != nil:
		return "", nil, fmt.Errorf("row %d: text: %w", p.row, noEOF(err))
	case err2 != nil:
		return "", nil, fmt.Errorf("row %d: vector: %w", p.row, noEOF(err2))
	case null:
		vector = vector[:0]
	}
	return string(text), vector, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (p *parquetPass) close() {
	if p.texts != nil {
		p.texts.Close()
	}
	if p.vectors != nil {
		p.vectors.Close()
	}
	p.file.Close()
}

// npyPass reads rows of a .npy file beside the texts of a corpus.
type npyPass struct {
	file  *vectors.Reader
	texts filler
	row   int
}

func (p *npyPass) next(dst []float32) (string, []float32, error) {
	text, err := p.texts.next()
	if err == io.EOF { //nolint:errorlint // a wrapped EOF is a file cut short
		if p.row != p.file.Rows {
			return "", nil, fmt.Errorf("it has %d vectors for %d texts", p.file.Rows, p.row)
		}
		return "", nil, io.EOF
	}
	if err != nil {
		return "", nil, err
	}
	if p.row == p.file.Rows {
		n := p.row + 1
		for ; err == nil; n++ {
			_, err = p.texts.next()
		}
		return "", nil, fmt.Errorf("it has %d vectors for %d texts", p.file.Rows, n-1)
	}
	vector := append(dst[:0], make([]float32, p.file.Cols)...)
	err = p.file.Row(p.row, vector)
	p.row++
	return text, vector, err
}

func (p *npyPass) close() { p.file.Close() }
