package features

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/m2v-dev/m2v/store"
)

// Content is what a folder holds: features, or shares of them.
type Content struct {
	Path     string       `json:"path"`
	Complete bool         `json:"complete"` // features that can be read
	Texts    int          `json:"texts"`    // that have a vector
	Shards   int          `json:"shards"`
	Bytes    int64        `json:"bytes"` // of all files that the manifests name
	Width    int          `json:"width"` // H
	DType    string       `json:"dtype"`
	Teacher  string       `json:"teacher"` // its name, or ""
	Shares   []ShareShown `json:"shares"`  // those that are to be merged
	// Absent are the shares that have not begun in this folder.
	Absent []int `json:"absent"`
	// Faults are the files that are missing and, once Check has read them, damaged.
	Faults []string `json:"faults"`

	folder    store.Folder
	manifests []*Manifest
}

// ShareShown is a share of a Content.
type ShareShown struct {
	Index    int  `json:"index"` // from 0
	Of       int  `json:"of"`
	Texts    int  `json:"texts"`
	Shards   int  `json:"shards"`
	Complete bool `json:"complete"`
}

// Look reads a folder's manifests, and looks whether the files are there that they name.
func Look(ctx context.Context, dir store.Folder) (*Content, error) {
	c, err := look(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("features: look %w", err)
	}
	return c, nil
}

func look(ctx context.Context, dir store.Folder) (*Content, error) {
	list, err := dir.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(""), err)
	}
	sizes := map[string]int64{}
	manifests := []string{}
	for _, e := range list {
		sizes[e.Name] = e.Size
		if _, is := shareOfName(e.Name); is || e.Name == ManifestFile {
			manifests = append(manifests, e.Name)
		}
	}
	c := &Content{Path: dir.Path(""), Shares: []ShareShown{}, Absent: []int{}, Faults: []string{}, folder: dir}
	for _, name := range manifests {
		m, err := readManifest(ctx, dir, name)
		if err != nil {
			return nil, err
		}
		if m != nil { // it was merged since
			c.add(m, sizes)
		}
	}
	if len(c.manifests) == 0 {
		return nil, fmt.Errorf("%s: it has no %s, and no shares", dir.Path(""), ManifestFile)
	}
	c.absent()
	return c, nil
}

// add counts a manifest and its files; features.json, which comes first, has those of
// shares that stand beside it after a merge that was cut short.
func (c *Content) add(m *Manifest, sizes map[string]int64) {
	if len(c.manifests) > 0 && c.manifests[0].Share == nil {
		return
	}
	c.manifests = append(c.manifests, m)
	c.Width, c.DType, c.Teacher = m.Width, m.DType, m.Teacher.Name
	c.Texts += m.Texts
	c.Shards += len(m.Shards)
	c.Complete = m.Share == nil && m.Complete
	if m.Share != nil {
		c.Shares = append(c.Shares, ShareShown{m.Share.Index, m.Share.Of, m.Texts, len(m.Shards), m.Complete})
	}
	for _, name := range m.files() {
		size, there := sizes[name]
		c.Bytes += size
		if !there {
			c.Faults = append(c.Faults, fmt.Sprintf("%s: %v", c.folder.Path(name), errMissing))
		}
	}
}

// absent lists the shares that are not there.
func (c *Content) absent() {
	if len(c.Shares) == 0 {
		return
	}
	for i := range c.Shares[0].Of {
		if !slices.ContainsFunc(c.Shares, func(s ShareShown) bool { return s.Index == i }) {
			c.Absent = append(c.Absent, i)
		}
	}
}

// Check reads all files and compares their SHA-256; Faults then names each that is
// missing or damaged.
func (c *Content) Check(ctx context.Context) error {
	faulty, err := c.faulty(ctx)
	c.Faults = []string{}
	for _, f := range faulty {
		c.Faults = append(c.Faults, fmt.Sprintf("%s: %v", c.folder.Path(f.name), f.err))
	}
	return err
}

// faultyFile is a file that is not what its manifest says.
type faultyFile struct {
	name, sum string
	err       error
}

func (c *Content) faulty(ctx context.Context) (list []faultyFile, err error) {
	for _, m := range c.manifests {
		sums := m.sums()
		for _, name := range m.files() {
			if err := ctx.Err(); err != nil {
				return list, err
			}
			if err := checkFile(ctx, c.folder, name, sums[name]); err != nil {
				list = append(list, faultyFile{name, sums[name], err})
			}
		}
	}
	return list, nil
}

// lockAll takes the locks of a folder and of the shares that are in it.
func (c *Content) lockAll(ctx context.Context) (free func(), err error) {
	var frees []func()
	free = func() {
		for _, f := range frees {
			f()
		}
	}
	for _, name := range append([]string{lockFile}, c.locks()...) {
		f, err := c.folder.Lock(ctx, name)
		if err != nil {
			free()
			if errors.Is(err, ErrBusy) {
				return nil, fmt.Errorf("%s: %w", c.folder.Path(""), err)
			}
			return nil, fmt.Errorf("%s: %w", c.folder.Path(name), err)
		}
		frees = append(frees, f)
	}
	return free, nil
}

func (c *Content) locks() (names []string) {
	for _, m := range c.manifests {
		if m.Share != nil {
			names = append(names, m.share().lock())
		}
	}
	return names
}
