package recording

import (
	"fmt"
	"os"

	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/internal/files"
)

// CheckPlace looks at the place of a recording of the texts in a file before a model runs:
// a recording that is there is not replaced by mistake, and neither are the texts. A path
// that is no regular file, such as /dev/stdout, is as good as a new one.
func CheckPlace(path, texts string, force bool) error {
	if err := files.NotInput(path, texts); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || force {
		return nil
	}
	return fault.Hint(fmt.Errorf("write %s: it is there already", path), "--force replaces it")
}

// WriteFile writes the recording of the texts in a file to path, whole or not at all.
func (r *Recording) WriteFile(path, texts string) error {
	if err := files.Write(path, r.Write, texts); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
