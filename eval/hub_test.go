package eval

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// run scores the tasks of dir by the letters a to d, and returns results by task.
func run(t *testing.T, dir string) (map[string]Result, *Results) {
	t.Helper()
	tasks, err := Tasks(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), letters{broken: "none"}, tasks, Options{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Result{}
	for _, one := range r.Tasks {
		out[one.Task] = one
	}
	return out, r
}

const (
	stsRows = `{"sentence1":"a","sentence2":"ab","score":9}` + "\n" + `{"sentence1":"a","sentence2":"b","score":1}` + "\n" + `{"sentence1":"c","sentence2":"cd","score":8}` + "\n"
	stsCSV  = "score,sentence1,sentence2\n9,a,ab\n1,\"a\",b\n8,c,cd\n"
)

// stsScore is what stsRows score: cos(a, ab) = cos(c, cd), so ranks 2.5, 1, 2.5 against
// 3, 1, 2.
var stsScore = 100 * math.Sqrt(0.75)

// Every place and form in which a data set of one table may lie.
func TestHubPlacesAndForms(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, stsRows)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	french := strings.ReplaceAll(stsRows, "}", `,"lang":"fr"}`)
	for _, name := range []string{
		"STS12/test.jsonl", "sts12-sts/test.jsonl", "mteb/sts12-sts/test.jsonl", "mine/STS12/test.csv", "STS12/test.tsv", "STS12/test.jsonl.gz",
		"STS12/data/test-00000-of-00001.jsonl", "STS12/default/test.jsonl", "STS12/default/test/0000.jsonl", "datasets--mteb--sts12-sts/snapshots/0a1b/test.jsonl",
		"hub/datasets--mteb--sts12-sts/snapshots/0a1b/data/test-00000-of-00001-cafe.jsonl",
		"STS17/en-en/test.jsonl", "sts17-crosslingual-sts/data/en-en/test.csv", "STS17/test/en-en.jsonl.gz", "STS17/data/test.jsonl", "STS22.v2/en/test/0000.jsonl",
	} {
		data := stsRows
		switch {
		case strings.HasSuffix(name, ".csv"):
			data = stsCSV
		case strings.HasSuffix(name, ".tsv"):
			data = strings.ReplaceAll(stsCSV, ",", "\t")
		case strings.HasSuffix(name, ".gz"):
			data = packed.String()
		case name == "STS17/data/test.jsonl": // languages by row
			data = french + strings.ReplaceAll(stsRows, "}", `,"lang":"en-en"}`) + french
		}
		got, _ := run(t, write(t, map[string]string{name: data}))
		task, _, _ := strings.Cut(name, "/")
		if !strings.Contains(task, "STS") || strings.Contains(task, "-") {
			task = "STS12"
			if strings.Contains(name, "17") {
				task = "STS17"
			}
		}
		if one, ok := got[task]; !ok || len(got) != 1 || one.Failed() || math.Abs(one.Score-stsScore) > 1e-5 || one.Column != STS {
			t.Errorf("%s: %+v, want %s of %v", name, got, task, stsScore)
		}
	}
}

// The Hub's cache has links to blobs, whose names have no suffix; and a folder form may
// be made of links.
func TestLinks(t *testing.T) {
	dir := write(t, map[string]string{"blobs/0a1b": stsRows, "tables/wordsim/men.tsv": small["wordsim/men.tsv"], "tables/x/train.tsv": "1\ta\n2\tb\n"})
	link := func(to, name string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(dir, to), path); err != nil {
			t.Skip(err)
		}
	}
	link("blobs/0a1b", "datasets--mteb--sts12-sts/snapshots/1c/test.jsonl")
	link("tables/wordsim/men.tsv", "wordsim/men.tsv")
	link("tables/x", "class/imdb")
	link("tables/x/train.tsv", "tables/x/test.tsv")
	link("nothing", "wordsim/card660.tsv")
	got, _ := run(t, dir)
	for _, name := range []string{"STS12", "men", "imdb"} {
		if one, ok := got[name]; !ok || one.Failed() {
			t.Errorf("%s: %+v, %t", name, one, ok)
		}
	}
	if one := got["card660"]; !strings.Contains(one.Err, "card660.tsv: no such file") {
		t.Errorf("card660, a link to nothing: %q", one.Err)
	}
}

