package features

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// begin opens a folder for writing: it makes it if need be, takes its lock, and
// reads its manifest or writes the first one.
func begin(ctx context.Context, dir store.Folder, e Encoder, o Options) (_ *writer, err error) {
	if err := o.check(e.Width()); err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(""), err)
	}
	w := &writer{dir: dir, options: o, encoder: e, all: sha256.New()}
	if w.free, err = dir.Lock(ctx, o.Share.lock()); err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(""), err)
	}
	defer func() {
		if err != nil {
			w.free()
		}
	}()
	mine := &Manifest{
		Tool: "m2v", Version: o.Version, Teacher: e.Teacher(), Width: e.Width(), DType: o.Type.String(),
		ShardTexts: o.ShardTexts, BatchTexts: o.BatchTexts, Share: o.Share.state(),
	}
	if w.manifest, err = readManifest(ctx, dir, mine.name()); err != nil {
		return nil, err
	}
	if w.manifest == nil {
		if err := w.checkEmpty(ctx, mine); err != nil {
			return nil, err
		}
		w.manifest = mine
		if err := w.writeManifest(ctx); err != nil {
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
	return fmt.Errorf("%s: %w: %s; name another folder, or remove it", w.dir.Path(""), ErrOther, what)
}

// checkEmpty refuses a folder without the manifest mine that holds anything but what
// other shares of the same work have left.
func (w *writer) checkEmpty(ctx context.Context, mine *Manifest) error {
	strange := ""
	for range 2 { // what another share has begun since may be seen without its manifest
		list, err := w.dir.List(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", w.dir.Path(""), err)
		}
		strange = ""
		for _, e := range list {
			share, is := shareOfName(e.Name)
			switch {
			case is && share.Of == w.options.Share.Of:
				return w.checkBeside(ctx, e.Name, mine)
			case is:
				return w.other(fmt.Sprintf("it has share %s of the work, and this run does %s", share, w.options.Share))
			case strange == "" && !ownBeginning(e.Name):
				strange = e.Name
			}
		}
	}
	switch {
	case strange == ManifestFile:
		return w.other("its features are whole, and no share is to be made: run without a share to mend them")
	case strange != "":
		return w.other(fmt.Sprintf("it has %s, and no %s", strange, mine.name()))
	}
	return nil
}

// checkBeside refuses a folder whose other share, told by the manifest name, is not of
// one layout with mine.
func (w *writer) checkBeside(ctx context.Context, name string, mine *Manifest) error {
	other, err := readManifest(ctx, w.dir, name)
	if err != nil || other == nil {
		return err
	}
	if what := difference(other.layout(), mine.layout()); what != "" {
		return w.other(what)
	}
	return nil
}

// ownBeginning tells whether a file is of a run that was killed before its manifest was
// there, or that begins now.
func ownBeginning(name string) bool {
	return strings.HasPrefix(name, lockFile) || strings.HasPrefix(name, "."+ManifestFile+".") || strings.HasPrefix(name, "."+sharePrefix)
}

// writeFile writes a file of the folder in full, or leaves what is at its place as
// it is.
func (w *writer) writeFile(ctx context.Context, name string, fill func(io.Writer) error) error {
	err := w.dir.Create(ctx, name, func(out io.Writer) error {
		if w.options.disk != nil {
			out = w.options.disk(out)
		}
		return fill(out)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", w.dir.Path(name), files.Bare(err))
	}
	return nil
}

func (w *writer) writeManifest(ctx context.Context) error {
	data, err := w.manifest.json()
	if err != nil {
		return err
	}
	return w.writeFile(ctx, w.manifest.name(), writing(data))
}

// intact tells whether a file of a folder has its SHA-256. One that has not is to be
// made anew.
func intact(ctx context.Context, dir store.Folder, name, want string) (bool, error) {
	err := checkFile(ctx, dir, name, want)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%s: %w", dir.Path(name), err)
	}
	return true, nil
}

// rows makes the vocabulary's rows, where they are wanted and missing.
func (w *writer) rows(ctx context.Context) error {
	if w.options.Rows == nil || w.rowed || !w.options.Share.has(0) {
		return nil
	}
	w.rowed = true
	if about := w.manifest.Rows; about != nil {
		rows, err := intact(ctx, w.dir, RowsName, about.SHA256)
		if err != nil {
			return err
		}
		tokens, err := intact(ctx, w.dir, TokensName, about.TokensSHA256)
		for name, sum := range about.Files {
			if err == nil && tokens {
				tokens, err = intact(ctx, w.dir, name, sum)
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
	if w.manifest.Rows, err = w.writeRows(ctx, rows); err != nil {
		return err
	}
	return w.writeManifest(ctx)
}

// shard makes shard i of texts, unless the folder has it.
func (w *writer) shard(ctx context.Context, i int, texts []text, dropped Dropped) error {
	h := sha256.New()
	for _, t := range texts {
		HashText(h, t.string)
		HashText(w.all, t.string)
	}
	if !w.options.Share.has(i) {
		return nil
	}
	s := Shard{File: shardName(i), TextsSHA256: sum(h), Dropped: dropped}
	place := w.options.Share.place(i)
	if place < len(w.manifest.Shards) {
		old := w.manifest.Shards[place]
		if old.TextsSHA256 != s.TextsSHA256 {
			return w.other(fmt.Sprintf("other texts: those from number %d on are not the ones in %s", texts[0].number, s.File))
		}
		ok, err := intact(ctx, w.dir, s.File, old.SHA256)
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
	w.manifest.put(place, s)
	w.report.Made++
	return w.writeManifest(ctx)
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
		return fmt.Errorf("%s: encode texts %d to %d: %w", w.dir.Path(""), texts[0].number, texts[len(texts)-1].number, err)
	}
	kept, err := w.keep(s, texts, y)
	if err != nil {
		return err
	}
	h := sha256.New()
	err = w.writeFile(ctx, s.File, func(out io.Writer) error {
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
					return nil, fmt.Errorf("%s: the vector of text %d holds %g, which float16 cannot hold: write float32", w.dir.Path(""), t.number, x)
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
		return nil, fmt.Errorf("%s: %d of %d texts have a vector of zeros, NaN or Inf, more than 1 %%; the first of this shard is text %d, %.60q", w.dir.Path(""), bad, all, first.number, first.string)
	}
	return kept, nil
}

// finish completes the manifest after the last of shards. tail is what was dropped
// after it.
func (w *writer) finish(ctx context.Context, shards int, tail Dropped) error {
	m, all := w.manifest, sum(w.all)
	switch mine := w.options.Share.count(shards); {
	case mine < len(m.Shards):
		return w.other(fmt.Sprintf("more texts: the corpus ends before those of %s", m.Shards[mine].File))
	case shards == 0:
		return fmt.Errorf("%s: the corpus holds no text (%d are empty)", w.dir.Path(""), tail.Empty)
	case m.Complete && m.Share != nil && m.TextsSHA256 != all:
		return w.other("other texts: those of other shares have changed since this one was made")
	}
	if err := w.rows(ctx); err != nil || m.Complete {
		return err
	}
	m.Complete, m.TextsSHA256 = true, all
	if m.Share == nil {
		m.Dropped.add(tail)
	} else {
		m.Share.Shards, m.Share.Tail = shards, tail
	}
	return w.writeManifest(ctx)
}
