package desk_test

import (
	"errors"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/rule"
)

// TestHealth: what is wrong with the system is told when it stands, closes by
// itself when it is right for long enough, and is no alert.
func TestHealth(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{}) // a silent feed: ten seconds on, ten off
	ctx := t.Context()
	silent := desk.Condition{Detector: rule.FeedSilent, Subject: "ais-1", Why: rule.Text{ES: "calla", EN: "silent"}}
	look := func(seconds int, wrong ...desk.Condition) (out []desk.AlertChange) {
		t.Helper()
		for range seconds {
			f.advance(time.Second)
			got, err := r.Health(ctx, f.Now(), wrong)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, got...)
		}
		return out
	}
	if got := look(10, silent); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	look(1) // it was right in between
	if got := look(10, silent); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	got := look(1, silent)
	if kinds(got) != "raised" {
		t.Fatal(kinds(got))
	}
	a := got[0].Alert
	if a.Kind != rule.Health || a.Rule.ID != "feed-silent" || a.Priority != rule.Medium || a.State != desk.New || !a.Deadline.IsZero() || a.Finding.Why.EN != "silent" {
		t.Fatalf("%+v", a)
	}
	for _, kind := range []rule.Kind{rule.Alert, rule.Notice, rule.Health} {
		page, err := r.List(ctx, desk.Filter{Kinds: []rule.Kind{kind}})
		if err != nil || (len(page.Alerts) == 1) != (kind == rule.Health) {
			t.Fatalf("%s: %+v %v", kind, page, err)
		}
	}
	if _, err := r.Acknowledge(ctx, desk.Decision{Request: "a", Alert: a.ID, Who: ana()}); err != nil {
		t.Fatal(err)
	}
	_, err := r.Close(ctx, desk.Decision{Request: "c", Alert: a.ID, Who: ana(), Outcome: desk.True})
	if !errors.Is(err, desk.ErrConflict) {
		t.Fatal(err)
	}
	// Other words are told, but not from second to second.
	silent.Why.EN = "silent still"
	if got := look(58, silent); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	if got := look(60, silent); kinds(got) != "revised" || got[0].Alert.Finding.Why.EN != "silent still" || got[0].Alert.State != desk.Acknowledged {
		t.Fatal(kinds(got))
	}
	// A restart knows it still.
	r = newRoom(t, f, desk.Config{})
	if got := look(30, silent); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	if got := look(9); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	look(1, silent)
	if got := look(10); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	got = look(1)
	if kinds(got) != "cleared" || got[0].Alert.ID != a.ID || got[0].Alert.State != desk.Closed || got[0].Alert.Outcome != desk.NoOutcome {
		t.Fatalf("%+v", got)
	}
	kept, err := f.AlertByID(ctx, a.ID)
	if err != nil || kept.State != desk.Closed || f.findings[kept.Finding.ID].Why.EN != "silent still" {
		t.Fatalf("%+v %v", kept, err)
	}
	if got := look(11, silent); kinds(got) != "raised" || got[0].Alert.ID == a.ID {
		t.Fatal(kinds(got))
	}
}

// TestHealthOnAFullDisk: that the disk is full is told although it is.
func TestHealthOnAFullDisk(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{})
	f.set(desk.ErrFull)
	full := []desk.Condition{{Detector: rule.Storage, Subject: "full"}}
	if _, err := r.Health(t.Context(), f.Now(), full); err != nil {
		t.Fatal(err)
	}
	f.advance(time.Second)
	got, err := r.Health(t.Context(), f.Now(), full)
	if !errors.Is(err, desk.ErrFull) || kinds(got) != "raised" {
		t.Fatalf("%v %s", err, kinds(got))
	}
	page, err := r.List(t.Context(), desk.Filter{Kinds: []rule.Kind{rule.Health}, States: []desk.State{desk.New}})
	if err != nil || len(page.Alerts) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	f.set(nil)
	r.seconds(1)
	if _, err := f.AlertByID(t.Context(), got[0].Alert.ID); err != nil {
		t.Fatal(err)
	}
}
