package casework_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/casework"
	"atalaya/desk/people"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/store/sqlite"
	"atalaya/track"
	"atalaya/watch"
)

// room is a desk with its store on a disk, one track and one officer more than
// one.
type room struct {
	t        *testing.T
	mu       sync.Mutex
	now      time.Time
	store    *sqlite.Store
	desk     *desk.Desk
	people   *people.Roll
	work     *casework.Service
	ana, eva desk.Who // officers
	luz      desk.Who // only looks
	feeds    []sensor.Health
	waiting  []approval.Request
	news     []casework.News
	requests int
}

func (r *room) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *room) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	var err error
	r.store, err = sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir(), Clock: r, Log: log})
	must(t, err)
	t.Cleanup(func() {
		if err := r.store.Close(); err != nil {
			t.Error(err)
		}
	})
	r.desk, err = desk.Start(t.Context(), desk.Config{Store: r.store, Ledger: r.store, Clock: r, Log: log})
	must(t, err)
	r.people = people.New(people.Config{Store: r.store, Ledger: r.store, Clock: r})
	r.ana, r.eva, r.luz = r.person(1, "Ana", desk.Officer), r.person(2, "Eva", desk.Supervisor), r.person(3, "Luz", desk.Viewer)
	r.restart()
	return r
}

// restart makes the service anew over the same store.
func (r *room) restart() {
	r.t.Helper()
	var err error
	r.work, err = casework.Start(r.t.Context(), casework.Config{
		Store: r.store, Journal: r.store, Ledger: r.store, Clock: r, Alerts: r.desk, People: r.people, Picture: lake{},
		Log: slog.New(slog.DiscardHandler), Feeds: func() []sensor.Health { return r.feeds },
		Approvals: func(context.Context) ([]approval.Request, error) { return r.waiting, nil },
		Observe:   func(context.Context, obs.Observation) bool { return true },
		Raise:     func(context.Context, watch.Finding) error { return nil },
		Changed:   func(n casework.News) { r.news = append(r.news, n) },
	})
	must(r.t, err)
}

func (r *room) person(n byte, name string, role desk.Role) desk.Who {
	r.t.Helper()
	ctx := r.t.Context()
	link := people.TokenHash{n}
	_, err := r.people.Invite(ctx, desk.Who{}, role, link, time.Hour)
	must(r.t, err)
	p, err := r.people.Enrol(ctx, link, name, "hash", nil)
	must(r.t, err)
	return p.Who()
}

// wish is a new one each time.
func (r *room) wish(who desk.Who) casework.Wish {
	r.requests++
	return casework.Wish{Request: fmt.Sprint("w", r.requests), Who: who}
}

// raise raises an alert about a track.
func (r *room) raise(name string, about track.ID) desk.AlertID {
	r.t.Helper()
	f := watch.Finding{
		ID: name, Revision: 1, Status: watch.Raised, Rule: "border-crossing", RuleVersion: 1, Priority: rule.High, Alert: true,
		Track: about, Time: r.Now().Add(-time.Minute), Position: at, Probability: 0.97, Inputs: []uint64{70, 71},
		Why: rule.Text{ES: "Cruzó.", EN: "It crossed."},
	}
	_, err := r.desk.Consider(r.t.Context(), r.Now(), []watch.Finding{f})
	must(r.t, err)
	return desk.NameAlert(name)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v; want %v", err, want)
	}
}

//nolint:gochecknoglobals // a place
var at = geo.Position{Lat: -16.2, Lon: -69.1}

// lake is a picture in which track 7 was seen for an hour before noon.
type lake struct{}

func (lake) Track(id track.ID) (track.Track, track.Lineage, bool) {
	return track.Track{ID: id, State: track.State{Position: at}}, track.Lineage{{Observation: 71}}, id == 7
}

