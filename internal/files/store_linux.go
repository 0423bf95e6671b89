package files

import (
	"os"

	"golang.org/x/sys/unix"
)

// store asks the system to begin storing n bytes of a file, and waits for nothing. What it
// cannot do now, a sync does.
func store(f *os.File, from, n int64) {
	c, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = c.Control(func(fd uintptr) {
		_ = unix.SyncFileRange(int(fd), from, n, unix.SYNC_FILE_RANGE_WRITE) // a sync follows, and tells
	})
}
