package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/track"
)

// advance takes progress into a picture.
func advance(picture map[track.ID]track.Track, p store.Progress) {
	if p.Whole {
		clear(picture)
	}
	for _, x := range p.Tracks {
		picture[x.ID] = x
	}
	for _, g := range p.Gone {
		delete(picture, g.ID)
	}
}

func listed(picture map[track.ID]track.Track) []track.Track {
	out := []track.Track{}
	for _, id := range slices.Sorted(maps.Keys(picture)) {
		out = append(out, picture[id])
	}
	return out
}

// testProgress plays the history at several paces: after every piece of it the
// picture is the one that was known then, through ends, mergers, gaps and
// restarts.
func testProgress(t *testing.T, place Place) {
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	w := NewWorld(9, s.Resume(), epoch())
	var at []time.Time
	var steps []uint64
	keep := func(step store.Step) {
		check(t, s.Append(t.Context(), step))
		check(t, s.Sync(t.Context()))
		at, steps = append(at, step.Now), append(steps, step.N)
	}
	for i := range 800 {
		step := w.Step()
		switch i {
		case 100, 101, 400: // some end, one merges
			gone := step.Events[0].Track
			gone.Status = track.Ended
			e := track.Event{Kind: track.Died, Time: w.Now, Track: gone}
			if i == 101 {
				e.Kind, e.Other = track.Merged, 9
			}
			delete(w.tracks, gone.ID)
			step.Events = append(step.Events, e)
		case 200, 201, 202, 203, 204: // not kept: without a keyframe behind
			continue
		case 320, 321: // not kept: with one
			continue
		case 322:
			step.Picture = w.Picture()
		case 500: // the program stands still, and starts again
			closing(t, s)
			s = open()
			w.Now = w.Now.Add(5 * time.Minute)
			w.keyed = time.Time{}
			step = w.Step()
		}
		keep(step)
	}
	defer func() { closing(t, s) }()
	for _, pace := range []int{1, 3, 60, 700} {
		k, err := s.AsKnownAt(t.Context(), at[5])
		check(t, err)
		picture := map[track.ID]track.Track{}
		for _, x := range k.Tracks {
			picture[x.ID] = x
		}
		last := k.Step
		for i := 5 + pace; i < len(at); i += pace {
			p, err := s.Since(t.Context(), last, at[i])
			check(t, err)
			same(t, fmt.Sprintf("step at pace %d", pace), p.Step, steps[i])
			same(t, "known", p.Known, at[i])
			advance(picture, p)
			want, err := s.AsKnownAt(t.Context(), at[i])
			check(t, err)
			same(t, fmt.Sprintf("picture after step %d at pace %d", steps[i], pace), listed(picture), want.Tracks)
			// Nothing more until the next step.
			p, err = s.Since(t.Context(), p.Step, at[i].Add(time.Millisecond))
			check(t, err)
			same(t, "nothing new", p, store.Progress{Step: steps[i]})
			last = p.Step
		}
	}
	p, err := s.Since(t.Context(), steps[100], at[101])
	check(t, err)
	merged := p.Gone[len(p.Gone)-1]
	same(t, "gone into", []track.ID{track.ID(len(p.Gone)), merged.Into}, []track.ID{1, 9})
	// In the pause nothing is known, and nothing changes.
	p, err = s.Since(t.Context(), steps[492], at[492].Add(time.Minute))
	check(t, err)
	same(t, "in a pause", p, store.Progress{Step: steps[492]})
}

