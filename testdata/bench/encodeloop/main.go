// Command encodeloop encodes texts with package static, as testdata/interop/rust
// does with model2vec-rs, so that the two can be timed in the same way.
//
//	encodeloop FOLDER [REPEATS] <texts.jsonl >vectors
//	encodeloop -ids FOLDER <texts.jsonl
//
// With -ids it tokenizes only, on one thread, and says what processor time that took, in seconds.
//
// stdin: a JSON string a line. stdout: the vectors, float32, little-endian, row
// by row. stderr: seconds to load and of each pass, as one JSON object. It runs
// on GOMAXPROCS threads. With M2V_CPUPROFILE set it writes a profile there.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"syscall"
	"time"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/tokenizer"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "encodeloop:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "-ids" {
		return tokenize(args[1])
	}
	if len(args) == 0 {
		return errors.New("usage: encodeloop FOLDER [REPEATS] <texts.jsonl >vectors")
	}
	repeats := 1
	if len(args) > 1 {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		repeats = n
	}
	texts, err := readTexts(os.Stdin)
	if err != nil {
		return err
	}
	start := time.Now()
	model, err := static.Open(args[0])
	if err != nil {
		return err
	}
	load := time.Since(start).Seconds()

	stop, err := profile(os.Getenv("M2V_CPUPROFILE"))
	if err != nil {
		return err
	}
	vectors := matrix.New(len(texts), model.Dims())
	passes := make([]float64, repeats)
	for i := range passes {
		start := time.Now()
		if err := model.Encode(context.Background(), texts, vectors, static.Options{}); err != nil {
			return err
		}
		passes[i] = time.Since(start).Seconds()
	}
	stop()
	if err := json.NewEncoder(os.Stderr).Encode(map[string]any{"load": load, "passes": passes}); err != nil {
		return err
	}
	return binary.Write(os.Stdout, binary.LittleEndian, vectors.Data)
}

// tokenize turns all texts into ids once.
func tokenize(folder string) error {
	texts, err := readTexts(os.Stdin)
	if err != nil {
		return err
	}
	t, err := tokenizer.Open(filepath.Join(folder, "tokenizer.json"))
	if err != nil {
		return err
	}
	before, err := processor()
	if err != nil {
		return err
	}
	encoder := t.NewEncoder()
	var ids []int32
	for _, text := range texts {
		ids = encoder.AppendIDs(ids[:0], text)
	}
	after, err := processor()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode((after - before).Seconds())
}

// processor is what processor time the program has taken.
func processor() (time.Duration, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

func readTexts(r io.Reader) ([]string, error) {
	var texts []string
	d := json.NewDecoder(bufio.NewReader(r))
	for {
		var text string
		switch err := d.Decode(&text); {
		case errors.Is(err, io.EOF):
			return texts, nil
		case err != nil:
			return nil, err
		}
		texts = append(texts, text)
	}
}

// profile starts a profile in path, if it is not "", and returns what ends it.
func profile(path string) (func(), error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return pprof.StopCPUProfile, pprof.StartCPUProfile(f)
}
