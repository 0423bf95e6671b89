package tokenizer

import (
	"fmt"
	"runtime"
	"testing"
)

// Opening a tokenizer takes a fixed number of objects and some bytes for each token: a short run is
// mostly that. See docs/decisions/234-start-up.md.
func TestOpeningAllocatesLittle(t *testing.T) {
	const n = 20000
	wordPiece := []byte(`{"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"merges":1`)
	unigram := []byte(`{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["merges",-1.0]`)
	for i := 2; i < n; i++ {
		wordPiece = fmt.Appendf(wordPiece, `,"tok%d":%d`, i, i)
		unigram = fmt.Appendf(unigram, `,["tok%d",-%d.5]`, i, i%20)
	}
	for name, data := range map[string][]byte{"WordPiece": append(wordPiece, "}}}"...), "Unigram": append(unigram, "]}}"...)} {
		var before, after runtime.MemStats
		var ids []int32
		objects := testing.AllocsPerRun(1, func() { // twice, the first time to fill tables
			runtime.ReadMemStats(&before)
			f, err := ParseFile(data)
			if err != nil {
				t.Fatal(err)
			}
			tok, err := New(f)
			if err != nil {
				t.Fatal(err)
			}
			ids = tok.AppendIDs(ids[:0], "tok12")
			runtime.ReadMemStats(&after)
		})
		if len(ids) != 1 || ids[0] != 12 {
			t.Errorf("%s: ids are %v", name, ids)
		}
		perToken := float64(after.TotalAlloc-before.TotalAlloc) / n
		t.Logf("%s: %v objects, %.1f bytes a token", name, objects, perToken)
		// An entry has 32 bytes, its end 4, its place in the table 8 to 16, its text 8, a score 8.
		if objects > 120 || perToken > 75 {
			t.Errorf("%s: opening allocates %v objects and %.1f bytes a token", name, objects, perToken)
		}
	}
}
