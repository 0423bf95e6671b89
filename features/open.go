package features

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// Store is one or more folders that Write has made, read one after the other.
type Store struct {
	dirs      []store.Folder
	manifests []*Manifest
}

// Open opens complete folders of the same teacher, width and type. It reads
// their manifests, and looks whether their files are there; a file's SHA-256 is
// compared when the file is read.
func Open(dirs ...string) (*Store, error) {
	var folders []store.Folder
	for _, dir := range dirs {
		folders = append(folders, store.Local(dir))
	}
	return OpenIn(context.Background(), folders...)
}

// OpenIn is Open for folders wherever they lie.
func OpenIn(ctx context.Context, dirs ...store.Folder) (*Store, error) {
	if len(dirs) == 0 {
		return nil, errors.New("features: open: no folder is named")
	}
	s := &Store{dirs: dirs}
	for _, dir := range dirs {
		m, err := openFolder(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("features: open %w", err)
		}
		if len(s.manifests) > 0 {
			if what := difference(s.manifests[0].identity(), m.identity()); what != "" {
				return nil, fmt.Errorf("features: open %s: it does not match %s: %s", dir.Path(""), dirs[0].Path(""), what)
			}
		}
		s.manifests = append(s.manifests, m)
	}
	return s, nil
}

func openFolder(ctx context.Context, dir store.Folder) (*Manifest, error) {
	there, err := names(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(""), err)
	}
	m, err := readManifest(ctx, dir, ManifestFile)
	switch {
	case err != nil:
		return nil, err
	case m == nil && hasShares(ctx, dir):
		return nil, fmt.Errorf("%s: %w", dir.Path(""), errShares)
	case m == nil:
		return nil, fmt.Errorf("%s: it has no %s, which m2v featurize writes", dir.Path(""), ManifestFile)
	case !m.Complete:
		return nil, fmt.Errorf("%s: it is not complete: it has %d texts so far; write the features again to go on", dir.Path(""), m.Texts)
	case m.Texts == 0:
		return nil, fmt.Errorf("%s: it has no texts", dir.Path(""))
	}
	for _, name := range m.files() {
		if !there[name] {
			return nil, fmt.Errorf("%s: %w; write the features again to make it anew", dir.Path(name), errMissing)
		}
	}
	return m, nil
}

// files names the files beside the manifest.
func (m *Manifest) files() []string {
	var names []string
	if m.Rows != nil {
		names = append(names, RowsName, TokensName)
		names = append(names, slices.Sorted(maps.Keys(m.Rows.Files))...)
	}
	for _, s := range m.Shards {
		names = append(names, s.File)
	}
	return names
}

// sums returns the SHA-256 of the files beside the manifest.
func (m *Manifest) sums() map[string]string {
	sums := map[string]string{}
	if m.Rows != nil {
		sums[RowsName], sums[TokensName] = m.Rows.SHA256, m.Rows.TokensSHA256
		maps.Copy(sums, m.Rows.Files)
	}
	for _, s := range m.Shards {
		sums[s.File] = s.SHA256
	}
	return sums
}

// Len returns N.
func (s *Store) Len() int {
	n := 0
	for _, m := range s.manifests {
		n += m.Texts
	}
	return n
}

// Width returns H.
func (s *Store) Width() int { return s.manifests[0].Width }

// Manifests returns the manifest of each folder, in the order of Open.
func (s *Store) Manifests() []*Manifest { return s.manifests }

// Each implements Source. A batch is a shard.
func (s *Store) Each(ctx context.Context, visit func(first int, texts []string, y *matrix.Matrix) error) error {
	return s.each(ctx, new(matrix.Matrix), visit)
}

// Texts implements Source.
func (s *Store) Texts(ctx context.Context, visit func(first int, texts []string) error) error {
	return s.each(ctx, nil, func(first int, texts []string, _ *matrix.Matrix) error { return visit(first, texts) })
}

// each reads all shards into y, or their texts alone if y is nil.
func (s *Store) each(ctx context.Context, y *matrix.Matrix, visit func(int, []string, *matrix.Matrix) error) error {
	first := 0
	var texts []string
	for k, m := range s.manifests {
		for _, shard := range m.Shards {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if texts, err = readShard(ctx, s.dirs[k], shard, m.Width, texts, y); err != nil {
				return fmt.Errorf("features: read %w", err)
			}
			if len(texts) == 0 {
				continue
			}
			if err := visit(first, texts, y); err != nil {
				return err
			}
			first += len(texts)
		}
	}
	return nil
}

// Check reads all files and compares their SHA-256. Its error names each file
// that is missing or damaged.
func (s *Store) Check(ctx context.Context) error {
	var faults []error
	for k, m := range s.manifests {
		sums := m.sums()
		for _, name := range m.files() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := checkFile(ctx, s.dirs[k], name, sums[name]); err != nil {
				faults = append(faults, fmt.Errorf("features: check %s: %w", s.dirs[k].Path(name), err))
			}
		}
	}
	return errors.Join(faults...)
}

// checkFile compares the SHA-256 of a file of a folder.
func checkFile(ctx context.Context, dir store.Folder, name, want string) error {
	f, err := dir.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close()
	return checkSum(f, want)
}

// errMissing is the cause of an error about a file that the manifest names.
var errMissing = errors.New("no such file")

// names returns the names of a folder's files.
func names(ctx context.Context, dir store.Folder) (map[string]bool, error) {
	list, err := dir.List(ctx)
	there := map[string]bool{}
	for _, e := range list {
		there[e.Name] = true
	}
	return there, err
}

// Rows returns the vocabulary's rows of the first folder that has some, nil if
// none has.
func (s *Store) Rows() (*Rows, error) {
	for k, m := range s.manifests {
		if m.Rows == nil {
			continue
		}
		r, err := readRows(context.Background(), s.dirs[k], m.Rows)
		if err != nil {
			return nil, fmt.Errorf("features: read %w", err)
		}
		return r, nil
	}
	return nil, nil
}
