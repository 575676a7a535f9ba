package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
)

const caseKind desk.DocumentKind = "case"

func document(id string, version uint64, request string, at time.Time) desk.Document {
	return desk.Document{
		Kind: caseKind, ID: id, Version: version, At: at, Who: officer(), Request: request, Open: true,
		Body: fmt.Appendf(nil, `{"title":"%s, %d"}`, id, version),
	}
}

func testDocuments(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	_, err := s.DocumentByID(ctx, caseKind, "C1")
	want(t, err, store.ErrNotFound)
	_, err = s.DocumentByRequest(ctx, "r1")
	want(t, err, store.ErrNotFound)
	none, err := s.DocumentVersions(ctx, caseKind, "C1")
	check(t, err)
	same(t, "versions of nothing", len(none), 0)

	one := document("C1", 1, "r1", clock.Now())
	two := document("C1", 2, "r2", clock.Advance(time.Second))
	own := document("C1", 3, "", clock.Advance(time.Second)) // the program's
	own.Who, own.Open = desk.Who{}, false
	want(t, s.SaveDocument(ctx, two, desk.Rests{}), store.ErrConflict) // the first is missing
	check(t, s.SaveDocument(ctx, one, desk.Rests{}))
	want(t, s.SaveDocument(ctx, one, desk.Rests{}), store.ErrConflict)                                  // again
	want(t, s.SaveDocument(ctx, document("C1", 3, "r3", clock.Now()), desk.Rests{}), store.ErrConflict) // one left out
	want(t, s.SaveDocument(ctx, document("C1", 2, "r1", clock.Now()), desk.Rests{}), store.ErrConflict) // request known
	want(t, s.SaveDocument(ctx, document("C2", 1, "r1", clock.Now()), desk.Rests{}), store.ErrConflict) // of another one too
	large := document("C2", 1, "r4", clock.Now())
	large.Body = make([]byte, desk.MaxDocument+1)
	want(t, s.SaveDocument(ctx, large, desk.Rests{}), desk.ErrInvalid)
	check(t, s.SaveDocument(ctx, two, desk.Rests{}))
	check(t, s.SaveDocument(ctx, own, desk.Rests{}))
	other := document("C1", 1, "r5", clock.Now())
	other.Kind = "report" // ids are of a kind
	check(t, s.SaveDocument(ctx, other, desk.Rests{}))
	full := document("C2", 1, "r6", clock.Now())
	full.Body = make([]byte, desk.MaxDocument)
	check(t, s.SaveDocument(ctx, full, desk.Rests{}))

	for range 2 {
		got, err := s.DocumentByID(ctx, caseKind, "C1")
		check(t, err)
		same(t, "the newest", got, own)
		got, err = s.DocumentByRequest(ctx, "r1")
		check(t, err)
		same(t, "of a request", got, one)
		all, err := s.DocumentVersions(ctx, caseKind, "C1")
		check(t, err)
		same(t, "versions", all, []desk.Document{one, two, own})
		got, err = s.DocumentByID(ctx, caseKind, "C2")
		check(t, err)
		same(t, "a large one", len(got.Body), desk.MaxDocument)
		n, err := s.CountDocuments(ctx, caseKind)
		check(t, err)
		same(t, "count", n, uint64(2))
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

func testDocumentLists(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	const n = 60
	known := map[string]time.Time{}
	for i := 1; i <= n; i++ {
		id := fmt.Sprint("C", i)
		known[id] = clock.Advance(10 * time.Second)
		check(t, s.SaveDocument(ctx, document(id, 1, fmt.Sprint("a", i), known[id]), desk.Rests{}))
	}
	for i := 3; i <= n; i += 3 { // every third is closed, and is the newest then
		id := fmt.Sprint("C", i)
		known[id] = clock.Advance(10 * time.Second)
		d := document(id, 2, fmt.Sprint("b", i), known[id])
		d.Open = false
		check(t, s.SaveDocument(ctx, d, desk.Rests{}))
	}
	var closed, left []string // newest first
	for i := n; i >= 1; i-- {
		if i%3 == 0 {
			closed = append(closed, fmt.Sprint("C", i))
		} else {
			left = append(left, fmt.Sprint("C", i))
		}
	}
	pages := func(q desk.DocumentQuery) (ids []string) {
		q.Kind = caseKind
		for range n + 1 {
			page, err := s.Documents(ctx, q)
			check(t, err)
			if len(page) > q.Size() {
				t.Fatalf("a page of %d, limit %d", len(page), q.Size())
			}
			for _, f := range page {
				ids = append(ids, f.ID)
				q.Before = f.Number
			}
			if len(page) < q.Size() {
				return ids
			}
		}
		t.Fatal("the pages do not end")
		return nil
	}
	same(t, "all", pages(desk.DocumentQuery{}), append(closed, left...))
	same(t, "all, in pages", pages(desk.DocumentQuery{Limit: 7}), append(closed, left...))
	same(t, "open ones", pages(desk.DocumentQuery{OpenOnly: true, Limit: 11}), left)
	// Ten seconds of a minute: C4 was closed never, C5 neither; C6 is newer now.
	same(t, "of a time", pages(desk.DocumentQuery{From: known["C4"], To: known["C7"], Limit: 1}), []string{"C5", "C4"})
	none, err := s.Documents(ctx, desk.DocumentQuery{Kind: "report"})
	check(t, err)
	same(t, "of another kind", len(none), 0)
}

// testKept lets a case rest on what would expire.
func testKept(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events = time.Minute, 2*time.Minute, 2*time.Minute
	policy.Points, policy.Tracks, policy.Findings = 3*time.Minute, 5*time.Minute, 5*time.Minute
	open := place(t, Config{Clock: clock, Policy: policy})
	s := open()
	w := NewWorld(8, s.Resume(), epoch())
	kept := run(t, s, w, 480)
	f, g := Finding(1, 1, epoch()), Finding(2, 1, epoch())
	f.Alert, g.Alert = false, false
	check(t, s.SaveFindings(ctx, noted(epoch(), f, g), nil))
	// More than are copied in one step.
	var seqs []uint64
	for _, step := range kept[300:420] {
		seqs = append(seqs, step.Inputs[0].Observation.Seq)
	}
	check(t, s.SaveDocument(ctx, document("C1", 1, "r1", w.Now), desk.Rests{
		Inputs: append(seqs, 1<<40), Findings: []string{f.ID},
		Tracks: []desk.TrackSpan{{Track: 2, From: epoch(), To: epoch().Add(time.Minute)}},
	}))
	end := w.Now
	for range 4 { // long after everything expired
		w.Now = w.Now.Add(5 * time.Minute)
		run(t, s, w, 700)
	}
	if r := s.Retention(); r.ExpiredInputs == 0 || r.ExpiredTracks == 0 || r.Findings != 1 {
		t.Fatalf("what no case rests on did not expire: %+v", r)
	}
	_, err := s.Observation(ctx, kept[200].Inputs[0].Observation.Seq)
	want(t, err, store.ErrNotFound)
	for range 2 {
		for i, seq := range seqs {
			got, err := s.Observation(ctx, seq)
			check(t, err)
			same(t, "observation", got, *kept[300+i].Inputs[0].Observation)
		}
		got, err := s.FindingByID(ctx, f.ID)
		check(t, err)
		same(t, "finding", got, f)
		_, err = s.FindingByID(ctx, g.ID)
		want(t, err, store.ErrNotFound)
		points, err := s.TrackHistory(ctx, store.HistoryQuery{Track: 2, To: epoch().Add(time.Minute)})
		check(t, err)
		if len(points) < 50 {
			t.Fatalf("%d points are left of a track on which a case rests", len(points))
		}
		points, err = s.TrackHistory(ctx, store.HistoryQuery{Track: 3, To: end})
		check(t, err)
		same(t, "points of another track", len(points), 0)
		closing(t, s)
		s = open()
	}
	closing(t, s)
}

func testJournalEntries(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	s := place(t, Config{Clock: clock})()
	defer closing(t, s)
	bad := errors.New("no")
	const n = 450
	at := func(i int) time.Time { return epoch().Add(time.Duration(i) * time.Second) }
	for i := 1; i <= n; i++ {
		clock.Advance(time.Second)
		kind := [...]string{"alert.closed", "alert.acknowledged", "alerting"}[i%3]
		rec := desk.Record{ID: fmt.Sprint(i), Kind: kind, At: clock.Now(), Who: officer()}
		err := s.Do(ctx, rec, func(context.Context) error {
			if i == n {
				return bad
			}
			return nil
		})
		if i == n {
			want(t, err, bad)
		} else {
			check(t, err)
		}
	}
	list := func(q desk.JournalQuery) (ids []string) {
		for {
			page, err := s.JournalEntries(ctx, q)
			check(t, err)
			for _, e := range page {
				ids = append(ids, e.Record.ID)
				q.Before = e.Number
			}
			if len(page) < q.Size() {
				return ids
			}
		}
	}
	all := list(desk.JournalQuery{Limit: 100})
	same(t, "all", len(all), n)
	same(t, "newest first", all[:3], []string{"450", "449", "448"})
	first, err := s.JournalEntries(ctx, desk.JournalQuery{Limit: 1})
	check(t, err)
	same(t, "outcome", []any{first[0].Outcome, first[0].Detail}, []any{desk.Failed, "no"})
	same(t, "of a time", list(desk.JournalQuery{From: at(7), To: at(10)}), []string{"9", "8", "7"})
	same(t, "of a family", len(list(desk.JournalQuery{Kinds: []string{"alert"}, Limit: 33})), 2*n/3)
	same(t, "of a kind", list(desk.JournalQuery{Kinds: []string{"alert.closed", "x"}, To: at(10)}), []string{"9", "6", "3"})
}
