// Package tiles serves the user's own maps: PMTiles archives (version 3) of one
// folder. Browsers read them by range requests; the program reads only what
// they say of themselves.
package tiles

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Kind is what the tiles of a map are.
type Kind string

// The kinds of maps.
const (
	Vector    Kind = "vector"
	Raster    Kind = "raster"
	Elevation Kind = "elevation" // heights written as colours
)

// Map is what a file says of itself.
type Map struct {
	ID          string     `json:"id" doc:"the file's name without its ending; /maps/ID.pmtiles serves it"`
	Name        string     `json:"name" doc:"name for people"`
	Kind        Kind       `json:"kind" enum:"vector,raster,elevation" doc:"what its tiles are"`
	Encoding    string     `json:"encoding,omitempty" enum:"terrarium,mapbox" doc:"how heights are written as colours"`
	MinZoom     int        `json:"min_zoom"`
	MaxZoom     int        `json:"max_zoom"`
	Bounds      [4]float64 `json:"bounds" doc:"west, south, east, north, degrees"`
	Attribution string     `json:"attribution" doc:"whom to name, as plain text; empty: the file does not say"`
	Layers      []string   `json:"layers,omitempty" doc:"names of the layers of a vector map"`
	Bytes       int64      `json:"bytes" doc:"size of the file"`
	Trouble     string     `json:"trouble,omitempty" doc:"why it cannot be shown, and what to do"`
}

const (
	ending = ".pmtiles"
	// most bounds the answer; a folder with more files says so in the log.
	most = 200
)

// Folder is a folder with maps. Nothing outside of it is reached, whatever its
// links say.
type Folder struct {
	root *os.Root

	mu    sync.Mutex
	known map[string]described
}

// described is what a file said, while it is the same file.
type described struct {
	tag string
	m   Map
}

// Open opens a folder.
func Open(dir string) (*Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder of maps: %w", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("folder of maps: %w: make it, or leave web.maps empty", err)
	}
	return &Folder{root: root, known: map[string]described{}}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// List gives the maps of the folder, by name. Files that are no PMTiles archive
// are listed with their trouble.
func (f *Folder) List() ([]Map, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("read the folder of maps: %w", err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("read the folder of maps: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	out := make([]Map, 0, min(len(names), most))
	seen := map[string]bool{}
	for _, n := range names[:min(len(names), most)] {
		m, err := f.describe(n)
		if err != nil {
			continue // it went, or is no file
		}
		out = append(out, m)
		seen[n] = true
	}
	f.forget(seen)
	return out, nil
}

// name reports whether a file of that name is served.
func name(s string) bool { return named.MatchString(s) }

//nolint:gochecknoglobals // compiled once
var named = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.pmtiles$`)

func (f *Folder) forget(seen map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range f.known {
		if !seen[n] {
			delete(f.known, n)
		}
	}
}

func (f *Folder) describe(name string) (Map, error) {
	file, info, err := f.open(name)
	if err != nil {
		return Map{}, err
	}
	defer file.Close()
	tag := etag(info)
	f.mu.Lock()
	d, ok := f.known[name]
	f.mu.Unlock()
	if ok && d.tag == tag {
		return d.m, nil
	}
	m := Map{ID: strings.TrimSuffix(name, ending), Name: strings.TrimSuffix(name, ending), Bytes: info.Size()}
	if err := read(file, info.Size(), &m); err != nil {
		m.Trouble = err.Error()
		if m.Kind == "" {
			m.Kind = Raster
		}
	}
	f.mu.Lock()
	f.known[name] = described{tag, m}
	f.mu.Unlock()
	return m, nil
}

// errNoFile says that a name is no regular file: opening a pipe would wait for
// its other end.
var errNoFile = errors.New("not a regular file")

func (f *Folder) open(name string) (*os.File, fs.FileInfo, error) {
	info, err := f.root.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNoFile
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, nil, errors.Join(errNoFile, err, file.Close())
	}
	return file, info, nil
}

// etag is a strong one: a file that was written again has another time.
func etag(info fs.FileInfo) string {
	return fmt.Sprintf(`"%x-%x"`, info.Size(), info.ModTime().UnixNano())
}

// Serve answers with a file, or the ranges of it that were asked for. It
// reports false, and answers nothing, where there is none of that name.
func (f *Folder) Serve(w http.ResponseWriter, r *http.Request, file string) bool {
	if !name(file) {
		return false
	}
	opened, info, err := f.open(file)
	if err != nil {
		return false
	}
	defer opened.Close()
	h := w.Header()
	h.Set("ETag", etag(info))
	h.Set("Content-Type", "application/vnd.pmtiles")
	h.Set("Cache-Control", "private, no-cache") // kept, but asked for again: a map may be replaced
	http.ServeContent(w, r, "", info.ModTime(), opened)
	return true
}
