package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/internal/nprand"
)

// A repository serves both versions; v1's number is that of mteb's mistake.
func TestSummEvalOfBothVersions(t *testing.T) {
	row := `{"human_summaries":["ab","c"],"machine_summaries":["a","aab","cd","d","bcd"],"relevance":[3,5,2,1,4]}` + "\n"
	got, _ := run(t, write(t, map[string]string{"summeval/test.jsonl": row}))
	// testdata/gen/eval_hub.py, scipy 1.17.1.
	for name, want := range map[string]float64{"SummEval": 44.28899550842908, "SummEvalSummarization.v2": 66.68859288553502} {
		if one := got[name]; one.Failed() || math.Abs(one.Score-want) > 1e-9 {
			t.Errorf("%s: %v %q, want %v", name, one.Score, one.Err, want)
		}
	}
}

// pearl is PEARL's repository as the Hub has it. Paraphrases differ from others in the
// letters that they hold.
func pearl() map[string]string {
	var ppdb strings.Builder
	fmt.Fprintln(&ppdb, "phrase_1\tphrase_2\tlabel")
	for i := range 400 {
		a := strings.Repeat("a", 1+i%7)
		fmt.Fprintf(&ppdb, "%s\t%s\tpos\n%s\t%s\tneg\n", a, a+"b", a, strings.Repeat("cd", 4+i%5))
	}
	const root = "datasets--Lihuchen--pearl_benchmark/snapshots/0a/data/"
	return map[string]string{
		root + "bird/bird.tsv":              "term1\tterm2\trelatedness score\na\tab\t0.9\na\tb\t0.1\ncd\td\t0.4\nabc\tad\t0.6\n",
		root + "turney/turney.tsv":          "query\tlabel\tcandidate_1\tcandidate_2\tcandidate_3\tcandidate_4\na\ta\tb\tc\td\tab\nb\tc\tb\td\ta\taa\n",
		root + "ppdb/ppdb_filtered.tsv":     ppdb.String(),
		root + "conll/conll.tsv":            "entity\tlabel\naaaa\tP\naaaaa\tP\nbbbb\tL\nccccc\tO\ncccc\tO\nbbbbb\tO\nbbb\tL\n",
		root + "umls/umls_test_samples.tsv": "query\tlabel\naab\tab\nccd\td\n",
		root + "yago/yago_test_samples.tsv": "query\tlabel\na\ta\n",
		root + "kb/umls_kb.tsv":             "entity_name\nab\n\"\"\ncd\nd\n",
		root + "autofj/autofj.tsv":          "Dataset\tLeft\nAward\t2\n",
		root + "autofj/Award/left.csv":      "id,title\n1,ab\n2,\"c, d\"\n",
		root + "autofj/Award/right.csv":     "id,title\n1,aab\n2,d\n3,b\n",
		root + "autofj/Award/gt.csv":        "id_l,id_r,title_l,title_r\n1,1,ab,aab\n1,2,ab,d\n",
		"datasets--Lihuchen--other/x/y.tsv": "",
	}
}

func TestPearlOfTheHub(t *testing.T) {
	got, _ := run(t, write(t, pearl()))
	// BIRD and CoNLL: testdata/gen/eval_hub.py, scikit-learn 1.9.1. Turney: (a, b) of
	// one inner product each, the label first; then b over c. UMLS: "ccd" is nearest to
	// cd. AutoFJ: "d" is nearest to "c, d", and b has no gold. PPDB is easy.
	want := map[string]float64{"BIRD": 74.80446486430594, "CoNLL": 74.71790950662619, "Turney": 50, "UMLS": 50, "AutoFJ": 50, "PPDB-filtered": 100}
	for name, score := range want {
		if one := got[name]; one.Column != Pearl || one.Failed() || math.Abs(one.Score-score) > 1e-4 {
			t.Errorf("%s: %v %q, want %v", name, one.Score, one.Err, score)
		}
	}
	if one := got["YAGO"]; !strings.Contains(one.Err, "the names of entities are missing: ") || !strings.Contains(one.Err, "looked for data/kb/yago_kb") {
		t.Errorf("YAGO without kb: %q", one.Err)
	}
	if len(got) != len(want)+1 {
		t.Errorf("%d data sets, want %d and YAGO: what the repository lacks is none", len(got), len(want))
	}

	// The Hub's list of AutoFJ's tables is no data set; a folder of its name is.
	files := pearl()
	for name := range files {
		if strings.Contains(name, "Award") {
			delete(files, name)
		}
	}
	if got, _ := run(t, write(t, files)); got["AutoFJ"].Task != "" {
		t.Errorf("AutoFJ without tables: %+v", got["AutoFJ"])
	}
	got, _ = run(t, write(t, map[string]string{"AutoFJ/readme": "", "BIRD/test.tsv": files["datasets--Lihuchen--pearl_benchmark/snapshots/0a/data/bird/bird.tsv"]}))
	if one := got["AutoFJ"]; !strings.Contains(one.Err, "AutoFJ: no autofj/NAME/{left,right,gt}.csv in it") {
		t.Errorf("AutoFJ without tables: %q", one.Err)
	}
	if one := got["BIRD"]; math.Abs(one.Score-want["BIRD"]) > 1e-4 {
		t.Errorf("BIRD in a folder of its name: %+v", one)
	}
}

