package distill_test

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/transformer"
	"github.com/m2v-dev/m2v/vocab"
	"github.com/m2v-dev/m2v/zipf"
)

// How close is close; the same numbers as in docs/parity.md.
const (
	rawTolerance    = 2e-4 // two runtimes' float32
	cosineTolerance = 1e-3 // largest difference of two cosines after PCA
	cosineMedian    = 1e-5
	halfMedian      = 2e-4  // the same for float16 rows, which carry 11 bits
	weightTolerance = 1e-12 // relative
	int8Equal       = 0.99  // share of int8 values that are equal; none is off by more than 1
	inertiaRatio    = 1.01
)

// A variant is a student of the goldens: the name of its tensor and the
// switches that made it, written as on the command line.
type variant struct {
	tensor, dims, sif string
	store             matrix.Type
}

var tinyTeachers = []string{"tiny-bert", "tiny-bpe", "tiny-unigram"}

// tinyVariants are those of testdata/gen/goldens.py; "half" stands for half the
// teacher's width.
var tinyVariants = []variant{
	{"default", "256", "1e-4", matrix.Float16}, // more than the width
	{"auto_f32", "auto", "1e-4", matrix.Float32},
	{"variance095_f32", "0.95", "1e-4", matrix.Float32},
	{"nopca", "none", "1e-4", matrix.Float16},
	{"nozipf", "half", "none", matrix.Float16},
	{"half_f16", "half", "1e-4", matrix.Float16},
	{"half_f32", "half", "1e-4", matrix.Float32},
	{"half_f64", "half", "1e-4", matrix.Float64},
	{"half_int8", "half", "1e-4", matrix.Int8},
}

// tinyGolden is testdata/golden/NAME.
type tinyGolden struct {
	dir        string
	vocabulary struct {
		Tokens   []string
		BOS, EOS []int
		IDs      []int // of each token, in the teacher
	}
	facts struct {
		Dims, Clusters int
		VarianceDims   int `json:"variance095_dims"`
		Inertia        float64
	}
	rows []int
}

func readTinyGolden(t *testing.T, name string) *tinyGolden {
	t.Helper()
	g := &tinyGolden{dir: filepath.Join(testenv.Root(), "testdata/golden", name)}
	readJSON(t, filepath.Join(g.dir, "vocabulary.json.gz"), &g.vocabulary)
	readJSON(t, filepath.Join(g.dir, "facts.json"), &g.facts)
	g.rows = readIndices(t, filepath.Join(g.dir, "rows.safetensors"), "rows")
	return g
}

func (g *tinyGolden) tensor(t *testing.T, name string) *matrix.Table {
	t.Helper()
	return readTable(t, filepath.Join(g.dir, "rows.safetensors"), name)
}

// options turns a variant into switches.
func (v variant) options(t *testing.T, half string) distill.Options {
	t.Helper()
	o := distill.DefaultOptions()
	o.Type = v.store
	dims := v.dims
	if dims == "half" {
		dims = half
	}
	if err := o.Dims.Set(dims); err != nil {
		t.Fatal(err)
	}
	if err := o.SIF.Set(v.sif); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestVocabularyOfTinyTeachers(t *testing.T) {
	for _, name := range tinyTeachers {
		t.Run(name, func(t *testing.T) {
			golden := readTinyGolden(t, name)
			v := buildVocabulary(t, filepath.Join(testenv.Root(), "testdata", name))
			if !slices.Equal(v.Tokens, golden.vocabulary.Tokens) {
				t.Fatalf("%d tokens, which are not the reference's %d", len(v.Tokens), len(golden.vocabulary.Tokens))
			}
			for i, id := range golden.vocabulary.IDs {
				want := slices.Concat(golden.vocabulary.BOS, []int{id}, golden.vocabulary.EOS)
				if !slices.Equal(v.IDs[i], want) {
					t.Fatalf("ids of token %q are %v, want %v", v.Tokens[i], v.IDs[i], want)
				}
			}
			checkTokenizerFile(t, v, filepath.Join(golden.dir, "tokenizer.json.gz"))
		})
	}
}

// checkTokenizerFile compares the student's tokenizer.json with the
// reference's, in all but the Unigram unk_id, which the reference leaves stale.
func checkTokenizerFile(t *testing.T, v *vocab.Vocabulary, golden string) {
	t.Helper()
	data, err := v.File.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&got); err != nil {
		t.Fatal(err)
	}
	readJSON(t, golden, &want)
	if model := got["model"].(map[string]any); model["type"] == "Unigram" {
		if id, ok := model["unk_id"].(float64); !ok || int(id) != v.UnkID {
			t.Errorf("unk_id is %v, the unknown token's row is %d", model["unk_id"], v.UnkID)
		}
		delete(model, "unk_id")
		delete(want["model"].(map[string]any), "unk_id")
	}
	for key := range want {
		if !sameJSON(got[key], want[key]) {
			t.Errorf("tokenizer.json: %q differs from the reference's", key)
		}
	}
}

