package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// A Server answers requests on a listener, until it is told to stop. Begin with NewServer.
type Server struct {
	Handler *Handler

	ReadTimeout  time.Duration // for a request to arrive
	WriteTimeout time.Duration // from its headers to the end of its answer
	IdleTimeout  time.Duration // for the next request on a connection
	// Linger is how long, on stopping, connections that wait for a next request are
	// kept: a client may have sent it already. Answers tell clients to close.
	Linger time.Duration
	// StopTimeout is how long, on stopping, requests have to be answered.
	StopTimeout time.Duration

	// TLS, if not nil, encrypts; a Certificate makes one of files.
	TLS *tls.Config
}

// NewServer returns a server with timeouts that suit embeddings, which take milliseconds.
func NewServer(h *Handler) *Server {
	return &Server{
		Handler: h, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		Linger: 250 * time.Millisecond, StopTimeout: 30 * time.Second,
	}
}

// maxHeader is how many bytes the headers of a request may have.
const maxHeader = 64 << 10

// Serve answers requests on l until ctx ends. Then it stops: new connections are refused,
// requests that were sent are answered, and nil is returned. Requests that are not
// answered by StopTimeout are given up, which is an error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var connections atomic.Int64
	server := &http.Server{
		Handler: s.Handler, TLSConfig: s.TLS, MaxHeaderBytes: maxHeader,
		ReadTimeout: s.ReadTimeout, WriteTimeout: s.WriteTimeout, IdleTimeout: s.IdleTimeout,
		ErrorLog: slog.NewLogLogger(s.Handler.log.Handler(), slog.LevelWarn),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Add(-1)
			}
		},
	}
	failed := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			failed <- server.ServeTLS(l, "", "")
			return
		}
		failed <- server.Serve(l)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.Handler.draining.Store(true)
	_ = l.Close() // new connections are refused
	for end := time.Now().Add(s.Linger); connections.Load() > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.StopTimeout)
	defer cancel()
	if err := server.Shutdown(late); errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close()
		return fmt.Errorf("serve: stop: requests were open after %v and are lost", s.StopTimeout)
	}
	return nil
}

// Listen listens at an address: HOST:PORT, where port 0 is any that is free, or
// unix:PATH for a socket in the file system. A socket that a server left behind is
// replaced; one that is in use is not.
func Listen(addr string) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(addr, "unix:")
	if !isUnix {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("serve: %w", err)
		}
		return l, nil
	}
	if path == "" { // net would choose a name that no client knows
		return nil, errors.New("serve: listen: the address unix: has no path: write unix:PATH")
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, fmt.Errorf("serve: listen on %s: another server listens there already", path)
		}
		_ = os.Remove(path) // Listen says so if it is still there
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	return l, nil
}

// A Certificate is a certificate and its key in two PEM files, which Reload reads anew.
type Certificate struct {
	certFile, keyFile string
	now               atomic.Pointer[tls.Certificate]
}

// LoadCertificate reads the files.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	return c, c.Reload()
}

// Reload reads the files again, for connections from now on. If they are not in order,
// the certificate stays what it was.
func (c *Certificate) Reload() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("serve: certificate: %w", err)
	}
	c.now.Store(&pair)
	return nil
}

// Config returns the TLS configuration of a server with this certificate.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now.Load(), nil }}
}
