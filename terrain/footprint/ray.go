package footprint

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
)

// stride is how far a ray counts as straight on the lattice, metres: it bends
// by less than a millimetre.
const stride = 100

// looker is a camera over a grid, ready to look.
type looker struct {
	grid            *terrain.Grid
	lattice         terrain.Lattice
	lowest, highest float64
	ellipsoidal     bool // heights of the grid are above the ellipsoid
	far             float64
	bend            float64 // k/2R
	sigma           float64
	height          geo.EllipsoidHeight // of the camera
	camera          Camera              // heights of its errors are those of the elevation too
}

func newLooker(src terrain.Source, c Camera, cfg Config) (*looker, error) {
	if cfg.Sigma == 0 {
		cfg.Sigma = 2
	}
	if err := check(c, cfg); err != nil {
		return nil, err
	}
	grid, ok := src.(*terrain.Grid)
	if !ok {
		w := src.Lattice().Around(c.At, cfg.Range)
		if !w.Empty() && w.Width > MostPosts/w.Height {
			return nil, fmt.Errorf("a range of %g m holds %d x %d posts of %s, more than %d: ask for a smaller one or a coarser elevation", cfg.Range, w.Width, w.Height, src.About(), MostPosts)
		}
		var err error
		if grid, err = terrain.Load(src, w); err != nil {
			return nil, err
		}
	}
	about := grid.About()
	l := &looker{
		grid: grid, lattice: grid.Lattice(), lowest: math.Inf(1), highest: math.Inf(-1),
		ellipsoidal: about.Datum == terrain.Ellipsoid,
		far:         cfg.Range, bend: cfg.K / (2 * geo.GaussianRadius(c.At.Lat)), sigma: cfg.Sigma, camera: c,
	}
	for _, z := range grid.Z {
		if v := float64(z); !math.IsNaN(v) {
			l.lowest, l.highest = min(l.lowest, v), max(l.highest, v)
		}
	}
	if err := l.stand(about); err != nil {
		return nil, fmt.Errorf("a camera at %v: %w", c.At, err)
	}
	return l, nil
}

// stand finds the camera's height above the ellipsoid, and how wrong it may be
// against the ground that it looks at.
func (l *looker) stand(about terrain.About) error {
	c := &l.camera
	if !l.lattice.Contains(c.At) {
		return fmt.Errorf("it is outside %s", about)
	}
	ground, ok := l.grid.Bilinear(c.At)
	height := ground + c.Height.Metres
	square := float64(c.Errors.Height*c.Errors.Height) + float64(about.SD*about.SD)
	if c.Height.Datum == geo.DatumGround {
		if !ok {
			return fmt.Errorf("there is no elevation here in %s", about)
		}
		square += float64(about.SD * about.SD) // the ground below is another's error
	} else {
		var err error
		if height, err = about.Metres(c.Height, c.At); err != nil {
			return err
		}
		square += float64(about.DatumSD * about.DatumSD)
	}
	if ok && !(height > ground) {
		return fmt.Errorf("%w of %s: %.1f m", ErrUnderGround, about, height-ground)
	}
	c.Errors.Height = math.Sqrt(square)
	if !l.ellipsoidal {
		height += geo.Undulation(c.At)
	}
	l.height = geo.EllipsoidHeight(height)
	return nil
}

// tangents are how far the picture reaches right and down in front of the
// camera, at the distance 1.
func tangents(c Camera) (right, down float64) {
	return fmath.Tan(c.Wide * (math.Pi / 360)), fmath.Tan(c.High * (math.Pi / 360))
}

// turn turns (a, b) by an angle in degrees, from a towards b.
func turn(a, b, degrees float64) (float64, float64) {
	s, c := fmath.SincosDegrees(math.Mod(degrees, 360))
	return float64(a*c) - float64(b*s), float64(a*s) + float64(b*c)
}

// direction gives the unit vector, east, north and up, of the ray through a
// place of the picture at the distance 1 before the camera.
func direction(c *Camera, right, down float64) geo.Vector {
	// Forward, right, down; the camera's axes turn into the platform's and
	// those into north, east, down. A tilt moves forward up, against down.
	f, r, d := 1.0, right, down
	d, f = turn(d, f, c.Tilt)
	f, r = turn(f, r, c.Pan)
	r, d = turn(r, d, c.Roll)
	d, f = turn(d, f, c.Pitch)
	f, r = turn(f, r, c.Yaw)
	n := math.Sqrt(float64(f*f) + float64(r*r) + float64(d*d))
	return geo.Vector{X: r / n, Y: f / n, Z: -d / n}
}

