package compare

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// WriteText writes the difference for people: lines of a name, a tab and what it is, which
// text/tabwriter aligns. Of long lists of tokens it shows a beginning.
func (d *Difference) WriteText(w io.Writer) {
	for _, name := range []string{"tokens", "dimensions", "bytes"} {
		fmt.Fprintf(w, "%s\t%.0f\t→ %.0f\n", name, d.Sizes[name][0], d.Sizes[name][1])
	}
	fmt.Fprintf(w, "added\t%d\t%s\n", len(d.Added), beginning(d.Added))
	fmt.Fprintf(w, "removed\t%d\t%s\n", len(d.Removed), beginning(d.Removed))
	fmt.Fprintf(w, "shared\t%d\n", d.Shared)
	if len(d.Zeroed) > 0 {
		fmt.Fprintf(w, "zeros in one model\t%d\t%s\n", len(d.Zeroed), beginning(d.Zeroed))
	}
	if d.Cosine != nil {
		for _, q := range Quantiles {
			fmt.Fprintf(w, "cosine %s\t%.6f\n", q.Name, d.Cosine[q.Name])
		}
	}
	if d.Neighbours > 0 {
		fmt.Fprintf(w, "overlap@10\t%.3f\ton %d tokens\n", d.Overlap, d.Neighbours)
	}
	if d.OtherBasis {
		fmt.Fprintf(w, "note\tthe models have other bases: cosines of rows mean little, compare overlap@10\n")
	}
	for _, key := range slices.Sorted(maps.Keys(d.Config)) {
		fmt.Fprintf(w, "config %s\t%s\t→ %s\n", key, d.Config[key][0], d.Config[key][1])
	}
}

// beginning quotes the first of a list.
func beginning(tokens []string) string {
	const most = 8
	s := ""
	for _, token := range tokens[:min(most, len(tokens))] {
		s += fmt.Sprintf("%q ", token)
	}
	if len(tokens) > most {
		s += "…"
	}
	return s
}
