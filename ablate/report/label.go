package report

import (
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// numbersOnly is the number of rows from which charts name rows by their numbers alone.
const numbersOnly = 40

// labels returns a chart's label of each row: its name in lines no wider than width, at
// most so many. A name is never shortened where another has the same beginning and end:
// if one does not fit, all labels begin with the row's number in the table, which tells
// them apart.
func labels(r *ablate.Report, style face, width float64, most int) []string {
	out := make([]string, len(r.Rows))
	numbered := len(r.Rows) > numbersOnly
	for i := range r.Rows {
		lines := wrap(r.Rows[i].Name, style, width)
		numbered = numbered || len(lines) > most
		out[i] = strings.Join(lines, "\n")
	}
	if !numbered {
		return out
	}
	for i := range r.Rows {
		out[i] = strconv.Itoa(i + 1)
		if len(r.Rows) <= numbersOnly {
			out[i] = strings.Join(shorten(wrap(out[i]+" "+named(r.Rows[i].Name), style, width), style, width, most), "\n")
		}
	}
	return out
}

// wrap cuts a name into lines no wider than width: after commas, underscores, slashes
// and spaces, and within a part only if the part itself is wider.
func wrap(name string, style face, width float64) []string {
	var lines []string
	line := ""
	for _, part := range cut(named(name), ",_/ ") {
		if line != "" && style.width(line+strings.TrimRight(part, " ")) > width {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		for _, r := range part {
			if line != "" && style.width(line+string(r)) > width {
				lines, line = append(lines, line), ""
			}
			line += string(r)
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// shorten leaves at most so many lines, the last of which then ends in "…".
func shorten(lines []string, style face, width float64, most int) []string {
	if len(lines) <= most {
		return lines
	}
	last := []rune(lines[most-1])
	for len(last) > 0 && style.width(string(last)+"…") > width {
		last = last[:len(last)-1]
	}
	return append(lines[:most-1:most-1], string(last)+"…")
}

// lineCount returns the number of lines of the longest label.
func lineCount(labels ...string) int {
	most := 1
	for _, s := range labels {
		most = max(most, 1+strings.Count(s, "\n"))
	}
	return most
}
