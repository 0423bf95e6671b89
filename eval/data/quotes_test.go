package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a user saw: a data set of six rows scored 99.99 on two, since the quote that
// began a field swallowed the others.
func TestQuotedFieldsThatDoNotEnd(t *testing.T) {
	check := func(name, content string, rows int, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got := 0
		err := Table{Files: []string{path}}.Read(Fields("a", "b"), func(Row) error { got++; return nil })
		if want == "" && (err != nil || got != rows) {
			t.Errorf("%s %q: %d rows, error %v; want %d", name, content, got, err, rows)
		}
		if want != "" && (err == nil || !strings.HasSuffix(err.Error(), name+want)) {
			t.Errorf("%s %q: error %v, want one that ends in %q", name, content, err, want)
		}
	}
	const open = " a field begins with a quote and does not end with one"
	check("x.csv", "a,b\n1,\"the stock\n2,y\n3,z\n", 0, ":2:"+open)
	check("x.csv", "a,b\n1,x\n2,\"the \"\"stock\n", 0, ":3:"+open)
	check("x.tsv", "a\tb\n1\t\"the stock\n2\ty\"\n", 0, ":2:"+open)
	check("x.csv", "a,b\n1,\"two\nlines\"\n2,y\n", 2, "")
	check("x.csv", "a,b\r\n1,\"x\"\r\n2,\"\"\r\n", 2, "")
	check("x.csv", "a,b\n1,\"x\"", 1, "")
	check("x.csv", "a,b\n1,5\" wide\n2,say \"hi\" now\n", 2, "")
	check("x.csv", "a,b\n1,\"a \"quoted\" word\"\n2,y\n", 2, "")
	check("x.tsv", "a\tb\n1\t\"say \"\"hi\"\"\"\n2\tx, \"y\"\n", 2, "")
}
