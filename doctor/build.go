package doctor

import (
	goruntime "runtime"
	"runtime/debug"

	"golang.org/x/sys/cpu"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/runtime"
)

// Build tells of the program and of what it runs on.
type Build struct {
	Version     string   `json:"version"`
	Commit      string   `json:"commit"` // "" where the build does not say
	Modified    bool     `json:"modified"`
	Go          string   `json:"go"`
	System      string   `json:"system"`       // such as "linux/amd64"
	ONNXRuntime string   `json:"onnx_runtime"` // version, "" where there is none
	Library     string   `json:"library"`      // its path
	Processor   []string `json:"processor"`    // features that matter for speed
}

// ReadBuild returns what is known of this program; p finds ONNX Runtime.
func ReadBuild(p runtime.Provider) Build {
	b := Build{Version: export.Version, Go: goruntime.Version(), System: goruntime.GOOS + "/" + goruntime.GOARCH, Processor: processor()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if found, err := p.Find(); err == nil {
		b.ONNXRuntime, b.Library = found.Version, found.Path
	}
	return b
}

// processor lists the features of the processor that matter for speed.
func processor() []string {
	list := []string{}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx", cpu.X86.HasAVX}, {"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F}, {"avx512vnni", cpu.X86.HasAVX512VNNI},
		{"neon", cpu.ARM64.HasASIMD}, {"fphp", cpu.ARM64.HasFPHP}, {"i8mm", cpu.ARM64.HasI8MM}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}
