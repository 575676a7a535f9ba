// Package footprint says where a camera looks: the ground that its picture
// holds, and how sure that is.
//
//  1. A ray leaves the camera straight in space, over the ellipsoid, and the
//     air bends it down by k d²/2R at the distance d along the ground.
//  2. Ground is bilinear between posts. In each cell that the ray crosses the
//     ground is a parabola along it, and the first root is where they meet:
//     what lies behind a ridge in the same direction is not found.
//  3. The polygon joins what the rays of the picture's edge meet. Where relief
//     hides ground from the camera it may hold that too.
//  4. A ray that meets no ground within the greatest range is cut there; the
//     polygon is open then. So it is where a ray leaves the elevation.
//  5. Errors go through difference quotients, over as many standard deviations
//     to both sides as the outer polygon is to hold. They are taken to be
//     independent. The elevation's error counts as one of the camera's height.
//
// All of it gives the same bits on every processor.
package footprint

import (
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// Camera is where a camera is and how it looks. Angles are degrees.
type Camera struct {
	At     geo.Position `json:"at"`
	Height geo.Height   `json:"height"`
	// Yaw of the platform clockwise from true north, then pitch, nose up, then
	// roll, right side down.
	Yaw   float64 `json:"yaw_deg"`
	Pitch float64 `json:"pitch_deg"`
	Roll  float64 `json:"roll_deg"`
	// Pan of the gimbal clockwise from the platform's nose, then tilt, up;
	// -90 looks straight down.
	Pan  float64 `json:"pan_deg"`
	Tilt float64 `json:"tilt_deg"`
	// Wide and High are the whole angles of the picture; 0 for both is a
	// single ray.
	Wide   float64 `json:"wide_deg"`
	High   float64 `json:"high_deg"`
	Errors Errors  `json:"errors"`
}

// Errors are standard deviations.
type Errors struct {
	// Position to the east and to the north, each. A height above ground is
	// counted from the ground below the stated position.
	Position float64 `json:"position_m"`
	Height   float64 `json:"height_m"`
	Yaw      float64 `json:"yaw_deg"`
	Pitch    float64 `json:"pitch_deg"`
	Roll     float64 `json:"roll_deg"`
	Pan      float64 `json:"pan_deg"`
	Tilt     float64 `json:"tilt_deg"`
}

// Config is how a footprint is made.
type Config struct {
	// Range is how far a ray is followed, metres.
	Range float64
	// K is the coefficient of refraction, as in package sight.
	K float64
	// Edge is how many rays there are along an edge of the picture (4), and
	// across it: those inside count for the outer polygon.
	Edge int
	// Sigma is how many standard deviations the outer polygon holds (2).
	Sigma float64
}

// Outcome is how a ray ends.
type Outcome string

// Outcomes.
const (
	Ground  Outcome = "ground"  // on the ground
	Open    Outcome = "open"    // it meets none within the greatest range
	Unknown Outcome = "unknown" // where there is no elevation
)

// Hit is where a ray ends.
type Hit struct {
	Outcome Outcome      `json:"outcome"`
	At      geo.Position `json:"at"`
	// Ground is the height of the ground there, above sea; nil if it is none.
	Ground *float64 `json:"ground_m"`
	Range  float64  `json:"range_m"` // from the camera, slant
	// Void tells that the ray passed over ground without elevation before.
	Void bool `json:"void"`
}

// Covariance of a place on the ground, m².
type Covariance struct {
	EE float64 `json:"ee_m2"`
	EN float64 `json:"en_m2"`
	NN float64 `json:"nn_m2"`
}

// Spot is a hit with its uncertainty.
type Spot struct {
	Hit
	// Covariance of where the ray meets the ground; nil where it does not.
	Covariance *Covariance `json:"covariance"`
	// Bounded tells that the ray still meets ground when each input is off.
	Bounded bool `json:"bounded"`
}

// Footprint is what a camera sees of the ground.
type Footprint struct {
	Camera    Camera        `json:"camera"`
	Elevation terrain.About `json:"elevation"`
	Centre    Spot          `json:"centre"`
	// Corners of the picture: upper left, upper right, lower right, lower left.
	Corners [4]Spot `json:"corners"`
	// Polygon goes round the picture from its upper left corner.
	Polygon geo.Ring `json:"polygon"`
	// Open tells that part of the picture's edge meets no ground: the polygon
	// is cut there, and the picture may hold all beyond.
	Open bool `json:"open"`
	// Outer is convex and holds the polygon, and all that the picture holds
	// if inputs are off by Sigma standard deviations.
	Outer     geo.Ring `json:"outer"`
	OuterOpen bool     `json:"outer_open"`
	Sigma     float64  `json:"sigma"`
	// Near and Far are the least and greatest slant ranges, metres; 0 where no
	// ray meets ground.
	Near float64 `json:"near_m"`
	Far  float64 `json:"far_m"`
}

// MostPosts is how many posts may lie within the greatest range: 4 bytes each.
const MostPosts = 1 << 26

// ErrUnderGround says that a camera is on the ground or under it.
var ErrUnderGround = errors.New("the camera is not above the ground") //nolint:gochecknoglobals // sentinel

// Of gives the footprint of a camera. A source that is a Grid is used as it
// is; of any other the window within the greatest range is loaded.
func Of(src terrain.Source, c Camera, cfg Config) (*Footprint, error) {
	if cfg.Edge == 0 {
		cfg.Edge = 4
	}
	if !(c.Wide > 0 && c.Wide < 180 && c.High > 0 && c.High < 180) {
		return nil, fmt.Errorf("a field of view of %g by %g degrees: both must lie between 0 and 180", c.Wide, c.High)
	}
	if cfg.Edge < 1 || cfg.Edge > 64 {
		return nil, fmt.Errorf("%d rays along an edge: there must be 1 to 64", cfg.Edge)
	}
	l, err := newLooker(src, c, cfg)
	if err != nil {
		return nil, err
	}
	f := &Footprint{Camera: c, Elevation: src.About(), Sigma: l.sigma}
	right, down := tangents(c)
	var outer hull
	n := cfg.Edge
	spots := make([]Spot, 0, (n+1)*(n+1))
	for j := range n + 1 {
		for i := range n + 1 {
			x, y := 2*float64(i)/float64(n)-1, 2*float64(j)/float64(n)-1
			spots = append(spots, l.spot(float64(x*right), float64(y*down), &outer))
		}
	}
	f.Centre = l.spot(0, 0, &outer)
	at := func(i, j int) *Spot { return &spots[j*(n+1)+i] }
	f.Corners = [4]Spot{*at(0, 0), *at(n, 0), *at(n, n), *at(0, n)}
	edge := func(s *Spot) {
		f.Polygon = append(f.Polygon, s.At)
		f.Open = f.Open || s.Outcome != Ground
	}
	for i := range n {
		edge(at(i, 0))
	}
	for j := range n {
		edge(at(n, j))
	}
	for i := range n {
		edge(at(n-i, n))
	}
	for j := range n {
		edge(at(0, n-j))
	}
	for _, s := range append(spots, f.Centre) {
		f.OuterOpen = f.OuterOpen || !s.Bounded
		if s.Outcome == Ground {
			if f.Near == 0 || s.Range < f.Near {
				f.Near = s.Range
			}
			f.Far = max(f.Far, s.Range)
		}
	}
	f.Outer = outer.ring()
	return f, nil
}

// Ray gives where the middle of the picture is, as a range finder would.
func Ray(src terrain.Source, c Camera, cfg Config) (Spot, error) {
	l, err := newLooker(src, c, cfg)
	if err != nil {
		return Spot{}, err
	}
	return l.spot(0, 0, nil), nil
}

// check refuses what cannot be meant.
func check(c Camera, cfg Config) error {
	if !c.At.Valid() {
		return fmt.Errorf("a camera at %v: not a position", c.At)
	}
	for _, v := range []float64{c.Height.Metres, c.Yaw, c.Pitch, c.Roll, c.Pan, c.Tilt} {
		if math.IsNaN(v) || math.Abs(v) > 1e6 {
			return fmt.Errorf("a camera with a height of %v, attitude %g, %g, %g and gimbal %g, %g degrees: not numbers that can be meant", c.Height, c.Yaw, c.Pitch, c.Roll, c.Pan, c.Tilt)
		}
	}
	e := c.Errors
	for _, v := range []float64{e.Position, e.Height, e.Yaw, e.Pitch, e.Roll, e.Pan, e.Tilt} {
		if !(v >= 0 && v < 1e5) {
			return fmt.Errorf("errors of a camera, %+v: each must be 0 or more", e)
		}
	}
	if !(cfg.Range > 0 && cfg.Range <= 500e3) {
		return fmt.Errorf("a range of %g m: it must be above 0 and at most 500 km", cfg.Range)
	}
	if !(cfg.K > -1 && cfg.K < 1) {
		return fmt.Errorf("refraction k = %g: it must lie between -1 and 1", cfg.K)
	}
	if !(cfg.Sigma >= 0 && cfg.Sigma <= 10) {
		return fmt.Errorf("%g standard deviations: at most 10", cfg.Sigma)
	}
	return nil
}
