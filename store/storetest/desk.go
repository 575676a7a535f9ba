package storetest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/desk/registry"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/track"
	"atalaya/watch"
)

func officer() desk.Who { return desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer} }

func noted(at time.Time, fs ...watch.Finding) []desk.Noted {
	var out []desk.Noted
	for _, f := range fs {
		out = append(out, desk.Noted{Known: at, Finding: f})
	}
	return out
}

func raised(f watch.Finding, at time.Time) desk.Alert {
	text := rule.Text{ES: "licencia", EN: "licence"}
	a := desk.Alert{
		ID: desk.NameAlert(f.ID), Kind: rule.Alert, Finding: f, Priority: f.Priority, Raised: at, Count: 2, Last: at.Add(time.Second),
		Rule:         desk.RuleRef{ID: "border", Version: 3, Name: text, Response: text},
		Explanations: []desk.Explanation{{Permit: "L-7", Version: 1, Text: text, Before: rule.High, After: rule.Medium}},
		Repeats:      []desk.Repeat{{Finding: "f2", Time: at.Add(time.Second), Known: at.Add(2 * time.Second)}},
	}
	return a.With(desk.Change{Version: 1, Kind: desk.WasRaised, At: at, Revision: f.Revision, Deadline: at.Add(time.Minute)})
}

func decision(a desk.Alert, kind desk.ChangeKind, request string, at time.Time) desk.Alert {
	c := desk.Change{Version: a.Version + 1, Kind: kind, At: at, Who: officer(), Note: "n", Revision: a.Finding.Revision, Request: request, Record: "decision/" + request}
	if kind == desk.WasClosed {
		c.Outcome = desk.Explained
	}
	return a.With(c)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want one that is %v", err, target)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func closing(t *testing.T, s Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func testJournal(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	rec := func(id string) desk.Record {
		return desk.Record{ID: id, Kind: "test", At: clock.Now(), Who: officer(), Subject: "x:1", Fields: []desk.Field{{Name: "a", Value: "b"}}}
	}
	ran := 0
	act := func(context.Context) error { ran++; return nil }
	check(t, s.Do(ctx, rec("one"), act))
	bad := errors.New("no")
	want(t, s.Do(ctx, rec("two"), func(ctx context.Context) error {
		// The record stands before the act runs.
		got, err := s.Journal(ctx, 1, 10)
		check(t, err)
		if len(got) != 1 || got[0].Record.ID != "two" || got[0].Outcome != desk.Pending {
			t.Errorf("during the act the journal has %+v", got)
		}
		return bad
	}), bad)
	check(t, s.Do(ctx, rec("two"), act)) // again, under the same name
	want(t, s.Do(ctx, desk.Record{Kind: "x"}, act), desk.ErrInvalid)
	same(t, "acts that ran", ran, 2)
	closing(t, s)
	s = open()
	got, err := s.Journal(ctx, 0, 10)
	check(t, err)
	if len(got) != 3 {
		t.Fatalf("%d entries", len(got))
	}
	same(t, "the first record", got[0].Record, rec("one"))
	same(t, "outcomes", []desk.JournalOutcome{got[0].Outcome, got[1].Outcome, got[2].Outcome}, []desk.JournalOutcome{desk.Done, desk.Failed, desk.Done})
	same(t, "detail", got[1].Detail, "no")
	page, err := s.Journal(ctx, got[0].Number, 1)
	check(t, err)
	same(t, "second page", page, got[1:2])
	closing(t, s)
}