// Parquet files with columns of lists, in parts, and a corpus of the Hub's configurations.
func TestHubParquet(t *testing.T) {
	dir := t.TempDir()
	type doc struct {
		ID    string  `parquet:"_id"`
		Title *string `parquet:"title,optional"`
		Text  string  `parquet:"text"`
	}
	type grade struct {
		Query string  `parquet:"query-id"`
		Doc   string  `parquet:"corpus-id"`
		Score float64 `parquet:"score"`
	}
	title := "a"
	saveParquet(t, []doc{{"q", nil, "a"}}, dir, "ArguAna", "corpus", "corpus-00000-of-00002.parquet")
	saveParquet(t, []doc{{"d", &title, "b"}}, dir, "ArguAna", "corpus", "corpus-00001-of-00002.parquet")
	saveParquet(t, []doc{{"q", nil, "a"}}, dir, "ArguAna", "queries", "queries-00000-of-00001.parquet")
	saveParquet(t, []grade{{"q", "d", 1}}, dir, "ArguAna", "data", "test-00000-of-00001.parquet")
	type sample struct {
		Query    []string `parquet:"query,list"`
		Positive []string `parquet:"positive,list"`
		Negative []string `parquet:"negative,list"`
	}
	saveParquet(t, []sample{{[]string{"a", "c"}, []string{"cc"}, []string{"d", "ab"}}, {[]string{"a"}, nil, []string{"b"}}}, dir, "MindSmallReranking", "test.parquet")
	type ranking struct {
		Query string   `parquet:"query-id"`
		Docs  []string `parquet:"corpus-ids,list"`
	}
	// The same two queries in the form of 2025: wordings q_0 and q_1 of one.
	saveParquet(t, []doc{{"1", nil, "cc"}, {"2", nil, "d"}, {"3", nil, "ab"}}, dir, "AskUbuntuDupQuestions", "corpus", "test-00000-of-00001.parquet")
	saveParquet(t, []doc{{"q1", nil, "a"}, {"q2", nil, "b"}}, dir, "AskUbuntuDupQuestions", "queries", "test-00000-of-00001.parquet")
	saveParquet(t, []grade{{"q1", "1", 1}, {"q1", "3", 0}, {"q2", "3", 1}}, dir, "AskUbuntuDupQuestions", "default", "test-00000-of-00001.parquet")
	saveParquet(t, []ranking{{"q1", []string{"1", "2", "3"}}, {"q2", []string{"1", "3"}}}, dir, "AskUbuntuDupQuestions", "top_ranked", "test-00000-of-00001.parquet")
	got, _ := run(t, dir)
	// AskUbuntu by hand: of q1, "ab" is before "cc" and "d", both of cosine 0: AP 1/3; q2 is right.
	for name, want := range map[string]float64{"ArguAna": 100, "MindSmallReranking": 100, "AskUbuntuDupQuestions": 100 * (1.0/3 + 1) / 2} {
		if one := got[name]; one.Failed() || math.Abs(one.Score-want) > 1e-5 {
			t.Errorf("%s: %v %q, want %v", name, one.Score, one.Err, want)
		}
	}
}

// Wordings of one query: a candidate scores its largest cosine with any.
func TestMergedQueries(t *testing.T) {
	got, _ := run(t, write(t, map[string]string{
		"MindSmallReranking/corpus.jsonl":     `{"_id":"1","text":"cc"}` + "\n" + `{"_id":"2","text":"ab"}` + "\n",
		"MindSmallReranking/queries.jsonl":    `{"_id":"q_0","text":"a"}` + "\n" + `{"_id":"q_1","text":"c"}` + "\n",
		"MindSmallReranking/qrels/test.jsonl": `{"query-id":"q_0","corpus-id":"1","score":1}` + "\n" + `{"query-id":"q_1","corpus-id":"1","score":1}` + "\n",
		"MindSmallReranking/top_ranked.jsonl": `{"query-id":"q_0","corpus-ids":["1","2"]}` + "\n" + `{"query-id":"q_1","corpus-ids":["1","2"]}` + "\n",
	}))
	if one := got["MindSmallReranking"]; one.Failed() || one.Score != 100 || one.Details["queries"] != 1 {
		t.Errorf("%+v, want 100 of one query", one)
	}
}

