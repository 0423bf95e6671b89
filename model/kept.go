package model

import (
	"context"
	"path/filepath"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/internal/cachekey"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/teacher"
)

// textsRevision is part of the keys of a teacher's vectors of texts.
const textsRevision = 1

// leastKept is how many texts of one call are worth a file.
const leastKept = 32

// keptTexts is a teacher whose vectors of texts are kept on disk, a file for each list of
// texts that it was given: a task that runs again, for another seed or protocol, or another
// task of the same texts, runs the teacher no more. A list is kept whole, since a text's
// vector hangs on the others of its batch in the last bits.
type keptTexts struct {
	*Teacher
	id    string // Identity
	cache teacher.RowCache
}

// keepTexts returns t with its vectors kept below m2v's cache folder.
func keepTexts(t *Teacher, id, cache string) keptTexts {
	return keptTexts{t, id, teacher.RowCache{Dir: filepath.Join(cache, "features", "texts")}}
}

// Encode writes the vector of texts[i] to row i of dst, len(texts)×D. What cannot be kept is
// made again: that the cache is not writable is told where results are kept.
func (k keptTexts) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	if len(texts) < leastKept || dst == nil {
		return k.Teacher.Encode(ctx, texts, dst)
	}
	key := k.key(texts)
	if kept, _, err := k.cache.Load(key, len(texts)); err == nil && kept.Cols == dst.Cols && dst.Rows == kept.Rows {
		copy(dst.Data, kept.Data)
		return ctx.Err()
	}
	if err := k.Teacher.Encode(ctx, texts, dst); err != nil {
		return err
	}
	if k.Graph.Replaced() == 0 { // else the warning of it would be lost
		_ = k.cache.Store(key, dst, nil)
	}
	return nil
}

// key is that of the teacher, of what runs it, and of the texts in their order.
func (k keptTexts) key(texts []string) string {
	key := cachekey.Engine{Program: export.Version, Library: k.Graph.RuntimeVersion()}.New("texts", textsRevision)
	key.Add("model", k.id)
	for _, text := range texts {
		key.Add("text", text)
	}
	return key.String()
}
