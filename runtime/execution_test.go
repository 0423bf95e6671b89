package runtime

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/onnx"
)

func TestExecutionProviderIsAFlag(t *testing.T) {
	for _, e := range ExecutionProviders {
		var got ExecutionProvider
		if err := got.Set(e.String()); err != nil || got != e {
			t.Errorf("Set(%q): %q, %v", e, got, err)
		}
	}
	e := CUDA
	if err := e.Set("tpu"); err == nil || e != CUDA || !strings.Contains(err.Error(), `"tpu" is not one of cpu, cuda, coreml, directml`) {
		t.Errorf("Set(tpu): %q, %v; want the old value and all names", e, err)
	}
	if zero := ExecutionProvider(""); zero.String() != "cpu" || !zero.OnCPU() || CUDA.OnCPU() {
		t.Error("the zero value is not the CPU, or CUDA is")
	}
}

// What ran on the CPU keeps the names that it had before there were providers.
func TestEngine(t *testing.T) {
	for want, e := range map[string]Engine{
		"1.27.0": {Version: "1.27.0"}, "1.27.0 cuda": {Version: "1.27.0", Provider: CUDA},
		"1.27.0 fused": {Version: "1.27.0", Rewriting: "fused"}, "1.27.0 coreml fused": {"1.27.0", CoreML, "fused"}, "": {},
	} {
		if got := e.String(); got != want || ParseEngine(got) != e {
			t.Errorf("%+v is called %q and read as %+v, want %q", e, got, ParseEngine(got), want)
		}
	}
	if got := (Engine{Version: "1", Provider: CPU}).String(); got != "1" {
		t.Errorf("the CPU by name: %q", got)
	}
}

func TestProviderErrorNamesTheNextStep(t *testing.T) {
	dir := t.TempDir()
	e := &ProviderError{Provider: CUDA, Path: filepath.Join(dir, "libonnxruntime.so"), Version: "1.27.0",
		Has: []ExecutionProvider{CPU}, Cause: errors.New("not in\nthis build"), goos: "linux", arch: "amd64"}
	if got, want := e.Error(), "cannot use execution provider cuda, only cpu: not in this build"; !strings.HasSuffix(got, want) || !strings.Contains(got, e.Path) {
		t.Errorf("got %q, want the library and %q", got, want)
	}
	check := func(want string) {
		t.Helper()
		if got := e.Hint(); !strings.Contains(got, want) {
			t.Errorf("hint %q, want %q", got, want)
		}
	}
	check("m2v runtime install --provider cuda")
	for _, name := range companions("linux", CUDA) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check("this machine lacks the device")
	e.Provider = CoreML
	check("no package with coreml for linux/amd64")
}

func TestInstallWithWhatAProviderNeeds(t *testing.T) {
	files := map[string]string{
		"onnxruntime/capi/libonnxruntime.so.1.27.0": "library", "onnxruntime/capi/libonnxruntime_providers_cuda.so": "cuda",
		"onnxruntime/capi/libonnxruntime_providers_shared.so": "shared", "onnxruntime/capi/libonnxruntime_providers_tensorrt.so": "no",
	}
	install := func(name string, data []byte, e ExecutionProvider) (Library, error) {
		from, sum := offer(t, name, data)
		lib, _, err := Install(t.Context(), InstallOptions{Cache: t.TempDir(), From: from, SHA256: sum, OS: "linux", Arch: "s390x", Execution: e})
		return lib, err
	}
	for name, data := range map[string][]byte{"x.whl": zipOf(t, files), "x.tgz": tarOf(t, files)} {
		lib, err := install(name, data, CUDA)
		if err != nil {
			t.Fatal(name, ": ", err)
		}
		folder := filepath.Dir(lib.Path)
		if !strings.HasSuffix(folder, "linux-s390x-cuda") || !slices.Equal(inFolder(folder), []string{lib.Path}) {
			t.Errorf("%s: library %s", name, lib.Path)
		}
		for _, want := range companions("linux", CUDA) {
			if !exists(filepath.Join(folder, want)) {
				t.Errorf("%s: %s did not come along", name, want)
			}
		}
		if exists(filepath.Join(folder, "libonnxruntime_providers_tensorrt.so")) {
			t.Errorf("%s: what the provider does not need came along", name)
		}
	}
	delete(files, "onnxruntime/capi/libonnxruntime_providers_shared.so")
	if _, err := install("x.whl", zipOf(t, files), CUDA); err == nil || !strings.Contains(err.Error(), "providers_shared") {
		t.Errorf("without a library that CUDA needs: %v", err)
	}
	if lib, err := install("x.whl", zipOf(t, files), CPU); err != nil || !strings.HasSuffix(filepath.Dir(lib.Path), "linux-s390x") {
		t.Errorf("for the CPU: %+v, %v", lib, err)
	}
}

