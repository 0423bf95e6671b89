package distill

import (
	"maps"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/pca"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// describe returns what a model folder says of how the student was made: config.json's
// recipe, the model card and the manifest.
func describe(t *teacher.Teacher, o Options, r *Report) export.Folder {
	s := Switches{t.Options, o}
	recipe := export.Recipe{TokenizerName: t.Folder.Name}
	if !s.FromInput() {
		recipe.Pooling = string(t.Options.Pooling)
	}
	switch o.Dims.Mode {
	case pca.Count:
		recipe.ApplyPCA = o.Dims.Count
	case pca.Auto:
		recipe.ApplyPCA = "auto"
	case pca.Fraction:
		recipe.ApplyPCA = o.Dims.Share
	}
	if o.SIF.Value > 0 {
		recipe.SIFCoefficient = o.SIF.Value
	}
	v := t.Vocabulary
	engine := runtime.ParseEngine(r.Runtime)
	return export.Folder{
		Config: recipe.Fields(),
		Card:   export.Card{BaseModel: t.Folder.Name, License: o.License},
		Manifest: &export.Manifest{
			Tool:    "m2v",
			Version: export.Version,
			Teacher: export.Teacher{Name: t.Folder.Name, Revision: t.Folder.Commit, SHA256: t.SHA256},
			Options: s.acting(t, r.Fit != nil),
			Special: export.SpecialTokens{BOS: v.SpecialTokens.BOS, EOS: v.SpecialTokens.EOS, PAD: v.PadID, UNK: v.UnkID},
			Counts:  Counts(v),

			ExplainedVariance: r.Explained,
			ONNXRuntime:       engine.Version,
			Provider:          string(engine.Provider),
			Rewriting:         engine.Rewriting,
			Fit:               r.Fit,
			Warnings:          r.Warnings,
		},
	}
}

// acting are the switches that change rows, with the values in use.
func (s Switches) acting(t *teacher.Teacher, fitted bool) map[string]any {
	o := s.Student
	list := map[string]any{
		"pca-dims":             o.Dims.String(),
		"sif-coefficient":      o.SIF.String(),
		"token-remove-pattern": s.Teacher.Vocab.RemovePattern,
		"quantize-to":          o.Type.String(),
		"normalize":            o.Normalize,
	}
	if s.FromInput() {
		list["source"] = s.Teacher.Source.String()
	} else {
		list["pooling"] = string(s.Teacher.Pooling)
		if t.Info.File != "" { // a graph ran
			list["batch-size"] = t.BatchSize()
		}
		if s.Teacher.Vocab.SpecialTokens != vocab.BOSEOS {
			list["special-tokens"] = string(s.Teacher.Vocab.SpecialTokens)
		}
	}
	if s.Teacher.Vocab.KeepAdded {
		list["keep-added-tokens"] = true
	}
	if o.Drop > 0 {
		list["pca-drop"] = o.Drop
	}
	if o.Whiten > 0 {
		list["pca-whiten"] = o.Whiten
	}
	if fitted {
		list["ridge"], list["fit-steps"] = o.Ridge, o.FitSteps
	}
	if fitted && o.MapPrior {
		list["fit-map"] = true
	}
	if fitted && o.Words > 0 {
		list["fit-words"] = o.Words
	}
	if fitted && o.Phrases > 0 {
		list["fit-phrases"] = o.Phrases
	}
	if o.Clusters > 0 {
		list["vocabulary-quantization"] = o.Clusters
		list["seed"] = o.Seed
	}
	if o.License != "" { // changes no row, but the folder
		list["license"] = o.License
	}
	if t.WordsSHA256 != "" {
		list["vocabulary-only"] = s.Teacher.Vocab.Only
		list["vocabulary"] = "sha256:" + t.WordsSHA256
	}
	return list
}

// Counts names what became of the teacher's tokens and the user's words; what did not
// happen is left out.
func Counts(v *vocab.Vocabulary) map[string]int {
	c := v.Counts
	list := map[string]int{
		"teacher": c.Before, "rows": len(v.Tokens), "pruned": c.Pruned, "removed": c.Removed, "added": c.Added,
		"helpers": c.Helpers, "multiword": c.MultiWord, "duplicates": c.Duplicates, "empty": c.Empty, "rejected": c.Rejected,
	}
	maps.DeleteFunc(list, func(_ string, n int) bool { return n == 0 })
	return list
}
