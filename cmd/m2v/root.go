package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v"
)

const version = m2v.Version

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "m2v",
		Short: "Distill a Sentence Transformer into a static embedding model",
		Long: `m2v runs every token of a vocabulary through a Sentence Transformer (ONNX),
reduces and weights the outputs, and writes a static embedding model that loads
wherever Model2Vec models load.

` + exitCodesHelp,
		Example:           "  m2v distill testdata/tiny-bert -o student",
		Version:           version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              unknownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addLogFlags(root.PersistentFlags(), &a.Log)
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.Log.Check() }
	root.SetHelpCommand(newHelpCommand())
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newDistillCommand(func(ctx context.Context, o distillOptions) error { return runDistill(ctx, a, o) }),
		newFeaturizeCommand(func(ctx context.Context, o featurizeOptions) error { return runFeaturize(ctx, a, o) }),
		newTokenlearnCommand(func(ctx context.Context, o tokenlearnOptions) error { return runTokenlearn(ctx, a, o) }),
		newFeaturesCommand(func(ctx context.Context, o featuresOptions) error { return runFeatures(ctx, a, o) }),
		newEncodeCommand(func(ctx context.Context, o encodeOptions) error { return runEncode(ctx, a, o) }),
		newSimilarityCommand(func(ctx context.Context, o similarityOptions) error { return runSimilarity(ctx, a, o) }),
		newTokenizeCommand(func(ctx context.Context, o tokenizeOptions) error { return runTokenize(ctx, a, o) }),
		newExplainCommand(func(ctx context.Context, o explainOptions) error { return runExplain(ctx, a, o) }),
		newNeighborsCommand(func(ctx context.Context, o neighborsOptions) error { return runNeighbors(ctx, a, o) }),
		newServeCommand(func(ctx context.Context, o serveOptions) error { return runServe(ctx, a, o) }),
		newInspectCommand(func(ctx context.Context, o inspectOptions) error { return runInspect(ctx, a, o) }),
		newQuantizeCommand(func(ctx context.Context, o quantizeOptions) error { return runQuantize(ctx, a, o) }),
		newImportCommand(func(ctx context.Context, o importOptions) error { return runImport(ctx, a, o) }),
		newExportCommand(func(ctx context.Context, o exportOptions) error { return runExport(ctx, a, o) }),
		newPullCommand(func(ctx context.Context, o pullOptions) error { return runPull(ctx, a, o) }),
		newPushCommand(func(ctx context.Context, o pushOptions) error { return runPush(ctx, a, o) }),
		newVocabCommand(func(ctx context.Context, o vocabBuildOptions) error { return runVocabBuild(ctx, a, o) }),
		newTrainCommand(func(ctx context.Context, o trainOptions) error { return runTrain(ctx, a, o) }),
		newPredictCommand(func(ctx context.Context, o predictOptions) error { return runPredict(ctx, a, o) }),
		newEvaluateCommand(func(ctx context.Context, o evaluateOptions) error { return runEvaluate(ctx, a, o) }),
		newBenchCommand(func(ctx context.Context, o benchTrainOptions) error { return runBenchTrain(ctx, a, o) }),
		newEvalCommand(func(ctx context.Context, o evalOptions) error { return runEval(ctx, a, o) }),
		newAblateCommand(func(ctx context.Context, o ablateOptions) error { return runAblate(ctx, a, o) }),
		newDiffCommand(func(ctx context.Context, o diffOptions) error { return runDiff(ctx, a, o) }),
		newVerifyCommand(func(ctx context.Context, o verifyOptions) error { return runVerify(ctx, a, o) }),
		newRuntimeCommand(a),
		newDoctorCommand(a),
		newCacheCommand(a),
		newVersionCommand(a),
		newManCommand(),
	)
	for _, c := range root.Commands() {
		if f := c.Flags(); f.Lookup("revision") != nil && c.Name() != "push" {
			f.BoolVar(&a.refresh, "refresh", false, "ask the Hub what the branch is now, even if the cache has it")
		}
	}
	completeValues(root)
	explainEmpty(root)
	return root
}

// unknownCommand refuses a first word that is no command, with the nearest one.
func unknownCommand(cmd *cobra.Command, list []string) error {
	if len(list) == 0 {
		return nil
	}
	err := usagef("%q is not a command", list[0])
	if near := cmd.SuggestionsFor(list[0]); len(near) > 0 {
		return withHint(err, "did you mean %q?", near[0])
	}
	return withHint(err, "m2v --help lists the commands")
}

// newHelpCommand is cobra's help, which fails for a command that there is not.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about a command",
		Long:    "Help prints the help of m2v or of a command.\n\n" + exitCodesHelp,
		Example: "  m2v help distill",
		ValidArgsFunction: func(cmd *cobra.Command, list []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			if found, _, err := cmd.Root().Find(list); err == nil {
				for _, c := range found.Commands() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			found, rest, err := cmd.Root().Find(list)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), list)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// args wraps a cobra argument check so that a wrong count is a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if err := check(cmd, list); err != nil {
			return withHint(usageError{err}, "usage: %s", cmd.UseLine())
		}
		return nil
	}
}
