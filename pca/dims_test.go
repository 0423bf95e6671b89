package pca

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestDimsSet(t *testing.T) {
	check := func(in string, want Dims) {
		t.Helper()
		var got, again Dims
		if err := got.Set(in); err != nil || got != want {
			t.Errorf("Set(%q) = %+v, %v; want %+v", in, got, err, want)
		}
		if err := again.Set(got.String()); err != nil || again != got {
			t.Errorf("Set(%q) = %+v, %v; want %+v", got.String(), again, err, got)
		}
	}
	check("256", DefaultDims)
	check("1", Dims{Mode: Count, Count: 1})
	check("auto", Dims{Mode: Auto})
	check("none", Dims{})
	check("0.95", Dims{Mode: Fraction, Share: 0.95})
	check("1e-3", Dims{Mode: Fraction, Share: 1e-3})

	for _, in := range []string{"0", "-3", "1.5", "1.0", "0.0", "abc", "", "NaN", "inf", "Auto", "-0.5", "99999999999999999999"} {
		got := DefaultDims
		err := got.Set(in)
		if err == nil || got != DefaultDims {
			t.Errorf("Set(%q) = %+v, %v; want an error and the old value", in, got, err)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", in)) {
			t.Errorf("Set(%q): %v does not show the value", in, err)
		}
	}
}

func TestDimsResolve(t *testing.T) {
	variances := func() []float64 { return []float64{5, 3, 1, 1} }
	never := func() []float64 { t.Error("variances were asked for"); return nil }
	cases := []struct {
		dims        string
		rows, width int
		variances   func() []float64
		want        int
		warnings    []string
	}{
		{"none", 100, 4, never, 0, nil},
		{"3", 100, 4, never, 3, nil},
		{"4", 100, 4, never, 4, nil},
		{"auto", 100, 4, never, 4, nil},
		{"5", 100, 4, never, 4, []string{"PCA to 5 dimensions: the rows have 4; they are rotated, not reduced"}},
		{"3", 4, 4, never, 3, nil},
		{"4", 4, 4, never, 0, []string{"no PCA: 4 dimensions need more than 4 rows"}},
		{"5", 3, 4, never, 0, []string{
			"PCA to 5 dimensions: the rows have 4; they are rotated, not reduced",
			"no PCA: 4 dimensions need more than 3 rows",
		}},
		{"0.3", 100, 4, variances, 1, nil},
		{"0.5", 100, 4, variances, 2, nil}, // reached, not exceeded: scikit-learn asks for more
		{"0.79", 100, 4, variances, 2, nil},
		{"0.81", 100, 4, variances, 3, nil},
		{"0.999", 100, 4, variances, 4, nil},
		{"0.5", 1, 4, never, 0, []string{"no PCA: 1 rows have no variance"}},
	}
	for _, c := range cases {
		var d Dims
		if err := d.Set(c.dims); err != nil {
			t.Fatal(err)
		}
		k, warnings, err := d.Resolve(c.rows, c.width, c.variances)
		if err != nil || k != c.want || !slices.Equal(warnings, c.warnings) {
			t.Errorf("%s of %d×%d: %d, %q, %v; want %d, %q", c.dims, c.rows, c.width, k, warnings, err, c.want, c.warnings)
		}
	}
}

func TestDimsResolveRefuses(t *testing.T) {
	for _, d := range []Dims{{Mode: Count}, {Mode: Count, Count: -3}, {Mode: Fraction, Share: 1}, {Mode: 9}} {
		if k, _, err := d.Resolve(100, 4, func() []float64 { return []float64{1} }); err == nil {
			t.Errorf("%+v resolves to %d; want an error", d, k)
		}
	}
	d := Dims{Mode: Fraction, Share: 0.5}
	if _, _, err := d.Resolve(100, 2, func() []float64 { return []float64{0, 0} }); err == nil {
		t.Error("half of no variance: no error")
	}
}

func ExampleDims_Resolve() {
	var d Dims
	fmt.Println(d.Set("1.5"))
	if err := d.Set("512"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(d.Resolve(29525, 384, nil))
	// Output:
	// dimensions "1.5" is not a whole number of 1 or more, auto, a fraction between 0 and 1, or none
	// 384 [PCA to 512 dimensions: the rows have 384; they are rotated, not reduced] <nil>
}
