package app

import (
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/internal/trackfile"
	"atalaya/obs"
)

// sheet is the plane in which a file is tracked: its own, or one that touches
// the earth. Its errors are geo.Plane's.
type sheet struct {
	frame trackfile.Frame
	plane geo.Plane
}

func (s *sheet) xy(p trackfile.Place) (x, y float64) {
	if s.frame == trackfile.Planar {
		return p.X, p.Y
	}
	return s.plane.XY(p.Geo())
}

// turn is how far true north at a place is turned from the plane's y, degrees.
func (s *sheet) turn(p trackfile.Place) float64 {
	if s.frame == trackfile.Planar {
		return 0
	}
	return -s.plane.Convergence(p.Geo())
}

// turned turns a covariance of east and north into the plane.
func turned(c [3][3]float64, degrees float64) obs.Cov2 {
	if degrees == 0 {
		return obs.Cov2{EE: c[0][0], EN: c[0][1], NN: c[1][1]}
	}
	r := rotation(-degrees)
	var out [2][2]float64
	for i := range 2 {
		for j := range 2 {
			for k := range 2 {
				for l := range 2 {
					out[i][j] += float64(float64(r[i][k]*c[k][l]) * r[j][l])
				}
			}
		}
	}
	return obs.Cov2{EE: out[0][0], EN: out[0][1], NN: out[1][1]}
}

// rotation turns (east, north) clockwise.
func rotation(degrees float64) [2][2]float64 {
	sin, cos := fmath.SincosDegrees(degrees)
	return [2][2]float64{{cos, sin}, {-sin, cos}}
}

// track brings a thing out of the plane.
func (s *sheet) track(th *timeline.Thing) trackfile.Track {
	e := &th.State
	tr := trackfile.Track{Existence: th.Existence, Place: trackfile.Place{X: e.X[0], Y: e.X[1]}, Vel: [3]float64{e.X[2], e.X[3]}}
	for i := range 4 {
		for j := range 4 {
			tr.Cov[i][j] = e.P[i][j]
		}
	}
	if s.frame == trackfile.Planar {
		return tr
	}
	p := s.plane.Position(e.X[0], e.X[1])
	tr.Place = trackfile.Place{X: p.Lon, Y: p.Lat}
	r := rotation(s.turn(tr.Place))
	var f [4][4]float64
	for i := range 2 {
		for j := range 2 {
			f[i][j], f[i+2][j+2] = r[i][j], r[i][j]
		}
	}
	tr.Vel = [3]float64{float64(r[0][0]*e.X[2]) + float64(r[0][1]*e.X[3]), float64(r[1][0]*e.X[2]) + float64(r[1][1]*e.X[3])}
	for i := range 4 {
		for j := range 4 {
			tr.Cov[i][j] = 0
			for k := range 4 {
				for l := range 4 {
					tr.Cov[i][j] += float64(float64(f[i][k]*e.P[k][l]) * f[j][l])
				}
			}
		}
	}
	return tr
}
