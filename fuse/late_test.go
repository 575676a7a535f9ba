package fuse

import (
	"math"
	"testing"
	"time"

	"atalaya/obs"
	"atalaya/track"
)

// late runs three AIS reports and then one of the second radar that is older
// than the last of them.
func late(w *world, delay time.Duration, plotOff, sd float64) []track.Event {
	for i := range 4 {
		o := ais("760000001", at(home(), float64(i)*50, 0), 5, 90)
		o.Cov = obs.Round(60)
		o.Has = 0
		w.see(o)
		w.step(10 * time.Second)
	}
	// The last report was 10 s before now.
	when := w.now.Add(-delay)
	east := 50 * (40 - delay.Seconds()) / 10
	o := plot(at(home(), east, plotOff), sd)
	o.Sensor, o.Time = "r2", when
	w.see(o)
	return w.step(250 * time.Millisecond)
}

func TestLateObservationRewritesThePast(t *testing.T) {
	w := newWorld(t, Config{Lag: 30 * time.Second})
	ev := late(w, 25*time.Second, 150, 5)
	if len(ev) != 4 || ev[0].Kind != track.Revised {
		t.Fatalf("events %v", ev)
	}
	from := epoch().Add(15 * time.Second)
	if !ev[0].From.Equal(from) || ev[0].Revision != 1 {
		t.Errorf("revised from %v, revision %d", ev[0].From, ev[0].Revision)
	}
	for i, want := range []time.Duration{15 * time.Second, 20 * time.Second, 30 * time.Second} {
		e := ev[i+1]
		if e.Kind != track.Updated || !e.Time.Equal(epoch().Add(want)) || !e.Track.State.Time.Equal(e.Time) || e.Revision != 1 || len(e.Lineage) != 1 {
			t.Errorf("event %d: %v at %v", i+1, e.Kind, e.Time)
		}
	}
	if ev[1].Lineage[0].Sensor != "r2" {
		t.Errorf("lineage %+v", ev[1].Lineage)
	}
	if w.tr.Stats().Rewritten != 1 || w.tr.Stats().Revised != 1 {
		t.Errorf("%+v", w.tr.Stats())
	}
}

// Filtered late is filtered in time: the state ends up the same.
func TestLateEqualsInTime(t *testing.T) {
	lateWorld, inTime := newWorld(t, Config{Lag: 30 * time.Second}), newWorld(t, Config{Lag: 30 * time.Second})
	late(lateWorld, 25*time.Second, 20, 30)
	for i := range 4 {
		if i == 2 {
			o := plot(at(home(), 75, 20), 30)
			o.Sensor, o.Time = "r2", epoch().Add(15*time.Second)
			inTime.see(o)
		}
		o := ais("760000001", at(home(), float64(i)*50, 0), 5, 90)
		o.Cov = obs.Round(60)
		o.Has = 0
		inTime.see(o)
		inTime.step(10 * time.Second)
	}
	a, b := lateWorld.one().State, inTime.one().State
	if d := off(lateWorld.one(), b.Position); d > 1e-3 {
		t.Errorf("%.6f m apart", d)
	}
	for i := range 4 {
		for j := range 4 {
			if math.Abs(a.Cov[i][j]-b.Cov[i][j]) > 1e-6*(1+math.Abs(b.Cov[i][j])) {
				t.Errorf("covariance %d,%d: %v and %v", i, j, a.Cov[i][j], b.Cov[i][j])
			}
		}
	}
	if lateWorld.tr.Stats().Rewritten != 1 || lateWorld.tr.Stats().Revised != 0 {
		t.Errorf("%+v", lateWorld.tr.Stats())
	}
}

// What comes later than the lag corrects the present, and what comes later than
// that only says who the track is.
func TestTooLate(t *testing.T) {
	for _, c := range []struct {
		age          time.Duration
		moves        bool
		counted, not uint64
	}{{2 * time.Minute, true, 1, 0}, {6 * time.Minute, false, 0, 1}} {
		w := newWorld(t, Config{})
		for i := range 40 {
			w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
			w.step(10 * time.Second)
		}
		was := w.one().State
		o := ais("760000001", at(home(), 2000-5*c.age.Seconds(), 0), 5, 90)
		o.Time = w.now.Add(-c.age)
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.Name, Value: "LATE"})
		w.see(o)
		w.step(time.Second)
		if st := w.tr.Stats(); (w.one().State != was) && !c.moves || st.Retrodicted != c.counted || st.Late != c.not {
			t.Errorf("%v: %+v", c.age, st)
		}
		if v, _ := w.one().Claimed(obs.Name); v != "LATE" {
			t.Errorf("%v: its claims are lost", c.age)
		}
	}
}

func TestOutOfOrderInsideAStep(t *testing.T) {
	w := newWorld(t, Config{Lag: 30 * time.Second})
	for _, i := range []int{2, 0, 1} {
		o := ais("760000001", at(home(), float64(i)*50, 0), 5, 90)
		o.Time = epoch().Add(time.Duration(i) * 10 * time.Second)
		w.see(o)
	}
	w.step(30 * time.Second)
	if w.tr.Stats().Rewritten != 0 || w.count(track.Updated) != 2 || off(w.one(), at(home(), 100, 0)) > 2 {
		t.Errorf("%+v", w.tr.Stats())
	}
}

