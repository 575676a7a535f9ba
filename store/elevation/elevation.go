// Package elevation keeps elevation on the disk: tiled, mapped into memory,
// with a pyramid of the highest and the lowest, and with what is known of it.
//
// A store is a folder. Each folder in it is a dataset: all elevation that
// shares one lattice and one vertical datum (all 1" tiles of SRTM, say). Its
// posts lie in chunk files of 1024 x 1024 (chunk.go); dataset.json says which
// are in force and what was imported (manifest.go). An import writes new
// chunks beside those in force and replaces dataset.json last (import.go):
// killed at any point it has changed nothing, and goes on when it is run again.
// Readers hold what they opened until Reload.
//
// Made-up elevation is never in one dataset with real elevation. A store takes
// it only where its Config says so, and real elevation counts first there.
package elevation

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/geo"
	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

// Config says where a store is and what it takes.
type Config struct {
	// Dir is its folder. It is made by the first import.
	Dir string
	// Synthetic lets made-up elevation in, for the exercise.
	Synthetic bool
	// Now is the time of an import; nil: the system's clock.
	Now func() time.Time
}

// Store is a folder of datasets. It is safe for concurrent use.
type Store struct {
	cfg Config
	now atomic.Pointer[state]
	mu  sync.Mutex // one Reload at a time: the later one knows more
}

// state is what is in force of a store.
type state struct {
	datasets []*Dataset // the first choice first
	left     []LeftOut
	stamp    string // of the folder, before it was read
}

// LeftOut is a dataset that cannot be opened. The others stay useful.
type LeftOut struct {
	Dataset string
	Err     error // why, and what to do
}

// ErrNone says that there is no elevation at a place.
var ErrNone = errors.New("there is no elevation here") //nolint:gochecknoglobals // a sentinel

// Open opens a store. A folder that does not exist is an empty one; datasets
// that cannot be opened are left out.
func Open(cfg Config) (*Store, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the elevation: %w", err)
	}
	cfg.Dir = dir
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Store{cfg: cfg}
	s.now.Store(&state{})
	return s, s.Reload()
}

// Reload takes up what was imported since. Who holds a dataset keeps it as it
// was.
func (s *Store) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	root, err := os.OpenRoot(s.cfg.Dir)
	if isMissing(err) {
		s.now.Store(&state{})
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the elevation: %w", err)
	}
	defer root.Close()
	var now state
	if now.stamp, err = stampOf(root); err != nil {
		return fmt.Errorf("open the elevation in %s: %w", s.cfg.Dir, err)
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("open the elevation in %s: %w", s.cfg.Dir, err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		d, err := s.open(root, e.Name())
		if isMissing(err) {
			continue // its first import is not done
		}
		if err != nil {
			now.left = append(now.left, LeftOut{e.Name(), err})
			continue
		}
		now.datasets = append(now.datasets, d)
	}
	slices.SortFunc(now.datasets, preference)
	s.now.Store(&now)
	return nil
}

// Stamp says in which state the folder is, and whether it is the one that the
// last Reload found: another program may have imported or removed something. It
// reads no elevation, so it may be asked all the time.
func (s *Store) Stamp() (stamp string, loaded bool, err error) {
	if root, err := os.OpenRoot(s.cfg.Dir); err == nil {
		defer root.Close()
		stamp, err = stampOf(root)
		if err != nil {
			return "", false, fmt.Errorf("look at the elevation in %s: %w", s.cfg.Dir, err)
		}
	} else if !isMissing(err) {
		return "", false, fmt.Errorf("look at the elevation: %w", err)
	}
	return stamp, stamp == s.now.Load().stamp, nil
}

