package features

import (
	"context"
	"fmt"
	"strings"

	"github.com/m2v-dev/m2v/store"
)

// Repaired tells what Repair did.
type Repaired struct {
	Copied  []string `json:"copied"`  // files that another folder had
	Removed []string `json:"removed"` // what killed runs had left
	// Lost are the files that no folder has: a run over the same texts makes them anew.
	Lost []string `json:"lost"`
}

// Repair mends the folder dir of features, or of shares of them: it reads all files, takes
// those that are missing or damaged from the folders from, if one of them has a file of that
// name and SHA-256, and removes the temporary files of runs that were killed. Nobody may
// write to dir at the same time.
func Repair(ctx context.Context, dir store.Folder, from ...store.Folder) (*Repaired, error) {
	r, err := repair(ctx, dir, from)
	if err != nil {
		return nil, fmt.Errorf("features: repair %w", err)
	}
	return r, nil
}

func repair(ctx context.Context, dir store.Folder, from []store.Folder) (*Repaired, error) {
	c, err := look(ctx, dir)
	if err != nil {
		return nil, err
	}
	free, err := c.lockAll(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	r := &Repaired{Copied: []string{}, Removed: []string{}, Lost: []string{}}
	faulty, err := c.faulty(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range faulty {
		switch source, err := holder(ctx, from, f); {
		case err != nil:
			return nil, err
		case source == nil:
			r.Lost = append(r.Lost, f.name)
		default:
			if err := copyFile(ctx, dir, source, f.name, f.sum); err != nil {
				return nil, err
			}
			r.Copied = append(r.Copied, f.name)
		}
	}
	return r, r.sweep(ctx, dir)
}

// holder returns the folder that has a file as it should be, nil if none has.
func holder(ctx context.Context, from []store.Folder, f faultyFile) (store.Folder, error) {
	for _, dir := range from {
		ok, err := intact(ctx, dir, f.name, f.sum)
		if err != nil {
			return nil, err
		}
		if ok {
			return dir, nil
		}
	}
	return nil, nil
}

// sweep removes temporary files.
func (r *Repaired) sweep(ctx context.Context, dir store.Folder) error {
	list, err := dir.List(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", dir.Path(""), err)
	}
	for _, e := range list {
		if !store.IsTemporary(e.Name) || strings.Contains(e.Name, "/") {
			continue
		}
		if err := dir.Remove(ctx, e.Name); err != nil {
			return fmt.Errorf("%s: %w", dir.Path(e.Name), err)
		}
		r.Removed = append(r.Removed, e.Name)
	}
	return nil
}
