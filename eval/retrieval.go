package eval

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
	"github.com/m2v-dev/m2v/matrix"
)

// hits is the number of documents that nDCG looks at.
const hits = 10

// A collection is a retrieval data set.
type collection struct {
	corpus, queries, qrels data.Table
	// ignoreSame leaves out the document whose id is the query's: in some sets the
	// queries are documents.
	ignoreSame bool
	main       string // the score that counts, as mteb calls it; "" is ndcg_at_10
}

var (
	docFields    = []data.Field{{Names: []string{"_id", "id"}}, {Names: []string{"title"}, Optional: true}, {Names: []string{"text"}}}
	queryFields  = data.Fields("_id|id", "text")
	qrelsFields  = data.Fields("query-id|query_id", "corpus-id|corpus_id", "score")
	qrelsColumns = []string{"query-id", "corpus-id", "score"} // of qrels without a header
)

// retrieval is the protocol of Ret: the ten documents of the largest cosine with each
// query that has judgements, equal ones in the order of the corpus; mean of nDCG@10. A
// document is its title, a space and its text, trimmed.
func retrieval(c collection) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		c.corpus, c.queries, c.qrels = s.watch(c.corpus), s.watch(c.queries), s.watch(c.qrels)
		judged, err := c.readQrels()
		if err != nil {
			return 0, err
		}
		queries, all, err := c.readQueries(judged)
		if err != nil {
			return 0, err
		}
		m, err := s.encodeUnit(ctx, all)
		if err != nil {
			return 0, err
		}
		found := &finder{collection: c, judged: judged, queries: queries, session: s, tops: make([]top, len(queries))}
		found.vectors = m
		if len(queries) != m.Rows || !inOrder(queries) {
			found.vectors = gatherQueries(m, queries)
		}
		if err := found.scanCorpus(ctx); err != nil {
			return 0, err
		}
		return found.score()
	}
}

// A judgement is a document's grade for a query. doc is its number in the corpus once
// it has been seen there.
type judgement struct {
	id    string
	grade float64
	at    data.Place
	doc   int // -1: not seen
}

// judgements are the qrels: of each query, and where each document is judged.
type judgements struct {
	all     []*judgement // in the order of their file
	byQuery map[string][]*judgement
	byDoc   map[string][]*judgement
	first   map[string]data.Place // of each query
}

func (c collection) readQrels() (*judgements, error) {
	j := &judgements{byQuery: map[string][]*judgement{}, byDoc: map[string][]*judgement{}, first: map[string]data.Place{}}
	err := c.qrels.Read(qrelsFields, func(r data.Row) error {
		query, err := r.ID(0)
		if err != nil {
			return err
		}
		doc, err := r.ID(1)
		if err != nil {
			return err
		}
		grade, err := r.Number(2)
		if err != nil {
			return err
		}
		it := &judgement{id: doc, grade: grade, at: r.At, doc: -1}
		if _, ok := j.first[query]; !ok {
			j.first[query] = r.At
		}
		for _, other := range j.byQuery[query] {
			if other.id == doc && other.grade == grade {
				return nil
			}
			if other.id == doc {
				return r.At.Errorf("document %q has two grades for query %q: %v and %v", data.Short(doc), data.Short(query), other.grade, grade)
			}
		}
		j.all = append(j.all, it)
		j.byQuery[query] = append(j.byQuery[query], it)
		j.byDoc[doc] = append(j.byDoc[doc], it)
		return nil
	})
	return j, err
}

// A query has judgements.
type query struct {
	id     string
	text   int // index in texts
	judged []*judgement
}

