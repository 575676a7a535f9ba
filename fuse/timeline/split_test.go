package timeline

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// TestSplitScan: a scan of a radar is given as one look, or as four of a quarter
// each, by a sensor each, at one time. That changes nothing that matters: the same
// is told, with the same existence within 1e-4 and in the same place within 1e-4
// of its standard deviation, but where two quarters meet. There each is half a
// miss, and a plot beside a boat counts as another look's: of what is told within
// 150 m of that border, and was before, one in 12 may be told otherwise.
func TestSplitScan(t *testing.T) {
	const (
		boats, scans, period, side = 40, 25, 2.5, 6000.0

		border = 150.0 // m
		little = 1e-4
		apart  = 0.1 // standard deviations, or existence
	)
	var inside, beside, otherwise int
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 10))
		one, four := splitLine(t, 1), splitLine(t, 4)
		near := map[ID]bool{} // of either: it was beside a border
		var all [boats]struct{ x, y, vx, vy float64 }
		for i := range all {
			b := &all[i]
			b.x, b.y, b.vx, b.vy = side*(r.Float64()-0.5), side*(r.Float64()-0.5), 6*r.NormFloat64(), 6*r.NormFloat64()
		}
		for n := range int64(scans) {
			var plots []Plot
			for i := range all {
				b := &all[i]
				b.x, b.y = b.x+b.vx*period, b.y+b.vy*period
				if r.Float64() < 0.9 {
					plots = append(plots, place(b.x+15*r.NormFloat64(), b.y+15*r.NormFloat64(), obs.Round(15)))
				}
			}
			for range boats / 2 {
				plots = append(plots, place(side*(r.Float64()-0.5), side*(r.Float64()-0.5), obs.Round(15)))
			}
			at := n * int64(period*1e9)
			takeSplit(t, one, at, 1, plots)
			takeSplit(t, four, at, 4, plots)
			for _, to := range [][2][]Thing{{things(one, at), things(four, at)}, {things(four, at), things(one, at)}} {
				for _, a := range to[0] {
					if a.Existence < 0.5 {
						continue
					}
					near[a.ID] = near[a.ID] || math.Abs(a.State.X[0]) < border || math.Abs(a.State.X[1]) < border
					existence, distance := differs(&a, to[1])
					if !near[a.ID] {
						inside++
						if !(existence < little && distance < little) {
							t.Errorf("seed %d, scan %d: the one at %.0f is off by %.2g standard deviations, and %.2g in existence", seed, n, a.State.X, distance, existence)
						}
						continue
					}
					beside++
					if !(existence < apart && distance < apart) {
						otherwise++
					}
				}
			}
		}
	}
	t.Logf("%d told; beside borders %d, of which %d otherwise", inside+beside, beside, otherwise)
	if otherwise > beside/12 || inside < 4000 || beside < 500 {
		t.Errorf("of %d told beside a border %d are told otherwise; %d elsewhere", beside, otherwise, inside)
	}
}

// splitLine is a timeline under a radar whose circle so many sensors share.
func splitLine(t *testing.T, parts int) *Timeline {
	t.Helper()
	tl, err := New(Config{Model: mixed(), Birth: 1e-9}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range parts {
		tl.AddSensor(Sensor{Clutter: 5e-7, Period: 2.5e9})
	}
	return tl
}

// takeSplit gives a scan in so many sectors.
func takeSplit(t *testing.T, tl *Timeline, at int64, parts int, plots []Plot) {
	t.Helper()
	for n := range parts {
		width := 360 / float64(parts)
		region := Sector{From: width * float64(n), Width: width, Reach: 6000}
		l := Look{Sensor: int32(n), Time: at, Region: region} //nolint:gosec // few
		for _, p := range plots {
			if region.Holds(p.X, p.Y) {
				l.Plots = append(l.Plots, p)
			}
		}
		if err := tl.Take(&l); err != nil {
			t.Fatal(err)
		}
	}
}

// things are all that exist at a time, more or less.
func things(tl *Timeline, at int64) (out []Thing) {
	tl.All(at, 0, func(th *Thing) bool {
		out = append(out, *th)
		return true
	})
	return out
}

// differs tells how far the one of others that is nearest to a thing is from it:
// in existence, and in standard deviations of place and velocity.
func differs(a *Thing, others []Thing) (existence, distance float64) {
	existence, distance = a.Existence, math.Inf(1)
	for i := range others {
		var d [4]float64
		for k := range d {
			d[k] = others[i].State.X[k] - a.State.X[k]
		}
		if d := math.Sqrt(kalman.Distance4(d, a.State.P)); d < distance {
			existence, distance = math.Abs(others[i].Existence-a.Existence), d
		}
	}
	return existence, distance
}