func testExtent(t *testing.T, place Place) {
	clock := NewClock(epoch())
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events = time.Minute, 2*time.Minute, 2*time.Minute
	policy.Tracks = time.Hour
	open := place(t, Config{Clock: clock, Policy: policy})
	s := open()
	e, err := s.Extent(t.Context())
	check(t, err)
	same(t, "of a new store", e, store.Extent{})
	w := NewWorld(4, s.Resume(), epoch())
	first := run(t, s, w, 100)
	e, err = s.Extent(t.Context())
	check(t, err)
	same(t, "of a young store", e, store.Extent{Oldest: first[0].Now, Newest: w.Now, Detail: first[0].Now, Observations: first[0].Now, Lineages: first[0].Now})

	stopped := w.Now
	closing(t, s)
	s = open()
	w.Now = w.Now.Add(30 * time.Second)
	w.keyed = time.Time{}
	second := run(t, s, w, 200)
	for range 3 { // lost again and again: one gap
		w.Step()
		w.Step()
		run(t, s, w, 1)
	}
	run(t, s, w, 20)
	within := func(gap store.Gap, from, to time.Time) {
		t.Helper()
		if gap.From.After(from) || gap.From.Before(from.Add(-time.Second)) || gap.To.Before(to) || gap.To.After(to.Add(time.Second)) {
			t.Fatalf("gap %v, want from %v to %v", gap, from, to)
		}
	}
	for range 2 {
		e, err = s.Extent(t.Context())
		check(t, err)
		if len(e.Gaps) != 2 {
			t.Fatalf("gaps %v", e.Gaps)
		}
		within(e.Gaps[0], stopped, second[0].Now)
		within(e.Gaps[1], second[len(second)-1].Now, second[len(second)-1].Now.Add(9*StepTime))
		closing(t, s)
		s = open()
	}
	// Long after, observations are thinned and events gone; one picture in ten
	// minutes is left of them.
	run(t, s, w, 240*5)
	e, err = s.Extent(t.Context())
	check(t, err)
	// Of the step behind the oldest keyframe only its second is left.
	same(t, "oldest", e.Oldest, first[0].Now.Truncate(time.Second).Add(time.Second))
	same(t, "newest", e.Newest, w.Now)
	same(t, "gaps of what is not kept in detail", len(e.Gaps), 0)
	near := func(what string, got time.Time, age time.Duration) {
		t.Helper()
		if d := w.Now.Sub(got); d < age-time.Second || d > age+61*time.Second {
			t.Fatalf("%s is of %v ago, want %v", what, d, age)
		}
	}
	near("observations", e.Observations, policy.Whole)
	near("lineages", e.Lineages, policy.Whole)
	near("detail", e.Detail.Add(-time.Minute), policy.Events) // from a keyframe on
	for _, at := range []time.Time{e.Detail, e.Detail.Add(90 * time.Second), e.Newest} {
		k, err := s.AsKnownAt(t.Context(), at)
		check(t, err)
		same(t, "gap in detail", k.Gap, false)
	}
	k, err := s.AsKnownAt(t.Context(), e.Oldest)
	check(t, err)
	same(t, "oldest picture", k.Known, first[0].Now)
	_, err = s.AsKnownAt(t.Context(), first[0].Now.Add(-1))
	want(t, err, store.ErrNotFound)
	k, err = s.AsKnownAt(t.Context(), e.Detail.Add(-30*time.Second))
	check(t, err)
	same(t, "gap before detail", k.Gap, true)
	closing(t, s)
}

