package eval

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A measure is what the Hub calls the task and the score of a column.
type measure struct{ task, metric, name string }

// measures are by column. Data sets of Pearl have measures of their own: their score is
// the column's.
//
// Source: the metadata that mteb writes into model cards.
var measures = map[Column]measure{
	Class:      {"Classification", "accuracy", "Accuracy"},
	Clust:      {"Clustering", "v_measure", "V-measure"},
	PairClass:  {"PairClassification", "max_ap", "Average precision"},
	Rank:       {"Reranking", "map", "MAP"},
	Ret:        {"Retrieval", "ndcg_at_10", "nDCG@10"},
	STS:        {"STS", "cosine_spearman", "Spearman of cosine"},
	Sum:        {"Summarization", "cosine_spearman", "Spearman of cosine"},
	Pearl:      {"Phrases", "pearl", "PEARL score"},
	WordSim:    {"WordSimilarity", "cosine_spearman", "Spearman of cosine"},
	BitMining:  {"BitextMining", "f1", "F1"},
	InstRet:    {"InstructionRetrieval", "p-MRR", "p-MRR"},
	MultiClass: {"MultilabelClassification", "accuracy", "Accuracy"},
}

// ModelIndex returns the scores as the Hub reads them in a model card's front matter: the
// YAML of the key model-index, for the model of that name, scores in per cent with two
// decimals. Tasks that failed are left out; where no task has a score it is "".
func (s Scored) ModelIndex(name string) string {
	var b strings.Builder
	for _, r := range s.Tasks {
		if r.Failed() {
			continue
		}
		m, ok := measures[r.Column]
		if !ok {
			m = measure{string(r.Column), "score", "Score"}
		}
		fmt.Fprintf(&b, `  - task:
      type: %s
    dataset:
      name: %s
      type: %s
      split: test
    metrics:
    - type: %s
      name: %s
      value: %.2f
`, quoted(m.task), quoted(r.Task), quoted(strings.ToLower(r.Task)), quoted(m.metric), quoted(m.name), r.Score)
	}
	if b.Len() == 0 {
		return ""
	}
	return "model-index:\n- name: " + quoted(name) + "\n  results:\n" + b.String()
}

// quoted is a string as JSON has it, which YAML reads as well.
func quoted(s string) string {
	data, _ := json.Marshal(s) // a string
	return string(data)
}