// What is not whole, or there twice, says so; the others are scored.
func TestHubProblems(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"STS12/train.jsonl", "STS12: no test in it: looked for data/test, default/test, test"},
		{"STS12/test.arrow", "STS12: no test in it"},
		{"STS12/test-00001-of-00002.parquet", "STS12: parts are missing"},
		{"STS17/de-de/test.jsonl", "STS17: no test in it: looked for data/test, default/test, test (.jsonl, .csv"},
		{"datasets--mteb--sts12-sts/refs/main", "datasets--mteb--sts12-sts: it has no folder snapshots/COMMIT"},
		{"SciFact/corpus.jsonl", "SciFact: no queries in it: looked for queries, query, queries/*"},
		{"STS12/test.jsonl", "test.jsonl:1: the line has no field score"},
		{"cqadupstack/tex/corpus.jsonl", "tex: no queries in it"},
		{"CQADupstackRetrieval/readme", "no folder android, english"},
	} {
		got, r := run(t, write(t, map[string]string{c.name: `{"_id":"a","text":"b"}` + "\n", "STS13/test.jsonl": stsRows}))
		if one := got["STS13"]; one.Failed() {
			t.Errorf("%s: STS13 failed: %s", c.name, one.Err)
		}
		if r.Failed() != 1 || !slices.ContainsFunc(r.Tasks, func(one Result) bool { return strings.Contains(one.Err, c.want) }) {
			t.Errorf("%s: %+v, want one to fail with %q", c.name, got, c.want)
		}
	}
	got, _ := run(t, write(t, map[string]string{"STS12/test.jsonl": stsRows, "STS12/test.csv": stsCSV, "wordsim/men.tsv": "", "wordsim/men.tsv.gz": ""}))
	for name, want := range map[string]string{"STS12": "test.jsonl both exist", "men": "men.tsv.gz both exist"} {
		if !strings.Contains(got[name].Err, want) {
			t.Errorf("%s: %q, want %q", name, got[name].Err, want)
		}
	}
	_, err := Tasks(write(t, map[string]string{"sts/STS12-test.tsv": "", "STS12/test.jsonl": stsRows}))
	if err == nil || !strings.Contains(err.Error(), "sts/STS12-test and ") || !strings.Contains(err.Error(), "/STS12; keep one") {
		t.Errorf("STS12 twice: %v", err)
	}
	_, err = Tasks(write(t, map[string]string{"mteb/sts12-sts/test.jsonl": stsRows, "STS12/test.jsonl": stsRows}))
	if err == nil || !strings.Contains(err.Error(), "data set STS12 occurs twice") {
		t.Errorf("STS12 twice: %v", err)
	}
}

// Few oddities are let pass with a warning that names the first; many are an error.
func TestOddities(t *testing.T) {
	odd := stsRows + `{"sentence1":"","sentence2":"b","score":2}` + "\n"
	got, _ := run(t, write(t, map[string]string{"STS12/test.jsonl": odd, "STS13/test.jsonl": strings.Repeat(stsRows, 30) + odd}))
	if one := got["STS12"]; !strings.Contains(one.Err, "STS12/test.jsonl:4: 1 of 8 texts are empty") {
		t.Errorf("STS12: %q", one.Err)
	}
	if one := got["STS13"]; one.Failed() || len(one.Warnings) != 1 || !strings.Contains(one.Warnings[0], "STS13/test.jsonl:94: 1 of 188 texts are empty") {
		t.Errorf("STS13: %q, warnings %q", one.Err, one.Warnings)
	}
}

// What a user saw: TweetSentimentExtraction has an empty text, and its plain form was
// refused for it.
func TestEmptyTextsOfThePlainForm(t *testing.T) {
	train := strings.Repeat("x\ta\ny\tb\n", 60)
	got, _ := run(t, write(t, map[string]string{
		"class/imdb/train.tsv":    train + "x\t\n",
		"class/imdb/test.tsv":     "x\taa\ny\tbb\n",
		"class/emotion/train.tsv": "x\ta\ny\tb\n\tb\n",
		"class/emotion/test.tsv":  "x\taa\ny\tbb\n",
		"wordsim/men.tsv":         "a\t\t1\nb\tab\t2\n",
	}))
	if one := got["imdb"]; one.Failed() || len(one.Warnings) != 1 || !strings.Contains(one.Warnings[0], "train.tsv:121: 1 of 121 texts are empty") {
		t.Errorf("imdb: %q, warnings %q", one.Err, one.Warnings)
	}
	if one := got["emotion"]; !strings.Contains(one.Err, "train.tsv:3: field label is empty") {
		t.Errorf("emotion: %q", one.Err)
	}
	if one := got["men"]; !strings.Contains(one.Err, "men.tsv:1: 1 of 4 texts are empty") {
		t.Errorf("men: %q", one.Err)
	}
}