func testPeople(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	roll := people.New(people.Config{Store: s, Ledger: s, Clock: clock})
	first, second := people.TokenHash{1}, people.TokenHash{2}
	_, err := roll.Invite(ctx, desk.Who{}, desk.Administrator, first, time.Hour)
	check(t, err)
	_, err = roll.Invite(ctx, desk.Who{}, desk.Administrator, first, time.Hour)
	want(t, err, store.ErrConflict)
	_, err = roll.Enrol(ctx, second, "Ana", "hash", nil)
	want(t, err, store.ErrNotFound)
	ana, err := roll.Enrol(ctx, first, "Ana", "hash", nil)
	check(t, err)
	same(t, "first person", ana.ID, desk.PersonID("P1"))
	same(t, "role", ana.Role, desk.Administrator)
	_, err = roll.Enrol(ctx, first, "Eva", "hash", nil)
	want(t, err, store.ErrConflict)

	_, err = roll.Invite(ctx, ana.Who(), desk.Viewer, second, time.Hour)
	check(t, err)
	_, err = roll.Enrol(ctx, second, "Ana", "hash", nil)
	want(t, err, store.ErrConflict)
	luz, err := roll.Enrol(ctx, second, "Luz", "other", nil)
	check(t, err)
	for _, role := range []desk.Role{desk.Viewer, desk.Officer, desk.Supervisor} {
		_, err = roll.Invite(ctx, desk.Who{ID: luz.ID, Name: luz.Name, Role: role}, desk.Viewer, people.TokenHash{3}, time.Hour)
		want(t, err, desk.ErrForbidden)
	}
	_, err = roll.SetRole(ctx, luz.Who(), luz.ID, desk.Administrator, 0)
	want(t, err, desk.ErrForbidden)
	_, err = roll.SetRole(ctx, ana.Who(), ana.ID, desk.Viewer, 0)
	want(t, err, desk.ErrConflict) // the last administrator
	luz, err = roll.SetRole(ctx, ana.Who(), luz.ID, desk.Administrator, 0)
	check(t, err)
	luz, err = roll.SetPassword(ctx, luz.Who(), luz.ID, "new")
	check(t, err)
	ana, err = roll.SetDisabled(ctx, luz.Who(), ana.ID, true, 0)
	check(t, err)

	expired := people.TokenHash{4}
	_, err = roll.Invite(ctx, luz.Who(), desk.Viewer, expired, time.Hour)
	check(t, err)
	clock.Advance(time.Hour)
	_, err = roll.Enrol(ctx, expired, "Sol", "hash", nil)
	want(t, err, desk.ErrConflict)

	closing(t, s)
	s = open()
	all, err := s.People(ctx)
	check(t, err)
	same(t, "people", all, []people.Person{ana, luz})
	roll = people.New(people.Config{Store: s, Ledger: s, Clock: clock})
	got, err := roll.ByName(ctx, "LUZ")
	check(t, err)
	same(t, "Luz", got, luz)
	_, err = s.PersonByID(ctx, "P9")
	want(t, err, store.ErrNotFound)
	_, err = s.PersonByID(ctx, "x")
	want(t, err, store.ErrNotFound)
	stale := luz
	want(t, s.SavePerson(ctx, stale, false), store.ErrConflict)
	entries, err := s.Journal(ctx, 0, 100)
	check(t, err)
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, e.Record.Kind+" "+string(e.Outcome))
	}
	same(t, "journal", kinds, []string{
		"person.invite done", "person.invite failed", "person.enrol done", "person.invite done", "person.enrol done",
		"person.role done", "person.password done", "person.disabled done", "person.invite done",
	})
	closing(t, s)
}

func testSessions(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	roll := people.New(people.Config{Store: s, Ledger: s, Clock: clock})
	_, err := roll.Invite(ctx, desk.Who{}, desk.Officer, people.TokenHash{1}, time.Hour)
	check(t, err)
	ana, err := roll.Enrol(ctx, people.TokenHash{1}, "Ana", "hash", nil)
	check(t, err)
	token := func(b byte) people.TokenHash { return people.TokenHash{9, b} }
	for i := range byte(3) {
		_, err = roll.SignIn(ctx, people.Arrival{Person: ana.ID, Token: token(i), Lasts: time.Hour})
		check(t, err)
	}
	_, err = roll.SignIn(ctx, people.Arrival{Person: "P7", Token: token(9), Lasts: time.Hour})
	want(t, err, store.ErrNotFound)
	closing(t, s)
	s = open()
	roll = people.New(people.Config{Store: s, Ledger: s, Clock: clock})

	at := clock.Advance(30 * time.Minute)
	x, p, err := roll.Session(ctx, token(0))
	check(t, err)
	same(t, "person of the session", p, ana)
	same(t, "last use", x.Used, at)
	check(t, roll.SignOut(ctx, token(0)))
	check(t, roll.SignOut(ctx, token(0)))
	_, _, err = roll.Session(ctx, token(0))
	want(t, err, store.ErrNotFound)
	_, _, err = roll.Session(ctx, token(1))
	check(t, err)
	_, err = roll.SetPassword(ctx, ana.Who(), ana.ID, "new") // ends all sessions
	check(t, err)
	_, _, err = roll.Session(ctx, token(1))
	want(t, err, store.ErrNotFound)
	// A use that was on its way does not bring it back.
	want(t, s.EditSession(ctx, token(1), func(*people.Session) { t.Error("a session that has ended is changed") }), store.ErrNotFound)
	_, err = s.SessionByToken(ctx, token(1))
	want(t, err, store.ErrNotFound)

	_, err = roll.SignIn(ctx, people.Arrival{Person: ana.ID, Token: token(3), Lasts: time.Hour})
	check(t, err)
	_, err = roll.SignIn(ctx, people.Arrival{Person: ana.ID, Token: token(3), Lasts: time.Hour})
	want(t, err, store.ErrConflict)
	clock.Advance(time.Hour)
	_, _, err = roll.Session(ctx, token(3))
	want(t, err, store.ErrNotFound)
	check(t, s.ForgetSessions(ctx, clock.Advance(2*time.Minute)))
	_, err = s.SessionByToken(ctx, token(3))
	want(t, err, store.ErrNotFound)
	closing(t, s)
}

