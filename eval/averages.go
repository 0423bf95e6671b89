package eval

import "slices"

// A ColumnScore is the plain mean of a column's data sets.
type ColumnScore struct {
	Column Column  `json:"column"`
	Score  float64 `json:"score"` // per cent; means nothing if Failed > 0
	Tasks  int     `json:"tasks"` // data sets in the mean
	Failed int     `json:"failed"`
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

// Columns returns the mean of each column that has tasks, in the order of Columns.
func (r *Results) Columns() []ColumnScore {
	var out []ColumnScore
	for _, c := range Columns {
		s := ColumnScore{Column: c}
		for _, t := range r.Tasks {
			switch {
			case t.Column != c || t.task.Extra:
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
		if s.Tasks+s.Failed > 0 {
			out = append(out, s)
		}
	}
	return out
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
	for _, c := range r.Columns() {
		if !counts(c.Column) {
			continue
		}
		failed += c.Failed
		if version == "v2" {
			scores = append(scores, c.Score)
			continue
		}
		for _, t := range r.Tasks {
			if t.Column == c.Column && !t.task.Extra && !t.Failed() {
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

// covers tells whether an official data set was scored.
func (r *Results) covers(set string) bool {
	return slices.ContainsFunc(r.Tasks, func(t Result) bool { return t.task.Official == set && !t.Failed() })
}
