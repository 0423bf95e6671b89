package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/runtime"
)

// cacheDir returns m2v's cache folder, "" where there is none.
func (a *app) cacheDir() string { return runtime.CacheFolder(a.getenv) }

// runtimeFlags choose the ONNX Runtime library and what teachers run on.
type runtimeFlags struct {
	ORTLib     string
	Provider   runtime.ExecutionProvider
	AsExported bool
}

// addFlags adds --ort-lib and --provider; of stands before what they say.
func (o *runtimeFlags) addFlags(f *pflag.FlagSet, of string) {
	f.StringVar(&o.ORTLib, "ort-lib", o.ORTLib, of+"the ONNX Runtime library to use")
	f.Var(&o.Provider, "provider", of+"the execution provider to run it on, where the library has it")
	f.BoolVar(&o.AsExported, "as-exported", o.AsExported, of+"run the graph as its file has it, without the fusion that makes it faster")
}

// given tells whether the user asked for a library or a provider, whose lack is an error then.
func (o runtimeFlags) given() bool { return o.ORTLib != "" || !o.Provider.OnCPU() }

// startRuntime opens the library and lets gonum's large products run on it.
func (a *app) startRuntime(o runtimeFlags, threads int) error {
	rt, err := a.provider(o, threads).Start()
	if err == nil {
		a.library = "onnxruntime " + rt.Version()
	}
	return err
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
needs the network. The library's path is printed. --provider cuda or directml gets the
package with that execution provider, by pip; CoreML is in macOS's own.

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
	f.Var(&o.Execution, "provider", "the execution provider that the library is to have")
	f.BoolVar(&o.Force, "force", false, "install again")
	f.BoolVar(&asJSON, "json", false, "print version and path as JSON")
	return cmd
}

func runRuntimeInstall(ctx context.Context, a *app, o runtime.InstallOptions, asJSON bool) error {
	if o.From == "" {
		a.Notef("looking for ONNX Runtime")
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
	var o runtimeFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "path",
		Short:   "Print the path of the ONNX Runtime library that m2v would use",
		Long:    "Print the path of the ONNX Runtime library that m2v would use.\n\n" + exitCodesHelp,
		Example: "  m2v runtime path",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			found, err := a.provider(o, 0).Find()
			if err != nil {
				return err
			}
			return a.printLibrary(found, asJSON)
		},
	}
	cmd.Flags().StringVar(&o.ORTLib, "ort-lib", "", "a library, or the folder that holds it")
	cmd.Flags().Var(&o.Provider, "provider", "the library for this execution provider")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print version and path as JSON")
	return cmd
}
