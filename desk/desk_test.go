package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/watch"
)

func consider(t *testing.T, d *desk.Desk, f *fake, findings ...watch.Finding) []desk.AlertChange {
	t.Helper()
	out, err := d.Consider(t.Context(), f.Now(), findings)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestConsider(t *testing.T) {
	f := newFake()
	d := start(t, f, nil)
	if got := consider(t, d, f); got != nil || f.saves != 0 {
		t.Fatalf("nothing found: %v, %d saves", got, f.saves)
	}
	quiet := finding(9, 1)
	quiet.Alert = false
	got := consider(t, d, f, finding(1, 1), quiet, finding(2, 1))
	if len(got) != 2 || got[0].Kind != desk.WasRaised || got[1].Alert.State != desk.New || f.saves != 1 {
		t.Fatalf("%+v, %d saves", got, f.saves)
	}
	if f.findings[quiet.ID].Rule == "" {
		t.Fatal("a finding without alert is not kept")
	}
	id := got[0].Alert.ID
	step := func(revision uint32, edit func(*watch.Finding), want desk.ChangeKind, version uint64) desk.Alert {
		t.Helper()
		x := finding(1, revision)
		edit(&x)
		got := consider(t, d, f, x)
		if want == "" {
			if len(got) != 0 {
				t.Fatalf("revision %d: %+v", revision, got)
			}
			return desk.Alert{}
		}
		if len(got) != 1 || got[0].Kind != want || got[0].Alert.Version != version || got[0].Alert.ID != id || got[0].Alert.Finding.Revision != revision {
			t.Fatalf("revision %d: %+v, want %s, version %d", revision, got, want, version)
		}
		stored, err := f.AlertByID(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got[0].Alert, stored); diff != "" {
			t.Fatalf("stored: %s", diff)
		}
		return stored
	}
	same := func(*watch.Finding) {}
	withdraw := func(x *watch.Finding) { x.Status = watch.Withdrawn }
	step(1, same, "", 0) // seen
	a := step(2, func(x *watch.Finding) { x.Priority = rule.High }, desk.WasRevised, 1)
	if a.Priority != rule.High {
		t.Fatalf("priority %d", a.Priority)
	}
	if a = step(3, withdraw, desk.WasWithdrawn, 2); !a.Withdrawn || a.State != desk.New {
		t.Fatalf("%+v", a)
	}
	step(4, withdraw, desk.WasRevised, 2)
	if a = step(5, same, desk.WasRestored, 3); a.Withdrawn {
		t.Fatalf("%+v", a)
	}
	a = step(6, func(x *watch.Finding) { x.Priority, x.Belief.Distress = rule.Low, obs.EPIRB }, desk.WasRevised, 3)
	if a.Priority != rule.Top {
		t.Fatalf("a call for help has priority %d", a.Priority)
	}
	if a = step(7, same, desk.WasRevised, 3); a.Priority != rule.Top {
		t.Fatalf("after a call for help the priority is %d", a.Priority)
	}
	// Withdrawn before it was ever an alert: none.
	gone := finding(3, 2)
	gone.Status = watch.Withdrawn
	if got := consider(t, d, f, gone); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	// An alert that only a later revision asks for.
	late := finding(9, 2)
	if got := consider(t, d, f, late); len(got) != 1 || got[0].Kind != desk.WasRaised {
		t.Fatalf("%+v", got)
	}
	// After a restart, and after it was closed, the same finding raises none.
	d = start(t, f, nil)
	step(7, same, "", 0)
	if _, err := d.Acknowledge(t.Context(), desk.Decision{Request: "a", Alert: id, Who: ana()}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Close(t.Context(), desk.Decision{Request: "c", Alert: id, Who: ana(), Outcome: desk.False}); err != nil {
		t.Fatal(err)
	}
	step(7, same, "", 0)
	if a = step(8, withdraw, desk.WasWithdrawn, 6); a.State != desk.Closed || a.Outcome != desk.False || !a.Withdrawn {
		t.Fatalf("%+v", a)
	}
}

func TestDecisions(t *testing.T) {
	f := newFake()
	var told []desk.ChangeKind
	d := start(t, f, func(c desk.AlertChange) { told = append(told, c.Kind) })
	id := consider(t, d, f, finding(1, 1))[0].Alert.ID
	ctx := t.Context()

	refuse := func(err, want error, says string) {
		t.Helper()
		if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
			t.Fatalf("error %q, want one that is %v and says %q", err, want, says)
		}
	}
	ack := desk.Decision{Request: "r1", Alert: id, Who: ana(), Note: "going"}
	for _, c := range []struct {
		edit func(*desk.Decision)
		want error
		says string
	}{
		{func(x *desk.Decision) { x.Who.Role = desk.Viewer }, desk.ErrForbidden, "ask an officer"},
		{func(x *desk.Decision) { x.Request = "" }, desk.ErrInvalid, "request id"},
		{func(x *desk.Decision) { x.Request = strings.Repeat("x", 201) }, desk.ErrInvalid, "request id"},
		{func(x *desk.Decision) { x.Note = strings.Repeat("x", 4001) }, desk.ErrInvalid, "shorten"},
		{func(x *desk.Decision) { x.Note = "\xff" }, desk.ErrInvalid, "note"},
		{func(x *desk.Decision) { x.Alert = "A0" }, desk.ErrNotFound, "reload"},
		{func(x *desk.Decision) { x.IfVersion = 7 }, desk.ErrConflict, "look at it again"},
	} {
		x := ack
		c.edit(&x)
		_, err := d.Acknowledge(ctx, x)
		refuse(err, c.want, c.says)
	}
	_, err := d.Close(ctx, desk.Decision{Request: "r0", Alert: id, Who: ana()})
	refuse(err, desk.ErrInvalid, "choose")
	_, err = d.Close(ctx, desk.Decision{Request: "r0", Alert: id, Who: ana(), Outcome: desk.True})
	refuse(err, desk.ErrConflict, "acknowledge it before")
	if len(f.journal) != 0 {
		t.Fatalf("refused wishes are journalled: %+v", f.journal)
	}

	first, err := d.Acknowledge(ctx, ack)
	if err != nil || first.Repeated || first.Alert.State != desk.Acknowledged {
		t.Fatalf("%+v %v", first, err)
	}
	f.advance(time.Minute)
	again, err := d.Acknowledge(ctx, ack)
	if err != nil || !again.Repeated || cmp.Diff(first.Change, again.Change) != "" || len(f.journal) != 1 {
		t.Fatalf("%+v %v, %d records", again, err, len(f.journal))
	}
	other := ack
	other.Note = "not going"
	_, err = d.Acknowledge(ctx, other)
	refuse(err, desk.ErrRequestReused, "new request id")
	_, err = d.Close(ctx, desk.Decision{Request: "r1", Alert: id, Who: ana(), Outcome: desk.True})
	refuse(err, desk.ErrRequestReused, "by Ana at 2026-03-01T12:00:00Z")

	_, err = d.Acknowledge(ctx, desk.Decision{Request: "r2", Alert: id, Who: eva()})
	refuse(err, desk.ErrConflict, "acknowledged by Ana at 2026-03-01T12:00:00Z")
	var state *desk.StateError
	if !errors.As(err, &state) || state.By.ID != "P1" || state.State != desk.Acknowledged || state.Version != 2 {
		t.Fatalf("%+v", state)
	}
	done, err := d.Close(ctx, desk.Decision{Request: "r3", Alert: id, Who: eva(), Outcome: desk.Explained, IfVersion: 2})
	if err != nil || done.Alert.Outcome != desk.Explained || done.Change.Version != 3 {
		t.Fatalf("%+v %v", done, err)
	}
	_, err = d.Close(ctx, desk.Decision{Request: "r4", Alert: id, Who: ana(), Outcome: desk.True})
	refuse(err, desk.ErrConflict, "closed by Eva at 2026-03-01T12:01:00Z (explained)")
	again, err = d.Acknowledge(ctx, ack) // still the same wish
	if err != nil || !again.Repeated || again.Alert.State != desk.Closed {
		t.Fatalf("%+v %v", again, err)
	}
	if diff := cmp.Diff([]desk.ChangeKind{desk.WasAcknowledged, desk.WasClosed}, told); diff != "" {
		t.Fatal(diff)
	}
	rec := f.journal[1]
	if rec.ID != "decision/r3" || rec.Kind != "alert.closed" || rec.Who != eva() || rec.Subject != "alert:"+string(id) {
		t.Fatalf("%+v", rec)
	}
}

// TestTornDecision has a store that keeps a decision and fails all the same,
// as a commit can.
func TestTornDecision(t *testing.T) {
	f := newFake()
	d := start(t, f, nil)
	id := consider(t, d, f, finding(1, 1))[0].Alert.ID
	f.tear = errors.New("disk I/O error")
	res, err := d.Acknowledge(t.Context(), desk.Decision{Request: "r", Alert: id, Who: ana()})
	if err != nil || res.Repeated || res.Alert.State != desk.Acknowledged {
		t.Fatalf("%+v %v", res, err)
	}
	if a, err := d.Alert(t.Context(), id); err != nil || a.State != desk.Acknowledged {
		t.Fatalf("%+v %v", a, err)
	}
}

func TestFullStore(t *testing.T) {
	f := newFake()
	d := start(t, f, nil)
	first := consider(t, d, f, finding(1, 1))[0].Alert.ID
	f.set(fmt.Errorf("write: %w", desk.ErrFull))
	got, err := d.Consider(t.Context(), f.Now(), []watch.Finding{finding(2, 1)})
	if !errors.Is(err, desk.ErrFull) || len(got) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	second := got[0].Alert.ID
	page, err := d.List(t.Context(), desk.Filter{States: []desk.State{desk.New}})
	if err != nil || len(page.Alerts) != 2 {
		t.Fatalf("%+v %v", page, err)
	}
	for _, id := range []desk.AlertID{first, second} {
		_, err := d.Acknowledge(t.Context(), desk.Decision{Request: "r" + string(id), Alert: id, Who: ana()})
		if !errors.Is(err, desk.ErrFull) || !strings.Contains(err.Error(), "make room") {
			t.Fatal(err)
		}
		if a, err := d.Alert(t.Context(), id); err != nil || a.State != desk.New {
			t.Fatalf("%+v %v", a, err)
		}
	}
	if findings, alerts, shed := d.Owed(); findings != 1 || alerts != 1 || shed != 0 {
		t.Fatalf("owed: %d %d %d", findings, alerts, shed)
	}
	// Findings that ask for nothing are shed at last, alerts never.
	var many []watch.Finding
	for i := range 11_000 {
		x := finding(100+i, 1)
		x.Alert = i%100 == 0
		many = append(many, x)
	}
	if _, err := d.Consider(t.Context(), f.Now(), many); !errors.Is(err, desk.ErrFull) {
		t.Fatal(err)
	}
	if findings, alerts, shed := d.Owed(); findings != 10_000 || alerts != 111 || shed != 1001 {
		t.Fatalf("owed: %d %d %d", findings, alerts, shed)
	}
	f.set(nil)
	if _, err := d.Acknowledge(t.Context(), desk.Decision{Request: "x", Alert: second, Who: ana()}); err != nil {
		t.Fatal(err)
	}
	consider(t, d, f)
	if findings, alerts, _ := d.Owed(); findings != 0 || alerts != 0 || len(f.alerts) != 112 {
		t.Fatalf("owed: %d %d, %d alerts stored", findings, alerts, len(f.alerts))
	}
}

func TestList(t *testing.T) {
	f := newFake()
	d := start(t, f, nil)
	ctx := t.Context()
	var want []desk.AlertID // open ones, newest first, then closed ones
	var closed []desk.AlertID
	for i := range 50 {
		f.advance(time.Second)
		x := finding(i, 1)
		x.Priority = rule.Priority(1 + i%4)
		id := consider(t, d, f, x)[0].Alert.ID
		if i%2 == 0 {
			want = append([]desk.AlertID{id}, want...)
			continue
		}
		closed = append([]desk.AlertID{id}, closed...)
		for _, act := range []func() error{
			func() error {
				_, err := d.Acknowledge(ctx, desk.Decision{Request: fmt.Sprint("a", i), Alert: id, Who: ana()})
				return err
			},
			func() error {
				_, err := d.Close(ctx, desk.Decision{Request: fmt.Sprint("c", i), Alert: id, Who: ana(), Outcome: desk.Unknown})
				return err
			},
		} {
			if err := act(); err != nil {
				t.Fatal(err)
			}
		}
	}
	want = append(want, closed...)
	all := func(q desk.Filter) (got []desk.AlertID) {
		t.Helper()
		for range 100 {
			page, err := d.List(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Alerts {
				got = append(got, a.ID)
			}
			if q.After = page.Next; q.After == "" {
				return got
			}
		}
		t.Fatal("the pages do not end")
		return nil
	}
	for limit := range 60 {
		if diff := cmp.Diff(want, all(desk.Filter{Limit: limit})); diff != "" {
			t.Fatalf("pages of %d: %s", limit, diff)
		}
	}
	if diff := cmp.Diff(want[:25], all(desk.Filter{Limit: 7, States: []desk.State{desk.New, desk.Acknowledged}})); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(closed, all(desk.Filter{Limit: 7, States: []desk.State{desk.Closed}})); diff != "" {
		t.Fatal(diff)
	}
	if got := all(desk.Filter{Limit: 5, MinPriority: rule.Top}); len(got) != 12 {
		t.Fatalf("%d of top priority", len(got))
	}
	since := time.Date(2026, 3, 1, 12, 0, 11, 0, time.UTC)
	if got := all(desk.Filter{Limit: 3, Since: since, Until: since.Add(10 * time.Second)}); len(got) != 10 {
		t.Fatalf("%d of ten seconds", len(got))
	}
	if _, err := d.List(ctx, desk.Filter{After: "nonsense"}); !errors.Is(err, desk.ErrInvalid) {
		t.Fatal(err)
	}
}

// TestTogether has officers who decide about the same alerts while the loop
// raises more.
func TestTogether(t *testing.T) {
	f := newFake()
	d := start(t, f, nil)
	const alerts = 60
	var wg sync.WaitGroup
	won := make([]int, 4)
	for i := range won {
		wg.Go(func() {
			for seen := 0; seen < alerts; {
				page, err := d.List(t.Context(), desk.Filter{Limit: 1000})
				if err != nil {
					t.Error(err)
					return
				}
				seen = len(page.Alerts)
				for _, a := range page.Alerts {
					res, err := d.Acknowledge(t.Context(), desk.Decision{Request: fmt.Sprint(i, a.ID), Alert: a.ID, Who: ana()})
					if err == nil && !res.Repeated {
						won[i]++
					} else if err != nil && !errors.Is(err, desk.ErrConflict) {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range alerts {
		consider(t, d, f, finding(i, 1))
		consider(t, d, f, finding(i, 2))
	}
	wg.Wait()
	for _, a := range f.alerts {
		if len(a.Changes) != 2 || a.State != desk.Acknowledged {
			t.Errorf("%+v", a.Changes)
		}
	}
	sum := 0
	for _, n := range won {
		sum += n
	}
	if sum != alerts {
		t.Fatalf("%v acknowledgements of %d alerts", won, alerts)
	}
}

// TestTwoDesks has another program change the same store: its word stands, and
// nobody is stuck.
func TestTwoDesks(t *testing.T) {
	f := newFake()
	mine, theirs := start(t, f, nil), start(t, f, nil)
	ctx := t.Context()
	id := consider(t, mine, f, finding(1, 1))[0].Alert.ID
	if _, err := theirs.Acknowledge(ctx, desk.Decision{Request: "theirs", Alert: id, Who: eva()}); err != nil {
		t.Fatal(err)
	}
	_, err := mine.Acknowledge(ctx, desk.Decision{Request: "mine", Alert: id, Who: ana()})
	if !errors.Is(err, desk.ErrConflict) {
		t.Fatal(err)
	}
	_, err = mine.Acknowledge(ctx, desk.Decision{Request: "mine", Alert: id, Who: ana()})
	if !errors.Is(err, desk.ErrConflict) || !strings.Contains(err.Error(), "by Eva") {
		t.Fatal(err)
	}
	if _, err := theirs.Close(ctx, desk.Decision{Request: "closed", Alert: id, Who: eva(), Outcome: desk.True}); err != nil {
		t.Fatal(err)
	}
	f.refuseOlder = true
	gone := finding(1, 2)
	gone.Status = watch.Withdrawn
	consider(t, mine, f, gone)
	if findings, alerts, _ := mine.Owed(); findings != 0 || alerts != 0 {
		t.Fatalf("owed: %d %d", findings, alerts)
	}
	if a, err := mine.Alert(ctx, id); err != nil || a.State != desk.Closed {
		t.Fatalf("%+v %v", a, err)
	}
}

// TestLookupFails raises an alert although the store cannot say whether it
// knows it.
func TestLookupFails(t *testing.T) {
	f := newFake()
	d := start(t, f, nil)
	f.lookup = errors.New("disk I/O error")
	got, err := d.Consider(t.Context(), f.Now(), []watch.Finding{finding(1, 1)})
	if err == nil || len(got) != 1 || got[0].Kind != desk.WasRaised {
		t.Fatalf("%+v %v", got, err)
	}
}
