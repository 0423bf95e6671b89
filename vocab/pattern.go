package vocab

import (
	"fmt"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// matchTimeout is how long one token may take. A pattern that needs longer
// backtracks without end, and would do so on every token.
const matchTimeout = 2 * time.Second

// A pattern is a Python regular expression that is matched at the start of a
// token, as re.match does.
type pattern struct {
	source string
	re     *regexp2.Regexp
}

// compilePattern compiles a Python regular expression; "" gives nil.
func compilePattern(source string) (*pattern, error) {
	if source == "" {
		return nil, nil
	}
	translated, err := translatePattern(source)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", source, err)
	}
	re, err := regexp2.Compile(`\A(?:`+translated+`)`, regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", source, err)
	}
	re.MatchTimeout = matchTimeout
	return &pattern{source, re}, nil
}

// CheckPattern refuses a RemovePattern that is no regular expression of Python's.
func (o Options) CheckPattern() error {
	_, err := compilePattern(o.RemovePattern)
	return err
}

// match reports whether the pattern matches at the start of the token.
func (p *pattern) match(token string) (bool, error) {
	ok, err := p.re.MatchString(token)
	if err != nil { // a timeout is the only one
		return false, fmt.Errorf("pattern %q: token %s takes longer than %v", p.source, shorten(token), matchTimeout)
	}
	return ok, nil
}
