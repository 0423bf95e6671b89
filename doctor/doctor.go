// Package doctor tells what m2v finds on this machine: the program itself, ONNX Runtime,
// folders for what is kept between runs.
package doctor

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/runtime"
)

// Finding is what a check has found.
type Finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"` // the command that puts it right
}

// Examine looks for ONNX Runtime as p says, starts it, runs a graph of one node, and looks
// whether files can be kept in m2v's cache and in the Hub's, by the environment.
func Examine(p runtime.Provider, getenv func(string) string) []Finding {
	list := []Finding{{Check: "m2v", OK: true, Found: fmt.Sprintf("%s, %s, %s/%s", export.Version, goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)}}
	list = append(list, examineRuntime(p)...)
	list = append(list, Finding{Check: "threads", OK: true, Found: fmt.Sprintf("%d", goruntime.GOMAXPROCS(0))})
	list = append(list, examineFolder("cache", runtime.CacheFolder(getenv)))
	return append(list, examineHub(getenv))
}

func examineRuntime(p runtime.Provider) []Finding {
	found, err := p.Find()
	if err != nil {
		return []Finding{{Check: "ONNX Runtime", Found: oneLine(err), Fix: installCommand()}}
	}
	list := []Finding{{Check: "ONNX Runtime", OK: true, Found: fmt.Sprintf("%s in %s: %s", found.Version, found.From, found.Path)}}
	rt, err := runtime.Start(found.Path)
	if err != nil {
		f := Finding{Check: "start", Found: oneLine(err), Fix: installCommand()}
		if errors.Is(err, runtime.ErrNoCgo) {
			f.Fix = "build m2v with CGO_ENABLED=1 and a C compiler"
		}
		return append(list, f)
	}
	list = append(list, Finding{Check: "start", OK: true, Found: "version " + rt.Version()})
	if _, err := runtime.NewBLAS(rt, 1); err != nil {
		return append(list, Finding{Check: "run", Found: oneLine(err), Fix: "m2v runtime install --force"})
	}
	list = append(list, Finding{Check: "run", OK: true, Found: "a graph of one node gives the right result"})
	return append(list, examineProviders(rt, p.Execution))
}

// examineProviders tells which execution providers the library can use; want is to be
// among them.
func examineProviders(rt *runtime.Runtime, want runtime.ExecutionProvider) Finding {
	f := Finding{Check: "providers", OK: true, Found: runtime.ProviderNames(rt.Providers())}
	var missing *runtime.ProviderError
	if errors.As(rt.CheckProvider(want), &missing) {
		f.OK, f.Found, f.Fix = false, oneLine(missing), missing.Hint()
	}
	return f
}

// installCommand names the way to ONNX Runtime that this machine has.
func installCommand() string {
	for _, client := range []string{"python3", "npm"} {
		if _, err := exec.LookPath(client); err == nil {
			return "m2v runtime install"
		}
	}
	return "m2v runtime install --from FILE --sha256 HEX (neither python3 nor npm is here to fetch it)"
}

// examineHub is examineFolder of the Hub's cache.
func examineHub(getenv func(string) string) Finding {
	home, noHome := os.UserHomeDir() // without one the Hub's cache is below the working folder
	config := hub.ConfigFromEnv(getenv, home)
	f := examineFolder("Hub cache", config.Cache)
	if noHome != nil && !filepath.IsAbs(config.Cache) {
		f = Finding{Check: "Hub cache", Found: "HOME is not set: it would be " + config.Cache + " in whatever folder m2v runs in", Fix: "export HF_HOME=DIR"}
	}
	if config.Offline {
		f.Found += ", offline"
	}
	return f
}

// examineFolder tells whether a cache folder can be used; one that is not there
// yet is made when it is needed.
func examineFolder(check, dir string) Finding {
	f := Finding{Check: check, OK: true, Found: dir}
	bad := func(what string) Finding { return Finding{Check: check, Found: what, Fix: "export XDG_CACHE_HOME=DIR"} }
	if dir == "" {
		return bad("there is no folder for it")
	}
	for parent := dir; ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		switch {
		case err == nil && !info.IsDir():
			return bad(parent + " is not a folder")
		case err == nil && !canWrite(parent):
			return bad(parent + " cannot be written to")
		case err == nil:
			if parent != dir {
				f.Found += " (not made yet)"
			}
			return f
		case parent == filepath.Dir(parent):
			return bad(oneLine(err))
		}
	}
}

// canWrite tells whether a file can be made in dir.
func canWrite(dir string) bool {
	f, err := os.CreateTemp(dir, ".m2v-doctor-")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
