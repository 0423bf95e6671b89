package report

import (
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/ablate"
)

// bounds returns a claim's interval, such as "+1.20 to +3.80".
func bounds(c ablate.Claim) string { return signed(c.Low) + " to " + signed(c.High) }

func verdict(c ablate.Claim) string {
	if c.Held {
		return "held"
	}
	return "not held"
}

// stated returns the published difference, such as "+2.8", "" if there is none.
func stated(c ablate.Claim) string {
	if c.Published == 0 {
		return ""
	}
	return fmt.Sprintf("%+.1f", c.Published)
}

// statedOf returns what the published table says of a row, "" if nothing.
func statedOf(row *ablate.Row, name string) string {
	if x, ok := row.Published[name]; ok {
		return decimals(x)
	}
	return ""
}

// share returns a part of 1 as per cent, "" of none.
func share(x float64) string {
	if !(x > 0) {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

// speedOf returns texts a second with their range, such as "9,000 (8,900–9,100)", "" of
// none.
func speedOf(row *ablate.Row) string {
	s := grouped(int(row.Speed + 0.5))
	if s != "" && row.SpeedLow > 0 && finite(row.SpeedHigh) {
		s += fmt.Sprintf(" (%s–%s)", whole(row.SpeedLow), whole(row.SpeedHigh))
	}
	return s
}

// finite tells whether x is neither infinite nor NaN.
func finite(x float64) bool { return x-x == 0 }

// seconds returns how long a pass took.
func seconds(p ablate.Pass) string {
	if p.Cached {
		return "cached"
	}
	return fmt.Sprintf("%.1f", p.Seconds)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// writeTable writes a Markdown table; align has an l or an r for each column.
func writeTable(b *strings.Builder, names []string, align string, lines [][]string) {
	rule := make([]string, len(names))
	for i := range rule {
		rule[i] = map[byte]string{'l': "---", 'r': "---:"}[align[i]]
	}
	for _, line := range append([][]string{names, rule}, lines...) {
		fmt.Fprintf(b, "| %s |\n", strings.Join(line, " | "))
	}
}

// code returns s as a Markdown code span that also stands in a table: names hold
// underscores, stars and pipes.
func code(s string) string {
	s = oneLine(s)
	if strings.TrimSpace(s) == "" {
		return "(no name)"
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(s, "|", `\|`) + fence
}

// escape returns s as Markdown text: what would be markup is shown as it is. An
// underscore within a word is no markup.
func escape(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		if strings.ContainsRune("\\`*[]<>|#&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// oneLine returns s as valid UTF-8 without line breaks and control characters, of which
// neither XML nor a table's cell can hold all.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
