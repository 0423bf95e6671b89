package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// fitNote says what the table of fits has.
const fitNote = "Seconds are a variant's part, by its number of texts, of the time that all fits took; the teacher's seconds are those for its tokens and so many texts, " +
	"and unknown where their vectors were there. The cosine is the mean, on texts that were held out, of the student's vectors to the targets, before the fit and after it: " +
	"targets of other texts or another whitening are other targets, whose cosines do not compare."

// frontNote says what the front is.
const frontNote = "The front are the variants that score higher than all smaller ones, by the bytes of their rows."

// A fitRow is a row of the table of fits, its cells in words.
type fitRow struct {
	Number int
	Name   string
	Cells  []string
	Front  bool
}

// fitHeads are the columns of the table of fits after the row's name.
func fitHeads(r *ablate.Report) []string {
	return []string{"texts", "seconds", "teacher's seconds", "cosine", "size", r.Average(), "front"}
}

// fitRows are the variants that were fitted, and those of the front.
func fitRows(r *ablate.Report) []fitRow {
	var out []fitRow
	for i := range r.Rows {
		row := &r.Rows[i]
		front := slices.Contains(r.Front, row.Name) && row.Kind == ablate.KindVariant
		if row.Fit == nil && !front {
			continue
		}
		texts, seconds, teacher, cosine := "", "", "", ""
		if f := row.Fit; f != nil {
			texts, seconds = grouped(f.Texts), fmt.Sprintf("%.1f", f.Seconds)
			if f.TeacherSeconds > 0 {
				teacher = fmt.Sprintf("%.1f", f.TeacherSeconds)
			}
			if f.HeldOut > 0 {
				cosine = fmt.Sprintf("%.3f → %.3f", f.Before, f.After)
			}
		}
		score, mark := "", ""
		if s := row.Score(r.Average()); s.State == ablate.Scored {
			score = decimals(s.Value)
		}
		if front {
			mark = "yes"
		}
		out = append(out, fitRow{i + 1, row.Name, []string{orDash(texts), orDash(seconds), orDash(teacher), orDash(cosine), orDash(size(row.Bytes)), orDash(score), orDash(mark)}, front})
	}
	return out
}

// fitCharts are the charts of score against texts, minutes and bytes of a report with
// fits, those that have two points apart.
func fitCharts(r *ablate.Report) []figure {
	if r.Texts == 0 {
		return nil
	}
	var out []figure
	for _, c := range []struct {
		what, axis, note string
		x                func(*ablate.Row) float64
		format           func(float64) string
		exact            bool
		lines            func(s *scatter)
	}{
		{"the number of texts", "texts (log scale)", "", func(row *ablate.Row) float64 { return float64(fitOf(row).Texts) }, whole, true,
			func(s *scatter) { s.join(r, ablate.FitTexts, "their texts") }},
		{"minutes", "minutes (log scale)", minutesNote(r), func(row *ablate.Row) float64 { return fitOf(row).Minutes() }, minutes, false,
			func(s *scatter) { s.join(r, ablate.FitTexts, "their texts") }},
		{"bytes, and its front", "size of the rows (log scale)", "", func(row *ablate.Row) float64 { return float64(row.Bytes) },
			func(x float64) string { return strings.Replace(size(int64(x)), ".0 ", " ", 1) }, false, func(s *scatter) { s.joinFront(r) }},
	} {
		s := scatterOf(r, c.x)
		if s == nil {
			continue
		}
		c.lines(s)
		one := framed(func(f frame) template.HTML {
			return s.draw(r, f, c.axis, c.format, c.exact, s.said(r, "Average score against "+c.what, c.format))
		})
		one.Caption = "Average score against " + c.what + "." + s.words() + c.note
		out = append(out, one)
	}
	return out
}

// fitOf is the row's fit; an empty one of a row without.
func fitOf(row *ablate.Row) *ablate.Fit {
	if row.Fit == nil {
		return &ablate.Fit{}
	}
	return row.Fit
}

// minutesNote says what the minutes lack.
func minutesNote(r *ablate.Report) string {
	for i := range r.Rows {
		if fitOf(&r.Rows[i]).TeacherSeconds > 0 {
			return " Minutes are the teacher's and the fit's."
		}
	}
	return " Minutes are those of the fit alone: the teacher's vectors were there."
}

// minutes formats minutes to two digits.
func minutes(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

// joinFront makes a line of the front.
func (s *scatter) joinFront(r *ablate.Report) {
	var l line
	for _, name := range r.Front { // by size
		for i, p := range s.points {
			if row := &r.Rows[p.row]; row.Name == name && row.Kind == ablate.KindVariant {
				l.points = append(l.points, i)
			}
		}
	}
	s.front, s.joined = true, "the front: variants that score higher than all smaller ones"
	if len(l.points) > 1 {
		s.lines = []line{l}
	}
}

// markdownFits writes the table of fits.
func markdownFits(r *ablate.Report, b *strings.Builder) {
	rows := fitRows(r)
	if r.Texts == 0 || len(rows) == 0 {
		return
	}
	fmt.Fprint(b, "\n## Fits\n\n")
	var lines [][]string
	for _, row := range rows {
		lines = append(lines, append([]string{code(row.Name)}, row.Cells...))
	}
	writeTable(b, append([]string{"row"}, fitHeads(r)...), "lrrrrrrl", lines)
	fmt.Fprintf(b, "\n%s\n", fitNote)
	if r.Front != nil {
		fmt.Fprintf(b, "\n%s\n", frontNote)
	}
}
