// Package export writes model folders that Python model2vec,
// sentence-transformers, model2vec-rs and m2v load: all of a folder or nothing.
//
// A folder has the files of the reference, model.safetensors, tokenizer.json,
// config.json, modules.json and README.md, and m2v.json, the manifest of the
// run. None of them holds a clock, a path or anything else that differs
// between two runs on the same input, so their bytes do not.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/m2v-dev/m2v/internal/files"
	"github.com/m2v-dev/m2v/static"
)

// Folder is what a model folder says beyond the model itself.
type Folder struct {
	// Config are keys of config.json that tell how the model was made, such as
	// Recipe.Fields gives or another model's Config.Fields. Keys that follow
	// from the model, such as hidden_dim, are written as the model has them.
	Config []static.Field
	Card   Card
	// Manifest is m2v.json; nil for a folder without one.
	Manifest *Manifest
	// Files are written beside the model's own: a classifier's head and report.
	Files []File
}

// File is a small file of a folder.
type File struct {
	Name string
	Data []byte
}

// Options changes how a folder is written.
type Options struct {
	// Force replaces a folder of the same kind that is already there.
	Force bool
	// Names are what a folder of the kind may hold at its top: what Force may throw
	// away. nil is a model's.
	Names []string
}

// The names of a folder's files.
const (
	tensorsFile   = "model.safetensors"
	tokenizerFile = "tokenizer.json"
	configFile    = "config.json"
	modulesFile   = "modules.json"
	cardFile      = "README.md"
	ManifestFile  = "m2v.json"
)

// Write writes m to the folder dir, with the folders above it where they are
// missing.
//
// The folder is written beside dir, synced and renamed, so that dir is at every
// moment what it was or the whole of what it shall be, whether Write fails, the
// disk is full or the process is killed. What a killed process leaves beside
// dir is removed by the next Write there. docs/decisions/051-swap.md tells how.
//
// A dir that exists is ErrExists, or replaced with Options.Force; one that
// holds other things than a model is ErrNotModel even then. When ctx ends
// before the rename, nothing is written.
func Write(ctx context.Context, dir string, m *static.Model, f Folder, o Options) error {
	return WriteFolder(ctx, dir, func(path string) error {
		if err := writeFiles(ctx, path, m, f); err != nil {
			return fmt.Errorf("export: write %s: %w", dir, err)
		}
		return nil
	}, o)
}

// WriteFolder writes a folder of any kind as Write writes a model's: fill is given
// the path of an empty folder beside dir, which takes dir's place when fill has
// returned without an error. Errors of fill come back as they are.
func WriteFolder(ctx context.Context, dir string, fill func(path string) error, o Options) error {
	var filled error
	err := write(ctx, dir, func(path string) error {
		filled = fill(path)
		return filled
	}, o)
	if err != nil && filled == nil {
		return fmt.Errorf("export: write %s: %w", dir, err)
	}
	return err
}

func write(ctx context.Context, dir string, fill func(path string) error, o Options) (err error) {
	target, err := resolve(dir)
	if err != nil {
		return err
	}
	if err := checkTarget(target, o); err != nil {
		return err
	}
	made, err := makeParents(target)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			removeEmpty(made)
		}
	}()
	s, err := newStage(filepath.Dir(target))
	if err != nil {
		return err
	}
	defer s.remove()
	if err := fill(s.model()); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.commit(target, o)
}

// Check tells whether Write could write dir: it fails as Write would for a
// folder that exists or a place that cannot be written to, so that a long run
// need not start in vain. It leaves nothing behind.
func Check(dir string, o Options) error {
	target, err := resolve(dir)
	if err == nil {
		err = checkTarget(target, o)
	}
	if err == nil {
		err = checkWritable(filepath.Dir(target))
	}
	if err != nil {
		return fmt.Errorf("export: write %s: %w", dir, err)
	}
	return nil
}

// checkWritable makes and removes a folder in parent, or in the nearest folder
// above it that exists.
func checkWritable(parent string) error {
	for {
		s, err := newStage(parent)
		if err == nil {
			s.remove()
			return nil
		}
		above := filepath.Dir(parent)
		if !errors.Is(err, fs.ErrNotExist) || above == parent {
			return err
		}
		parent = above
	}
}

// writeFiles writes and syncs the files of the folder at path, which exists
// and is empty.
func writeFiles(ctx context.Context, path string, m *static.Model, f Folder) error {
	file, err := m.TokenizerFile()
	if err != nil {
		return err
	}
	tokenizer, err := file.Bytes()
	if err != nil {
		return err
	}
	config, err := ConfigJSON(m, f.Config)
	if err != nil {
		return err
	}
	modules, err := modulesJSON(m)
	if err != nil {
		return err
	}
	card, err := f.Card.markdown(m, f.Manifest)
	if err != nil {
		return err
	}
	small := append([]File{{tokenizerFile, tokenizer}, {configFile, config}, {modulesFile, modules}, {cardFile, card}}, f.Files...)
	if f.Manifest != nil {
		manifest, err := f.Manifest.JSON()
		if err != nil {
			return err
		}
		small = append(small, File{ManifestFile, manifest})
	}
	need := len(m.Table().Bytes) + 8*len(m.Weights()) + 4*len(m.Mapping())
	for _, s := range small {
		need += len(s.Data)
	}
	err = CreateFile(ctx, filepath.Join(path, tensorsFile), func(w io.Writer) error { return writeTensors(w, m) })
	for _, s := range small {
		if err == nil {
			err = CreateFile(ctx, filepath.Join(path, s.Name), func(w io.Writer) error {
				_, err := w.Write(s.Data)
				return err
			})
		}
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w (the folder needs %d bytes)", err, need)
	}
	if err != nil {
		return err
	}
	return syncDir(path)
}

// A writer writes to a file until its context ends, a piece at a time: a large
// tensor takes seconds that the user may not want to wait for.
type writer struct {
	ctx  context.Context
	file *os.File
}

const piece = 1 << 20 // bytes

func (w writer) Write(data []byte) (int, error) {
	written := 0
	for {
		if err := w.ctx.Err(); err != nil {
			return written, err
		}
		n, err := w.file.Write(data[written:min(len(data), written+piece)])
		written += n
		if err != nil || written == len(data) {
			return written, err
		}
	}
}

// CreateFile makes a file, fills and syncs it, as files of a folder that WriteFolder
// writes have to be. A file that exists is an error. When ctx ends, so does the writing.
func CreateFile(ctx context.Context, path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err == nil {
		err = fill(writer{ctx, f})
		if err == nil {
			err = f.Sync()
		}
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), files.Bare(err))
	}
	return nil
}

// syncDir makes a folder's names last. Systems that cannot do that for a
// folder answer with an error that means nothing.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return files.Bare(err)
	}
	defer d.Close()
	if err := d.Sync(); errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENOSPC) {
		return files.Bare(err)
	}
	return nil
}
