package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"atalaya/geo"
	"atalaya/store/elevation"
	"atalaya/terrain"
	"atalaya/terrain/format"
)

// openElevation opens the store of elevation. The exercise has its own, which
// takes what is made up.
func (c *Config) openElevation() (*elevation.Store, error) {
	return elevation.Open(elevation.Config{Dir: c.elevationDir(), Synthetic: c.Exercise.Enabled})
}

func (c *Config) elevationDir() string { return filepath.Join(c.dir(), "elevation") }

// OpenElevationFile opens an elevation file of any kind that is read.
func OpenElevationFile(name string) (terrain.Source, io.Closer, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("opening elevation: %w", err)
	}
	return format.OpenFile(f, filepath.ToSlash(path))
}

// ElevationImport is files that are to be brought into the store, and what is
// told of them because they do not say it.
type ElevationImport struct {
	Files   []string
	Dataset string
	Datum   terrain.VerticalDatum
	SD      float64
	Void    *float32
	Replace bool
	// Progress makes the progress of a file; nil: nobody asks.
	Progress func(file string) func(done, total int64)
	// Tell hears what came of each file.
	Tell func(file string, out elevation.Imported, err error)
}

// ImportElevation brings files into the store. One that is refused does not
// keep the others out; the error counts them.
func ImportElevation(ctx context.Context, cfg Config, in ElevationImport) error {
	s, err := cfg.openElevation()
	if err != nil {
		return err
	}
	refused := 0
	for _, name := range in.Files {
		out, err := importElevation(ctx, s, name, in)
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted in %s: run the same command again, and it goes on there: %w", name, ctx.Err())
		}
		if err != nil {
			refused++
		}
		in.Tell(name, out, err)
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d files were not imported", refused, len(in.Files))
	}
	return nil
}

func importElevation(ctx context.Context, s *elevation.Store, name string, in ElevationImport) (elevation.Imported, error) {
	sum, size, err := hashFile(ctx, name)
	if err != nil {
		return elevation.Imported{}, err
	}
	src, closer, err := OpenElevationFile(name)
	if err != nil {
		return elevation.Imported{}, err
	}
	defer closer.Close()
	im := elevation.Import{
		Source: src, Name: src.About().Name, SHA256: sum, Bytes: size,
		Dataset: in.Dataset, Datum: in.Datum, SD: in.SD, Void: in.Void, Replace: in.Replace,
	}
	if in.Progress != nil {
		im.Progress = in.Progress(filepath.Base(name))
	}
	return s.Import(ctx, im)
}

// hashFile gives the SHA-256 of a file and its size.
func hashFile(ctx context.Context, name string) (sum string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	const piece = 16 << 20
	for {
		n, err := io.CopyN(h, f, piece)
		size += n
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), size, ctx.Err()
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return "", 0, fmt.Errorf("read %s: %w", name, err)
		}
	}
}

// ElevationDataset is what is said of a dataset of the store.
type ElevationDataset struct {
	terrain.About
	Resolution float64          `json:"resolution_m"`
	Bounds     geo.Box          `json:"bounds"`
	Posts      int64            `json:"posts"`
	Lowest     float64          `json:"min_m"`
	Highest    float64          `json:"max_m"`
	Files      []elevation.File `json:"files"`
}

// ListElevation tells what is in the store, the first choice first, and what
// cannot be opened.
func ListElevation(cfg Config) ([]ElevationDataset, []elevation.LeftOut, error) {
	s, err := cfg.openElevation()
	if err != nil {
		return nil, nil, err
	}
	out := []ElevationDataset{}
	for _, d := range s.Datasets() {
		e := ElevationDataset{
			About: d.About(), Resolution: d.Lattice().Resolution(), Bounds: d.Bounds(), Posts: d.Posts(), Files: d.Files(),
		}
		e.Lowest, e.Highest = d.Heights()
		out = append(out, e)
	}
	return out, s.LeftOut(), nil
}

// RemoveElevation takes datasets out of the store. Tell hears of each.
func RemoveElevation(cfg Config, names []string, tell func(elevation.Removed) error) error {
	s, err := cfg.openElevation()
	if err != nil {
		return err
	}
	for _, name := range names {
		out, err := s.Remove(name)
		if errors.Is(err, elevation.ErrUnknown) {
			err = fmt.Errorf("%w: 'atalaya terrain list' says more of them", err)
		}
		if err != nil {
			return err
		}
		if err := tell(out); err != nil {
			return err
		}
	}
	return nil
}

// CheckElevation reads all of the store and gives what is damaged.
func CheckElevation(cfg Config, progress func(done, total int64)) ([]error, error) {
	s, err := cfg.openElevation()
	if err != nil {
		return nil, err
	}
	return s.Check(progress), nil
}

// ElevationAt gives the ground at a position, from the store or from a bare
// file.
func ElevationAt(cfg Config, p geo.Position, file string) (elevation.Height, error) {
	if file != "" {
		return heightInFile(p, file)
	}
	s, err := cfg.openElevation()
	if err != nil {
		return elevation.Height{}, err
	}
	h, err := s.Height(p)
	if errors.Is(err, elevation.ErrNone) {
		err = fmt.Errorf("%v: %w: 'atalaya terrain list' says what there is in %s", p, err, cfg.dir())
	}
	return h, err
}

func heightInFile(p geo.Position, file string) (elevation.Height, error) {
	src, closer, err := OpenElevationFile(file)
	if err != nil {
		return elevation.Height{}, err
	}
	defer closer.Close()
	l := src.Lattice()
	if !l.Contains(p) {
		return elevation.Height{}, fmt.Errorf("%v lies outside %s", p, file)
	}
	col, row := l.Cell(p)
	const beside = 2
	g, err := terrain.Load(src, terrain.Window{X: int(col) - beside, Y: int(row) - beside, Width: 2*beside + 1, Height: 2*beside + 1})
	if err != nil {
		return elevation.Height{}, err
	}
	h := elevation.Height{About: src.About()}
	var ok bool
	if h.Metres, ok = g.Bilinear(p); !ok {
		return h, fmt.Errorf("%v lies in a void of %s or beside it", p, file)
	}
	h.Nearest, _ = g.Nearest(p)
	east, north := l.Spacing(p)
	h.Resolution = (east + north) / 2
	return h, nil
}
