package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/doctor"
	"github.com/m2v-dev/m2v/internal/plain"
)

func newVersionCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the build and the platform",
		Long: `Version prints the version of m2v, its commit, Go's version, the ONNX Runtime that it
would use, and the features of the processor that matter for speed.

` + exitCodesHelp,
		Example: "  m2v version",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := doctor.ReadBuild(a.provider(runtimeFlags{}, 0))
			return a.Print(asJSON, b, func(w io.Writer) {
				fmt.Fprintf(w, "m2v %s\ncommit %s\n%s %s\nONNX Runtime %s\nprocessor %s\n",
					b.Version, plain.OrNone(b.Commit), b.Go, b.System, plain.OrNone(strings.TrimSpace(b.ONNXRuntime+" "+b.Library)), plain.OrNone(strings.Join(b.Processor, " ")))
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object as JSON")
	return cmd
}
