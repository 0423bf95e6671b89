package console

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/m2v-dev/m2v/internal/progress"
)

// Stage shows how far a long stage is: one line on a terminal that is drawn over, a line
// every few seconds elsewhere. A short stage has no line but with --verbose.
type Stage struct {
	c     *Console
	words *progress.Stage
	lines int
}

// Progress begins a stage. A total ≤ 0 is unknown.
func (c *Console) Progress(what, unit string, total int) *Stage {
	return &Stage{c: c, words: progress.Start(what, unit, total, c.draws(), time.Now)}
}

// draws tells whether progress is drawn over itself.
func (c *Console) draws() bool { return c.tty && c.Log.Format != "json" }

// leaveLine begins a new line if one that may be drawn over stands on the terminal.
func (c *Console) leaveLine() {
	if c.drawn > 0 {
		fmt.Fprintln(c.Err)
		c.drawn = 0
	}
}

// Update reports that done units are finished.
func (s *Stage) Update(done int) {
	if line := s.words.Update(done); line != "" {
		s.show(line, false)
	}
}

// Finish shows the last line.
func (s *Stage) Finish() {
	if s.words.Done() > 0 && (s.words.Total > 0 || s.lines > 0 || s.c.Log.Verbose) {
		s.show(s.words.Finish(), true)
	}
}

func (s *Stage) show(line string, last bool) {
	if s.c.Log.Quiet {
		return
	}
	s.lines++
	if !s.c.draws() {
		w := s.words
		s.c.Tell(Line{Level: "progress", Message: line, Stage: w.What, Unit: w.Unit, Done: w.Done(), Total: max(w.Total, 0)}, line)
		return
	}
	n := utf8.RuneCountInString(line)
	fmt.Fprintf(s.c.Err, "\r%s%s", line, strings.Repeat(" ", max(s.c.drawn-n, 0)))
	s.c.drawn = n
	if last {
		s.c.leaveLine()
	}
}

// Stages shows the stages of a run, one line after the other. Another name or total is
// another stage.
func (c *Console) Stages() func(what, unit string, done, total int) {
	var now *Stage
	return func(what, unit string, done, total int) {
		if now == nil || now.words.What != what || now.words.Total != total {
			if now != nil {
				now.Finish()
			}
			now = c.Progress(what, unit, total)
		}
		now.Update(done)
		if done == total {
			now.Finish()
			now = nil // the next stage of this name is another run
		}
	}
}

// Reading shows how many bytes of an input of known size are done, on a terminal where
// nothing else is printed: not where results go to the same one.
func (c *Console) Reading(what string, toStdout bool) (update func(done, total int64), finish func()) {
	if !c.tty || toStdout && IsTerminal(c.Out) {
		return nil, func() {}
	}
	var bar *Stage
	update = func(done, total int64) {
		if bar == nil && total > 0 {
			bar = c.Progress(what, "bytes", int(total))
		}
		if bar != nil {
			bar.Update(int(done))
		}
	}
	return update, func() {
		if bar != nil {
			bar.Finish()
		}
	}
}
