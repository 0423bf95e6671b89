// Package report shows what an ablation found: tables, charts, Markdown and one HTML
// file. Package ablate has the numbers; this package only draws them.
//
// Markdown returns ablation.md and HTML report.html. The same ablate.Report gives the
// same bytes.
package report

import "github.com/m2v-dev/m2v/ablate"

// Pages are the files that show a report, for ablate.Options.
var Pages = []ablate.Page{
	{Name: "ablation.md", Write: func(r *ablate.Report) ([]byte, error) { return Markdown(r), nil }},
	{Name: "report.html", Write: HTML},
}
