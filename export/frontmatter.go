package export

import (
	"bytes"
	"strings"
)

// SetFrontMatter returns a model card whose front matter has a key's block, such as
// "model-index:\n- name: …\n", in place of one of that key, or at its end. A card without
// front matter gets some; nothing else changes.
func SetFrontMatter(card []byte, block string) []byte {
	key, _, _ := strings.Cut(block, ":")
	head, body := frontMatter(card)
	var out bytes.Buffer
	out.WriteString("---\n")
	inside := false
	for line := range strings.Lines(head) {
		if begins(line) {
			inside = strings.HasPrefix(line, key+":")
		}
		if !inside {
			out.WriteString(line)
		}
	}
	out.WriteString(block)
	out.WriteString("---\n")
	out.WriteString(body)
	return out.Bytes()
}

// begins tells whether a line of YAML begins a key of the outermost level.
func begins(line string) bool {
	return strings.TrimSpace(line) != "" && !strings.ContainsAny(line[:1], " \t-#\r\n")
}

// frontMatter parts a card into the lines between its first "---" and the next, and what
// follows.
func frontMatter(card []byte) (head, body string) {
	text := strings.ReplaceAll(string(card), "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", text
	}
	if after, ok := strings.CutPrefix(rest, "---\n"); ok {
		return "", after
	}
	head, body, ok = strings.Cut(rest, "\n---\n")
	if !ok {
		return "", text
	}
	return head + "\n", body
}
