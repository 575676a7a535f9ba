package elevation

import (
	"fmt"
	"math"
	"os"
	"strings"

	"atalaya/geo"
	"atalaya/store/elevation/chunk"
	"atalaya/terrain"
)

// Extreme is which height stands for many in a pyramid.
type Extreme = chunk.Extreme

// The highest of the posts below, and the lowest.
const (
	Highest = chunk.Highest
	Lowest  = chunk.Lowest
)

// Dataset is all elevation that shares one lattice and one datum, as it stood
// when the store was opened. It implements terrain.Source and is safe for
// concurrent use; an import that comes later does not change it.
type Dataset struct {
	dir     string
	m       manifest
	origin  terrain.Window // of all posts, in the frame
	lattice terrain.Lattice
	about   terrain.About
	chunks  map[chunk.At]*chunk.File
}

var _ terrain.Source = (*Dataset)(nil)

// newDataset maps the chunks of a dataset. Those in known are mapped already.
func newDataset(root *os.Root, m manifest, known map[chunk.At]*chunk.File) *Dataset {
	d := &Dataset{dir: root.Name(), m: m, origin: m.bounds(), about: m.about(), chunks: make(map[chunk.At]*chunk.File, len(m.Chunks))}
	d.lattice = m.Frame.lattice(d.origin)
	for _, e := range m.Chunks {
		name, want := e.file(), e.header()
		if c := known[e.at()]; c != nil && c.Is(name, want) {
			d.chunks[e.at()] = c
			continue
		}
		d.chunks[e.at()] = chunk.Open(root, name, want)
	}
	return d
}

// Name is the dataset's name: that of its folder.
func (d *Dataset) Name() string { return d.m.Name }

// Files are what was imported, in that order.
func (d *Dataset) Files() []File { return append([]File(nil), d.m.Files...) }

// Lattice implements terrain.Source. It holds all files; where none reaches
// there are voids.
func (d *Dataset) Lattice() terrain.Lattice { return d.lattice }

// Bounds is the box around its cells.
func (d *Dataset) Bounds() geo.Box {
	const n = 16 // pieces of an edge: those of other projections are bent
	w, h := float64(d.lattice.Width), float64(d.lattice.Height)
	b := geo.BoxOf(d.lattice.Position(-0.5, -0.5))
	for i := range n + 1 {
		f := float64(i) / n
		for _, at := range [][2]float64{{f * w, 0}, {f * w, h}, {0, f * h}, {w, f * h}} {
			b = b.Union(geo.BoxOf(d.lattice.Position(at[0]-0.5, at[1]-0.5)))
		}
	}
	return b
}

// Posts counts those with a height.
func (d *Dataset) Posts() (n int64) {
	for _, e := range d.m.Chunks {
		n += int64(e.Posts)
	}
	return n
}

// Heights are the extremes of its files.
func (d *Dataset) Heights() (lowest, highest float64) {
	for i, f := range d.m.Files {
		if i == 0 {
			lowest, highest = f.Min, f.Max
		}
		lowest, highest = min(lowest, f.Min), max(highest, f.Max)
	}
	return lowest, highest
}

// About implements terrain.Source.
func (d *Dataset) About() terrain.About { return d.about }

// Read implements terrain.Source.
func (d *Dataset) Read(dst []float32, w terrain.Window) error {
	return d.read(dst, 0, Highest, terrain.Window{X: w.X + d.origin.X, Y: w.Y + d.origin.Y, Width: w.Width, Height: w.Height})
}

// Level is a dataset seen coarsely: each post of it stands for 2^level x
// 2^level posts, and is their highest or lowest.
type Level struct {
	d       *Dataset
	level   int
	extreme Extreme
	origin  terrain.Window
	lattice terrain.Lattice
}

var _ terrain.Source = Level{}

// Levels is how many levels there are above the posts themselves.
const Levels = chunk.Levels

// Level gives a level of the pyramid, 0 to Levels.
func (d *Dataset) Level(level int, e Extreme) Level {
	level = min(max(level, 0), chunk.Levels)
	o := d.origin
	x, y := o.X>>level, o.Y>>level
	n := terrain.Window{X: x, Y: y, Width: (o.X+o.Width-1)>>level - x + 1, Height: (o.Y+o.Height-1)>>level - y + 1}
	l := d.m.Frame.lattice(terrain.Window{X: x << level, Y: y << level})
	middle := float64(int(1)<<level-1) / 2
	l.X0, l.Y0 = l.X0+middle*l.DX, l.Y0-middle*l.DY
	l.DX, l.DY = l.DX*float64(int(1)<<level), l.DY*float64(int(1)<<level)
	l.Width, l.Height = n.Width, n.Height
	return Level{d, level, e, n, l}
}

