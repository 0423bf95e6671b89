package eval

import (
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
)

// A version is a set of MTEB's published tables, a bit each.
type version uint8

const (
	v1   version = 1 << iota // English MTEB as mteb 1.14.15 runs it, 56 data sets
	v2                       // MTEB(eng, v2), 41 tasks
	both = v1 | v2
)

// Versions are the names of MTEB's published tables.
var Versions = []string{"v1", "v2"}

// versionOf returns the version of a name.
func versionOf(name string) version { return 1 << slices.Index(Versions, name) }

// A set is a data set that is known: its name, where it counts, what it is called in
// either form, and what its task says of the protocol.
type set struct {
	name   string // MTEB's, PEARL's or WordSim's; "" if only the plain form has it
	column Column
	in     version // whose means it is in; a data set of the plain form is in both
	plain  string  // folder and name in the plain form; "" if it is not there

	repo     string // owner/name on the Hub; "" if it is not there
	revision string // the commit that is read, where tasks of one repository read different ones
	config   string // the subset of a repository that has several: a language, or PEARL's name
	split    string // "" is test
	build    func(h set, folder string) (Task, error)

	perLabel int        // Class: training examples of a class; 0 is defaultPerLabel
	first    int        // Class: test texts that are drawn, each label in its share; 0: all
	same     bool       // Ret: leave out the document of the query's id
	merged   bool       // Rank: queries are wordings of one
	part     fastSample // Clust of v2
}

const (
	pearlRepo       = "Lihuchen/pearl_benchmark"
	defaultPerLabel = 8
)

