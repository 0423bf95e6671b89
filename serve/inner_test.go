package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/static"
)

func inner(t *testing.T, o Options) *Handler {
	t.Helper()
	h, err := New(t.Context(), []Source{Folder("m", "../static/testdata/float32")}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func post(h *Handler, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(body)))
	return w
}

// One request more than may be worked on at a time is told to come back, in the words of its path.
func TestTooManyAtATime(t *testing.T) {
	o := DefaultOptions()
	o.MaxConcurrent = 2
	h := inner(t, o)
	h.slots <- struct{}{}
	if w := post(h, "/embed", `{"inputs": "a"}`); w.Code != http.StatusOK {
		t.Errorf("one of two: %d %s", w.Code, w.Body)
	}
	h.slots <- struct{}{}
	for path, want := range map[string]string{
		"/embed":         `{"error":"too many requests at a time: try again","error_type":"Overloaded"}`,
		"/v1/embeddings": `{"error":{"code":"rate_limit_exceeded","message":"too many requests at a time: try again","param":null,"type":"rate_limit_error"}}`,
	} {
		w := post(h, path, `{"inputs": "a", "input": "a"}`)
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || w.Body.String() != want {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
	}
	<-h.slots
	<-h.slots
	if w := post(h, "/embed", `{"inputs": "a"}`); w.Code != http.StatusOK || len(h.slots) != 0 {
		t.Errorf("afterwards: %d %s, %d slots taken", w.Code, w.Body, len(h.slots))
	}
}

// What panics is a request's failure, on the request's goroutine and on those that help
// it, and gives its slot and its model back.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	o := DefaultOptions()
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	h := inner(t, o)
	h.routes["/embed"].serve = func(w http.ResponseWriter, r *http.Request, rec *record) error {
		var req embedRequest
		return h.respond(w, r, &req, func(ctx context.Context) (a *answer, err error) {
			err = h.use("", func(m *served) error {
				in, err := inputsOf("inputs", req.Inputs)
				if err != nil || in.len() == 1 {
					panic("here")
				}
				j := &job{param: "inputs", in: in, each: func(part []byte, i int, v []float32) []byte {
					if i == 40 {
						panic("there")
					}
					return appendRow(part, i, v)
				}}
				a, err = h.run(ctx, m, j, rec)
				return err
			})
			return a, err
		})
	}
	for word, body := range map[string]string{"here": `{"inputs": "a"}`, "there": `{"inputs": ["a"` + strings.Repeat(`,"a"`, 64) + `]}`} {
		log.Reset()
		w := post(h, "/embed", body)
		if want := `{"error":"the server failed: its log says why","error_type":"Backend"}`; w.Code != http.StatusInternalServerError || w.Body.String() != want {
			t.Errorf("%s: %d %s", word, w.Code, w.Body)
		}
		if !strings.Contains(log.String(), `"value":"`+word+`"`) || !strings.Contains(log.String(), "inner_test.go") {
			t.Errorf("%s: the log does not say where: %s", word, &log)
		}
	}
	if err := h.Reload(t.Context()); err != nil || len(h.slots) != 0 {
		t.Errorf("afterwards: %v, %d slots taken", err, len(h.slots))
	}
}

// A vector that JSON cannot express is an error, not broken JSON.
func TestNotFinite(t *testing.T) {
	for _, v := range [][]float32{{0, float32(math.NaN())}, {float32(math.Inf(1)), 1}, {float32(math.Inf(1)), float32(math.Inf(-1))}} {
		if finite(v) {
			t.Errorf("%v is finite", v)
		}
	}
	if !finite([]float32{math.MaxFloat32, -math.MaxFloat32, 0}) {
		t.Error("the largest value is not finite")
	}
}

// Large bodies and answers are not kept.
func TestKeptBuffersAreSmall(t *testing.T) {
	a := &answer{[][]byte{make([]byte, 2*keptBytes)}}
	if err := a.write(httptest.NewRecorder()); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if part := takePart(); cap(part) > keptBytes {
			t.Errorf("a part of %d bytes was kept", cap(part))
		}
	}
}

// BenchmarkAnswer is the work on one request's answer, without HTTP: texts to JSON.
func BenchmarkAnswer(b *testing.B) {
	texts := make([]string, 64)
	for i := range texts {
		texts[i] = "the old stone bridge is on the river, a summer morning"
	}
	m, err := static.Open("../static/testdata/float32")
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	vector := make([]float32, 256)
	for i := range vector {
		vector[i] = float32(math.Sin(float64(i*i))) / 16
	}
	for name, write := range map[string]func([]byte, []float32) []byte{"float": appendFloats, "base64": appendBase64} {
		b.Run(name, func(b *testing.B) {
			var out []byte
			for b.Loop() {
				out = out[:0]
				for range texts {
					out = write(out, vector)
				}
			}
			b.ReportMetric(float64(b.N*len(texts)*len(vector))/b.Elapsed().Seconds()/1e6, "Mvalues/s")
		})
	}
}

// Whatever the value, the decimal is read back as the same float32, by a reader of
// float32 and by one of float64.
func TestFloatsAreReadBack(t *testing.T) {
	check := func(x float32) {
		t.Helper()
		out := string(appendFloat(nil, x))
		as32, err := strconv.ParseFloat(out, 32)
		as64, err64 := strconv.ParseFloat(out, 64)
		if err != nil || err64 != nil || math.Float32bits(float32(as32)) != math.Float32bits(x) || math.Float32bits(float32(as64)) != math.Float32bits(x) || !json.Valid([]byte(out)) {
			t.Errorf("%v is written as %s", x, out)
		}
	}
	for _, x := range []float32{0, 1, 0.5, 1e-45, math.MaxFloat32, 123456.789} {
		check(x)
		check(-x)
	}
	for _, power := range []float32{1, 0.1, 0.01, 1e-3, 1e-4, 1e-5} { // and the neighbours
		below, above := power, power
		for range 100 {
			check(below)
			check(above)
			below, above = math.Nextafter32(below, 0), math.Nextafter32(above, 2)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		check(math.Float32frombits(0x38000000 + r.Uint32N(0x08000000))) // 2⁻¹⁵ to 2
		if x := math.Float32frombits(r.Uint32()); finite([]float32{x}) {
			check(x)
		}
	}
}

// More values than are written at a time are one string without padding inside.
func TestBase64OfManyValues(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 767, 768, 769, 3000} {
		v := make([]float32, n)
		raw := []byte{}
		for i := range v {
			v[i] = float32(i) / 7
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v[i]))
		}
		if got, want := string(appendBase64(nil, v)), `"`+base64.StdEncoding.EncodeToString(raw)+`"`; got != want {
			t.Errorf("%d values: %.60s, want %.60s", n, got, want)
		}
	}
}
