package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/desk/explain"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/sqlite/history"
	"atalaya/track"
)

var _ explain.Past = accounts{}

// accounts is what an explanation asks of the store.
type accounts struct{ *sqlite.Store }

// Kept tells since when every step has its events; zero: always.
func (a accounts) Kept(ctx context.Context) (time.Time, error) {
	e, err := a.Extent(ctx)
	if err != nil {
		return time.Time{}, err
	}
	for step, err := range a.Steps(ctx, e.Detail, time.Time{}) {
		if err != nil || step.N == 1 { // before it there was nothing
			return time.Time{}, err
		}
		break
	}
	return e.Detail, nil
}

// mostAlerts bounds the findings about one track that are looked through.
const mostAlerts = 1000

// Alerts gives the alerts about a track whose findings were known in [from, to).
func (a accounts) Alerts(ctx context.Context, id track.ID, from, to time.Time) (out []desk.Alert, err error) {
	found, err := a.Findings(ctx, store.FindingQuery{Track: id, From: from, To: to, Limit: mostAlerts})
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Backward(found) { // they come the newest first
		x, err := a.AlertByID(ctx, desk.NameAlert(f.ID))
		if errors.Is(err, desk.ErrNotFound) {
			continue // it raised none, or joined another
		}
		if err != nil {
			return nil, err
		}
		if x.Kind != rule.Health {
			out = append(out, x)
		}
	}
	return out, nil
}

// openReader opens the store for reading, also while the program runs.
func (c *Config) openReader(ctx context.Context, log *slog.Logger) (*sqlite.Store, error) {
	if _, err := os.Stat(c.dir() + "/" + history.Name + ".db"); err != nil {
		return nil, fmt.Errorf("there is no store in %s (%w): name its folder with --data, and add --exercise for the exercise's", c.dir(), err)
	}
	return sqlite.Open(ctx, sqlite.Config{Dir: c.dir(), Clock: NewClock(log), Log: log, ReadOnly: true})
}

// Explain says why a track is believed, from the store, which another program
// may be writing.
func Explain(ctx context.Context, cfg Config, q explain.Query, log *slog.Logger) (a explain.Account, err error) {
	s, err := cfg.openReader(ctx, log)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return explain.Track(ctx, accounts{s}, q)
}
