package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A ColumnScore is the plain mean of a column's data sets.
type ColumnScore struct {
	Column Column `json:"column"`
	// Version is "v1" or "v2" where both versions of MTEB have data sets here and not
	// the same ones: then each has a mean of its own.
	Version string  `json:"version,omitempty"`
	Score   float64 `json:"score"` // per cent; means nothing if Failed > 0
	Tasks   int     `json:"tasks"` // data sets in the mean
	Failed  int     `json:"failed"`
}

// MarshalJSON writes the column with a score of null where a task failed.
func (c ColumnScore) MarshalJSON() ([]byte, error) {
	type plain ColumnScore
	out := struct {
		plain
		Score *float64 `json:"score"`
	}{plain: plain(c)}
	if c.Failed == 0 {
		out.Score = &c.Score
	}
	return json.Marshal(out)
}

// Name is the column's, with the version where it has one: "Clust", "Clust.v1".
func (c ColumnScore) Name() string {
	if c.Version == "" {
		return string(c.Column)
	}
	return string(c.Column) + "." + c.Version
}

// An Average is one of the published formulas on the data that are there.
type Average struct {
	Name  string  `json:"name"` // "AvgMTEB.v1", "AvgAll.v1", "AvgMTEB.v2", "AvgAll.v2"
	Score float64 `json:"score"`
	// Whole tells whether there is a score: no task failed, and there is at least one.
	Whole bool `json:"whole"`
	// Have of the Of data sets of the official list are covered; Missing are the
	// others. Data sets that the list lacks stand in for them in the score.
	Have    int      `json:"have"`
	Of      int      `json:"of"`
	Missing []string `json:"missing"`
}

// MarshalJSON writes the average with a score of null where there is none.
func (a Average) MarshalJSON() ([]byte, error) {
	type plain Average
	out := struct {
		plain
		Score *float64 `json:"score"`
	}{plain: plain(a)}
	if a.Whole {
		out.Score = &a.Score
	}
	return json.Marshal(out)
}

// official are the data sets of the two published tables, by column. v1 is English
// MTEB as mteb 1.14.15 runs it, 56 data sets; v2 is MTEB(eng, v2), 41 tasks. PEARL and
// WordSim are the same in both.
var official = map[string]map[Column][]string{
	"v1": {
		Class: {"AmazonCounterfactualClassification", "AmazonPolarityClassification", "AmazonReviewsClassification", "Banking77Classification",
			"EmotionClassification", "ImdbClassification", "MassiveIntentClassification", "MassiveScenarioClassification", "MTOPDomainClassification",
			"MTOPIntentClassification", "ToxicConversationsClassification", "TweetSentimentExtractionClassification"},
		Clust: {"ArxivClusteringP2P", "ArxivClusteringS2S", "BiorxivClusteringP2P", "BiorxivClusteringS2S", "MedrxivClusteringP2P", "MedrxivClusteringS2S",
			"RedditClustering", "RedditClusteringP2P", "StackExchangeClustering", "StackExchangeClusteringP2P", "TwentyNewsgroupsClustering"},
		PairClass: {"SprintDuplicateQuestions", "TwitterSemEval2015", "TwitterURLCorpus"},
		Rank:      {"AskUbuntuDupQuestions", "MindSmallReranking", "SciDocsRR", "StackOverflowDupQuestions"},
		Ret: {"ArguAna", "ClimateFEVER", "CQADupstackRetrieval", "DBPedia", "FEVER", "FiQA2018", "HotpotQA", "MSMARCO", "NFCorpus", "NQ",
			"QuoraRetrieval", "SCIDOCS", "SciFact", "Touche2020", "TRECCOVID"},
		STS:     {"BIOSSES", "SICK-R", "STS12", "STS13", "STS14", "STS15", "STS16", "STS17", "STS22", "STSBenchmark"},
		Sum:     {"SummEval"},
		Pearl:   pearlSets,
		WordSim: wordSimSets,
	},
	"v2": {
		Class: {"AmazonCounterfactualClassification", "Banking77Classification", "ImdbClassification", "MTOPDomainClassification",
			"MassiveIntentClassification", "MassiveScenarioClassification", "ToxicConversationsClassification", "TweetSentimentExtractionClassification"},
		Clust: {"ArXivHierarchicalClusteringP2P", "ArXivHierarchicalClusteringS2S", "BiorxivClusteringP2P.v2", "MedrxivClusteringP2P.v2",
			"MedrxivClusteringS2S.v2", "StackExchangeClustering.v2", "StackExchangeClusteringP2P.v2", "TwentyNewsgroupsClustering.v2"},
		PairClass: {"SprintDuplicateQuestions", "TwitterSemEval2015", "TwitterURLCorpus"},
		Rank:      {"AskUbuntuDupQuestions", "MindSmallReranking"},
		Ret: {"ArguAna", "CQADupstackGamingRetrieval", "CQADupstackUnixRetrieval", "ClimateFEVERHardNegatives", "FEVERHardNegatives", "FiQA2018",
			"HotpotQAHardNegatives", "SCIDOCS", "TRECCOVID", "Touche2020Retrieval.v3"},
		STS:     {"BIOSSES", "SICK-R", "STS12", "STS13", "STS14", "STS15", "STS17", "STS22.v2", "STSBenchmark"},
		Sum:     {"SummEvalSummarization.v2"},
		Pearl:   pearlSets,
		WordSim: wordSimSets,
	},
}

