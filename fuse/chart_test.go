package fuse

import (
	"math"
	"testing"

	"atalaya/geo"
	"atalaya/obs"
)

// What goes onto the chart comes back, also far from its middle, where its scale and
// its north are others.
func TestChart(t *testing.T) {
	var c chart
	c.start(home())
	for _, far := range []struct{ east, north float64 }{{0, 0}, {30e3, -20e3}, {800e3, 900e3}, {-3e6, 1e6}} {
		p := at(home(), far.east, far.north)
		cov := [4][4]float64{{900, 120, 30, -5}, {120, 400, 8, 12}, {30, 8, 9, 1}, {-5, 12, 1, 4}}
		e := c.estimate(p, 12, -7, &cov)
		back, east, north, got := c.ground(&e)
		if d := geo.Distance(p, back); d > 1e-3 {
			t.Errorf("%v: %v m apart", far, d)
		}
		if math.Abs(east-12) > 1e-6 || math.Abs(north+7) > 1e-6 {
			t.Errorf("%v: %v, %v m/s", far, east, north)
		}
		for i := range 4 {
			for j := range 4 {
				if math.Abs(got[i][j]-cov[i][j]) > 1e-6*math.Abs(cov[i][j])+1e-6 || got[i][j] != got[j][i] {
					t.Errorf("%v: covariance %d,%d is %v, was %v", far, i, j, got[i][j], cov[i][j])
				}
			}
		}
		// A velocity on the chart leads to where the same one on the ground does, and
		// a covariance is turned as the velocity is.
		s := c.spot(p)
		x, y := s.vector(12, -7)
		to := c.spot(geo.NewPlane(p).Position(120, -70))
		if d := math.Hypot(s.x+10*x-to.x, s.y+10*y-to.y); d > 0.1*s.scale {
			t.Errorf("%v: ten seconds later %v m apart", far, d)
		}
		line := s.cov(obs.Cov2{EE: 144, EN: -84, NN: 49}) // of the vector itself
		if math.Abs(line.EE-x*x) > 1e-6*x*x+1e-9 || math.Abs(line.EN-x*y) > 1e-6*math.Abs(x*y)+1e-9 || math.Abs(line.NN-y*y) > 1e-6*y*y+1e-9 {
			t.Errorf("%v: %v of %v, %v", far, line, x, y)
		}
	}
	if c.holds(geo.Position{Lat: 16, Lon: 111}) || !c.holds(geo.Position{Lat: 47, Lon: 8}) {
		t.Error("the chart does not end where it should")
	}
}
