// Package report shows what an ablation found: tables, charts, Markdown and one HTML
// file. Package ablate has the numbers; this package only draws them, and is the only
// one that imports gonum/plot.
//
// Markdown returns ablation.md and HTML report.html. The same ablate.Report gives the
// same bytes.
package report
