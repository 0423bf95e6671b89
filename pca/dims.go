package pca

import (
	"fmt"
	"strconv"
)

// Mode is how Dims says the number of components to keep.
type Mode uint8

// The modes of Dims.
const (
	None     Mode = iota // no PCA
	Count                // a number of components
	Auto                 // all of them: the rows are rotated, not cut
	Fraction             // as many as explain a share of the variance
)

// Dims is the number of components to keep as a command line gives it: a number of
// 1 or more, auto, a fraction in (0, 1), or none. The zero value is none.
type Dims struct {
	Mode  Mode
	Count int     // for Count
	Share float64 // for Fraction: share of the total variance, in (0, 1)
}

// DefaultDims is the reference's default.
var DefaultDims = Dims{Mode: Count, Count: 256}

// String returns what Set reads.
func (d Dims) String() string {
	switch d.Mode {
	case Count:
		return strconv.Itoa(d.Count)
	case Auto:
		return "auto"
	case Fraction:
		return strconv.FormatFloat(d.Share, 'g', -1, 64)
	}
	return "none"
}

const notDims = "is not a whole number of 1 or more, auto, a fraction between 0 and 1, or none"

// Set parses one of the four forms. d keeps its value on an error.
func (d *Dims) Set(s string) error {
	switch s {
	case "none":
		*d = Dims{}
		return nil
	case "auto":
		*d = Dims{Mode: Auto}
		return nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		if n < 1 {
			return fmt.Errorf("dimensions %q %s", s, notDims)
		}
		*d = Dims{Mode: Count, Count: n}
		return nil
	}
	share, err := strconv.ParseFloat(s, 64)
	if err != nil || !(share > 0 && share < 1) { // also rejects NaN
		return fmt.Errorf("dimensions %q %s", s, notDims)
	}
	*d = Dims{Mode: Fraction, Share: share}
	return nil
}

// Type names the flag's kind of value in help texts.
func (d *Dims) Type() string { return "n|auto|fraction|none" }

// Resolve returns the number of components k, 1 ≤ k ≤ width, that d keeps of rows×width
// values; 0 means no PCA. What d asks for and does not get is told in warnings:
// more than the width is clamped to it, and no PCA is done for as many components as
// rows or more.
//
// variances is called for a fraction only; it returns the variance of every
// component, descending (Basis.Variances). k is then the fewest components whose
// share of the total exceeds the fraction.
//
// Source: apply_pca in model2vec's distill/inference.py; for the fraction,
// sklearn.decomposition.PCA.
func (d Dims) Resolve(rows, width int, variances func() []float64) (k int, warnings []string, err error) {
	switch d.Mode {
	case None:
		return 0, nil, nil
	case Auto:
		k = width
	case Fraction:
		if !(d.Share > 0 && d.Share < 1) {
			return 0, nil, fmt.Errorf("pca: dimensions %v %s", d.Share, notDims)
		}
		if rows < 2 {
			return 0, []string{fmt.Sprintf("no PCA: %d rows have no variance", rows)}, nil
		}
		k, err := fewest(variances(), d.Share)
		return k, nil, err
	case Count:
		if d.Count < 1 {
			return 0, nil, fmt.Errorf("pca: dimensions %d %s", d.Count, notDims)
		}
		k = d.Count
	default:
		return 0, nil, fmt.Errorf("pca: unknown mode %d of dimensions", d.Mode)
	}
	if k > width {
		warnings = append(warnings, fmt.Sprintf(
			"PCA to %d dimensions: the rows have %d; they are rotated, not reduced", k, width))
		k = width
	}
	if k >= rows {
		warnings = append(warnings, fmt.Sprintf("no PCA: %d dimensions need more than %d rows", k, rows))
		k = 0
	}
	return k, warnings, nil
}

// Of returns how many components k of b the dimensions d keep: 1 at least, H at
// most, and V−1 at most, since V rows have no more. What d asks for beyond that is
// told in warnings. None is an error: Of is for callers that need components, such
// as targets of a fit; Resolve is for those that can do without.
func (d Dims) Of(b *Basis) (k int, warnings []string, err error) {
	switch d.Mode {
	case Auto:
		return min(b.Width(), b.Rows-1), nil, nil
	case Fraction:
		if !(d.Share > 0 && d.Share < 1) {
			return 0, nil, fmt.Errorf("pca: dimensions %v %s", d.Share, notDims)
		}
		k, err := fewest(b.Variances, d.Share)
		return min(k, b.Rows-1), nil, err
	case Count:
		if d.Count < 1 {
			return 0, nil, fmt.Errorf("pca: dimensions %d %s", d.Count, notDims)
		}
	default:
		return 0, nil, fmt.Errorf("pca: dimensions %s: need a number of components, a fraction or auto", d)
	}
	k = d.Count
	if k > b.Width() {
		warnings = append(warnings, fmt.Sprintf("PCA to %d dimensions was asked for, and the vectors have only %d", k, b.Width()))
		k = b.Width()
	}
	if k > b.Rows-1 {
		warnings = append(warnings, fmt.Sprintf("PCA to %d dimensions was asked for, and %d vectors have at most %d", k, b.Rows, b.Rows-1))
		k = b.Rows - 1
	}
	return k, warnings, nil
}

// fewest returns the fewest of the leading variances whose sum exceeds share of the total.
func fewest(variances []float64, share float64) (int, error) {
	total := sum(variances)
	if total == 0 {
		return 0, fmt.Errorf("pca: keep %v of the variance: the rows have no variance", share)
	}
	var reached float64
	for j, v := range variances {
		reached += v / total
		if reached > share {
			return j + 1, nil
		}
	}
	return len(variances), nil
}
