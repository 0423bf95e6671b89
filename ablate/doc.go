// Package ablate makes students that differ in a few switches from one forward pass of
// their teacher, and compares them.
//
// In order:
//
//  1. Choice names the variants: a recipe's, a grid's. Each is a name and
//     distill.Switches, and may as well be made by hand.
//  2. Run makes a student of each, scores it (package eval) beside other models, and
//     puts all of it in a Report and a folder.
//  3. Report.Compare adds what follows from the scores: differences to the baseline,
//     and the published claims, held or not, with bootstrap intervals.
//  4. Report.JSON is ablation.json. Package report shows it: ablation.md, report.html.
//
// Scores are per cent, differences are points of them.
package ablate
