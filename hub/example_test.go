package hub_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/m2v-dev/m2v/hub"
)

func ExampleFetch() {
	cache, err := os.MkdirTemp("", "hub")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(cache)
	env := map[string]string{"HF_HUB_CACHE": cache, "HF_HUB_OFFLINE": "1"} // a program passes os.Getenv
	config := hub.ConfigFromEnv(func(name string) string { return env[name] }, "/home/user")

	_, err = hub.Fetch(context.Background(), hub.Request{
		Repo:  "sentence-transformers/all-MiniLM-L6-v2",
		Files: hub.TeacherFiles(""),
	}, config)
	fmt.Println(err)
	if failed := (*hub.Error)(nil); errors.As(err, &failed) {
		fmt.Println("hint:", failed.Hint())
	}
	// Output:
	// hub: find files of sentence-transformers/all-MiniLM-L6-v2: not in the cache, offline: revision main
	// hint: unset HF_HUB_OFFLINE to fetch it
}

func ExampleCheckRepo() {
	fmt.Println(hub.CheckRepo("BAAI/bge-small-en-v1.5"))
	fmt.Println(hub.CheckRepo("./models/bge"))
	// Output:
	// <nil>
	// hub: repository id "./models/bge" is not org/name of letters, digits, '-', '_' and '.'
}