// testPastAlerts: alerts come back as they stood, whatever happened to them
// since; they are counted and found by when they were raised.
func testPastAlerts(t *testing.T, place Place) {
	ctx := t.Context()
	s := place(t, Config{Clock: NewClock(epoch())})()
	defer closing(t, s)
	at := func(min int) time.Time { return epoch().Add(time.Duration(min) * time.Minute) }
	save := func(known time.Time, a desk.Alert) {
		t.Helper()
		check(t, s.SaveFindings(ctx, noted(known, a.Finding), []desk.Alert{a}))
	}
	// A is raised, acknowledged, revised and closed; B is raised later and stays
	// open; C is withdrawn; D is a finding only.
	a := raised(Finding(1, 1, at(0)), at(0))
	save(at(0), a)
	acked := decision(a, desk.WasAcknowledged, "r1", at(10))
	check(t, s.SaveDecision(ctx, acked))
	revised := acked
	revised.Finding = Finding(1, 2, at(0))
	revised.Finding.Probability = 0.5
	save(at(15), revised)
	closed := decision(revised, desk.WasClosed, "r2", at(20))
	check(t, s.SaveDecision(ctx, closed))
	b := raised(Finding(2, 1, at(12)), at(12).Add(20*time.Second))
	b.Finding.Priority, b.Priority = rule.Top, rule.Top
	save(at(12).Add(20*time.Second), b)
	c := raised(Finding(3, 1, at(30)), at(30))
	save(at(30), c)
	withdrawn := c.With(desk.Change{Version: 2, Kind: desk.WasWithdrawn, At: at(40), Revision: 2})
	withdrawn.Finding = Finding(3, 2, at(30))
	save(at(40), withdrawn)
	d := Finding(4, 1, at(33))
	d.Alert, d.Priority = false, rule.Low
	check(t, s.SaveFindings(ctx, noted(at(33), d), nil))

	stood := func(since, then time.Time) (out []string) {
		t.Helper()
		all, err := s.AlertsAsKnown(ctx, since, then)
		check(t, err)
		for i := range all {
			x := &all[i]
			out = append(out, fmt.Sprintf("%d %s v%d r%d p%d", x.Finding.Track, x.State, x.Version, x.Finding.Revision, x.Priority))
			if x.Withdrawn {
				out[len(out)-1] += " withdrawn"
			}
		}
		return out
	}
	for _, tt := range []struct {
		at   time.Time
		want []string
	}{
		{at(0).Add(-1), nil},
		{at(0), []string{"1 new v1 r1 p3"}},
		{at(10).Add(-1), []string{"1 new v1 r1 p3"}},
		{at(10), []string{"1 acknowledged v2 r1 p3"}},
		{at(12).Add(19 * time.Second), []string{"1 acknowledged v2 r1 p3"}},
		{at(12).Add(20 * time.Second), []string{"1 acknowledged v2 r1 p3", "2 new v1 r1 p4"}},
		{at(16), []string{"1 acknowledged v2 r2 p3", "2 new v1 r1 p4"}},
		{at(20), []string{"2 new v1 r1 p4"}},
		{at(35), []string{"2 new v1 r1 p4", "3 new v1 r1 p3"}},
		{at(50), []string{"2 new v1 r1 p4", "3 new v2 r2 p3 withdrawn"}},
	} {
		same(t, fmt.Sprintf("open at %v", tt.at), stood(time.Time{}, tt.at), tt.want)
	}
	for _, tt := range []struct {
		since, at time.Time
		want      []string
	}{
		{at(0).Add(-1), at(0), []string{"1 new v1 r1 p3"}},
		{at(0), at(9), nil},
		{at(0), at(12), []string{"1 acknowledged v2 r1 p3"}},
		{at(11), at(12), nil},
		{at(14), at(16), []string{"1 acknowledged v2 r2 p3"}},
		{at(16), at(20), []string{"1 closed v3 r2 p3"}},
		{at(20), at(29), nil},
		{at(39), at(41), []string{"3 new v2 r2 p3 withdrawn"}},
	} {
		same(t, fmt.Sprintf("from %v to %v", tt.since, tt.at), stood(tt.since, tt.at), tt.want)
	}

	tally, err := s.Tally(ctx, at(0), 10, 4)
	check(t, err)
	same(t, "tally", tally, []store.Tally{
		{Findings: 1, Alerts: [4]int{0, 0, 1, 0}},
		{Findings: 1, Alerts: [4]int{0, 0, 0, 1}},
		{},
		{Findings: 2, Alerts: [4]int{0, 0, 1, 0}},
	})
	for _, tt := range []struct {
		at      time.Time
		back    bool
		least   rule.Priority
		alert   track.ID
		finding track.ID
	}{
		{at(-60), false, rule.Low, 1, 1},
		{at(0), false, rule.Low, 2, 2},
		{at(-60), false, rule.Top, 2, 2},
		{at(12), false, rule.Low, 2, 2},
		{at(31), false, rule.Low, 0, 4},
		{at(60), false, rule.Low, 0, 0},
		{at(60), true, rule.Low, 3, 4},
		{at(60), true, rule.Top, 2, 2},
		{at(30), true, rule.Low, 2, 2},
		{at(0), true, rule.Low, 0, 0},
	} {
		name := fmt.Sprintf("from %v, back %v, at least %d", tt.at, tt.back, tt.least)
		if a, err := s.NextAlert(ctx, tt.at, tt.back, tt.least); tt.alert == 0 {
			want(t, err, store.ErrNotFound)
		} else {
			check(t, err)
			same(t, "alert "+name, a.Finding.Track, tt.alert)
		}
		if f, err := s.NextFinding(ctx, tt.at, tt.back, tt.least); tt.finding == 0 {
			want(t, err, store.ErrNotFound)
		} else {
			check(t, err)
			same(t, "finding "+name, f.Track, tt.finding)
		}
	}
}
