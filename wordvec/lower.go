package wordvec

import "github.com/m2v-dev/m2v/internal/lower"

// PythonLower is Python's str.lower, which writes words as Words and Pieces look them up.
func PythonLower(s string) string { return lower.String(s) }