func TestInstallAsksForThePackageOfTheProvider(t *testing.T) {
	check := func(e ExecutionProvider, goos, arch, want string) {
		t.Helper()
		var asked []string
		run := func(_ context.Context, _, name string, args ...string) error {
			asked = append(asked, name+" "+strings.Join(args, " "))
			return errors.New("no")
		}
		_, _, err := Install(t.Context(), InstallOptions{Cache: t.TempDir(), OS: goos, Arch: arch, Force: true, Execution: e, run: run})
		if all := strings.Join(asked, "; ") + "; " + err.Error(); !strings.Contains(all, want) {
			t.Errorf("%s on %s/%s: %s; want %q", e, goos, arch, all, want)
		}
	}
	check(CPU, "linux", "amd64", " onnxruntime=="+Version)
	check(CUDA, "linux", "amd64", " onnxruntime-gpu=="+Version)
	check(CUDA, "linux", "amd64", "npm: its package has no library with cuda")
	check(CUDA, "darwin", "arm64", "no package with cuda for darwin/arm64")
	check(CoreML, "darwin", "arm64", " onnxruntime=="+Version)
	check(CoreML, "linux", "amd64", "no package with coreml for linux/amd64")
	check(DirectML, "windows", "amd64", " onnxruntime-directml=="+directmlVersion)
}

// A library that was installed for a provider is used for it, and also where it is the
// only one.
func TestFindThePlaceOfAProvider(t *testing.T) {
	cache := t.TempDir()
	cpu, cuda := cacheFolders(cache, CPU)[0], cacheFolders(cache, CUDA)[0]
	if cpu == cuda || !slices.Contains(cacheFolders(cache, CPU), cuda) || !slices.Contains(cacheFolders(cache, CUDA), cpu) {
		t.Errorf("folders %q for the CPU, %q for CUDA", cacheFolders(cache, CPU), cacheFolders(cache, CUDA))
	}
	if got := cacheFolders(cache, CoreML)[0]; got != cpu {
		t.Errorf("CoreML is looked for in %s, want the CPU's %s, whose library has it", got, cpu)
	}
}

// identity is a graph whose output is its input.
func identity() []byte {
	value := func(name string) onnx.Value {
		return onnx.Value{Name: name, Type: onnx.Float32, Dims: []onnx.Dim{onnx.Symbol("n")}}
	}
	g := onnx.Graph{
		Inputs: []onnx.Value{value("A")}, Outputs: []onnx.Value{value("Y")}, Opset: 13,
		Nodes: []onnx.Node{{Op: "Identity", Inputs: []string{"A"}, Outputs: []string{"Y"}}},
	}
	return g.Marshal()
}

// The library of the tests is the CPU's.
func TestProvidersOfTheLibrary(t *testing.T) {
	rt, err := Start(installed(t))
	if errors.Is(err, ErrNoCgo) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	has := rt.Providers()
	if len(has) == 0 || has[0] != CPU {
		t.Fatalf("providers %q, want the CPU first", has)
	}
	for _, e := range ExecutionProviders {
		err := rt.CheckProvider(e)
		var missing *ProviderError
		if slices.Contains(has, e) != (err == nil) || err != nil && (!errors.As(err, &missing) || missing.Provider != e) {
			t.Errorf("%s: %v, and the library has %q", e, err, has)
		}
		options := SessionOptions{Inputs: []string{"A"}, Outputs: []string{"Y"}, Provider: e}
		session, openErr := rt.OpenBytes(identity(), options)
		if (openErr == nil) != (err == nil) {
			t.Errorf("%s: CheckProvider gives %v, a session %v", e, err, openErr)
		}
		if openErr == nil {
			session.Close()
		}
		if err != nil {
			if _, err := (Provider{Library: rt.Path(), Execution: e}).Start(); !errors.As(err, &missing) {
				t.Errorf("%s: Start gives %v, want a ProviderError", e, err)
			}
			if _, err := (Provider{Library: rt.Path(), Execution: e}).StartIfThere(); !errors.As(err, &missing) {
				t.Errorf("%s: StartIfThere gives %v, want a ProviderError", e, err)
			}
		}
	}
}
