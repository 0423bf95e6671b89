package tokenizer_test

import (
	"fmt"
	"log"

	"github.com/m2v-dev/m2v/tokenizer"
)

func ExampleOpen() {
	tok, err := tokenizer.Open("testdata/example.json")
	if err != nil {
		log.Fatal(err)
	}
	ids := tok.AppendIDsWithSpecials(nil, "The café is opening.")
	for _, id := range ids {
		token, _ := tok.Token(id)
		fmt.Println(id, token)
	}
	// Output:
	// 1 [CLS]
	// 3 the
	// 4 cafe
	// 5 is
	// 6 open
	// 7 ##ing
	// 8 .
	// 2 [SEP]
}

// An encoder and a slice of one's own: no allocation a text.
func ExampleTokenizer_NewEncoder() {
	tok, err := tokenizer.Open("testdata/example.json")
	if err != nil {
		log.Fatal(err)
	}
	enc := tok.NewEncoder()
	var ids []int32
	for _, text := range []string{"the cafe", "closing"} {
		ids = enc.AppendIDs(ids[:0], text)
		fmt.Println(ids)
	}
	// Output:
	// [3 4]
	// [0]
}

func ExampleTokenizer_Pieces() {
	tok, err := tokenizer.Open("testdata/example.json")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", tok.Normalize("Café, [SEP]"))
	fmt.Printf("%q\n", tok.Pieces("Café, [SEP]"))
	// Output:
	// "cafe, [sep]"
	// ["cafe" "," "[" "sep" "]"]
}

func ExampleTokenizer_SpecialTokens() {
	tok, err := tokenizer.Open("testdata/example.json")
	if err != nil {
		log.Fatal(err)
	}
	before, after := tok.SpecialTokens()
	unk, _ := tok.UnkID()
	fmt.Println(before, after, unk, tok.Size())
	// Output:
	// [1] [2] 0 9
}
