package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/m2v-dev/m2v/internal/console"
	"github.com/m2v-dev/m2v/stream"
	"github.com/m2v-dev/m2v/texts"
)

// inputOptions say where a command's texts come from.
type inputOptions struct {
	Files   []string // none: stdin, as "-"
	Texts   texts.Options
	SkipBad bool
	BadFile string // where records that are passed over are listed; "" for nowhere
}

func (o *inputOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.Texts.Format, "input-format", "lines, jsonl, csv, tsv, parquet, or whole for a text a file (auto: by the file's suffix, else lines)")
	f.StringVar(&o.Texts.Field, "field", o.Texts.Field, "the JSON object's key, or the column by name or, in CSV and TSV, by number from 1")
	f.BoolVar(&o.Texts.Header, "header", false, "the first line of CSV or TSV names the columns (a --field that is a name implies it)")
	f.BoolVar(&o.SkipBad, "skip-bad", false, "skip records without a text and count them, instead of stopping")
	f.StringVar(&o.BadFile, "bad-file", "", "write the skipped records to this file, as JSON Lines of file, line and error; implies --skip-bad")
}

// inputHelp is the part of a command's help that tells what it reads.
const inputHelp = `Texts come from files, folders (all files of known suffixes in and below them) and
patterns such as 'corpus/*.jsonl.zst', or from standard input, as -: lines, JSON Lines
(strings, or objects with a --field), a --field of CSV, TSV or Parquet, or a file as one
text with --input-format whole; compressed with gzip or zstd, or not. A record that holds
no text is an error that names its line, or is passed over with --skip-bad.`

// shownBad is how many bad records are shown; all are counted.
const shownBad = 10

// reading returns how the input is read: bad records are shown where they are passed
// over.
func (a *app) reading(o inputOptions) texts.Options {
	if o.SkipBad || o.BadFile != "" {
		shown := 0
		list := func(*texts.BadRecord) error { return nil }
		if o.BadFile != "" {
			list = listBad(o.BadFile)
		}
		o.Texts.Bad = func(b *texts.BadRecord) error {
			if err := list(b); err != nil {
				return err
			}
			if shown++; shown <= shownBad {
				a.Warn(fmt.Sprintf("skipped: %v", b))
			}
			return nil
		}
	}
	o.Texts.Stores = a.stores()
	return o.Texts
}

// listBad begins a file and returns what writes a record's place and fault to it, as JSON
// Lines. A line is written at once, so that a run that fails leaves what it found.
func listBad(path string) func(*texts.BadRecord) error {
	f, openErr := os.Create(path)
	return func(b *texts.BadRecord) error {
		if openErr != nil {
			return openErr
		}
		line, err := json.Marshal(map[string]any{"file": b.File, "line": b.Line, "error": b.Err.Error()})
		if err == nil {
			_, err = f.Write(append(line, '\n'))
		}
		return err
	}
}

// input is what the library reads.
func (a *app) input(o inputOptions) stream.Input {
	read := a.reading(o)
	read.Absent = func(name string) { a.Warn(fmt.Sprintf("--keep %s: no text has a value of this name", name)) }
	return stream.Input{Files: o.Files, Stdin: a.In, Read: read}
}

// tellSkipped says how many records were passed over.
func (a *app) tellSkipped(n int64) {
	if n > 0 {
		a.Warn(fmt.Sprintf("%d bad records were skipped", n))
	}
}

// interactive tells whether a person types the texts and waits for each result.
func (a *app) interactive(o inputOptions) bool {
	return console.IsTerminal(a.In) && (len(o.Files) == 0 || o.Files[0] == "-")
}

// streaming returns how the library runs through texts: it shows how much of an input of
// known size is done, on a terminal where nothing else is printed.
func (a *app) streaming(what string, in inputOptions, threads int, toStdout bool) (o stream.Options, finish func()) {
	progress, finish := a.Reading(what, toStdout)
	return stream.Options{Threads: threads, Waits: a.interactive(in), Progress: progress}, finish
}