func TestClocks(t *testing.T) {
	// Each case changes the times of every report of a boat at 5 m/s.
	for name, set := range map[string]func(i int, o *obs.Observation, received time.Time){
		"an hour ahead, in doubt": func(_ int, o *obs.Observation, received time.Time) {
			o.Time, o.Clock = received.Add(time.Hour), obs.ClockDoubt
		},
		"an hour behind, in doubt": func(_ int, o *obs.Observation, received time.Time) {
			o.Time, o.Clock = received.Add(-time.Hour), obs.ClockDoubt
		},
		"backwards": func(i int, o *obs.Observation, _ time.Time) {
			o.Time, o.Clock = epoch().Add(-time.Duration(i)*10*time.Second), obs.ClockDoubt
		},
		"frozen": func(_ int, o *obs.Observation, _ time.Time) {
			o.Time, o.Clock = epoch(), obs.ClockDoubt
		},
		"an hour ahead, not found out": func(_ int, o *obs.Observation, received time.Time) {
			o.Time = received.Add(time.Hour)
		},
		"none": func(_ int, o *obs.Observation, _ time.Time) {
			o.Time = time.Time{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{Lag: 30 * time.Second})
			for i := range 12 {
				o := ais("760000001", at(home(), float64(i)*50, 0), 5, 90)
				o.Received = w.now
				set(i, &o, w.now)
				made := w.made(o)
				made.Time = o.Time
				w.put(track.Input{Observation: made})
				w.step(10 * time.Second)
			}
			if off(w.one(), at(home(), 550, 0)) > 5 || w.tr.Stats().Updates != 11 {
				t.Errorf("%.0f m off, %+v", off(w.one(), at(home(), 550, 0)), w.tr.Stats())
			}
		})
	}
}

func TestOurOwnClockGoesBack(t *testing.T) {
	w := newWorld(t, Config{Lag: 30 * time.Second})
	for i := range 12 {
		if i == 6 {
			w.now = w.now.Add(-time.Hour)
		}
		w.see(ais("760000001", at(home(), float64(i)*50, 0), 5, 90))
		for range 40 {
			w.step(250 * time.Millisecond)
		}
	}
	if off(w.one(), at(home(), 550, 0)) > 5 || w.tr.Stats().Updates != 11 || w.tr.Stats().ClockSteps != 1 {
		t.Errorf("%.0f m off, %+v", off(w.one(), at(home(), 550, 0)), w.tr.Stats())
	}
}

func TestRestoreGoesOn(t *testing.T) {
	w := newWorld(t, Config{Lag: 30 * time.Second})
	move := func(w *world, i int) {
		w.see(ais("760000001", at(home(), float64(i)*10, 0), 5, 90))
		w.see(obs.Observation{
			Sensor: "drone", Kind: obs.Drone, Measure: obs.Place, Position: at(home(), float64(i)*10, 3000), Cov: obs.Round(2),
			Claims: []obs.Claim{{Kind: obs.SystemID, Value: "7"}},
		})
		o := plot(at(home(), float64(i)*10, 6000), 40)
		o.Sensor, o.Claims = "arpa", []obs.Claim{{Kind: obs.RadarTarget, Value: "arpa/3"}}
		w.see(o)
		w.step(2 * time.Second)
	}
	for i := range 5 {
		move(w, i)
	}
	again := newWorld(t, Config{Lag: 30 * time.Second})
	again.now, again.seq = w.now, w.seq
	again.step(0)
	again.tr.Restore(w.tr.Tracks(), w.tr.Next()+5)
	if again.tr.Hash() == w.tr.Hash() {
		t.Error("the hash does not hold the next id")
	}
	for i := range 3 {
		move(w, 5+i)
		move(again, 5+i)
	}
	if again.tr.Len() != 3 || again.count(track.Born) != 0 {
		t.Fatalf("%d tracks, %d births", again.tr.Len(), again.count(track.Born))
	}
	for i, a := range again.tr.Tracks() {
		if d := off(&a, w.tr.Tracks()[i].State.Position); d > 2 { // how it moves is not in a keyframe
			t.Errorf("%v: %.6f m apart", a.ID, d)
		}
	}
	again.see(ais("760000002", home(), 0, 0))
	again.step(time.Second)
	if got := again.tr.Tracks()[3].ID; got != 9 {
		t.Errorf("the next id is %v", got)
	}
}

// After a restart the sensors become known in the first step: what lies at
// anchor may be silent as long as before.
func TestRestoreBeforeSensors(t *testing.T) {
	w := newWorld(t, Config{Lag: 30 * time.Second})
	for range 3 {
		w.see(ais("760000001", home(), 0, 0))
		w.step(3 * time.Minute)
	}
	again := newWorld(t, Config{Lag: 30 * time.Second})
	again.tr.Restore(w.tr.Tracks(), w.tr.Next())
	again.now = w.now
	again.step(5 * time.Minute)
	if again.tr.Len() != 1 || again.one().Status != track.Confirmed {
		t.Fatalf("%d tracks, %+v", again.tr.Len(), again.events)
	}
}
