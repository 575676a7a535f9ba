package desk_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/track"
)

// TestFlood: the eleventh alert in ten minutes makes an incident of those that
// nobody has looked at. None is lost, and top priority stays outside.
func TestFlood(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{})
	ctx := t.Context()
	var ids []desk.AlertID
	n := 0
	raise := func(after time.Duration) []desk.AlertChange {
		t.Helper()
		n++
		got := r.step(after, crossing(n, track.ID(n)))
		if len(got) == 0 || got[0].Kind != desk.WasRaised || got[0].Alert.Finding.Track != track.ID(n) {
			t.Fatalf("alert %d: %s", n, kinds(got))
		}
		ids = append(ids, got[0].Alert.ID)
		return got
	}
	raise(0)
	raise(9 * time.Minute) // the first is too old when the flood comes
	for range 9 {
		if got := raise(9 * time.Second); len(got) != 1 {
			t.Fatalf("alert %d: %s", n, kinds(got))
		}
	}
	if _, err := r.Acknowledge(ctx, desk.Decision{Request: "seen", Alert: ids[2], Who: ana()}); err != nil {
		t.Fatal(err)
	}
	got := raise(9 * time.Second)
	if len(got) != 11 || kinds(got[:3]) != "raised raised grouped" {
		t.Fatal(kinds(got))
	}
	incident := got[1].Alert
	if incident.Finding.Rule != string(rule.Flood) || incident.Kind != rule.Alert || incident.Rule.ID != "flood" || incident.Priority != rule.High {
		t.Fatalf("%+v", incident)
	}
	members := func() (out []desk.Alert) {
		t.Helper()
		page, err := r.List(ctx, desk.Filter{Incident: incident.ID, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return page.Alerts
	}
	if m := members(); len(m) != 10 || incident.Members != 10 {
		t.Fatalf("%d members, the incident says %d", len(m), incident.Members)
	}
	if r.alert(ids[0]).Incident != "" || r.alert(ids[2]).Incident != "" {
		t.Fatal("an old alert, or one that somebody has looked at, became a member")
	}
	// It is due when the first of its members is.
	if first := r.alert(ids[1]).Deadline; !incident.Deadline.Equal(first) {
		t.Fatalf("due %s, its first member %s", incident.Deadline, first)
	}
	// While it lasts, what comes belongs to it, but for what cannot wait.
	if got := raise(time.Second); kinds(got) != "raised revised" || got[0].Alert.Incident != incident.ID || got[1].Alert.Members != 11 {
		t.Fatal(kinds(got))
	}
	if got := r.step(0, mayday(1000, 1000)); kinds(got) != "raised" || got[0].Alert.Incident != "" {
		t.Fatalf("%+v", got)
	}
	r = newRoom(t, f, desk.Config{})
	if got := raise(time.Second); kinds(got) != "raised revised" || got[1].Alert.Members != 12 {
		t.Fatalf("after a restart: %s", kinds(got))
	}
	// The incident alone goes before the supervisor.
	escalated := 0
	for _, c := range r.seconds(300) {
		switch {
		case c.Kind != desk.WasEscalated:
		case c.Alert.Incident == incident.ID:
			t.Errorf("member %s was escalated beside its incident", c.Alert.ID)
		case c.Alert.ID == incident.ID:
			escalated++
		}
	}
	if escalated != 1 {
		t.Fatalf("the incident was escalated %d times", escalated)
	}
	// Acknowledging it acknowledges its members, in one record.
	records := len(f.journal)
	var told []desk.AlertID
	r = newRoom(t, f, desk.Config{Changed: func(c desk.AlertChange) { told = append(told, c.Alert.ID) }})
	ack := desk.Decision{Request: "all", Alert: incident.ID, Who: eva(), Note: "fair at the pier"}
	for _, repeated := range []bool{false, true} {
		if res, err := r.Acknowledge(ctx, ack); err != nil || res.Repeated != repeated || res.Alert.State != desk.Acknowledged {
			t.Fatalf("%+v %v", res, err)
		}
	}
	if len(f.journal) != records+1 || len(told) != 13 {
		t.Fatalf("%d records, %d told", len(f.journal)-records, len(told))
	}
	for _, m := range members() {
		c := m.Changes[len(m.Changes)-1]
		if m.State != desk.Acknowledged || c.Who != eva() || c.Incident != incident.ID || c.Record != "decision/all" || c.Request != "" {
			t.Fatalf("member %+v", c)
		}
		if kept, err := f.AlertByID(ctx, m.ID); err != nil || kept.State != desk.Acknowledged {
			t.Fatalf("%+v %v", kept, err)
		}
	}
	// What comes later is new again, and is escalated for itself.
	if got := raise(time.Second); got[0].Alert.Incident != incident.ID || got[0].Alert.State != desk.New {
		t.Fatalf("%+v", got[0].Alert)
	}
	if got := r.step(5 * time.Minute); kinds(got) != "escalated" || got[0].Alert.ID != ids[len(ids)-1] {
		t.Fatal(kinds(got))
	}
	// The flood ebbs: the incident stays until somebody closes it, and the next
	// alert is one of its own.
	r.step(10 * time.Minute)
	if got := raise(time.Second); kinds(got) != "raised" || got[0].Alert.Incident != "" {
		t.Fatalf("%+v", got)
	}
	if _, err := r.Close(ctx, desk.Decision{Request: "close", Alert: incident.ID, Who: ana(), Outcome: desk.Explained}); err != nil {
		t.Fatal(err)
	}
	if m := members(); len(m) != 13 || !m[0].Open() {
		t.Fatalf("%d members", len(m))
	}
}

// TestIncidentIsAllOrNothing: when the store takes not all of an incident's
// acknowledgement, it takes none.
func TestIncidentIsAllOrNothing(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{Flood: 2})
	var incident desk.AlertID
	for i := range 3 {
		for _, c := range r.step(time.Second, crossing(i, track.ID(1+i))) {
			if c.Alert.Finding.Rule == string(rule.Flood) {
				incident = c.Alert.ID
			}
		}
	}
	f.set(desk.ErrFull)
	ack := desk.Decision{Request: "a", Alert: incident, Who: ana()}
	if _, err := r.Acknowledge(t.Context(), ack); !errors.Is(err, desk.ErrFull) {
		t.Fatal(err)
	}
	page, err := r.List(t.Context(), desk.Filter{States: []desk.State{desk.New}})
	if err != nil || len(page.Alerts) != 4 {
		t.Fatalf("%d new, %v", len(page.Alerts), err)
	}
	f.set(nil)
	if _, err := r.Acknowledge(t.Context(), ack); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Shelve(t.Context(), desk.Decision{Request: "s", Alert: incident, Who: ana(), Note: "x", Until: f.Now().Add(time.Minute)}); !errors.Is(err, desk.ErrInvalid) {
		t.Fatal(err)
	}
}

// TestNoFloodOfNotices: what asks nothing of anybody is no flood.
func TestNoFloodOfNotices(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{}, func(v *rule.Rule) { v.On = 0 })
	for i := range 50 {
		x := entry(i, track.ID(i), "border-strip")
		if got := r.step(time.Second, x); kinds(got) != "raised" || got[0].Alert.Incident != "" {
			t.Fatal(fmt.Sprint(i), kinds(got))
		}
	}
}
