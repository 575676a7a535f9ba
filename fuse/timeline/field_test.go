package timeline

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// TestShare: of a belief at the edge of what a look reached, half counts.
func TestShare(t *testing.T) {
	at := func(x, y, sd float64) *kalman.Estimate {
		v := sd * sd
		return &kalman.Estimate{X: [4]float64{x, y}, P: [4][4]float64{{v}, {0, v}, {2: 1}, {3: 1}}}
	}
	quarter := Sector{From: 350, Width: 100, Reach: 1000} // over north
	square := Polygon{{0, 0}, {100, 0}, {100, 100}, {0, 100}}
	for _, c := range []struct {
		what      string
		r         Region
		e         *kalman.Estimate
		low, high float64
	}{
		{"everywhere", nil, at(1e6, 1e6, 1e5), 1, 1},
		{"in the sector", quarter, at(300, 300, 10), 1, 1},
		{"in it, west of north", quarter, at(-20, 500, 1), 1, 1},
		{"behind it", quarter, at(-300, -300, 10), 0, 0},
		{"beyond it", quarter, at(0, 1200, 10), 0, 0},
		{"at its reach", quarter, at(0, 999.9, 50), 0.4, 0.9},
		{"wide over it", quarter, at(200, 400, 5000), 0.2, 0.5},
		{"in the polygon", square, at(50, 50, 1), 1, 1},
		{"outside", square, at(150, 50, 1), 0, 0},
		{"at its side", square, at(99.9, 50, 5), 0.4, 0.9},
	} {
		if got := share(c.r, c.e); got < c.low-1e-12 || got > c.high+1e-12 {
			t.Errorf("%s: %v, want %v to %v", c.what, got, c.low, c.high)
		}
	}
}

// TestGhosts: false plots alone, in a sector whose edge things may lie across,
// stay things that are hardly believed; and how many there are is learnt.
func TestGhosts(t *testing.T) {
	const perLook, reach = 40.0, 6500.0
	area := math.Pi * reach * reach / 12
	for _, c := range []struct {
		known float64
		most  int
	}{{perLook / area, 3}, {0, 6}} {
		tl, err := New(Config{SpeedSD: 8}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tl.AddSensor(Sensor{Clutter: c.known, Period: 2e9})
		r := rand.New(rand.NewPCG(1, 5))
		for k := range int64(150) {
			l := Look{Time: (k + 1) * 2e9, Region: Sector{From: 75, Width: 30, Reach: reach}}
			for range int(perLook) {
				d, b := reach*math.Sqrt(r.Float64()), (75+30*r.Float64())*math.Pi/180
				l.Plots = append(l.Plots, place(d*math.Sin(b), d*math.Cos(b), obs.Round(20)))
			}
			if err := tl.Take(&l); err != nil {
				t.Fatal(err)
			}
		}
		believed := 0
		tl.All(tl.newest, 0.5, func(*Thing) bool { believed++; return true })
		if believed > c.most {
			t.Errorf("clutter %v: %d things are believed where none is", c.known, believed)
		}
		clutter, fresh := tl.fields.intensities(Key{Time: tl.newest}, &plot{Kind: measure.OfPlace, x: 3000, y: 100}, 100)
		if got := (clutter + fresh) / (perLook / area); c.known == 0 && (got < 0.3 || got > 3) { // the sector fills half of the box round its plots
			t.Errorf("learnt %.2f times the false plots that there are", got)
		}
	}
}

// TestBoatInClutter: where false plots were all there was for long, and things are
// said to appear hardly ever, a boat that comes is still believed within some
// looks, and before it comes nothing is.
func TestBoatInClutter(t *testing.T) {
	const perLook, side, looks, most = 40, 5000.0, 600, 8
	for _, c := range []struct {
		what string
		cfg  Config
	}{
		{"nothing is known", Config{}},
		{"hardly anything appears", Config{Birth: 1e-14}},
		{"things appear elsewhere", Config{Births: []Births{{Rate: 0.01, X: 3e4, SD: 500}}}},
	} {
		tl, err := New(c.cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		radar := tl.AddSensor(Sensor{})
		r := rand.New(rand.NewPCG(1, 6))
		found := 0
		for k := 1; k <= looks+2*most; k++ {
			at := 2 * float64(k)
			var plots []Plot
			for range perLook {
				plots = append(plots, place(side*r.Float64(), side*r.Float64(), obs.Round(20)))
			}
			x, y := 1000+float64(8*2*(k-looks)), 2000.0
			if k > looks {
				plots = append(plots, place(x+20*r.NormFloat64(), y+20*r.NormFloat64(), obs.Round(20)))
			}
			take(t, tl, at, radar, plots...)
			believed, boat := 0, false
			tl.All(tl.newest, 0.5, func(th *Thing) bool {
				believed++
				boat = boat || math.Hypot(th.State.X[0]-x, th.State.X[1]-y) < 100
				return true
			})
			if k == looks && believed > 1 {
				t.Errorf("%s: %d things are believed where none is", c.what, believed)
			}
			if k > looks && boat && found == 0 {
				found = k - looks
			}
		}
		t.Logf("%s: the boat is believed at look %d", c.what, found)
		if found == 0 || found > most {
			t.Errorf("%s: the boat is believed at look %d, want 1 to %d", c.what, found, most)
		}
	}
}
