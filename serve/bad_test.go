package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/serve"
)

var workers = runtime.GOMAXPROCS(0)

// bad are requests that cannot be answered, with the status and the words that
// docs/serve.md has for them. A path is tried with the body as it is; %s stands for
// the name that it has for its inputs.
var bad = []struct {
	name, paths, body string
	status            int
	kind, message     string
}{
	{"nothing", "all", ``, 400, "Validation", "the body is not JSON: unexpected end of JSON input"},
	{"half of it", "all", `{"input": "a`, 400, "Validation", "the body is not JSON: unexpected end of JSON input"},
	{"two", "all", `{} {}`, 400, "Validation", "the body is not JSON: invalid character '{' after top-level value"},
	{"not JSON", "all", `input=a`, 400, "Validation", "the body is not JSON: invalid character 'i' looking for beginning of value"},
	{"invalid UTF-8", "all", "{\"%s\": \"caf\xe9\"}", 400, "Validation", "the body is not UTF-8"},
	{"no object", "all", `["a"]`, 422, "Validation", "the body is a JSON array, not an object"},
	{"no input", "lists", `{}`, 400, "Empty", "%s cannot be empty"},
	{"null", "lists", `{"%s": null}`, 400, "Empty", "%s cannot be empty"},
	{"no texts", "lists", `{"%s": [ ]}`, 400, "Empty", "%s cannot be empty"},
	{"an empty text", "lists", `{"%s": ["a", ""]}`, 400, "Empty", "%s[1] cannot be empty"},
	{"an empty string", "lists", `{"%s": ""}`, 400, "Empty", "%s[0] cannot be empty"},
	{"no tokens", "vectors", `{"%s": [[1], []]}`, 400, "Empty", "%s[1] cannot be empty"},
	{"a number", "lists", `{"%s": 5}`, 422, "Validation", wrongInput},
	{"an object", "lists", `{"%s": {"text": "a"}}`, 422, "Validation", wrongInput},
	{"true", "lists", `{"%s": [true]}`, 422, "Validation", wrongInput},
	{"both kinds", "lists", `{"%s": ["a", 1]}`, 422, "Validation", wrongInput},
	{"a fraction", "lists", `{"%s": [1.5]}`, 422, "Validation", wrongInput},
	{"a large number", "lists", `{"%s": [99999999999]}`, 422, "Validation", wrongInput},
	{"null among ids", "lists", `{"%s": [1, null]}`, 422, "Validation", wrongInput},
	{"too deep", "lists", `{"%s": [[[1]]]}`, 422, "Validation", wrongInput},
	{"a token that is none", "vectors", `{"%s": [1, 71]}`, 422, "Validation", "%s[0]: there is no token 71: the model has 71"},
	{"a token below 0", "vectors", `{"%s": [[1], [-1]]}`, 422, "Validation", "%s[1]: there is no token -1: the model has 71"},
	{"tokens of tokens", "/tokenize", `{"%s": [1]}`, 422, "Validation", "inputs has the wrong type: want a string or a list of strings"},
	{"too many texts", "lists", `{"%s": ["a"` + strings.Repeat(`,"a"`, 2048) + `]}`, 422, "Validation", "2049 inputs are more than the 2048 of a request"},
	{"too many tokens", "lists", `{"%s": ["` + strings.Repeat(strings.Repeat("a ", 512)+`","`, 586) + `a"]}`, 422, "Validation", "the inputs have more than the 300000 tokens of a request"},
	{"too long a body", "all", `{"%s": "` + strings.Repeat("a ", 4<<20) + `"}`, 413, "Validation", "the body has more than 8388608 bytes"},
	{"a model that is none", "all", `{"%s": "a", "model": "gpt-5"}`, 404, "Validation", `there is no model "gpt-5": GET /v1/models lists them`},
	{"a model of the wrong type", "all", `{"%s": "a", "model": 5}`, 422, "Validation", "model has the wrong type: number"},
	{"no dimensions", "vectors", `{"%s": "a", "dimensions": 0}`, 422, "Validation", "dimensions is 0, not a positive number"},
	{"too many dimensions", "vectors", `{"%s": "a", "dimensions": 13}`, 422, "Validation", "dimensions is 13, not one of 1 to 12"},
	{"dimensions in words", "vectors", `{"%s": "a", "dimensions": "12"}`, 422, "Validation", "dimensions has the wrong type: string"},
	{"a format that is none", "/v1/embeddings", `{"%s": "a", "encoding_format": "hex"}`, 422, "Validation", `encoding_format is "hex", not float or base64`},
	{"no sentences", "/similarity", `{"inputs": {"source_sentence": "a", "sentences": []}}`, 400, "Empty", "inputs.sentences cannot be empty"},
	{"no source", "/similarity", `{"inputs": {"sentences": ["a"]}}`, 400, "Empty", "inputs.source_sentence cannot be empty"},
	{"an empty sentence", "/similarity", `{"inputs": {"source_sentence": "a", "sentences": ["b", ""]}}`, 400, "Empty", "inputs[2] cannot be empty"},
	{"a list", "/similarity", `{"inputs": ["a", "b"]}`, 422, "Validation", "inputs has the wrong type: array"},
}

const wrongInput = "%s has the wrong type: want a string, a list of strings, a list of token ids or a list of lists of token ids"

// groups are the paths that bad names together.
var groups = map[string][]string{
	"all":     {"/v1/embeddings", "/embed", "/", "/similarity", "/tokenize"},
	"lists":   {"/v1/embeddings", "/embed", "/tokenize"},
	"vectors": {"/v1/embeddings", "/embed"},
}

