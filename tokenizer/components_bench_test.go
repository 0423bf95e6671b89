package tokenizer

import (
	"encoding/json"
	"testing"
)

// BenchmarkComponents times components on a paragraph of prose and one of
// French and German, in bytes of text.
func BenchmarkComponents(b *testing.B) {
	texts := map[string]string{
		"ascii":  "The quick brown fox doesn't jump over the lazy dog (again); it has been 42 days since 2026-11-23, and nobody at https://example.com knows why. Prices rose by $3.50, or 7%.",
		"latin":  "Où est passée l'élève naïve de Besançon ? Größere Überraschungen gäbe es für Bürger selten, déjà vu là-bas: çà et là, über Straßen, Brücken, Flüsse — « très bien », dit-elle.",
		"cjk":    "自然言語処理は、人間が日常的に使っている自然言語をコンピュータに処理させる一連の技術である。人工知能と言語学の一分野で、計算言語学との類似もある。",
		"arabic": "اللغة العربية هي أكثر اللغات السامية تحدثا، وإحدى أكثر اللغات انتشارا في العالم",
	}
	for _, c := range []struct{ role, name, raw string }{
		{"normalizer", "bert", `{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}`},
		{"normalizer", "nfc", `{"type":"NFC"}`},
		{"normalizer", "nfkc", `{"type":"NFKC"}`},
		{"normalizer", "lowercase", `{"type":"Lowercase"}`},
		{"normalizer", "spaces", `{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}`},
		{"pre_tokenizer", "bert", `{"type":"BertPreTokenizer"}`},
		{"pre_tokenizer", "whitespace", `{"type":"Whitespace"}`},
		{"pre_tokenizer", "metaspace", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}]}`},
		{"pre_tokenizer", "bytelevel", `{"type":"ByteLevel","add_prefix_space":false}`},
		{"pre_tokenizer", "cl100k", `{"type":"Split","behavior":"Isolated","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}}`},
		{"pre_tokenizer", "o200k", `{"type":"Split","behavior":"Isolated","pattern":{"Regex":"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}}`},
	} {
		n, p := normalizer(nil), preTokenizer(nil)
		var err error
		if c.role == "normalizer" {
			n, err = newNormalizer(json.RawMessage(c.raw), c.role)
		} else {
			p, err = newPreTokenizer(json.RawMessage(c.raw), c.role)
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{"ascii", "latin", "cjk", "arabic"} {
			b.Run(c.role+"/"+c.name+"/"+name, func(b *testing.B) {
				var sc scratch
				var out []byte
				var pieces []piece
				text := []byte(texts[name])
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					sc.reset()
					if n != nil {
						out = n.normalize(out[:0], text, &sc)
					} else {
						pieces = p.split(pieces[:0], text, true, &sc)
					}
				}
			})
		}
	}
}
