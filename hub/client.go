package hub

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// A request is tried this often before a failure that may pass is final,
	// counted from the last time that a try got somewhere.
	tries = 5
	// progressBytes is what a download must have gained for its tries to be
	// counted anew, so that a server which breaks off after each byte is not
	// asked for ever.
	progressBytes = 1 << 20
	longestWait   = time.Minute
	longestAnswer = 64 << 20 // bytes of JSON; a listing of 100,000 files is a third of it
)

// client speaks to one Hub.
type client struct {
	http      http.Client
	endpoint  *url.URL
	token     string
	userAgent string
	timeout   time.Duration // without a byte
	wait      time.Duration // before the first retry
	writes    bool          // the token has to allow changes
	retrying  func(cause error, wait time.Duration)
}

func newClient(c Config) (*client, error) {
	address := strings.TrimRight(c.Endpoint, "/")
	if address == "" {
		address = DefaultEndpoint
	}
	endpoint, err := url.Parse(address)
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "https" && endpoint.Scheme != "http" {
		return nil, fmt.Errorf("hub: endpoint %q is not an http or https address", c.Endpoint)
	}
	cl := &client{endpoint: endpoint, token: c.token(), userAgent: c.UserAgent, timeout: c.Timeout, wait: c.RetryWait, retrying: c.Retrying}
	if cl.userAgent == "" {
		cl.userAgent = "m2v"
	}
	if cl.timeout <= 0 {
		cl.timeout = 30 * time.Second
	}
	if cl.wait <= 0 {
		cl.wait = time.Second
	}
	cl.http = http.Client{Transport: c.Transport, CheckRedirect: cl.redirect}
	return cl, nil
}

var errRedirect = errors.New("redirected")

// redirect follows at most ten redirects, none from https to http, and sends
// the token to the endpoint's own host and port only: net/http would also send
// it to subdomains and other ports.
func (c *client) redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return fmt.Errorf("%w more than 10 times", errRedirect)
	}
	if req.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
		return fmt.Errorf("%w from https to %s", errRedirect, req.URL.Scheme)
	}
	if !c.own(req.URL) {
		req.Header.Del("Authorization")
	}
	return nil
}

// url returns the address of a path below the endpoint, each part escaped.
func (c *client) url(query string, parts ...string) string {
	var b strings.Builder
	b.WriteString(c.endpoint.Scheme + "://" + c.endpoint.Host + strings.TrimRight(c.endpoint.EscapedPath(), "/"))
	for _, part := range parts {
		b.WriteString("/" + part)
	}
	if query != "" {
		b.WriteString("?" + query)
	}
	return b.String()
}

