//go:build fuzz_tokenizers

package tokenizer

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// TestAgainstTokenizers compares ids with those of Hugging Face's tokenizers
// package on random texts, for every tokenizer.json under M2V_TEST_MODELS.
//
//	M2V_TEST_MODELS=DIR M2V_PYTHON=python3 \
//		go test -tags fuzz_tokenizers -run AgainstTokenizers -count 1 -timeout 1h ./tokenizer
//
// M2V_PYTHON is a Python that has the package, M2V_FUZZ_COUNT the number of
// texts for each file (3,000), M2V_FUZZ_SEED a number (by default the time).
// What it finds, made small, belongs in found_test.go.
func TestAgainstTokenizers(t *testing.T) {
	python := envOr("M2V_PYTHON", "python3")
	count := envOr("M2V_FUZZ_COUNT", "3000")
	seed := envOr("M2V_FUZZ_SEED", strconv.FormatInt(time.Now().Unix(), 10))
	t.Logf("M2V_FUZZ_SEED=%s M2V_FUZZ_COUNT=%s", seed, count)
	script := filepath.Join(testenv.Root(), "testdata/gen/fuzz_tokenizers.py")
	var paths []string
	for _, pattern := range []string{"*/tokenizer.json", "*/*/tokenizer.json"} {
		found, _ := filepath.Glob(filepath.Join(testenv.Models(t), pattern))
		paths = append(paths, found...)
	}
	if len(paths) == 0 {
		t.Fatal("no tokenizer.json under M2V_TEST_MODELS")
	}
	for _, path := range paths {
		name, _ := filepath.Rel(testenv.Models(t), filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			tok, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			o := &oracle{t: t, tok: tok}
			o.start(python, script, path, seed, count)
			var wrong []string
			n, failed := 0, 0
			for ; o.next(); n++ {
				if o.line.IDs == nil {
					failed++
				}
				if o.differs() {
					wrong = append(wrong, o.line.Text)
				}
			}
			o.stop()
			t.Logf("%d texts, %d of them fail in Python, %d differences", n, failed, len(wrong))
			if len(wrong) == 0 {
				return
			}
			o.start(python, script, path, "--serve")
			for _, text := range wrong[:min(len(wrong), 12)] {
				text = o.shrink(text)
				o.ask(text)
				t.Errorf("text %q (%+q):\n got %v\nwant %v", text, text, tok.AppendIDs(nil, text), o.line.IDs)
			}
			o.stop()
		})
	}
}

// TestAgainstTokenizersConfigs compares ids of small random tokenizers: every
// kind of component and flag, in sequences, with added tokens.
func TestAgainstTokenizersConfigs(t *testing.T) {
	seed := envOr("M2V_FUZZ_SEED", strconv.FormatInt(time.Now().Unix(), 10))
	count := envOr("M2V_FUZZ_COUNT", "3000")
	t.Logf("M2V_FUZZ_SEED=%s M2V_FUZZ_COUNT=%s", seed, count)
	cmd := exec.Command(envOr("M2V_PYTHON", "python3"), filepath.Join(testenv.Root(), "testdata/gen/fuzz_tokenizers.py"), "--configs", seed, count)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n, refused, compared, wrong := 0, 0, 0, 0
	for in := json.NewDecoder(out); ; n++ {
		var c goldenCase
		if err := in.Decode(&c); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		file, err := ParseFile(c.File)
		if err != nil {
			t.Fatal(err)
		}
		tok, err := New(file)
		if err != nil && strings.HasSuffix(err.Error(), "is not implemented") {
			refused++
			continue
		}
		if err != nil {
			wrong++
			t.Errorf("%v\nnormalizer %s\npre-tokenizer %s", err, file.Normalizer, file.PreTokenizer)
			continue
		}
		differ := 0
		for i, text := range c.Texts {
			if c.IDs[i] == nil {
				continue
			}
			compared++
			if got := tok.AppendIDs(nil, text); !slices.Equal(got, c.IDs[i]) {
				if differ++; differ == 1 && wrong < 12 {
					t.Errorf("tokenizer %d, text %+q:\n got %v %q\nwant %v %q\nnormalizer %s\npre-tokenizer %s\nadded tokens %+v\nmodel %s",
						n, text, got, spell(tok, got), c.IDs[i], spell(tok, c.IDs[i]), file.Normalizer, file.PreTokenizer, file.AddedTokens, file.Model.Kind)
				}
			}
		}
		if differ > 0 {
			wrong++
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d tokenizers (%d refused), %d texts, %d tokenizers differ", n, refused, compared, wrong)
}

func spell(tok *Tokenizer, ids []int32) (tokens []string) {
	for _, id := range ids {
		token, _ := tok.Token(id)
		tokens = append(tokens, token)
	}
	return tokens
}

func envOr(name, value string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return value
}

// An oracle is a running fuzz_tokenizers.py.
type oracle struct {
	t    *testing.T
	tok  *Tokenizer
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	line struct {
		Text string
		IDs  []int32
	}
}

func (o *oracle) start(python string, args ...string) {
	o.t.Helper()
	o.cmd = exec.Command(python, args...)
	var err error
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		o.t.Fatal(err)
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	o.out = bufio.NewReader(out)
	if err := o.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
}

func (o *oracle) stop() {
	o.t.Helper()
	o.in.Close()
	if err := o.cmd.Wait(); err != nil {
		o.t.Fatalf("%s: %v", o.cmd, err)
	}
}

// next reads a line and says whether there was one.
func (o *oracle) next() bool {
	o.t.Helper()
	line, err := o.out.ReadBytes('\n')
	if err == io.EOF {
		return false
	}
	o.line.IDs = nil
	if err == nil {
		err = json.Unmarshal(line, &o.line)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return true
}

// differs says whether the ids of the last line's text are not ours.
func (o *oracle) differs() bool {
	return o.line.IDs != nil && !slices.Equal(o.tok.AppendIDs(nil, o.line.Text), o.line.IDs)
}

func (o *oracle) ask(text string) {
	o.t.Helper()
	line, _ := json.Marshal(text)
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		o.t.Fatal(err)
	}
	if !o.next() {
		o.t.Fatal("the script has ended")
	}
}

// shrink returns a text with as few characters as removing some can leave
// while the ids differ.
func (o *oracle) shrink(text string) string {
	runes := []rune(text)
	for size := max(1, len(runes)/2); size > 0; {
		removed := false
		for i := 0; i+size <= len(runes); {
			shorter := slices.Concat(runes[:i], runes[i+size:])
			if o.ask(string(shorter)); o.differs() {
				runes, removed = shorter, true
			} else {
				i += size
			}
		}
		if !removed {
			size /= 2
		}
	}
	return string(runes)
}
