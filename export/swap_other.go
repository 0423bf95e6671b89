//go:build !linux && !darwin

package export

import "errors"

// exchange swaps two folders in one step, which this system cannot.
func exchange(_, _ string) error { return errors.ErrUnsupported }

// renameNew renames a folder to a name that does not exist, or fails with
// ErrExist.
func renameNew(from, to string) error { return renameUnlessExists(from, to) }