// slashed escapes each part of a slash-separated path.
func slashed(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// transient is a failure that may pass; after is how long the server asks to
// wait, 0 if it does not say.
type transient struct {
	error
	after time.Duration
}

func (t transient) Unwrap() error { return t.error }

// retry calls try until it succeeds, fails for good, or has failed tries times
// in a row without getting anywhere.
func (c *client) retry(ctx context.Context, try func() (gained bool, err error)) error {
	for failed := 0; ; {
		gained, err := try()
		passing, mayPass := errors.AsType[transient](err)
		if err == nil || !mayPass || ctx.Err() != nil {
			return err
		}
		if gained {
			failed = 0
		}
		if failed++; failed >= tries {
			return fmt.Errorf("%w (tried %d times)", passing.error, failed)
		}
		wait := min(max(c.wait<<(failed-1), passing.after), longestWait)
		if c.retrying != nil {
			c.retrying(passing.error, wait)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// get sends one GET and hands the answer, if it is 2xx, to read, whose reader
// fails once nothing has come for the client's timeout. Failures of the
// connection and of a busy server are transient.
func (c *client) get(ctx context.Context, address string, from int64, read func(*http.Response) error) error {
	header := http.Header{}
	if from > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	return c.send(ctx, outgoing{method: http.MethodGet, address: address, header: header}, read)
}

// outgoing is one request. The token is sent to the client's endpoint only.
type outgoing struct {
	method, address string
	header          http.Header
	// open returns the body, length bytes; nil for none. It is called again where the
	// server sends the request elsewhere.
	open   func() io.ReadCloser
	length int64
	// patience is how many timeouts the answer may take once the body is sent; 1 if 0.
	patience int
}

// send sends a request and hands the answer, if it is 2xx, to read, as get does.
func (c *client) send(ctx context.Context, r outgoing, read func(*http.Response) error) error {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timeout := c.timeout * time.Duration(max(r.patience, 1))
	stalled := fmt.Errorf("%w %s: nothing came for %v", errUnreachable, c.endpoint.Host, timeout)
	timer := time.AfterFunc(timeout, func() { cancel(stalled) })
	defer timer.Stop()

	req, err := c.request(watched, r, func() { timer.Reset(timeout) })
	if err != nil {
		return bare(err)
	}
	res, err := c.http.Do(req)
	if err == nil {
		defer res.Body.Close()
		timer.Reset(c.timeout)
		if res.StatusCode/100 != 2 {
			return c.refusal(res)
		}
		res.Body = &watchedBody{res.Body, timer, c.timeout}
		err = read(res)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(context.Cause(watched), stalled):
		return transient{hinted{stalled, connection}, 0}
	}
	if _, ok := errors.AsType[*url.Error](err); ok || errors.Is(err, errRead) {
		err = hinted{fmt.Errorf("%w %s: %w", errUnreachable, c.endpoint.Host, bare(err)), connection}
		if !final(err) {
			err = transient{err, 0}
		}
	}
	return err
}

// request returns r as net/http has it; sent is called whenever bytes of the body have gone.
func (c *client) request(ctx context.Context, r outgoing, sent func()) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.address, nil)
	if err != nil {
		return nil, err
	}
	for key, values := range r.header {
		req.Header[key] = values
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept-Encoding", "identity") // sizes and ranges are those of the file
	if r.open != nil {
		req.ContentLength = r.length
		req.GetBody = func() (io.ReadCloser, error) { return &sentBody{r.open(), sent}, nil }
		req.Body, _ = req.GetBody()
	}
	if c.token != "" && c.own(req.URL) {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// own tells whether an address is the endpoint's, which may see the token.
func (c *client) own(u *url.URL) bool {
	return u.Scheme == c.endpoint.Scheme && strings.EqualFold(u.Host, c.endpoint.Host)
}

const connection = "check the connection and HF_ENDPOINT; a model's local folder serves as well"

// final reports whether a failure to reach the Hub will stay.
func final(err error) bool {
	if errors.Is(err, errRedirect) {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

// errUnreachable is the cause of what the Hub never got to answer.
var errUnreachable = errors.New("cannot reach")

// errRead marks a failure of the connection while an answer was read, to be
// told from a failure of the disk.
var errRead = errors.New("connection broke")

type watchedBody struct {
	io.ReadCloser
	timer   *time.Timer
	timeout time.Duration
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.timer.Reset(b.timeout)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // a wrapped EOF is no regular end
		err = fmt.Errorf("%w: %w", errRead, err)
	}
	return n, err
}

// sentBody tells whenever bytes of it have gone.
type sentBody struct {
	io.ReadCloser
	sent func()
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.sent()
	}
	return n, err
}

// bare drops the address from an error of net/http: a content network's
// addresses are long and signed, which is nothing for a message or a log.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// json reads one JSON answer into v and returns its header.
func (c *client) json(ctx context.Context, address string, v any) (header http.Header, err error) {
	err = c.retry(ctx, func() (bool, error) {
		return false, c.get(ctx, address, 0, func(res *http.Response) error {
			header = res.Header
			return c.decode(res, v)
		})
	})
	return header, err
}

// decode reads an answer's JSON into v.
func (c *client) decode(res *http.Response, v any) error {
	data, err := io.ReadAll(io.LimitReader(res.Body, longestAnswer+1))
	if err != nil {
		return err
	}
	if len(data) > longestAnswer {
		return fmt.Errorf("answer is longer than %d bytes", longestAnswer)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return hinted{fmt.Errorf("answer of %s is not the Hub's: %w", c.endpoint.Host, err),
			"HF_ENDPOINT must name a server that speaks the Hub's API; a proxy's page looks like this too"}
	}
	return nil
}

// refusal turns an answer that is not 2xx into an error.
// Source of the codes: huggingface_hub 1.33.0, utils/_http.py.
func (c *client) refusal(res *http.Response) error {
	code, message := res.Header.Get("X-Error-Code"), c.printable(res.Header.Get("X-Error-Message"))
	because := func(err error) error {
		if message != "" {
			return fmt.Errorf("%w: %s", err, message)
		}
		return fmt.Errorf("%w (HTTP %d)", err, res.StatusCode)
	}
	login := "set HF_TOKEN to a token that may " + c.verb() + " it"
	if c.token != "" {
		login = "the token that was sent may not " + c.verb() + " it, or has expired"
	}
	switch status := res.StatusCode; {
	case code == "RevisionNotFound":
		return because(ErrRevision)
	case code == "EntryNotFound":
		return because(ErrFile)
	case code == "GatedRepo":
		return hinted{because(ErrAccess), "the model is gated: accept its terms on its page, then " + login}
	case code == "RepoNotFound" || status == http.StatusNotFound:
		return hinted{because(ErrRepo), "check the spelling; if it is private, " + login}
	case status == http.StatusUnauthorized && c.token == "":
		// The Hub says 401, not 404, to strangers, so as not to tell what exists.
		return hinted{because(ErrRepo), "check the spelling; if it is private, " + login}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return hinted{because(ErrAccess), login}
	case status == http.StatusTooManyRequests:
		return transient{because(busyError{c.endpoint.Host}), askedWait(res.Header)}
	case status == http.StatusRequestTimeout || status >= 500:
		return transient{because(fmt.Errorf("%s answers %s", c.endpoint.Host, http.StatusText(status))), askedWait(res.Header)}
	case status == http.StatusConflict:
		return because(errConflict)
	case status == http.StatusPreconditionFailed:
		return hinted{because(ErrMoved), "look at what has changed there, then run again"}
	default:
		return because(refusedError{c.endpoint.Host})
	}
}

// errRefused is the cause of what the Hub has no name for, and errBusy of a request too many.
var (
	errRefused = errors.New("refused")
	errBusy    = errors.New("too many requests")
)

// busyError is errBusy, in words that name the server.
type busyError struct{ host string }

func (e busyError) Error() string {
	return e.host + " answers " + http.StatusText(http.StatusTooManyRequests)
}
func (e busyError) Is(target error) bool { return target == errBusy }

// refusedError is errRefused, in words that name the server.
type refusedError struct{ host string }

func (e refusedError) Error() string        { return e.host + " refuses" }
func (e refusedError) Is(target error) bool { return target == errRefused }

// errConflict is the cause of what the Hub has already.
var errConflict = errors.New("it exists already")

// verb is what the token has to allow.
func (c *client) verb() string {
	if c.writes {
		return "write"
	}
	return "read"
}

// printable is printable, for a server's text, which may repeat the token.
func (c *client) printable(text string) string {
	if c.token != "" {
		text = strings.ReplaceAll(text, c.token, "…")
	}
	return printable(text)
}

// rateLimit finds the seconds until a limit that is used up is renewed, as in
// `"api";r=0;t=55`.
var rateLimit = compiled(`;\s*r=0\s*;\s*t=(\d+)`)

// askedWait returns how long the server asks to wait, 0 if it does not say.
func askedWait(h http.Header) time.Duration {
	asked := h.Get("Retry-After")
	if limit := rateLimit().FindStringSubmatch(h.Get("RateLimit")); asked == "" && limit != nil {
		asked = limit[1]
	}
	seconds, err := strconv.Atoi(asked)
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
}
