// Package texts reads the texts that a command is given: lines, JSON Lines, a
// column of CSV, TSV or Parquet, from files or standard input, gzip-compressed
// or not, in order, in batches.
//
// Memory does not grow with the input: a batch holds a few MiB of text, and a
// record longer than a limit is an error, not an allocation. A record that
// holds no text is an error that names its file and line, or is skipped and
// counted.
package texts
