package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/m2v-dev/m2v/internal/files"
)

// identity is that of a folder's files and of the options in use, such as MaxLength.
func identity(dir string, o Options) (string, error) {
	var list bytes.Buffer
	fmt.Fprintf(&list, "%d %d %v %q %q %d %q %q\n", o.MaxLength, o.Dims, o.NoNormalize, o.ONNXFile, o.Pooling, o.BatchSize, o.Prompt, o.PromptName)
	if err := hashFolder(&list, dir, "", 0); err != nil {
		return "", err
	}
	sum := sha256.Sum256(list.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

// hashFolder lists the SHA-256 of every file of a folder but hidden ones and texts for
// people: a graph may keep its weights in files of any name. Links are followed, as
// the Hub's cache consists of them.
func hashFolder(w io.Writer, dir, name string, depth int) error {
	if depth > 16 {
		return fmt.Errorf("%s: folders are nested too deep, or a link leads back", filepath.Join(dir, name))
	}
	entries, err := os.ReadDir(filepath.Join(dir, name)) // by name
	if err != nil {
		return err
	}
	for _, e := range entries {
		inner := filepath.Join(name, e.Name())
		info, err := os.Stat(filepath.Join(dir, inner))
		switch {
		case strings.HasPrefix(e.Name(), "."), filepath.Ext(e.Name()) == ".md":
		case err != nil:
			return err
		case info.IsDir():
			if err := hashFolder(w, dir, inner, depth+1); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			sum, _, err := files.SHA256(filepath.Join(dir, inner))
			if err != nil {
				return err
			}
			fmt.Fprintln(w, filepath.ToSlash(inner), sum)
		}
	}
	return nil
}
