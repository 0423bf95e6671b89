package m2v

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/m2v-dev/m2v"

// layers is the import map of docs/design.md: for each package, the packages of
// this module that it may import outside its tests. Imports follow the data.
var layers = parseLayers(`
ablate: distill eval export fit hub internal/fault matrix model runtime teacher transformer
ablate/report: ablate eval
classifier: eval export internal/fault internal/files internal/head internal/lower internal/nprand internal/parallel internal/tensors learn logreg matrix quantize static texts
classifier/bench: classifier internal/fault internal/files internal/nprand matrix static
cluster: internal/nprand internal/parallel matrix
compare: matrix static
convert: export internal/files matrix quantize sentencepiece static tokenizer wordvec
distill: export features fit internal/fault internal/files internal/plain matrix pca quantize runtime static store teacher texts tokenizer transformer vocab zipf
doctor: export hub runtime
eval: cluster eval/data eval/metric internal/cachekey internal/fault internal/files internal/nprand internal/parallel logreg matrix
eval/data: internal/parquet
eval/metric:
export: internal/files internal/tensors matrix static
features: internal/fault internal/files internal/plain internal/progress internal/parquet internal/tensors internal/vectors matrix store
fit: internal/parallel matrix pca
hub: internal/fault internal/files internal/onnx
inspect: export internal/files internal/plain static teacher tokenizer transformer vocab
internal/cachekey:
internal/charsmap:
internal/console: internal/fault internal/plain internal/progress
internal/fault:
internal/files:
internal/filter: texts
internal/head: internal/tensors matrix static
internal/kept:
internal/lower:
internal/manpage: internal/files
internal/nprand:
internal/onnx:
internal/parallel:
internal/parquet:
internal/plain:
internal/progress:
internal/tensors: internal/files matrix
internal/vectors: internal/files internal/parquet internal/tensors matrix
learn: internal/nprand internal/parallel matrix
logreg: internal/parallel matrix
matrix:
model: convert eval export features hub internal/cachekey internal/fault internal/files internal/vectors matrix runtime static teacher texts tokenizer transformer wordvec
pairs: internal/fault internal/nprand learn matrix quantize static texts
pca: internal/parallel matrix
portable: export internal/files internal/head internal/onnx internal/tensors internal/vectors matrix static tokenizer
quantize: cluster matrix static
recording: internal/fault internal/files matrix
runtime: internal/fault internal/files internal/onnx internal/parallel
sentencepiece: internal/charsmap tokenizer
store: internal/files
store/s3: store
serve: internal/fault internal/parallel matrix static
static: internal/files internal/parallel internal/tensors matrix tokenizer
stream: classifier internal/fault internal/files internal/filter internal/vectors matrix model texts tokenizer vocab
teacher: export hub internal/cachekey internal/fault internal/files internal/tensors matrix quantize runtime static tokenizer transformer vocab
texts: internal/fault internal/files internal/parquet store
tokenizer: internal/charsmap
tokenlearn: distill export features internal/fault internal/files internal/nprand internal/tensors learn matrix pca quantize runtime static teacher vocab
transformer: internal/files internal/onnx internal/tensors matrix runtime tokenizer
vocab: internal/lower tokenizer
wordvec: internal/lower internal/parallel matrix tokenizer
zipf:
`)

// parseLayers reads "package: what it imports", a line each.
func parseLayers(text string) map[string][]string {
	layers := map[string][]string{}
	for line := range strings.Lines(text) {
		if pkg, list, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			layers[pkg] = strings.Fields(list)
		}
	}
	return layers
}

// free packages hold no part of the pipeline: the command line may import all,
// and what serves only tests is imported by tests only.
var free = []string{"cmd/m2v", "internal/testenv", "internal/orttest", "internal/ablatetest", "internal/hubtest", "testdata", ".cache"}

// cgoFree is what other Go programs embed: no cgo and no gonum below it.
var cgoFree = []string{"static", "tokenizer", "matrix", "serve"}

func TestImportsFollowTheData(t *testing.T) {
	imports := importsByPackage(t)
	for pkg, list := range imports {
		allowed, known := layers[pkg]
		if !known {
			t.Errorf("package %s is not in the import map: add it to layers_test.go and docs/design.md", pkg)
			continue
		}
		for _, path := range list {
			if inner, ok := strings.CutPrefix(path, module+"/"); ok && !slices.Contains(allowed, inner) {
				t.Errorf("package %s imports %s, which the import map does not allow", pkg, inner)
			}
			if slices.Contains(cgoFree, pkg) && (path == "C" || strings.HasPrefix(path, "gonum.org/")) {
				t.Errorf("package %s imports %s: Go programs embed it without cgo and gonum", pkg, path)
			}
		}
	}
	for pkg, allowed := range layers {
		list, ok := imports[pkg]
		if !ok {
			t.Errorf("the import map names package %s, which does not exist", pkg)
			continue
		}
		for _, inner := range allowed {
			if !slices.Contains(list, module+"/"+inner) {
				t.Errorf("the import map lets package %s import %s, which it does not: take the permission back", pkg, inner)
			}
		}
	}
}

// importsByPackage returns what each package's files import outside tests.
func importsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(free, filepath.ToSlash(path))) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[pkg] = append(imports[pkg], name)
		}
		if imports[pkg] == nil {
			imports[pkg] = []string{}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// TestDesignNamesWhatThereIs: docs/design.md lists each package and each script.
func TestDesignNamesWhatThereIs(t *testing.T) {
	page, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := os.ReadDir("scripts")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for pkg := range layers {
		want = append(want, pkg)
	}
	for _, e := range scripts {
		want = append(want, e.Name())
	}
	for _, name := range append(want, "internal/testenv", "internal/orttest", "internal/ablatetest", "internal/hubtest", "cmd/m2v") {
		if !regexp.MustCompile(`(^|[ \n])` + regexp.QuoteMeta(name) + `[/:, \n]`).Match(page) {
			t.Errorf("docs/design.md does not name %s", name)
		}
	}
}
