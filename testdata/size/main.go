// Command size is the smallest program that embeds a student: packages static and tokenizer
// alone. make size builds it, and checks how large it is.
package main

import (
	"fmt"
	"os"

	"github.com/m2v-dev/m2v/static"
)

func main() {
	if err := embed(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

// embed prints the vector of a text: arguments are a model's folder and the text.
func embed(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: size MODEL TEXT")
	}
	model, err := static.Open(args[0])
	if err != nil {
		return err
	}
	defer model.Close()
	vector, err := model.EncodeOne(args[1], static.Options{})
	if err != nil {
		return err
	}
	fmt.Println(vector)
	return nil
}
