// Package glo30 brings tiles of the Copernicus elevation model GLO-30 from its
// public bucket: one Cloud Optimized GeoTIFF for each square degree that holds
// land. The bucket's own description is at
// https://copernicus-dem-30m.s3.amazonaws.com/readme.html; what is known of
// the heights is in terrain/format, which tells the files by their names.
//
// A download that breaks goes on where it was, also in a later run: what came
// is in a .part file, beside it the ETag of the version it belongs to. A file
// gets its name when it is whole and can be read.
package glo30

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"atalaya/geo"
)

// Bucket is where the tiles are.
const Bucket = "https://copernicus-dem-30m.s3.amazonaws.com"

// Config says where from and where to.
type Config struct {
	// Base is the URL of the bucket or of a copy of it; empty: Bucket.
	Base string
	// Dir is the folder for the files. It is made where it is missing.
	Dir string
	// Client sends the requests; nil: one of our own.
	Client *http.Client
	// Progress is told of every piece that comes; nil: nobody asks.
	Progress func(Progress)
	// Attempts is how often a tile is tried without that anything comes; 0: 5.
	Attempts int
	// Wait is the pause after a first failure. It doubles with each further
	// one, up to 30 s. 0: 1 s.
	Wait time.Duration
	// Stall is how long nothing may come before a download counts as broken;
	// 0: 30 s.
	Stall time.Duration
}

// Progress is how far a Fetch is.
type Progress struct {
	Tile Tile
	// Done of Tiles are finished.
	Done, Tiles int
	// Bytes of Size of this tile are here; Size is 0 until it is known.
	Bytes, Size int64
}

// File is what came of a tile.
type File struct {
	Tile Tile `json:"tile"`
	// Path is where it is; empty where the bucket has none: there is no land,
	// or its heights are not public.
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	// Already says that it was here before.
	Already bool `json:"already"`
}

// Fetch brings all tiles of a box that are not here yet. It gives what it has
// when it fails: called again it goes on there.
func Fetch(ctx context.Context, cfg Config, box geo.Box) ([]File, error) {
	tiles, err := Tiles(box)
	if err != nil {
		return nil, err
	}
	f := newFetcher(cfg)
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("fetch elevation: %w", err)
	}
	dir, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("fetch elevation: %w", err)
	}
	defer dir.Close()
	f.dir = dir
	var files []File
	for i, t := range tiles {
		report := func(bytes, size int64) {
			if cfg.Progress != nil {
				cfg.Progress(Progress{Tile: t, Done: i, Tiles: len(tiles), Bytes: bytes, Size: size})
			}
		}
		file, err := f.tile(ctx, t, report)
		if err != nil {
			return files, fmt.Errorf("fetch elevation: tile %s (%d of %d): %w", t.Name(), i+1, len(tiles), err)
		}
		files = append(files, file)
	}
	if cfg.Progress != nil && len(tiles) > 0 {
		cfg.Progress(Progress{Tile: tiles[len(tiles)-1], Done: len(tiles), Tiles: len(tiles)})
	}
	return files, nil
}

// fetcher is one run of Fetch.
type fetcher struct {
	cfg  Config
	dir  *os.Root
	list map[string]bool // the names of all tiles; nil: not asked for yet
}

func newFetcher(cfg Config) *fetcher {
	if cfg.Base == "" {
		cfg.Base = Bucket
	}
	cfg.Base = strings.TrimRight(cfg.Base, "/")
	if cfg.Attempts <= 0 {
		cfg.Attempts = 5
	}
	if cfg.Wait <= 0 {
		cfg.Wait = time.Second
	}
	if cfg.Stall <= 0 {
		cfg.Stall = 30 * time.Second
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{}
	}
	return &fetcher{cfg: cfg}
}

// tile makes sure that a tile is here.
func (f *fetcher) tile(ctx context.Context, t Tile, report func(bytes, size int64)) (File, error) {
	path := filepath.Join(f.cfg.Dir, t.file())
	if info, err := f.dir.Stat(t.file()); err == nil && info.Mode().IsRegular() {
		report(info.Size(), info.Size())
		return File{Tile: t, Path: path, Bytes: info.Size(), Already: true}, nil
	}
	report(0, 0)
	p, err := f.openPart(t)
	if err != nil {
		return File{}, err
	}
	defer p.close()
	err = f.retry(ctx, func() (int64, error) { return f.load(ctx, p, report) })
	if errors.Is(err, errMissing) {
		if err := f.missing(ctx, t); err != nil {
			return File{}, err
		}
		return File{Tile: t}, p.remove()
	}
	if err != nil {
		return File{}, err
	}
	if err := p.finish(); err != nil {
		return File{}, err
	}
	return File{Tile: t, Path: path, Bytes: p.size}, nil
}

// missing makes sure that a tile that the server does not have is missing in
// the bucket's list too: a server that has nothing at all is no ocean.
func (f *fetcher) missing(ctx context.Context, t Tile) error {
	if f.list == nil {
		err := f.retry(ctx, func() (n int64, err error) {
			f.list, n, err = f.tileList(ctx)
			return n, err
		})
		if errors.Is(err, errMissing) {
			return fmt.Errorf("%s has neither this tile nor a tileList.txt: it is not the bucket or a copy of it", f.cfg.Base)
		}
		if err != nil {
			return fmt.Errorf("the list of tiles: %w", err)
		}
	}
	if f.list[t.Name()] {
		return fmt.Errorf("%s lists this tile and does not have it: try again later, or another copy", f.cfg.Base)
	}
	return nil
}

// tileList asks for the names of all tiles, one a line.
func (f *fetcher) tileList(ctx context.Context) (map[string]bool, int64, error) {
	const longest = 16 << 20 // it has about 1 MB
	body, err := f.get(ctx, "tileList.txt", nil)
	if err != nil {
		return nil, 0, err
	}
	defer body.Close()
	list, n := map[string]bool{}, int64(0)
	lines := bufio.NewScanner(io.LimitReader(body, longest))
	for lines.Scan() {
		n += int64(len(lines.Bytes())) + 1
		if name := strings.TrimSpace(lines.Text()); strings.HasPrefix(name, "Copernicus_DSM_COG_10_") {
			list[name] = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, 0, err // from the start again, and never without end
	}
	if len(list) == 0 {
		return nil, 0, permanent{errors.New("it names no tile: the server is not the bucket or a copy of it")}
	}
	return list, n, nil
}
