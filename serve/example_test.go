package serve_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/m2v-dev/m2v/serve"
)

func Example() {
	sources := []serve.Source{serve.Folder("student", "../static/testdata/float32")}
	h, err := serve.New(context.Background(), sources, serve.DefaultOptions())
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close()
	server := httptest.NewServer(h)
	defer server.Close()

	body := `{"inputs": {"source_sentence": "the river", "sentences": ["a river", "music"]}}`
	resp, err := server.Client().Post(server.URL+"/similarity", "application/json", strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode, string(answer))
	// Output: 200 [0.950785995,-0.392579794]
}