// readQueries returns the queries that have judgements, in the order of their file.
func (c collection) readQueries(j *judgements) ([]query, *texts, error) {
	all := &texts{}
	var out []query
	seen := map[string]bool{}
	err := c.queries.Read(queryFields, func(r data.Row) error {
		id, err := r.ID(0)
		if err != nil {
			return err
		}
		text, err := r.Text(1)
		if err != nil {
			return err
		}
		if seen[id] {
			return r.At.Errorf("query %q occurs twice", data.Short(id))
		}
		seen[id] = true
		if list, ok := j.byQuery[id]; ok {
			out = append(out, query{id, all.add(text, r.At), list})
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	lost := &data.Oddities{What: "queries are in no line of " + filepath.Base(c.queries.Files[0]) + "; they do not count"}
	for _, id := range sortedByPlace(j.first) {
		if !seen[id] && c.qrels.Strict {
			return nil, nil, j.first[id].Errorf("query %q is in no line of %s", data.Short(id), filepath.Base(c.queries.Files[0]))
		}
		lost.Meet(j.first[id], !seen[id])
	}
	if err := lost.Judge(c.qrels.Warn); err != nil {
		return nil, nil, err
	}
	if len(out) == 0 {
		return nil, nil, data.Place{File: c.qrels.Files[0], Line: 1}.Errorf("no query of %s has judgements", filepath.Base(c.queries.Files[0]))
	}
	return out, all, nil
}

func sortedByPlace(first map[string]data.Place) []string {
	ids := make([]string, 0, len(first))
	for id := range first {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(first[a].Line, first[b].Line) })
	return ids
}

func inOrder(queries []query) bool {
	for i, q := range queries {
		if q.text != i {
			return false
		}
	}
	return true
}

func gatherQueries(m *matrix.Matrix, queries []query) *matrix.Matrix {
	rows := make([]int, len(queries))
	for i, q := range queries {
		rows[i] = q.text
	}
	return gather(m, rows)
}

// A finder looks for the documents of each query, a block of the corpus at a time: a
// corpus of millions of documents is never in memory.
type finder struct {
	collection
	session *session
	judged  *judgements
	queries []query
	vectors *matrix.Matrix // of queries
	tops    []top

	block []int // numbers in texts of the documents to come
	texts texts
	first int            // number of the first of them
	same  map[string]int // a query's id → the document of that id
	empty int
}

// scanCorpus reads, encodes and ranks all documents.
func (f *finder) scanCorpus(ctx context.Context) error {
	for i := range f.tops {
		f.tops[i].size = hits
	}
	if f.ignoreSame {
		f.same = make(map[string]int, len(f.queries))
		for _, q := range f.queries {
			f.same[q.id] = -1
		}
	}
	number := 0
	err := f.corpus.Read(docFields, func(r data.Row) error {
		id, err := r.ID(0)
		if err != nil {
			return err
		}
		text, err := document(r)
		if err != nil {
			return err
		}
		if text == "" {
			f.empty++
		}
		if err := f.meet(id, number, r.At); err != nil {
			return err
		}
		f.block = append(f.block, f.texts.add(text, r.At))
		number++
		if len(f.block) == docBlock {
			return f.flush(ctx)
		}
		return nil
	})
	if err == nil {
		err = f.flush(ctx)
	}
	if err != nil {
		return err
	}
	f.session.note("documents", float64(number))
	f.session.note("queries", float64(len(f.queries)))
	if f.empty > 0 {
		f.session.warnf("%d documents of %s have neither title nor text", f.empty, filepath.Base(f.corpus.Files[0]))
	}
	return f.checkJudged()
}

// document returns the text of a document: its title, a space, and its text, trimmed.
// Either may be empty; collections hold documents without any text.
func document(r data.Row) (string, error) {
	r = r.Loose()
	text, err := r.Text(2)
	if err != nil {
		return "", err
	}
	title := ""
	if r.Has(1) {
		if title, err = r.Text(1); err != nil {
			return "", err
		}
	}
	return strings.TrimSpace(title + " " + text), nil
}

// meet tells what a document's id has to do with the queries.
func (f *finder) meet(id string, number int, at data.Place) error {
	for _, j := range f.judged.byDoc[id] {
		if j.doc >= 0 {
			return at.Errorf("document %q occurs twice", data.Short(id))
		}
		j.doc = number
	}
	if _, ok := f.same[id]; ok {
		f.same[id] = number
	}
	return nil
}

// flush ranks the block of documents.
func (f *finder) flush(ctx context.Context) error {
	if len(f.block) == 0 {
		return nil
	}
	m, err := f.session.encodeUnit(ctx, &f.texts)
	if err != nil {
		return err
	}
	docs := m
	if len(f.block) != m.Rows {
		docs = gather(m, f.block)
	}
	var skip func(query, doc int) bool
	if f.ignoreSame {
		skip = func(query, doc int) bool { return f.same[f.queries[query].id] == doc }
	}
	scan(f.vectors, docs, f.first, f.tops, skip)
	f.first += len(f.block)
	f.block = f.block[:0]
	f.texts.reset()
	return nil
}

// checkJudged looks for judgements of documents that do not exist.
func (f *finder) checkJudged() error {
	lost := &data.Oddities{What: "judgements are of documents that are in no line of " + filepath.Base(f.corpus.Files[0]) + ", and never found"}
	for _, j := range f.judged.all {
		if j.doc < 0 && f.qrels.Strict {
			return j.at.Errorf("document %q is in no line of %s", data.Short(j.id), filepath.Base(f.corpus.Files[0]))
		}
		lost.Meet(j.at, j.doc < 0)
	}
	return lost.Judge(f.session.warnf)
}

// gain returns the score of a query from the grades of what was found and of all that
// was judged.
func (f *finder) gain(found, judged []float64) float64 {
	switch f.main {
	case "ndcg_at_1":
		return metric.NDCG(found, judged, 1)
	case "recall_at_10":
		return metric.Recall(found, judged, hits)
	}
	return metric.NDCG(found, judged, hits)
}

// score returns the mean nDCG@10 of the queries.
func (f *finder) score() (float64, error) {
	gains := make([]float64, len(f.queries))
	for i, q := range f.queries {
		gain := make(map[int]float64, len(q.judged))
		var judged, found []float64
		for _, j := range q.judged {
			if j.doc >= 0 {
				gain[j.doc] = j.grade
			}
			judged = append(judged, j.grade)
		}
		for _, h := range f.tops[i].sorted() {
			found = append(found, gain[h.doc])
		}
		gains[i] = f.gain(found, judged)
	}
	return metric.Mean(gains), nil
}
