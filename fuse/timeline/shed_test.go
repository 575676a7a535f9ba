package timeline

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/fuse/assoc"
	"atalaya/obs"
)

// tiles are those in which something was shed.
func tiles(tl *Timeline, now int64) (out []Tile) {
	tl.Shed(now, func(x Tile) bool {
		out = append(out, x)
		return true
	})
	return out
}

// dense is a look at targets, on each of which lie so many plots.
func dense(r *rand.Rand, now int64, plots int, targets ...[2]float64) Look {
	l := Look{Time: now}
	for _, at := range targets {
		for range plots {
			l.Plots = append(l.Plots, place(at[0]+20*r.NormFloat64(), at[1]+20*r.NormFloat64(), obs.Round(20)))
		}
	}
	return l
}

// TestShedByTile: pairs that are not weighed are counted where clutter is too dense,
// for a minute, and nowhere else; how many goroutines share the work changes nothing.
func TestShedByTile(t *testing.T) {
	thick, thin := [2]float64{2500, -2500}, [2]float64{52500, -2500}
	var want string
	for _, workers := range []int{1, 2} {
		r := rand.New(rand.NewPCG(7, 7))
		tl, err := New(Config{Model: steady(0.1), Workers: workers}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tl.worth = 4
		tl.AddSensor(Sensor{Clutter: 1e-3, Period: 2e9})
		now := int64(1e12)
		for range 40 { // 78 s
			now += 2e9
			l := dense(r, now, 60, thick)
			l.Plots = append(l.Plots, dense(r, now, 3, thin).Plots...)
			if err := tl.Take(&l); err != nil {
				t.Fatal(err)
			}
		}
		all := tiles(tl, now)
		if len(all) != 1 {
			t.Fatalf("%d tiles: %+v", len(all), all)
		}
		x := all[0]
		if x.X != 0 || x.Y != -5000 || x.Side != 5000 || x.Last != now {
			t.Errorf("%+v", x)
		}
		whole := tl.Stats().Shed
		if n := x.Minute[ShedPairs]; n == 0 || n >= whole[ShedPairs] || 2*n < whole[ShedPairs] {
			t.Errorf("%d pairs in the last minute of %d in 78 s", n, whole[ShedPairs])
		}
		if got := fmt.Sprint(all, whole); want == "" {
			want = got
		} else if got != want {
			t.Errorf("with %d goroutines %s\nwith one %s", workers, got, want)
		}
		if all = tiles(tl, now+50e9); len(all) != 1 || all[0].Minute[ShedPairs] == 0 || all[0].Minute[ShedPairs] >= x.Minute[ShedPairs] {
			t.Errorf("50 s later: %+v", all)
		}
		if all = tiles(tl, now+65e9); len(all) != 0 {
			t.Errorf("a minute later: %+v", all)
		}
	}
}

// TestShedNothingAllocated: what is shed again and again takes no new memory.
func TestShedNothingAllocated(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	tl, err := New(Config{Model: steady(0.1), Birth: 1e-7, Workers: 1, Assoc: assoc.Config{PairsPerTrack: 2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tl.AddSensor(Sensor{Clutter: 1e-5, Period: 2e9})
	var looks []Look
	const warm, runs = 300, 40
	for n := range int64(warm + runs + 1) {
		looks = append(looks, dense(r, 1e12+n*2e9, 6, [2]float64{2500, 2500}, [2]float64{7500, 2500}))
	}
	told := 0
	tell := func(Tile) bool { told++; return true }
	take := func() {
		if err := tl.Take(&looks[0]); err != nil {
			t.Fatal(err)
		}
		tl.Shed(looks[0].Time, tell)
		looks = looks[1:]
	}
	for range warm {
		take()
	}
	told = 0
	if n := testing.AllocsPerRun(runs, take); n > 0 {
		t.Errorf("%v allocations a look", n)
	}
	if told != 2*(runs+1) {
		t.Errorf("%d tiles told of in %d looks", told, runs+1)
	}
}

// TestShedTilesAreBounded: however many places there are, memory is bounded and
// everything is counted; those of before make room.
func TestShedTilesAreBounded(t *testing.T) {
	tl, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := func(now int64) (placed int, sum uint64) {
		all := tiles(tl, now)
		for i, x := range all {
			sum += x.Minute[ShedNames]
			if x.Side > 0 {
				placed++
			}
			if i > 0 && x.Side > 0 && (square{int32(all[i-1].X / 5e3), int32(all[i-1].Y / 5e3)}).compare(square{int32(x.X / 5e3), int32(x.Y / 5e3)}) >= 0 {
				t.Fatalf("%v after %v", x, all[i-1])
			}
		}
		return placed, sum
	}
	tl.newest = 1e12
	for i := range 3 * mostTiles {
		tl.Shedding(ShedNames, float64(i%50)*5e3, -float64(i/50)*5e3, 2)
	}
	if placed, sum := count(tl.newest); placed != mostTiles || sum != 6*mostTiles || len(tl.sheds.tiles) != mostTiles {
		t.Errorf("%d tiles, %d in all", placed, sum)
	}
	tl.newest += int64(2 * time.Minute)
	tl.Shedding(ShedNames, 1e6, 1e6, 1)
	if placed, sum := count(tl.newest); placed != 1 || sum != 1 {
		t.Errorf("later %d tiles, %d in all", placed, sum)
	}
}

// TestShedGates: a thing that may be anywhere is looked for up to Config.Reach, and
// plots that lie beyond are shed; so are things, for a plot that may be anywhere.
func TestShedGates(t *testing.T) {
	vague := place(0, 0, obs.Round(4000)) // its gate is 25 km
	for _, tt := range []struct {
		name          string
		first, second Plot
		want          uint64
	}{
		{"near", vague, place(4e3, 0, obs.Round(10)), 0},
		{"beyond", vague, place(15e3, 0, obs.Round(10)), 1},
		{"far beyond", vague, place(300e3, 0, obs.Round(10)), 0},
		{"a vague plot", place(15e3, 0, obs.Round(10)), vague, 1},
		{"a vague plot near", place(4e3, 0, obs.Round(10)), vague, 0},
		{"both", vague, vague, 0},
	} {
		tl, err := New(Config{Model: steady(0.1), Reach: 5e3}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tl.AddSensor(Sensor{Cooperative: true})
		for i, p := range []Plot{tt.first, tt.second} {
			if err := tl.Take(&Look{Time: 1e12 + int64(i)*1e9, Plots: []Plot{p}}); err != nil {
				t.Fatal(err)
			}
		}
		if n := tl.Stats().Shed[ShedGates]; n != tt.want {
			t.Errorf("%s: %d shed, want %d", tt.name, n, tt.want)
		}
	}
}
