package features

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/store"
)

// childFolder names, to a process that this test starts, the folder to write.
const childFolder = "M2V_TEST_FEATURES_FOLDER"

// childShare is the share that it makes, "" for all.
const childShare = "M2V_TEST_FEATURES_SHARE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child writes a folder and takes its time over it. It says how far it is.
func child(dir string) {
	o := smallOptions()
	o.Progress = func(found, made int) { fmt.Println(found + made) }
	o.Rows = fakeRows
	if share := os.Getenv(childShare); share != "" {
		o.Share, _ = ParseShare(share)
	}
	_, err := Write(context.Background(), dir, Strings(corpus(150)), slowEncoder{newFake()}, o)
	fmt.Println("done", err)
	os.Exit(0)
}

// slowEncoder takes a moment for each batch.
type slowEncoder struct{ *fake }

func (s slowEncoder) Encode(ctx context.Context, texts []string, dst *matrix.Matrix) error {
	time.Sleep(20 * time.Millisecond)
	return s.fake.Encode(ctx, texts, dst)
}

// A process is killed at its third shard. While it lives, nobody else may write;
// after that, another run goes on, and at most one shard is lost.
func TestKilledProcess(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	o := smallOptions()
	o.Rows = fakeRows
	write(t, whole, corpus(150), newFake(), o)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			t.Fatal("the other process ended")
		}
		if lines.Text() == "54" { // the second batch of the third shard
			break
		}
	}
	_, err = Write(context.Background(), dir, Strings(corpus(150)), newFake(), smallOptions())
	if !errors.Is(err, ErrBusy) || !strings.HasPrefix(err.Error(), "features: write "+dir+": another process writes there") {
		t.Errorf("while the other process writes: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, so it says
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
		t.Errorf("the killed process left no lock: the test tests nothing (%v)", err)
	}
	r := write(t, dir, corpus(150), newFake(), o)
	if r.Found < 2 || len(r.Remade) > 0 {
		t.Errorf("%d shards found, remade %q", r.Found, r.Remade)
	}
	sameFolder(t, dir, whole)
}

// Four processes at once in one folder, of which one is killed in the middle of a shard
// and started again, leave what one run leaves.
func TestFourProcessesAreOneRun(t *testing.T) {
	want, dir := whole(t, corpus(150)), t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func(i int) (*exec.Cmd, *bufio.Scanner) {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), childFolder+"="+dir, childShare+"="+Share{i, 4}.String())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		return cmd, bufio.NewScanner(out)
	}
	end := func(cmd *exec.Cmd, lines *bufio.Scanner) {
		t.Helper()
		last := ""
		for lines.Scan() {
			last = lines.Text()
		}
		if err := cmd.Wait(); err != nil || last != "done <nil>" {
			t.Errorf("a process ended with %q, %v", last, err)
		}
	}
	var cmds [4]*exec.Cmd
	var lines [4]*bufio.Scanner
	for i := range cmds {
		cmds[i], lines[i] = start(i)
	}
	for lines[2].Scan() {
		if lines[2].Text() == "27" { // a batch of its second shard
			break
		}
	}
	if err := cmds[2].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmds[2].Wait() // killed, so it says
	m, err := readManifest(t.Context(), store.Local(dir), Share{2, 4}.manifestName())
	if err != nil || m == nil || m.Complete || len(m.Shards) != 1 {
		t.Errorf("the killed process left %+v, %v: the test tests nothing", m, err)
	}
	cmds[2], lines[2] = start(2)
	for i := range cmds {
		end(cmds[i], lines[i])
	}
	merged(t, dir)
	sameFolder(t, dir, want)
}