func (lake) Past(_ context.Context, s desk.TrackSpan, limit int) (out []casework.PastPoint, err error) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range 60 {
		p := casework.PastPoint{Time: noon.Add(time.Duration(i-60) * time.Minute), Position: at, Observation: uint64(10 + i)}
		if s.Track == 7 && !p.Time.Before(s.From) && p.Time.Before(s.To) && len(out) < limit {
			out = append(out, p)
		}
	}
	return out, nil
}

func (lake) Observation(_ context.Context, seq uint64) (obs.Observation, error) {
	if seq < 10 || seq > 71 {
		return obs.Observation{}, desk.ErrNotFound
	}
	return obs.Observation{Seq: seq}, nil
}

func (lake) Finding(context.Context, string) (watch.Finding, error) {
	return watch.Finding{}, desk.ErrNotFound
}

func (lake) Asset(id asset.ID) (asset.Asset, bool) {
	return asset.Asset{ID: id, Name: "Patrulla 1", Kind: asset.Boat}, id == "patrol-1"
}

func (lake) Place(casework.PlaceKind, string) (casework.Place, bool) { return casework.Place{}, false }

func TestCaseFromAnAlert(t *testing.T) {
	r := newRoom(t)
	ctx := t.Context()
	alert := r.raise("crossing-7", 7)
	w := r.wish(r.ana)
	made, err := r.work.OpenCase(ctx, w, casework.CaseWish{Title: " Cruce ", Alerts: []desk.AlertID{alert}, Note: "de noche"})
	must(t, err)
	c := made.Value
	if c.ID != "C1" || c.Title != "Cruce" || c.State != casework.CaseOpen || !slices.Equal(c.Alerts, []desk.AlertID{alert}) || c.Evidence != 1 || c.Notes != 1 {
		t.Errorf("%+v", c)
	}
	a, err := r.desk.Alert(ctx, alert)
	must(t, err)
	if a.State != desk.InCase || a.Case != "C1" {
		t.Errorf("the alert is %s in %q", a.State, a.Case)
	}
	again, err := r.work.OpenCase(ctx, w, casework.CaseWish{Title: " Cruce ", Alerts: []desk.AlertID{alert}, Note: "de noche"})
	must(t, err)
	if !again.Repeated || again.Value.ID != "C1" {
		t.Errorf("a retry gave %+v", again)
	}
	_, err = r.work.OpenCase(ctx, w, casework.CaseWish{Title: "Otro"})
	refused(t, err, desk.ErrRequestReused)
	_, err = r.work.OpenCase(ctx, r.wish(r.eva), casework.CaseWish{Title: "Otro", Alerts: []desk.AlertID{alert}})
	refused(t, err, desk.ErrConflict)
	_, err = r.work.OpenCase(ctx, r.wish(r.luz), casework.CaseWish{Title: "Otro"})
	refused(t, err, desk.ErrForbidden)
	_, err = r.work.OpenCase(ctx, r.wish(r.ana), casework.CaseWish{Title: "  "})
	refused(t, err, desk.ErrInvalid)

	r.restart()
	if open := r.work.OpenCases(); len(open) != 1 || open[0].ID != "C1" {
		t.Errorf("after a restart %+v is open", open)
	}
	// Its alerts end with it, and say by whom.
	_, err = r.work.CloseCase(ctx, r.wish(r.eva), "C1", "surely", "", true)
	refused(t, err, desk.ErrInvalid)
	closed, err := r.work.CloseCase(ctx, r.wish(r.eva), "C1", desk.True, "la patrulla la vio", true)
	must(t, err)
	if closed.Value.State != casework.CaseClosed || closed.Value.Outcome != desk.True || closed.Value.Closing != "la patrulla la vio" {
		t.Errorf("%+v", closed.Value)
	}
	a, err = r.desk.Alert(ctx, alert)
	must(t, err)
	if last := a.Changes[len(a.Changes)-1]; a.State != desk.Closed || a.Outcome != desk.True || last.Who.Name != "Eva" {
		t.Errorf("the alert is %s, %s, by %+v", a.State, a.Outcome, last.Who)
	}
	if len(r.work.OpenCases()) != 0 {
		t.Error("a closed case is among the open ones")
	}
}

