package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/doctor"
)

func newDoctorCommand(a *app) *cobra.Command {
	var o runtimeFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what m2v needs on this machine",
		Long: `Doctor looks for ONNX Runtime, starts it, runs a graph of one node, and tells about
execution providers, threads and caches. Where something is missing it names the command that fixes it.

` + exitCodesHelp,
		Example: "  m2v doctor",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return a.printFindings(doctor.Examine(a.provider(o, 0), a.getenv), asJSON)
		},
	}
	cmd.Flags().StringVar(&o.ORTLib, "ort-lib", "", "the ONNX Runtime library to check")
	cmd.Flags().Var(&o.Provider, "provider", "the execution provider that must be there")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// printFindings prints the report; a check that failed is an error.
func (a *app) printFindings(list []doctor.Finding, asJSON bool) error {
	bad := 0
	for _, f := range list {
		if !f.OK {
			bad++
		}
	}
	if asJSON {
		if err := a.PrintJSON(map[string]any{"ok": bad == 0, "checks": list}); err != nil {
			return err
		}
	} else {
		for _, f := range list {
			mark := "ok"
			if !f.OK {
				mark = "MISSING"
			}
			fmt.Fprintf(a.Out, "%-8s %-13s %s\n", mark, f.Check, f.Found)
			if f.Fix != "" {
				fmt.Fprintf(a.Out, "%-8s %-13s fix: %s\n", "", "", f.Fix)
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("doctor: %d of %d checks failed", bad, len(list))
	}
	return nil
}
