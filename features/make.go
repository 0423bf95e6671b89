package features

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
)

// begin opens a folder for writing: it makes it if need be, takes its lock, and
// reads its manifest or writes the first one.
func begin(dir string, e Encoder, o Options) (_ *writer, err error) {
	if err := o.check(e.Width()); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	w := &writer{dir: dir, options: o, encoder: e, all: sha256.New()}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, files.Bare(err))
	}
	if w.lock, err = takeLock(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			freeLock(w.lock)
		}
	}()
	mine := &Manifest{
		Tool: "m2v", Version: o.Version, Teacher: e.Teacher(), Width: e.Width(), DType: o.Type.String(),
		ShardTexts: o.ShardTexts, BatchTexts: o.BatchTexts,
	}
	if w.manifest, err = readManifest(dir); err != nil {
		return nil, err
	}
	if w.manifest == nil {
		if err := w.checkEmpty(); err != nil {
			return nil, err
		}
		w.manifest = mine
		if err := w.writeManifest(); err != nil {
			return nil, err
		}
	}
	if what := difference(w.manifest.layout(), mine.layout()); what != "" {
		return nil, w.other(what)
	}
	w.report.Manifest = w.manifest
	return w, nil
}

// other refuses the folder.
func (w *writer) other(what string) error {
	return fmt.Errorf("%s: %w: %s; name another folder, or remove it", w.dir, ErrOther, what)
}

// checkEmpty refuses a folder without a manifest that holds anything.
func (w *writer) checkEmpty() error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return fmt.Errorf("%s: %w", w.dir, files.Bare(err))
	}
	for _, e := range entries {
		if e.Name() != lockFile && !strings.HasPrefix(e.Name(), "."+ManifestFile+".") { // of a run that was killed
			return w.other(fmt.Sprintf("it has %s, and no %s", e.Name(), ManifestFile))
		}
	}
	return nil
}

// writeFile writes a file of the folder in full, or leaves what is at its place as
// it is.
func (w *writer) writeFile(name string, fill func(io.Writer) error) error {
	path := filepath.Join(w.dir, name)
	err := files.Write(path, func(out io.Writer) error {
		if w.options.disk != nil {
			out = w.options.disk(out)
		}
		return fill(out)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", path, files.Bare(err))
	}
	return nil
}

func (w *writer) writeManifest() error {
	data, err := w.manifest.json()
	if err != nil {
		return err
	}
	return w.writeFile(ManifestFile, writing(data))
}

// intact tells whether a file of the folder has its SHA-256. One that has not is
// to be made anew.
func (w *writer) intact(name, want string) (bool, error) {
	f, err := os.Open(filepath.Join(w.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		defer f.Close()
		err = checkSum(f, want)
	}
	if errors.Is(err, errDamaged) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", filepath.Join(w.dir, name), files.Bare(err))
	}
	return true, nil
}

// rows makes the vocabulary's rows, where they are wanted and missing.
func (w *writer) rows(ctx context.Context) error {
	if w.options.Rows == nil || w.rowed {
		return nil
	}
	w.rowed = true
	if about := w.manifest.Rows; about != nil {
		rows, err := w.intact(RowsName, about.SHA256)
		if err != nil {
			return err
		}
		tokens, err := w.intact(TokensName, about.TokensSHA256)
		for name, sum := range about.Files {
			if err == nil && tokens {
				tokens, err = w.intact(name, sum)
			}
		}
		if err != nil || rows && tokens {
			return err
		}
		w.report.Remade = append(w.report.Remade, RowsName)
	}
	rows, err := w.options.Rows(ctx)
	if err != nil {
		return err
	}
	if w.manifest.Rows, err = w.writeRows(rows); err != nil {
		return err
	}
	return w.writeManifest()
}

// shard makes shard i of texts, unless the folder has it.
func (w *writer) shard(ctx context.Context, i int, texts []text, dropped Dropped) error {
	h := sha256.New()
	for _, t := range texts {
		HashText(h, t.string)
		HashText(w.all, t.string)
	}
	s := Shard{File: shardName(i), TextsSHA256: sum(h), Dropped: dropped}
	known := i < len(w.manifest.Shards)
	if known {
		old := w.manifest.Shards[i]
		if old.TextsSHA256 != s.TextsSHA256 {
			return w.other(fmt.Sprintf("other texts: those from number %d on are not the ones in %s", texts[0].number, s.File))
		}
		ok, err := w.intact(s.File, old.SHA256)
		if err != nil {
			return err
		}
		if ok {
			w.report.Found++
			w.found += len(texts)
			w.tell(0)
			return nil
		}
		w.report.Remade = append(w.report.Remade, s.File)
	} else if w.manifest.Complete {
		return w.other(fmt.Sprintf("fewer texts: the corpus goes on after the %d that it has", texts[0].number-1))
	}
	if err := w.rows(ctx); err != nil {
		return err
	}
	if err := w.makeShard(ctx, &s, texts); err != nil {
		return err
	}
	w.manifest.put(i, s)
	w.report.Made++
	return w.writeManifest()
}

// progress counts texts that are done.
func (w *writer) progress(texts int) {
	w.done += texts
	w.tell(0)
}

// tell tells how many texts are done, with more of a batch.
func (w *writer) tell(more int) {
	if w.options.Progress != nil {
		w.options.Progress(w.found, w.done+more)
	}
}

// makeShard encodes texts and writes the file of s.
func (w *writer) makeShard(ctx context.Context, s *Shard, texts []text) error {
	y, err := w.encode(ctx, texts) // n×H
	if err != nil {
		return fmt.Errorf("%s: encode texts %d to %d: %w", w.dir, texts[0].number, texts[len(texts)-1].number, err)
	}
	kept, err := w.keep(s, texts, y)
	if err != nil {
		return err
	}
	h := sha256.New()
	err = w.writeFile(s.File, func(out io.Writer) error {
		return encodeShard(io.MultiWriter(out, h), kept, y, w.options.Type)
	})
	s.SHA256 = sum(h)
	return err
}

// encode returns the vectors of texts, in their order. The encoder gets short ones
// first, so that the texts of a batch are of like length.
func (w *writer) encode(ctx context.Context, texts []text) (*matrix.Matrix, error) {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(texts[a].string), len(texts[b].string)) })
	width := w.encoder.Width()
	y := matrix.New(len(texts), width)
	for batch := range slices.Chunk(order, w.options.BatchTexts) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, part := make([]string, len(batch)), matrix.New(len(batch), width)
		for i, k := range batch {
			some[i] = texts[k].string
		}
		var err error
		if teller, ok := w.encoder.(Teller); ok {
			err = teller.EncodeTelling(ctx, some, part, w.tell)
		} else {
			err = w.encoder.Encode(ctx, some, part)
		}
		if err != nil {
			return nil, err
		}
		for i, k := range batch {
			copy(y.Row(k), part.Row(i))
		}
		w.progress(len(batch))
	}
	return y, nil
}