// ray is one look from one place.
type ray struct {
	*looker
	frame geo.Frame
	to    geo.Vector
}

// node is a place on a ray.
type node struct {
	s          float64 // metres from the camera
	at         geo.Position
	height     float64 // in the grid's datum
	col, row   float64
	off, above bool // off the lattice; above all ground
}

func (r *ray) node(s float64) node {
	v := geo.Vector{X: float64(s * r.to.X), Y: float64(s * r.to.Y), Z: float64(s * r.to.Z)}
	at, h := r.frame.Geodetic(v)
	n := node{s: s, at: at, height: float64(h) - float64(r.bend*(float64(v.X*v.X)+float64(v.Y*v.Y)))}
	if !r.ellipsoidal {
		n.height -= geo.Undulation(at)
	}
	n.off = !r.lattice.Contains(at)
	n.col, n.row = r.lattice.Cell(at)
	n.above = n.height > r.highest
	return n
}

// cast follows the ray of a camera through a place of its picture.
func (l *looker) cast(c *Camera, height geo.EllipsoidHeight, right, down float64) Hit {
	r := ray{looker: l, frame: geo.NewFrame(c.At, height), to: direction(c, right, down)}
	void := false
	for last := r.node(0); ; {
		if last.off {
			return Hit{Outcome: Unknown, At: last.at, Range: last.s, Void: void}
		}
		if last.s >= l.far {
			return Hit{Outcome: Open, At: last.at, Range: last.s, Void: void}
		}
		if last.height < l.lowest { // under a void
			return Hit{Outcome: Unknown, At: last.at, Range: last.s, Void: true}
		}
		// A ray sinks by hardly more than a metre a metre, so it may jump as far
		// as it is above all ground.
		next := r.node(min(last.s+max(stride, 0.99*(last.height-l.highest)), l.far))
		if next.off {
			next = r.leave(last, next)
		}
		if !last.above || !next.above {
			f, ground, over, met := r.meet(last, next)
			void = void || over
			if met {
				s := last.s + float64(f*(next.s-last.s))
				return Hit{Outcome: Ground, At: r.node(s).at, Ground: &ground, Range: s, Void: void}
			}
		}
		last = next
	}
}

// leave gives the last node on the lattice between one on it and one off it.
func (r *ray) leave(in, out node) node {
	for range 40 {
		if m := r.node((in.s + out.s) / 2); m.off {
			out = m
		} else {
			in = m
		}
	}
	in.off = true
	return in
}

// meet gives the fraction of the way between two nodes at which a ray first
// meets ground, and its height; over tells that ground was not known.
func (r *ray) meet(from, to node) (f, ground float64, over, met bool) {
	at := func(f float64) float64 {
		z, ok := r.grid.BilinearAt(from.col+float64(f*(to.col-from.col)), from.row+float64(f*(to.row-from.row)))
		if !ok {
			return math.NaN()
		}
		return z
	}
	height := func(f float64) float64 { return from.height + float64(f*(to.height-from.height)) }
	f0, z0 := 0.0, at(0)
	// piece looks between f0 and f1, where ground is a parabola.
	piece := func(f1 float64) bool {
		zm, z1 := at((f0+f1)/2), at(f1)
		u, ok := 0.0, false
		if math.IsNaN(z0 + zm + z1) {
			over = true
		} else {
			u, ok = firstRoot(height(f0)-z0, height((f0+f1)/2)-zm, height(f1)-z1)
		}
		if ok {
			f = f0 + float64(u*(f1-f0))
			ground = at(f)
		}
		f0, z0 = f1, z1
		return ok
	}
	for f1 := range terrain.Crossings(from.col, from.row, to.col, to.row) {
		if piece(f1) {
			return f, ground, over, true
		}
	}
	return f, ground, over, piece(1)
}

// firstRoot is where, from 0 to 1, the parabola through three values at 0, a
// half and 1 first is no longer positive.
func firstRoot(v0, vm, v1 float64) (float64, bool) {
	if v0 <= 0 {
		return 0, true
	}
	b, c := float64(4*vm)-float64(3*v0)-v1, 2*(v0-float64(2*vm)+v1)
	if square := float64(b*b) - float64(4*float64(c*v0)); square >= 0 {
		q := -(b + math.Copysign(math.Sqrt(square), b)) / 2
		x, y := q/c, v0/q
		if !(x > 0) || y > 0 && y < x {
			x = y
		}
		if x > 0 && x <= 1 {
			return x, true
		}
	}
	return 1, v1 <= 0
}
