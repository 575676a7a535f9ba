package timeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/obs"
)

// watched is boats that posts see under bearings, in turn; of each the places.
func watched(r *rand.Rand, posts [][2]float64, fleet [][4]float64, turns int) (looks []Look, truth [][][2]float64) {
	const sd, reach = 0.3 * degree, 15e3
	for k := range turns {
		s := float64(k)
		var now [][2]float64
		for _, b := range fleet {
			now = append(now, [2]float64{b[0] + s*b[2], b[1] + s*b[3]})
		}
		truth = append(truth, now)
		n := k % len(posts)
		at := posts[n]
		l := Look{Sensor: int32(n), Time: int64(k+1) * 1e9, Region: Sector{X: at[0], Y: at[1], Width: 360, Reach: reach}}
		for _, b := range now {
			if r.Float64() < 0.9 {
				l.Plots = append(l.Plots, Plot{Measurement: measure.Bearing(at[0], at[1], math.Atan2(b[0]-at[0], b[1]-at[1])+sd*r.NormFloat64(), sd)})
			}
		}
		if r.IntN(5) == 0 {
			l.Plots = append(l.Plots, Plot{Measurement: measure.Bearing(at[0], at[1], 2*math.Pi*r.Float64(), sd)})
		}
		looks = append(looks, l)
	}
	return looks, truth
}

