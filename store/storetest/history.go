package storetest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/track"
)

// run lets a world go on for some steps and keeps them.
func run(t *testing.T, s Store, w *World, steps int) (kept []store.Step) {
	t.Helper()
	for i := range steps {
		step := w.Step()
		if err := s.Append(t.Context(), step); err != nil {
			t.Fatalf("append step %d: %v", step.N, err)
		}
		kept = append(kept, step)
		if i%32 == 31 {
			check(t, s.Sync(t.Context())) // no faster than the disk
		}
	}
	check(t, s.Sync(t.Context()))
	return kept
}

// collect reads steps.
func collect(t *testing.T, s Store, from, to time.Time) (out []store.Step) {
	t.Helper()
	for step, err := range s.Steps(t.Context(), from, to) {
		check(t, err)
		out = append(out, step)
	}
	return out
}

func testSteps(t *testing.T, place Place) {
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	w := NewWorld(12, s.Resume(), epoch())
	kept := run(t, s, w, 300)
	// An empty step is a step.
	empty := store.Step{N: w.N + 1, Now: w.Now.Add(StepTime), FirstSeq: w.Seq + 1, LastSeq: w.Seq}
	check(t, s.Append(t.Context(), empty))
	want(t, s.Append(t.Context(), empty), store.ErrConflict)
	check(t, s.Sync(t.Context()))
	kept = append(kept, empty)
	closing(t, s)
	want(t, s.Append(t.Context(), store.Step{N: w.N + 2}), store.ErrClosed)

	s = open()
	got := collect(t, s, time.Time{}, time.Time{})
	if len(got) != len(kept) {
		t.Fatalf("%d steps of %d", len(got), len(kept))
	}
	for i := range kept {
		want := kept[i]
		want.Events = new(content.Rounder).Events(want.Events)
		want.Picture = nil
		same(t, fmt.Sprintf("step %d", want.N), got[i], want)
	}
	part := collect(t, s, kept[10].Now, kept[200].Now)
	same(t, "part", part, got[10:200])
	for step, err := range s.Steps(t.Context(), time.Time{}, time.Time{}) { // may be left
		check(t, err)
		same(t, "first", step.N, uint64(1))
		break
	}
	seq := kept[7].Inputs[1].Seq
	o, err := s.Observation(t.Context(), seq)
	check(t, err)
	same(t, "observation", o, *kept[7].Inputs[1].Observation)
	for _, step := range kept {
		for _, in := range step.Inputs {
			if in.Scan != nil && len(in.Scan.Observations) > 0 {
				o, err := s.Observation(t.Context(), in.Scan.Observations[0].Seq)
				check(t, err)
				same(t, "observation of a scan", o, in.Scan.Observations[0])
			}
		}
	}
	_, err = s.Observation(t.Context(), 1<<40)
	want(t, err, store.ErrNotFound)
	closing(t, s)
}

func testPicture(t *testing.T, place Place) {
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	_, err := s.AsKnownAt(t.Context(), epoch())
	want(t, err, store.ErrNotFound)
	w := NewWorld(9, s.Resume(), epoch())
	var at []time.Time
	var pictures [][]track.Track
	for range 700 { // nearly three minutes
		step := w.Step()
		if w.N == 500 { // one goes
			gone := step.Events[0].Track
			gone.Status = track.Ended
			delete(w.tracks, gone.ID)
			step.Events = append(step.Events, track.Event{Kind: track.Died, Time: w.Now, Track: gone})
		}
		check(t, s.Append(t.Context(), step))
		check(t, s.Sync(t.Context()))
		at, pictures = append(at, step.Now), append(pictures, new(content.Rounder).Tracks(w.Picture()))
	}
	for _, i := range []int{0, 1, 17, 238, 239, 240, 241, 300, 498, 499, 500, 501, 699} {
		k, err := s.AsKnownAt(t.Context(), at[i])
		check(t, err)
		same(t, fmt.Sprintf("picture after step %d", i+1), k.Tracks, pictures[i])
		same(t, "step", k.Step, uint64(i+1))
		same(t, "known", k.Known, at[i])
		same(t, "gap", k.Gap, false)
		k, err = s.AsKnownAt(t.Context(), at[i].Add(StepTime-1))
		check(t, err)
		same(t, "picture until the next step", k.Tracks, pictures[i])
	}
	k, err := s.AsKnownAt(t.Context(), at[699].Add(time.Hour))
	check(t, err)
	same(t, "gap behind the last step", k.Gap, true)
	_, err = s.AsKnownAt(t.Context(), epoch())
	want(t, err, store.ErrNotFound)
}

