package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
)

// twoModels are scored on two data sets of WordSim and one of STS; the second fails on one.
func twoModels() []Scored {
	task := func(name string, column Column, score float64, err string) Result {
		return Result{Task: name, Column: column, Score: score, Err: err, Encoded: 10, EncodeSeconds: 2,
			task: Task{Name: name, Column: column, Official: map[string]string{"men": "MEN", "card660": "Card660", "STS13-test": "STS13"}[name], form: formPlain}}
	}
	return []Scored{
		NewScored("a", &Results{Tasks: []Result{task("men", WordSim, 40, ""), task("card660", WordSim, 50, ""), task("STS13-test", STS, 60, "")}}),
		NewScored("b", &Results{Tasks: []Result{task("men", WordSim, 42, ""), task("card660", WordSim, 0, "broken"), task("STS13-test", STS, 70, "")}}),
	}
}

func TestScoredModels(t *testing.T) {
	models := twoModels()
	if models[0].Failed() != 0 || models[1].Failed() != 1 || models[0].Speed() != 5 || (Scored{}).Speed() != 0 {
		t.Errorf("failed %d, %d; %v texts/s", models[0].Failed(), models[1].Failed(), models[0].Speed())
	}
	cover := Coverage([]Scored{models[1], models[0]}) // the second covers more
	if a := cover[1]; a.Name != "AvgAll.v1" || a.Have != 3 {
		t.Errorf("coverage %+v, want 3 data sets", a)
	}
	if gaps := strings.Join(cover[1].Gaps(), ", "); !strings.HasPrefix(gaps, "all 12 of Class, ") || !strings.HasSuffix(gaps, "all 9 of Pearl, MTurk, RareWord, SimLex, SimVerb, rel353") {
		t.Errorf("gaps %s", gaps)
	}
	diff, failed := Differences(models[0], models[1])
	var got []string
	for _, d := range diff {
		text := "-"
		if d.Difference != nil {
			text = fmt.Sprint(*d.Difference)
		}
		got = append(got, d.Kind+" "+d.Name+" "+text)
	}
	want := "task men 2|task card660 -|task STS13-test 10|column STS 10|column WordSim -|average AvgMTEB.v1 10|average AvgAll.v1 -|average AvgMTEB.v2 10|average AvgAll.v2 -"
	if text := strings.Join(got, "|"); text != want || failed != 1 {
		t.Errorf("differences %s, %d failed; want %s", text, failed, want)
	}
	data, err := json.Marshal(models[1])
	if err != nil || !strings.Contains(string(data), `"name":"AvgAll.v1","whole":false`) || strings.Contains(string(data), `"score":0,`) {
		t.Errorf("JSON %s, %v: a score of null where a task failed", data, err)
	}
}

func TestSelection(t *testing.T) {
	tasks, err := Tasks(filepath.Join("testdata", "protocols", "plain"))
	if err != nil {
		t.Fatal(err)
	}
	tasks = append(tasks, Task{Name: "STS12-dev", Column: STS, Extra: true})
	names := func(s Selection) string {
		list, err := s.of(tasks, "data")
		if err != nil {
			return err.Error()
		}
		var out []string
		for _, t := range list {
			out = append(out, t.Name)
		}
		return strings.Join(out, " ")
	}
	check := func(s Selection, want string) {
		t.Helper()
		if got := names(s); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %s, want %s", s, got, want)
		}
	}
	check(Selection{Columns: []string{"STS", "Sum"}}, "STS13-test summeval")
	check(Selection{Tasks: []string{"STS12-dev", "MEN"}}, "men STS12-dev")
	check(Selection{Columns: []string{"Best"}}, "columns: \"Best\" is not one of [own Class")
	check(Selection{Tasks: []string{"none"}}, "tasks: data has no data set \"none\"")
	check(Selection{Columns: []string{"STS"}, Tasks: []string{"men"}}, "--columns and --tasks both choose")
	check(Selection{Columns: []string{"BitMining"}}, "eval: data has no data set that counts in the columns")
	if got := names(Selection{}); strings.Contains(got, "dev") || strings.Count(got, " ") != 10 {
		t.Errorf("all that count: %s", got)
	}
}

