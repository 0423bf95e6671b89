package distill

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/store"
	"github.com/m2v-dev/m2v/teacher"
)

// A Lesson is what one teacher says of a corpus: a vector for each text and, where they
// are known, its rows of a vocabulary.
type Lesson struct {
	Vectors features.Source // N×H
	// Rows are the teacher's rows. They count where their tokens are the student's; nil
	// where the teacher counts by its vectors alone.
	Rows *features.Rows
	// Teacher is what the manifest says of it.
	Teacher export.TextTeacher
	// Time is what the teacher took for the vectors of Learn; 0 if not all were made then.
	Time time.Duration

	name string // for messages
}

// OpenLesson opens a folder that Featurize or m2v featurize made.
func OpenLesson(dir string) (Lesson, error) {
	return lessonIn(context.Background(), store.Local(dir), dir)
}

// lessonIn opens a folder of any store; name is for messages.
func lessonIn(ctx context.Context, dir store.Folder, name string) (Lesson, error) {
	vectors, err := features.OpenIn(ctx, dir)
	if err != nil {
		return Lesson{}, err
	}
	rows, err := vectors.Rows()
	if err != nil {
		return Lesson{}, err
	}
	return Lesson{Vectors: vectors, Rows: rows, name: name, Teacher: inManifest(vectors.Manifests()[0].Teacher)}, nil
}

// inManifest is what a student's manifest says of a teacher of texts.
func inManifest(t features.Teacher) export.TextTeacher {
	return export.TextTeacher{Name: t.Name, Revision: t.Revision, SHA256: t.SHA256, Settings: t.Settings}
}

// ForeignLesson is a lesson of vectors that another program made.
func ForeignLesson(vectors *features.Foreign, name string) Lesson {
	return Lesson{Vectors: vectors, name: name}
}

