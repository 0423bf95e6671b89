package fit

import (
	"io"
	"os"
	"unsafe"

	"github.com/edsrzf/mmap-go"
)

// spillEntries is how many entries are written at a time: 8 MiB.
const spillEntries = 1 << 20

// entryBytes is the size of an entry in memory and in the file, in this machine's
// byte order: the file never leaves the process.
const entryBytes = int(unsafe.Sizeof(entry{}))

// spill is a temporary file of entries, later mapped where the system can map.
type spill struct {
	file    *os.File
	entries int64
	region  mmap.MMap // nil if the file is not mapped
}

func (s *spill) write(entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	data := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(entries))), len(entries)*entryBytes)
	if _, err := s.file.Write(data); err != nil {
		return err
	}
	s.entries += int64(len(entries))
	return nil
}

// load returns all entries: the mapped file, or a copy where nothing can be mapped.
func (s *spill) load() ([]entry, error) {
	region, err := mmap.Map(s.file, mmap.RDONLY, 0)
	if err == nil {
		s.region = region
		// Where a mapped file can lose its name, nothing is left behind by a killed process.
		_ = os.Remove(s.file.Name())
		return unsafe.Slice((*entry)(unsafe.Pointer(unsafe.SliceData(region))), s.entries), nil
	}
	entries := make([]entry, s.entries)
	data := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(entries))), len(entries)*entryBytes)
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	_, err = io.ReadFull(s.file, data)
	return entries, err
}

// Close unmaps and removes the file.
func (s *spill) Close() error {
	if s.file == nil {
		return nil
	}
	var err error
	if s.region != nil {
		err = s.region.Unmap()
	}
	s.file.Close()
	os.Remove(s.file.Name()) // gone already where a mapped file can lose its name
	s.file = nil
	return err
}
