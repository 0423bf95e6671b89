package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// A failure is an answer other than 200.
type failure struct {
	status int
	kind   string // error_type of text-embeddings-inference
	param  string // the field of the request that is at fault, if it is one
	code   string // code of OpenAI, if it has one
	text   string
}

func (f *failure) Error() string { return f.text }

// The kinds of failures that text-embeddings-inference has.
//
// Source: ErrorType in its router/src/lib.rs, and the statuses in router/src/http/server.rs.
const (
	kindEmpty      = "Empty"
	kindValidation = "Validation"
	kindOverloaded = "Overloaded"
	kindUnhealthy  = "Unhealthy"
	kindBackend    = "Backend"
)

// statusGone is logged where a client went away before its answer; nobody gets it.
const statusGone = 499

var (
	errKey      = &failure{http.StatusUnauthorized, kindValidation, "", "invalid_api_key", "the request needs the header \"Authorization: Bearer KEY\" with a key that the server knows"}
	errBusy     = &failure{http.StatusTooManyRequests, kindOverloaded, "", "rate_limit_exceeded", "too many requests at a time: try again"}
	errStopping = &failure{http.StatusServiceUnavailable, kindUnhealthy, "", "", "the server is about to stop"}
	errInternal = &failure{http.StatusInternalServerError, kindBackend, "", "", "the server failed: its log says why"}
	errFinite   = &failure{http.StatusInternalServerError, kindBackend, "", "", "the vector of a text has a value that is not finite"}
	errGone     = &failure{statusGone, kindBackend, "", "", "the client went away"}
	errSlow     = &failure{http.StatusRequestTimeout, kindValidation, "", "", "the body did not arrive in time"}
	errUTF8     = &failure{http.StatusBadRequest, kindValidation, "", "", "the body is not UTF-8"}
)

func errMethod(got, want string) error {
	return &failure{http.StatusMethodNotAllowed, kindValidation, "", "", fmt.Sprintf("the path takes %s, not %s", want, got)}
}

func errPath(path string) error {
	return &failure{http.StatusNotFound, kindValidation, "", "", fmt.Sprintf("there is nothing at %s", path)}
}

func errModel(name string) error {
	return &failure{http.StatusNotFound, kindValidation, "model", "model_not_found", fmt.Sprintf("there is no model %q: GET /v1/models lists them", name)}
}

func errBody(limit int64) error {
	return &failure{http.StatusRequestEntityTooLarge, kindValidation, "", "", fmt.Sprintf("the body has more than %d bytes", limit)}
}

func errEmpty(param string) error {
	return &failure{http.StatusBadRequest, kindEmpty, param, "", fmt.Sprintf("%s cannot be empty", param)}
}

func errEmptyAt(param string, i int) error {
	return &failure{http.StatusBadRequest, kindEmpty, param, "", fmt.Sprintf("%s[%d] cannot be empty", param, i)}
}

// errJSON is a body that is not JSON.
func errJSON(err error) error {
	return &failure{http.StatusBadRequest, kindValidation, "", "", fmt.Sprintf("the body is not JSON: %v", err)}
}

// invalid is a request that is JSON and cannot be answered.
func invalid(param, format string, args ...any) error {
	return &failure{http.StatusUnprocessableEntity, kindValidation, param, "", fmt.Sprintf(format, args...)}
}

// errorShape is how a path writes failures.
type errorShape bool

const (
	inferenceShape errorShape = false // {"error", "error_type"}
	openAIShape    errorShape = true  // {"error": {"message", "type", "param", "code"}}
)

// fail answers err.
func (h *Handler) fail(w *response, shape errorShape, err error) {
	var f *failure
	if !errors.As(err, &f) {
		if f = errInternal; errors.Is(err, context.Canceled) {
			f = errGone
		}
	}
	if w.status != 0 || f.status == statusGone { // too late to say
		w.status = f.status
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if f.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	body := f.body(shape)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // who does not read it went away
}

// body returns the failure as JSON.
func (f *failure) body(shape errorShape) []byte {
	if shape == inferenceShape {
		return marshal(map[string]string{"error": f.text, "error_type": f.kind})
	}
	kind := "invalid_request_error"
	switch {
	case f.status >= 500:
		kind = "server_error"
	case f.status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	}
	return marshal(map[string]any{"error": map[string]any{"message": f.text, "type": kind, "param": orNull(f.param), "code": orNull(f.code)}})
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
