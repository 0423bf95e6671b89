package report

import (
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// Sentences that both forms of the report share.
const (
	deltaNote = "In parentheses: the difference to %s, in points."
	claimNote = "A difference is held if its whole 95 % interval is above 0. Intervals are percentiles of 10,000 bootstrap resamples, paired over data sets; " +
		"by AvgAll.v2 they are drawn within each column. They show how much a difference depends on the choice of data sets. " +
		"The published differences are AvgAll.v1 of other teachers on all 72 data sets."
	speedNote = "Texts a second are the median of three rounds over shuffled texts of the data sets, and in parentheses the slowest and the fastest, on one machine. " +
		"Models of one shape, such as variants of the same dimensions and type, do the same work: they are measured once and have the same numbers."
)

// Markdown returns the report as ablation.md. The same report gives the same bytes.
func Markdown(r *ablate.Report) []byte {
	b := &strings.Builder{}
	fmt.Fprintf(b, "# %s\n\n%s\n", escape(title(r)), escape(intro(r)))
	if all := warnings(r); len(all) > 0 {
		fmt.Fprint(b, "\n## Warnings\n\n")
		for _, w := range all {
			fmt.Fprintf(b, "- %s\n", escape(w))
		}
	}
	markdownScores(r, b)
	markdownFits(r, b)
	markdownClaims(r, b)
	markdownSettings(r, b)
	if len(r.Passes) > 0 {
		fmt.Fprint(b, "\n## Passes of the teacher\n\n")
		var lines [][]string
		for _, p := range r.Passes {
			lines = append(lines, []string{code(p.Teacher), escape(strings.Join(p.Rows, "; ")), orDash(grouped(p.Tokens)), seconds(p)})
		}
		writeTable(b, []string{"teacher", "rows", "tokens", "seconds"}, "llrr", lines)
	}
	if all := failures(r); len(all) > 0 {
		fmt.Fprint(b, "\n## Failed data sets\n\n")
		var lines [][]string
		for _, f := range all {
			lines = append(lines, []string{code(f[0]), f[1], code(f[2]), escape(f[3])})
		}
		writeTable(b, []string{"row", "column", "data set", "why"}, "llll", lines)
	}
	fmt.Fprintf(b, "\n%s %s\n", escape(r.Tool), escape(r.Version))
	return []byte(b.String())
}

func markdownScores(r *ablate.Report, b *strings.Builder) {
	heads := heads(r)
	if len(heads) == 0 {
		return
	}
	fmt.Fprint(b, "\n## Scores\n\n")
	names, align := []string{"row", "dims", "size"}, "lrr"
	for _, h := range heads {
		names, align = append(names, h.Name), align+"r"
	}
	deltas, marked := false, false
	var lines [][]string
	best := make([]map[int]bool, len(heads))
	for k, h := range heads {
		best[k] = h.best(r)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		line := []string{code(row.Name), orDash(grouped(row.Dims)), orDash(size(row.Bytes))}
		for k, h := range heads {
			c := h.cell(row)
			if best[k][i] {
				c.Text, marked = "**"+c.Text+"**", true
			}
			if c.Delta != "" {
				c.Text += " (" + c.Delta + ")"
				deltas = true
			}
			line = append(line, c.Text)
		}
		lines = append(lines, line)
	}
	writeTable(b, names, align, lines)
	fmt.Fprint(b, "\nPer cent.")
	if marked {
		fmt.Fprint(b, " Bold: the best variant of each column.")
	}
	if deltas {
		fmt.Fprintf(b, " "+deltaNote, code(r.Baseline))
	}
	fmt.Fprintln(b)
	for _, s := range coverage(r) {
		fmt.Fprintf(b, "\n%s\n", escape(s))
	}
}

func markdownClaims(r *ablate.Report, b *strings.Builder) {
	if len(r.Claims) == 0 {
		return
	}
	fmt.Fprint(b, "\n## Published claims\n\n")
	var lines [][]string
	for _, c := range r.Claims {
		lines = append(lines, []string{escape(c.Name), code(c.With) + " over " + code(c.Over), c.Basis, signed(c.Difference),
			bounds(c), verdict(c), orDash(stated(c)), fmt.Sprint(c.Sets)})
	}
	writeTable(b, []string{"claim", "rows", "by", "difference", "95 % interval", "verdict", "published", "data sets"}, "lllrrlrr", lines)
	fmt.Fprintf(b, "\n%s\n", claimNote)
}

// A field is a column of the table of settings.
type field struct {
	Name    string
	Numeric bool
	of      func(*ablate.Row) string
}

// fields lists the columns of the table of settings of which a row has something.
func fields(r *ablate.Report) []field {
	var out []field
	for _, f := range []field{
		{"settings", false, func(row *ablate.Row) string { return strings.Join(row.Settings, ", ") }},
		{"tokens", true, func(row *ablate.Row) string { return grouped(row.Tokens) }},
		{"dims", true, func(row *ablate.Row) string { return grouped(row.Dims) }},
		{"parameters", true, func(row *ablate.Row) string { return millions(row.Parameters) }},
		{"size", true, func(row *ablate.Row) string { return size(row.Bytes) }},
		{"explained variance", true, func(row *ablate.Row) string { return share(row.Explained) }},
		{"texts/s", true, speedOf},
		{"published AvgAll.v1", true, func(row *ablate.Row) string { return statedOf(row, "AvgAll.v1") }},
		{"published AvgMTEB.v1", true, func(row *ablate.Row) string { return statedOf(row, "AvgMTEB.v1") }},
	} {
		for i := range r.Rows {
			if f.of(&r.Rows[i]) != "" {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

func markdownSettings(r *ablate.Report, b *strings.Builder) {
	fmt.Fprint(b, "\n## Rows\n\n")
	names, align := []string{"row"}, "l"
	fields := fields(r)
	for _, f := range fields {
		names = append(names, f.Name)
		if f.Numeric {
			align += "r"
		} else {
			align += "l"
		}
	}
	var lines [][]string
	for i := range r.Rows {
		line := []string{code(r.Rows[i].Name)}
		for _, f := range fields {
			switch text := f.of(&r.Rows[i]); {
			case text == "":
				line = append(line, "–")
			case f.Numeric:
				line = append(line, text)
			default:
				line = append(line, code(text))
			}
		}
		lines = append(lines, line)
	}
	writeTable(b, names, align, lines)
	for i := range r.Rows {
		if r.Rows[i].Speed > 0 {
			fmt.Fprintf(b, "\n%s\n", speedNote)
			return
		}
	}
}