// Clusters that no k-means can miss score 100, by level too; what is drawn has the size
// that mteb's has.
func TestClusteringFast(t *testing.T) {
	var text, label []string
	for i := range 3000 {
		c := i % 3
		text = append(text, fmt.Sprintf("%q", strings.Repeat(string("abc"[c]), 1+i%2)+strings.Repeat(string("abc"[c]), 40)))
		label = append(label, []string{`"x.p"`, `"y.q"`, `"z"`}[c])
	}
	row := fmt.Sprintf(`{"sentences":[%s],"labels":[%s]}`+"\n", strings.Join(text, ","), strings.Join(label, ","))
	got, _ := run(t, write(t, map[string]string{
		"ArXivHierarchicalClusteringS2S/test.jsonl": row, "MedrxivClusteringS2S.v2/test.jsonl": row, "StackExchangeClustering.v2/test.jsonl": row}))
	for name, texts := range map[string]float64{"ArXivHierarchicalClusteringS2S": 81, "MedrxivClusteringS2S.v2": 120, "StackExchangeClustering.v2": 2048} {
		if one := got[name]; one.Failed() || math.Abs(one.Score-100) > 1e-9 || one.Details["texts"] != texts {
			t.Errorf("%s: %v %q %v, want 100 of %v texts", name, one.Score, one.Err, one.Details, texts)
		}
	}
}

func TestFastSample(t *testing.T) {
	var labels []string
	for i := range 1000 {
		labels = append(labels, []string{"a", "b", "b", "b", "b", "b", "c", "c", "c", "c"}[i%10])
	}
	count := map[string]int{}
	rows := stratify(labels, 37, DefaultSeed) // shares 3.7, 18.5, 14.8
	for _, i := range rows {
		count[labels[i]]++
	}
	if fmt.Sprint(count) != "map[a:4 b:18 c:15]" {
		t.Errorf("stratify took %v", count)
	}
	slices.Sort(rows)
	if len(slices.Compact(rows)) != 37 {
		t.Error("stratify took a row twice")
	}
	set := []labelledSet{{text: []string{"1", "2", "3"}, label: []string{"a", "solo", "a"}, at: data.Place{File: "f", Line: 1}}}
	if d := (fastSample{pairs: true, all: true}).draw(set, DefaultSeed, nprand.NewPython(DefaultSeed)); fmt.Sprint(d.text) != "[1 3]" {
		t.Errorf("without labels of one text: %v", d.text)
	}
	if set := (fastSample{levels: true}).level([]int{5, 6, 7}, []string{"cs.AI", "cs.CL", "math"}, 1); set.k != 2 || fmt.Sprint(set.text) != "[5 6]" {
		t.Errorf("second level: %+v", set)
	}
}

// ToxicConversations: 2,048 of the test texts.
func TestClassOfADrawnTest(t *testing.T) {
	row := `{"text":"a","label":0}` + "\n" + `{"text":"b","label":1}` + "\n"
	got, _ := run(t, write(t, map[string]string{"toxic_conversations_50k/train.jsonl": strings.Repeat(row, 20), "toxic_conversations_50k/test.jsonl": strings.Repeat(row, 2000)}))
	if one := got["ToxicConversationsClassification"]; one.Failed() || one.Score != 100 || one.Details["texts"] != 2048 || one.Details["examples"] != 32 {
		t.Errorf("%+v, want 100 of 2048 texts from 32 examples", one)
	}
}

// Every data set of the tables can be read from the Hub, but WordSim's.
func TestHubSetsAreTheOfficialOnes(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sets {
		if s.name != "" && s.repo == "" && s.column != WordSim && s.name != "CQADupstackRetrieval" {
			t.Errorf("%s cannot be read", s.name)
		}
		if s.repo != "" && (strings.Count(s.repo, "/") != 1 || s.build == nil) || s.in == 0 || s.name == "" && s.plain == "" {
			t.Errorf("%s: %+v", s.name, s)
		}
		if seen[s.name] && s.name != "" || seen[s.plain] && s.plain != "" {
			t.Errorf("%s %s occurs twice", s.name, s.plain)
		}
		seen[s.name], seen[s.plain] = true, true
	}
}
