package storetest

import (
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/track"
)

// told reads all that is kept of what happened to a track.
func told(t *testing.T, s Store, id track.ID, from, to time.Time) []store.Told {
	t.Helper()
	out, err := s.Told(t.Context(), id, from, to, 1<<20)
	check(t, err)
	return out
}

// tells gives what steps tell of a track, as a store gives it.
func tells(steps []store.Step, id track.ID) (out []store.Told) {
	for _, step := range steps {
		step.Events = new(content.Rounder).Events(step.Events)
		out = append(out, step.Tell(id)...)
	}
	return out
}

// testTold asks what happened to a track, while its steps are whole.
func testTold(t *testing.T, place Place) {
	open := place(t, Config{Clock: NewClock(epoch())})
	s := open()
	w := NewWorld(8, s.Resume(), epoch())
	last, err := s.LastTold(t.Context(), 3)
	check(t, err)
	same(t, "of a track that never was", last, time.Time{})
	kept := run(t, s, w, 600)
	end := w.Now.Add(1)
	for range 2 {
		same(t, "all", told(t, s, 3, epoch(), end), tells(kept, 3))
		same(t, "part", told(t, s, 3, kept[100].Now, kept[200].Now), tells(kept[100:200], 3))
		newest, err := s.Told(t.Context(), 3, epoch(), end, 5)
		check(t, err)
		all := tells(kept, 3)
		same(t, "the newest", newest, all[len(all)-5:])
		same(t, "of nobody", len(told(t, s, 99, epoch(), end)), 0)
		last, err := s.LastTold(t.Context(), 3)
		check(t, err)
		if last.Before(w.Now.Add(-2*time.Second)) || last.After(w.Now.Add(time.Minute)) {
			t.Fatalf("last told at %s, and now is %s", last, w.Now)
		}
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

// testPinned lets everything expire, but what an alert and a document rest on.
func testPinned(t *testing.T, place Place) {
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events = 5*time.Minute, 10*time.Minute, 10*time.Minute
	open := place(t, Config{Clock: NewClock(epoch()), Policy: policy})
	s := open()
	w := NewWorld(8, s.Resume(), epoch())
	kept := run(t, s, w, 400)
	f := Finding(2, 1, w.Now, kept[399].LastSeq)
	check(t, s.SaveFindings(t.Context(), noted(w.Now, f), []desk.Alert{raised(f, w.Now)}))
	span := desk.TrackSpan{Track: 5, From: epoch(), To: epoch().Add(time.Minute)}
	doc := desk.Document{Kind: "case", ID: "C1", Version: 1, At: w.Now, Body: []byte("{}"), Request: "r1"}
	check(t, s.SaveDocument(t.Context(), doc, desk.Rests{Tracks: []desk.TrackSpan{span}}))
	kept = append(kept, run(t, s, w, 100)...)
	end := w.Now.Add(1)
	for range 5 { // hours later
		w.Now = w.Now.Add(2 * time.Hour)
		run(t, s, w, 300)
	}
	r := s.Retention()
	if r.Pinned == 0 || r.ExpiredEvents < 500 || r.ExpiredInputs < 500 {
		t.Fatalf("retention %+v", r)
	}
	same(t, "steps", len(collect(t, s, epoch(), end)), 0)
	for range 2 {
		same(t, "what the alert rests on", told(t, s, 2, epoch(), end), tells(kept, 2))
		same(t, "what nothing rests on", len(told(t, s, 3, epoch(), end)), 0)
		var want []store.Told
		for _, x := range tells(kept, 5) { // to the minute
			if x.Known.Before(span.To.Truncate(time.Minute).Add(time.Minute)) {
				want = append(want, x)
			}
		}
		same(t, "what the document rests on", told(t, s, 5, epoch(), end), want)
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

// testRoom lets the history press: what is named is thinned first, nothing that
// an alert rests on is, and all of it is recorded.
func testRoom(t *testing.T, place Place) {
	policy := store.DefaultPolicy()
	policy.MaxBytes, policy.MinFree = 5<<20, 1
	s := place(t, Config{Clock: NewClock(epoch()), Policy: policy})()
	defer closing(t, s)
	w := NewWorld(80, s.Resume(), epoch())
	kept := run(t, s, w, 400)
	f := Finding(2, 1, w.Now)
	check(t, s.SaveFindings(t.Context(), noted(w.Now, f), []desk.Alert{raised(f, w.Now)}))
	kept = append(kept, run(t, s, w, 100)...)
	end := w.Now.Add(1)
	run(t, s, w, 300)
	w.Now = w.Now.Add(90 * time.Minute)
	r := s.Retention()
	for n := 0; r.ThinnedSteps < 500 && n < 2000; n++ {
		run(t, s, w, 1)
		r = s.Retention()
	}
	if r.ThinnedSteps < 500 || r.ExpiredEvents > 0 || r.Early < 500 {
		t.Fatalf("retention %+v", r)
	}
	same(t, "what the alert rests on", told(t, s, 2, epoch(), end), tells(kept, 2))
	var whole, thinned, scans int
	for _, step := range collect(t, s, epoch(), end) {
		for _, in := range step.Inputs {
			if in.Scan != nil {
				scans++
			}
		}
		for _, x := range step.Tell(3) {
			if x.Thinned {
				thinned++
			} else {
				whole++
			}
		}
	}
	same(t, "scans", scans, 50)
	if whole < 12 || whole > 15 || thinned < 100 {
		t.Fatalf("of a named track %d lineages are left, and %d were thinned", whole, thinned)
	}
	list, err := s.Thinnings(t.Context(), epoch(), end.Add(time.Hour))
	check(t, err)
	sum := map[string]uint64{}
	for _, x := range list {
		if x.Why != store.ThinRoom || x.From.Before(epoch()) || x.To.After(end.Add(2*time.Minute)) || x.Dropped > x.Had || x.Dropped == 0 {
			t.Fatalf("thinned %+v", x)
		}
		sum[x.What] += x.Dropped
	}
	same(t, "recorded", sum, map[string]uint64{store.ThinObservations: r.Thinned, store.ThinLineages: r.Lineages})
	list, err = s.Thinnings(t.Context(), end.Add(2*time.Minute), w.Now)
	check(t, err)
	same(t, "of what is whole", len(list), 0)
	e, err := s.Extent(t.Context())
	check(t, err)
	if e.Lineages.Before(end) || e.Observations.Before(end) || !e.Detail.Equal(kept[0].Now) {
		t.Fatalf("extent %+v", e)
	}
}
