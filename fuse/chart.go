package fuse

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// chart is the plane in which things are followed: it touches the earth at the
// first place that was heard of, and keeps angles (geo.Plane). Its scale grows
// with the distance d from there as 1 + d2/4R2, which is 0.6 % at 1,000 km: what
// goes in and out is corrected for that, and for the bearing of true north.
type chart struct {
	plane geo.Plane
	open  bool
}

// earth is the mean radius (IUGG R1), metres.
const earth = 6371e3

// spot is a place on the chart, and how the chart lies there.
type spot struct {
	x, y     float64
	scale    float64 // metres of the chart in one on the ground
	sin, cos float64 // of the bearing of true north on the chart
	north    float64 // that bearing, degrees
}

// start lets the chart touch the earth at a place, if it does nowhere yet.
func (c *chart) start(p geo.Position) {
	if !c.open {
		c.plane, c.open = geo.NewPlane(p), true
	}
}

// spot gives where a place is.
func (c *chart) spot(p geo.Position) spot {
	var s spot
	s.x, s.y = c.plane.XY(p)
	s.north = c.plane.Convergence(p)
	s.sin, s.cos = fmath.SincosDegrees(s.north)
	s.scale = 1 + (float64(s.x*s.x)+float64(s.y*s.y))/(4*earth*earth)
	return s
}

// vector brings east and north onto the chart.
func (s *spot) vector(east, north float64) (x, y float64) {
	return float64(s.scale * (float64(east*s.cos) + float64(north*s.sin))), float64(s.scale * (float64(north*s.cos) - float64(east*s.sin)))
}

// cov brings a covariance of east and north onto the chart.
func (s *spot) cov(c obs.Cov2) obs.Cov2 {
	k := float64(s.scale * s.scale)
	cc, ss, sc := float64(s.cos*s.cos), float64(s.sin*s.sin), float64(s.sin*s.cos)
	return obs.Cov2{
		EE: float64(k * (float64(cc*c.EE) + float64(float64(2*sc)*c.EN) + float64(ss*c.NN))),
		EN: float64(k * (float64(sc*(c.NN-c.EE)) + float64((cc-ss)*c.EN))),
		NN: float64(k * (float64(ss*c.EE) - float64(float64(2*sc)*c.EN) + float64(cc*c.NN))),
	}
}

// ground brings what is believed off the chart: place, velocity and covariance
// of east and north.
func (c *chart) ground(e *kalman.Estimate) (p geo.Position, east, north float64, cov [4][4]float64) {
	p = c.plane.Position(e.X[0], e.X[1])
	s := c.spot(p)
	// The inverse of vector is its transpose over the scale squared.
	turn := [2][2]float64{{s.cos / s.scale, -s.sin / s.scale}, {s.sin / s.scale, s.cos / s.scale}}
	east = float64(turn[0][0]*e.X[2]) + float64(turn[0][1]*e.X[3])
	north = float64(turn[1][0]*e.X[2]) + float64(turn[1][1]*e.X[3])
	return p, east, north, turned(&turn, &e.P)
}

// estimate puts what is believed onto the chart.
func (c *chart) estimate(p geo.Position, east, north float64, cov *[4][4]float64) kalman.Estimate {
	s := c.spot(p)
	var e kalman.Estimate
	e.X[0], e.X[1] = s.x, s.y
	e.X[2], e.X[3] = s.vector(east, north)
	e.P = turned(&[2][2]float64{{s.cos * s.scale, s.sin * s.scale}, {-s.sin * s.scale, s.cos * s.scale}}, cov)
	return e
}

// turned turns places and velocities of a covariance alike. The result is
// symmetric to the last bit.
func turned(turn *[2][2]float64, cov *[4][4]float64) (out [4][4]float64) {
	for i := 0; i < 4; i += 2 {
		for j := i; j < 4; j += 2 {
			for a := range 2 {
				for b := range 2 {
					sum := 0.0
					for k := range 2 {
						for l := range 2 {
							sum += float64(float64(turn[a][k]*cov[i+k][j+l]) * turn[b][l])
						}
					}
					out[i+a][j+b] = sum
				}
			}
		}
	}
	for i := range 4 {
		for j := range i {
			out[i][j] = out[j][i]
		}
	}
	return out
}

// farthest is how far off its middle the chart is used, metres: nearly a quarter of
// the way round the earth, where its scale is 1.9.
const farthest = 12e6

// holds reports whether a place is on the chart.
func (c *chart) holds(p geo.Position) bool {
	if !c.open {
		return true
	}
	x, y := c.plane.XY(p)
	return math.Abs(x) < farthest && math.Abs(y) < farthest
}