// keep drops the texts and rows of y without a usable vector, and returns the
// texts that are left.
func (w *writer) keep(s *Shard, texts []text, y *matrix.Matrix) ([]string, error) {
	var kept []string
	var first text
	for i, t := range texts {
		row := y.Row(i)
		if !usable(row) {
			if s.Dropped.BadVectors++; s.Dropped.BadVectors == 1 {
				first = t
			}
			if w.options.Bad != nil {
				w.options.Bad(t.number, t.string)
			}
			continue
		}
		if w.options.Type == matrix.Float16 {
			for _, x := range row {
				if !fits(x) {
					return nil, fmt.Errorf("%s: the vector of text %d holds %g, which float16 cannot: write float32", w.dir, t.number, x)
				}
			}
		}
		copy(y.Row(len(kept)), row)
		kept = append(kept, t.string)
	}
	s.Texts = len(kept)
	y.Rows, y.Data = len(kept), y.Data[:len(kept)*y.Cols]
	m := w.manifest
	bad, all := m.Dropped.BadVectors+s.Dropped.BadVectors, m.Texts+m.Dropped.BadVectors+len(texts)
	if s.Dropped.BadVectors > 0 && float64(bad) > maxBad*float64(all) {
		return nil, fmt.Errorf("%s: %d of %d texts have a vector of zeros, NaN or Inf, more than 1 %%; the first of this shard is text %d, %.60q", w.dir, bad, all, first.number, first.string)
	}
	return kept, nil
}

// finish completes the manifest after the last of shards. tail is what was dropped
// after it.
func (w *writer) finish(ctx context.Context, shards int, tail Dropped) error {
	m := w.manifest
	if shards < len(m.Shards) {
		return w.other(fmt.Sprintf("more texts: the corpus ends before those of %s", m.Shards[shards].File))
	}
	if shards == 0 {
		return fmt.Errorf("%s: the corpus holds no text (%d are empty)", w.dir, tail.Empty)
	}
	if err := w.rows(ctx); err != nil || m.Complete {
		return err
	}
	m.Complete, m.TextsSHA256 = true, sum(w.all)
	m.Dropped.add(tail)
	return w.writeManifest()
}
