package s3

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/m2v-dev/m2v/store"
)

// wholeBytes is the size up to which a file is read at once, and kept while it is open;
// of a larger one ReadAt keeps a block of as many bytes.
const wholeBytes = 32 << 20

// file is an open object.
type file struct {
	ctx    context.Context // of Open: readers have none of their own
	folder *Folder
	name   string
	info   minio.ObjectInfo

	at   int64         // of Read
	body io.ReadCloser // from at on; nil if it is not open
	sum  hash.Hash     // of all that was read; nil if nothing is to be compared
	want string

	block []byte // of ReadAt
	from  int64
}

// errChanged says that what was read is not what the store was given.
var errChanged = errors.New("its checksum is not the store's: it was damaged there or on its way; upload it again")

// Open implements store.Folder. ctx holds for the reading, too.
func (f *Folder) Open(ctx context.Context, name string) (store.File, error) {
	info, err := f.client.StatObject(ctx, f.bucket, f.key(name), minio.StatObjectOptions{Checksum: true})
	if err != nil {
		return nil, f.explain(err)
	}
	o := &file{ctx: ctx, folder: f, name: name, info: info}
	o.startSum()
	return o, nil
}

// startSum begins a checksum of the kind that the store has of the whole object, if it
// has one.
func (o *file) startSum() {
	if o.info.ChecksumMode == minio.ChecksumFullObjectMode.String() || o.info.ChecksumMode == "" {
		for kind, want := range map[minio.ChecksumType]string{
			minio.ChecksumCRC32C: o.info.ChecksumCRC32C, minio.ChecksumCRC32: o.info.ChecksumCRC32,
			minio.ChecksumCRC64NVME: o.info.ChecksumCRC64NVME, minio.ChecksumSHA256: o.info.ChecksumSHA256,
		} { // one of them is there, if any
			if _, err := base64.StdEncoding.DecodeString(want); want != "" && err == nil {
				o.sum, o.want = kind.Hasher(), want
			}
		}
	}
}

// Size implements store.File.
func (o *file) Size() int64 { return o.info.Size }

// get opens the object from off on, the object that Open saw.
func (o *file) get(off, end int64) (io.ReadCloser, error) {
	var get minio.GetObjectOptions
	var err error
	if o.info.ETag != "" { // of a gateway's files that no client wrote
		err = get.SetMatchETag(o.info.ETag)
	}
	if err == nil && (off > 0 || end < o.Size()) {
		err = get.SetRange(off, end-1)
	}
	if err != nil {
		return nil, err
	}
	body, _, _, err := o.folder.client.GetObject(o.ctx, o.folder.bucket, o.folder.key(o.name), get)
	return body, err
}

// cuts is how often a connection may be cut before a byte comes.
const cuts = 8

// Read implements io.Reader. A connection that is cut is made anew.
func (o *file) Read(p []byte) (int, error) {
	if o.at >= o.Size() {
		return 0, o.compare()
	}
	if len(p) == 0 {
		return 0, nil
	}
	var err error
	for try := range cuts {
		if try > 0 {
			if err := o.pause(try); err != nil {
				return 0, err
			}
		}
		if o.body == nil {
			if o.body, err = o.get(o.at, o.Size()); err != nil {
				o.body = nil
				if response, answered := errors.AsType[minio.ErrorResponse](err); answered {
					return 0, o.refused(response)
				}
				continue
			}
		}
		var n int
		n, err = o.body.Read(p)
		if n > 0 {
			o.at += int64(n)
			if o.sum != nil {
				o.sum.Write(p[:n])
			}
			return n, nil
		}
		if err == nil {
			continue
		}
		o.body.Close()
		o.body = nil
	}
	return 0, fmt.Errorf("read %d of %d bytes: %w", o.at, o.Size(), err)
}

// refused is why the server gives nothing; the library has asked more than once where
// that helps.
func (o *file) refused(response minio.ErrorResponse) error {
	if response.StatusCode == http.StatusPreconditionFailed {
		return errors.New("it was replaced while it was read")
	}
	return o.folder.explain(response)
}

// pause waits before a try, longer each time.
func (o *file) pause(try int) error {
	wait := time.NewTimer(50 * time.Millisecond << min(try, 6))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}

// compare is the end of the object: io.EOF, or that it is not what the store was given.
func (o *file) compare() error {
	if o.sum != nil && base64.StdEncoding.EncodeToString(o.sum.Sum(nil)) != o.want {
		return errChanged
	}
	return io.EOF
}

// ReadAt implements io.ReaderAt.
func (o *file) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off < 0 || off >= o.Size() {
			return n, io.EOF
		}
		if off < o.from || off >= o.from+int64(len(o.block)) {
			if err := o.fetch(off); err != nil {
				return n, err
			}
		}
		k := copy(p[n:], o.block[off-o.from:])
		n, off = n+k, off+int64(k)
	}
	return n, nil
}

// fetch reads the block that holds off: all of a small object, whose checksum is then
// compared.
func (o *file) fetch(off int64) error {
	part := &file{ctx: o.ctx, folder: o.folder, name: o.name, info: o.info}
	part.at = off / wholeBytes * wholeBytes
	size := min(wholeBytes, o.Size()-part.at)
	if size == o.Size() {
		part.startSum()
	}
	var block bytes.Buffer
	if _, err := io.CopyN(&block, part, size); err != nil {
		part.close()
		return err
	}
	if err := part.compare(); size == o.Size() && err != io.EOF { //nolint:errorlint // compare wraps nothing
		part.close()
		return err
	}
	part.close()
	o.block, o.from = block.Bytes(), part.at-size
	return nil
}

func (o *file) close() {
	if o.body != nil {
		o.body.Close()
		o.body = nil
	}
}

// Close implements io.Closer.
func (o *file) Close() error {
	o.close()
	o.block = nil
	return nil
}
