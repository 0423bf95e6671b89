package features

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// What stands in the way of writing to a folder.
var (
	// ErrOther: the folder holds features of another corpus, teacher or layout, or
	// something else. It stays as it is.
	ErrOther = errors.New("the folder holds something else")
	// ErrBusy: another process writes to the folder.
	ErrBusy = store.ErrBusy
)

// Options say how Write lays out a folder.
type Options struct {
	ShardTexts int           // texts per shard
	BatchTexts int           // texts per call of the encoder; never those of two shards
	Type       matrix.Type   // of the vectors: Float32 or Float16
	Version    string        // of the tool, for the manifest
	Stores     store.Schemes // open a folder that is named by a URL, such as s3://bucket/features
	Share      Share         // the part of the work that this run does; the zero value is all of it

	// Rows, if not nil, makes the teacher's rows of its vocabulary. It is called
	// only if the folder has none.
	Rows func(ctx context.Context) (*Rows, error)
	// Bad, if not nil, is told of each text whose vector is zeros or not finite,
	// and which is therefore dropped; number counts the texts of the corpus from 1.
	Bad func(number int, text string)
	// Progress, if not nil, is told how many texts earlier runs and this one have done:
	// after each batch, and in between by an encoder that is a Teller.
	Progress func(found, made int)

	disk func(io.Writer) io.Writer // for tests: what stands between a run and its files
}

// DefaultOptions are shards of 4,096 texts of float32, each in one call: at the end
// of a call some cores wait for the others. A shard of 384 dimensions is 6 MB.
func DefaultOptions() Options {
	return Options{ShardTexts: 4096, BatchTexts: 4096, Type: matrix.Float32}
}

// Limits of Options. A shard whose texts take more than maxShardBytes ends early.
const (
	maxShardTexts = 1 << 20
	maxShardBytes = 128 << 20
)

// maxBad is the part of all texts whose vectors may be bad.
const maxBad = 0.01

func (o Options) check(width int) error {
	switch {
	case o.ShardTexts < 1 || o.ShardTexts > maxShardTexts:
		return fmt.Errorf("shards of %d texts are not in 1 to %d", o.ShardTexts, maxShardTexts)
	case o.BatchTexts < 1:
		return fmt.Errorf("batches of %d texts are not positive", o.BatchTexts)
	case o.Type != matrix.Float32 && o.Type != matrix.Float16:
		return fmt.Errorf("type %s is not float32 or float16", o.Type)
	case width < 1 || width > maxWidth:
		return fmt.Errorf("width %d is not in 1 to %d", width, maxWidth)
	}
	return o.Share.check()
}

// Report tells what a run of Write did.
type Report struct {
	Manifest *Manifest
	Found    int // shards that earlier runs had made
	Made     int // shards that this run made
	// Remade are the files that the manifest named and that were missing or damaged.
	Remade []string
}

// Write makes the folder dir, a path or a URL of o.Stores, of the vectors that e gives for the texts of
// corpus, or goes on with one that an earlier run has begun. It holds one shard
// in memory.
//
// Texts of white space alone are dropped, and so are duplicates within a shard.
// Texts without a usable vector are dropped too; more than 1 % of them are an
// error. A folder of another corpus, teacher, width or other options is refused
// with ErrOther and stays as it is; a shard that is missing or damaged is made
// anew. A second process in the same folder gets ErrBusy.
//
// With o.Share the run makes the shards of its share alone, in the same folder as the
// others or in one of its own; Merge makes of them what one run would have left.
func Write(ctx context.Context, dir string, corpus Corpus, e Encoder, o Options) (*Report, error) {
	folder, err := o.Stores.Folder(dir)
	if err != nil {
		return nil, fmt.Errorf("features: write %s: %w", dir, err)
	}
	return WriteIn(ctx, folder, corpus, e, o)
}

// WriteIn is Write for a folder wherever it lies.
func WriteIn(ctx context.Context, dir store.Folder, corpus Corpus, e Encoder, o Options) (*Report, error) {
	w, err := begin(ctx, dir, e, o)
	if err != nil {
		return nil, fmt.Errorf("features: write %w", err)
	}
	defer w.free()
	if err := w.run(ctx, corpus); err != nil {
		return nil, fmt.Errorf("features: write %w", err)
	}
	return &w.report, nil
}

// writer is one run of Write.
type writer struct {
	dir      store.Folder
	options  Options
	encoder  Encoder
	free     func() // the lock
	manifest *Manifest
	report   Report
	all      hash.Hash // of the texts as a whole
	found    int       // texts in files of earlier runs
	done     int       // texts of this run
	rowed    bool      // the rows are there, or not wanted
}

// run is the pipeline: shard after shard, and the rows before the teacher is first
// asked about texts, so that a folder of another corpus stays as it is.
func (w *writer) run(ctx context.Context, corpus Corpus) error {
	f := &filler{corpus: corpus, texts: w.options.ShardTexts}
	for i := 0; ; i++ {
		texts, dropped, err := f.fill(ctx)
		if err != nil {
			return err
		}
		if len(texts) == 0 {
			return w.finish(ctx, i, dropped)
		}
		if err := w.shard(ctx, i, texts, dropped); err != nil {
			return err
		}
	}
}
