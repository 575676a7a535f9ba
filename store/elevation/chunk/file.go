package chunk

import (
	"fmt"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// File is a mapped chunk file. It is unmapped when nobody holds it any more,
// so that no reader is left with memory that is gone; who reads data keeps the
// chunk alive until it is done.
type File struct {
	name   string
	want   Header
	data   []byte
	failed error // to open
	once   sync.Once
	err    error // why it cannot be read, once it was checked
}

// Open maps a chunk file. What is wrong with it is said when it is read:
// one damaged file leaves the others useful.
func Open(root *os.Root, name string, want Header) *File {
	c := &File{name: name, want: want}
	if c.data, c.failed = mapFile(root, name, want.Encoding.FileSize()); c.failed != nil {
		return c
	}
	runtime.AddCleanup(c, func(data []byte) { _ = unix.Munmap(data) }, c.data)
	return c
}

// Is reports whether this is the file of a name, expected to hold a chunk.
func (c *File) Is(name string, want Header) bool { return c.name == name && c.want == want }

// Failed is why it could not be mapped, nil where it could.
func (c *File) Failed() error { return c.failed }

// mapFile maps a file that must have a size: to read beyond the end of a
// mapped file would end the program.
func mapFile(root *os.Root, name string, size int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() != size {
		return nil, fmt.Errorf("it has %d bytes instead of %d", st.Size(), size)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map it into memory: %w", err)
	}
	return data, nil
}

// Ready checks a chunk when it is first read.
func (c *File) Ready() error {
	c.once.Do(func() { c.err = c.Check() })
	return c.err
}

// Check reads all of it, and says why it is not the chunk that is expected.
func (c *File) Check() (err error) {
	if c.failed != nil {
		return c.failed
	}
	defer Guard(&err)()
	defer runtime.KeepAlive(c)
	return checkFile(c.data, c.want)
}

// Read copies a row of heights of a level, from column x of row y of it.
func (c *File) Read(dst []float32, level int, e Extreme, x, y int) {
	enc := c.want.Encoding
	at := enc.levelOffset(level, e) + (y*LevelSide(level)+x)*enc.bytes()
	enc.get(dst, c.data[at:])
	runtime.KeepAlive(c)
}
