package features

import (
	"context"
	"errors"

	"github.com/m2v-dev/m2v/matrix"
)

// Store is one or more folders that Write has made, read one after the other.
type Store struct {
	dirs      []string
	manifests []*Manifest
}

// Open opens complete folders of the same teacher, width and type. It reads
// their manifests alone; a shard's SHA-256 is checked when the shard is read.
func Open(dirs ...string) (*Store, error) {
	return nil, errors.New("features: open: not built yet")
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
	return errors.New("features: read: not built yet")
}

// Check reads all files and compares their SHA-256. Its error names each file
// that is missing or damaged.
func (s *Store) Check(ctx context.Context) error {
	return errors.New("features: check: not built yet")
}

// Rows returns the vocabulary's rows of the first folder that has some, nil if
// none has.
func (s *Store) Rows() (*Rows, error) {
	return nil, errors.New("features: rows: not built yet")
}
