package texts

import (
	"context"
	"errors"
	"path"
	"strings"
)

// inStore returns the inputs that a URL stands for: a file, if its name has a known suffix;
// all files that a pattern matches; or a folder's files.
func inStore(url string, o Options) ([]*input, error) {
	ctx := context.Background() // a Reader has none
	dir, name, err := o.Stores.File(strings.TrimSuffix(url, "/"))
	if err != nil {
		return nil, err
	}
	take := func(file string) bool { return file == name }
	none := errors.New("no such file")
	switch _, known := suffixes[suffix(name)]; {
	case strings.ContainsAny(name, "*?["):
		if _, err := path.Match(name, ""); err != nil {
			return nil, err
		}
		take = func(file string) bool {
			ok, _ := path.Match(name, file) // the pattern is one
			return ok && (name[0] == '.' || !hidden(file))
		}
		none = errors.New("no file matches the pattern")
	case !known:
		if dir, err = o.Stores.Folder(url); err != nil {
			return nil, err
		}
		take = func(file string) bool { return isText(file, o.Format) }
		none = errNoTexts()
	}
	list, err := dir.List(ctx)
	if err != nil {
		return nil, err
	}
	var inputs []*input
	for _, e := range list {
		if take(e.Name) {
			inputs = append(inputs, &input{label: dir.Path(e.Name), path: e.Name, folder: dir, size: e.Size, format: o.Format.of(e.Name)})
		}
	}
	if len(inputs) == 0 {
		return nil, none
	}
	return inputs, nil
}

// isText tells whether a folder's file is read, as walk does.
func isText(name string, format Format) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "" || hidden(part) {
			return false
		}
	}
	_, known := suffixes[suffix(name)]
	return known || format != Auto
}
