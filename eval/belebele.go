package eval

import (
	"context"
	"slices"

	"github.com/m2v-dev/m2v/eval/data"
	"github.com/m2v-dev/m2v/eval/metric"
)

var (
	passageFields  = data.Fields("link", "flores_passage")
	questionFields = data.Fields("link", "question")
)

// belebele reads BelebeleRetrieval, which mteb makes of questions with four answers: a
// subset deu_Latn-eng_Latn takes the passages from German and the questions from English.
func (l languageSet) belebele(h set, folder, split string, s subset) (Task, error) {
	h.config = dataName(s.languages[0])
	passages, err := h.table(folder, split)
	if err != nil {
		return Task{}, err
	}
	h.config = dataName(s.languages[1])
	questions, err := h.table(folder, split)
	return Task{files: append(slices.Clone(passages.Files), questions.Files...), run: asking(passages, questions)}, err
}

// asking is the protocol of BelebeleRetrieval: documents are the distinct passages by their
// links, queries the distinct questions; the passages of a question's rows are relevant.
// The mean of nDCG@10 by cosine.
func asking(passages, questions data.Table) protocol {
	return func(ctx context.Context, s *session) (float64, error) {
		var all texts
		docs, queries := map[string]int{}, map[string]int{} // by link, by question
		var docRows, queryRows []int
		err := s.watch(passages).Read(passageFields, func(r data.Row) error {
			link, text, err := two(r)
			if _, seen := docs[link]; seen || err != nil {
				return err
			}
			docs[link] = len(docRows)
			docRows = append(docRows, all.add(text, r.At))
			return nil
		})
		if err != nil {
			return 0, err
		}
		var relevant []map[int]bool
		err = s.watch(questions).Read(questionFields, func(r data.Row) error {
			link, text, err := two(r)
			if err != nil {
				return err
			}
			doc, ok := docs[link]
			if !ok {
				return r.At.Errorf("the passage %q is not among those of the other language", link)
			}
			q, seen := queries[text]
			if !seen {
				q = len(queryRows)
				queries[text] = q
				queryRows, relevant = append(queryRows, all.add(text, r.At)), append(relevant, map[int]bool{})
			}
			relevant[q][doc] = true
			return nil
		})
		if err != nil {
			return 0, err
		}
		m, err := s.encodeUnit(ctx, &all)
		if err != nil {
			return 0, err
		}
		s.note("documents", float64(len(docRows)))
		s.note("queries", float64(len(queryRows)))
		tops := make([]top, len(queryRows))
		for i := range tops {
			tops[i].size = hits
		}
		scan(gather(m, queryRows), gather(m, docRows), 0, tops, nil)
		return meanGain(tops, relevant), nil
	}
}

// two returns the two texts of a row.
func two(r data.Row) (a, b string, err error) {
	if a, err = r.Text(0); err == nil {
		b, err = r.Text(1)
	}
	return a, b, err
}

// meanGain is the mean of nDCG@10 where all relevant documents are equally so.
func meanGain(tops []top, relevant []map[int]bool) float64 {
	gains := make([]float64, len(tops))
	for i := range tops {
		found := make([]float64, 0, hits)
		for _, h := range tops[i].sorted() {
			grade := 0.0
			if relevant[i][h.doc] {
				grade = 1
			}
			found = append(found, grade)
		}
		gains[i] = metric.NDCG(found, slices.Repeat([]float64{1}, len(relevant[i])), hits)
	}
	return metric.Mean(gains)
}
