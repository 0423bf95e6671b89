package classifier

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
)

//go:embed report.html.tmpl
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"percent": func(share float64) string { return fmt.Sprintf("%.2f", 100*share) },
		"matrix":  confusionSVG,
	}).Parse(pageText))
})

// page returns report.html: scores, scores of each class, the confusion matrix.
func (r *Report) page() ([]byte, error) {
	type part struct {
		Name   string
		Scores *Scores
	}
	var parts []part
	if r.Test != nil {
		parts = append(parts, part{"Test texts", r.Test})
	}
	if r.Validation != nil {
		parts = append(parts, part{"Validation texts", r.Validation})
	}
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, map[string]any{"Report": r, "Parts": parts}); err != nil {
		return nil, fmt.Errorf("%s: %w", pageFile, err)
	}
	return out.Bytes(), nil
}

// shownClasses is how many classes a drawn confusion matrix has at most.
const shownClasses = 80

// confusionSVG draws a confusion matrix: a row for each true class, a column for each
// predicted one, darker where more of the row's texts are.
func confusionSVG(s *Scores) template.HTML {
	n := len(s.Classes)
	if s.Confusion == nil || n > shownClasses {
		return ""
	}
	cell := max(8, min(32, 640/n))
	const left, top = 170, 20
	var b strings.Builder
	fmt.Fprintf(&b, `<svg width="%d" height="%d" role="img" aria-label="confusion matrix" font-size="11">`, left+n*cell+10, top+n*cell+30)
	for i := range n {
		total := 0
		for _, count := range s.Confusion[i] {
			total += count
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, left-6, top+i*cell+cell/2+4, template.HTMLEscapeString(short(s.Classes[i].Class)))
		for j, count := range s.Confusion[i] {
			shade := share(count, total)
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="rgb(31,90,160)" fill-opacity="%.3f" stroke="#ddd"><title>%s → %s: %d</title></rect>`,
				left+j*cell, top+i*cell, cell, cell, shade, template.HTMLEscapeString(s.Classes[i].Class), template.HTMLEscapeString(s.Classes[j].Class), count)
			if cell >= 28 && count > 0 {
				color := "#000"
				if shade > 0.5 {
					color = "#fff"
				}
				fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" fill="%s">%d</text>`, left+j*cell+cell/2, top+i*cell+cell/2+4, color, count)
			}
		}
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d">columns: predicted, in the order of the rows</text></svg>`, left, top+n*cell+18)
	return template.HTML(b.String()) //nolint:gosec // names are escaped above
}

func short(s string) string {
	if r := []rune(s); len(r) > 24 {
		return string(r[:23]) + "…"
	}
	return s
}
