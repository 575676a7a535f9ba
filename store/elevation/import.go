package elevation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

// Import is a file that is to be brought into a store.
type Import struct {
	Source terrain.Source
	// Name, SHA256 and Bytes are the file's. One with the same hash is the same.
	Name   string
	SHA256 string
	Bytes  int64
	// Dataset is where it goes; empty: where its lattice and datum belong.
	Dataset string
	// Datum is told where the file does not state one.
	Datum terrain.VerticalDatum
	// SD is told instead of what the file states, metres; 0: not told.
	SD float64
	// Void is a height that means none, where the file does not say so.
	Void *float32
	// Replace puts the file's heights in the place of earlier ones.
	Replace bool
	// Progress counts posts; nil: nobody asks.
	Progress func(done, total int64)
}

// Imported is what came of an import.
type Imported struct {
	Dataset string `json:"dataset"`
	File    File   `json:"file"`
	// Already says that the file was there, and nothing was done.
	Already bool `json:"already"`
	// Chunks were written, Resumed of them before the import was interrupted.
	Chunks  int `json:"chunks"`
	Resumed int `json:"resumed"`
	// Differing posts have another height than in an earlier file, beyond the
	// tolerance, by Largest at most; too few to refuse the file. The earlier
	// height stays.
	Differing int64   `json:"differing"`
	Largest   float64 `json:"largest_difference_m"`
	// Again are the files that lost posts with a damaged chunk.
	Again []string `json:"import_again,omitempty"`
}

const (
	// lowest and highest bound what is believed of the earth: beyond is a void
	// that the file does not state.
	lowest, highest = -500, 9000

	// mostChunks bounds a dataset: a process may map 65,530 pieces of memory
	// (vm.max_map_count).
	mostChunks = 60000
)

// Import brings a file in. It reads it chunk by chunk, in bounded memory; until
// the last moment nothing of the dataset changes, and an import that was
// interrupted goes on. One runs at a time.
func (s *Store) Import(ctx context.Context, in Import) (out Imported, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("import %s: %w", in.Name, err)
		}
	}()
	about, err := s.admit(&in)
	if err != nil {
		return out, err
	}
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return out, err
	}
	store, err := os.OpenRoot(s.cfg.Dir)
	if err != nil {
		return out, err
	}
	defer store.Close()
	lock, err := lockStore(store)
	if err != nil {
		return out, err
	}
	defer unlock(lock)
	if err := s.Reload(); err != nil { // what another program imported counts
		return out, err
	}
	i, err := s.begin(store, in, about)
	if err != nil {
		return out, err
	}
	defer i.root.Close()
	if out, err = i.run(ctx); err != nil {
		if ctx.Err() == nil { // there is nothing to go on with
			err = errors.Join(err, i.undo(store))
		}
		return out, err
	}
	if err := syncDir(store); err != nil {
		return out, err
	}
	return out, s.Reload()
}

