package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/rule"
)

// TestShelf: what happens before the end of the shelf is counted and not told,
// whenever it becomes known; the alert comes back by itself, with a new
// deadline.
func TestShelf(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{Shift: 4 * time.Hour})
	ctx := t.Context()
	a := r.step(0, crossing(1, 1))[0].Alert
	end := f.Now().Add(time.Hour)
	shelve := desk.Decision{Request: "s", Alert: a.ID, Who: ana(), Note: "fisherman, known", Until: end}
	for _, c := range []struct {
		edit func(*desk.Decision)
		want error
		says string
	}{
		{func(x *desk.Decision) { x.Note = " " }, desk.ErrInvalid, "why"},
		{func(x *desk.Decision) { x.Until = f.Now() }, desk.ErrInvalid, "one shift"},
		{func(x *desk.Decision) { x.Until = f.Now().Add(4*time.Hour + time.Second) }, desk.ErrInvalid, "2026-03-01T16:00:00Z"},
		{func(x *desk.Decision) { x.Who.Role = desk.Viewer }, desk.ErrForbidden, "officer"},
	} {
		x := shelve
		c.edit(&x)
		if _, err := r.Shelve(ctx, x); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Fatalf("%v, want %v that says %q", err, c.want, c.says)
		}
	}
	res, err := r.Shelve(ctx, shelve)
	if err != nil {
		t.Fatal(err)
	}
	if s := res.Alert.Shelved; s == nil || s.Reason != "fisherman, known" || s.By != ana() || !s.Until.Equal(end) || res.Alert.State != desk.New {
		t.Fatalf("%+v", res.Alert)
	}
	if res, err := r.Shelve(ctx, shelve); err != nil || !res.Repeated {
		t.Fatalf("%+v %v", res, err)
	}
	shelve.Request = "s2"
	if _, err := r.Shelve(ctx, shelve); !errors.Is(err, desk.ErrConflict) {
		t.Fatal(err)
	}
	if rec := f.journal[0]; rec.Kind != "alert.shelved" || fmt.Sprint(rec.Fields[4:]) != "[{until 2026-03-01T13:00:00Z} {note fisherman, known}]" {
		t.Fatalf("%+v", rec)
	}

	// On the shelf: counted, never put before the supervisor, always listed.
	if got := r.step(30*time.Minute, crossing(2, 1)); kinds(got) != "repeated" || got[0].Alert.Shelved.Count != 1 {
		t.Fatal(kinds(got))
	}
	r = newRoom(t, f, desk.Config{Shift: 4 * time.Hour})
	page, err := r.List(ctx, desk.Filter{Shelved: true})
	if err != nil || len(page.Alerts) != 1 || page.Alerts[0].Shelved.Count != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	// Another track is another behaviour.
	if got := r.step(0, crossing(3, 2)); kinds(got) != "raised" {
		t.Fatal(kinds(got))
	}

	// It comes back by itself.
	got := r.step(30 * time.Minute)
	if kinds(got) != "returned escalated" || got[0].Alert.Shelved != nil || !got[0].Alert.Deadline.Equal(f.Now().Add(5*time.Minute)) {
		t.Fatalf("%s %+v", kinds(got), got[0].Alert)
	}
	if _, err := r.Acknowledge(ctx, desk.Decision{Request: "a", Alert: a.ID, Who: ana()}); err != nil {
		t.Fatal(err)
	}
	// Known late, but it happened before the end: no new alert.
	late := crossing(4, 1)
	late.Time = end.Add(-time.Second)
	if got := r.step(time.Hour, late); kinds(got) != "repeated" {
		t.Fatal(kinds(got))
	}
	after := crossing(5, 1)
	after.Time = end.Add(11 * time.Minute)
	if got := r.step(0, after); kinds(got) != "raised" {
		t.Fatal(kinds(got))
	}
}

// TestUnshelve: somebody takes it back, or closes it; then its time is over.
func TestUnshelve(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{}, func(v *rule.Rule) { v.Off = 0 })
	ctx := t.Context()
	id := r.step(0, crossing(1, 1))[0].Alert.ID
	must := func(_ desk.Result, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Unshelve(ctx, desk.Decision{Request: "u", Alert: id, Who: ana()}); !errors.Is(err, desk.ErrConflict) {
		t.Fatal(err)
	}
	must(r.Shelve(ctx, desk.Decision{Request: "s", Alert: id, Who: ana(), Note: "known", Until: f.Now().Add(8 * time.Hour)}))
	f.advance(time.Hour)
	must(r.Unshelve(ctx, desk.Decision{Request: "u", Alert: id, Who: eva(), Note: "he is back"}))
	if a := r.alert(id); a.Shelved != nil || !a.Deadline.Equal(f.Now().Add(5*time.Minute)) {
		t.Fatalf("%+v", a)
	}
	must(r.Acknowledge(ctx, desk.Decision{Request: "a", Alert: id, Who: ana()}))
	before := crossing(2, 1)
	before.Time = f.Now().Add(-time.Second)
	if got := r.step(time.Minute, before); kinds(got) != "repeated" {
		t.Fatal(kinds(got))
	}
	if got := r.step(time.Minute, crossing(3, 1)); kinds(got) != "raised" {
		t.Fatal(kinds(got))
	}
	must(r.Shelve(ctx, desk.Decision{Request: "s2", Alert: id, Who: ana(), Note: "again", Until: f.Now().Add(time.Hour)}))
	must(r.Close(ctx, desk.Decision{Request: "c", Alert: id, Who: ana(), Outcome: desk.Explained}))
	if a := r.alert(id); a.Shelved != nil || a.State != desk.Closed {
		t.Fatalf("%+v", a)
	}
	if got := r.seconds(2); len(got) != 0 {
		t.Fatal(kinds(got))
	}
}

// TestFullDiskAndShelf: without room nothing is shelved, and what is due is
// done in memory.
func TestFullDiskAndShelf(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{})
	a, b := r.step(0, crossing(1, 1))[0].Alert.ID, r.step(0, crossing(2, 2))[0].Alert.ID
	dec := desk.Decision{Request: "s", Alert: a, Who: ana(), Note: "known", Until: f.Now().Add(time.Hour)}
	if _, err := r.Shelve(t.Context(), dec); err != nil {
		t.Fatal(err)
	}
	f.set(desk.ErrFull)
	dec.Alert, dec.Request = b, "s2"
	if _, err := r.Shelve(t.Context(), dec); !errors.Is(err, desk.ErrFull) || r.alert(b).Shelved != nil {
		t.Fatal(err)
	}
	f.advance(time.Hour)
	got, err := r.Consider(t.Context(), f.Now(), nil)
	if !errors.Is(err, desk.ErrFull) || kinds(got) != "returned escalated" {
		t.Fatalf("%v %s", err, kinds(got))
	}
	f.set(nil)
	r.seconds(1)
	if kept, err := f.AlertByID(t.Context(), a); err != nil || kept.Shelved != nil || kept.Version != 3 {
		t.Fatalf("%+v %v", kept, err)
	}
}
