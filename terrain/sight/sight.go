// Package sight says what can be seen over terrain.
//
// The earth is curved and the air bends light and radio down: over a distance
// d ground sinks below the tangent by (1-k) d²/2R, R being the radius of the
// ellipsoid at the observer and k the coefficient of refraction. k is never
// known exactly, so it has a range, and answers carry what that range makes
// of them.
//
// The ground between posts is interpolated: a line of sight meets the ground
// at each grid line it crosses (columns where it runs more along a row, rows
// otherwise), at a height linear between the two posts there. This is the R3
// method of Franklin and Ray (1994), "Higher isn't necessarily better". The
// ground under the observer is bilinear. A void does not obstruct; how many
// there were is told.
package sight

import (
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// Refraction is the coefficient k with the range in which it is believed to
// lie. k = 0 is vacuum, k = 1/4 makes the 4/3 earth of radio.
type Refraction struct {
	K    float64 `json:"k"`
	Low  float64 `json:"k_low"`
	High float64 `json:"k_high"`
}

// Optical is refraction of light by day over land (Gauss's 0.13; 0.07 over
// warm ground at noon, 0.20 by night: Brunner 1984, Geodetic Refraction).
func Optical() Refraction { return Refraction{K: 0.13, Low: 0.07, High: 0.20} }

// Radio is refraction of radio waves (ITU-R P.453, P.834: the median 4/3
// earth; effective factors of 1.2 to 1.6 in most hours).
func Radio() Refraction { return Refraction{K: 0.25, Low: 1 - 1/1.2, High: 1 - 1/1.6} }

// check refuses what is no coefficient: k of 1 and above would let a ray run
// round the earth, in a duct.
func (k Refraction) check() error {
	if !(k.K > -1 && k.K < 1 && k.Low <= k.K && k.K <= k.High && k.Low > -1 && k.High < 1) {
		return fmt.Errorf("refraction k = %g in [%g, %g]: it must lie between -1 and 1, inside its range", k.K, k.Low, k.High)
	}
	return nil
}

// Observer is an eye, a lens or an antenna.
type Observer struct {
	At geo.Position `json:"at"`
	// Height above the ground (bilinear) or above the sea.
	Height geo.Height `json:"height"`
}

// eye gives the observer's height above the sea over a grid.
func (o Observer) eye(g *terrain.Grid) (float64, error) {
	ground, ok := g.Bilinear(o.At)
	if !ok {
		ground = math.NaN()
	}
	eye, err := o.over(ground, g.About())
	if err != nil {
		return 0, fmt.Errorf("observer at %v: %w", o.At, err)
	}
	return eye, nil
}

// over gives the observer's height, in the datum of an elevation model, over
// ground of a height that is NaN where it is not known.
func (o Observer) over(ground float64, about terrain.About) (float64, error) {
	if !o.At.Valid() {
		return 0, errors.New("not a position")
	}
	if math.IsNaN(o.Height.Metres) || math.IsInf(o.Height.Metres, 0) {
		return 0, errors.New("its height is not a number")
	}
	if o.Height.Datum != geo.DatumGround {
		return about.Metres(o.Height, o.At)
	}
	if math.IsNaN(ground) {
		return 0, fmt.Errorf("%w in %s", ErrNoGround, about)
	}
	return ground + o.Height.Metres, nil
}

// ErrNoGround says that there is no elevation at a place.
var ErrNoGround = errors.New("there is no elevation here") //nolint:gochecknoglobals // sentinel

// View is what a viewshed is asked for.
type View struct {
	Observer Observer `json:"observer"`
	// Radius in metres, along the ground.
	Radius     float64    `json:"radius_m"`
	Refraction Refraction `json:"refraction"`
	// Exact asks for the reference, R3 to every cell: some hundred times
	// slower.
	Exact bool `json:"exact"`
	// Doubt asks for the standard deviations too: some times slower.
	Doubt bool `json:"doubt"`
}

// Viewed is a viewshed: for every cell the least height at which a target
// shows to the observer.
type Viewed struct {
	View    View            `json:"view"`
	Eye     float64         `json:"eye_m"` // of the observer, metres above sea
	Lattice terrain.Lattice `json:"-"`     // the source's own, cut to the radius
	About   terrain.About   `json:"elevation"`
	// Need is metres above ground, row by row: 0 where the ground itself
	// shows, NaN beyond the radius and where there is no elevation.
	Need []float32 `json:"-"`
	// SD is the standard deviation of Need, metres, from the stated error of
	// the elevation and the range of k; where the ground shows, of how far it
	// stands out. Nil where it was not asked for.
	SD []float32 `json:"-"`
}

// Seen reports whether a target so many metres above the ground of a cell
// shows; known is false beyond the radius and over voids.
func (v *Viewed) Seen(col, row int, target float64) (seen, known bool) {
	if col < 0 || row < 0 || col >= v.Lattice.Width || row >= v.Lattice.Height {
		return false, false
	}
	need := float64(v.Need[row*v.Lattice.Width+col])
	return need <= target, !math.IsNaN(need)
}