func TestTinyTeachersEqualTheReference(t *testing.T) {
	for _, name := range tinyTeachers {
		t.Run(name, func(t *testing.T) {
			golden := readTinyGolden(t, name)
			teacher := filepath.Join(testenv.Root(), "testdata", name)
			v := buildVocabulary(t, teacher)
			for _, pooling := range []transformer.Pooling{transformer.First, transformer.Last} {
				rows := embed(t, teacher, v, pooling)
				checkValues(t, pick(rows, golden.rows), golden.tensor(t, "raw_"+string(pooling)).Matrix(), rawTolerance)
			}
			rows := embed(t, teacher, v, transformer.Mean) // V×H
			checkValues(t, pick(rows, golden.rows), golden.tensor(t, "raw_mean").Matrix(), rawTolerance)
			half := strconv.Itoa(golden.facts.Dims)
			for _, variant := range tinyVariants {
				t.Run(variant.tensor, func(t *testing.T) {
					m, report := student(t, rows, v, variant.options(t, half))
					checkStudent(t, m, golden.rows, golden.tensor(t, variant.tensor))
					if variant.dims == "0.95" && report.Dims != golden.facts.VarianceDims {
						t.Errorf("0.95 of the variance takes %d dims, want %d", report.Dims, golden.facts.VarianceDims)
					}
					if variant.tensor == "half_f32" {
						checkVectors(t, m, golden)
					}
				})
			}
			if name == "tiny-bert" { // rows of random weights have no clusters to find
				t.Run("clusters", func(t *testing.T) { checkClusters(t, rows, v, golden, half) })
			}
		})
	}
}

// checkVectors compares cosines among the vectors of golden/texts.json: the
// vectors themselves may differ where eigenvalues are close.
func checkVectors(t *testing.T, m *static.Model, golden *tinyGolden) {
	t.Helper()
	var texts []string
	readJSON(t, filepath.Join(filepath.Dir(golden.dir), "texts.json"), &texts)
	for tensor, o := range map[string]static.Options{
		"vectors":               {},
		"vectors_max_length_16": {MaxLength: 16},
		"vectors_unnormalized":  {NoNormalize: true},
	} {
		got := matrix.New(len(texts), m.Dims())
		if err := m.Encode(t.Context(), texts, got, o); err != nil {
			t.Fatal(err)
		}
		checkCosines(t, got, golden.tensor(t, tensor).Matrix(), cosineMedian)
	}
}

// checkClusters compares the inertia of our clusters with scikit-learn's, both
// of the reduced, unweighted rows.
func checkClusters(t *testing.T, rows *matrix.Matrix, v *vocab.Vocabulary, golden *tinyGolden, half string) {
	t.Helper()
	o := variant{dims: half, sif: "none", store: matrix.Float32}.options(t, half)
	all, _ := student(t, rows, v, o)
	o.Clusters = golden.facts.Clusters
	few, _ := student(t, rows, v, o)
	inertia, centers := 0.0, few.Table().Matrix()
	for i, center := range few.Mapping() {
		inertia += squaredDistance(all.Row(int32(i)), centers.Row(int(center)))
	}
	if inertia > inertiaRatio*golden.facts.Inertia {
		t.Errorf("inertia of %d clusters is %v, scikit-learn's %v", o.Clusters, inertia, golden.facts.Inertia)
	}
}