// Data sets of one version are only in its means; a repository serves both.
func TestVersionsDoNotMix(t *testing.T) {
	rows := `{"sentences":["a","aa","b","bb"],"labels":["x","x","y","y"]}` + "\n"
	dir := write(t, map[string]string{"twentynewsgroups-clustering/test.jsonl": strings.Repeat(rows, 30), "STS16/test.jsonl": stsRows, "STS12/test.jsonl": stsRows})
	got, r := run(t, dir)
	for _, name := range []string{"TwentyNewsgroupsClustering", "TwentyNewsgroupsClustering.v2", "STS16", "STS12"} {
		if one, ok := got[name]; !ok || one.Failed() {
			t.Fatalf("%s: %+v, %t", name, one, ok)
		}
	}
	var names []string
	for _, c := range r.Columns() {
		names = append(names, fmt.Sprint(c.Name(), c.Tasks))
	}
	if want := []string{"Clust.v11", "Clust.v21", "STS.v12", "STS.v21"}; !slices.Equal(names, want) {
		t.Errorf("columns and numbers of data sets %v, want %v", names, want)
	}
	v1 := (got["TwentyNewsgroupsClustering"].Score + got["STS16"].Score + got["STS12"].Score) / 3
	v2 := (got["TwentyNewsgroupsClustering.v2"].Score + got["STS12"].Score) / 2
	for i, want := range []float64{v1, v1, v2, v2} {
		near(t, r.Averages()[i].Name, r.Averages()[i].Score, want)
	}

	// In the Hub's cache the commit says which version's data they are.
	later := "datasets--mteb--sts22-crosslingual-sts/snapshots/" + hubSets()["STS22.v2"].revision + "/en/test.jsonl"
	if got, _ := run(t, write(t, map[string]string{later: stsRows})); len(got) != 1 || got["STS22.v2"].Failed() {
		t.Errorf("the commit of STS22.v2: %v", got)
	}
	// The rows of a later revision are no sets.
	got, _ = run(t, write(t, map[string]string{"biorxiv-clustering-p2p/test.csv": "sentences,labels\n" + strings.Repeat("a,x\nb,y\n", 50)}))
	if one := got["BiorxivClusteringP2P"]; !strings.Contains(one.Err, "test.csv:2: a row has one text, and the protocol v1 needs rows that are sets") {
		t.Errorf("BiorxivClusteringP2P: %q", one.Err)
	}
	if one := got["BiorxivClusteringP2P.v2"]; one.Failed() {
		t.Errorf("BiorxivClusteringP2P.v2: %q", one.Err)
	}
}

// CQADupstackRetrieval is the mean of twelve, and only there when all are.
func TestCQADupstack(t *testing.T) {
	files := map[string]string{}
	for i, forum := range cqaForums {
		dir := "mteb/cqadupstack-" + strings.ToLower(forum) + "/"
		files[dir+"corpus.jsonl"] = `{"_id":"1","text":"a"}` + "\n" + `{"_id":"2","text":"b"}` + "\n"
		files[dir+"queries.jsonl"] = `{"_id":"q","text":"a"}` + "\n"
		files[dir+"qrels/test.tsv"] = fmt.Sprintf("query-id\tcorpus-id\tscore\nq\t%d\t1\n", 1+i%2)
	}
	got, _ := run(t, write(t, files))
	// By hand: found first, 1; found second, 1/log2(3).
	want := 50 * (1 + 1/math.Log2(3))
	if one := got["CQADupstackRetrieval"]; len(got) != 3 || one.Failed() || math.Abs(one.Score-want) > 1e-9 {
		t.Errorf("%+v, want %v and the two of v2", got, want)
	}
	for name := range files {
		if !strings.Contains(name, "gaming") && !strings.Contains(name, "unix") && !strings.Contains(name, "-tex") {
			delete(files, name)
		}
	}
	got, _ = run(t, write(t, files))
	if one := got["CQADupstackRetrieval"]; !strings.Contains(one.Err, "forums are missing: CQADupstackAndroidRetrieval") {
		t.Errorf("%q, want the forums that are missing", one.Err)
	}
}

// MSMARCO's split is dev, of several; the document of a query's id is left out.
func TestSplitOfMSMARCO(t *testing.T) {
	got, _ := run(t, write(t, map[string]string{
		"msmarco/corpus.jsonl":    `{"_id":"q","text":"a"}` + "\n" + `{"_id":"1","text":"a"}` + "\n" + `{"_id":"2","text":"b"}` + "\n",
		"msmarco/queries.jsonl":   `{"_id":"q","text":"a"}` + "\n",
		"msmarco/qrels/dev.tsv":   "query-id\tcorpus-id\tscore\nq\t1\t1\n",
		"msmarco/qrels/test.tsv":  "query-id\tcorpus-id\tscore\nq\t2\t1\n",
		"msmarco/qrels/train.tsv": "query-id\tcorpus-id\tscore\n",
	}))
	if one := got["MSMARCO"]; one.Failed() || one.Score != 100 {
		t.Errorf("%+v, want 100", one)
	}
}
