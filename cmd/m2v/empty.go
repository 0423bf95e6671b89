package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// whenEmpty says what a flag without a value means, by the flag's name or by that of its
// command and its own; flags of one name mean the same everywhere.
var whenEmpty = map[string]string{
	"revision": "main", "onnx-file": "onnx/model.onnx, else model.onnx", "ort-lib": "as m2v runtime path finds it",
	"prompt-name": "none", "columns": "all that count", "tasks": "all that count", "data": "no scores", "fail-under": "no gate", "max-drop": "no gate",
	"baseline": "none", "bad-file": "none", "keep": "none", "languages": "the English tasks", "output": "required", "texts": "none",
	"features": "none", "vectors": "none", "tokenizer": "the teacher's, or that of --features", "pca-drop": "none", "pca-whiten": "none",
	"vocabulary-quantization": "none: a row a token", "vocabulary": "none", "grid": "none", "base-model": "none", "compare": "none", "older-than": "of any age",
	"from": "pip, else npm", "sha256": "none; a file or a URL needs it", "against": "none", "record": "none", "model": "none",
	"shard": "all of the work", "api-key-file": "none: anyone may ask", "tls-cert": "none: plain HTTP", "tls-key": "none", "validation": "none", "test": "none",
	"token-dropout": "none", "teacher": "none", "eval": "none", "post-sif": "neither", "fit-counts": "all",

	"m2v features from": "none", "m2v distill output": "required but for --dry-run", "m2v eval data": "required",
	"m2v train data": "required", "m2v bench train data": "required", "m2v bench train output": "none", "m2v evaluate-classifier data": "required", "m2v featurize texts": "required", "m2v distill texts": "none: no fit", "m2v distill pca-whiten": "none; with --texts 0.25",
}

// explainEmpty adds to each flag's help what it means without a value, where neither its
// words nor its default say so.
func explainEmpty(root *cobra.Command) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		ownFlags(cmd, func(f *pflag.Flag) {
			empty := f.DefValue == "" || f.DefValue == "0" || f.DefValue == "[]"
			meaning, ok := whenEmpty[cmd.CommandPath()+" "+f.Name]
			if !ok {
				meaning, ok = whenEmpty[f.Name]
			}
			if !empty || !ok || strings.Contains(f.Usage, "(default") {
				return
			}
			if !strings.HasPrefix(meaning, "required") {
				meaning = "default: " + meaning
			}
			f.Usage += " (" + meaning + ")"
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
}