func TestWeightsEqualTheReference(t *testing.T) {
	golden := readTinyGolden(t, "tiny-bert")
	got, err := zipf.Weights(len(golden.vocabulary.Tokens), 1e-4)
	if err != nil {
		t.Fatal(err)
	}
	want := readFloats(t, filepath.Join(golden.dir, "rows.safetensors"), "weights")
	for i, row := range golden.rows {
		if math.Abs(got[row]/want[i]-1) > weightTolerance {
			t.Errorf("weight of row %d is %v, want %v", row, got[row], want[i])
		}
	}
}

// realVariants are the tensors of the shared goldens.
var realVariants = []variant{
	{"default_f32", "256", "1e-4", matrix.Float32},
	{"auto_f32", "auto", "1e-4", matrix.Float32},
	{"variance095_f32", "0.95", "1e-4", matrix.Float32},
	{"int8", "256", "1e-4", matrix.Int8},
	{"default_f16", "256", "1e-4", matrix.Float16},
	{"nopca_f16", "none", "1e-4", matrix.Float16},
	{"nozipf_f16", "256", "none", matrix.Float16},
	{"nozipf_nopca_f16", "none", "none", matrix.Float16},
}

func TestRealTeachersEqualTheReference(t *testing.T) {
	for _, name := range []string{"all-MiniLM-L6-v2", "bge-small-en-v1.5"} {
		t.Run(name, func(t *testing.T) {
			teacher := filepath.Join(testenv.Models(t), name)
			golden := testenv.Shared(t, "golden", name, "rows.safetensors")
			indices := readIndices(t, golden, "ids")
			var facts struct {
				VarianceDims int `json:"pca_variance_095_dims"`
			}
			readJSON(t, testenv.Shared(t, "golden", name, "facts.json"), &facts)
			v := buildVocabulary(t, teacher)
			rows := embed(t, teacher, v, transformer.Mean)
			checkValues(t, pick(rows, indices), readTable(t, golden, "raw_mean").Matrix(), rawTolerance)
			for _, variant := range realVariants {
				t.Run(variant.tensor, func(t *testing.T) {
					m, report := student(t, rows, v, variant.options(t, ""))
					checkStudent(t, m, indices, readTable(t, golden, variant.tensor))
					if variant.dims == "0.95" && report.Dims != facts.VarianceDims {
						t.Errorf("0.95 of the variance takes %d dims, want %d", report.Dims, facts.VarianceDims)
					}
				})
			}
		})
	}
}

// embed runs the teacher over the vocabulary: V×H.
func embed(t *testing.T, dir string, v *vocab.Vocabulary, pooling transformer.Pooling) *matrix.Matrix {
	t.Helper()
	teacher, err := transformer.Open(orttest.Start(t), dir, transformer.Options{Pooling: pooling, PadID: v.TeacherPadID, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer teacher.Close()
	rows := matrix.New(len(v.Tokens), teacher.Width())
	if err := teacher.Embed(t.Context(), v.IDs, rows, nil); err != nil {
		t.Fatal(err)
	}
	return rows
}

// student makes one of the rows, which it leaves as they are.
func student(t *testing.T, rows *matrix.Matrix, v *vocab.Vocabulary, o distill.Options) (*static.Model, *distill.Report) {
	t.Helper()
	own := matrix.New(rows.Rows, rows.Cols)
	copy(own.Data, rows.Data)
	m, report, err := distill.FromRows(t.Context(), own, v, o)
	if err != nil {
		t.Fatal(err)
	}
	return m, report
}