// Vocabulary returns the teacher whose vocabulary the lesson's rows are of, as o asks
// for it: its tokenizer is in the folder of features.
func (l Lesson) Vocabulary(o teacher.Options) (*teacher.Teacher, error) {
	if l.Rows == nil || l.Rows.Files["tokenizer.json"] == nil {
		return nil, fault.Hint(fmt.Errorf("%s has no tokenizer, which gives the student its vocabulary", l.name), "name one with --tokenizer")
	}
	dir, err := os.MkdirTemp("", "m2v-tokenizer-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for name, data := range l.Rows.Files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	t, err := teacher.WithoutGraph(dir, o)
	if err != nil {
		return nil, err
	}
	t.Folder.Name, t.Folder.Commit, t.SHA256 = l.Teacher.Name, l.Teacher.Revision, l.Teacher.SHA256
	return t, nil
}

// of returns the lesson's rows if they are of the tokens, nil otherwise.
func (l Lesson) of(tokens []string) *features.Rows {
	if l.Rows == nil || !slices.Equal(l.Rows.Tokens, tokens) {
		return nil
	}
	return l.Rows
}

// Study says how a teacher is asked about texts.
type Study struct {
	Texts  teacher.TextOptions
	Writes features.Options // how the vectors lie on disk; the zero value is features.DefaultOptions
	// Rows asks for the teacher's rows of its vocabulary, too.
	Rows bool
	// Vocabulary says which tokens a student without a teacher has.
	Vocabulary teacher.Options
}

// DefaultStudy asks as the teacher's files say.
func DefaultStudy() Study {
	return Study{Writes: features.DefaultOptions(), Vocabulary: teacher.DefaultOptions()}
}

// Featurize writes the vectors that the teacher t gives the texts of corpus to the
// folder dir, or goes on with what an earlier run has begun; see features.Write.
func Featurize(ctx context.Context, t *teacher.Teacher, p runtime.Provider, corpus features.Corpus, dir string, s Study, progress teacher.Progress) (*features.Report, error) {
	asked, err := ask(t, s.Texts, p)
	if err != nil {
		return nil, err
	}
	defer asked.Close()
	return asked.write(ctx, t, p, corpus, 0, dir, s, progress)
}

// asked is a teacher that is open for texts, and what decides its vectors.
type asked struct {
	*teacher.Texts
	about features.Teacher
}

// ask opens the teacher t for texts.
func ask(t *teacher.Teacher, o teacher.TextOptions, p runtime.Provider) (asked, error) {
	encoder, err := teacher.OpenTexts(t.Folder, o, p)
	if err != nil {
		return asked{}, err
	}
	sums, err := encoder.SHA256()
	if err != nil {
		encoder.Close()
		return asked{}, err
	}
	return asked{encoder, features.Teacher{
		Name: t.Folder.Name, Revision: t.Folder.Commit, SHA256: sums, Settings: encoder.Settings(), Tokenizer: sums["tokenizer.json"],
	}}, nil
}

// Teacher says what decides the vectors.
func (a asked) Teacher() features.Teacher { return a.about }

// write is Featurize of a teacher that is open, of so many texts; 0 if that is not known.
// Progress is that of this run: what an earlier one has made is a stage of its own.
func (a asked) write(ctx context.Context, t *teacher.Teacher, p runtime.Provider, corpus features.Corpus, total int, dir string, s Study, progress teacher.Progress) (*features.Report, error) {
	o := s.Writes
	if o.ShardTexts == 0 {
		o = features.DefaultOptions()
	}
	o.Version = export.Version
	if progress != nil {
		o.Progress = func(found, made int) {
			if made == 0 {
				progress("found", "texts", found, 0)
				return
			}
			progress("texts", "texts", made, max(total-found, 0))
		}
	}
	if s.Rows {
		o.Rows = func(ctx context.Context) (*features.Rows, error) { return studyRows(ctx, t, p, progress) }
	}
	return features.Write(ctx, dir, corpus, a, o)
}

// studyRows makes the teacher's rows for a folder of features.
func studyRows(ctx context.Context, t *teacher.Teacher, p runtime.Provider, progress teacher.Progress) (*features.Rows, error) {
	all, _, err := t.Embed(ctx, p, progress, t.Options.Pooling) // V×H
	if err != nil {
		return nil, err
	}
	files, err := t.VocabularyFiles()
	if err != nil {
		return nil, err
	}
	return &features.Rows{
		Tokens: t.Vocabulary.Tokens, Matrix: all[0], Files: files,
		Settings: map[string]string{"pooling": t.Options.Pooling.String(), "special_tokens": t.Options.Vocab.SpecialTokens.String()},
	}, nil
}

// Learn asks the teacher t about texts: its vectors of them, and its rows of the
// vocabulary. The vectors lie in a folder of their own in cache, where a later call
// finds them, and the rows in kept.
func Learn(ctx context.Context, t *teacher.Teacher, p runtime.Provider, texts []string, s Study, cache string, kept teacher.RowCache, progress teacher.Progress) (Lesson, teacher.Pass, error) {
	rows, pass, err := kept.Embed(ctx, t, p, progress, t.Options.Pooling) // V×H
	if err != nil {
		return Lesson{}, pass, err
	}
	asked, err := ask(t, s.Texts, p)
	if err != nil {
		return Lesson{}, pass, err
	}
	defer asked.Close()
	s.Rows = false // they are there
	dir := filepath.Join(cache, asked.key(texts, s.Writes))
	start := time.Now()
	report, err := asked.write(ctx, t, p, features.Strings(texts), len(texts), dir, s, progress) // N×H
	if errors.Is(err, features.ErrBusy) {                                                        // another process makes the same vectors
		err = fault.Hint(err, "the same vectors are being made: wait until they are there, or use another cache with XDG_CACHE_HOME")
	}
	if err != nil {
		return Lesson{}, pass, err
	}
	lesson, err := OpenLesson(dir)
	lesson.Rows = &features.Rows{Tokens: t.Vocabulary.Tokens, Matrix: rows}
	if report.Found == 0 {
		lesson.Time = time.Since(start)
	}
	return lesson, pass, err
}

// FeaturesFolder is where the teachers' vectors of texts lie in m2v's cache; "" where
// there is none.
func FeaturesFolder(cache string) string {
	if cache == "" {
		return ""
	}
	return filepath.Join(cache, "features")
}

// key names the folder of the teacher's vectors of texts in a cache.
func (a asked) key(texts []string, o features.Options) string {
	about, err := json.Marshal(a.about)
	if err != nil {
		panic(err) // it holds strings and maps of them
	}
	h := sha256.New()
	fmt.Fprintf(h, "m2v features 2 %s\n%s\n%d %d %s\n", export.Version, about, o.ShardTexts, o.BatchTexts, o.Type)
	for _, text := range texts {
		features.HashText(h, text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sameTexts returns the SHA-256 of the lessons' texts, which must be the same.
func sameTexts(ctx context.Context, lessons []Lesson) (string, error) {
	if len(lessons) == 0 {
		return "", errors.New("distill: no vectors of texts")
	}
	n := lessons[0].Vectors.Len()
	sums, err := sumTexts(ctx, lessons, []int{n})
	return sums[n], err
}

// sumTexts returns, for each of some numbers of texts, the SHA-256 of so many of the
// lessons' texts, the first ones; all texts must be the same.
func sumTexts(ctx context.Context, lessons []Lesson, counts []int) (map[int]string, error) {
	var first []byte
	sums := map[int]string{}
	for k, l := range lessons {
		h := sha256.New()
		n := 0
		err := l.Vectors.Texts(ctx, func(_ int, texts []string) error {
			for _, text := range texts {
				features.HashText(h, text)
				if n++; k == 0 && slices.Contains(counts, n) {
					sums[n] = hex.EncodeToString(h.Sum(nil))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		sum := h.Sum(nil)
		if k > 0 && !bytes.Equal(sum, first) {
			return nil, fmt.Errorf("distill: %s and %s were made from different texts (%d and %d): all teachers must encode the same texts", lessons[0].name, l.name, lessons[0].Vectors.Len(), l.Vectors.Len())
		}
		first = sum
	}
	return sums, nil
}
