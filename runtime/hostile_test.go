package runtime

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostileEntry is an entry of an archive that would lead out of the folder, or is no file.
type hostileEntry struct {
	name, content, link string
	symbolic            bool
}

func hostileZip(t *testing.T, entries []hostileEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		content := e.content
		if e.link != "" {
			h.SetMode(fs.ModeSymlink | 0o777)
			content = e.link
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func hostileTar(t *testing.T, entries []hostileEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	w := tar.NewWriter(gz)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Size: int64(len(e.content)), Mode: 0o600}
		if e.link != "" {
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, e.link, 0
			if e.symbolic {
				h.Typeflag = tar.TypeSymlink
			}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(e.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHostileArchives: entries that lead out of the folder, and links, write nothing
// elsewhere; a link is never taken for the library.
func TestHostileArchives(t *testing.T) {
	lib := "libonnxruntime.so.1.2.3"
	for _, tc := range []struct {
		name    string
		entries []hostileEntry
		found   bool // the library is unpacked, into the folder
	}{
		{"above the folder", []hostileEntry{{name: "../../" + lib, content: "x"}}, true},
		{"an absolute path", []hostileEntry{{name: "/" + lib, content: "x"}}, true},
		{"above, another file", []hostileEntry{{name: "../../evil", content: "x"}}, false},
		{"a symbolic link", []hostileEntry{{name: lib, link: "/etc/passwd", symbolic: true}}, false},
		{"a link out of it, then a file through it", []hostileEntry{
			{name: "lib", link: "../..", symbolic: true}, {name: "lib/evil", content: "x"}}, false},
		{"a link of the library's name, then the library", []hostileEntry{
			{name: lib, link: "../../evil", symbolic: true}, {name: "lib/" + lib, content: "x"}}, true},
		{"a hard link", []hostileEntry{{name: lib, link: "../evil"}}, false},
	} {
		for kind, data := range map[string][]byte{".zip": hostileZip(t, tc.entries), ".tgz": hostileTar(t, tc.entries)} {
			root := t.TempDir()
			folder := filepath.Join(root, "a", "b")
			archive := filepath.Join(t.TempDir(), "archive"+kind)
			if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(archive, data, 0o600)); err != nil {
				t.Fatal(err)
			}
			path, err := unpack(archive, folder, "linux", "amd64", CPU)
			if (err == nil) != tc.found || tc.found && path != filepath.Join(folder, lib) {
				t.Errorf("%s%s: %s, %v", tc.name, kind, path, err)
			}
			written := []string{}
			err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					written = append(written, path)
					if d.Type() != 0 {
						t.Errorf("%s%s: %s is no regular file", tc.name, kind, path)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range written {
				if !tc.found || name != filepath.Join(folder, lib) {
					t.Errorf("%s%s: wrote %s", tc.name, kind, strings.TrimPrefix(name, root))
				}
			}
		}
	}
}