func whatCrosses(t *testing.T, window time.Duration, is Sensor, posts int, looks []Look) (*Timeline, []string) {
	t.Helper()
	var out []string
	var tl *Timeline
	tl, err := New(Config{Model: steady(0.05), SpeedSD: 6, Cross: window}, func(now int64) {
		tl.All(now, 0.01, func(th *Thing) bool {
			out = append(out, fmt.Sprintf("%d: %+v", now, *th))
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for range posts {
		tl.AddSensor(is)
	}
	for i := range looks {
		if err := tl.Take(&looks[i]); err != nil {
			t.Fatal(err)
		}
	}
	return tl, out
}

// TestCross: boats that are seen under bearings only are found where bearings from
// different posts cross; and not from one post, nor where it is not asked for. What
// two posts see whose silence says nothing is never sure.
func TestCross(t *testing.T) {
	posts := [][2]float64{{0, 0}, {4000, 500}, {-3000, 1000}}
	fleet := [][4]float64{{1500, 4000, 3, -2}, {-1000, 5000, -4, 1}, {3500, 6000, 0, -5}}
	const turns = 60
	for _, c := range []struct {
		what        string
		posts       int
		fleet       [][4]float64
		window      time.Duration
		found, most int // of the boats, and of all that is believed
		unsure      bool
	}{
		{"three posts", 3, fleet, 4 * time.Second, 3, 3, false},
		{"two posts, one boat", 2, fleet[:1], 4 * time.Second, 1, 1, false},
		{"two posts, three boats", 2, fleet, 4 * time.Second, 0, 0, false}, // which are which?
		{"one post", 1, fleet[:1], 4 * time.Second, 0, 0, false},
		{"not asked for", 3, fleet, 0, 0, 0, false},
		{"three posts of which silence says nothing", 3, fleet, 10 * time.Second, 3, 3, false},
		{"two posts of which silence says nothing, one boat", 2, fleet[:1], 10 * time.Second, 1, 1, true},
		{"two posts of which silence says nothing, three boats", 2, fleet, 10 * time.Second, 0, 0, false},
	} {
		for seed := range uint64(4) {
			looks, truth := watched(rand.New(rand.NewPCG(seed, 61)), posts[:c.posts], c.fleet, turns)
			for i := range looks {
				if c.window > 4*time.Second {
					looks[i].Region, looks[i].Mute = nil, true
				}
			}
			tl, _ := whatCrosses(t, c.window, Sensor{Seen: 0.9, ClutterBearing: 0.05}, c.posts, looks)
			all, found := 0, 0
			worst := 0.0
			tl.All(turns*1e9, 0.5, func(th *Thing) bool {
				all++
				for _, b := range truth[turns-1] {
					if d := math.Hypot(th.State.X[0]-b[0], th.State.X[1]-b[1]); d < 150 {
						found++
						worst = max(worst, d)
					}
				}
				if th.Existence < 0.9 != c.unsure {
					t.Errorf("%s, seed %d: exists with %.3f", c.what, seed, th.Existence)
				}
				return true
			})
			t.Logf("%s, seed %d: %d of %d boats found to %.0f m, %d believed; %d started", c.what, seed, found, len(c.fleet), worst, all, tl.Stats().Born)
			if found != c.found || all > c.most {
				t.Errorf("%s, seed %d: %d boats found, %d believed", c.what, seed, found, all)
			}
		}
	}
}

// TestCrossIsSure: what posts find that are turned by more than their bearings are
// unsure is as sure as it says, and stays so.
func TestCrossIsSure(t *testing.T) {
	const runs, turns, turned = 100, 60, 1 * degree
	r := rand.New(rand.NewPCG(8, 63))
	found, begins, stays, bare := 0.0, 0.0, 0.0, 0.0
	for range runs {
		posts := [][2]float64{{0, 0}, {4000, 500}}
		looks, truth := watched(r, posts, [][4]float64{{2000 + 500*r.NormFloat64(), 4000, 3 * r.NormFloat64(), 3 * r.NormFloat64()}}, turns)
		off := [2]float64{turned * r.NormFloat64(), turned * r.NormFloat64()}
		for i := range looks {
			looks[i].Region, looks[i].Mute = nil, true
			for j := range looks[i].Plots {
				p := &looks[i].Plots[j]
				p.Measurement = measure.Bearing(p.X, p.Y, p.Bearing+off[looks[i].Sensor], p.BearingSD)
			}
		}
		s := Sensor{Seen: 0.9, ClutterBearing: 0.05, Bias: registration.Config{SD: registration.Bias{registration.Azimuth: turned}}}
		first, last, n := 0.0, 0.0, 0
		for k, w := range []Sensor{s, {Seen: s.Seen, ClutterBearing: s.ClutterBearing}} {
			tl, _ := whatCrosses(t, 10*time.Second, w, len(posts), nil)
			for i := range looks {
				if err := tl.Take(&looks[i]); err != nil {
					t.Fatal(err)
				}
				tl.All(looks[i].Time, 0.5, func(th *Thing) bool {
					off := th.State.Place(truth[i][0][0], truth[i][0][1], obs.Cov2{})
					last = off.Distance2()
					if n++; n == 1 {
						first = last
					}
					return true
				})
			}
			if n == 0 {
				break
			}
			if k == 0 {
				found++
				begins += first
				stays += last
			} else {
				bare += last
			}
		}
	}
	t.Logf("%.0f of %d boats: error squared by the covariance %.2f at first, %.2f in the end, of 2; %.0f where turns are not reckoned with", found, runs, begins/found, stays/found, bare/found)
	if found < 0.9*runs || begins/found > 3 || stays/found > 3 || bare/found < 10 {
		t.Error("not as it should be")
	}
}

// TestCrossFalse: false bearings, thousands, start nothing that is believed, nor shown.
func TestCrossFalse(t *testing.T) {
	const bearings = 4000
	posts := [][2]float64{{0, 0}, {4000, 500}, {-3000, 1000}}
	for _, n := range []int{2, 3} {
		for _, wrong := range []float64{0.3, 3} { // a second, of each
			r := rand.New(rand.NewPCG(uint64(n), uint64(10*wrong)))
			tl, _ := whatCrosses(t, 10*time.Second, Sensor{}, n, nil)
			shown := map[ID]bool{}
			at := 0.0
			for range bearings {
				at += r.ExpFloat64() / (wrong * float64(n))
				s := r.IntN(n)
				l := Look{Sensor: int32(s), Time: int64(at * 1e9), Mute: true} //nolint:gosec // few
				l.Plots = []Plot{{Measurement: measure.Bearing(posts[s][0], posts[s][1], 2*math.Pi*r.Float64(), degree)}}
				if err := tl.Take(&l); err != nil {
					t.Fatal(err)
				}
				tl.All(l.Time, 0.25, func(th *Thing) bool {
					shown[th.ID] = true
					return true
				})
			}
			t.Logf("%d posts with %.1f false bearings a second each: %d started, %d shown in %.1f h", n, wrong, tl.Stats().Born, len(shown), at/3600)
			if len(shown) > 0 {
				t.Errorf("%d posts, %.1f a second: %d shown", n, wrong, len(shown))
			}
		}
	}
}

// TestCrossLateIsInTime: what crosses does not depend on the order of arrival.
func TestCrossLateIsInTime(t *testing.T) {
	posts := [][2]float64{{0, 0}, {4000, 500}, {-3000, 1000}}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 62))
		looks, _ := watched(r, posts, [][4]float64{{1500, 4000, 3, -2}, {-1000, 5000, -4, 1}}, 60)
		is := Sensor{Seen: 0.9, ClutterBearing: 0.05}
		if seed%2 == 1 {
			is.Bias.SD[registration.Azimuth] = degree
		}
		for i := range looks {
			looks[i].Mute = seed%3 > 0
		}
		a, inOrder := whatCrosses(t, 10*time.Second, is, 3, looks)
		a.Flush()
		late := slices.Clone(looks)
		arrival := map[int64]int64{}
		for _, l := range looks {
			arrival[l.Time] = l.Time
			if r.IntN(3) == 0 {
				arrival[l.Time] += r.Int64N(9e9)
			}
		}
		slices.SortStableFunc(late, func(a, b Look) int { return int(arrival[a.Time] - arrival[b.Time]) })
		b, got := whatCrosses(t, 10*time.Second, is, 3, late)
		b.Flush()
		if b.Stats().Late < 5 || len(inOrder) < 30 {
			t.Fatalf("%+v, %d lines", b.Stats(), len(inOrder))
		}
		if n := min(len(got), len(inOrder)); !slices.Equal(got[:n], inOrder[:n]) {
			for i := range n {
				if got[i] != inOrder[i] {
					t.Fatalf("seed %d, line %d\n%s\nwant\n%s", seed, i, got[i], inOrder[i])
				}
			}
		}
		x, y := a.All, b.All
		var one, other []Thing
		x(60e9, 0, func(th *Thing) bool { one = append(one, *th); return true })
		y(60e9, 0, func(th *Thing) bool { other = append(other, *th); return true })
		if !slices.Equal(one, other) {
			t.Errorf("seed %d: in the end %+v\nwant %+v", seed, other, one)
		}
	}
}
