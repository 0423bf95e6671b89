package lower

import "testing"

// The pairs are str.lower's of Python 3.12.
func TestString(t *testing.T) {
	for s, want := range map[string]string{
		"":              "",
		"A Stone":       "a stone",
		"İstanbul":      "i\u0307stanbul",
		"ΟΔΟΣ":          "οδος",
		"ΟΔΟΣ ΣΑΣ":      "οδος σας",
		"Σ":             "σ",
		"ΑΣ.":           "ας.",
		"ΑΣ.Α":          "ασ.α",
		"ΑΣ\u0301":      "ας\u0301",
		"ΑΣ\u0301Β":     "ασ\u0301β",
		"1Σ":            "1σ",
		"ǅ STRASSE ẞ":   "ǆ strasse ß",
		"ⅫⒶ \U00010400": "ⅻⓐ \U00010428",
	} {
		if got := String(s); got != want {
			t.Errorf("String(%q) = %q, want %q", s, got, want)
		}
	}
}
