package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/watch"
)

func testAlerts(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	got, err := s.OpenAlerts(ctx)
	check(t, err)
	same(t, "alerts of an empty store", len(got), 0)
	_, err = s.AlertByID(ctx, "A1")
	want(t, err, store.ErrNotFound)

	now := clock.Now()
	var all []desk.Alert
	for i := 1; i <= 3; i++ {
		a := raised(Finding(i, 1, now, uint64(i)), now)
		all = append(all, a)
		check(t, s.SaveFindings(ctx, noted(now, a.Finding), []desk.Alert{a}))
	}
	check(t, s.SaveFindings(ctx, noted(now, all[0].Finding), all[:1])) // again: nothing changes

	// A revision that withdraws.
	f := Finding(2, 2, now, 2, 5)
	f.Status = watch.Withdrawn
	all[1] = all[1].With(desk.Change{Version: 2, Kind: desk.WasWithdrawn, At: now.Add(time.Second), Revision: 2})
	all[1].Finding, all[1].Priority = f, rule.Top
	check(t, s.SaveFindings(ctx, noted(now.Add(time.Second), f), all[1:2]))

	stale := raised(Finding(2, 1, now), now)
	want(t, s.SaveFindings(ctx, nil, []desk.Alert{stale}), store.ErrConflict)

	for range 2 {
		got, err = s.OpenAlerts(ctx)
		check(t, err)
		same(t, "open alerts", got, all)
		one, err := s.AlertByID(ctx, all[1].ID)
		check(t, err)
		same(t, "one alert", one, all[1])
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

func testDecisions(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	now := clock.Now()
	a := raised(Finding(1, 1, now), now)
	unsaved := decision(a, desk.WasAcknowledged, "r1", now)
	want(t, s.SaveDecision(ctx, unsaved), store.ErrConflict)
	check(t, s.SaveFindings(ctx, noted(now, a.Finding), []desk.Alert{a}))

	_, _, err := s.DecisionByRequest(ctx, "r1")
	want(t, err, store.ErrNotFound)
	acked := decision(a, desk.WasAcknowledged, "r1", now)
	check(t, s.SaveDecision(ctx, acked))
	want(t, s.SaveDecision(ctx, acked), store.ErrConflict)                                        // the same again
	want(t, s.SaveDecision(ctx, decision(a, desk.WasAcknowledged, "r2", now)), store.ErrConflict) // too late
	want(t, s.SaveDecision(ctx, decision(acked, desk.WasClosed, "r1", now)), store.ErrConflict)   // request known
	id, c, err := s.DecisionByRequest(ctx, "r1")
	check(t, err)
	same(t, "alert of the request", id, a.ID)
	same(t, "decision of the request", c, acked.Changes[1])
	got, err := s.AlertByID(ctx, a.ID)
	check(t, err)
	same(t, "alert after refused decisions", got, acked)

	done := decision(acked, desk.WasClosed, "r3", now)
	check(t, s.SaveDecision(ctx, done))
	closing(t, s)
	s = open()
	got, err = s.AlertByID(ctx, a.ID)
	check(t, err)
	same(t, "closed alert", got, done)
	left, err := s.OpenAlerts(ctx)
	check(t, err)
	same(t, "open alerts", len(left), 0)
	closing(t, s)
}

// testIncident keeps decisions about several alerts, all or none.
func testIncident(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	now := clock.Now()
	var all, acked []desk.Alert
	for i := 1; i <= 3; i++ {
		a := raised(Finding(i, 1, now), now)
		a = a.With(desk.Change{Version: 2, Kind: desk.WasGrouped, At: now, Revision: 1, Incident: "AINCIDENT"})
		all = append(all, a)
		check(t, s.SaveFindings(ctx, noted(now, a.Finding), []desk.Alert{a}))
		request := []string{"r", "", ""}[i-1]
		acked = append(acked, decision(a, desk.WasAcknowledged, request, now))
	}
	torn := slices.Clone(acked)
	torn[2].Version++
	want(t, s.SaveDecision(ctx, torn...), store.ErrConflict)
	got, err := s.OpenAlerts(ctx)
	check(t, err)
	same(t, "after a decision that was refused", got, all)
	check(t, s.SaveDecision(ctx, acked...))

	// On the shelf and back, with what was counted there.
	shelved := decision(acked[0], desk.WasShelved, "s", now)
	shelved.Changes[3].Until = now.Add(time.Hour)
	shelved.Shelved.Until = now.Add(time.Hour)
	check(t, s.SaveDecision(ctx, shelved))
	shelf := *shelved.Shelved
	shelf.Count, shelved.Shelved, shelved.Count = 4, &shelf, 6
	check(t, s.SaveFindings(ctx, nil, []desk.Alert{shelved}))
	closing(t, s)
	s = open()
	got, err = s.OpenAlerts(ctx)
	check(t, err)
	same(t, "acknowledged and shelved", got, []desk.Alert{shelved, acked[1], acked[2]})
	closing(t, s)
}

// testWaiting keeps which findings wait, and what became of them.
func testWaiting(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	now := clock.Now()
	waits := noted(now, Finding(1, 1, now, 11), Finding(2, 1, now, 12), Finding(3, 1, now, 13))
	for i := range waits {
		waits[i].Waits = true
	}
	check(t, s.SaveFindings(ctx, waits, nil))
	waits[0].Revision = 2
	check(t, s.SaveFindings(ctx, waits[:1], nil))
	fell := noted(now, Finding(2, 2, now, 12))
	check(t, s.SaveFindings(ctx, fell, nil))
	closing(t, s)
	s = open()
	got, err := s.WaitingFindings(ctx)
	check(t, err)
	same(t, "waiting", got, []desk.Noted{waits[2], waits[0]})
	told := waits[2]
	told.Waits, told.Of = false, "A1"
	check(t, s.SaveFindings(ctx, []desk.Noted{told}, nil))
	got, err = s.WaitingFindings(ctx)
	check(t, err)
	same(t, "waiting after one was told", got, waits[:1])
	closing(t, s)
}

// testKinds asks for closed alerts by kind.
func testKinds(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	kinds := []rule.Kind{rule.Alert, rule.Notice, rule.Health}
	for i := range 9 {
		now := clock.Advance(time.Second)
		f := Finding(i+1, 1, now)
		a := raised(f, now)
		a.Kind = kinds[i%3]
		a = decision(a, desk.WasCleared, "", now)
		check(t, s.SaveFindings(ctx, noted(now, f), []desk.Alert{a}))
	}
	for n, f := range map[int]desk.Filter{
		9: {}, 3: {Kinds: kinds[:1]}, 6: {Kinds: kinds[1:]}, 0: {Kinds: []rule.Kind{rule.Insight}},
	} {
		page, err := s.ClosedAlerts(ctx, f)
		check(t, err)
		same(t, fmt.Sprint(f.Kinds), len(page.Alerts), n)
		for _, a := range page.Alerts {
			if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, a.Kind) {
				t.Errorf("%v: %s", f.Kinds, a.Kind)
			}
		}
	}
}

func testClosed(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	const n = 250
	var ids []desk.AlertID // newest first
	for i := 1; i <= n; i++ {
		now := clock.Advance(time.Second)
		f := Finding(i, 1, now)
		f.Priority = rule.Priority(1 + i%4)
		a := raised(f, now)
		check(t, s.SaveFindings(ctx, noted(now, f), []desk.Alert{a}))
		b := decision(a, desk.WasAcknowledged, fmt.Sprint("a", i), now)
		check(t, s.SaveDecision(ctx, b))
		check(t, s.SaveDecision(ctx, decision(b, desk.WasClosed, fmt.Sprint("c", i), now)))
		ids = append([]desk.AlertID{a.ID}, ids...)
	}
	pages := func(f desk.Filter) (got []desk.AlertID) {
		for range n {
			p, err := s.ClosedAlerts(ctx, f)
			check(t, err)
			if len(p.Alerts) > f.Size() {
				t.Fatalf("page of %d alerts, limit %d", len(p.Alerts), f.Size())
			}
			for _, a := range p.Alerts {
				got = append(got, a.ID)
			}
			if p.Next == "" {
				return got
			}
			f.After = p.Next
		}
		t.Fatal("the pages do not end")
		return nil
	}
	same(t, "all, in pages", pages(desk.Filter{Limit: 33}), ids)
	same(t, "all, in large pages", pages(desk.Filter{Limit: 1000}), ids)
	same(t, "top priority", len(pages(desk.Filter{Limit: 7, MinPriority: rule.Top})), n/4)
	from, to := epoch().Add(100*time.Second), epoch().Add(120*time.Second)
	same(t, "of twenty seconds", pages(desk.Filter{Limit: 6, Since: from, Until: to}), ids[n-119:n-99])
	_, err := s.ClosedAlerts(ctx, desk.Filter{After: "x"})
	want(t, err, desk.ErrInvalid)
}

func testFindings(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	var known []time.Time
	for i := range 6 {
		now := clock.Advance(time.Minute)
		known = append(known, now)
		f := Finding(1+i%2, uint32(1+i/2), now)
		f.Alert = false
		check(t, s.SaveFindings(ctx, noted(now, f), nil))
		check(t, s.SaveFindings(ctx, noted(now, f), nil))
	}
	list := func(q store.FindingQuery) (out []string) {
		fs, err := s.Findings(ctx, q)
		check(t, err)
		for _, f := range fs {
			out = append(out, fmt.Sprintf("%s r%d", f.Track, f.Revision))
		}
		return out
	}
	same(t, "latest", list(store.FindingQuery{}), []string{"T2 r3", "T1 r3"})
	same(t, "all", list(store.FindingQuery{All: true}), []string{"T2 r3", "T1 r3", "T2 r2", "T1 r2", "T2 r1", "T1 r1"})
	same(t, "of a track", list(store.FindingQuery{All: true, Track: 1}), []string{"T1 r3", "T1 r2", "T1 r1"})
	same(t, "of a time", list(store.FindingQuery{All: true, From: known[1], To: known[3]}), []string{"T1 r2", "T2 r1"})
	first, err := s.Findings(ctx, store.FindingQuery{All: true, Limit: 2})
	check(t, err)
	same(t, "second page", list(store.FindingQuery{All: true, Limit: 2, Before: first[1].Number}), []string{"T2 r2", "T1 r2"})
}
