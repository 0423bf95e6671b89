package tokenizer

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestRefused checks that what is not implemented is named, with its place.
func TestRefused(t *testing.T) {
	check := func(role, raw, want string) {
		t.Helper()
		var err error
		if role == "normalizer" {
			_, err = newNormalizer(json.RawMessage(raw), role)
		} else {
			_, err = newPreTokenizer(json.RawMessage(raw), role)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", raw, err, want)
		}
	}
	check("normalizer", `{"type":"Uppercase"}`, `normalizer: normalizer type "Uppercase" is not implemented`)
	check("normalizer", `{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Sequence","normalizers":[{"type":"Upper"}]}]}`, `normalizer.normalizers[1].normalizers[0]: normalizer type "Upper"`)
	check("normalizer", `{}`, `normalizer: no type`)
	check("normalizer", `[]`, `normalizer: json`)
	check("normalizer", `{"type":"Strip","strip_left":1}`, `normalizer: json`)
	check("normalizer", `{"type":"Replace","pattern":{},"content":""}`, `normalizer.pattern: neither a String nor a Regex`)
	check("normalizer", `{"type":"Replace","pattern":{"Regex":"a\\Rb"},"content":""}`, `normalizer.pattern: regex "a\\Rb" at 1: \R is not implemented`)
	check("normalizer", `{"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"Regex":"^"},"content":"x"},{"type":"NFC"}]}`, `normalizer: Replace of a pattern that may match nothing`)
	check("normalizer", `{"type":"Precompiled","precompiled_charsmap":"!"}`, `normalizer.precompiled_charsmap: illegal base64`)
	check("normalizer", `{"type":"Precompiled","precompiled_charsmap":"AAA="}`, `the character map has 2 bytes`)
	check("normalizer", `{"type":"Precompiled","precompiled_charsmap":"/////w=="}`, `claims a trie of 4294967295 bytes and has 0`)
	check("normalizer", `{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAD/"}`, `not UTF-8`)
	check("pre_tokenizer", `{"type":"Words"}`, `pre_tokenizer: pre-tokenizer type "Words" is not implemented`)
	check("pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Merged"}]}`, `pre_tokenizer.pretokenizers[1].behavior: "Merged" is not implemented`)
	check("pre_tokenizer", `{"type":"FixedLength","length":0}`, `pre_tokenizer.length: 0 is not positive`)
	check("pre_tokenizer", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"last"}`, `pre_tokenizer.prepend_scheme: "last" is not implemented`)
	check("pre_tokenizer", `{"type":"Split","pattern":{"Regex":"a(?<name"},"behavior":"Removed","invert":false}`, `pre_tokenizer.pattern: regex "a(?<name" at 1: missing >`)
	check("pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(?:a*)*"},"behavior":"Removed","invert":false}`, `at 0: repeating what may be empty is not implemented`)
	check("pre_tokenizer", `{"type":"Split","pattern":{"Regex":"(?:a{1000}){1000}"},"behavior":"Removed","invert":false}`, `more than 16384 instructions`)
}
