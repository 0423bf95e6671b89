package texts

import "strconv"

// Line returns text as it can stand on a line: as it is, or quoted as Go quotes if it has
// control characters.
func Line(text string) string {
	for _, r := range text {
		if r < ' ' || r == 0x7f {
			return strconv.Quote(text)
		}
	}
	return text
}
