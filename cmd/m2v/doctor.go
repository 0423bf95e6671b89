package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/runtime"
)

// finding is one line of the doctor's report.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"` // the command that puts it right
}

func newDoctorCommand(a *app) *cobra.Command {
	var lib string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what m2v needs on this machine",
		Long: `Doctor looks for ONNX Runtime, starts it, runs a graph of one node, and tells about
threads and caches. Where something is missing it names the command that fixes it.

` + exitCodesHelp,
		Example: "  m2v doctor",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return a.printFindings(a.examine(lib), asJSON)
		},
	}
	cmd.Flags().StringVar(&lib, "ort-lib", "", "the ONNX Runtime library to check")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

func (a *app) examine(lib string) []finding {
	list := []finding{{Check: "m2v", OK: true, Found: fmt.Sprintf("%s, %s, %s/%s", version, goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)}}
	list = append(list, a.examineRuntime(lib)...)
	list = append(list, finding{Check: "threads", OK: true, Found: fmt.Sprintf("%d", goruntime.GOMAXPROCS(0))})
	list = append(list, examineFolder("cache", a.cacheDir()))
	home, noHome := os.UserHomeDir() // without one the Hub's cache is below the working folder
	config := hub.ConfigFromEnv(a.getenv, home)
	cache := examineFolder("Hub cache", config.Cache)
	if noHome != nil && !filepath.IsAbs(config.Cache) {
		cache = finding{Check: "Hub cache", Found: "HOME is not set: it would be " + config.Cache + " in whatever folder m2v runs in", Fix: "export HF_HOME=DIR"}
	}
	if config.Offline {
		cache.Found += ", offline"
	}
	return append(list, cache)
}

func (a *app) examineRuntime(lib string) []finding {
	found, err := a.findRuntime(lib)
	if err != nil {
		return []finding{{Check: "ONNX Runtime", Found: oneLine(err.Error()), Fix: installCommand()}}
	}
	list := []finding{{Check: "ONNX Runtime", OK: true, Found: fmt.Sprintf("%s in %s: %s", found.Version, found.From, found.Path)}}
	rt, err := runtime.Start(found.Path)
	if err != nil {
		f := finding{Check: "start", Found: oneLine(err.Error()), Fix: installCommand()}
		if errors.Is(err, runtime.ErrNoCgo) {
			f.Fix = "build m2v with CGO_ENABLED=1 and a C compiler"
		}
		return append(list, f)
	}
	list = append(list, finding{Check: "start", OK: true, Found: "version " + rt.Version()})
	if _, err := runtime.NewBLAS(rt, 1); err != nil {
		return append(list, finding{Check: "run", Found: oneLine(err.Error()), Fix: "m2v runtime install --force"})
	}
	return append(list, finding{Check: "run", OK: true, Found: "a graph of one node gives what it should"})
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

// examineFolder tells whether a cache folder can be used; one that is not there
// yet is made when it is needed.
func examineFolder(check, dir string) finding {
	f := finding{Check: check, OK: true, Found: dir}
	if dir == "" {
		return finding{Check: check, Found: "no folder for it", Fix: "export XDG_CACHE_HOME=DIR"}
	}
	for parent := dir; ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		switch {
		case err == nil && !info.IsDir():
			return finding{Check: check, Found: parent + " is not a folder", Fix: "export XDG_CACHE_HOME=DIR"}
		case err == nil && !canWrite(parent):
			return finding{Check: check, Found: parent + " cannot be written to", Fix: "export XDG_CACHE_HOME=DIR"}
		case err == nil:
			if parent != dir {
				f.Found += " (not made yet)"
			}
			return f
		case parent == filepath.Dir(parent):
			return finding{Check: check, Found: oneLine(err.Error()), Fix: "export XDG_CACHE_HOME=DIR"}
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

// printFindings prints the report; a check that failed is an error.
func (a *app) printFindings(list []finding, asJSON bool) error {
	bad := 0
	for _, f := range list {
		if !f.OK {
			bad++
		}
	}
	if asJSON {
		if err := printJSON(a.stdout, map[string]any{"ok": bad == 0, "checks": list}); err != nil {
			return err
		}
	} else {
		for _, f := range list {
			mark := "ok"
			if !f.OK {
				mark = "MISSING"
			}
			fmt.Fprintf(a.stdout, "%-8s %-13s %s\n", mark, f.Check, f.Found)
			if f.Fix != "" {
				fmt.Fprintf(a.stdout, "%-8s %-13s fix: %s\n", "", "", f.Fix)
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("doctor: %d of %d checks failed", bad, len(list))
	}
	return nil
}
