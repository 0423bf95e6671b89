package zipf

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"
)

// exact computes one weight with 200 bits.
func exact(n, i int, a float64) float64 {
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	quo := func(x, y *big.Float) *big.Float { return new(big.Float).SetPrec(200).Quo(x, y) }
	sum := num(0)
	for j := range n {
		sum.Add(sum, quo(num(1), num(float64(j+2))))
	}
	p := quo(quo(num(1), num(float64(i+2))), sum)
	w, _ := quo(num(a), p.Add(p, num(a))).Float64()
	return w
}

func TestWeightsEqualTheFormula(t *testing.T) {
	for _, n := range []int{1, 2, 1000, 29525} {
		for _, a := range []float64{1e-5, 1e-4, 0.5} {
			w, err := Weights(n, a)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range []int{0, n / 2, n - 1} {
				want := exact(n, i, a)
				if math.Abs(w[i]-want) > 1e-14*want {
					t.Errorf("Weights(%d, %g)[%d] = %v, want %v", n, a, i, w[i], want)
				}
			}
		}
	}
}

// The golden is compute_weights of model2vec 0.10.0; testdata/gen/numerics.py makes it.
func TestWeightsEqualTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			N       int
			A       float64
			At      []int
			Weights []float64
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range golden.Cases {
		w, err := Weights(c.N, c.A)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range c.At {
			if want := c.Weights[n]; math.Abs(w[i]-want) > 1e-12*want {
				t.Errorf("Weights(%d, %g)[%d] = %v, want %v", c.N, c.A, i, w[i], want)
			}
		}
	}
}

func TestWeightsRefuse(t *testing.T) {
	for _, a := range []float64{0, 1, -1, 1.5, math.NaN(), math.Inf(1)} {
		if w, err := Weights(10, a); err == nil || !strings.Contains(err.Error(), fmt.Sprint(a)) {
			t.Errorf("Weights(10, %v) = %v, %v; want an error that names the value", a, w, err)
		}
	}
	for _, n := range []int{0, -3} {
		if _, err := Weights(n, 1e-4); err == nil {
			t.Errorf("Weights(%d, 1e-4): no error", n)
		}
		if _, err := LogRank(n); err == nil {
			t.Errorf("LogRank(%d): no error", n)
		}
		if _, err := (Coefficient{None: true}).Weights(n); err == nil {
			t.Errorf("Coefficient none, Weights(%d): no error", n)
		}
	}
	if _, err := (Coefficient{}).Weights(5); err == nil {
		t.Error("the zero Coefficient weighs rows; want an error")
	}
}

func TestLogRank(t *testing.T) {
	w, err := LogRank(4)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, math.Ln2, math.Log(3), 2 * math.Ln2} {
		if math.Abs(w[i]-want) > 1e-15 {
			t.Errorf("weight %d is %v, want %v", i, w[i], want)
		}
	}
}

func TestCoefficientSet(t *testing.T) {
	check := func(in string, want Coefficient) {
		t.Helper()
		var got Coefficient
		if err := got.Set(in); err != nil || got != want {
			t.Errorf("Set(%q) = %+v, %v; want %+v", in, got, err, want)
		}
		var again Coefficient
		if err := again.Set(got.String()); err != nil || again != got {
			t.Errorf("Set(%q) = %+v, %v; want %+v", got.String(), again, err, got)
		}
	}
	check("none", Coefficient{None: true})
	check("1e-4", DefaultCoefficient)
	check("0.0001", DefaultCoefficient)
	check("0.5", Coefficient{Value: 0.5})

	for _, in := range []string{"", "0", "1", "-1e-4", "NaN", "nan", "inf", "abc", "None", "1e-400"} {
		got := DefaultCoefficient
		if err := got.Set(in); err == nil || got != DefaultCoefficient {
			t.Errorf("Set(%q) = %+v, %v; want an error and the old value", in, got, err)
		}
	}
}

func TestCoefficientNoneIsOnes(t *testing.T) {
	w, err := Coefficient{None: true}.Weights(3)
	if err != nil || len(w) != 3 || w[0] != 1 || w[1] != 1 || w[2] != 1 {
		t.Errorf("got %v, %v; want three ones", w, err)
	}
}

func ExampleWeights() {
	w, err := Weights(3, 0.1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", w)
	// Output: [0.1781 0.2453 0.3023]
}

func ExampleCoefficient() {
	var c Coefficient
	fmt.Println(c.Set("1.5"))
	fmt.Println(c.Set("none"), c)
	// Output:
	// coefficient 1.5 is not in (0, 1)
	// <nil> none
}
