package timeline

import (
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// said is a place with an identity.
func said(x, y float64, claim uint64) Plot {
	p := place(x, y, obs.Round(10))
	p.Claim = claim
	return p
}

func followed(t *testing.T) *Timeline {
	t.Helper()
	tl, err := New(Config{Watched: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tl
}

func take(t *testing.T, tl *Timeline, at float64, sensor int32, plots ...Plot) {
	t.Helper()
	if err := tl.Take(&Look{Time: int64(at * 1e9), Sensor: sensor, Plots: plots}); err != nil {
		t.Fatal(err)
	}
}

// all counts the things that likely exist at a time.
func all(tl *Timeline, at float64) (n int, last Thing) {
	tl.All(int64(at*1e9), 0.5, func(th *Thing) bool {
		n++
		last = *th
		return true
	})
	return n, last
}

// What the caller ends is gone, and what is heard of it later begins anew; what
// was heard before the end and comes after it changes nothing of that.
func TestEnd(t *testing.T) {
	tl := followed(t)
	ais := tl.AddSensor(Sensor{Cooperative: true})
	for i := range 4 {
		take(t, tl, float64(i), ais, said(float64(5*i), 0, 1<<56|7))
	}
	_, th := all(tl, 3)
	if !tl.End(th.ID, 3.5e9) || tl.End(th.ID, 3.6e9) {
		t.Error("it cannot be ended, or twice")
	}
	if n, _ := all(tl, 4); n != 0 {
		t.Errorf("%d things after the end", n)
	}
	take(t, tl, 2.5, ais, said(12.5, 0, 1<<56|7))
	if n, _ := all(tl, 4); n != 0 {
		t.Errorf("%d things after the end, by a late look", n)
	}
	take(t, tl, 5, ais, said(25, 0, 1<<56|7))
	if n, again := all(tl, 5); n != 1 || again.ID == th.ID {
		t.Errorf("%d things, %v", n, again.ID)
	}
	take(t, tl, 60, ais)
	if len(tl.ends) != 0 {
		t.Error("the end is kept for ever")
	}
}

// What was believed before goes on.
func TestSeed(t *testing.T) {
	tl := followed(t)
	ais := tl.AddSensor(Sensor{Cooperative: true})
	id := tl.Seed(3, &kalman.Estimate{X: [4]float64{0, 0, 5}, P: [4][4]float64{{100}, {1: 100}, {2: 1}, {3: 1}}}, 1e9, 0.9, 1<<56|7, 0, false, false)
	take(t, tl, 11, ais, said(50, 0, 1<<56|7))
	n, th := all(tl, 11)
	if n != 1 || th.ID != id || th.Existence < 0.99 || th.State.P[0][0] > 100 {
		t.Errorf("%d things, %+v", n, th)
	}
}

// Changes tell each thing that is another, from when on, and once.
func TestChanges(t *testing.T) {
	tl := followed(t)
	ais := tl.AddSensor(Sensor{Cooperative: true})
	for i := range 4 {
		take(t, tl, float64(2*i), ais, said(float64(10*i), 0, 1<<56|1), said(float64(10*i), 5000, 1<<56|2))
	}
	told := func() (keys []int64, weights []float64) {
		for c := range tl.Changes() {
			keys = append(keys, c.From.Time/1e9)
			for b := range c.Beliefs(c.From) {
				for _, e := range b.Evidence {
					weights = append(weights, e.Weight)
				}
			}
		}
		return keys, weights
	}
	if keys, weights := told(); len(keys) != 2 || keys[0] != 0 || keys[1] != 0 || len(weights) != 8 {
		t.Errorf("from %v, weights %v", keys, weights)
	}
	if keys, _ := told(); len(keys) != 0 {
		t.Errorf("told again from %v", keys)
	}
	take(t, tl, 7, ais, said(35, 0, 1<<56|1), said(35, 5000, 1<<56|2))
	for range tl.Changes() {
		break
	}
	if keys, _ := told(); len(keys) != 1 || keys[0] != 7 {
		t.Errorf("after one was told, from %v", keys)
	}
	take(t, tl, 3, ais, said(15, 0, 1<<56|1))
	if keys, weights := told(); len(keys) != 1 || keys[0] != 3 || len(weights) != 4 { // the late one and three after it
		t.Errorf("from %v, weights %v", keys, weights)
	}
}

// One wild place moves nothing; two that agree are another thing.
func TestOneIdentityInTwoPlaces(t *testing.T) {
	tl := followed(t)
	ais := tl.AddSensor(Sensor{Cooperative: true})
	for i := range 6 {
		take(t, tl, float64(10*i), ais, said(float64(50*i), 0, 1<<56|1))
	}
	take(t, tl, 55, ais, said(9000, 9000, 1<<56|1))
	if n, th := all(tl, 55); n != 1 || th.State.X[1] > 100 || th.Honest > 0.95 {
		t.Errorf("%d things, %+v", n, th)
	}
	take(t, tl, 60, ais, said(300, 0, 1<<56|1))
	take(t, tl, 65, ais, said(9000, 9050, 1<<56|1))
	if n, _ := all(tl, 65); n != 2 {
		t.Errorf("%d things of two places", n)
	}
}

// A sensor's own numbers tell two targets apart that its errors do not, and a
// number that was given to something else does not move the first.
func TestNumbers(t *testing.T) {
	tl := followed(t)
	arpa := tl.AddSensor(Sensor{Cooperative: true})
	number := func(x, y float64, n uint64) Plot {
		p := place(x, y, obs.Round(40))
		p.Number = n
		return p
	}
	for i := range 8 {
		take(t, tl, float64(3*i), arpa, number(float64(15*i), 0, 1), number(float64(15*i), 60, 2))
	}
	take(t, tl, 24, arpa, number(20000, 0, 2))
	if n, _ := all(tl, 24); n != 3 {
		t.Errorf("%d things of three", n)
	}
}

// What an officer says of a thing's domain holds against what plots say before
// and after it, and the thing moves so; taken back, plots speak again.
func TestSetDomain(t *testing.T) {
	const lake, air = 1, 2
	for _, c := range []struct {
		what    string
		settled float64 // so much later, s, it is said
	}{{"it is settled", 20}, {"all of it may change", 1}} {
		tl, err := New(Config{Watched: true, Domains: []Domain{{steady(0.01), 5}, {steady(9), 100}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ais := tl.AddSensor(Sensor{Cooperative: true})
		hear := func(at float64) {
			p := said(5*at, 0, 1<<56|7)
			p.Domain = lake
			take(t, tl, at, ais, p)
		}
		for i := range 5 {
			hear(float64(i))
		}
		take(t, tl, 4+c.settled, ais)
		_, before := all(tl, 8)
		if !tl.SetDomain(before.ID, air) || tl.SetDomain(ID{Plot: 77}, air) {
			t.Fatal("it cannot be said, or of nothing")
		}
		check := func(domain uint8) {
			t.Helper()
			n := 0
			for ch := range tl.Changes() {
				n++
				for b := range ch.Beliefs(Key{}) {
					if b.Domain != domain && (domain == air || b.Time > int64(c.settled*1e9+9e9)) {
						t.Errorf("%s: at %v of domain %d, want %d", c.what, b.Time, b.Domain, domain)
					}
				}
			}
			if n != 1 {
				t.Errorf("%s: %d things", c.what, n)
			}
		}
		check(air)
		if _, th := all(tl, 8); th.ID != before.ID || th.State.P[0][0] < 1.5*before.State.P[0][0] {
			t.Errorf("%s: %v of %v moves as before: %v, %v", c.what, th.ID, before.ID, th.State.P[0][0], before.State.P[0][0])
		}
		for i := range 5 {
			hear(float64(i) + c.settled + 5)
		}
		check(air)
		tl.SetDomain(before.ID, 0)
		hear(c.settled + 10)
		check(lake)
	}
}
