// Package s3 is folders in object stores that speak S3: Amazon's, MinIO, Ceph and others.
//
// A file is uploaded whole, in parts if it is large, with a CRC32C that the server
// compares; it appears once all of it is there. What is read is compared with the
// checksum that the store has of it, a file of up to 32 MiB or one that is read from its
// beginning to its end. A connection that is cut is made anew, and goes on where it was.
//
// There are no locks. Two processes that write the same share of features do the same
// work, and leave the same bytes.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/m2v-dev/m2v/store"
)

// Folder is a prefix of a bucket.
type Folder struct {
	client *minio.Core
	bucket string
	prefix string // without a slash at its end; "" for all of the bucket
}

// Open returns the folder of a URL, s3://bucket/prefix. It does not ask the server.
func Open(address string, c Config) (*Folder, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("s3: open %s: it is not s3://BUCKET/PREFIX", address)
	}
	client, err := c.client()
	if err != nil {
		return nil, fmt.Errorf("s3: open %s: %w", address, err)
	}
	return &Folder{client, u.Host, strings.Trim(u.Path, "/")}, nil
}

// Opener is Open for store.Schemes.
func Opener(c Config) func(string) (store.Folder, error) {
	return func(address string) (store.Folder, error) {
		f, err := Open(address, c)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

func (f *Folder) key(name string) string {
	if f.prefix == "" {
		return name
	}
	return strings.TrimSuffix(f.prefix+"/"+name, "/")
}

// Path implements store.Folder.
func (f *Folder) Path(name string) string {
	return strings.TrimSuffix("s3://"+f.bucket+"/"+f.key(name), "/")
}

// partBytes is the size of the parts of a large file; S3 takes 10,000 of them, 156 GiB.
const partBytes = 16 << 20

// Create implements store.Folder. What is written is held in memory, a part of it at a
// time.
func (f *Folder) Create(ctx context.Context, name string, fill func(io.Writer) error) error {
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.CloseWithError(fill(w))
	}()
	defer func() {
		r.Close() // what fill writes fails then
		<-ended
	}()
	var first bytes.Buffer
	n, err := io.Copy(&first, io.LimitReader(r, partBytes))
	if err != nil {
		return err
	}
	put := minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: partBytes}
	var all io.Reader = bytes.NewReader(first.Bytes())
	if n < partBytes {
		sum := minio.ChecksumCRC32C.ChecksumBytes(first.Bytes())
		put.UserMetadata = map[string]string{minio.ChecksumCRC32C.Key(): sum.Encoded()}
	} else {
		n, all, put.Checksum = -1, io.MultiReader(all, r), minio.ChecksumFullObjectCRC32C
	}
	_, err = f.client.Client.PutObject(ctx, f.bucket, f.key(name), all, n, put)
	return f.explain(err)
}

// List implements store.Folder.
func (f *Folder) List(ctx context.Context) ([]store.Entry, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	prefix := f.key("")
	if prefix != "" {
		prefix += "/"
	}
	var list []store.Entry
	for o := range f.client.Client.ListObjects(ctx, f.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, f.explain(o.Err)
		}
		if name := strings.TrimPrefix(o.Key, prefix); name != "" && !strings.HasSuffix(name, "/") {
			list = append(list, store.Entry{Name: name, Size: o.Size})
		}
	}
	return list, ctx.Err()
}

// Remove implements store.Folder.
func (f *Folder) Remove(ctx context.Context, name string) error {
	return f.explain(f.client.RemoveObject(ctx, f.bucket, f.key(name), minio.RemoveObjectOptions{}))
}

// Lock implements store.Folder: there are no locks, and it looks whether the bucket is
// there.
func (f *Folder) Lock(ctx context.Context, _ string) (free func(), err error) {
	there, err := f.client.BucketExists(ctx, f.bucket)
	if err != nil {
		return nil, f.explain(err)
	}
	if !there {
		return nil, f.explain(minio.ErrorResponse{Code: minio.NoSuchBucket})
	}
	return func() {}, nil
}

// explain says in a user's words what the server answered, without names and ids that a
// message has already, or that say nothing.
func (f *Folder) explain(err error) error {
	response, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return err
	}
	switch response.Code {
	case minio.NoSuchKey:
		return fs.ErrNotExist
	case minio.NoSuchBucket:
		return fmt.Errorf("there is no bucket %s: create it, or name another", f.bucket)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return fmt.Errorf("the server refuses the credentials (%s): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE", response.Code)
	case "XAmzContentChecksumMismatch", "BadDigest", "XAmzContentSHA256Mismatch":
		return fmt.Errorf("the data changed on its way to the server (%s)", response.Code)
	}
	if response.Message == "" {
		return fmt.Errorf("the server answers %s (%d %s)", response.Code, response.StatusCode, http.StatusText(response.StatusCode))
	}
	return fmt.Errorf("the server answers %s: %s", response.Code, response.Message)
}
