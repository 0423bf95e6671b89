package transformer_test

import (
	"fmt"
	"log"

	"github.com/m2v-dev/m2v/transformer"
)

// What a teacher is, without running it.
func ExampleInspect() {
	info, err := transformer.Inspect("../testdata/tiny-bpe", "")
	if err != nil {
		log.Fatal(err)
	}
	for _, in := range info.Inputs {
		fmt.Println("input ", in)
	}
	fmt.Println("output", info.Hidden, "of width", info.Width)
	fmt.Println("ids below", info.Rows)
	fmt.Println("trained with", info.TrainedPooling, "pooling")
	fmt.Println("fits pooler:", info.Check(transformer.Pooler) == nil)
	// Output:
	// input  input_ids int64[batch_size, sequence_length]
	// input  attention_mask int64[batch_size, sequence_length]
	// output last_hidden_state of width 32
	// ids below 801
	// trained with mean pooling
	// fits pooler: false
}
