package transformer

import "github.com/m2v-dev/m2v/internal/onnx"

// offsetPositions are the families that count positions from the padding id + 1
// on, and give padding's own position to every padding id in a sequence.
//
// Source: create_position_ids_from_input_ids in transformers 5.3's models.
var offsetPositions = map[string]bool{
	"roberta": true, "xlm-roberta": true, "xlm-roberta-xl": true, "camembert": true, "mpnet": true, "longformer": true,
	"roberta-prelayernorm": true, "data2vec-text": true, "ibert": true, "xmod": true, "esm": true, "layoutlmv3": true,
	"luke": true, "mluke": true, "markuplm": true, "lilt": true, "big_bird_roberta": true,
}

// relativePositions are the families without a table of positions: their
// max_position_embeddings is where texts are cut by default, and no limit of the graph.
var relativePositions = map[string]bool{
	"deberta": true, "deberta-v2": true, "t5": true, "mt5": true, "umt5": true, "xlnet": true, "modernbert": true, "nomic_bert": true,
	"llama": true, "mistral": true, "mixtral": true, "qwen2": true, "qwen3": true, "gemma": true, "gemma2": true, "gemma3": true,
	"gemma3_text": true, "phi3": true, "phi": true, "gpt_neox": true, "roformer": true, "eurobert": true, "neobert": true,
}

// positions says how the graph's position_ids are counted: an id that is pad has
// the position pad, the n-th other one (from 0) has first + n.
type positions struct {
	first int
	pad   int // -1 where padding is counted as any id
}

// positions returns the family's way to count. RoBERTa's padding id is 1 where
// config.json names none; MPNet's is 1 whatever it says.
func (c modelConfig) positions() positions {
	if !offsetPositions[c.ModelType] {
		return positions{pad: -1}
	}
	pad := 1
	if c.PadTokenID != nil && *c.PadTokenID >= 0 && c.ModelType != "mpnet" {
		pad = *c.PadTokenID
	}
	return positions{first: pad + 1, pad: pad}
}

// counter counts the positions of one sequence.
func (p positions) counter() *positionCounter { return &positionCounter{positions: p} }

type positionCounter struct {
	positions
	seen int
}

// next returns the position of the next id, which may be padding behind the sequence.
func (c *positionCounter) next(id int, padding bool) int {
	if c.pad >= 0 && (padding || id == c.pad) {
		return c.pad
	}
	c.seen++
	return c.first + c.seen - 1
}

// limit turns a number of rows of the position table into the longest sequence.
func (c modelConfig) limit(rows int) int {
	if first := c.positions().first; rows > first {
		return rows - first
	}
	return rows
}

// mostPositions is the longest sequence that the graph takes, 0 for no limit that
// the files tell of: the rows of its position table, else config.json's, unless the
// family has no such table.
func mostPositions(m *onnx.Model, c modelConfig) int {
	most := 0
	if c.MaxPositions > 0 && !relativePositions[c.ModelType] {
		most = c.limit(c.MaxPositions)
	}
	if rows, ok := m.Positions(); ok && (most == 0 || c.limit(rows) < most) && !relativePositions[c.ModelType] {
		most = c.limit(rows)
	}
	return most
}
