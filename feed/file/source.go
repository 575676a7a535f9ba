package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// headSize is how much of a recording is looked at before it is read.
const headSize = 64 << 10

// source is an open recording, decompressed.
type source struct {
	buf   *bufio.Reader
	close func()
	// failure is what went wrong with reading, other than the end; what goes
	// wrong with decompressing is damage of the recording.
	failure error
}

func (f *File) open() (*source, error) {
	s := &source{close: func() {}}
	raw, total := f.cfg.Reader, int64(0)
	if raw == nil {
		file, size, err := f.openPath()
		if err != nil {
			return nil, fmt.Errorf("open recording: %w", err)
		}
		raw, total = file, size
		s.close = func() { file.Close() } //nolint:errcheck // it was only read
	}
	counted := &counter{r: raw, total: total, progress: f.cfg.Progress, failure: &s.failure}
	s.buf = bufio.NewReaderSize(counted, headSize)
	if magic, err := s.buf.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1F, 0x8B}) {
		s.buf = bufio.NewReaderSize(&unzipper{in: s.buf}, headSize)
	}
	return s, nil
}

// openPath opens the file, if it is a regular one: to open a pipe would wait for
// a writer.
func (f *File) openPath() (file *os.File, size int64, err error) {
	stat, open := os.Stat, os.Open
	if f.cfg.Root != nil {
		stat, open = f.cfg.Root.Stat, f.cfg.Root.Open
	}
	info, err := stat(f.cfg.Path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is no regular file", f.cfg.Path)
	}
	file, err = open(f.cfg.Path)
	return file, info.Size(), err
}

// counter tells how far reading came, and keeps its failure.
type counter struct {
	r           io.Reader
	done, total int64
	progress    func(done, total int64)
	failure     *error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.done += int64(n)
	if c.progress != nil && n > 0 {
		c.progress(c.done, c.total)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		*c.failure = err
	}
	return n, err
}

// unzipper is a gzip reader that also gives the errors of the first header by
// Read.
type unzipper struct {
	in io.Reader
	z  *gzip.Reader
}

func (u *unzipper) Read(p []byte) (int, error) {
	if u.z == nil {
		z, err := gzip.NewReader(u.in)
		if err != nil {
			return 0, err
		}
		u.z = z
	}
	return u.z.Read(p)
}
