//go:build scale

package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/store"
)

// server starts versitygw, a real server of S3, over a folder on this machine, and returns
// its address and that folder. M2V_TEST_S3_SERVER names the program.
func server(t *testing.T) (address, root string) {
	t.Helper()
	program := os.Getenv("M2V_TEST_S3_SERVER")
	if program == "" {
		t.Fatal("M2V_TEST_S3_SERVER names no versitygw: make test-scale installs it")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	listener.Close()
	root = t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "bucket"), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--access", "key", "--secret", "secret", "--port", address, "--quiet", "posix", root)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 200 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address, root
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the server does not answer")
	return "", ""
}

func config(address string) Config {
	return Config{Endpoint: "http://" + address, Region: "us-east-1", Key: "key", Secret: "secret", Retries: 4}
}

func folder(t *testing.T, address, url string) *Folder {
	t.Helper()
	f, err := Open(url, config(address))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f store.Folder, name string, data []byte) {
	t.Helper()
	err := f.Create(t.Context(), name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(f store.Folder, name string) ([]byte, error) {
	o, err := f.Open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(o)
}

// noise is data that does not repeat.
func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data)
	return data
}

// cutter is a proxy that cuts connections: each after so many bytes of answers, as long as
// there are cuts left.
type cutter struct {
	net.Listener
	to    string
	after int64
	cuts  atomic.Int64
	made  atomic.Int64 // cuts
}

func newCutter(t *testing.T, to string, after int64, cuts int64) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, to: to, after: after}
	c.cuts.Store(cuts)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(from)
		}
	}()
	return c
}

func (c *cutter) serve(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		c.copy(to, from)
		to.(*net.TCPConn).CloseWrite()
	}()
	c.copy(from, to)
}

// copy copies all, or c.after bytes where the connection is to be cut.
func (c *cutter) copy(dst, src net.Conn) {
	n, _ := io.CopyN(dst, src, c.after)
	if n == c.after && c.cuts.Add(-1) >= 0 {
		c.made.Add(1)
		dst.Close()
		src.Close()
		return
	}
	_, _ = io.Copy(dst, src)
}

func TestFolder(t *testing.T) {
	address, _ := server(t)
	f := folder(t, address, "s3://bucket/a/b")
	large := noise(2*partBytes + 12345) // three parts, and more than ReadAt keeps
	put(t, f, "large", large)
	put(t, f, "small", []byte("text"))
	put(t, f, "small", []byte("other text"))
	put(t, f, "empty", nil)
	put(t, folder(t, address, "s3://bucket/a/b/c"), "below", []byte("x"))
	put(t, folder(t, address, "s3://bucket/a/bc"), "beside", []byte("x"))
	for name, want := range map[string][]byte{"large": large, "small": []byte("other text"), "empty": {}, "c/below": []byte("x")} {
		if got, err := read(f, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v, want %d", name, len(got), err, len(want))
		}
	}
	list, err := f.List(t.Context())
	want := []store.Entry{{Name: "c/below", Size: 1}, {Name: "empty"}, {Name: "large", Size: int64(len(large))}, {Name: "small", Size: 10}}
	if err != nil || len(list) != len(want) {
		t.Fatalf("%v, %v", list, err)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("%v, want %v", list[i], want[i])
		}
	}
	o, err := f.Open(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	part := make([]byte, 5000)
	for _, off := range []int64{0, wholeBytes - 100, wholeBytes + 5000, 7} {
		if n, err := o.ReadAt(part, off); n != len(part) || err != nil || !bytes.Equal(part, large[off:off+int64(len(part))]) {
			t.Errorf("at %d: %d bytes, %v", off, n, err)
		}
	}
	if n, err := o.ReadAt(part, o.Size()-10); n != 10 || err != io.EOF {
		t.Errorf("at the end: %d bytes, %v", n, err)
	}
	if err := errors.Join(f.Remove(t.Context(), "small"), f.Remove(t.Context(), "small")); err != nil {
		t.Error(err)
	}
	if _, err := f.Open(t.Context(), "small"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a removed file: %v", err)
	}
	if _, err := f.Lock(t.Context(), ".lock"); err != nil {
		t.Error(err)
	}
}

