// Package progress words how far a long stage is: what is done, the rate, and the time
// that is left. It draws nothing; its caller shows each line, on a terminal or in a log.
package progress

import (
	"fmt"
	"time"
)

// How often a line is due. On a terminal a line is drawn over; a log gets one that soon
// shows that something happens, and then one every few seconds.
const (
	terminalEvery = 100 * time.Millisecond
	logFirst      = 500 * time.Millisecond
	logEvery      = 5 * time.Second
)

// A Stage is a piece of work under way. It is not safe for concurrent use.
type Stage struct {
	What  string // such as "embed"
	Unit  string // such as "tokens"; "bytes" are shown as kB, MB and so on
	Total int    // units; 0 or less if that is not known

	terminal   bool
	now        func() time.Time
	start, due time.Time
	done       int
}

// Start begins a stage, for a terminal or a log; now is time.Now.
func Start(what, unit string, total int, terminal bool, now func() time.Time) *Stage {
	s := &Stage{What: what, Unit: unit, Total: total, terminal: terminal, now: now, start: now()}
	s.due = s.start.Add(logFirst)
	if terminal {
		s.due = s.start
	}
	return s
}

// Update takes in that done units are finished, and returns a line if one is due, else "".
func (s *Stage) Update(done int) string {
	s.done = done
	now := s.now()
	if now.Before(s.due) || done == s.Total {
		return ""
	}
	s.due = now.Add(logEvery)
	if s.terminal {
		s.due = now.Add(terminalEvery)
	}
	line := fmt.Sprintf("%s: %s", s.What, s.amount())
	spent := now.Sub(s.start).Seconds()
	if spent < 0.2 || done == 0 { // too early for a rate
		return line
	}
	rate := float64(done) / spent
	line += fmt.Sprintf(", %s/s", s.units(int(rate+0.5)))
	if s.Total > done {
		line += fmt.Sprintf(", %s left", Seconds(float64(s.Total-done)/rate))
	}
	return line
}

// Finish returns the last line: what was done, and how long it took.
func (s *Stage) Finish() string {
	return fmt.Sprintf("%s: %s in %s", s.What, s.amount(), Seconds(s.now().Sub(s.start).Seconds()))
}

// Done returns the units that are finished.
func (s *Stage) Done() int { return s.done }

// amount is "12 of 40 tokens", "1.2 MB of 4.0 MB", or without a total "12 tokens".
func (s *Stage) amount() string {
	switch {
	case s.Total <= 0:
		return s.units(s.done)
	case s.Unit == "bytes":
		return Bytes(s.done) + " of " + Bytes(s.Total)
	}
	return fmt.Sprintf("%d of %d %s", s.done, s.Total, s.Unit)
}

func (s *Stage) units(n int) string {
	if s.Unit == "bytes" {
		return Bytes(n)
	}
	return fmt.Sprintf("%d %s", n, s.Unit)
}

// Bytes is a size as people write it, such as "90.9 MB"; a kB is 1000 bytes.
func Bytes(n int) string {
	size, units := float64(n), []string{"bytes", "kB", "MB", "GB", "TB"}
	for size >= 999.95 && len(units) > 1 {
		size, units = size/1000, units[1:]
	}
	if units[0] == "bytes" {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", size, units[0])
}

// Seconds is a time as people write it: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min".
func Seconds(seconds float64) string {
	n := int(seconds + 0.5)
	switch {
	case seconds < 9.95:
		return fmt.Sprintf("%.1f s", seconds)
	case n < 60:
		return fmt.Sprintf("%d s", n)
	case n < 3600:
		return fmt.Sprintf("%d min %d s", n/60, n%60)
	}
	return fmt.Sprintf("%d h %d min", n/3600, n%3600/60)
}
