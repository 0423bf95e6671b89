package static_test

import (
	"context"
	"fmt"
	"log"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

func Example() {
	model, err := static.Open("testdata/float32")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()

	texts := []string{"an old stone bridge", "the old bridge is stone", "summer music"}
	vectors := matrix.New(len(texts), model.Dims())
	if err := model.Encode(context.Background(), texts, vectors, static.Options{}); err != nil {
		log.Fatal(err)
	}
	for i := range texts {
		var dot float32 // vectors of this model have norm 1
		for j, v := range vectors.Row(0) {
			dot += v * vectors.Row(i)[j]
		}
		fmt.Printf("%.2f %s\n", dot, texts[i])
	}
	// Output:
	// 1.00 an old stone bridge
	// 0.97 the old bridge is stone
	// 0.29 summer music
}

func ExampleModel_EncodeOne() {
	model, err := static.Open("testdata/float32")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()

	vector, err := model.EncodeOne("an old stone bridge", static.Options{Dims: 4})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(vector), "of", model.Dims())
	// Output: 4 of 12
}

// An Encoder is for a loop that has its own idea of threads.
func ExampleModel_NewEncoder() {
	model, err := static.Open("testdata/float32")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()

	encoder, err := model.NewEncoder(static.Options{MaxLength: 128})
	if err != nil {
		log.Fatal(err)
	}
	vector := make([]float32, model.Dims())
	for _, text := range []string{"river", "unheard"} {
		encoder.Encode(vector, text)
		fmt.Println(text, vector[0] != 0)
	}
	// Output:
	// river true
	// unheard false
}

func ExampleModel_Neighbors() {
	model, err := static.Open("testdata/float32")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()

	vector, err := model.EncodeOne("winter", static.Options{})
	if err != nil {
		log.Fatal(err)
	}
	neighbors, err := model.Neighbors(vector, 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range neighbors {
		fmt.Printf("%s %.2f\n", n.Token, n.Cosine)
	}
	// Output:
	// winter 1.00
	// close 0.77
}

func ExampleModel_Explain() {
	model, err := static.Open("testdata/float32")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()

	explanation, err := model.Explain("old zzz bridges", static.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range explanation.Pieces {
		fmt.Printf("%-7s %-8s %3.0f %%\n", p.Token, p.Status, 100*p.Share)
	}
	// Output:
	// old     kept       9 %
	// [UNK]   unknown    0 %
	// bridge  kept      49 %
	// ##s     kept      42 %
}
