package transformer

import (
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// One forward pass gives what a pass for each pooling gives, to the bit.
func TestEmbedAllEqualsEmbed(t *testing.T) {
	dir := save(t, teacher(), nil)
	frame := SpecialTokens{Before: 1, After: 2}
	poolings := []Pooling{Last, Mean, Token, First}
	all := make([]*matrix.Matrix, len(poolings))
	e := open(t, dir, Options{Threads: 2, SpecialTokens: frame})
	for k := range all {
		all[k] = matrix.New(len(sequences), e.Width())
	}
	if err := e.EmbedAll(t.Context(), sequences, poolings, all, nil); err != nil {
		t.Fatal(err)
	}
	for k, p := range poolings {
		if got := embed(t, open(t, dir, Options{Pooling: p, SpecialTokens: frame}), sequences); !slices.Equal(all[k].Data, got.Data) {
			t.Errorf("%s: the rows of one pass differ from those of a pass of its own", p)
		}
	}
	if got := e.Stats(); got.Sequences != len(sequences) || got.Vectors != 4*len(sequences) {
		t.Errorf("%d sequences, %d vectors; want %d and four times as many", got.Sequences, got.Vectors, len(sequences))
	}
	err := e.EmbedAll(t.Context(), sequences, []Pooling{Pooler}, all[:1], nil)
	if err == nil || !strings.Contains(err.Error(), "pooler does not work with a teacher that was opened for mean") {
		t.Errorf("pooler beside hidden states: got error %v", err)
	}
}

// Token leaves the frame out, unless nothing else is there.
func TestTokenPooling(t *testing.T) {
	e := open(t, save(t, teacher(), nil), Options{Pooling: Token, SpecialTokens: SpecialTokens{Before: 1, After: 1}})
	ids := [][]int{{1, 5, 2}, {1, 3, 4, 2}, {1, 2}, {6}}
	own := [][]int{{5}, {3, 4}, {1, 2}, {6}}
	got := embed(t, e, ids)
	for i := range ids {
		for j := range width {
			if w := want(Mean, own[i], j); got.Row(i)[j] != w {
				t.Errorf("%v: column %d is %v, want the mean of %v, %v", ids[i], j, got.Row(i)[j], own[i], w)
			}
		}
	}
}

// The input table's rows are the mean of the ids' own rows.
func TestInputTableEmbed(t *testing.T) {
	i, err := Inspect(save(t, teacher(), nil), "")
	if err != nil {
		t.Fatal(err)
	}
	table, err := i.OpenInputTable()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	dst := matrix.New(len(sequences), table.Width())
	done := 0
	if err := table.Embed(t.Context(), sequences, dst, func(n int) { done = n }); err != nil || done != len(sequences) {
		t.Fatalf("%d done, error %v", done, err)
	}
	for n, ids := range sequences {
		for j := range width {
			if w := want(Mean, ids, j); dst.Row(n)[j] != w {
				t.Errorf("%v: column %d is %v, want %v", ids, j, dst.Row(n)[j], w)
			}
		}
	}
	err = table.Embed(t.Context(), [][]int{{1}, {rows}}, matrix.New(2, table.Width()), nil)
	if err == nil || !strings.Contains(err.Error(), "the tokenizer has id 8") {
		t.Errorf("an id beyond the table: got error %v", err)
	}
}