func testGaps(t *testing.T, place Place) {
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	w := NewWorld(4, s.Resume(), epoch())
	run(t, s, w, 20)
	before := w.Now
	for range 10 { // not kept
		w.Step()
	}
	run(t, s, w, 20)
	k, err := s.AsKnownAt(t.Context(), before)
	check(t, err)
	same(t, "before the gap", k.Gap, false)
	k, err = s.AsKnownAt(t.Context(), before.Add(2*time.Second+StepTime))
	check(t, err)
	same(t, "in the gap", k.Gap, true)
	k, err = s.AsKnownAt(t.Context(), w.Now)
	check(t, err)
	same(t, "behind the gap, without a keyframe", k.Gap, true)
	w.keyed = time.Time{}
	run(t, s, w, 2)
	k, err = s.AsKnownAt(t.Context(), w.Now)
	check(t, err)
	same(t, "behind a keyframe", k.Gap, false)
}

func testTrackHistory(t *testing.T, place Place) {
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	w := NewWorld(8, s.Resume(), epoch())
	kept := run(t, s, w, 1000)
	id := track.ID(3)
	var all []track.Event
	var known []time.Time
	for _, step := range kept {
		for _, e := range new(content.Rounder).Events(step.Events) {
			if e.Track.ID == id {
				all, known = append(all, e), append(known, step.Now)
			}
		}
	}
	compare := func(what string, q store.HistoryQuery, from, to int) {
		t.Helper()
		q.Track = id
		got, err := s.TrackHistory(t.Context(), q)
		check(t, err)
		if len(got) != to-from {
			t.Fatalf("%s: %d points, want %d", what, len(got), to-from)
		}
		for i, p := range got {
			e := all[from+i]
			same(t, what, []any{p.State.Time, p.Known, p.State.Position, p.State.East, p.State.North, p.LastSeq, p.Event, p.Kind, p.Status},
				[]any{e.Track.State.Time, known[from+i], e.Track.State.Position, e.Track.State.East, e.Track.State.North, e.Track.LastSeq, e.Kind, e.Track.Kind, e.Track.Status})
			if math.Abs(p.State.Cov[0][0]-e.Track.State.Cov[0][0]) > 0.01*e.Track.State.Cov[0][0] {
				t.Fatalf("%s: covariance %v, want %v", what, p.State.Cov[0][0], e.Track.State.Cov[0][0])
			}
		}
	}
	for range 2 {
		n := len(all)
		compare("all", store.HistoryQuery{}, 0, n)
		compare("from", store.HistoryQuery{From: all[100].Track.State.Time}, 100, n)
		compare("to", store.HistoryQuery{To: all[100].Track.State.Time}, 0, 100)
		compare("part", store.HistoryQuery{From: all[50].Track.State.Time, To: all[180].Track.State.Time}, 50, 180)
		compare("as known", store.HistoryQuery{KnownAt: known[77]}, 0, 78)
		compare("limit", store.HistoryQuery{Limit: 5}, 0, 5)
		got, err := s.TrackHistory(t.Context(), store.HistoryQuery{Track: 99})
		check(t, err)
		same(t, "points of nobody", len(got), 0)
		for what, q := range map[string]struct {
			from, to time.Time
			after    track.ID
			limit    int
			want     []track.ID
		}{
			"tracks":         {epoch(), w.Now, 0, 10, []track.ID{1, 2, 3, 4, 5, 6, 7, 8}},
			"tracks of all":  {limit: 10, want: []track.ID{1, 2, 3, 4, 5, 6, 7, 8}},
			"a page":         {epoch(), w.Now, 2, 3, []track.ID{3, 4, 5}},
			"the last page":  {epoch(), w.Now, 7, 3, []track.ID{8}},
			"tracks before":  {epoch().Add(-time.Hour), epoch().Add(-time.Minute), 0, 10, nil},
			"tracks behind":  {w.Now.Add(time.Hour), time.Time{}, 0, 10, nil},
			"a minute of it": {epoch().Add(time.Minute), epoch().Add(2 * time.Minute), 0, 2, []track.ID{1, 2}},
		} {
			got, err := s.TracksBetween(t.Context(), q.from, q.to, q.after, q.limit)
			check(t, err)
			same(t, what, got, q.want)
		}
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

func testRevisions(t *testing.T, place Place) {
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	at := func(sec int) time.Time { return epoch().Add(time.Duration(sec) * time.Second) }
	event := func(kind track.EventKind, sec int, revision uint32, lat float64) track.Event {
		e := track.Event{Kind: kind, Time: at(sec), Revision: revision, Track: track.Track{ID: 1, Revision: revision, State: track.State{Time: at(sec)}}}
		e.Track.State.Position.Lat = lat
		return e
	}
	revised := event(track.Revised, 5, 1, 5.5)
	revised.From = at(3)
	for i, events := range [][]track.Event{
		{event(track.Born, 1, 0, 1)},
		{event(track.Updated, 2, 0, 2)},
		{event(track.Updated, 3, 0, 3)},
		{event(track.Updated, 4, 0, 4)},
		{event(track.Updated, 5, 0, 5)},
		{event(track.Updated, 3, 1, 3.5), event(track.Updated, 4, 1, 4.5), revised},
		{event(track.Updated, 6, 1, 6)},
	} {
		check(t, s.Append(t.Context(), store.Step{N: uint64(i + 1), Now: at(i + 2), FirstSeq: 1, Events: events}))
	}
	check(t, s.Sync(t.Context()))
	lats := func(q store.HistoryQuery) (out []float64) {
		q.Track = 1
		points, err := s.TrackHistory(t.Context(), q)
		check(t, err)
		for _, p := range points {
			out = append(out, p.State.Position.Lat)
		}
		return out
	}
	same(t, "as known now", lats(store.HistoryQuery{}), []float64{1, 2, 3.5, 4.5, 5.5, 6})
	same(t, "as known before the revision", lats(store.HistoryQuery{KnownAt: at(6)}), []float64{1, 2, 3, 4, 5})
}

func testNumbers(t *testing.T, place Place) {
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	same(t, "of a new store", s.Resume(), store.Resume{})
	w := NewWorld(8, s.Resume(), epoch())
	run(t, s, w, 100)
	closing(t, s)
	s = open()
	r := s.Resume()
	same(t, "after a good end", []uint64{r.Step, r.Seq, uint64(r.Track)}, []uint64{w.N, w.Seq, 8})
	w = NewWorld(8, r, w.Now)
	run(t, s, w, 10)
	closing(t, s)
}

func testEvidence(t *testing.T, place Place) {
	clock := NewClock(epoch())
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events = time.Minute, 2*time.Minute, 2*time.Minute
	policy.Points, policy.Tracks = 3*time.Minute, 5*time.Minute
	open := place(t, Config{Clock: clock, Policy: policy})
	s := open()
	w := NewWorld(8, s.Resume(), epoch())
	kept := run(t, s, w, 20)
	// Two from the past, one of the step that is not yet kept, one that nobody
	// ever saw.
	old1, old2 := kept[3].Inputs[0].Observation, kept[9].Inputs[1].Observation
	next := w.Step()
	now := next.Inputs[0].Observation
	f := Finding(2, 1, next.Now, old1.Seq, old2.Seq, now.Seq, next.LastSeq)
	if next.Inputs[len(next.Inputs)-1].Scan != nil {
		t.Fatal("the last input of this step must be no scan for this test")
	}
	f.Inputs[3] = next.LastSeq + 1<<30
	a := raised(f, next.Now)
	check(t, s.SaveFindings(t.Context(), noted(next.Now, f), []desk.Alert{a}))
	check(t, s.Append(t.Context(), next))
	check(t, s.Sync(t.Context()))
	// Long after everything expired:
	for range 3 {
		run(t, s, w, 700)
		w.Now = w.Now.Add(10 * time.Minute)
	}
	run(t, s, w, 1500)
	if r := s.Retention(); r.ExpiredInputs == 0 || r.ExpiredTracks == 0 {
		t.Fatalf("nothing expired: %+v", r)
	}
	_, err := s.Observation(t.Context(), kept[3].Inputs[1].Seq)
	want(t, err, store.ErrNotFound)
	for range 2 {
		for _, o := range []uint64{old1.Seq, old2.Seq, now.Seq} {
			got, err := s.Observation(t.Context(), o)
			check(t, err)
			same(t, "sequence", got.Seq, o)
		}
		got, err := s.Observation(t.Context(), old2.Seq)
		check(t, err)
		same(t, "evidence", got, *old2)
		points, err := s.TrackHistory(t.Context(), store.HistoryQuery{Track: 2, To: epoch().Add(time.Minute)})
		check(t, err)
		if len(points) < 50 {
			t.Fatalf("%d points are left of a track on which an alert rests", len(points))
		}
		points, err = s.TrackHistory(t.Context(), store.HistoryQuery{Track: 3, To: epoch().Add(time.Minute)})
		check(t, err)
		same(t, "points of another track", len(points), 0)
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

func testThinning(t *testing.T, place Place) {
	clock := NewClock(epoch())
	policy := store.DefaultPolicy()
	policy.Whole, policy.Points = 2*time.Minute, 30*time.Minute
	s := place(t, Config{Clock: clock, Policy: policy})()
	defer closing(t, s)
	w := NewWorld(8, s.Resume(), epoch())
	kept := run(t, s, w, 240)
	changed := w.Step()
	c := Sensor("x", 1, w.Now)
	w.Seq++
	changed.Inputs = append(changed.Inputs, track.Input{Seq: w.Seq, Change: &c})
	changed.LastSeq = w.Seq
	check(t, s.Append(t.Context(), changed))
	end := w.Now
	w.Now = w.Now.Add(3 * time.Hour)
	run(t, s, w, 400)

	r := s.Retention()
	if r.ThinnedSteps < 240 || r.Thinned == 0 || r.ThinnedPoints == 0 || r.ExpiredInputs != 0 {
		t.Fatalf("retention %+v", r)
	}
	steps := collect(t, s, time.Time{}, end.Add(1))
	same(t, "steps", len(steps), 241)
	seen := map[string]bool{}
	changes := 0
	for i, step := range steps {
		if !step.Thinned {
			t.Fatalf("step %d is not thinned", step.N)
		}
		if i < 240 && len(step.Events) != len(kept[i].Events) {
			t.Fatalf("step %d lost events", step.N)
		}
		for _, in := range step.Inputs {
			if in.Change != nil {
				changes++
			}
			if in.Observation == nil {
				continue
			}
			key := fmt.Sprint(in.Observation.Sensor, in.Observation.Claims, step.Now.Unix()/10)
			if seen[key] {
				t.Fatalf("step %d: %s comes twice in ten seconds", step.N, key)
			}
			seen[key] = true
		}
	}
	same(t, "changes", changes, 1)
	if len(seen) < 6*8 || len(seen) > 7*8 {
		t.Fatalf("%d observations of 8 boats are left of a minute", len(seen))
	}
	points, err := s.TrackHistory(t.Context(), store.HistoryQuery{Track: 3, To: end})
	check(t, err)
	if len(points) < 6 || len(points) > 9 || points[0].Event != track.Born {
		t.Fatalf("%d points are left of a minute, the first is %v", len(points), points[0].Event)
	}
}

func testExpiry(t *testing.T, place Place) {
	clock := NewClock(epoch())
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events = time.Minute, 2*time.Minute, 3*time.Minute
	policy.Findings = time.Hour
	s := place(t, Config{Clock: clock, Policy: policy})()
	defer closing(t, s)
	plain, alerting := Finding(1, 1, epoch()), Finding(2, 1, epoch())
	plain.Alert = false
	check(t, s.SaveFindings(t.Context(), noted(epoch(), plain, alerting), []desk.Alert{raised(alerting, epoch())}))
	w := NewWorld(8, s.Resume(), epoch())
	kept := run(t, s, w, 480)
	end := w.Now
	w.Now = w.Now.Add(100 * time.Minute)
	run(t, s, w, 480)
	r := s.Retention()
	if r.ExpiredInputs == 0 || r.ExpiredEvents != 480 || r.Findings != 1 || r.Early != 0 {
		t.Fatalf("retention %+v", r)
	}
	same(t, "steps", len(collect(t, s, time.Time{}, end.Add(1))), 0)
	fs, err := s.Findings(t.Context(), store.FindingQuery{})
	check(t, err)
	same(t, "findings", len(fs), 1)
	// The picture of then is the keyframe, and says so.
	k, err := s.AsKnownAt(t.Context(), end)
	check(t, err)
	same(t, "gap", k.Gap, true)
	if len(k.Tracks) == 0 || k.Step > kept[len(kept)-1].N {
		t.Fatalf("keyframe of step %d with %d tracks", k.Step, len(k.Tracks))
	}
	points, err := s.TrackHistory(t.Context(), store.HistoryQuery{Track: 3, To: end})
	check(t, err)
	if len(points) < 100 {
		t.Fatalf("%d points are left of two minutes", len(points))
	}
	same(t, "storage", s.Storage().State, desk.StorageOK)
}