// Forms of MTEB(Multilingual) that are a task's own.
func TestMultilingualForms(t *testing.T) {
	var news, many, hate, claims strings.Builder
	for i := range 2100 {
		topic := i % 2
		text := strings.Repeat(string("ac"[topic]), 1+i%3) + strings.Repeat("bd"[topic:topic+1], 1+i%5)
		fmt.Fprintf(&hate, `{"text":%q,"is_hateful":%t,"functionality":"f%d"}`+"\n", text, topic == 1, i%5)
		if i < 80 {
			fmt.Fprintf(&news, `{"text":%q,"category":"t%d","label":"t%d"}`+"\n", text, topic, topic)
			fmt.Fprintf(&many, `{"sentences":%q,"labels":["t%d","u%d"]}`+"\n", text, topic, topic)
			fmt.Fprintf(&claims, `{"premise":%q,"hypothesis":%q,"label":%d}`+"\n", text, []string{"aab", "cd", "c"}[i%3], i%3)
		}
	}
	indic := strings.Builder{} // a column for each language
	for _, text := range []string{"ab", "cd"} {
		row := map[string]string{}
		for _, s := range languageSets()[5].list() {
			for i, name := range strings.Split(s.name, "-") {
				row[name] = strings.Repeat(text[:1], 1+i) + text
			}
		}
		data, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&indic, "%s\n", data)
	}
	dir := write(t, map[string]string{
		"IN22GenBitextMining/test.jsonl":                  indic.String(),
		"biblenlp-corpus/eng-aai/train.jsonl":             `{"eng":"ab","aai":"aab"}` + "\n" + `{"eng":"cd","aai":"ccd"}` + "\n",
		"masakhanews/eng/train.jsonl":                     news.String(),
		"masakhanews/eng/test.jsonl":                      news.String(),
		"TweetTopicSingleClassification/train_2021.jsonl": news.String(),
		"TweetTopicSingleClassification/test_2021.jsonl":  news.String(),
		"multi-hatecheck/deu/test.jsonl":                  hate.String(),
		"OdiaNewsClassification/train.jsonl":              news.String(),
		"OdiaNewsClassification/test.jsonl":               news.String(),
		"PlscClusteringP2P.v2/test.jsonl":                 strings.Repeat(many.String(), 10),
		"AlloProfClusteringS2S.v2/test.jsonl":             many.String(),
		"sib200/ace_Latn/train.jsonl":                     news.String(),
		"sib200/ace_Latn/validation.jsonl":                news.String(),
		"sib200/ace_Latn/test.jsonl":                      news.String(),
		"xnli/de/test.jsonl":                              claims.String(),
		// "a" is asked of both passages; "d" of the first, which comes second.
		"belebele/deu_Latn/test.jsonl": `{"link":"1","flores_passage":"ab","question":"a"}` + "\n" + `{"link":"2","flores_passage":"cd","question":"a"}` + "\n" +
			`{"link":"2","flores_passage":"cd","question":"c"}` + "\n" + `{"link":"1","flores_passage":"ab","question":"d"}` + "\n",
		"StatcanDialogueDatasetRetrieval/README.md":                  "",
		"StatcanDialogueDatasetRetrieval/english-corpus/test.jsonl":  `{"_id":"1","text":"ab"}` + "\n" + `{"_id":"2","text":"cd"}` + "\n",
		"StatcanDialogueDatasetRetrieval/english-queries/test.jsonl": `{"_id":"q","text":"a"}` + "\n",
		"StatcanDialogueDatasetRetrieval/english-qrels/test.jsonl":   `{"query-id":"q","corpus-id":"1","score":1}` + "\n",
	})
	tasks, err := Multilingual(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), letters{}, tasks, Options{Seed: DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"IN22GenBitextMining": 100, "BibleNLPBitextMining": 100, "MasakhaNEWSClassification": 100, "TweetTopicSingleClassification": 100,
		"MultiHateClassification": 100, "OdiaNewsClassification": 100, "PlscClusteringP2P.v2": 100, "AlloProfClusteringS2S.v2": 100, "SIB200ClusteringS2S": 100,
		"StatcanDialogueDatasetRetrieval": 100}
	for _, one := range r.Tasks {
		score, ok := want[one.Task]
		switch {
		case ok && (one.Failed() || one.Score < score-1e-9):
			t.Errorf("%s: %v %q, want %v", one.Task, one.Score, one.Err, score)
		case one.Task == "BelebeleRetrieval" && !(math.Abs(one.Score-100*(2+1/math.Log2(3))/3) < 1e-9):
			t.Errorf("Belebele: %v %q", one.Score, one.Err)
		case one.Task == "XNLI" && one.Failed():
			t.Errorf("XNLI: %q", one.Err)
		}
		delete(want, one.Task)
	}
	if len(want) > 0 {
		t.Errorf("not scored: %v", want)
	}
	// Another model has vectors of its own, and so another score.
	if r, err = Run(t.Context(), constant{}, tasks[:2], Options{Seed: DefaultSeed}); err != nil {
		t.Fatal(err)
	}
	for _, one := range r.Tasks {
		if one.Failed() || one.Score == 100 {
			t.Errorf("%s of a model that gives all texts one vector: %v %q", one.Task, one.Score, one.Err)
		}
	}
}

// constant is a model with one vector for all texts.
type constant struct{}

func (constant) Dims() int { return 2 }

func (constant) Encode(_ context.Context, texts []string, dst *matrix.Matrix) error {
	for i := range texts {
		dst.Row(i)[0] = 1
	}
	return nil
}
