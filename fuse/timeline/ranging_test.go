package timeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// flight is where a platform is at a time.
type flight func(s float64) (x, y float64)

// dogleg goes north-east, and turns south-east after a minute.
func dogleg(speed float64) flight {
	return func(s float64) (x, y float64) {
		v := speed / math.Sqrt2
		return v * s, v * math.Min(s, 120-s)
	}
}

func still(float64) (x, y float64) { return 0, 0 }

func straight(speed float64) flight {
	return func(s float64) (x, y float64) { return speed * s, 0 }
}

// aloft is what a sensor on a platform sees each second of boats (a place and a
// velocity each), with so many false bearings a look in all directions.
type aloft struct {
	path      flight
	fleet     [][4]float64
	seconds   int
	sd, wrong float64
	wide      float64 // how far it is known to look, degrees from north; 0: not known
}

func (a aloft) looks(r *rand.Rand) (looks []Look) {
	for k := range a.seconds {
		s := float64(k)
		x, y := a.path(s)
		width := 2 * math.Pi
		if a.wide > 0 {
			width = a.wide * degree
		}
		l := Look{Time: int64(k+1) * 1e9, Mute: a.wide == 0}
		if a.wide > 0 {
			l.Region = Sector{X: x, Y: y, Width: a.wide, Reach: 15e3}
		}
		for _, b := range a.fleet {
			if r.Float64() < 0.9 {
				l.Plots = append(l.Plots, Plot{Measurement: measure.Bearing(x, y, math.Atan2(b[0]+s*b[2]-x, b[1]+s*b[3]-y)+a.sd*r.NormFloat64(), a.sd)})
			}
		}
		for p := r.ExpFloat64(); p < a.wrong; p += r.ExpFloat64() {
			l.Plots = append(l.Plots, Plot{Measurement: measure.Bearing(x, y, width*r.Float64(), a.sd)})
		}
		looks = append(looks, l)
	}
	return looks
}

// begun is a thing when it was first believed.
type begun struct {
	look int
	Thing
}

// off is how far the thing is from a boat by then, and how far the boat is from the
// platform, m; and how far its range is off, as a share.
func (b *begun) off(a *aloft, f [4]float64) (place, distance, share float64) {
	s := float64(b.look)
	x, y, own := f[0]+s*f[2], f[1]+s*f[3], [2]float64{}
	own[0], own[1] = a.path(s)
	distance = math.Hypot(x-own[0], y-own[1])
	return math.Hypot(b.State.X[0]-x, b.State.X[1]-y), distance, math.Hypot(b.State.X[0]-own[0], b.State.X[1]-own[1])/distance - 1
}

