package desk_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

// fake is a store and ledger in memory that can be full.
type fake struct {
	mu     sync.Mutex
	now    time.Time
	err    error // of every write
	lookup error // of AlertByID
	// refuseOlder makes SaveFindings refuse alerts that are older than stored.
	refuseOlder bool
	tear        error // returned by SaveDecision after it kept the decision
	findings    map[string]desk.Noted
	alerts      []desk.Alert
	saves       int
	journal     []desk.Record
}

func newFake() *fake {
	return &fake{
		now:      time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		findings: map[string]desk.Noted{},
	}
}

// write runs a change unless writing fails.
func (f *fake) write(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	return do()
}

func (f *fake) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fake) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if err := f.write(func() error { f.journal = append(f.journal, rec); return nil }); err != nil {
		return err
	}
	return act(ctx)
}

func (f *fake) index(id desk.AlertID) int {
	return slices.IndexFunc(f.alerts, func(a desk.Alert) bool { return a.ID == id })
}

func (f *fake) OpenAlerts(context.Context) ([]desk.Alert, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.alerts), func(a desk.Alert) bool { return !a.Open() }), nil
}

func (f *fake) AlertByID(_ context.Context, id desk.AlertID) (desk.Alert, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lookup != nil {
		return desk.Alert{}, f.lookup
	}
	if i := f.index(id); i >= 0 {
		return f.alerts[i], nil
	}
	return desk.Alert{}, desk.ErrNotFound
}

func (f *fake) ClosedAlerts(_ context.Context, q desk.Filter) (page desk.Page, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from := len(f.alerts)
	if q.After != "" {
		if _, err := fmt.Sscan(q.After, &from); err != nil {
			return page, desk.ErrInvalid
		}
	}
	for i, a := range slices.Backward(f.alerts[:from]) {
		if a.Open() || !q.Wants(&a) {
			continue
		}
		if len(page.Alerts) == q.Size() {
			page.Next = fmt.Sprint(i + 1)
			return page, nil
		}
		page.Alerts = append(page.Alerts, a)
	}
	return page, nil
}

func (f *fake) SaveFindings(_ context.Context, findings []desk.Noted, alerts []desk.Alert) error {
	return f.write(func() error {
		f.saves++
		for _, a := range alerts {
			if i := f.index(a.ID); f.refuseOlder && i >= 0 && f.alerts[i].Version >= a.Version {
				return desk.ErrConflict
			}
		}
		for _, n := range findings {
			if n.Revision >= f.findings[n.ID].Revision {
				f.findings[n.ID] = n
			}
		}
		for _, a := range alerts {
			if i := f.index(a.ID); i >= 0 {
				f.alerts[i] = a
			} else {
				f.alerts = append(f.alerts, a)
			}
		}
		return nil
	})
}

func (f *fake) SaveDecision(_ context.Context, alerts ...desk.Alert) error {
	return f.write(func() error {
		for _, a := range alerts {
			if i := f.index(a.ID); i < 0 || f.alerts[i].Version != a.Version-1 {
				return desk.ErrConflict
			}
		}
		for _, a := range alerts {
			f.alerts[f.index(a.ID)] = a
		}
		return f.tear
	})
}

func (f *fake) WaitingFindings(context.Context) (out []desk.Noted, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(f.findings)) {
		if f.findings[id].Waits {
			out = append(out, f.findings[id])
		}
	}
	return out, nil
}

func (f *fake) DecisionByRequest(_ context.Context, request string) (desk.AlertID, desk.Change, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.alerts {
		for _, c := range a.Changes {
			if c.Request == request {
				return a.ID, c, nil
			}
		}
	}
	return "", desk.Change{}, desk.ErrNotFound
}

// start makes a desk for which nothing is a flood.
func start(t *testing.T, f *fake, changed func(desk.AlertChange)) *desk.Desk {
	t.Helper()
	return open(t, f, desk.Config{Flood: 1 << 20, Changed: changed})
}

func open(t *testing.T, f *fake, cfg desk.Config) *desk.Desk {
	t.Helper()
	cfg.Store, cfg.Ledger, cfg.Clock, cfg.Log = f, f, f, slog.New(slog.DiscardHandler)
	d, err := desk.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func ana() desk.Who { return desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer} }
func eva() desk.Who { return desk.Who{ID: "P2", Name: "Eva", Role: desk.Officer} }

// finding makes revision r of finding n.
func finding(n int, r uint32) watch.Finding {
	return watch.Finding{
		ID: fmt.Sprintf("crossing/T%d/border/1", n), Revision: r, Status: watch.Raised, Rule: "crossing",
		Priority: rule.Medium, Alert: true, Track: track.ID(n), Inputs: []uint64{uint64(n)},
	}
}