// lockStore makes sure that one import runs at a time.
func lockStore(store *os.Root) (*os.File, error) {
	f, err := store.OpenFile("lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = fmt.Errorf("another import runs in %s: wait for it (%w)", store.Name(), err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unlock says so itself: to close the file is not enough while a process that
// is just being started holds it too.
func unlock(lock *os.File) {
	_ = unix.Flock(int(lock.Fd()), unix.LOCK_UN)
	_ = lock.Close()
}

// importer is one import that is under way.
type importer struct {
	in    Import
	about terrain.About
	root  *os.Root // of the dataset
	base  *Dataset // as it stands
	win   terrain.Window
	now   func() File // the file as it will be listed
	out   Imported

	done, total int64 // posts
}

// begin finds the dataset that a file belongs to.
func (s *Store) begin(store *os.Root, in Import, about terrain.About) (*importer, error) {
	base, err := s.choose(in, about)
	if err != nil {
		return nil, err
	}
	i := &importer{in: in, about: about, base: base}
	var ok bool
	if i.win, ok = base.m.Frame.place(in.Source.Lattice()); !ok {
		return nil, fmt.Errorf("dataset %s has another lattice (%v), and the file is %v: give it a dataset of its own with --name",
			base.m.Name, base.m.Frame.lattice(base.origin), in.Source.Lattice())
	}
	first, last := chunk.Span(i.win)
	if n := (last.X - first.X + 1) * (last.Y - first.Y + 1); n > mostChunks-len(base.m.Chunks) {
		return nil, fmt.Errorf("dataset %s would have more than %d chunks: import what you need of it, or give the file a dataset of its own with --name", base.m.Name, mostChunks)
	}
	i.now = func() File {
		return File{
			Name: in.Name, SHA256: in.SHA256, Bytes: in.Bytes, Imported: s.cfg.Now().UTC(),
			Source: about.Source, SD: about.SD, DatumSD: about.DatumSD,
			Col: i.win.X, Row: i.win.Y, Width: i.win.Width, Height: i.win.Height,
		}
	}
	if err := store.Mkdir(base.m.Name, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	i.root, err = store.OpenRoot(base.m.Name)
	return i, err
}

func (i *importer) run(ctx context.Context) (Imported, error) {
	i.out.Dataset = i.base.m.Name
	if i.base.has(i.in.SHA256) && !i.in.Replace {
		for _, f := range i.base.m.Files {
			if f.SHA256 == i.in.SHA256 {
				i.out.File = f
			}
		}
		i.out.Already = true
		return i.out, sweep(i.root, &i.base.m)
	}
	overlaps := i.overlaps()
	i.total = int64(i.win.Width) * int64(i.win.Height)
	for _, o := range overlaps {
		i.total += int64(o.window.Width) * int64(o.window.Height)
	}
	for _, o := range overlaps {
		if err := i.compare(ctx, o); err != nil {
			return i.out, err
		}
	}
	st, err := openStage(i)
	if err != nil {
		return i.out, err
	}
	defer st.close()
	if err := i.write(ctx, st); err != nil {
		return i.out, err
	}
	return i.out, i.commit(st)
}

// undo removes what was prepared.
func (i *importer) undo(store *os.Root) error {
	if err := sweep(i.root, &i.base.m); err != nil {
		return err
	}
	if i.base.m.Generation > 0 {
		return nil
	}
	if err := store.Remove(i.base.m.Name); err != nil && !isMissing(err) {
		return err
	}
	return nil
}

// tell moves the progress on.
func (i *importer) tell(posts int) {
	i.done += int64(posts)
	if i.in.Progress != nil {
		i.in.Progress(i.done, i.total)
	}
}

// read reads posts of the file, given in numbers of the frame.
func (i *importer) read(dst []float32, w terrain.Window) error {
	if err := i.in.Source.Read(dst, terrain.Window{X: w.X - i.win.X, Y: w.Y - i.win.Y, Width: w.Width, Height: w.Height}); err != nil {
		return err
	}
	for n, v := range dst {
		switch {
		case v != v:
		case i.in.Void != nil && v == *i.in.Void:
			dst[n] = chunk.Void()
		case !(v >= lowest && v <= highest):
			at := i.base.m.Frame.position(w.X+n%w.Width, w.Y+n/w.Width)
			return fmt.Errorf("it has a height of %g m at %v: if that means that there is none, say --void %g; if its heights are not metres, turn them into metres first", v, at, v)
		}
	}
	return nil
}

// run is how many chunks beside each other are read at once: 32 MiB of heights,
// so that a file kept in strips is not read again for every chunk.
const run = 8

// write makes every chunk that the file touches and that the stage lacks.
func (i *importer) write(ctx context.Context, st *stage) error {
	first, last := chunk.Span(i.win)
	var (
		band []float32
		z    = make([]float32, chunk.Side*chunk.Side)
		b    chunk.Builder
	)
	for y := first.Y; y <= last.Y; y++ {
		for x := first.X; x <= last.X; x += run {
			var todo []chunk.At
			for c := x; c < x+run && c <= last.X; c++ {
				at := chunk.At{X: c, Y: y}
				if st.has(at) {
					i.tell(area(at.Window().Intersect(i.win)))
					continue
				}
				todo = append(todo, at)
			}
			if len(todo) == 0 {
				continue
			}
			end := todo[len(todo)-1]
			w := terrain.Window{X: todo[0].X * chunk.Side, Y: y * chunk.Side, Width: (end.X - todo[0].X + 1) * chunk.Side, Height: chunk.Side}.Intersect(i.win)
			if cap(band) < area(w) {
				band = make([]float32, area(w))
			}
			band = band[:area(w)]
			if err := i.read(band, w); err != nil {
				return err
			}
			for _, at := range todo {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := i.chunk(st, &b, at, z, band, w); err != nil {
					return err
				}
				i.tell(area(at.Window().Intersect(i.win)))
			}
		}
	}
	return nil
}

func area(w terrain.Window) int { return w.Width * w.Height }

// chunk puts the file's posts of a chunk, which lie in a band of window w,
// over those that stand, and stages it.
func (i *importer) chunk(st *stage, b *chunk.Builder, at chunk.At, z, band []float32, w terrain.Window) error {
	rec := record{X: at.X, Y: at.Y}
	old := i.base.chunks[at]
	fill(z, chunk.Void())
	if old != nil {
		switch err := i.base.read(z, 0, Highest, at.Window()); {
		case err != nil && !i.in.Replace:
			return err
		case err != nil:
			rec.Reset, old = true, nil
			fill(z, chunk.Void())
		}
	}
	changed := false
	mine := at.Window().Intersect(i.win)
	for r := mine.Y; r < mine.Y+mine.Height; r++ {
		src := band[(r-w.Y)*w.Width+mine.X-w.X:][:mine.Width]
		dst := z[(r-at.Y*chunk.Side)*chunk.Side+mine.X-at.X*chunk.Side:][:mine.Width]
		for c, v := range src {
			if v != v {
				rec.Voids++
				continue
			}
			rec.add(float64(v))
			if have := dst[c]; have != have || i.in.Replace && have != v {
				dst[c] = v
				changed = true
			}
		}
	}
	for _, v := range z {
		if v == v {
			rec.Entry.Posts++
		}
	}
	if rec.Entry.Posts == 0 || old != nil && !changed {
		rec.Kept = true // as it was, or still nothing
		return st.note(rec)
	}
	data, enc, crc := b.Build(at, z)
	rec.Entry = chunkEntry{X: at.X, Y: at.Y, Generation: i.base.m.Generation + 1, Encoding: enc, CRC: crc, Posts: rec.Entry.Posts}
	return st.put(rec, data)
}

// commit puts what is staged in force.
func (i *importer) commit(st *stage) error {
	m := i.base.m
	m.Generation++
	f := i.now()
	chunks := map[chunk.At]chunkEntry{}
	for _, e := range m.Chunks {
		chunks[e.at()] = e
	}
	lost := map[string]bool{}
	for _, rec := range st.records {
		f.Voids += rec.Voids
		if rec.Posts > 0 {
			if f.Posts == 0 {
				f.Min, f.Max = rec.Min, rec.Max
			}
			f.Posts, f.Min, f.Max = f.Posts+rec.Posts, min(f.Min, rec.Min), max(f.Max, rec.Max)
		}
		at := chunk.At{X: rec.X, Y: rec.Y}
		if !rec.Kept {
			chunks[at] = rec.Entry
			i.out.Chunks++
		}
		if rec.Reset {
			if rec.Kept {
				delete(chunks, at)
			}
			for _, o := range m.Files {
				if !o.window().Intersect(at.Window()).Empty() {
					lost[o.SHA256] = true
				}
			}
		}
	}
	if f.Posts == 0 {
		return errors.New("it holds no heights, only voids")
	}
	m.Chunks = nil
	for _, e := range chunks {
		m.Chunks = append(m.Chunks, e)
	}
	slices.SortFunc(m.Chunks, compareChunks)
	var files []File
	for _, o := range m.Files {
		if o.SHA256 == f.SHA256 {
			continue
		}
		if lost[o.SHA256] {
			o.Lost = true
		}
		if o.Lost {
			i.out.Again = append(i.out.Again, o.Name)
		}
		files = append(files, o)
	}
	m.Files = append(files, f)
	i.out.File, i.out.Resumed = f, st.resumed
	if err := syncDir(i.root); err != nil { // the chunks, before what names them
		return err
	}
	if err := m.write(i.root); err != nil {
		return err
	}
	if err := syncDir(i.root); err != nil {
		return err
	}
	return sweep(i.root, &m)
}
