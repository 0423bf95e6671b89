package transformer

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/internal/orttest"
	"github.com/m2v-dev/m2v/internal/testenv"
	"github.com/m2v-dev/m2v/matrix"
	ort "github.com/m2v-dev/m2v/runtime"
)

// maxRewritten is how far a value may lie from that of the graph as it was exported.
const maxRewritten = 2e-4

// rowsOf runs a few ids of each length, padded to one another, and one alone.
func rowsOf(t *testing.T, dir string, o Options) (*Teacher, *matrix.Matrix) {
	t.Helper()
	teacher, err := Open(orttest.Start(t), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { teacher.Close() })
	var ids [][]int
	for n := range 40 {
		row := []int{1}
		for i := range n%7 + 1 {
			row = append(row, 3+(7*n+13*i)%50)
		}
		ids = append(ids, append(row, 2))
	}
	rows := matrix.New(len(ids), teacher.Width())
	if err := teacher.Embed(t.Context(), ids, rows, nil); err != nil {
		t.Fatal(err)
	}
	return teacher, rows
}

// The rewritten graph of every bundled teacher gives the rows of the graph as it is; of
// each it is known whether there is something to rewrite.
func TestRewrittenGraphsGiveTheSameRows(t *testing.T) {
	root := filepath.Join(testenv.Root(), "testdata")
	sentence := filepath.Join(root, "sentence", "backbones")
	for dir, rewritten := range map[string]bool{
		filepath.Join(root, "tiny-bert"): true, filepath.Join(root, "tiny-bpe"): true, filepath.Join(root, "tiny-unigram"): true,
		filepath.Join(sentence, "bert"): true, filepath.Join(sentence, "roberta"): true, filepath.Join(sentence, "mpnet"): true, filepath.Join(sentence, "xlmr"): true,
		filepath.Join(sentence, "modernbert"): false, filepath.Join(sentence, "qwen"): false, filepath.Join(sentence, "gemma"): false,
	} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			plain, want := rowsOf(t, dir, Options{AsExported: true})
			fused, got := rowsOf(t, dir, Options{})
			if name := fused.Info().Rewriting(Options{}); (name == skipLayerNorm) != rewritten || name != "" && !rewritten {
				t.Errorf("rewriting %q, want one: %t", name, rewritten)
			}
			if plain.RuntimeVersion() != plain.rt.Version() || (fused.RuntimeVersion() == plain.RuntimeVersion()) == rewritten {
				t.Errorf("engines %q and, as exported, %q", fused.RuntimeVersion(), plain.RuntimeVersion())
			}
			for i, v := range got.Data {
				if math.Abs(float64(v-want.Data[i])) > maxRewritten {
					t.Fatalf("value %d is %v, as exported %v", i, v, want.Data[i])
				}
			}
		})
	}
}

func TestRewritingIsOfTheCPU(t *testing.T) {
	info, err := Inspect(filepath.Join(testenv.Root(), "testdata", "tiny-bert"), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{AsExported: true}, {Provider: ort.CUDA}} {
		if name := info.Rewriting(o); name != "" {
			t.Errorf("%+v: rewriting %q", o, name)
		}
	}
	if got := info.Engine("1.27.0", Options{}); got != "1.27.0 "+skipLayerNorm {
		t.Errorf("engine %q", got)
	}
}

// The Hub's cache holds links to files of other names elsewhere: weights are read there.
func TestRewrittenGraphBehindALink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "teacher")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testenv.Root(), "testdata", "tiny-bert"))); err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join(t.TempDir(), "blob")
	graph := filepath.Join(dir, "onnx", "model.onnx")
	if _, err := os.Stat(graph); errors.Is(err, fs.ErrNotExist) {
		graph = filepath.Join(dir, "model.onnx")
	}
	if err := os.Rename(graph, blob); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(blob, graph); err != nil {
		t.Skip("no links here: ", err)
	}
	_, want := rowsOf(t, dir, Options{AsExported: true})
	fused, got := rowsOf(t, dir, Options{})
	if fused.Info().Rewriting(Options{}) == "" {
		t.Fatal("the graph is not rewritten")
	}
	for i, v := range got.Data {
		if math.Abs(float64(v-want.Data[i])) > maxRewritten {
			t.Fatalf("value %d is %v, as exported %v", i, v, want.Data[i])
		}
	}
}

// A graph that was opened for the first position gives the states that it has as exported,
// of short sequences and long ones in one batch, and takes no pooling of other positions.
func TestFirstPositionAlone(t *testing.T) {
	root := filepath.Join(testenv.Root(), "testdata")
	for dir, cut := range map[string]bool{
		filepath.Join(root, "tiny-bert"): true, filepath.Join(root, "sentence", "backbones", "bert"): false,
		filepath.Join(root, "sentence", "backbones", "modernbert"): false, filepath.Join(root, "sentence", "backbones", "qwen"): false,
	} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			_, want := rowsOf(t, dir, Options{Pooling: First, AsExported: true})
			teacher, got := rowsOf(t, dir, Options{Pooling: First, FirstPosition: true})
			if name := teacher.Info().Rewriting(teacher.options); (name == skipLayerNorm+firstPosition) != cut {
				t.Errorf("rewriting %q, the last layer cut: %t", name, cut)
			}
			for i, v := range got.Data {
				if math.Abs(float64(v-want.Data[i])) > maxRewritten {
					t.Fatalf("value %d is %v, as exported %v", i, v, want.Data[i])
				}
			}
			rows := matrix.New(1, teacher.Width())
			if err := teacher.EmbedAll(t.Context(), [][]int{{1, 2}}, []Pooling{Mean}, []*matrix.Matrix{rows}, nil); err == nil {
				t.Error("mean pooling takes the first position alone")
			}
			if _, err := teacher.NewEncoder(nil, EncodeOptions{Pooling: Last}); err == nil {
				t.Error("an encoder pools the last position")
			}
		})
	}
}

// What texts' vectors take of the states is read from the folder's modules.
func TestFirstPositionOfModules(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "teacher")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testenv.Root(), "testdata", "tiny-bert"))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "1_Pooling"), 0o700); err != nil {
		t.Fatal(err)
	}
	for config, want := range map[string]bool{
		`{"pooling_mode_cls_token": true}`: true, `{"pooling_mode": "cls"}`: true, `{"pooling_mode": "mean"}`: false,
		`{"pooling_mode": ["cls", "mean"]}`: false, `{"pooling_mode": "cls", "include_prompt": false}`: false,
	} {
		if err := os.WriteFile(filepath.Join(dir, "1_Pooling", "config.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := Inspect(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := info.FirstPosition(""); got != want {
			t.Errorf("%s: %t", config, got)
		}
		if info.FirstPosition(Mean) || info.FirstPosition(Pooler) {
			t.Errorf("%s: another pooling takes the first position", config)
		}
	}
}