// stampOf names the datasets' manifests: every import puts another file, of
// another time, in the place of one.
func stampOf(root *os.Root) (string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, e := range entries {
		if info, err := root.Stat(filepath.Join(e.Name(), manifestName)); err == nil {
			fmt.Fprintln(&b, e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String(), nil
}

// LeftOut are the datasets that cannot be opened: it is to be shown.
func (s *Store) LeftOut() []LeftOut { return slices.Clone(s.now.Load().left) }

func (s *Store) open(store *os.Root, name string) (*Dataset, error) {
	root, err := store.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// An import may be done in between, and its old chunks be gone: look again.
	for try := 1; ; try++ {
		d, err := s.openDataset(root, name)
		if err != nil || try == tries || !slices.ContainsFunc(d.m.Chunks, func(e chunkEntry) bool { return isMissing(d.chunks[e.at()].Failed()) }) {
			return d, err
		}
	}
}

// tries is how often a dataset is opened while imports change it.
const tries = 3

func (s *Store) openDataset(root *os.Root, name string) (*Dataset, error) {
	m, err := readManifest(root)
	if err != nil {
		return nil, err
	}
	switch {
	case m.Name != name:
		return nil, fmt.Errorf("the folder %s holds the dataset %s: give it its name back", root.Name(), m.Name)
	case m.Synthetic && !s.cfg.Synthetic:
		return nil, fmt.Errorf("the dataset %s is %s, which has no place beside real elevation: take its folder out of %s", name, terrain.Synthetic, s.cfg.Dir)
	}
	var known map[chunk.At]*chunk.File
	if old, ok := s.Dataset(name); ok {
		if old.m.Generation == m.Generation && old.m.Checksum == m.Checksum {
			return old, nil
		}
		known = old.chunks
	}
	return newDataset(root, m, known), nil
}

// preference orders datasets: real ones first, then the finest, then those of
// the least stated error, then the newest.
func preference(a, b *Dataset) int {
	synthetic := func(d *Dataset) int {
		if d.m.Synthetic {
			return 1
		}
		return 0
	}
	stated := func(d *Dataset) float64 {
		if d.about.SD == 0 {
			return 1e9 // nobody knows
		}
		return d.about.SD
	}
	return cmp.Or(
		cmp.Compare(synthetic(a), synthetic(b)),
		cmp.Compare(a.m.Frame.spacing(), b.m.Frame.spacing()),
		cmp.Compare(stated(a), stated(b)),
		b.m.Created.Compare(a.m.Created),
		strings.Compare(a.m.Name, b.m.Name),
	)
}

// Datasets are all datasets, the first choice first.
func (s *Store) Datasets() []*Dataset { return slices.Clone(s.now.Load().datasets) }

// Dataset gives a dataset by its name.
func (s *Store) Dataset(name string) (*Dataset, bool) {
	for _, d := range s.now.Load().datasets {
		if d.m.Name == name {
			return d, true
		}
	}
	return nil, false
}

// most is the share of a box that a dataset must cover to be taken although a
// coarser one has more: mountains hide from radar, and SRTM has voids there.
const most = 0.95

// Best gives the finest dataset that covers a box, and the share of it that it
// covers; where none covers nearly all, the one that covers most of it. It
// fails with ErrNone where there is nothing.
func (s *Store) Best(b geo.Box) (best *Dataset, share float64, err error) {
	for _, d := range s.now.Load().datasets {
		have, err := d.Covers(b)
		if err != nil {
			return nil, 0, err
		}
		if have >= most {
			return d, have, nil
		}
		if have > share {
			best, share = d, have
		}
	}
	if best == nil {
		return nil, 0, ErrNone
	}
	return best, share, nil
}

// Around is Best of the surroundings of a position.
func (s *Store) Around(p geo.Position, metres float64) (*Dataset, float64, error) {
	return s.Best(geo.BoxOf(p).Grow(metres))
}

// Height is the ground at a place.
type Height struct {
	// Metres is between the four posts around (bilinear), Nearest that of the
	// nearest post.
	Metres  float64 `json:"height_m"`
	Nearest float64 `json:"nearest_m"`
	// Resolution is the distance of posts here, metres.
	Resolution float64       `json:"resolution_m"`
	About      terrain.About `json:"elevation"`
}

// Height gives the ground at a position, from the finest dataset that has it.
// It fails with ErrNone where none has.
func (s *Store) Height(p geo.Position) (Height, error) {
	for _, d := range s.now.Load().datasets {
		v, ok, err := d.Bilinear(p)
		if err != nil {
			return Height{}, err
		}
		if !ok {
			continue
		}
		n, _, err := d.Nearest(p) // it has weight, so it is no void
		if err != nil {
			return Height{}, err
		}
		east, north := d.lattice.Spacing(p)
		return Height{Metres: v, Nearest: n, Resolution: (east + north) / 2, About: d.about}, nil
	}
	return Height{}, ErrNone
}

// Check reads every chunk of every dataset and gives what is wrong with each,
// and with datasets that were left out, with what puts it right. Progress
// counts chunks.
func (s *Store) Check(progress func(done, total int64)) (wrong []error) {
	for _, l := range s.LeftOut() {
		wrong = append(wrong, l.Err)
	}
	var done, total int64
	for _, d := range s.now.Load().datasets {
		total += int64(len(d.chunks))
	}
	for _, d := range s.now.Load().datasets {
		for _, e := range d.m.Chunks {
			c := d.chunks[e.at()]
			err := c.Ready()
			if err == nil {
				err = c.Check() // also what was read before
			}
			if err != nil {
				wrong = append(wrong, d.unreadable(e.at(), err))
			}
			if done++; progress != nil {
				progress(done, total)
			}
		}
	}
	return wrong
}
