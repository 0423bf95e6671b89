package onnx

// MinWords is the length in bytes from which a table of word embeddings stays out of the
// graph that Fuse makes. A session maps a table that it looks up, and keeps in memory
// whatever it has touched: for all tokens of a vocabulary, all of it.
const MinWords = 64 << 20

// wordsIn names the input that takes the rows of the table.
const wordsIn = "m2v_words"

// words takes the lookup of input_ids in a float32 table of least bytes or more out of the
// graph: its rows, B×T×H, become an input. kept are the nodes without the lookup. ok is false
// where nothing is taken out.
func words(nodes []*fuseNode, m *Model, least int64) (kept []*fuseNode, input Value, ok bool) {
	f := follow(nodes, m)
	at := -1
	for i, n := range nodes {
		if n.op == "Gather" && n.domain == "" && len(n.inputs) == 2 && n.inputs[1] == "input_ids" {
			if at >= 0 {
				return nodes, Value{}, false
			}
			at = i
		}
	}
	if at < 0 {
		return nodes, Value{}, false
	}
	n := nodes[at]
	t, e := m.Initializers[n.inputs[0]], (*Embedding)(nil)
	if e, ok = m.Embedding("input_ids"); !ok || t == nil || e.table != t || t.Type != Float32 || t.stored != storedRaw || t.Length < least ||
		len(n.outputs) != 1 || f.outputs[n.outputs[0]] || len(f.users[n.inputs[0]]) != 1 || len(n.ints["axis"]) > 0 && n.ints["axis"][0] != 0 || f.taken(wordsIn) {
		return nodes, Value{}, false
	}
	ids, _ := m.Input("input_ids")
	if len(ids.Dims) != 2 {
		return nodes, Value{}, false
	}
	for i, other := range nodes {
		if i != at {
			kept = append(kept, other.reading(n.outputs[0], wordsIn))
		}
	}
	return kept, Value{Name: wordsIn, Type: Float32, Dims: []Dim{ids.Dims[0], ids.Dims[1], Fixed(t.Dims[1])}, Ranked: true}, true
}

// taken tells whether the graph has a value of that name.
func (f *fuser) taken(name string) bool {
	return f.producer[name] != nil || f.m.Initializers[name] != nil || len(f.users[name]) > 0
}
