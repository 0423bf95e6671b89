package progress

import (
	"slices"
	"testing"
	"time"
)

// lines runs a stage of 100 units, one each step, and returns the lines it gives.
func lines(terminal bool, unit string, step time.Duration) (out []string) {
	now := time.Unix(0, 0)
	s := Start("embed", unit, 100, terminal, func() time.Time { return now })
	for i := range 100 {
		now = now.Add(step)
		if line := s.Update(i + 1); line != "" {
			out = append(out, line)
		}
	}
	return append(out, s.Finish())
}

func TestLogsGetALineEveryFewSeconds(t *testing.T) {
	want := []string{
		"embed: 5 of 100 tokens, 10 tokens/s, 9.5 s left",
		"embed: 55 of 100 tokens, 10 tokens/s, 4.5 s left",
		"embed: 100 of 100 tokens in 10 s",
	}
	if got := lines(false, "tokens", 100*time.Millisecond); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := lines(false, "tokens", time.Millisecond); len(got) != 1 {
		t.Errorf("a short stage has lines %q, want the last one", got)
	}
	if got := lines(true, "tokens", 50*time.Millisecond); len(got) != 51 {
		t.Errorf("%d lines on a terminal, want 51", len(got))
	}
}

func TestAmounts(t *testing.T) {
	for n, want := range map[int]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 90_868_373: "90.9 MB", 999_960: "1.0 MB", 2_500_000_000: "2.5 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[float64]string{0.04: "0.0 s", 9.94: "9.9 s", 59.4: "59 s", 200: "3 min 20 s", 7500: "2 h 5 min"} {
		if got := Seconds(n); got != want {
			t.Errorf("Seconds(%v) = %q, want %q", n, got, want)
		}
	}
	now := time.Unix(0, 0)
	s := Start("read", "texts", 0, false, func() time.Time { return now })
	now = now.Add(time.Second)
	if got, want := s.Update(7), "read: 7 texts, 7 texts/s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
