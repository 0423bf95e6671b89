package hub

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

// file is one file of a commit.
type file struct {
	Path   string
	Size   int64
	OID    string // git SHA-1 of the blob, or of the pointer where LFS holds the contents
	SHA256 string // of the contents, where LFS holds them; else ""
	Xet    string // opaque; kept for the Python client
}

// blob is the file's name under blobs/: the hash that its contents must have.
func (f file) blob() string {
	if f.SHA256 != "" {
		return f.SHA256
	}
	return f.OID
}

// check refuses what must not become a path or cannot be verified.
func (f file) check() error {
	if err := checkPath(f.Path); err != nil {
		return err
	}
	switch {
	case f.Size < 0:
		return fmt.Errorf("%s: size %d", f.Path, f.Size)
	case !commitID().MatchString(f.OID):
		return fmt.Errorf("%s: git hash %q is not a SHA-1", f.Path, printable(f.OID))
	case f.SHA256 != "" && !sha256ID().MatchString(f.SHA256):
		return fmt.Errorf("%s: LFS hash %q is not a SHA-256", f.Path, printable(f.SHA256))
	}
	return nil
}

// listing is the files of a commit, by path.
type listing map[string]file

func (l listing) names() []string { return slices.Sorted(maps.Keys(l)) }

// treeEntry is one entry of the Hub's answer to /api/models/ID/tree/COMMIT.
type treeEntry struct {
	Type string `json:"type"`
	Path string `json:"path"`
	Size int64  `json:"size"`
	OID  string `json:"oid"`
	LFS  *struct {
		OID  string `json:"oid"`
		Size int64  `json:"size"`
	} `json:"lfs"`
	Xet string `json:"xetHash"`
}

// add takes one page of the Hub's answer.
func (l listing) add(page []treeEntry) error {
	for _, e := range page {
		if e.Type != "file" {
			continue
		}
		f := file{Path: e.Path, Size: e.Size, OID: e.OID, Xet: e.Xet}
		if e.LFS != nil {
			f.Size, f.SHA256 = e.LFS.Size, e.LFS.OID
		}
		if err := f.check(); err != nil {
			return err
		}
		l[f.Path] = f
	}
	return nil
}

// stored is trees/COMMIT.json as the Python client writes and reads it.
// Source: huggingface_hub 1.33.0, _tree_cache.py.
type stored struct {
	Version int                   `json:"format_version"`
	Files   map[string]storedFile `json:"files"`
}

type storedFile struct {
	Size    int64  `json:"size"`
	BlobID  string `json:"blob_id"`
	SHA256  string `json:"lfs_sha256,omitempty"`
	LFSSize int64  `json:"lfs_size,omitempty"`
	Xet     string `json:"xet_hash,omitempty"`
}

// listing returns a commit's files as the cache knows them. One that is
// missing, broken or of another version counts as not known.
func (r repo) listing(commit string) (listing, bool) {
	data, err := os.ReadFile(r.tree(commit))
	if err != nil {
		return nil, false
	}
	l, err := parseListing(data)
	return l, err == nil
}

func parseListing(data []byte) (listing, error) {
	var tree stored
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	if tree.Version != 1 {
		return nil, fmt.Errorf("format version %d is not 1", tree.Version)
	}
	l := listing{}
	for path, s := range tree.Files {
		f := file{Path: path, Size: s.Size, OID: s.BlobID, SHA256: s.SHA256, Xet: s.Xet}
		if f.SHA256 != "" {
			f.Size = s.LFSSize
		}
		if err := f.check(); err != nil {
			return nil, err
		}
		l[path] = f
	}
	return l, nil
}

// bytes is the listing as parseListing reads it.
func (l listing) bytes() ([]byte, error) {
	tree := stored{1, map[string]storedFile{}}
	for path, f := range l {
		s := storedFile{Size: f.Size, BlobID: f.OID}
		if f.SHA256 != "" {
			s.SHA256, s.LFSSize = f.SHA256, f.Size
		}
		if sha256ID().MatchString(f.Xet) { // the client refuses a listing with any other
			s.Xet = f.Xet
		}
		tree.Files[path] = s
	}
	return json.MarshalIndent(tree, "", " ")
}
