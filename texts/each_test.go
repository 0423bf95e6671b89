package texts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestEach(t *testing.T) {
	var in strings.Builder
	for i := range 2*group + 1 {
		fmt.Fprintln(&in, i)
	}
	open := func(text string) *Reader {
		t.Helper()
		r, err := Open(nil, strings.NewReader(text), DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var all []string
	err := open(in.String()).Each(t.Context(), func(list []string) error {
		all = append(all, list...)
		return nil
	})
	if got := strings.Join(all, "\n") + "\n"; err != nil || got != in.String() {
		t.Errorf("%d texts, %v", len(all), err)
	}
	broken := errors.New("broken")
	if err := open("a\n").Each(t.Context(), func([]string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("an error of use: %v", err)
	}
	if err := open("a\n\xff\n").Each(t.Context(), func([]string) error { return nil }); err == nil || !strings.Contains(err.Error(), ":2: ") {
		t.Errorf("a line that is not UTF-8: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open("a\n").Each(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