// sets are all data sets that count: those of both versions of English MTEB, of PEARL and
// of WordSim, and those that the plain form has beside them.
//
// Source: the tasks of mteb 1.14.15 (v1), and those of MTEB(eng, v2) in mteb 2.20.0, of
// which the sets with a suffix and the hard negatives are. PEARL and WordSim:
// MinishLab/evaluation.
var sets = []set{
	{name: "AmazonCounterfactualClassification", column: Class, in: both, plain: "class/amazon_counterfactual", repo: "mteb/amazon_counterfactual", config: "en", build: hubClass, perLabel: 32},
	{name: "AmazonPolarityClassification", column: Class, in: v1, repo: "mteb/amazon_polarity", build: hubClass},
	{name: "AmazonReviewsClassification", column: Class, in: v1, repo: "mteb/amazon_reviews_multi", config: "en", build: hubClass},
	{name: "Banking77Classification", column: Class, in: both, plain: "class/banking77", repo: "mteb/banking77", build: hubClass},
	{name: "EmotionClassification", column: Class, in: v1, plain: "class/emotion", repo: "mteb/emotion", build: hubClass, perLabel: 16},
	{name: "ImdbClassification", column: Class, in: both, plain: "class/imdb", repo: "mteb/imdb", build: hubClass},
	{name: "MassiveIntentClassification", column: Class, in: both, plain: "class/massive_intent", repo: "mteb/amazon_massive_intent", config: "en", build: hubClass},
	{name: "MassiveScenarioClassification", column: Class, in: both, plain: "class/massive_scenario", repo: "mteb/amazon_massive_scenario", config: "en", build: hubClass},
	{name: "MTOPDomainClassification", column: Class, in: both, repo: "mteb/mtop_domain", config: "en", build: hubClass},
	{name: "MTOPIntentClassification", column: Class, in: v1, repo: "mteb/mtop_intent", config: "en", build: hubClass},
	{name: "ToxicConversationsClassification", column: Class, in: both, repo: "mteb/toxic_conversations_50k", build: hubClass, perLabel: 16, first: 2048},
	{name: "TweetSentimentExtractionClassification", column: Class, in: both, plain: "class/tweet_sentiment_extraction", repo: "mteb/tweet_sentiment_extraction", build: hubClass, perLabel: 32},

	{name: "ArxivClusteringP2P", column: Clust, in: v1, repo: "mteb/arxiv-clustering-p2p", revision: "a122ad7f3f0291bf49cc6f4d32aa80929df69d5d", build: hubClusters},
	{name: "ArxivClusteringS2S", column: Clust, in: v1, repo: "mteb/arxiv-clustering-s2s", revision: "f910caf1a6075f7329cdf8c1a6135696f37dbd53", build: hubClusters},
	{name: "BiorxivClusteringP2P", column: Clust, in: v1, repo: "mteb/biorxiv-clustering-p2p", revision: "65b79d1d13f80053f67aca9498d9402c2d9f1f40", build: hubClusters},
	{name: "BiorxivClusteringS2S", column: Clust, in: v1, repo: "mteb/biorxiv-clustering-s2s", build: hubClusters},
	{name: "MedrxivClusteringP2P", column: Clust, in: v1, repo: "mteb/medrxiv-clustering-p2p", build: hubClusters},
	{name: "MedrxivClusteringS2S", column: Clust, in: v1, repo: "mteb/medrxiv-clustering-s2s", build: hubClusters},
	{name: "RedditClustering", column: Clust, in: v1, repo: "mteb/reddit-clustering", build: hubClusters},
	{name: "RedditClusteringP2P", column: Clust, in: v1, repo: "mteb/reddit-clustering-p2p", build: hubClusters},
	{name: "StackExchangeClustering", column: Clust, in: v1, repo: "mteb/stackexchange-clustering", build: hubClusters},
	{name: "StackExchangeClusteringP2P", column: Clust, in: v1, repo: "mteb/stackexchange-clustering-p2p", build: hubClusters},
	{name: "TwentyNewsgroupsClustering", column: Clust, in: v1, repo: "mteb/twentynewsgroups-clustering", build: hubClusters},
	{name: "ArXivHierarchicalClusteringP2P", column: Clust, in: v2, repo: "mteb/arxiv-clustering-p2p", revision: "0bbdb47bcbe3a90093699aefeed338a0f28a7ee8", build: hubClustersFast, part: fastSample{first: 2048, levels: true}},
	{name: "ArXivHierarchicalClusteringS2S", column: Clust, in: v2, repo: "mteb/arxiv-clustering-s2s", revision: "b73bd54100e5abfa6e3a23dcafb46fe4d2438dc3", build: hubClustersFast, part: fastSample{first: 2048, levels: true}},
	{name: "BiorxivClusteringP2P.v2", column: Clust, in: v2, repo: "mteb/biorxiv-clustering-p2p", revision: "f5dbc242e11dd8e24def4c4268607a49e02946dc", build: hubClustersFast},
	{name: "MedrxivClusteringP2P.v2", column: Clust, in: v2, repo: "mteb/medrxiv-clustering-p2p", build: hubClustersFast},
	{name: "MedrxivClusteringS2S.v2", column: Clust, in: v2, repo: "mteb/medrxiv-clustering-s2s", build: hubClustersFast},
	{name: "StackExchangeClustering.v2", column: Clust, in: v2, repo: "mteb/stackexchange-clustering", build: hubClustersFast, part: fastSample{first: 2048, stratified: true, all: true}},
	{name: "StackExchangeClusteringP2P.v2", column: Clust, in: v2, repo: "mteb/stackexchange-clustering-p2p", build: hubClustersFast, part: fastSample{pairs: true}},
	{name: "TwentyNewsgroupsClustering.v2", column: Clust, in: v2, repo: "mteb/twentynewsgroups-clustering", build: hubClustersFast},
	{column: Clust, in: both, plain: "cluster/twentynewsgroups-titles"},
	{column: Clust, in: both, plain: "cluster/stackoverflow"},
	{column: Clust, in: both, plain: "cluster/biomedical"},
	{column: Clust, in: both, plain: "cluster/searchsnippets"},

	{name: "SprintDuplicateQuestions", column: PairClass, in: both, repo: "mteb/sprintduplicatequestions-pairclassification", build: hubPairs},
	{name: "TwitterSemEval2015", column: PairClass, in: both, repo: "mteb/twittersemeval2015-pairclassification", build: hubPairs},
	{name: "TwitterURLCorpus", column: PairClass, in: both, plain: "pair/twitterurl-test", repo: "mteb/twitterurlcorpus-pairclassification", build: hubPairs},
	{column: PairClass, in: both, plain: "pair/mrpc-test"},

	{name: "AskUbuntuDupQuestions", column: Rank, in: both, repo: "mteb/askubuntudupquestions-reranking", build: hubReranking},
	{name: "MindSmallReranking", column: Rank, in: both, repo: "mteb/mind_small", build: hubReranking, merged: true},
	{name: "SciDocsRR", column: Rank, in: v1, repo: "mteb/scidocs-reranking", build: hubReranking},
	{name: "StackOverflowDupQuestions", column: Rank, in: v1, repo: "mteb/stackoverflowdupquestions-reranking", build: hubReranking},
	{column: Rank, in: both, plain: "rerank/trecqa-test"},
	{column: Rank, in: both, plain: "rerank/wikiqa-test"},

	{name: "ArguAna", column: Ret, in: both, plain: "retrieval/arguana", repo: "mteb/arguana", build: hubRetrieval, same: true},
	{name: "CQADupstackGamingRetrieval", column: Ret, in: v2, repo: "mteb/cqadupstack-gaming", build: hubRetrieval},
	{name: "CQADupstackUnixRetrieval", column: Ret, in: v2, repo: "mteb/cqadupstack-unix", build: hubRetrieval},
	{name: "ClimateFEVERHardNegatives", column: Ret, in: v2, repo: "mteb/ClimateFEVER_test_top_250_only_w_correct-v2", build: hubRetrieval},
	{name: "ClimateFEVER", column: Ret, in: v1, repo: "mteb/climate-fever", build: hubRetrieval},
	{name: "CQADupstackRetrieval", column: Ret, in: v1},
	{name: "DBPedia", column: Ret, in: v1, repo: "mteb/dbpedia", build: hubRetrieval},
	{name: "FEVER", column: Ret, in: v1, repo: "mteb/fever", build: hubRetrieval, same: true},
	{name: "FEVERHardNegatives", column: Ret, in: v2, repo: "mteb/FEVER_test_top_250_only_w_correct-v2", build: hubRetrieval, same: true},
	{name: "FiQA2018", column: Ret, in: both, repo: "mteb/fiqa", build: hubRetrieval, same: true},
	{name: "HotpotQAHardNegatives", column: Ret, in: v2, repo: "mteb/HotpotQA_test_top_250_only_w_correct-v2", build: hubRetrieval},
	{name: "HotpotQA", column: Ret, in: v1, repo: "mteb/hotpotqa", build: hubRetrieval},
	{name: "MSMARCO", column: Ret, in: v1, repo: "mteb/msmarco", split: "dev", build: hubRetrieval, same: true},
	{name: "NFCorpus", column: Ret, in: v1, repo: "mteb/nfcorpus", build: hubRetrieval},
	{name: "NQ", column: Ret, in: v1, repo: "mteb/nq", build: hubRetrieval},
	{name: "QuoraRetrieval", column: Ret, in: v1, repo: "mteb/quora", build: hubRetrieval, same: true},
	{name: "SCIDOCS", column: Ret, in: both, repo: "mteb/scidocs", build: hubRetrieval},
	{name: "SciFact", column: Ret, in: v1, plain: "retrieval/scifact", repo: "mteb/scifact", build: hubRetrieval},
	{name: "Touche2020", column: Ret, in: v1, repo: "mteb/touche2020", build: hubRetrieval},
	{name: "TRECCOVID", column: Ret, in: both, repo: "mteb/trec-covid", build: hubRetrieval},
	{name: "Touche2020Retrieval.v3", column: Ret, in: v2, repo: "mteb/webis-touche2020-v3", build: hubRetrieval},
	{column: Ret, in: both, plain: "retrieval/cranfield"},
	{column: Ret, in: both, plain: "retrieval/cisi"},
	{column: Ret, in: both, plain: "retrieval/med"},
	{column: Ret, in: both, plain: "retrieval/npl"},

	{name: "BIOSSES", column: STS, in: both, plain: "sts/BIOSSES-test", repo: "mteb/biosses-sts", build: hubSTS},
	{name: "SICK-R", column: STS, in: both, plain: "sts/SICK-R-all", repo: "mteb/sickr-sts", build: hubSTS},
	{name: "STS12", column: STS, in: both, plain: "sts/STS12-test", repo: "mteb/sts12-sts", build: hubSTS},
	{name: "STS13", column: STS, in: both, plain: "sts/STS13-test", repo: "mteb/sts13-sts", build: hubSTS},
	{name: "STS14", column: STS, in: both, plain: "sts/STS14-test", repo: "mteb/sts14-sts", build: hubSTS},
	{name: "STS15", column: STS, in: both, plain: "sts/STS15-test", repo: "mteb/sts15-sts", build: hubSTS},
	{name: "STS16", column: STS, in: v1, plain: "sts/STS16-test", repo: "mteb/sts16-sts", build: hubSTS},
	{name: "STS17", column: STS, in: both, plain: "sts/STS17-en-en-test", repo: "mteb/sts17-crosslingual-sts", config: "en-en", build: hubSTS},
	{name: "STS22", column: STS, in: v1, repo: "mteb/sts22-crosslingual-sts", revision: "de9d86b3b84231dc21f76c7b7af1f28e2f57f6e3", config: "en", build: hubSTS},
	{name: "STS22.v2", column: STS, in: v2, repo: "mteb/sts22-crosslingual-sts", revision: "d31f33a128469b20e357535c39b82fb3c3f6f2bd", config: "en", build: hubSTS},
	{name: "STSBenchmark", column: STS, in: both, plain: "sts/STSBenchmark-test", repo: "mteb/stsbenchmark-sts", build: hubSTS},

	{name: "SummEval", column: Sum, in: v1, plain: "summ/summeval", repo: "mteb/summeval", build: hubSummariesV1},
	{name: "SummEvalSummarization.v2", column: Sum, in: v2, repo: "mteb/summeval", build: hubSummaries},

	{name: "AutoFJ", column: Pearl, in: both, plain: "pearl/autofj", repo: pearlRepo, config: "autofj", build: hubAutoFJ},
	{name: "BC5CDR", column: Pearl, in: both, plain: "pearl/bc5cdr-cluster", repo: pearlRepo, config: "bc5cdr", build: hubPhraseClusters},
	{name: "BIRD", column: Pearl, in: both, plain: "pearl/bird", repo: pearlRepo, config: "bird", build: hubBIRD},
	{name: "CoNLL", column: Pearl, in: both, plain: "pearl/conll-cluster", repo: pearlRepo, config: "conll", build: hubPhraseClusters},
	{name: "PPDB", column: Pearl, in: both, repo: pearlRepo, config: "ppdb", build: hubPPDB},
	{name: "PPDB-filtered", column: Pearl, in: both, repo: pearlRepo, config: "ppdb_filtered", build: hubPPDB},
	{name: "Turney", column: Pearl, in: both, repo: pearlRepo, config: "turney", build: hubTurney},
	{name: "UMLS", column: Pearl, in: both, repo: pearlRepo, config: "umls", build: hubKnowledge},
	{name: "YAGO", column: Pearl, in: both, repo: pearlRepo, config: "yago", build: hubKnowledge},

	{name: "Card660", column: WordSim, in: both, plain: "wordsim/card660"},
	{name: "MEN", column: WordSim, in: both, plain: "wordsim/men"},
	{name: "MTurk", column: WordSim, in: both, plain: "wordsim/mturk771"},
	{name: "RareWord", column: WordSim, in: both, plain: "wordsim/rareword"},
	{name: "SimLex", column: WordSim, in: both, plain: "wordsim/simlex999"},
	{name: "SimVerb", column: WordSim, in: both, plain: "wordsim/simverb3500"},
	{name: "rel353", column: WordSim, in: both, plain: "wordsim/ws353-rel"},
}