// A file that fails in the middle leaves what was there.
func TestCreateFails(t *testing.T) {
	address, root := server(t)
	f := folder(t, address, "s3://bucket/a")
	put(t, f, "file", []byte("before"))
	broken := errors.New("broken")
	for _, n := range []int{10, partBytes + 10, 3 * partBytes} {
		err := f.Create(t.Context(), "file", func(w io.Writer) error {
			if _, err := w.Write(make([]byte, n)); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	if got, err := read(f, "file"); string(got) != "before" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_ = root
}

// Connections that are cut, in answers and in uploads, are made anew.
func TestCutConnections(t *testing.T) {
	address, _ := server(t)
	data := noise(partBytes + 3<<20)
	put(t, folder(t, address, "s3://bucket"), "file", data)
	for _, after := range []int64{100, 100_000, 5 << 20} {
		c := newCutter(t, address, after, 3)
		f := folder(t, c.Addr().String(), "s3://bucket")
		if got, err := read(f, "file"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("read, cut after %d bytes: %d bytes, %v", after, len(got), err)
		}
		if c.made.Load() == 0 {
			t.Errorf("after %d bytes: nothing was cut", after)
		}
		c = newCutter(t, address, after, 2)
		put(t, folder(t, c.Addr().String(), "s3://bucket"), "copy", data)
		if got, err := read(folder(t, address, "s3://bucket"), "copy"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("written, cut after %d bytes: %d bytes, %v", after, len(got), err)
		}
		if c.made.Load() == 0 {
			t.Errorf("after %d bytes: no upload was cut", after)
		}
	}
	c := newCutter(t, address, 100_000, 1<<40) // whatever is done, no end is reached
	f := folder(t, c.Addr().String(), "s3://bucket")
	done := make(chan error, 1)
	go func() {
		_, err := f.Open(context.Background(), "file")
		if err == nil {
			_, err = read(folder(t, newCutter(t, address, 400, 1<<40).Addr().String(), "s3://bucket"), "file")
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a connection that never lasts gives a file")
		}
	case <-time.After(2 * time.Minute):
		t.Error("a connection that never lasts is tried for ever")
	}
}

// What changes on the server's disk is found by its checksum, large and small.
func TestWrongChecksum(t *testing.T) {
	address, root := server(t)
	f := folder(t, address, "s3://bucket/a")
	for name, n := range map[string]int{"small": 1000, "large": partBytes + 1000} {
		put(t, f, name, noise(n))
		path := filepath.Join(root, "bucket", "a", name)
		disk, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := disk.WriteAt([]byte("damage"), 500); err != nil {
			t.Fatal(err)
		}
		disk.Close()
		if _, err := read(f, name); !errors.Is(err, errChanged) {
			t.Errorf("%s, read: %v, want %v", name, err, errChanged)
		}
		o, err := f.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.ReadAt(make([]byte, 10), 0); !errors.Is(err, errChanged) {
			t.Errorf("%s, at its beginning: %v, want %v", name, err, errChanged)
		}
		o.Close()
	}
}

func TestFaultsInWords(t *testing.T) {
	address, _ := server(t)
	f := folder(t, address, "s3://missing/a")
	for what, err := range map[string]error{
		"list": second(f.List(t.Context())), "lock": second(f.Lock(t.Context(), ".lock")),
		"create": f.Create(t.Context(), "file", func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }),
	} {
		if err == nil || !strings.Contains(err.Error(), "there is no bucket missing: create it, or name another") {
			t.Errorf("%s: %v", what, err)
		}
	}
	c := config(address)
	c.Secret = "other"
	g, err := Open("s3://bucket", c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.List(t.Context()); err == nil || !strings.Contains(err.Error(), "refuses the credentials") {
		t.Errorf("a wrong secret: %v", err)
	}
	c = config("127.0.0.1:1")
	c.Retries = 1
	if g, err = Open("s3://bucket", c); err != nil {
		t.Fatal(err)
	}
	if _, err := g.List(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("no server: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