// Lattice implements terrain.Source: a post is at the middle of those it
// stands for.
func (v Level) Lattice() terrain.Lattice { return v.lattice }

// About implements terrain.Source.
func (v Level) About() terrain.About {
	a := v.d.about
	if v.level > 0 {
		n := 1 << v.level
		a.Name = fmt.Sprintf("%s, the %v of %d x %d posts", a.Name, v.extreme, n, n)
	}
	return a
}

// Read implements terrain.Source.
func (v Level) Read(dst []float32, w terrain.Window) error {
	return v.d.read(dst, v.level, v.extreme, terrain.Window{X: w.X + v.origin.X, Y: w.Y + v.origin.Y, Width: w.Width, Height: w.Height})
}

// read copies a window of a level, in the numbers of the frame halved level
// times.
func (d *Dataset) read(dst []float32, level int, e Extreme, w terrain.Window) (err error) {
	defer chunk.Guard(&err)()
	n := chunk.LevelSide(level)
	shift := chunk.Levels - level // of a post's number to its chunk's
	for y := w.Y; y < w.Y+w.Height; {
		at := chunk.At{Y: y >> shift}
		rows := min((at.Y+1)<<shift, w.Y+w.Height) - y
		for x := w.X; x < w.X+w.Width; {
			at.X = x >> shift
			cols := min((at.X+1)<<shift, w.X+w.Width) - x
			c := d.chunks[at]
			if c != nil {
				if err := c.Ready(); err != nil {
					return d.unreadable(at, err)
				}
			}
			for r := range rows {
				row := dst[(y-w.Y+r)*w.Width+x-w.X:][:cols]
				if c == nil {
					fill(row, chunk.Void())
					continue
				}
				c.Read(row, level, e, x-at.X*n, y-at.Y*n+r)
			}
			x += cols
		}
		y += rows
	}
	return nil
}

func fill(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}

// unreadable names a chunk that cannot be read, and what puts it right.
func (d *Dataset) unreadable(at chunk.At, err error) error {
	e, _ := d.m.find(at)
	return fmt.Errorf("dataset %s: chunk %s/%s cannot be read: %w: import again with --replace: %s",
		d.m.Name, d.dir, e.file(), err, strings.Join(d.m.within(at.Window()), ", "))
}

// Nearest gives the height of the post whose cell a position lies in; false
// where there is none.
func (d *Dataset) Nearest(p geo.Position) (float64, bool, error) {
	col, row := d.lattice.Cell(p)
	if !d.inside(col, row) {
		return 0, false, nil
	}
	c, r := min(int(math.Floor(col+0.5)), d.lattice.Width-1), min(int(math.Floor(row+0.5)), d.lattice.Height-1)
	var z [1]float32
	if err := d.Read(z[:], terrain.Window{X: c, Y: r, Width: 1, Height: 1}); err != nil {
		return 0, false, err
	}
	return float64(z[0]), z[0] == z[0], nil
}

// inside is within half a cell of the outermost posts.
func (d *Dataset) inside(col, row float64) bool {
	return col >= -0.5 && row >= -0.5 && col <= float64(d.lattice.Width)-0.5 && row <= float64(d.lattice.Height)-0.5
}

// Bilinear gives the height at a position between four posts, by the same
// rules as terrain.Grid; false outside and beside a void.
func (d *Dataset) Bilinear(p geo.Position) (float64, bool, error) {
	col, row := d.lattice.Cell(p)
	if !d.inside(col, row) {
		return 0, false, nil
	}
	w, h := d.lattice.Width, d.lattice.Height
	// The outermost posts count alone beyond them.
	col, row = min(max(col, 0), float64(w-1)), min(max(row, 0), float64(h-1))
	c, r := min(int(col), max(w-2, 0)), min(int(row), max(h-2, 0))
	var z [4]float32
	if err := d.Read(z[:], terrain.Window{X: c, Y: r, Width: 2, Height: 2}); err != nil {
		return 0, false, err
	}
	v, ok := terrain.Between(float64(z[0]), float64(z[1]), float64(z[2]), float64(z[3]), col-float64(c), row-float64(r))
	return v, ok, nil
}

// Covers gives the share of a box in which there are heights, by a sample of
// 17 x 17 posts.
func (d *Dataset) Covers(b geo.Box) (float64, error) {
	const n = 17
	wide := b.East - b.West
	if wide < 0 {
		wide += 360
	}
	have := 0
	for i := range n {
		for j := range n {
			p := geo.Position{Lat: b.South + (b.North-b.South)*float64(i)/(n-1), Lon: b.West + wide*float64(j)/(n-1)}
			_, ok, err := d.Nearest(p.Normalize())
			if err != nil {
				return 0, err
			}
			if ok {
				have++
			}
		}
	}
	return float64(have) / (n * n), nil
}
