package features

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/m2v-dev/m2v/store"
)

// Merge makes features of shares: the folder out then holds, byte for byte, what one
// run would have left. The shares lie in out, in other folders, or some here and some
// there; what lies elsewhere is copied, and its SHA-256 compared. All shares must be
// there and complete, of one teacher and layout, and of the same texts. A merge that was
// cut short is done again.
func Merge(ctx context.Context, out store.Folder, from ...store.Folder) (*Manifest, error) {
	m, err := merge(ctx, out, from)
	if err != nil {
		return nil, fmt.Errorf("features: merge %w", err)
	}
	return m, nil
}

// held is a share and the folder that holds it.
type held struct {
	*Manifest
	folder store.Folder
}

func merge(ctx context.Context, out store.Folder, from []store.Folder) (*Manifest, error) {
	mine, err := shareManifests(ctx, out)
	if err != nil {
		return nil, err
	}
	free, err := (&Content{folder: out, manifests: mine}).lockAll(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	whole, err := readManifest(ctx, out, ManifestFile)
	if err != nil {
		return nil, err
	}
	shares, err := gather(ctx, out, from) // out again, now that nobody writes to it
	if len(shares) == 0 && whole != nil && err == nil {
		return whole, nil // they were merged before
	}
	if err == nil && len(shares) == 0 {
		err = fmt.Errorf("%s: neither this folder nor those named hold a share; m2v featurize --shard I/N makes them", out.Path(""))
	}
	if err == nil {
		err = checkShares(shares)
	}
	if err != nil {
		return nil, err
	}
	m := join(shares)
	if whole == nil && len(mine) == 0 {
		if err := checkForeign(ctx, out, shares); err != nil {
			return nil, err
		}
	}
	if err := bring(ctx, out, shares); err != nil {
		return nil, err
	}
	if whole != nil && whole.TextsSHA256 != m.TextsSHA256 {
		return nil, fmt.Errorf("%s: %w: features of other texts", out.Path(""), ErrOther)
	}
	return m, put(ctx, out, m, shares)
}

// put writes features.json to out, and removes the manifests of the shares in it.
func put(ctx context.Context, out store.Folder, m *Manifest, shares []held) error {
	data, err := m.json()
	if err != nil {
		return err
	}
	if err := out.Create(ctx, ManifestFile, writing(data)); err != nil {
		return fmt.Errorf("%s: %w", out.Path(ManifestFile), err)
	}
	for _, s := range shares {
		if s.folder.Path("") != out.Path("") {
			continue
		}
		if err := out.Remove(ctx, s.name()); err != nil {
			return fmt.Errorf("%s: %w", out.Path(s.name()), err)
		}
	}
	return nil
}

// gather reads the shares of all folders, by their index. Of a share that lies in several
// folders, a complete one counts.
func gather(ctx context.Context, out store.Folder, from []store.Folder) (shares []held, err error) {
	if !slices.ContainsFunc(from, func(f store.Folder) bool { return f.Path("") == out.Path("") }) {
		from = append([]store.Folder{out}, from...)
	}
	for _, dir := range from {
		found, err := shareManifests(ctx, dir)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			shares = append(shares, held{m, dir})
		}
	}
	incomplete := func(s held) int {
		if s.Complete {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(shares, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.Share.Of, b.Share.Of), cmp.Compare(a.Share.Index, b.Share.Index), cmp.Compare(incomplete(a), incomplete(b)))
	})
	return slices.CompactFunc(shares, func(a, b held) bool { return a.share() == b.share() }), nil
}

// shareManifests reads the manifests of a folder's shares.
func shareManifests(ctx context.Context, dir store.Folder) (list []*Manifest, err error) {
	entries, err := dir.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(""), err)
	}
	for _, e := range entries {
		if _, is := shareOfName(e.Name); is {
			m, err := readManifest(ctx, dir, e.Name)
			if err != nil {
				return nil, err
			}
			if m != nil {
				list = append(list, m)
			}
		}
	}
	return list, nil
}

