package export

import "testing"

func TestSetFrontMatter(t *testing.T) {
	const block = "model-index:\n- name: x\n"
	for name, test := range map[string]struct{ card, want string }{
		"none":     {"# Model\n", "---\n" + block + "---\n# Model\n"},
		"empty":    {"", "---\n" + block + "---\n"},
		"added":    {"---\ntags:\n- a\n---\n\n# Model\n", "---\ntags:\n- a\n" + block + "---\n\n# Model\n"},
		"replaced": {"---\nmodel-index:\n- name: old\n  results:\n  - task: a\nlicense: mit\n---\nText\n---\nmore", "---\nlicense: mit\n" + block + "---\nText\n---\nmore"},
		"nothing":  {"---\n---\nText\n", "---\n" + block + "---\nText\n"},
		"no end":   {"---\nText\n", "---\n" + block + "---\n---\nText\n"},
		"windows":  {"---\r\nlicense: mit\r\n---\r\nText\r\n", "---\nlicense: mit\n" + block + "---\nText\n"},
	} {
		got := string(SetFrontMatter([]byte(test.card), block))
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if again := string(SetFrontMatter([]byte(got), block)); again != got {
			t.Errorf("%s: a second time %q", name, again)
		}
	}
}
