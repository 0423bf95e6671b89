//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/m2v-dev/m2v/internal/testenv"
)

func init() {
	scriptCommands["ask"], scriptCommands["await"], scriptCommands["signal"] = askServer, awaitServer, signalServer
}

// askServer is the script command `ask SOCKET METHOD PATH [BODY [HEADER]]`: it waits for
// a server on a socket, sends a request and prints status and body.
func askServer(ts *testscript.TestScript, _ bool, args []string) {
	ask := append(args, "", "")
	fmt.Fprintln(ts.Stdout(), request(ts, ask[0], ask[1], ask[2], ask[3], ask[4]))
}

// awaitServer is the script command `await SOCKET PATH WORDS`: it asks until the words
// are in the answer.
func awaitServer(ts *testscript.TestScript, _ bool, args []string) {
	answer := ""
	for range 500 {
		if answer = request(ts, args[0], "GET", args[1], "", ""); strings.Contains(answer, args[2]) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s does not answer %s: %s", args[1], args[2], answer)
}

// request sends a request to a socket, where a server may be yet to come, and returns
// status and body.
func request(ts *testscript.TestScript, socket, method, path, body, header string) string {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		for {
			c, err := new(net.Dialer).DialContext(ctx, "unix", ts.MkAbs(socket))
			if err == nil || ctx.Err() != nil {
				return c, err
			}
			time.Sleep(5 * time.Millisecond)
		}
	}}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://m2v"+path, strings.NewReader(body))
	ts.Check(err)
	if key, value, ok := strings.Cut(header, ": "); ok {
		req.Header.Set(key, value)
	}
	resp, err := transport.RoundTrip(req)
	ts.Check(err)
	data, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	return fmt.Sprintf("%d %s", resp.StatusCode, data)
}

// signalServer is the script command `signal TERM` or `signal HUP`, to all in the background.
func signalServer(ts *testscript.TestScript, _ bool, args []string) {
	signal := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(signal))
	}
}

// TestServePage runs the curl commands of docs/serve.md, in their order, and compares what they print.
func TestServePage(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	page, err := os.ReadFile(filepath.Join(testenv.Root(), "docs", "serve.md"))
	if err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a := newApp(strings.NewReader(""), in, io.Discard, func(string) string { return "" })
	cmd := newRootCommand(a)
	cmd.SetArgs([]string{"serve", "student=" + filepath.Join(testenv.Root(), "static", "testdata", "float32"), "--addr", "127.0.0.1:0", "--threads", "2"})
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	ran, varying := 0, regexp.MustCompile(`"(created|version)":("[^"]*"|\d+)`)
	for block := range strings.SplitSeq(string(page), "```console\n") {
		block, _, _ = strings.Cut(block, "```")
		for _, example := range strings.Split("\n"+block, "\n$ ")[1:] {
			line, want, _ := strings.Cut(example, "\n")
			if !strings.HasPrefix(line, "curl ") {
				continue
			}
			ran++
			got, err := exec.Command("sh", "-c", strings.ReplaceAll(line, "localhost:8080", strings.TrimSpace(url))).CombinedOutput()
			if plain := func(s string) string { return varying.ReplaceAllString(strings.TrimRight(s, "\n"), "$1") }; err != nil || plain(string(got)) != plain(want) {
				t.Errorf("%s: %v\n got %s\nwant %s", line, err, got, want)
			}
		}
	}
	if ran < 9 {
		t.Errorf("docs/serve.md has %d curl commands", ran)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
