package store

import (
	"fmt"
	"slices"
	"strings"
)

// Schemes open folders that are named by URLs, such as s3://bucket/prefix, by the URL's
// scheme.
type Schemes map[string]func(url string) (Folder, error)

// IsURL tells whether a name has a scheme, known or not.
func IsURL(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && scheme != "" && !strings.ContainsAny(scheme, "/\\ ")
}

// Folder returns the folder of a name: a URL of one of the schemes, or a path.
func (s Schemes) Folder(name string) (Folder, error) {
	if !IsURL(name) {
		return Local(name), nil
	}
	scheme, _, _ := strings.Cut(name, "://")
	open, ok := s[scheme]
	if !ok {
		var known []string
		for name := range s {
			known = append(known, name+"://")
		}
		slices.Sort(known)
		return nil, fmt.Errorf("store: open %s: the scheme %s:// is not one of %q", name, scheme, known)
	}
	return open(name)
}

// File returns the folder that a file is in, and its name there; the file need not exist.
func (s Schemes) File(url string) (dir Folder, name string, err error) {
	i := strings.LastIndex(url, "/")
	dir, err = s.Folder(url[:i])
	return dir, url[i+1:], err
}
