package texts_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/m2v-dev/m2v/texts"
)

func Example() {
	stdin := strings.NewReader(`{"id": 1, "title": "a sunny day"}
{"id": 2}
{"id": 3, "title": "rain"}
`)
	options := texts.DefaultOptions()
	options.Format, options.Field = texts.JSONL, "title"
	options.Bad = func(b *texts.BadRecord) error {
		fmt.Println("skipped:", b)
		return nil
	}
	reader, err := texts.Open(nil, stdin, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	for batch := make([]string, 256); ; {
		n, err := reader.Next(batch)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", batch[:n])
	}
	fmt.Println(reader.Skipped(), "skipped")
	// Output:
	// skipped: texts: read standard input:2: no field "title"
	// ["a sunny day" "rain"]
	// 1 skipped
}
