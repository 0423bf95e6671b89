package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// download writes one file's contents to a partial file, hashing as they come.
type download struct {
	client   *client
	file     file
	address  string
	out      *os.File
	sum      hash.Hash
	have     int64 // bytes in out, all of them in sum
	progress func(have int64)
}

// fetchBlob gets a file's contents, verified, to the path blob. partial is
// where they grow; what an earlier try left there is used.
func (c *client) fetchBlob(ctx context.Context, address string, f file, partial, blob string, progress func(have int64)) (err error) {
	if err := os.MkdirAll(filepath.Dir(partial), 0o777); err != nil {
		return err
	}
	out, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	d := &download{client: c, file: f, address: address, out: out, progress: progress}
	err = d.run(ctx)
	if err == nil {
		err = out.Sync()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if errors.Is(err, ErrChecksum) {
		os.Remove(partial) // of no use to the next try
	}
	if err != nil {
		return err
	}
	return os.Rename(partial, blob)
}

// run leaves the whole file in out, or an error. If what was there before it
// began turns out to be wrong, it starts once more from nothing.
func (d *download) run(ctx context.Context) error {
	if err := d.adopt(ctx); err != nil {
		return err
	}
	adopted := d.have > 0
	for {
		if err := d.client.retry(ctx, func() (bool, error) { return d.continues(ctx) }); err != nil {
			return err
		}
		got := hex.EncodeToString(d.sum.Sum(nil))
		if got == d.file.blob() {
			return nil
		}
		if !adopted {
			return hinted{fmt.Errorf("%w: got %s, the Hub lists %s", ErrChecksum, got, d.file.blob()),
				"try again; if it stays so, a proxy or mirror alters the file"}
		}
		adopted = false
		if err := d.restart(); err != nil {
			return err
		}
	}
}

// adopt takes what an earlier run left in out.
func (d *download) adopt(ctx context.Context) error {
	if err := d.restartSum(); err != nil {
		return err
	}
	info, err := d.out.Stat()
	if err != nil {
		return err
	}
	if info.Size() > d.file.Size {
		return d.restart()
	}
	d.have, err = io.Copy(d.sum, io.LimitReader(cancelled{ctx, d.out}, info.Size()))
	return err
}

// restart forgets what there is.
func (d *download) restart() error {
	if err := d.out.Truncate(0); err != nil {
		return err
	}
	if _, err := d.out.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return d.restartSum()
}

func (d *download) restartSum() error {
	d.have = 0
	if d.file.SHA256 != "" {
		d.sum = sha256.New()
		return nil
	}
	d.sum = sha1.New() // git's; it names the file, and TLS is what keeps it
	_, err := fmt.Fprintf(d.sum, "blob %d\x00", d.file.Size)
	return err
}

// continues asks for the rest and appends what comes. It returns nil once the
// size is reached; gained says whether this try brought enough to go on.
func (d *download) continues(ctx context.Context) (gained bool, err error) {
	if d.have == d.file.Size {
		return false, nil
	}
	before := d.have
	err = d.client.get(ctx, d.address, d.have, func(res *http.Response) error {
		if err := d.place(res); err != nil {
			return err
		}
		return d.append(res.Body)
	})
	return d.have-before >= progressBytes, err
}

// place checks that an answer's body goes on where out ends, and starts out
// anew if the server sent the whole file.
func (d *download) place(res *http.Response) error {
	if res.StatusCode == http.StatusPartialContent {
		var from, to, size int64
		header := res.Header.Get("Content-Range")
		if _, err := fmt.Sscanf(header, "bytes %d-%d/%d", &from, &to, &size); err != nil {
			if _, err := fmt.Sscanf(header, "bytes %d-%d/*", &from, &to); err != nil {
				return fmt.Errorf("Content-Range %q is not a range of bytes", printable(header))
			}
			size = d.file.Size
		}
		if from != d.have || size != d.file.Size {
			return fmt.Errorf("asked for byte %d of %d, got %q", d.have, d.file.Size, printable(header))
		}
		return nil
	}
	if d.have > 0 {
		if err := d.restart(); err != nil {
			return err
		}
	}
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fmt.Errorf("the server sent the file in the encoding %q, which was not asked for", printable(encoding))
	}
	if res.ContentLength >= 0 && res.ContentLength != d.file.Size {
		return fmt.Errorf("server sends %d bytes, the Hub lists %d", res.ContentLength, d.file.Size)
	}
	return nil
}

// append writes body to out until the file's size is reached. A body that ends
// early may be continued; one that does not end there is not this file.
func (d *download) append(body io.Reader) error {
	buf := make([]byte, 128<<10)
	for {
		n, err := body.Read(buf)
		if int64(n) > d.file.Size-d.have {
			return fmt.Errorf("server sends more than the %d bytes that the Hub lists", d.file.Size)
		}
		if n > 0 {
			if _, err := d.out.Write(buf[:n]); err != nil {
				return err
			}
			d.sum.Write(buf[:n]) // never fails
			d.have += int64(n)
			d.progress(d.have)
		}
		switch {
		case err == io.EOF && d.have < d.file.Size:
			return transient{fmt.Errorf("download ended at byte %d of %d", d.have, d.file.Size), 0}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// cancelled makes a long local read end with its context.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}
