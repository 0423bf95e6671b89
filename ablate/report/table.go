package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
	"github.com/m2v-dev/m2v/eval"
)

// A head is a column of the table of scores.
type head struct {
	Name string
	of   func(*ablate.Row) ablate.Score
}

// heads lists the columns and averages of which a row has a score or a failure.
func heads(r *ablate.Report) []head {
	var all, out []head
	for _, c := range eval.Columns {
		for _, name := range []string{string(c), string(c) + ".v1", string(c) + ".v2", string(c) + "." + eval.Own} {
			all = append(all, head{name, func(row *ablate.Row) ablate.Score { return row.Score(name) }})
		}
	}
	for _, f := range eval.Formulas {
		all = append(all, head{f.Name, func(row *ablate.Row) ablate.Score { return row.Score(f.Name) }})
	}
	for _, h := range all {
		for i := range r.Rows {
			if h.of(&r.Rows[i]).State != ablate.Absent {
				out = append(out, h)
				break
			}
		}
	}
	return out
}

// best tells which rows have the column's best score as it is shown: variants alone, for
// the teacher is nearly always better. It is empty where all are the same.
func (h head) best(r *ablate.Report) map[int]bool {
	shown := map[string][]int{}
	top := math.Inf(-1)
	for i := range r.Rows {
		if s := h.of(&r.Rows[i]); s.State == ablate.Scored && r.Rows[i].Kind != ablate.KindModel {
			shown[decimals(s.Value)] = append(shown[decimals(s.Value)], i)
			top = max(top, s.Value)
		}
	}
	best := map[int]bool{}
	if len(shown) < 2 {
		return best
	}
	for _, i := range shown[decimals(top)] {
		best[i] = true
	}
	return best
}

// A cell is a score in words.
type cell struct {
	Text  string // "61.98", "failed", or "–" where there is nothing to score
	Delta string // "+2.51", "" if there is none
	Class string // "up", "down", "same" of the delta, or "failed", "absent"
	Key   string // what a table is sorted by, "" if there is no score
	Best  bool   // of the column's variants
}

func (h head) cell(row *ablate.Row) cell {
	switch s := h.of(row); s.State {
	case ablate.Absent:
		return cell{Text: "–", Class: "absent"}
	case ablate.Failed:
		return cell{Text: "failed", Class: "failed"}
	default:
		c := cell{Text: decimals(s.Value), Key: strconv.FormatFloat(s.Value, 'g', -1, 64)}
		if d, ok := row.Delta[h.Name]; ok {
			c.Delta, c.Class = signed(d), direction(d)
		}
		return c
	}
}

// decimals returns "61.98"; never "-0.00".
func decimals(x float64) string {
	s := strconv.FormatFloat(x, 'f', 2, 64)
	if s == "-0.00" {
		return "0.00"
	}
	return strings.Replace(s, "-", "−", 1)
}

// signed returns "+2.51" or "−0.35", and "0.00" of what rounds to it.
func signed(x float64) string {
	if s := decimals(x); s == "0.00" || x < 0 {
		return s
	}
	return "+" + decimals(x)
}

// direction returns what signed shows as a word.
func direction(x float64) string {
	switch s := signed(x); {
	case strings.HasPrefix(s, "+"):
		return "up"
	case s == "0.00":
		return "same"
	default:
		return "down"
	}
}

// size returns a number of bytes such as "7.6 MB", in powers of 1,000; "" of none.
func size(n int64) string { return scaled(float64(n), " ", []string{"B", "kB", "MB", "GB", "TB"}) }

// millions returns a number of parameters such as "7.6 M"; "" of none.
func millions(n int64) string { return scaled(float64(n), " ", []string{"", "k", "M", "G", "T"}) }

// scaled returns x with the unit, of units of 1,000 each, that leaves it above 1.
func scaled(x float64, space string, units []string) string {
	if !(x > 0) {
		return ""
	}
	i := 0
	for x >= 999.5 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	format := "%.1f"
	if x >= 99.95 || i == 0 {
		format = "%.0f"
	}
	return strings.TrimSpace(fmt.Sprintf(format, x) + space + units[i])
}

// grouped returns "29,528"; "" of 0.
func grouped(n int) string {
	if n <= 0 {
		return ""
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// title is the report's heading.
func title(r *ablate.Report) string { return "Ablation of " + r.Teacher }

// intro says what the report compares, in one sentence or two.
func intro(r *ablate.Report) string {
	variants, others := 0, 0
	for _, row := range r.Rows {
		if row.Kind == ablate.KindModel {
			others++
		} else {
			variants++
		}
	}
	s := plural(variants, "variant")
	if r.Recipe != "" {
		s = "Recipe " + r.Recipe + ", " + s
	}
	if r.Texts > 0 {
		s += " fitted to at most " + grouped(r.Texts) + " texts"
	}
	if others > 0 {
		s += " beside " + plural(others, "other model")
	}
	if r.BaseModel != "" {
		s += "; base model " + r.BaseModel
	}
	return s + "."
}

// plural returns "1 variant" or "2 variants".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// coverage says, a sentence for each version of the tables, how many of its data sets
// the scores cover and which they lack.
func coverage(r *ablate.Report) []string {
	var out []string
	for _, version := range []string{"v1", "v2"} {
		sentence, missing := "", []string(nil)
		for _, name := range []string{"AvgAll." + version, "AvgMTEB." + version} {
			i := slices.IndexFunc(r.Averages, func(a eval.Average) bool { return a.Name == name && a.Of > 0 })
			if i < 0 {
				continue
			}
			a := r.Averages[i]
			if sentence == "" { // AvgAll lacks what AvgMTEB does, and more
				sentence, missing = fmt.Sprintf("%s covers %d of its %d official data sets", name, a.Have, a.Of), a.Gaps()
			} else {
				sentence += fmt.Sprintf(", %s %d of %d", name, a.Have, a.Of)
			}
		}
		if len(missing) > 0 {
			sentence += "; missing: " + strings.Join(missing, ", ")
		}
		if sentence != "" {
			out = append(out, sentence+".")
		}
	}
	if i := slices.IndexFunc(r.Averages, func(a eval.Average) bool { return a.Name == eval.OwnAverage }); i >= 0 {
		out = append(out, fmt.Sprintf("%s is the mean of %s of one's own, which are in no other mean.", eval.OwnAverage, plural(r.Averages[i].Of, "data set")))
	}
	return out
}

// failures lists the failed data sets, those that count and others.
func failures(r *ablate.Report) [][]string {
	var out [][]string
	for _, row := range r.Rows {
		for _, t := range row.Tasks {
			if t.Failed() {
				out = append(out, []string{row.Name, string(t.Column), t.Task, t.Err})
			}
		}
	}
	return out
}

// warnings lists the report's own and the rows', each once, those of rows with the
// names of the rows that have it before them.
func warnings(r *ablate.Report) []string {
	out := slices.Clone(r.Warnings)
	names := map[string][]string{}
	var order []string
	for _, row := range r.Rows {
		for _, w := range row.Warnings {
			if names[w] == nil {
				order = append(order, w)
			}
			names[w] = append(names[w], row.Name)
		}
	}
	for _, w := range order {
		who := strings.Join(names[w], ", ")
		if len(names[w]) == len(r.Rows) && len(r.Rows) > 1 {
			who = "all rows"
		}
		out = append(out, who+": "+w)
	}
	return out
}