// rangings takes looks, and gives what was believed and when that began, and all
// that is told when it is settled.
func rangings(t *testing.T, window time.Duration, looks []Look) (tl *Timeline, out []begun, settled []string) {
	t.Helper()
	tl, err := New(Config{Model: steady(0.05), SpeedSD: 6, Ranging: window}, func(now int64) {
		tl.All(now, 0, func(th *Thing) bool {
			settled = append(settled, fmt.Sprintf("%d: %+v", now, *th))
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	tl.AddSensor(Sensor{Seen: 0.9})
	tl.AddSensor(Sensor{Clutter: 1e-9})
	for i := range looks {
		if err := tl.Take(&looks[i]); err != nil {
			t.Fatal(err)
		}
		tl.All(looks[i].Time, 0, func(th *Thing) bool {
			if !slices.ContainsFunc(out, func(b begun) bool { return b.ID == th.ID }) {
				out = append(out, begun{i, *th})
			}
			return true
		})
	}
	return tl, out, settled
}

// TestRanging: a sensor that flies round a corner finds what it alone sees; one
// that stands still, or goes straight on, does not, nor does one of two that are
// known.
func TestRanging(t *testing.T) {
	const window = 5 * time.Minute
	boat := [4]float64{1500, 2600, 3, -2} // at 3 km
	one, two := [][4]float64{boat}, [][4]float64{boat, {-2000, 1500, 0, 4}}
	shaky := func(s float64) (x, y float64) { return 3 * math.Sin(s), 3 * math.Cos(1.7*s) }
	for _, c := range []struct {
		what   string
		window time.Duration
		found  int
		aloft
	}{
		{"round a corner", window, 1, aloft{path: dogleg(20), fleet: one}},
		{"it is known where it looks", window, 1, aloft{path: dogleg(20), fleet: one, wide: 360}},
		{"two boats", window, 2, aloft{path: dogleg(20), fleet: two, wide: 360}},
		{"a false bearing in each look", window, 1, aloft{path: dogleg(20), fleet: one, wrong: 1}},
		{"five", window, 1, aloft{path: dogleg(20), fleet: one, wrong: 5, wide: 360}},
		{"it stands still", window, 0, aloft{path: still, fleet: two}},
		{"its place is known to 3 m", window, 0, aloft{path: shaky, fleet: two}},
		{"straight on, no faster than boats", window, 0, aloft{path: straight(5), fleet: one}},
		{"too short a time", 30 * time.Second, 0, aloft{path: dogleg(20), fleet: one}},
		{"not asked for", 0, 0, aloft{path: dogleg(20), fleet: one}},
	} {
		for seed := range uint64(6) {
			c.sd, c.seconds = degree, 120
			tl, got, _ := rangings(t, c.window, c.looks(rand.New(rand.NewPCG(seed, 71))))
			found := 0
			for _, f := range c.fleet {
				tl.All(tl.newest, 0.5, func(th *Thing) bool {
					if place, distance, _ := (&begun{c.seconds - 1, *th}).off(&c.aloft, f); place < 0.25*distance {
						found++
						return false
					}
					return true
				})
			}
			for _, b := range got {
				t.Logf("%s, seed %d: after %d s, %.2f, range known to %.0f m", c.what, seed, b.look, b.Existence, kalman.Spread(&b.State.P))
			}
			if found != c.found || len(got) != c.found {
				t.Errorf("%s, seed %d: %d of %d boats found, %d believed", c.what, seed, found, c.found, len(got))
			}
		}
	}
}

// TestRangingIsSure: what begins is as sure as it says, and its range hardly less
// than what the bearings can tell: the bound of Cramer and Rao, by the information
// of each bearing on a straight course.
func TestRangingIsSure(t *testing.T) {
	const runs = 60
	r := rand.New(rand.NewPCG(3, 72))
	started, after, bias, nees, off2, bound2 := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
	for range runs {
		b := 2 * math.Pi * r.Float64()
		f := [4]float64{3000 * math.Sin(b), 3000 * math.Cos(b), 4 * r.NormFloat64(), 4 * r.NormFloat64()}
		a := aloft{path: dogleg(20), fleet: [][4]float64{f}, sd: degree, seconds: 120}
		looks := a.looks(r)
		_, got, _ := rangings(t, 5*time.Minute, looks)
		if len(got) == 0 {
			continue
		}
		g := &got[0]
		_, distance, share := g.off(&a, f)
		s := float64(g.look)
		var d [4]float64
		for k, x := range [4]float64{f[0] + s*f[2], f[1] + s*f[3], f[2], f[3]} {
			d[k] = g.State.X[k] - x
		}
		started++
		after += s
		bias += share
		nees += kalman.Distance4(d, g.State.P)
		off2 += share * share
		bound := cramerRao(&a, f, looks[:g.look+1], 6) / distance
		bound2 += bound * bound
	}
	off, bound := math.Sqrt(off2/started), math.Sqrt(bound2/started)
	t.Logf("%.0f of %d begin, after %.0f s: range off by %.3f of it, in the mean %.3f, bound %.3f; NEES %.2f of 4", started, runs, after/started, off, bias/started, bound, nees/started)
	if started < 0.9*runs || !(off < 3*bound) || off > 0.4 || nees/started > 6 {
		t.Error("not as it should be")
	}
}

// cramerRao is the least standard deviation of the range of a boat, at the time of
// the last look, where its speed is known to be of a standard deviation beforehand.
func cramerRao(a *aloft, f [4]float64, looks []Look, speedSD float64) float64 {
	var info [4][4]float64
	info[2][2], info[3][3] = 1/(speedSD*speedSD), 1/(speedSD*speedSD)
	last := float64(len(looks) - 1)
	var u [2]float64
	for k := range looks {
		s := float64(k)
		x, y := a.path(s)
		dx, dy := f[0]+s*f[2]-x, f[1]+s*f[3]-y
		d2 := dx*dx + dy*dy
		u = [2]float64{dx / math.Sqrt(d2), dy / math.Sqrt(d2)}
		if len(looks[k].Plots) == 0 {
			continue
		}
		h := [4]float64{dy / d2 / a.sd, -dx / d2 / a.sd, (s - last) * dy / d2 / a.sd, -(s - last) * dx / d2 / a.sd}
		for i := range 4 {
			for j := range 4 {
				info[i][j] += h[i] * h[j]
			}
		}
	}
	p, _, ok := kalman.Invert4(&info)
	if !ok {
		return math.NaN()
	}
	return math.Sqrt(u[0]*u[0]*p[0][0] + 2*u[0]*u[1]*p[0][1] + u[1]*u[1]*p[1][1])
}

// TestRangingFalse: hours of false bearings alone start hardly anything.
func TestRangingFalse(t *testing.T) {
	circle := func(s float64) (x, y float64) { return 1000 * math.Sin(s/50), 1000 * math.Cos(s/50) }
	const hours = 1
	for _, wrong := range []float64{1, 5} {
		for _, wide := range []float64{0, 60} {
			a := aloft{path: circle, seconds: 3600 * hours, sd: degree, wrong: wrong, wide: wide}
			tl, got, _ := rangings(t, 5*time.Minute, a.looks(rand.New(rand.NewPCG(4, 73))))
			t.Logf("%.1f false bearings a second, known to look %.0f degrees wide: %.1f an hour start something; rows shed in %d looks", wrong, wide, float64(len(got))/float64(hours), tl.Stats().Shed[ShedBearings])
			if len(got) > hours {
				t.Errorf("%d in %d hours", len(got), hours)
			}
		}
	}
}

// TestRangingOfTheKnown: what a radar sees is not started again by bearings.
func TestRangingOfTheKnown(t *testing.T) {
	a := aloft{path: dogleg(20), fleet: [][4]float64{{1500, 2600, 3, -2}}, sd: degree, seconds: 120, wide: 360}
	r := rand.New(rand.NewPCG(5, 74))
	var looks []Look
	for k, l := range a.looks(r) {
		looks = append(looks, l)
		if k%3 == 0 {
			f, s := a.fleet[0], float64(k)
			looks = append(looks, Look{Sensor: 1, Time: l.Time, Plots: []Plot{place(f[0]+s*f[2]+30*r.NormFloat64(), f[1]+s*f[3]+30*r.NormFloat64(), obs.Round(30))}})
		}
	}
	tl, got, _ := rangings(t, 5*time.Minute, looks)
	if len(got) != 1 || len(tl.rows[0].all) == 0 || tl.rows[0].all[0].hits < 50 {
		t.Errorf("%d believed, rows %+v", len(got), tl.rows[0].all)
	}
}

// TestRangingLateIsInTime: what ranges start does not depend on the order of
// arrival.
func TestRangingLateIsInTime(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 75))
		a := aloft{path: dogleg(20), fleet: [][4]float64{{1500, 2600, 3, -2}, {-2000, 1500, 0, 4}}, sd: degree, seconds: 120, wrong: 1, wide: float64(360 * (seed % 2))}
		looks := a.looks(r)
		x, _, inOrder := rangings(t, 5*time.Minute, looks)
		x.Flush()
		late := slices.Clone(looks)
		arrival := map[int64]int64{}
		for _, l := range looks {
			arrival[l.Time] = l.Time
			if r.IntN(3) == 0 {
				arrival[l.Time] += r.Int64N(9e9)
			}
		}
		slices.SortStableFunc(late, func(a, b Look) int { return int(arrival[a.Time] - arrival[b.Time]) })
		y, _, got := rangings(t, 5*time.Minute, late)
		y.Flush()
		if y.Stats().Late < 20 || len(inOrder) < 80 {
			t.Fatalf("%+v, %d lines", y.Stats(), len(inOrder))
		}
		for i := range min(len(got), len(inOrder)) {
			if got[i] != inOrder[i] {
				t.Fatalf("seed %d, line %d\n%s\nwant\n%s", seed, i, got[i], inOrder[i])
			}
		}
		if !x.rows[0].same(&y.rows[0]) {
			t.Errorf("seed %d: other rows in the end", seed)
		}
		var one, other []Thing
		x.All(120e9, 0, func(th *Thing) bool { one = append(one, *th); return true })
		y.All(120e9, 0, func(th *Thing) bool { other = append(other, *th); return true })
		if !slices.Equal(one, other) {
			t.Errorf("seed %d: in the end %+v\nwant %+v", seed, other, one)
		}
	}
}

// TestRowsAreBounded: a sensor that gives any number of bearings has rows of so
// many, the rest are counted; and takes no new memory.
func TestRowsAreBounded(t *testing.T) {
	a := aloft{path: straight(20), seconds: 190, sd: degree, wrong: 20}
	looks := a.looks(rand.New(rand.NewPCG(6, 76)))
	tl, err := New(Config{Model: steady(0.05), SpeedSD: 6, Ranging: 5 * time.Minute}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tl.AddSensor(Sensor{})
	take := func() {
		if err := tl.Take(&looks[0]); err != nil {
			t.Fatal(err)
		}
		looks = looks[1:]
	}
	for range 150 {
		take()
	}
	if n := testing.AllocsPerRun(30, take); n > 0 {
		t.Errorf("%v allocations a look", n)
	}
	if n := len(tl.rows[0].all); n != mostRows || tl.Stats().Shed[ShedBearings] == 0 {
		t.Errorf("%d rows, %+v", n, tl.Stats())
	}
}