func TestBadRequests(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "serve.md"))
	if err != nil {
		t.Fatal(err)
	}
	h := handler(t, serve.DefaultOptions(), "float32")
	for _, tc := range bad {
		paths := groups[tc.paths]
		if paths == nil {
			paths = []string{tc.paths}
		}
		for _, path := range paths {
			param := "inputs"
			if path == "/v1/embeddings" {
				param = "input"
			}
			body := tc.body
			if path == "/similarity" && tc.paths == "all" { // its inputs are no list
				body = strings.Replace(body, `"%s": "a",`, `"inputs": {"source_sentence": "a", "sentences": ["b"]},`, 1)
			}
			body = strings.ReplaceAll(body, "%s", param)
			checkBad(t, h, tc.name, path, body, tc.status, tc.kind, strings.ReplaceAll(tc.message, "%s", param))
		}
		if want := fmt.Sprintf("| %d | %s | %s |", tc.status, tc.kind, strings.ReplaceAll(tc.message, "%s", "inputs")); !strings.Contains(string(page), want) {
			t.Errorf("docs/serve.md lacks %q", want)
		}
	}
}

func checkBad(t *testing.T, h http.Handler, name, path, body string, status int, kind, message string) {
	t.Helper()
	w := ask(h, "POST", path, body)
	var got struct {
		Error     json.RawMessage `json:"error"`
		ErrorType string          `json:"error_type"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%s %s: %v in %s", path, name, err, w.Body)
	}
	var text, openAIKind string
	if strings.HasPrefix(path, "/v1/") {
		var o struct{ Message, Type string }
		if err := json.Unmarshal(got.Error, &o); err != nil {
			t.Fatalf("%s %s: %v in %s", path, name, err, w.Body)
		}
		text, openAIKind = o.Message, o.Type
		if openAIKind != "invalid_request_error" {
			t.Errorf("%s %s: type %q", path, name, openAIKind)
		}
	} else {
		if err := json.Unmarshal(got.Error, &text); err != nil {
			t.Fatalf("%s %s: %v in %s", path, name, err, w.Body)
		}
		if got.ErrorType != kind {
			t.Errorf("%s %s: error_type %q, want %q", path, name, got.ErrorType, kind)
		}
	}
	if w.Code != status || text != message {
		t.Errorf("%s %s: %d %q, want %d %q", path, name, w.Code, text, status, message)
	}
}

// Paths and methods that there are not.
func TestPathsAndMethods(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32")
	for _, tc := range []struct {
		method, path, allow string
		status              int
		body                string
	}{
		{"GET", "/embed", "POST", 405, `{"error":"the path takes POST, not GET","error_type":"Validation"}`},
		{"GET", "/v1/embeddings", "POST", 405, `{"error":{"code":null,"message":"the path takes POST, not GET","param":null,"type":"invalid_request_error"}}`},
		{"DELETE", "/info", "GET", 405, `{"error":"the path takes GET, not DELETE","error_type":"Validation"}`},
		{"POST", "/rerank", "", 404, `{"error":"there is nothing at /rerank","error_type":"Validation"}`},
		{"POST", "/v1/chat/completions", "", 404, `{"error":{"code":null,"message":"there is nothing at /v1/chat/completions","param":null,"type":"invalid_request_error"}}`},
		{"GET", "/v1/models/a/b", "", 404, `{"error":{"code":"model_not_found","message":"there is no model \"a/b\": GET /v1/models lists them","param":"model","type":"invalid_request_error"}}`},
		{"GET", "/v1/models/", "", 404, `{"error":{"code":"model_not_found","message":"there is no model \"\": GET /v1/models lists them","param":"model","type":"invalid_request_error"}}`},
		{"GET", "/info?model=x", "", 404, `{"error":"there is no model \"x\": GET /v1/models lists them","error_type":"Validation"}`},
	} {
		w := ask(h, tc.method, tc.path, "")
		if w.Code != tc.status || w.Body.String() != tc.body || w.Header().Get("Allow") != tc.allow {
			t.Errorf("%s %s: %d %s, Allow %q", tc.method, tc.path, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
	if w := ask(h, "HEAD", "/health", ""); w.Code != http.StatusOK {
		t.Errorf("HEAD /health: %d", w.Code)
	}
}

// FuzzBodies: whatever is sent, the answer is JSON, with as many vectors as texts, and
// the server is not to blame.
func FuzzBodies(f *testing.F) {
	o := serve.DefaultOptions()
	o.MaxInputs, o.MaxTokens = 64, 1000
	h := handler(f, o, "float32", "unigram")
	paths := groups["all"]
	for i := range paths {
		for _, tc := range bad {
			if len(tc.body) < 1000 {
				f.Add(i, []byte(tc.body))
			}
		}
		f.Add(i, []byte(`{"input": ["the river", "日本"], "encoding_format": "base64", "dimensions": 3, "model": "unigram"}`))
		f.Add(i, []byte(`{"inputs": ["the river", "\ud800", "a\u0000b"], "truncate": false, "normalize": false}`))
		f.Add(i, []byte(`{"inputs": {"source_sentence": "the river", "sentences": ["a", "old"]}, "parameters": {"truncate": false}}`))
		f.Add(i, []byte(`{"INPUTS": [[1, 2], [70]], "input": [3]}`))
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		path := paths[uint(i)%uint(len(paths))]
		w := ask(h, "POST", path, string(body))
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: no JSON: %s", path, body, w.Body)
		}
		switch w.Code {
		case 200, 400, 404, 422:
		default:
			t.Fatalf("%s %q: status %d: %s", path, body, w.Code, w.Body)
		}
	})
}
