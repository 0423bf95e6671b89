package static

import (
	"io"
	"os"

	"github.com/edsrzf/mmap-go"
)

// A mappedFile is a file's bytes: mapped where the system can, so that they
// cost no memory of their own and are shared between processes, else read.
// See docs/decisions/050-mmap.md.
type mappedFile struct {
	data   []byte
	region mmap.MMap // nil if the file was read
}

func openMapped(path string) (*mappedFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // a mapping outlives its file
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// A mapping of nothing is an error, and a pipe has no size to map.
	if info.Mode().IsRegular() && info.Size() > 0 {
		if region, err := mmap.Map(f, mmap.RDONLY, 0); err == nil {
			return &mappedFile{data: region, region: region}, nil
		}
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return &mappedFile{data: data}, nil
}

func (f *mappedFile) Close() error {
	f.data = nil
	if f.region == nil {
		return nil
	}
	return f.region.Unmap()
}
