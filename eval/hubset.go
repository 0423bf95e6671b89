package eval

import "strings"

// A hubSet is a data set of the published tables as it lies on the Hugging Face Hub.
type hubSet struct {
	repo string // owner/name
	// revision is the commit that the task reads, where tasks of one repository read
	// different ones; "" elsewhere.
	revision string
	// config is the subset of a repository that has several: a language, or PEARL's name.
	config string
	split  string // "" is test
	build  func(h hubSet, folder string) (Task, error)

	perLabel int        // Class: training examples of a class; 0 is 8
	first    int        // Class: test texts that are drawn, each label in its share; 0: all
	same     bool       // Ret: leave out the document of the query's id
	merged   bool       // Rank: queries are wordings of one
	part     fastSample // Clust of v2
}

// hubSets are the data sets of both versions of English MTEB and of PEARL, by MTEB's
// names. cqaForums are further ones.
//
// Source: the tasks of mteb 1.14.15 (v1), and those of MTEB(eng, v2) in mteb 2.20.0, of
// which the sets with a suffix and the hard negatives are. PEARL: MinishLab/evaluation.
var hubSets = map[string]hubSet{
	"AmazonCounterfactualClassification":     {repo: "mteb/amazon_counterfactual", config: "en", build: hubClass, perLabel: 32},
	"AmazonPolarityClassification":           {repo: "mteb/amazon_polarity", build: hubClass},
	"AmazonReviewsClassification":            {repo: "mteb/amazon_reviews_multi", config: "en", build: hubClass},
	"Banking77Classification":                {repo: "mteb/banking77", build: hubClass},
	"EmotionClassification":                  {repo: "mteb/emotion", build: hubClass, perLabel: 16},
	"ImdbClassification":                     {repo: "mteb/imdb", build: hubClass},
	"MassiveIntentClassification":            {repo: "mteb/amazon_massive_intent", config: "en", build: hubClass},
	"MassiveScenarioClassification":          {repo: "mteb/amazon_massive_scenario", config: "en", build: hubClass},
	"MTOPDomainClassification":               {repo: "mteb/mtop_domain", config: "en", build: hubClass},
	"MTOPIntentClassification":               {repo: "mteb/mtop_intent", config: "en", build: hubClass},
	"ToxicConversationsClassification":       {repo: "mteb/toxic_conversations_50k", build: hubClass, perLabel: 16, first: 2048},
	"TweetSentimentExtractionClassification": {repo: "mteb/tweet_sentiment_extraction", build: hubClass, perLabel: 32},

	"ArxivClusteringP2P":         {repo: "mteb/arxiv-clustering-p2p", revision: "a122ad7f3f0291bf49cc6f4d32aa80929df69d5d", build: hubClusters},
	"ArxivClusteringS2S":         {repo: "mteb/arxiv-clustering-s2s", revision: "f910caf1a6075f7329cdf8c1a6135696f37dbd53", build: hubClusters},
	"BiorxivClusteringP2P":       {repo: "mteb/biorxiv-clustering-p2p", revision: "65b79d1d13f80053f67aca9498d9402c2d9f1f40", build: hubClusters},
	"BiorxivClusteringS2S":       {repo: "mteb/biorxiv-clustering-s2s", build: hubClusters},
	"MedrxivClusteringP2P":       {repo: "mteb/medrxiv-clustering-p2p", build: hubClusters},
	"MedrxivClusteringS2S":       {repo: "mteb/medrxiv-clustering-s2s", build: hubClusters},
	"RedditClustering":           {repo: "mteb/reddit-clustering", build: hubClusters},
	"RedditClusteringP2P":        {repo: "mteb/reddit-clustering-p2p", build: hubClusters},
	"StackExchangeClustering":    {repo: "mteb/stackexchange-clustering", build: hubClusters},
	"StackExchangeClusteringP2P": {repo: "mteb/stackexchange-clustering-p2p", build: hubClusters},
	"TwentyNewsgroupsClustering": {repo: "mteb/twentynewsgroups-clustering", build: hubClusters},

	"ArXivHierarchicalClusteringP2P": {repo: "mteb/arxiv-clustering-p2p", revision: "0bbdb47bcbe3a90093699aefeed338a0f28a7ee8", build: hubClustersFast, part: fastSample{first: 2048, levels: true}},
	"ArXivHierarchicalClusteringS2S": {repo: "mteb/arxiv-clustering-s2s", revision: "b73bd54100e5abfa6e3a23dcafb46fe4d2438dc3", build: hubClustersFast, part: fastSample{first: 2048, levels: true}},
	"BiorxivClusteringP2P.v2":        {repo: "mteb/biorxiv-clustering-p2p", revision: "f5dbc242e11dd8e24def4c4268607a49e02946dc", build: hubClustersFast},
	"MedrxivClusteringP2P.v2":        {repo: "mteb/medrxiv-clustering-p2p", build: hubClustersFast},
	"MedrxivClusteringS2S.v2":        {repo: "mteb/medrxiv-clustering-s2s", build: hubClustersFast},
	"StackExchangeClustering.v2":     {repo: "mteb/stackexchange-clustering", build: hubClustersFast, part: fastSample{first: 2048, stratified: true, all: true}},
	"StackExchangeClusteringP2P.v2":  {repo: "mteb/stackexchange-clustering-p2p", build: hubClustersFast, part: fastSample{pairs: true}},
	"TwentyNewsgroupsClustering.v2":  {repo: "mteb/twentynewsgroups-clustering", build: hubClustersFast},

	"SprintDuplicateQuestions": {repo: "mteb/sprintduplicatequestions-pairclassification", build: hubPairs},
	"TwitterSemEval2015":       {repo: "mteb/twittersemeval2015-pairclassification", build: hubPairs},
	"TwitterURLCorpus":         {repo: "mteb/twitterurlcorpus-pairclassification", build: hubPairs},

	"AskUbuntuDupQuestions":     {repo: "mteb/askubuntudupquestions-reranking", build: hubReranking},
	"MindSmallReranking":        {repo: "mteb/mind_small", build: hubReranking, merged: true},
	"SciDocsRR":                 {repo: "mteb/scidocs-reranking", build: hubReranking},
	"StackOverflowDupQuestions": {repo: "mteb/stackoverflowdupquestions-reranking", build: hubReranking},

	"ArguAna":                    {repo: "mteb/arguana", build: hubRetrieval, same: true},
	"ClimateFEVER":               {repo: "mteb/climate-fever", build: hubRetrieval},
	"ClimateFEVERHardNegatives":  {repo: "mteb/ClimateFEVER_test_top_250_only_w_correct-v2", build: hubRetrieval},
	"CQADupstackGamingRetrieval": {repo: "mteb/cqadupstack-gaming", build: hubRetrieval},
	"CQADupstackUnixRetrieval":   {repo: "mteb/cqadupstack-unix", build: hubRetrieval},
	"DBPedia":                    {repo: "mteb/dbpedia", build: hubRetrieval},
	"FEVER":                      {repo: "mteb/fever", build: hubRetrieval, same: true},
	"FEVERHardNegatives":         {repo: "mteb/FEVER_test_top_250_only_w_correct-v2", build: hubRetrieval, same: true},
	"FiQA2018":                   {repo: "mteb/fiqa", build: hubRetrieval, same: true},
	"HotpotQA":                   {repo: "mteb/hotpotqa", build: hubRetrieval},
	"HotpotQAHardNegatives":      {repo: "mteb/HotpotQA_test_top_250_only_w_correct-v2", build: hubRetrieval},
	"MSMARCO":                    {repo: "mteb/msmarco", split: "dev", build: hubRetrieval, same: true},
	"NFCorpus":                   {repo: "mteb/nfcorpus", build: hubRetrieval},
	"NQ":                         {repo: "mteb/nq", build: hubRetrieval},
	"QuoraRetrieval":             {repo: "mteb/quora", build: hubRetrieval, same: true},
	"SCIDOCS":                    {repo: "mteb/scidocs", build: hubRetrieval},
	"SciFact":                    {repo: "mteb/scifact", build: hubRetrieval},
	"Touche2020":                 {repo: "mteb/touche2020", build: hubRetrieval},
	"Touche2020Retrieval.v3":     {repo: "mteb/webis-touche2020-v3", build: hubRetrieval},
	"TRECCOVID":                  {repo: "mteb/trec-covid", build: hubRetrieval},

	"BIOSSES":      {repo: "mteb/biosses-sts", build: hubSTS},
	"SICK-R":       {repo: "mteb/sickr-sts", build: hubSTS},
	"STS12":        {repo: "mteb/sts12-sts", build: hubSTS},
	"STS13":        {repo: "mteb/sts13-sts", build: hubSTS},
	"STS14":        {repo: "mteb/sts14-sts", build: hubSTS},
	"STS15":        {repo: "mteb/sts15-sts", build: hubSTS},
	"STS16":        {repo: "mteb/sts16-sts", build: hubSTS},
	"STS17":        {repo: "mteb/sts17-crosslingual-sts", config: "en-en", build: hubSTS},
	"STS22":        {repo: "mteb/sts22-crosslingual-sts", revision: "de9d86b3b84231dc21f76c7b7af1f28e2f57f6e3", config: "en", build: hubSTS},
	"STS22.v2":     {repo: "mteb/sts22-crosslingual-sts", revision: "d31f33a128469b20e357535c39b82fb3c3f6f2bd", config: "en", build: hubSTS},
	"STSBenchmark": {repo: "mteb/stsbenchmark-sts", build: hubSTS},

	"SummEval":                 {repo: "mteb/summeval", build: hubSummariesV1},
	"SummEvalSummarization.v2": {repo: "mteb/summeval", build: hubSummaries},

	"AutoFJ":        {repo: pearlRepo, config: "autofj", build: hubAutoFJ},
	"BC5CDR":        {repo: pearlRepo, config: "bc5cdr", build: hubPhraseClusters},
	"BIRD":          {repo: pearlRepo, config: "bird", build: hubBIRD},
	"CoNLL":         {repo: pearlRepo, config: "conll", build: hubPhraseClusters},
	"PPDB":          {repo: pearlRepo, config: "ppdb", build: hubPPDB},
	"PPDB-filtered": {repo: pearlRepo, config: "ppdb_filtered", build: hubPPDB},
	"Turney":        {repo: pearlRepo, config: "turney", build: hubTurney},
	"UMLS":          {repo: pearlRepo, config: "umls", build: hubKnowledge},
	"YAGO":          {repo: pearlRepo, config: "yago", build: hubKnowledge},
}

const pearlRepo = "Lihuchen/pearl_benchmark"

// cqaForums are the twelve parts of CQADupstackRetrieval, which is one data set of v1
// and the mean of theirs. Two are data sets of v2 by themselves.
var cqaForums = []string{"Android", "English", "Gaming", "Gis", "Mathematica", "Physics",
	"Programmers", "Stats", "Tex", "Unix", "Webmasters", "Wordpress"}

// cqaName is MTEB's name of a forum's data set.
func cqaName(forum string) string { return "CQADupstack" + forum + "Retrieval" }

// hubNames returns all names of hubSets and of the forums, and what they are.
func hubNames() map[string]hubSet {
	out := make(map[string]hubSet, len(hubSets)+len(cqaForums))
	for name, h := range hubSets {
		out[name] = h
	}
	for _, forum := range cqaForums {
		out[cqaName(forum)] = hubSet{repo: "mteb/cqadupstack-" + strings.ToLower(forum), build: hubRetrieval}
	}
	return out
}
