package timeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"atalaya/fuse/measure"
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

func crossing(t *testing.T, window time.Duration, posts int, looks []Look) (*Timeline, []string) {
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
		tl.AddSensor(Sensor{Seen: 0.9, ClutterBearing: 0.05})
	}
	for i := range looks {
		if err := tl.Take(&looks[i]); err != nil {
			t.Fatal(err)
		}
	}
	return tl, out
}

// TestCross: boats that are seen under bearings only are found where bearings from
// different posts cross; and not from one post, nor where it is not asked for.
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
	}{
		{"three posts", 3, fleet, 4 * time.Second, 3, 3},
		{"two posts, one boat", 2, fleet[:1], 4 * time.Second, 1, 1},
		{"two posts, three boats", 2, fleet, 4 * time.Second, 0, 0}, // which are which?
		{"one post", 1, fleet[:1], 4 * time.Second, 0, 0},
		{"not asked for", 3, fleet, 0, 0, 0},
	} {
		for seed := range uint64(4) {
			looks, truth := watched(rand.New(rand.NewPCG(seed, 61)), posts[:c.posts], c.fleet, turns)
			tl, _ := crossing(t, c.window, c.posts, looks)
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
				return true
			})
			t.Logf("%s, seed %d: %d of %d boats found to %.0f m, %d believed; %d started", c.what, seed, found, len(c.fleet), worst, all, tl.Stats().Born)
			if found != c.found || all > c.most {
				t.Errorf("%s, seed %d: %d boats found, %d believed", c.what, seed, found, all)
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
		a, inOrder := crossing(t, 6*time.Second, 3, looks)
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
		b, got := crossing(t, 6*time.Second, 3, late)
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