var (
	pearlSets   = []string{"AutoFJ", "BC5CDR", "BIRD", "CoNLL", "PPDB", "PPDB-filtered", "Turney", "UMLS", "YAGO"}
	wordSimSets = []string{"Card660", "MEN", "MTurk", "RareWord", "SimLex", "SimVerb", "rel353"}
)

// Columns returns the mean of each column that has tasks, in the order of Columns. A
// column is two where the data sets of MTEB's two versions differ: see ColumnScore.
func (r *Results) Columns() []ColumnScore {
	out := []ColumnScore{}
	for _, c := range Columns {
		v1, v2 := r.column(c, "v1"), r.column(c, "v2")
		has1, has2 := v1.Tasks+v1.Failed > 0, v2.Tasks+v2.Failed > 0
		switch {
		case has1 && has2 && !r.sameTasks(c):
			v1.Version, v2.Version = "v1", "v2"
			out = append(out, v1, v2)
		case has1:
			out = append(out, v1)
		case has2:
			out = append(out, v2)
		}
	}
	return out
}

// counts tells whether the task is in the means of a version. A data set of the official
// lists as the Hub has it is only in those of the versions that list it; one of the
// folder form is in both, and stands in for those that are not there.
func (t Task) counts(version string) bool {
	return !t.Extra && (t.form != "hub" || slices.Contains(official[version][t.Column], t.Official))
}

// column returns the mean of a column's tasks that count in a version.
func (r *Results) column(c Column, version string) ColumnScore {
	s := ColumnScore{Column: c}
	for _, t := range r.Tasks {
		switch {
		case t.Column != c || !t.task.counts(version):
		case t.Failed():
			s.Failed++
		default:
			s.Tasks++
			s.Score += t.Score
		}
	}
	if s.Tasks > 0 {
		s.Score /= float64(s.Tasks)
	}
	return s
}

// sameTasks tells whether the same tasks of a column count in both versions.
func (r *Results) sameTasks(c Column) bool {
	return !slices.ContainsFunc(r.Tasks, func(t Result) bool {
		return t.Column == c && t.task.counts("v1") != t.task.counts("v2")
	})
}

// Averages returns both published formulas: v1 is the mean of all data sets, v2 the
// mean of the columns' means. They are never mixed, and a failed task leaves an average
// without a score rather than out of it.
func (r *Results) Averages() []Average {
	var out []Average
	for _, version := range []string{"v1", "v2"} {
		for _, all := range []bool{false, true} {
			name := "AvgMTEB." + version
			if all {
				name = "AvgAll." + version
			}
			out = append(out, r.average(name, version, all))
		}
	}
	return out
}

func (r *Results) average(name, version string, all bool) Average {
	a := Average{Name: name, Missing: []string{}}
	counts := func(c Column) bool { return all || c.mteb() }
	var scores []float64
	failed := 0
	for _, column := range Columns {
		c := r.column(column, version)
		if !counts(column) || c.Tasks+c.Failed == 0 {
			continue
		}
		failed += c.Failed
		if version == "v2" {
			scores = append(scores, c.Score)
			continue
		}
		for _, t := range r.Tasks {
			if t.Column == column && t.task.counts(version) && !t.Failed() {
				scores = append(scores, t.Score)
			}
		}
	}
	a.Whole = failed == 0 && len(scores) > 0
	if a.Whole {
		a.Score = mean(scores)
	}
	for _, c := range Columns {
		if !counts(c) {
			continue
		}
		for _, set := range official[version][c] {
			a.Of++
			if r.covers(set) {
				a.Have++
			} else {
				a.Missing = append(a.Missing, set)
			}
		}
	}
	return a
}

// Gaps lists what is missing, for people: data sets by name, and of a column that is
// missing altogether how many there are: "all 12 of Class".
func (a Average) Gaps() []string {
	var out []string
	version := a.Name[strings.LastIndex(a.Name, ".")+1:]
	for _, c := range Columns {
		var missing []string
		for _, set := range official[version][c] {
			if slices.Contains(a.Missing, set) {
				missing = append(missing, set)
			}
		}
		if n := len(official[version][c]); n > 1 && len(missing) == n {
			missing = []string{fmt.Sprintf("all %d of %s", n, c)}
		}
		out = append(out, missing...)
	}
	return out
}

// covers tells whether an official data set was scored.
func (r *Results) covers(set string) bool {
	return slices.ContainsFunc(r.Tasks, func(t Result) bool { return t.task.Official == set && !t.Failed() })
}
