package features

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/store"
)

// Share is a part of the work of Write: of Of equal parts the one of number Index, from
// 0. Shard i of the corpus is of share i mod Of, whichever process runs first and however many
// there are. The zero value is all of the work.
type Share struct{ Index, Of int }

// maxShares is how many shares there may be: as many as shards have numbers.
const maxShares = 100_000

// ParseShare reads I/N, such as 0/4, the first of four shares.
func ParseShare(s string) (Share, error) {
	index, of, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	share := Share{i, n}
	if !ok || err1 != nil || err2 != nil || n == 0 {
		return Share{}, fmt.Errorf("features: share %q is not I/N, such as 0/4", s)
	}
	if err := share.check(); err != nil {
		return Share{}, fmt.Errorf("features: %w", err)
	}
	return share, nil
}

// String returns I/N, "all" for all of the work.
func (s Share) String() string {
	if s.Of == 0 {
		return "all"
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

func (s Share) check() error {
	if s == (Share{}) {
		return nil
	}
	if s.Of < 1 || s.Of > maxShares || s.Index < 0 || s.Index >= s.Of {
		return fmt.Errorf("share %d of %d is not in 0 to %d, of at most %d", s.Index, s.Of, s.Of-1, maxShares)
	}
	return nil
}

// has tells whether shard i of the corpus is of the share.
func (s Share) has(i int) bool { return s.Of == 0 || i%s.Of == s.Index }

// place is the place of shard i among those of the share.
func (s Share) place(i int) int { return i / max(s.Of, 1) }

// number is the shard of the corpus that has a place: the inverse of place.
func (s Share) number(place int) int { return place*max(s.Of, 1) + s.Index }

// count is how many of shards shards are of the share.
func (s Share) count(shards int) int {
	of := max(s.Of, 1)
	return (shards - s.Index + of - 1) / of
}

// lockFile is the lock of a folder's manifest; those of shares have a suffix.
const lockFile = ".lock"

func (s Share) lock() string {
	if s.Of == 0 {
		return lockFile
	}
	return fmt.Sprintf("%s-%05d-of-%05d", lockFile, s.Index, s.Of)
}

// sharePrefix begins the name of a share's manifest.
const sharePrefix = "share-"

// manifestName is the name of the manifest that a run of the share writes.
func (s Share) manifestName() string {
	if s.Of == 0 {
		return ManifestFile
	}
	return fmt.Sprintf("%s%05d-of-%05d.json", sharePrefix, s.Index, s.Of)
}

// shareOfName tells which share's manifest a file is, if it is one.
func shareOfName(name string) (s Share, ok bool) {
	_, err := fmt.Sscanf(name, sharePrefix+"%05d-of-%05d.json", &s.Index, &s.Of)
	return s, err == nil && s.check() == nil && s.manifestName() == name
}

// ShareState is a share in its manifest.
type ShareState struct {
	Index int `json:"index"` // from 0
	Of    int `json:"of"`
	// Shards counts those of the whole corpus, and Tail what was dropped after the last
	// one. Both are 0 until the share is complete.
	Shards int     `json:"shards"`
	Tail   Dropped `json:"tail"`
}

func (s Share) state() *ShareState {
	if s.Of == 0 {
		return nil
	}
	return &ShareState{Index: s.Index, Of: s.Of}
}

func (s *ShareState) check() error {
	switch {
	case s == nil:
		return nil
	case s.Of == 0:
		return errors.New("the number of shares is 0")
	}
	return Share{s.Index, s.Of}.check()
}

// share is the share that the manifest tells of.
func (m *Manifest) share() Share {
	if m.Share == nil {
		return Share{}
	}
	return Share{m.Share.Index, m.Share.Of}
}

// name is the name of the manifest's file.
func (m *Manifest) name() string { return m.share().manifestName() }

// errShares is the cause of an error about a folder that was not merged yet.
var errShares = errors.New("it holds shares: merge them first with m2v features --merge")

// hasShares tells whether a folder holds manifests of shares.
func hasShares(ctx context.Context, dir store.Folder) bool {
	list, err := dir.List(ctx)
	for _, e := range list {
		if _, is := shareOfName(e.Name); is && err == nil {
			return true
		}
	}
	return false
}
