package elevation

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"atalaya/geo/projection"
	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

// manifestName is the file that says what is in force of a dataset. An import
// prepares its chunks beside those in force and replaces this file last, so
// that it is done as a whole or not at all.
const (
	manifestName    = "dataset.json"
	manifestVersion = 1
)

type manifest struct {
	Version int `json:"version"`
	// Checksum is the CRC-32C of this file's JSON without spaces and with an
	// empty checksum.
	Checksum   string                `json:"crc32c"`
	Name       string                `json:"name"`
	Datum      terrain.VerticalDatum `json:"datum"`
	Synthetic  bool                  `json:"synthetic"`
	Created    time.Time             `json:"created"`
	Generation int                   `json:"generation"` // counts imports
	Frame      frame                 `json:"frame"`
	Files      []File                `json:"files"` // in the order of their import
	Chunks     []chunkEntry          `json:"chunks"`
}

// File is what is known of a file that was imported.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Source, SD and DatumSD are as in terrain.About.
	Source   string    `json:"source"`
	SD       float64   `json:"sd_m"`
	DatumSD  float64   `json:"datum_sd_m"`
	Imported time.Time `json:"imported"`
	// Col, Row, Width and Height are its posts in the dataset's frame.
	Col    int `json:"col"`
	Row    int `json:"row"`
	Width  int `json:"width"`
	Height int `json:"height"`
	// Posts are those with a height, Min and Max the extremes of them.
	Posts int64   `json:"posts"`
	Voids int64   `json:"voids"`
	Min   float64 `json:"min_m"`
	Max   float64 `json:"max_m"`
	// Lost says that a chunk with posts of it was damaged and is replaced: it
	// is to be imported again.
	Lost bool `json:"lost,omitempty"`
}

func (f *File) window() terrain.Window {
	return terrain.Window{X: f.Col, Y: f.Row, Width: f.Width, Height: f.Height}
}

// chunkEntry is a chunk in force.
type chunkEntry struct {
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Generation int            `json:"generation"` // the import that wrote it
	Encoding   chunk.Encoding `json:"encoding"`
	CRC        uint32         `json:"crc32c"`
	Posts      int            `json:"posts"` // with a height
}

func (e *chunkEntry) at() chunk.At { return chunk.At{X: e.X, Y: e.Y} }
func (e *chunkEntry) header() chunk.Header {
	return chunk.Header{Encoding: e.Encoding, At: e.at(), CRC: e.CRC}
}

// file is the name of its file.
func (e *chunkEntry) file() string { return fmt.Sprintf("%d_%d.%d.chunk", e.X, e.Y, e.Generation) }

func compareChunks(a, b chunkEntry) int {
	return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X))
}

// find gives the entry of a chunk.
func (m *manifest) find(at chunk.At) (chunkEntry, bool) {
	i, ok := slices.BinarySearchFunc(m.Chunks, chunkEntry{X: at.X, Y: at.Y}, compareChunks)
	if !ok {
		return chunkEntry{}, false
	}
	return m.Chunks[i], true
}

// within names the files with posts in a window, the newest first.
func (m *manifest) within(w terrain.Window) (names []string) {
	for _, f := range slices.Backward(m.Files) {
		if !f.window().Intersect(w).Empty() {
			names = append(names, f.Name)
		}
	}
	return names
}

// bounds is the window of all files.
func (m *manifest) bounds() terrain.Window {
	var b terrain.Window
	for i, f := range m.Files {
		if i == 0 {
			b = f.window()
			continue
		}
		x0, y0 := min(b.X, f.Col), min(b.Y, f.Row)
		x1, y1 := max(b.X+b.Width, f.Col+f.Width), max(b.Y+b.Height, f.Row+f.Height)
		b = terrain.Window{X: x0, Y: y0, Width: x1 - x0, Height: y1 - y0}
	}
	return b
}

// about puts together what is known of the files.
func (m *manifest) about() terrain.About {
	a := terrain.About{Name: m.Name, Datum: m.Datum, Synthetic: m.Synthetic}
	var sources []string
	unstated := false
	for _, f := range m.Files {
		if !slices.Contains(sources, f.Source) && f.Source != "" {
			sources = append(sources, f.Source)
		}
		unstated = unstated || f.SD == 0
		a.SD, a.DatumSD = max(a.SD, f.SD), max(a.DatumSD, f.DatumSD)
	}
	if unstated { // the error of the whole is not known where that of a part is not
		a.SD = 0
	}
	const named = 3
	if more := len(sources) - named; more > 0 {
		sources = append(sources[:named], fmt.Sprintf("and %d more", more))
	}
	a.Source = strings.Join(sources, "; ")
	return a
}

func (m *manifest) checksum() (string, error) {
	n := *m
	n.Checksum = ""
	b, err := json.Marshal(n)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%08x", crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))), nil
}

// readManifest reads what is in force in a dataset's folder.
func readManifest(root *os.Root) (manifest, error) {
	var m manifest
	b, err := root.ReadFile(manifestName)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, damaged(root, err)
	}
	if m.Version > manifestVersion {
		return m, fmt.Errorf("%s has version %d, and this program reads %d: a newer program wrote it", where(root), m.Version, manifestVersion)
	}
	want := m.Checksum
	have, err := m.checksum()
	if err == nil && have != want {
		err = errors.New("its checksum is wrong")
	}
	if err != nil {
		return m, damaged(root, err)
	}
	p, ok := projection.ByEPSG(m.Frame.EPSG)
	if !ok {
		return m, fmt.Errorf("%s is in EPSG:%d, which this program does not know: a newer program wrote it", where(root), m.Frame.EPSG)
	}
	m.Frame.projection = p
	return m, nil
}

func where(root *os.Root) string { return filepath.Join(root.Name(), manifestName) }

func damaged(root *os.Root, err error) error {
	return fmt.Errorf("%s is damaged (%w): delete the folder %s and import its files again", where(root), err, root.Name())
}

// write puts the manifest in force.
func (m *manifest) write(root *os.Root) (err error) {
	m.Version = manifestVersion
	if m.Checksum, err = m.checksum(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return replaceFile(root, manifestName, func(f *os.File) error {
		_, err := f.Write(b)
		return err
	})
}

// replaceFile writes a file so that it is there whole or not at all, also
// after a power cut, once the folder is synced.
func replaceFile(root *os.Root, name string, write func(*os.File) error) error {
	draft := name + draftSuffix
	f, err := root.OpenFile(draft, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(draft, name)
}

const draftSuffix = ".new"

func syncDir(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
