package main

import (
	"fmt"
	goruntime "runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/cpu"
)

// build is what m2v version tells of the program and of what it runs on.
type build struct {
	Version     string   `json:"version"`
	Commit      string   `json:"commit"` // "" where the build does not say
	Modified    bool     `json:"modified"`
	Go          string   `json:"go"`
	System      string   `json:"system"`       // such as "linux/amd64"
	ONNXRuntime string   `json:"onnx_runtime"` // version, "" where there is none
	Library     string   `json:"library"`      // its path
	Processor   []string `json:"processor"`    // features that matter for speed
}

func newVersionCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and what it was built of and runs on",
		Long: `Version prints the version of m2v, its commit, Go's version, the ONNX Runtime that it
would use, and the features of the processor that matter for speed.

` + exitCodesHelp,
		Example: "  m2v version",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := a.build()
			if asJSON {
				return printJSON(a.stdout, b)
			}
			_, err := fmt.Fprintf(a.stdout, "m2v %s\ncommit %s\n%s %s\nONNX Runtime %s\nprocessor %s\n",
				b.Version, orNone(b.Commit), b.Go, b.System, orNone(strings.TrimSpace(b.ONNXRuntime+" "+b.Library)), orNone(strings.Join(b.Processor, " ")))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object as JSON")
	return cmd
}

func (a *app) build() build {
	b := build{Version: version, Go: goruntime.Version(), System: goruntime.GOOS + "/" + goruntime.GOARCH, Processor: processor()}
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
	if found, err := a.findRuntime(""); err == nil {
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
