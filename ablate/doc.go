// Package ablate compares students that differ in a few switches and come from one
// forward pass of their teacher: which variants there are, and what the comparison
// says.
//
// In order:
//
//  1. Recipes and Grid name the variants, each a list of switches as the command
//     line writes them.
//  2. The caller makes a student of each (distill.Rows makes many of one forward
//     pass), scores it (package eval) and puts all of it in a Report.
//  3. Report.Compare adds what follows from the scores: differences to the baseline,
//     and the published claims, held or not, with bootstrap intervals.
//  4. Report.JSON is ablation.json. Package report shows it: ablation.md, report.html.
//
// Scores are per cent, differences are points of them.
package ablate
