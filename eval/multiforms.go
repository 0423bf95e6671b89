package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
)

// part returns the task of one split of a subset, by the form that the column has on the
// Hub. What a task does to its data itself is below.
func (l languageSet) part(folder, split string, s subset) (Task, error) {
	h := l.set
	h.config, h.split = s.name, split
	switch l.column {
	case BitMining:
		return l.bitext(h, folder, split, s)
	case Class:
		return l.classes(h, folder, split)
	case Clust:
		return l.clusters(h, folder, split)
	case MultiClass:
		train, err := h.table(folder, "train")
		if err != nil {
			return Task{}, err
		}
		test, err := h.table(folder, split)
		return Task{files: append(append([]string{}, train.Files...), test.Files...),
			run: multilabel(train, test, data.Fields("label|labels", "text"), h.examples())}, err
	case PairClass:
		t, err := h.table(folder, split)
		if l.name == "XNLI" {
			return Task{files: t.Files, run: entailment(t)}, err
		}
		return Task{files: t.Files, run: paraphrase(t, data.Fields("labels|label", "sent1|sentence1", "sent2|sentence2"))}, err
	case STS:
		t, err := h.table(folder, split)
		return Task{files: t.Files, run: similarity(t, data.Fields("score", "sentence1", "sentence2"))}, err
	}
	if l.name == "BelebeleRetrieval" {
		return l.belebele(h, folder, split, s)
	}
	if l.own != "" {
		return Task{}, l.unread()
	}
	c, err := h.collection(data.Found{Folder: folder})
	if err != nil {
		return Task{}, err
	}
	if l.column == Ret {
		c.main = l.main
		return Task{files: c.files(), run: retrieval(c)}, nil
	}
	top, err := h.configured("top_ranked", split).Find(folder)
	if err != nil {
		return Task{}, err
	}
	r := ranked{collection: c, candidates: data.Table{Files: top}, main: l.main}
	files := append(c.files(), top...)
	if l.column == Rank {
		return Task{files: files, run: r.reranking()}, nil
	}
	i := instructed{ranked: r}
	if i.instructions.Files, err = h.configured("instruction", split).Find(folder); err != nil {
		return Task{}, err
	}
	if i.changed.Files, err = h.configured("qrel_diff", "qrel_diff").Find(folder); err != nil {
		return Task{}, err
	}
	return Task{files: append(append(files, i.instructions.Files...), i.changed.Files...), run: i.following()}, nil
}

// configured is a configuration of a repository besides the rows of its splits: a folder
// of its name, or of its language's and its own.
func (h set) configured(name, split string) data.Part {
	if h.config != "" {
		name = h.config + "-" + name
	}
	return data.Part{Stems: []string{name}, Dirs: []string{""}, Whole: []string{name, name + "/" + split, name + "/" + name}, Prefer: split}
}

// unread is the error of a task whose own form is not known here.
func (l languageSet) unread() error {
	return fmt.Errorf("%s is made by mteb from data of another form, which m2v does not read", l.name)
}

// bitext reads pairs of sentences: a subset for each pair of languages, or a column for
// each language.
func (l languageSet) bitext(h set, folder, split string, s subset) (Task, error) {
	want := data.Fields("sentence1", "sentence2")
	switch {
	case l.parallel:
		if l.columns.table.Files == nil {
			h.config = ""
			var err error
			if l.columns.table, err = h.table(folder, split); err != nil {
				return Task{}, err
			}
		}
		a, b, _ := strings.Cut(s.name, "-")
		for _, name := range []string{a, b} {
			if !slices.Contains(l.columns.names, name) {
				l.columns.names = append(l.columns.names, name)
			}
		}
		return Task{files: l.columns.table.Files, run: l.columns.mining(a, b)}, nil
	case l.name == "BibleNLPBitextMining": // a folder eng-xxx for both directions
		a, b, _ := strings.Cut(s.name, "-")
		a, b = strings.Split(a, "_")[0], strings.Split(b, "_")[0]
		want = data.Fields(a, b)
		if h.config = a + "-" + b; b == "eng" {
			h.config = b + "-" + a
		}
	}
	t, err := h.table(folder, split)
	return Task{files: t.Files, run: mining(t, want)}, err
}

func (l languageSet) classes(h set, folder, split string) (Task, error) {
	learn := "train"
	switch l.name {
	case "MultiHateClassification": // both parts are drawn from its test split
		t, err := h.table(folder, split)
		c := classes{train: t, test: t, want: data.Fields("is_hateful", "text", "functionality"), perClass: h.examples(), halves: multiHateRows}
		return Task{files: t.Files, run: c.classification()}, err
	case "TweetTopicSingleClassification":
		learn = "train_2021"
	case "ToxicConversationsClassification":
		h.first = drawnTexts
	}
	train, err := h.table(folder, learn)
	if err != nil {
		return Task{}, err
	}
	test, err := h.table(folder, split)
	if err != nil {
		return Task{}, err
	}
	c := classes{train: train, test: test, want: data.Fields("label|category", "text"), perClass: h.examples(), first: h.first, f1: l.main == "f1"}
	return Task{files: append(append([]string{}, train.Files...), test.Files...), run: c.classification()}, nil
}

func (l languageSet) clusters(h set, folder, split string) (Task, error) {
	if l.name == "SIB200ClusteringS2S" { // of all its splits
		var all data.Table
		for _, split := range []string{"train", "validation", "test"} {
			t, err := h.table(folder, split)
			if err != nil {
				return Task{}, err
			}
			all.Files, all.Only = append(all.Files, t.Files...), t.Only
		}
		return Task{files: all.Files, run: clusteringFast(all, l.sample())}, nil
	}
	t, err := h.table(folder, split)
	if l.size == "sets" {
		return Task{files: t.Files, run: clusteringSets(t)}, err
	}
	return Task{files: t.Files, run: clusteringFast(t, l.sample())}, err
}

// sample is how the task takes part of its texts.
func (l languageSet) sample() fastSample {
	if s, ok := named(l.name); ok { // a task of MTEB(eng, v2) too
		return s.part
	}
	f := fastSample{}
	if l.name == "BigPatentClustering.v2" {
		f.first, f.stratified, f.one = drawnTexts, true, true
	}
	f.one = f.one || l.name == "AlloProfClusteringS2S.v2"
	if n, err := strconv.Atoi(l.size); err == nil {
		f.most = n
	}
	f.all = l.size == "all"
	return f
}
