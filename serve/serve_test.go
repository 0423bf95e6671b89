package serve_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/serve"
	"github.com/m2v-dev/m2v/static"
)

// folder is a model of static's tests.
func folder(name string) string { return filepath.Join("..", "static", "testdata", name) }

// handler serves models of static's tests by their names.
func handler(t testing.TB, o serve.Options, names ...string) *serve.Handler {
	t.Helper()
	var sources []serve.Source
	for _, name := range names {
		sources = append(sources, serve.Folder(name, folder(name)))
	}
	h, err := serve.New(t.Context(), sources, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// ask sends one request.
func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// into decodes an answer that has to be 200.
func into[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, type %q: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

// embeddings is OpenAI's answer; the embedding is a list or, in base64, a string.
type embeddings struct {
	Object string `json:"object"`
	Data   []struct {
		Object    string          `json:"object"`
		Index     int             `json:"index"`
		Embedding json.RawMessage `json:"embedding"`
	} `json:"data"`
	Model string `json:"model"`
	Usage struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	} `json:"usage"`
}

// vector reads an embedding in either form.
func vector(t *testing.T, raw json.RawMessage) (v []float32) {
	t.Helper()
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	data, err := base64.StdEncoding.DecodeString(strings.Trim(string(raw), `"`))
	if err != nil {
		t.Fatal(err)
	}
	for ; len(data) > 0; data = data[4:] {
		v = append(v, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return v
}

// encode returns the vectors that package static gives.
func encode(t *testing.T, name string, texts []string, o static.Options) *matrix.Matrix {
	t.Helper()
	m, err := static.Open(folder(name))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	dims := m.Dims()
	if o.Dims > 0 {
		dims = o.Dims
	}
	vectors := matrix.New(len(texts), dims)
	if err := m.Encode(t.Context(), texts, vectors, o); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// many are more texts than one core gets at a time.
func many() (texts []string) {
	words := strings.Fields("the old stone bridge summer music winter garden nothing xyzzy - naïve 日本")
	for i := range 150 {
		texts = append(texts, strings.Join([]string{words[i%13], words[i*5%13], words[i*7%11]}, " "))
	}
	return texts
}

func body(fields map[string]any) string {
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// Vectors are those of package static, bit by bit, in all forms of input and output.
func TestOpenAIVectorsAreStaticsOwn(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32", "weights", "unigram")
	for _, model := range []string{"float32", "weights", "unigram"} {
		for _, format := range []string{"", "float", "base64"} {
			for _, dims := range []int{0, 5} {
				for name, texts := range map[string][]string{"one": {"an old stone bridge"}, "many": many()} {
					fields := map[string]any{"model": model, "input": texts, "user": "u", "more": map[string]any{"input": 1}}
					if name == "one" {
						fields["input"] = texts[0]
					}
					if format != "" {
						fields["encoding_format"] = format
					}
					if dims > 0 {
						fields["dimensions"] = dims
					}
					got := into[embeddings](t, ask(h, "POST", "/v1/embeddings", body(fields)))
					want := encode(t, model, texts, static.Options{Dims: dims})
					if got.Object != "list" || got.Model != model || len(got.Data) != len(texts) || got.Usage.Prompt == 0 || got.Usage.Total != got.Usage.Prompt {
						t.Fatalf("%v: %+v", fields, got)
					}
					for i, d := range got.Data {
						if v := vector(t, d.Embedding); d.Index != i || d.Object != "embedding" || !slices.Equal(v, want.Row(i)) {
							t.Errorf("%s %s %d, text %d: %v, want %v", model, format, dims, i, v, want.Row(i))
						}
					}
				}
			}
		}
	}
}

// Token ids give the vector of the text that they come from, and count as its tokens.
func TestTokenIDs(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32")
	texts := []string{"an old stone bridge", "the summer"}
	lists := into[[][]struct {
		ID      int32
		Text    string
		Special bool
		Start   *int
	}](t, ask(h, "POST", "/tokenize", body(map[string]any{"inputs": texts})))
	if len(lists) != 2 || len(lists[1]) != 2 || lists[1][1].Text != "summer" || lists[1][1].ID != 32 || lists[1][0].Start != nil {
		t.Fatalf("%+v", lists)
	}
	var ids [2][]int32
	for i, list := range lists {
		for _, token := range list {
			ids[i] = append(ids[i], token.ID)
		}
	}
	want := into[embeddings](t, ask(h, "POST", "/v1/embeddings", body(map[string]any{"input": texts})))
	got := into[embeddings](t, ask(h, "POST", "/v1/embeddings", body(map[string]any{"input": ids})))
	if !reflect.DeepEqual(got.Data, want.Data) || got.Usage != want.Usage || got.Usage.Total != 6 { // "an" is not in the vocabulary: [UNK]
		t.Errorf("ids give %+v, the texts %+v", got, want)
	}
	got = into[embeddings](t, ask(h, "POST", "/v1/embeddings", body(map[string]any{"input": ids[1]})))
	if len(got.Data) != 1 || string(got.Data[0].Embedding) != string(want.Data[1].Embedding) {
		t.Errorf("one list gives %+v, want %s", got, want.Data[1].Embedding)
	}
}

// The answers in full, as docs/serve.md has them.
func TestAnswers(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32", "short")
	check := func(method, path, body, want string) {
		t.Helper()
		w := ask(h, method, path, body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
			t.Errorf("%s %s: %d\n got %s\nwant %s", method, path, w.Code, got, want)
		}
	}
	one := list(encode(t, "float32", []string{"river"}, static.Options{}).Row(0))
	two := list(encode(t, "float32", []string{"music"}, static.Options{}).Row(0))
	first := list(encode(t, "float32", []string{"music"}, static.Options{Dims: 3}).Row(0))
	long := list(encode(t, "float32", []string{"music"}, static.Options{NoNormalize: true}).Row(0))
	check("POST", "/v1/embeddings", `{"input": "river", "model": "float32"}`,
		`{"object":"list","data":[{"object":"embedding","index":0,"embedding":`+one+`}],"model":"float32","usage":{"prompt_tokens":1,"total_tokens":1}}`)
	check("POST", "/embed", `{"inputs": ["river", "music"]}`, "["+one+","+two+"]")
	check("POST", "/", `{"inputs": "music", "parameters": null}`, "["+two+"]")
	check("POST", "/embed", `{"inputs": "music", "dimensions": 3}`, "["+first+"]")
	check("POST", "/embed", `{"inputs": "music", "normalize": false}`, "["+long+"]")
	check("POST", "/embed", `{"inputs": "music", "normalize": true}`, "["+two+"]")
	check("POST", "/embed", `{"inputs": "xyzzy"}`, "[[0,0,0,0,0,0,0,0,0,0,0,0]]") // no known token
	check("POST", "/similarity", `{"inputs": {"source_sentence": "river", "sentences": ["river", "xyzzy"]}}`, "[1,0]")
	check("POST", "/tokenize", `{"inputs": "river"}`, `[[{"id":27,"text":"river","special":false,"start":null,"stop":null}]]`)
	check("GET", "/health", "", `{"status":"ok"}`)
	check("GET", "/info?model=short", "", `{"model_id":"short","model_sha":null,"model_dtype":"float32","served_model_name":"short",`+
		`"model_type":{"embedding":{"pooling":"mean"}},"max_concurrent_requests":512,"max_input_length":5,"max_batch_tokens":300000,`+
		`"max_client_batch_size":2048,"auto_truncate":true,"tokenization_workers":`+fmt.Sprint(workers)+`,"version":"","dimensions":12,"tokens":71,"normalize":true,"models":["float32","short"]}`)
}

// list is a vector as JSON, with nine digits of a value below 1.
func list(v []float32) string {
	var out []string
	for _, x := range v {
		digits := 9
		if x == 0 || math.Abs(float64(x)) >= 1 {
			digits = -1
		}
		out = append(out, strconv.FormatFloat(float64(x), 'g', digits, 32))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// Several models: by name in the body or, for text-embeddings-inference's paths, in the address.
func TestModelsByName(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32", "weights")
	text := []string{"the old stone bridge"}
	a, b := encode(t, "float32", text, static.Options{}).Row(0), encode(t, "weights", text, static.Options{}).Row(0)
	for _, tc := range []struct {
		path, body string
		want       []float32
	}{
		{"/embed", `{"inputs": "the old stone bridge"}`, a},
		{"/embed", `{"inputs": "the old stone bridge", "model": "weights"}`, b},
		{"/embed?model=weights", `{"inputs": "the old stone bridge"}`, b},
		{"/embed?model=weights", `{"inputs": "the old stone bridge", "model": "float32"}`, a},
		{"/embed?other=weights", `{"inputs": "the old stone bridge"}`, a},
	} {
		if got := into[[][]float32](t, ask(h, "POST", tc.path, tc.body)); !slices.Equal(got[0], tc.want) {
			t.Errorf("%s %s: %v, want %v", tc.path, tc.body, got[0], tc.want)
		}
	}
	all := into[struct {
		Object string
		Data   []struct {
			ID, Object string
			OwnedBy    string `json:"owned_by"`
			Created    int64
		}
	}](t, ask(h, "GET", "/v1/models", ""))
	if all.Object != "list" || len(all.Data) != 2 || all.Data[1].ID != "weights" || all.Data[1].Object != "model" || all.Data[1].Created == 0 {
		t.Errorf("%+v", all)
	}
	if one := into[map[string]any](t, ask(h, "GET", "/v1/models/weights", "")); one["id"] != "weights" {
		t.Errorf("%+v", one)
	}
}

// Texts longer than the model reads are cut, or refused where the request or the server wants it.
func TestTruncation(t *testing.T) {
	text := "the old stone bridge summer music"
	first := encode(t, "short", []string{text}, static.Options{})
	o := serve.DefaultOptions()
	cutting := handler(t, o, "short")
	o.Truncate = false
	refusing := handler(t, o, "short")
	long := `{"inputs": "` + text + `"`
	for name, w := range map[string]*httptest.ResponseRecorder{
		"by default": ask(cutting, "POST", "/embed", long+"}"), "as asked": ask(refusing, "POST", "/embed", long+`, "truncate": true}`),
	} {
		if got := into[[][]float32](t, w); !slices.Equal(got[0], first.Row(0)) {
			t.Errorf("%s: %v, want %v", name, got[0], first.Row(0))
		}
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"by default": ask(refusing, "POST", "/embed", long+"}"), "as asked": ask(cutting, "POST", "/embed", long+`, "truncate": false}`),
		"ids": ask(refusing, "POST", "/v1/embeddings", `{"input": [1, 2, 3, 4, 5, 6]}`),
	} {
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "[0] is longer than the 5 tokens that the model reads") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if got := into[embeddings](t, ask(refusing, "POST", "/v1/embeddings", `{"input": [2, 3, 4, 5, 6]}`)); got.Usage.Total != 5 {
		t.Errorf("as many tokens as the model reads: %+v", got)
	}
}

// A request needs one of the keys, but not for health and metrics.
func TestKeys(t *testing.T) {
	o := serve.DefaultOptions()
	o.APIKeys = []string{"first", "second"}
	h := handler(t, o, "float32")
	check := func(path, header string, want int) {
		t.Helper()
		method, body := "GET", ""
		if path == "/embed" {
			method, body = "POST", `{"inputs": "a"}`
		}
		w := ask(h, method, path, body, "Authorization", header)
		if w.Code != want || (w.Header().Get("WWW-Authenticate") == "Bearer") != (want == http.StatusUnauthorized) {
			t.Errorf("%s with %q: %d %v, want %d", path, header, w.Code, w.Header(), want)
		}
	}
	for _, path := range []string{"/embed", "/info", "/v1/models"} {
		for _, key := range []string{"Bearer first", "Bearer second", "bearer  second"} {
			check(path, key, http.StatusOK)
		}
		for _, key := range []string{"", "Bearer", "Bearer ", "Bearer third", "first", "Basic first", "Bearer firs", "Bearer first second"} {
			check(path, key, http.StatusUnauthorized)
		}
	}
	check("/nowhere", "", http.StatusUnauthorized)
	check("/health", "", http.StatusOK)
	check("/metrics", "", http.StatusOK)
}

// What New refuses.
func TestNewRefuses(t *testing.T) {
	check := func(want string, change func(*serve.Options), sources ...serve.Source) {
		t.Helper()
		o := serve.DefaultOptions()
		if change != nil {
			change(&o)
		}
		h, err := serve.New(t.Context(), sources, o)
		if err == nil {
			h.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	good := serve.Folder("a", folder("float32"))
	check("no model", nil)
	check(`"a" is empty or given twice`, nil, good, good)
	check(`"" is empty`, nil, serve.Folder("", folder("float32")))
	check("no such file", nil, good, serve.Folder("b", "nowhere"))
	check("API key is empty", func(o *serve.Options) { o.APIKeys = []string{""} }, good)
	check("max-concurrent 0 is less than 1", func(o *serve.Options) { o.MaxConcurrent = 0 }, good)
	check("threads -1 is less than 0", func(o *serve.Options) { o.Threads = -1 }, good)
}

// Metrics count requests, texts and tokens.
func TestMetrics(t *testing.T) {
	h := handler(t, serve.DefaultOptions(), "float32")
	ask(h, "POST", "/embed", `{"inputs": ["the river", "music"]}`)
	ask(h, "POST", "/", `{"inputs": "music"}`)
	ask(h, "POST", "/embed", `{`)
	ask(h, "GET", "/nowhere", "")
	ask(h, "GET", "/v1/nowhere", "")
	w := ask(h, "GET", "/metrics", "")
	data, _ := io.ReadAll(w.Body)
	for _, line := range []string{
		`m2v_requests_total{path="/embed",status="200"} 2`, `m2v_requests_total{path="/embed",status="400"} 1`, `m2v_requests_total{path="other",status="404"} 2`,
		`m2v_texts_total{model="float32"} 3`, `m2v_tokens_total{model="float32"} 4`, `m2v_requests_in_flight 1`, `m2v_request_seconds_count{path="/embed"} 3`,
		"process_resident_memory_bytes", "go_goroutines",
	} {
		if !bytes.Contains(data, []byte("\n"+line)) {
			t.Errorf("no line %s", line)
		}
	}
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}