// cqaForums are the twelve parts of CQADupstackRetrieval, which is one data set of v1
// and the mean of theirs. Two are data sets of v2 by themselves.
var cqaForums = []string{"Android", "English", "Gaming", "Gis", "Mathematica", "Physics",
	"Programmers", "Stats", "Tex", "Unix", "Webmasters", "Wordpress"}

// cqaName is MTEB's name of a forum's data set.
func cqaName(forum string) string { return "CQADupstack" + forum + "Retrieval" }

// find returns the data set that is, and whether there is one.
func find(is func(s set) bool) (set, bool) {
	i := slices.IndexFunc(sets, is)
	if i < 0 {
		return set{}, false
	}
	return sets[i], true
}

// named returns the data set of an official name, "" being none.
func named(name string) (set, bool) {
	return find(func(s set) bool { return name != "" && s.name == name })
}

// examples is the number of training examples of a class.
func (h set) examples() int {
	if h.perLabel > 0 {
		return h.perLabel
	}
	return defaultPerLabel
}

// official returns the names of a version's data sets in a column.
func official(v version, c Column) []string {
	var out []string
	for _, s := range sets {
		if s.column == c && s.in&v != 0 && s.name != "" {
			out = append(out, s.name)
		}
	}
	return out
}

// hubSets are the data sets of the Hub by name: those of sets, and the forums.
func hubSets() map[string]set {
	out := map[string]set{}
	for _, s := range sets {
		if s.repo != "" {
			out[s.name] = s
		}
	}
	for _, forum := range cqaForums {
		name := cqaName(forum)
		if _, ok := out[name]; !ok {
			out[name] = set{name: name, column: Ret, repo: "mteb/cqadupstack-" + strings.ToLower(forum), build: hubRetrieval}
		}
	}
	return out
}

// known is what data looks for in a folder.
func known() data.Known {
	k := data.Known{Repos: map[string]data.Repo{}}
	for name, s := range hubSets() {
		k.Repos[name] = data.Repo{Name: s.repo, Revision: s.revision}
	}
	forums := data.Family{Folders: []string{"CQADupstackRetrieval", "cqadupstack"}, Inside: map[string]string{}}
	for _, forum := range cqaForums {
		forums.Inside[strings.ToLower(forum)] = cqaName(forum)
	}
	k.Families = []data.Family{forums}
	for _, f := range folders {
		k.Ignored = append(k.Ignored, f.name)
	}
	return k
}
