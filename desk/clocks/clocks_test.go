package clocks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/clocks"
	"atalaya/desk/papers"
	"atalaya/store/sqlite"
	"atalaya/watch"
)

// room is a duty room at simulated time, whose ledger is a list.
type room struct {
	*clocks.Service
	now     time.Time
	records []desk.Record
	raised  []watch.Finding
}

func (r *room) Now() time.Time { return r.now }

func (r *room) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	r.records = append(r.records, rec)
	return act(ctx)
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir(), Clock: r, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Service = clocks.New(clocks.Config{
		Store: s, Ledger: r, Clock: r, Random: bytes.NewReader(bytes.Repeat([]byte{9}, 1000)), Log: log, Times: clocks.Usual(), Neighbours: []string{"pe", "cl"},
		Raise: func(_ context.Context, f watch.Finding) error { r.raised = append(r.raised, f); return nil },
	})
	return r
}

var (
	_    desk.Ledger = (*room)(nil)
	eva              = desk.Who{ID: "P1", Name: "Eva", Role: desk.Officer}
	wish             = func(n string) papers.Wish { return papers.Wish{Who: eva, Request: n} }
)

func (r *room) fields(i int) string {
	out := r.records[i].Kind
	for _, f := range r.records[i].Fields {
		out += fmt.Sprintf(" %s=%s", f.Name, f.Value)
	}
	return out
}

func TestClocks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind         clocks.Kind
		event, due   time.Duration // from now
		warned       time.Duration // when the duty officer is told
		overdueAlso0 bool
	}{
		{clocks.Flight, 100 * time.Hour, 28 * time.Hour, 10 * time.Hour, false},
		{clocks.Flight, 10 * time.Hour, -62 * time.Hour, 0, true}, // planned too late
		{clocks.Pursuit, -10 * time.Minute, 50 * time.Minute, 35 * time.Minute, false},
		{clocks.Breach, 0, 15 * time.Minute, 11*time.Minute + 15*time.Second, false},
		{clocks.Query, -time.Hour, 47 * time.Hour, 35 * time.Hour, false},
	} {
		t.Run(fmt.Sprint(tc.kind, tc.event), func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			start := r.now
			n, err := r.Owe(t.Context(), clocks.Wish{Wish: wish("a"), Clock: tc.kind, To: "pe", Text: "x", Event: start.Add(tc.event)})
			if err != nil {
				t.Fatal(err)
			}
			if want := start.Add(tc.due); !n.Due.Equal(want) || n.Overdue != tc.overdueAlso0 {
				t.Errorf("due %s, overdue %t, want %s", n.Due, n.Overdue, want)
			}
			if got, want := r.fields(0), fmt.Sprintf("notice notice=N1 clock=%s to=pe due=%s text=x", tc.kind, n.Due.Format(time.RFC3339)); got != want {
				t.Errorf("the record is %q, want %q", got, want)
			}
			if tc.warned > 0 {
				r.now = start.Add(tc.warned - time.Second)
				r.Tick(t.Context())
				if len(r.raised) > 0 {
					t.Error("warned too early")
				}
			}
			r.now = start.Add(tc.warned)
			r.Tick(t.Context())
			r.Tick(t.Context())
			if len(r.raised) != 1 || r.raised[0].Status != watch.Raised {
				t.Fatalf("raised %+v", r.raised)
			}
			r.now = start.Add(max(tc.due, 0) + time.Second)
			if all, err := r.List(t.Context(), true); err != nil || !all[0].Overdue {
				t.Errorf("after its time %+v, %v", all, err)
			}
			if _, err := r.Give(t.Context(), wish("b"), "N1", "by telephone to Puno"); err != nil {
				t.Fatal(err)
			}
			r.Tick(t.Context())
			r.Tick(t.Context())
			if len(r.raised) != 2 || r.raised[1].Status != watch.Withdrawn || r.raised[1].ID != r.raised[0].ID {
				t.Errorf("after it was given %+v", r.raised)
			}
			if _, err := r.Give(t.Context(), wish("c"), "N1", "again"); !errors.Is(err, desk.ErrConflict) {
				t.Errorf("given twice: %v", err)
			}
		})
	}
}

// A sealed notice tells nobody before it opens of what, to whom and when it is.
func TestSealedNotice(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	w := clocks.Wish{Wish: wish("a"), Clock: clocks.Flight, To: "cl", Text: "night patrol", Event: r.now.Add(80 * time.Hour), Opens: r.now.Add(100 * time.Hour)}
	n, err := r.Owe(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.fields(0), "notice notice=N1 content="+n.Content+" opens="+n.Opens.Format(time.RFC3339)+
		" hidden.clock=flight hidden.to=cl hidden.due="+n.Due.Format(time.RFC3339)+" text=night patrol"; got != want {
		t.Errorf("the record is %q, want %q", got, want)
	}
	if _, err := r.Give(t.Context(), wish("b"), "N1", "x"); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("given while sealed: %v", err)
	}
	r.now = r.now.Add(74 * time.Hour)
	r.Tick(t.Context())
	if len(r.raised) != 0 {
		t.Error("warned too early")
	}
	r.now = r.now.Add(time.Hour)
	r.Tick(t.Context())
	if len(r.raised) != 1 {
		t.Errorf("a quarter of its time before it opens: %+v", r.raised)
	}
	opened, err := r.Open(t.Context(), wish("c"), "N1")
	if err != nil || opened.Overdue {
		t.Fatalf("opened %+v, %v", opened, err)
	}
	if clocks.Commitment(bytes.Repeat([]byte{9}, 32), &opened) != n.Content || opened.Salt == "" || n.Salt != "" {
		t.Error("what is open is not what was sealed")
	}
}

func TestWhatIsNoNotice(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	good := clocks.Wish{Wish: papers.Wish{Who: eva}, Clock: clocks.Breach, To: "pe", Text: "x", Event: r.now}
	for name, edit := range map[string]func(*clocks.Wish){
		"clock": func(w *clocks.Wish) { w.Clock = "visit" }, "to": func(w *clocks.Wish) { w.To = "fr" }, "text": func(w *clocks.Wish) { w.Text = "" },
		"event": func(w *clocks.Wish) { w.Event = time.Time{} }, "breach to come": func(w *clocks.Wish) { w.Event = r.now.Add(time.Hour) },
		"opens before": func(w *clocks.Wish) { w.Opens = r.now }, "opens never": func(w *clocks.Wish) { w.Opens = r.now.Add(91 * 24 * time.Hour) },
	} {
		w := good
		edit(&w)
		if _, err := r.Owe(t.Context(), w); !errors.Is(err, desk.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	low := good
	low.Who.Role = desk.Viewer
	if _, err := r.Owe(t.Context(), low); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a viewer starts a clock: %v", err)
	}
	if len(r.records) > 0 {
		t.Error("there are records of what was refused")
	}
}
