package glo30

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"atalaya/terrain/format/geotiff"
)

// part is what is here of a tile.
type part struct {
	dir  *os.Root
	tile Tile
	file *os.File
	// etag is the version that the bytes belong to; empty: not known, and the
	// bytes are of no use.
	etag string
	have int64
	size int64 // of the whole; 0: not known
	// furthest is the most that was ever here: only what goes beyond it counts
	// as getting on, or a server that always breaks off would be asked for ever.
	furthest int64
}

func (p *part) name() string     { return p.tile.file() + ".part" }
func (p *part) etagName() string { return p.name() + ".etag" }

// openPart opens what an earlier run left, or an empty file. It is ours alone
// until it is closed.
func (f *fetcher) openPart(t Tile) (*part, error) {
	p := &part{dir: f.dir, tile: t}
	file, err := f.dir.OpenFile(p.name(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	p.file = file
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("another fetch loads it into %s", f.cfg.Dir)
	}
	if etag, err := f.dir.ReadFile(p.etagName()); err == nil {
		p.etag = strings.TrimSpace(string(etag))
	} else if !errors.Is(err, fs.ErrNotExist) {
		p.close()
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		p.close()
		return nil, err
	}
	if p.etag == "" || info.Size() == 0 {
		return p, p.restart("")
	}
	p.have, p.furthest = info.Size(), info.Size()
	return p, nil
}

// close leaves nothing behind that a later run has no use for.
func (p *part) close() {
	p.file.Close()
	if p.have == 0 || p.etag == "" {
		_ = p.dir.Remove(p.name()) // it may be gone already
	}
}

// restart forgets what is here; what comes belongs to the version etag.
func (p *part) restart(etag string) error {
	p.etag, p.have, p.size = etag, 0, 0
	if err := p.file.Truncate(0); err != nil {
		return permanent{err}
	}
	if etag == "" {
		if err := p.dir.Remove(p.etagName()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return permanent{err}
		}
		return nil
	}
	if err := p.dir.WriteFile(p.etagName(), []byte(etag+"\n"), 0o644); err != nil {
		return permanent{err}
	}
	return nil
}

// remove leaves nothing behind.
func (p *part) remove() error {
	if err := p.restart(""); err != nil {
		return err
	}
	return p.dir.Remove(p.name())
}

// most is far more than any tile has: the biggest are about 50 MB.
const most = 512 << 20

// load asks for what is missing and appends it. It tells how far it got on.
func (f *fetcher) load(ctx context.Context, p *part, report func(bytes, size int64)) (came int64, err error) {
	err = f.rest(ctx, p, report)
	came = max(p.have-p.furthest, 0)
	p.furthest += came
	return came, err
}

func (f *fetcher) rest(ctx context.Context, p *part, report func(bytes, size int64)) error {
	header := http.Header{}
	if p.have > 0 && p.etag != "" {
		// The server sends the rest of this version, or all of another.
		header.Set("Range", fmt.Sprintf("bytes=%d-", p.have))
		header.Set("If-Range", p.etag)
	}
	body, err := f.get(ctx, p.tile.key(), header)
	if err != nil {
		return err
	}
	defer body.Close()
	switch body.status {
	case http.StatusOK:
		if err := p.restart(strong(body.header.Get("ETag"))); err != nil {
			return err
		}
		p.size = max(body.length, 0)
	case http.StatusPartialContent:
		from, size, ok := contentRange(body.header.Get("Content-Range"))
		if !ok || from != p.have || strong(body.header.Get("ETag")) != p.etag {
			return errors.Join(errors.New("the server sends another piece than was asked for"), p.restart(""))
		}
		p.size = size
	default: // 416: nothing is missing, or what is here is of no use
		if _, size, ok := contentRange(body.header.Get("Content-Range")); ok && size == p.have {
			p.size = size
			return nil
		}
		return errors.Join(errors.New("the server has less than is here: another version"), p.restart(""))
	}
	if p.size > most {
		return permanent{errors.Join(fmt.Errorf("the server sends %d bytes: no tile is that big", p.size), p.remove())}
	}
	report(p.have, p.size)
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if p.have == 0 && !isTIFF(buf[:n]) {
				return permanent{errors.Join(
					fmt.Errorf("the server sends no TIFF but %s that begins with %.40q", kind(body), buf[:n]), p.remove())}
			}
			if p.have+int64(n) > most {
				return permanent{errors.Join(errors.New("the server does not stop sending: no tile is that big"), p.remove())}
			}
			if _, err := p.file.WriteAt(buf[:n], p.have); err != nil {
				return permanent{err}
			}
			p.have += int64(n)
			report(p.have, p.size)
		}
		switch {
		case errors.Is(err, io.EOF) && p.have < p.size:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// strong is an ETag that stands for the same bytes; a weak one does not.
func strong(etag string) string {
	if strings.HasPrefix(etag, "W/") || strings.ContainsAny(etag, "\r\n") {
		return ""
	}
	return etag
}

// kind names what a server says that it sends.
func kind(r *reply) string {
	if t := r.header.Get("Content-Type"); t != "" {
		return t
	}
	return "something"
}

// isTIFF looks at a file's first bytes. Three of four are enough where a piece
// is that short: the whole is looked at in the end.
func isTIFF(head []byte) bool {
	for _, magic := range []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"} {
		if n := min(len(head), len(magic)); string(head[:n]) == magic[:n] {
			return true
		}
	}
	return false
}

// contentRange reads "bytes 100-199/200", or "bytes */200", which begins
// nowhere.
func contentRange(s string) (from, size int64, ok bool) {
	s, found := strings.CutPrefix(s, "bytes ")
	span, total, cut := strings.Cut(s, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if !found || !cut || err != nil || size <= 0 {
		return 0, 0, false
	}
	if span == "*" {
		return 0, size, true
	}
	start, end, _ := strings.Cut(span, "-")
	from, err = strconv.ParseInt(start, 10, 64)
	last, err2 := strconv.ParseInt(end, 10, 64)
	return from, size, err == nil && err2 == nil && from >= 0 && last == size-1
}

// finish gives the whole file its name, once it is on the disk and can be read.
func (p *part) finish() error {
	if err := p.check(); err != nil {
		return errors.Join(fmt.Errorf("what came is not the tile, and was removed: %w", err), p.remove())
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := p.dir.Rename(p.name(), p.tile.file()); err != nil {
		return err
	}
	if err := p.dir.Remove(p.etagName()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	folder, err := p.dir.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// check opens the file and looks whether it is this tile.
func (p *part) check() error {
	src, err := geotiff.Open(p.file, p.have, p.tile.file())
	if err != nil {
		return err
	}
	p.size = p.have
	l := src.Lattice()
	const near = 1.0 / 3600 // a post, whichever convention the file has for its edge
	if math.Abs(l.X0-float64(p.tile.Lon)) > near || math.Abs(l.Y0-float64(p.tile.Lat+1)) > near || !l.Projection.Degrees() {
		return fmt.Errorf("it lies elsewhere: %v", l)
	}
	return nil
}