func TestCaseEvidence(t *testing.T) {
	r := newRoom(t)
	ctx := t.Context()
	_, err := r.work.OpenCase(ctx, r.wish(r.ana), casework.CaseWish{Title: "Cruce"})
	must(t, err)
	add := func(e ...casework.Evidence) error {
		_, err := r.work.AddEvidence(ctx, r.wish(r.ana), "C1", e)
		return err
	}
	noon := r.Now()
	must(t, add(casework.Evidence{Kind: casework.OfTrack, Track: 7, From: noon.Add(-10 * time.Minute), To: noon, Note: "el cruce"}, casework.Evidence{Kind: casework.OfObservation, Observation: 71}))
	must(t, add(casework.Evidence{Kind: casework.OfTrack, Track: 7})) // half an hour until now
	for name, tc := range map[string]struct {
		e    casework.Evidence
		want error
	}{
		"nothing known of the track then": {casework.Evidence{Kind: casework.OfTrack, Track: 7, From: noon.Add(-3 * time.Hour), To: noon.Add(-2 * time.Hour)}, desk.ErrNotFound},
		"longer than a day":               {casework.Evidence{Kind: casework.OfTrack, Track: 7, From: noon.Add(-25 * time.Hour), To: noon}, desk.ErrInvalid},
		"backwards":                       {casework.Evidence{Kind: casework.OfTrack, Track: 7, From: noon, To: noon.Add(-time.Hour)}, desk.ErrInvalid},
		"an unknown track":                {casework.Evidence{Kind: casework.OfTrack, Track: 8}, desk.ErrNotFound},
		"an unknown observation":          {casework.Evidence{Kind: casework.OfObservation, Observation: 5}, desk.ErrNotFound},
		"an unknown alert":                {casework.Evidence{Kind: casework.OfAlert, ID: "AX"}, desk.ErrNotFound},
		"an unknown kind":                 {casework.Evidence{Kind: "rumour", ID: "1"}, desk.ErrInvalid},
	} {
		if err := add(tc.e); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused(t, add(), desk.ErrInvalid)
	f, err := r.work.Case(ctx, "C1")
	must(t, err)
	all := f.AllEvidence()
	if len(all) != 3 || f.Evidence != 3 || f.Version != 3 {
		t.Fatalf("%d pieces, the case counts %d, version %d", len(all), f.Evidence, f.Version)
	}
	if p := all[0].Taken; p == nil || p.Points != 10 || len(p.Inputs) != 10 || p.Inputs[0] != 60 || p.Belief == nil || p.Lineage[0].Observation != 71 {
		t.Errorf("ten minutes were taken as %+v", p)
	}
	if p := all[2]; p.Taken.Points != 30 || !p.From.Equal(noon.Add(-30*time.Minute)) || !p.To.Equal(noon) {
		t.Errorf("half an hour was taken as %+v", p)
	}
}

func TestCaseLife(t *testing.T) {
	r := newRoom(t)
	ctx := t.Context()
	_, err := r.work.OpenCase(ctx, r.wish(r.ana), casework.CaseWish{Title: "Cruce"})
	must(t, err)
	r.pass(time.Minute)
	_, err = r.work.NoteCase(ctx, r.wish(r.ana), "C1", "llamó Kasani")
	must(t, err)
	_, err = r.work.DecideCase(ctx, r.wish(r.eva), "C1", "enviar la patrulla", "es la segunda vez")
	must(t, err)
	_, err = r.work.RenameCase(ctx, r.wish(r.ana), "C1", "Cruce frente a Kasani")
	must(t, err)
	stale := r.wish(r.ana)
	stale.IfVersion = 2
	_, err = r.work.NoteCase(ctx, stale, "C1", "x")
	refused(t, err, desk.ErrConflict)
	_, err = r.work.NoteCase(ctx, r.wish(r.ana), "C9", "x")
	refused(t, err, desk.ErrNotFound)
	_, err = r.work.DecideCase(ctx, r.wish(r.ana), "C1", "irse", "")
	refused(t, err, desk.ErrInvalid)
	_, err = r.work.ReopenCase(ctx, r.wish(r.ana), "C1", "x")
	refused(t, err, desk.ErrConflict)
	_, err = r.work.CloseCase(ctx, r.wish(r.ana), "C1", desk.Explained, "", false)
	must(t, err)
	_, err = r.work.NoteCase(ctx, r.wish(r.ana), "C1", "tarde")
	refused(t, err, desk.ErrConflict)

	// A closed case is given out too, and stays closed.
	var kept bool
	x := casework.Export{ID: "X1", Format: casework.HTML, Language: "es", SHA256: "ab", Bytes: 3}
	_, err = r.work.ExportCase(ctx, r.wish(r.luz), "C1", x, nil)
	refused(t, err, desk.ErrForbidden)
	failed := errors.New("the disk is gone")
	_, err = r.work.ExportCase(ctx, r.wish(r.ana), "C1", x, func(context.Context) error { return failed })
	refused(t, err, failed)
	given, err := r.work.ExportCase(ctx, r.wish(r.ana), "C1", x, func(ctx context.Context) error {
		kept = true
		lines, err := r.store.JournalEntries(ctx, desk.JournalQuery{Kinds: []string{"case.exported"}, Limit: 1})
		if err == nil && (len(lines) != 1 || lines[0].Outcome != desk.Pending) {
			err = fmt.Errorf("the file would be kept before its record: %+v", lines)
		}
		return err
	})
	must(t, err)
	if !kept || given.Value.Exports != 1 || given.Value.State != casework.CaseClosed || given.Value.Last.SHA256 != "ab" {
		t.Errorf("%+v", given.Value)
	}
	_, err = r.work.ReopenCase(ctx, r.wish(r.eva), "C1", "apareció un testigo")
	must(t, err)

	f, err := r.work.Case(ctx, "C1")
	must(t, err)
	var kinds []casework.EntryKind
	for i, e := range f.Entries {
		kinds = append(kinds, e.Kind)
		if e.Version != uint64(i+1) {
			t.Errorf("entry %d has version %d", i, e.Version)
		}
	}
	want := []casework.EntryKind{"opened", "noted", "decided", "renamed", "closed", "exported", "reopened"}
	if !slices.Equal(kinds, want) || f.Title != "Cruce frente a Kasani" || f.State != casework.CaseOpen || f.Outcome != "" || f.Decided != 1 || f.Entries[2].Who.Name != "Eva" || f.Entries[2].Why != "es la segunda vez" {
		t.Errorf("%v %+v", kinds, f.Case)
	}
	if n := len(r.news); n != len(want) || r.news[n-1].Case.Version != uint64(n) {
		t.Errorf("%d news, want one an entry", n)
	}
}

func TestCaseList(t *testing.T) {
	r := newRoom(t)
	ctx := t.Context()
	for i := range 5 {
		r.pass(time.Minute)
		_, err := r.work.OpenCase(ctx, r.wish(r.ana), casework.CaseWish{Title: fmt.Sprint("caso ", i+1)})
		must(t, err)
	}
	_, err := r.work.CloseCase(ctx, r.wish(r.ana), "C2", desk.False, "", false)
	must(t, err)
	var got []string
	q := desk.DocumentQuery{Limit: 2}
	for {
		page, err := r.work.Cases(ctx, q)
		must(t, err)
		for _, c := range page.Items {
			got = append(got, c.ID)
		}
		if q.Before = page.Next; q.Before == 0 {
			break
		}
	}
	if !slices.Equal(got, []string{"C2", "C5", "C4", "C3", "C1"}) {
		t.Errorf("the newest change is first: %v", got)
	}
	page, err := r.work.Cases(ctx, desk.DocumentQuery{OpenOnly: true})
	must(t, err)
	if len(page.Items) != 4 {
		t.Errorf("%d are open", len(page.Items))
	}
}