func testRegistry(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	now := clock.Now()
	seeds := []track.Change{Sensor("a", 1, now), Area("line", 1, now)}
	ok, err := s.Seed(ctx, seeds)
	check(t, err)
	same(t, "seeded", ok, true)
	ok, err = s.Seed(ctx, []track.Change{Sensor("b", 1, now)})
	check(t, err)
	same(t, "seeded again", ok, false)

	live := func() *registry.Registry {
		have, err := s.Registry(ctx)
		check(t, err)
		reg, err := registry.Open(registry.Config{Store: s, Ledger: s, Clock: clock}, have)
		check(t, err)
		return reg
	}
	reg := live()
	wish := func(request string, made uint32, c track.Change) registry.Wish {
		return registry.Wish{Request: request, Who: desk.Who{ID: "P1", Name: "Ana", Role: desk.Administrator}, Made: made, Reason: "moved", Change: c}
	}
	clock.Advance(time.Second)
	first, err := reg.Apply(ctx, wish("r1", 1, Sensor("a", 0, now)))
	check(t, err)
	kept := append(slices.Clone(seeds), first.Change)
	for range 2 {
		res, err := reg.Apply(ctx, wish("", 0, track.Change{Decision: &track.Decision{Track: 4, Kind: obs.Drone}}))
		check(t, err)
		kept = append(kept, res.Change)
		clock.Advance(time.Second)
	}
	_, err = reg.Apply(ctx, wish("r2", 1, Sensor("a", 0, now)))
	want(t, err, store.ErrConflict)
	// The store itself refuses what does not follow.
	want(t, s.SaveChanges(ctx, []track.Change{Sensor("a", 2, now)}), store.ErrConflict)
	want(t, s.SaveChanges(ctx, []track.Change{Sensor("c", 1, now), Sensor("d", 2, now)}), store.ErrConflict) // all or none
	want(t, s.SaveChanges(ctx, []track.Change{{}}), desk.ErrInvalid)
	closing(t, s)

	// After a restart a retry is still the same request.
	s = open()
	reg = live()
	again, err := reg.Apply(ctx, wish("r1", 1, Sensor("a", 0, now)))
	check(t, err)
	same(t, "repeated", again, registry.Result{Change: first.Change, Repeated: true})
	got, err := s.Registry(ctx)
	check(t, err)
	same(t, "registry", got, store.Registry(kept))
	closing(t, s)
}

// testDesk goes through an alert's life at a desk over the store.
func testDesk(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	d, err := desk.Start(ctx, desk.Config{Store: s, Ledger: s, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	check(t, err)
	changes, err := d.Consider(ctx, clock.Now(), []watch.Finding{Finding(1, 1, clock.Now()), Finding(2, 1, clock.Now())})
	check(t, err)
	same(t, "raised", len(changes), 2)
	id := changes[0].Alert.ID
	ack := desk.Decision{Request: "r1", Alert: id, Who: officer(), Note: "going there"}
	first, err := d.Acknowledge(ctx, ack)
	check(t, err)
	closing(t, s)

	// After a restart a retry is still the same request.
	s = open()
	d, err = desk.Start(ctx, desk.Config{Store: s, Ledger: s, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	check(t, err)
	clock.Advance(time.Minute)
	again, err := d.Acknowledge(ctx, ack)
	check(t, err)
	same(t, "repeated", again.Repeated, true)
	same(t, "first result", again.Change, first.Change)
	_, err = d.Close(ctx, desk.Decision{Request: "r2", Alert: id, Who: officer(), Outcome: desk.True})
	check(t, err)
	page, err := d.List(ctx, desk.Filter{})
	check(t, err)
	same(t, "listed", len(page.Alerts), 2)
	same(t, "open first", page.Alerts[1].ID, id)
	closing(t, s)
}