// checkShares refuses shares, one or more, that do not make a whole.
func checkShares(shares []held) error {
	first := shares[0]
	var faults []string
	for _, s := range shares {
		path := s.folder.Path(s.name())
		if what := difference(first.layout(), s.layout()); what != "" {
			return fmt.Errorf("%s: it does not match share %s: %s", path, first.share(), what)
		}
		switch {
		case s.Share.Of != first.Share.Of:
			return fmt.Errorf("%s: it is one share of %d, and %s is one of %d", path, s.Share.Of, first.folder.Path(first.name()), first.Share.Of)
		case !s.Complete:
			faults = append(faults, fmt.Sprintf("share %s is not complete", s.share()))
		case first.Complete && (s.TextsSHA256 != first.TextsSHA256 || s.Share.Shards != first.Share.Shards || s.Share.Tail != first.Share.Tail):
			return fmt.Errorf("%s: it was made from another corpus than share %s", path, first.share())
		case len(s.Shards) != s.share().count(s.Share.Shards):
			return fmt.Errorf("%s: it has %d shards; its part of the %d is %d", path, len(s.Shards), s.Share.Shards, s.share().count(s.Share.Shards))
		}
	}
	const most = 8 // that are named
	c := Content{}
	for _, s := range shares {
		c.Shares = append(c.Shares, ShareShown{Index: s.Share.Index, Of: s.Share.Of})
	}
	c.absent()
	for _, i := range c.Absent {
		faults = append(faults, fmt.Sprintf("share %s is not there", Share{i, first.Share.Of}))
	}
	if n := len(faults); n > most {
		faults = append(faults[:most], fmt.Sprintf("and %d more", n-most))
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %s; run them again", first.folder.Path(""), strings.Join(faults, ", "))
	}
	return nil
}

// join is the manifest that one run would have written.
func join(shares []held) *Manifest {
	m := *shares[0].Manifest // share 0, which began the folder and has the rows
	m.Share, m.Shards, m.Texts, m.Dropped = nil, nil, 0, Dropped{}
	for i := range shares[0].Share.Shards {
		s := shares[i%len(shares)]
		m.put(i, s.Shards[s.share().place(i)])
	}
	m.Dropped.add(shares[0].Share.Tail)
	return &m
}

// checkForeign refuses a folder that holds more than a merge that was cut short leaves.
func checkForeign(ctx context.Context, out store.Folder, shares []held) error {
	there, err := names(ctx, out)
	if err != nil {
		return fmt.Errorf("%s: %w", out.Path(""), err)
	}
	var own []string
	for _, s := range shares {
		own = append(own, s.files()...)
	}
	left := func(name string) bool { // by a merge: one of the files, or the beginning of one
		return ownBeginning(name) || slices.ContainsFunc(own, func(f string) bool { return name == f || strings.HasPrefix(name, "."+f+".") })
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if !left(name) {
			return fmt.Errorf("%s: %w: it has %s, and no share; name another folder", out.Path(""), ErrOther, name)
		}
	}
	return nil
}

// bring copies to out what lies elsewhere, and looks whether the rest is there.
func bring(ctx context.Context, out store.Folder, shares []held) error {
	there, err := names(ctx, out)
	if err != nil {
		return fmt.Errorf("%s: %w", out.Path(""), err)
	}
	for _, s := range shares {
		sums := s.sums()
		for _, name := range s.files() {
			var err error
			switch here := s.folder.Path("") == out.Path(""); {
			case here && !there[name]:
				err = fmt.Errorf("%s: %w; run share %s again", out.Path(name), errMissing, s.share())
			case !here:
				err = bringFile(ctx, out, s.folder, name, sums[name])
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// bringFile copies a file, unless out has it.
func bringFile(ctx context.Context, out, from store.Folder, name, want string) error {
	if ok, err := intact(ctx, out, name, want); err != nil || ok {
		return err
	}
	return copyFile(ctx, out, from, name, want)
}

// copyFile copies a file from one folder to another, if it has its SHA-256.
func copyFile(ctx context.Context, to, from store.Folder, name, want string) error {
	f, err := from.Open(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: %w", from.Path(name), err)
	}
	defer f.Close()
	err = to.Create(ctx, name, func(w io.Writer) error {
		h := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, h), f); err != nil {
			return err
		}
		if sum(h) != want {
			return errDamaged
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("%s: copy to %s: %w", from.Path(name), to.Path(""), err)
	}
	return nil
}
