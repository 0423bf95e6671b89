//go:build linux

// Command scale measures a fit to many short texts, of which S lies in a mapped file:
//
//	scale [-texts 10000000] [-dims 16]
//
// Texts are token ids from a grammar: determiner, adjective, noun, verb and so on, 4 to 10
// tokens, those of each class by Zipf's law, of a vocabulary of 30,522. The vector of a
// text is the mean of hidden vectors of its tokens, and noise; both are drawn anew in each
// pass, so that nothing but the fit takes memory. It prints a row of the table in
// docs/scale.md: processor times, and the peaks of the process's own memory and of the
// mapped file that were resident.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/m2v-dev/m2v/fit"
	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/pca"
)

const (
	vocabulary = 30522
	batch      = 4096
	pattern    = "daNvdaNpdN" // the old stone carries a small bridge by the river
)

// class is the tokens of a part of speech: how many, from which on.
type class struct{ first, size int }

var classes = map[byte]class{'d': {0, 12}, 'p': {12, 60}, 'v': {72, 5000}, 'a': {5072, 5450}, 'N': {10522, 20000}}

// grammar draws texts in batches that do not depend on each other.
type grammar struct {
	zipf   map[byte]*rand.Zipf
	random *rand.Rand
	hidden *matrix.Matrix // V×H
}

func newGrammar(width int) *grammar {
	g := &grammar{hidden: matrix.New(vocabulary, width)}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range g.hidden.Data {
		g.hidden.Data[i] = float32(r.NormFloat64())
	}
	return g
}

// seek begins the batch from text first on.
func (g *grammar) seek(first int) {
	g.random = rand.New(rand.NewPCG(uint64(first), 2))
	g.zipf = map[byte]*rand.Zipf{}
	for name, c := range classes {
		g.zipf[name] = rand.NewZipf(g.random, 1.1, 1, uint64(c.size-1))
	}
}

// text draws a text's ids into dst[:0].
func (g *grammar) text(dst []int32) []int32 {
	dst = dst[:0]
	for i := range 4 + g.random.IntN(len(pattern)-3) {
		name := pattern[i]
		dst = append(dst, int32(classes[name].first)+int32(g.zipf[name].Uint64()))
	}
	return dst
}

// vectors are those of n texts, as a source of shards hands them out.
func (g *grammar) vectors(n int) fit.Vectors {
	width := g.hidden.Cols
	return fit.Stream(n, width, func(ctx context.Context, visit func(int, *matrix.Matrix) error) error {
		y := matrix.New(batch, width)
		var ids []int32
		for first := 0; first < n && ctx.Err() == nil; first += batch {
			g.seek(first)
			part := &matrix.Matrix{Rows: min(batch, n-first), Cols: width, Data: y.Data}
			noise := rand.New(rand.NewPCG(uint64(first), 3))
			for i := range part.Rows {
				ids = g.text(ids)
				row := part.Row(i)
				clear(row)
				for _, id := range ids {
					for j, x := range g.hidden.Row(int(id)) {
						row[j] += x / float32(len(ids))
					}
				}
				for j := range row {
					row[j] += 0.1 * (noise.Float32() - 0.5)
				}
			}
			if err := visit(first, part); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// seconds is the processor time of this process so far.
func seconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for no process of one's own
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// memory holds peaks in MB.
type memory struct{ own, mapped float64 }

func (m *memory) look() {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kb float64
		name, value, _ := strings.Cut(lines.Text(), ":")
		_, _ = fmt.Sscan(value, &kb) // lines without a number are other ones
		switch name {
		case "RssAnon":
			m.own = max(m.own, kb*1024/1e6)
		case "RssFile":
			m.mapped = max(m.mapped, kb*1024/1e6)
		}
	}
}

func main() {
	n := flag.Int("texts", 10_000_000, "texts")
	dims := flag.Int("dims", 16, "H and D")
	flag.Parse()
	if err := run(*n, *dims); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(n, dims int) error {
	g := newGrammar(dims)
	var peak memory
	go func() {
		for {
			peak.look()
			time.Sleep(20 * time.Millisecond)
		}
	}()
	b := fit.NewBuilder(vocabulary, fit.BuilderOptions{})
	var ids []int32
	for i := range n {
		if i%batch == 0 {
			g.seek(i)
		}
		ids = g.text(ids)
		if err := b.Add(ids); err != nil {
			return err
		}
	}
	texts, err := b.Texts()
	if err != nil {
		return err
	}
	defer texts.Close()
	entries, built := texts.Entries(), seconds()

	o := fit.DefaultOptions()
	o.Dims, o.Holdout, o.Steps, o.Tolerance = pca.Dims{Mode: pca.Count, Count: dims}, 0, 12, 1e-9
	var read, first float64 // processor time at the end of the passes, and after the first step
	o.Progress = func(stage fit.Stage, done, _ int) {
		switch {
		case stage == fit.ReadVectors:
			read = seconds()
		case stage == fit.Final && done == 1:
			first = seconds()
		}
	}
	result, err := fit.Solve(context.Background(), texts, []fit.Block{{Vectors: g.vectors(n)}}, nil, o)
	if err != nil {
		return err
	}
	step := (seconds() - first) / float64(result.Steps-1)
	fmt.Printf("| %d | %d | %d | %.0f | %.0f | %.0f | %.1f | %.1f | %.2f | %.2f |\n",
		n, dims, entries, float64(entries)*8/1e6, peak.own, peak.mapped, built, read-built, step, step*1e9/float64(entries)/float64(dims))
	return nil
}
