package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/runtime"
)

// cacheDir returns m2v's cache folder, "" where there is none.
func (a *app) cacheDir() string { return runtime.CacheFolder(a.getenv) }

// findRuntime returns the library that the program would run.
func (a *app) findRuntime(lib string) (runtime.Library, error) { return a.provider(lib, 0).Find() }

// startRuntime opens the library and lets gonum's large products run on it.
func (a *app) startRuntime(lib string, threads int) (*runtime.Runtime, error) {
	rt, err := a.provider(lib, threads).Start()
	if err == nil {
		a.library = "onnxruntime " + rt.Version()
	}
	return rt, err
}

func newRuntimeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runtime",
		Short: "Install ONNX Runtime, which runs the teachers, or show where it is",
		Long: `Only commands that run a teacher need ONNX Runtime. It is looked for in --ort-lib,
$M2V_ORT_LIB, the program's own folder, m2v's cache and the system's folders.

` + exitCodesHelp,
		Example: "  m2v runtime path",
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRuntimeInstallCommand(a), newRuntimePathCommand(a))
	return cmd
}

func newRuntimeInstallCommand(a *app) *cobra.Command {
	var o runtime.InstallOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install ONNX Runtime " + runtime.Version + " into m2v's cache",
		Long: `Install gets ONNX Runtime ` + runtime.Version + ` by pip, else by npm, or from a file or URL, checks
its SHA-256 and unpacks it into m2v's cache in one step. Once it is there, nothing
needs the network. The library's path is printed.

` + exitCodesHelp,
		Example: "  m2v runtime install",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.SHA256 != "" && o.From == "" {
				return usagef("--sha256 has no effect without --from FILE or URL")
			}
			o.Cache = a.cacheDir()
			return runRuntimeInstall(cmd.Context(), a, o, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "pip, npm, or a file or URL: a wheel, a .zip, .tgz or .tar.gz, or the library")
	f.StringVar(&o.SHA256, "sha256", "", "SHA-256 of the file or URL, in hex")
	f.BoolVar(&o.Force, "force", false, "install again")
	f.BoolVar(&asJSON, "json", false, "print version and path as JSON")
	return cmd
}

func runRuntimeInstall(ctx context.Context, a *app, o runtime.InstallOptions, asJSON bool) error {
	if o.From == "" {
		a.Notef("looking for ONNX Runtime %s", runtime.Version)
	}
	lib, done, err := runtime.Install(ctx, o)
	if err != nil {
		return err
	}
	if !done {
		a.Notef("it is installed already")
	}
	return a.printLibrary(lib, asJSON)
}

// printLibrary prints the library's path, or what is known of it as JSON.
func (a *app) printLibrary(lib runtime.Library, asJSON bool) error {
	return a.PrintPath(asJSON, map[string]string{"path": lib.Path, "version": lib.Version, "from": lib.From}, lib.Path)
}

func newRuntimePathCommand(a *app) *cobra.Command {
	var lib string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "path",
		Short:   "Print the path of the ONNX Runtime library that m2v would use",
		Long:    "Print the path of the ONNX Runtime library that m2v would use.\n\n" + exitCodesHelp,
		Example: "  m2v runtime path",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			found, err := a.findRuntime(lib)
			if err != nil {
				return err
			}
			return a.printLibrary(found, asJSON)
		},
	}
	cmd.Flags().StringVar(&lib, "ort-lib", "", "a library, or the folder that holds it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print version and path as JSON")
	return cmd
}
