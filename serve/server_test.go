package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/serve"
)

// running is a server that listens on a free port of the loopback interface.
type running struct {
	addr string
	stop func() error // tells it to stop and waits
}

func start(t *testing.T, change func(*serve.Server)) running {
	t.Helper()
	s := serve.NewServer(handler(t, serve.DefaultOptions(), "float32"))
	if change != nil {
		change(s)
	}
	l, err := serve.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	var once sync.Once
	stop := func() (err error) {
		once.Do(func() {
			cancel()
			select {
			case err = <-ended:
			case <-time.After(10 * time.Second):
				t.Fatal("the server does not stop")
			}
		})
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return running{l.Addr().String(), stop}
}

func send(client *http.Client, addr string) (*http.Response, error) {
	resp, err := client.Post("http://"+addr+"/embed", "application/json", strings.NewReader(`{"inputs": "the river"}`))
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return resp, err
}

// On stopping, a request that is on its way is answered, then a new connection is refused.
func TestStopAnswersWhatIsOnItsWay(t *testing.T) {
	s := start(t, nil)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const content = `{"inputs": "the river"}`
	fmt.Fprintf(c, "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(content), content[:5])
	idle, err := net.Dial("tcp", s.addr) // says nothing yet
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	time.Sleep(50 * time.Millisecond)
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		d, err := net.Dial("tcp", s.addr)
		if err != nil {
			break // refused
		}
		d.Close()
		if time.Now().After(end) {
			t.Fatal("a server that stops takes connections")
		}
	}
	for from, conn := range map[string]net.Conn{content[5:]: c, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n": idle} {
		if _, err := io.WriteString(conn, from); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", from, err)
		}
		want := http.StatusOK
		if conn == idle {
			want = http.StatusServiceUnavailable // not well enough for new work
		}
		if resp.StatusCode != want || !resp.Close {
			t.Errorf("%s: status %d, close %t", from, resp.StatusCode, resp.Close)
		}
		conn.Close()
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// Clients that ask without pause lose no request when the server stops: each is
// answered, or its connection is refused before it is sent.
func TestStopUnderLoad(t *testing.T) {
	for range 3 {
		s := start(t, nil)
		var answered, refused, lost atomic.Int64
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				client := &http.Client{Transport: &http.Transport{}}
				for {
					resp, err := send(client, s.addr)
					switch {
					case err != nil && strings.Contains(err.Error(), "connect: connection refused"):
						refused.Add(1)
						return
					case err != nil:
						lost.Add(1)
						t.Errorf("lost: %v", err)
						return
					case resp.StatusCode != http.StatusOK:
						t.Errorf("status %d", resp.StatusCode)
						return
					}
					answered.Add(1)
				}
			})
		}
		for answered.Load() < 100 && !t.Failed() { // however slow the machine is
			time.Sleep(time.Millisecond)
		}
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		clients.Wait()
		if refused.Load() != 8 || lost.Load() != 0 {
			t.Errorf("%d answered, %d refused, %d lost", answered.Load(), refused.Load(), lost.Load())
		}
	}
}

// A request that never ends is given up, with an error that says so.
func TestStopDoesNotWaitForEver(t *testing.T) {
	s := start(t, func(s *serve.Server) { s.StopTimeout, s.Linger = 50*time.Millisecond, 0 })
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	time.Sleep(50 * time.Millisecond)
	if err := s.stop(); err == nil || !strings.Contains(err.Error(), "open after 50ms") {
		t.Errorf("error %v", err)
	}
}

// Clients that are slow, silent, break off or send nonsense are left behind: what they
// held is given back.
func TestSlowClientsHoldNothing(t *testing.T) {
	s := start(t, func(s *serve.Server) { s.ReadTimeout, s.IdleTimeout = 200*time.Millisecond, 200*time.Millisecond })
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if _, err := send(once, s.addr); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // until the request's goroutines are gone
	before := runtime.NumGoroutine()
	var open []net.Conn
	for i := range 40 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, []string{
			"POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", "POST /emb", "", "\x16\x03\x01\x00",
		}[i%4])
		if i%8 > 3 {
			c.Close()
			continue
		}
		defer c.Close()
		open = append(open, c)
	}
	if resp, err := send(once, s.addr); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("beside slow clients: %v", err)
	}
	for i, c := range open {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		data, err := io.ReadAll(c)
		if err != nil {
			t.Errorf("client %d: the server does not hang up: %v", i, err)
		}
		if i%4 == 0 && !bytes.Contains(data, []byte("408 Request Timeout")) {
			t.Errorf("client %d: %q, want status 408", i, data)
		}
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A body that says how long it is and is too long is not read.
func TestLongBodyIsNotRead(t *testing.T) {
	s := start(t, nil)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || !resp.Close {
		t.Errorf("%v %+v", err, resp)
	}
}

// A socket in the file system: one that was left behind is replaced, one in use is not,
// nor is a file.
func TestUnixSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no sockets in the file system")
	}
	dir, err := os.MkdirTemp("", "m2v") // t.TempDir may be too long a path for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	left, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	l, err := serve.Listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Listen("unix:" + path); err == nil || !strings.Contains(err.Error(), "another server listens there already") {
		t.Errorf("in use: %v", err)
	}
	l.Close()
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is still there")
	}
	if err := os.WriteFile(path, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Listen("unix:" + path); err == nil {
		t.Error("a file is replaced")
	}
	if _, err := serve.Listen("127.0.0.1:nowhere"); err == nil {
		t.Error("a port that is none")
	}
}

// writeCertificate writes a certificate that signs itself, and its key.
func writeCertificate(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "EC PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TLS with files, which may change.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := serve.LoadCertificate(certFile, keyFile); err == nil {
		t.Error("files that are not there")
	}
	writeCertificate(t, certFile, keyFile, 1)
	c, err := serve.LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(s *serve.Server) { s.TLS = c.Config() })
	check := func(serial int64) {
		t.Helper()
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // it signs itself
		defer client.CloseIdleConnections()
		resp, err := client.Get("https://" + s.addr + "/health")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.TLS.PeerCertificates[0].SerialNumber.Int64(); resp.StatusCode != http.StatusOK || got != serial || resp.ProtoMajor != 2 {
			t.Errorf("%s, certificate %d of %d", resp.Proto, got, serial)
		}
	}
	check(1)
	writeCertificate(t, certFile, keyFile, 2)
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	check(2)
	if err := os.WriteFile(keyFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Reload(); err == nil {
		t.Error("an empty key is taken")
	}
	check(2)
}
