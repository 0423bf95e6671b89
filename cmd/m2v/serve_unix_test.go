//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
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
