package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/watch"
)

// AlertsAsKnown gives alerts as they stood at a time: with a zero since, those
// that were open then; otherwise those that changed after it, closed ones too.
func (d *Durable) AlertsAsKnown(ctx context.Context, since, t time.Time) ([]desk.Alert, error) {
	minute := database.Minute(t)
	where, args := "kind = 'alert' AND minute <= ?1 AND (open = 1 OR n IN (SELECT alert FROM alert_change WHERE minute >= ?1)) ORDER BY n", []any{minute}
	if !since.IsZero() {
		where = `kind = 'alert' AND minute <= ?1 AND (n IN (SELECT alert FROM alert_change WHERE minute BETWEEN ?2 AND ?1)
			OR finding IN (SELECT id FROM finding WHERE minute BETWEEN ?2 AND ?1)) ORDER BY n`
		args = append(args, database.Minute(since))
	}
	all, err := d.alerts(ctx, where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the alerts of %s: %w", t.UTC().Format(time.RFC3339), err)
	}
	var out []desk.Alert
	for i := range all {
		a := &all[i].Alert
		f, changed, err := d.findingAt(ctx, a.Finding, since, t)
		if errors.Is(err, store.ErrNotFound) {
			continue // it was not known yet
		}
		if err != nil {
			return nil, fmt.Errorf("alert %s: %w", a.ID, err)
		}
		was, raised := a.AsKnownAt(t, f)
		if !raised {
			continue
		}
		last := was.Changes[len(was.Changes)-1]
		if since.IsZero() && was.Open() || !since.IsZero() && (changed || last.At.After(since)) {
			out = append(out, was)
		}
	}
	return out, nil
}

// findingAt gives the revision of a finding that was known at a time, and
// whether it became known after since.
func (d *Durable) findingAt(ctx context.Context, latest watch.Finding, since, t time.Time) (f watch.Finding, changed bool, err error) {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT minute, content FROM finding WHERE id = ? AND minute <= ? ORDER BY revision DESC", latest.ID, database.Minute(t))
	if err != nil {
		return f, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var content []byte
		if err := rows.Scan(&minute, &content); err != nil {
			return f, false, err
		}
		var k keptFinding
		if err := d.records.Open(store.ClassFinding, minute, content, &k); err != nil {
			return f, false, err
		}
		if !k.Known.After(t) {
			return k.Finding, k.Known.After(since), nil
		}
	}
	if err := rows.Err(); err != nil {
		return f, false, err
	}
	return f, false, store.ErrNotFound
}

// Tally counts what began in each of so many bins of so many minutes.
func (d *Durable) Tally(ctx context.Context, from time.Time, minutes int64, bins int) ([]store.Tally, error) {
	out := make([]store.Tally, bins)
	first := database.Minute(from)
	last := first + minutes*int64(bins) - 1
	if err := d.tallyAlerts(ctx, out, first, last, minutes); err != nil {
		return nil, fmt.Errorf("count alerts: %w", err)
	}
	if err := d.tallyFindings(ctx, out, first, last, minutes); err != nil {
		return nil, fmt.Errorf("count findings: %w", err)
	}
	return out, nil
}

func (d *Durable) tallyAlerts(ctx context.Context, out []store.Tally, first, last, minutes int64) error {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT minute, content FROM alert WHERE kind = 'alert' AND minute BETWEEN ? AND ?", first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var content []byte
		if err := rows.Scan(&minute, &content); err != nil {
			return err
		}
		var k keptAlert
		if err := d.records.Open(store.ClassAlert, minute, content, &k); err != nil {
			return err
		}
		at := &out[(minute-first)/minutes]
		at.Alerts[min(max(k.Priority, rule.Low), rule.Top)-rule.Low]++
	}
	return rows.Err()
}

func (d *Durable) tallyFindings(ctx context.Context, out []store.Tally, first, last, minutes int64) error {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT minute, count(*) FROM finding WHERE minute BETWEEN ? AND ? AND revision = 1 GROUP BY minute", first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var n int
		if err := rows.Scan(&minute, &n); err != nil {
			return err
		}
		out[(minute-first)/minutes].Findings += n
	}
	return rows.Err()
}

// NextAlert gives the first alert that was raised after a time, or the last one
// before it, of at least a priority. ErrNotFound: there is none.
func (d *Durable) NextAlert(ctx context.Context, t time.Time, back bool, least rule.Priority) (desk.Alert, error) {
	var id desk.AlertID
	err := d.along(ctx, "SELECT n, minute, content, id FROM alert WHERE kind = 'alert' AND", t, back, func(rows *sql.Rows) (n, minute int64, found bool, err error) {
		var content []byte
		var k keptAlert
		if err := rows.Scan(&n, &minute, &content, &id); err != nil {
			return 0, 0, false, err
		}
		err = d.records.Open(store.ClassAlert, minute, content, &k)
		return n, minute, k.Priority >= least && beyond(k.Raised, t, back), err
	})
	if err != nil {
		return desk.Alert{}, fmt.Errorf("find the next alert: %w", err)
	}
	return d.AlertByID(ctx, id)
}

// NextFinding gives the first finding that became known after a time, or the
// last one before it, of at least a priority. ErrNotFound: there is none.
func (d *Durable) NextFinding(ctx context.Context, t time.Time, back bool, least rule.Priority) (store.Kept, error) {
	var k keptFinding
	var number int64
	err := d.along(ctx, "SELECT n, minute, content FROM finding WHERE revision = 1 AND", t, back, func(rows *sql.Rows) (n, minute int64, found bool, err error) {
		var content []byte
		if err := rows.Scan(&n, &minute, &content); err != nil {
			return 0, 0, false, err
		}
		k, number = keptFinding{}, n
		err = d.records.Open(store.ClassFinding, minute, content, &k)
		return n, minute, k.Finding.Priority >= least && beyond(k.Known, t, back), err
	})
	if err != nil {
		return store.Kept{}, fmt.Errorf("find the next finding: %w", err)
	}
	return store.Kept{Number: uint64(number), Known: k.Known, Finding: k.Finding}, nil
}

func beyond(at, t time.Time, back bool) bool {
	if back {
		return at.Before(t)
	}
	return at.After(t)
}

// along reads rows in the order of their minutes and numbers, or backwards,
// from a time on, until one is found.
func (d *Durable) along(ctx context.Context, query string, t time.Time, back bool, look func(*sql.Rows) (n, minute int64, found bool, err error)) error {
	const page = 64
	where, order := " (minute, n) > (?, ?) ORDER BY minute, n LIMIT ?", int64(0)
	if back {
		where, order = " (minute, n) < (?, ?) ORDER BY minute DESC, n DESC LIMIT ?", 1<<62
	}
	minute, n := database.Minute(t), order
	for {
		count, found, err := d.lookThrough(ctx, query+where, look, &minute, &n, page)
		if err != nil || found {
			return err
		}
		if count < page {
			return store.ErrNotFound
		}
	}
}

func (d *Durable) lookThrough(ctx context.Context, query string, look func(*sql.Rows) (n, minute int64, found bool, err error), minute, n *int64, page int) (count int, found bool, err error) {
	rows, err := d.db.Read().QueryContext(ctx, query, *minute, *n, page)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		count++
		if *n, *minute, found, err = look(rows); err != nil || found {
			return count, found, err
		}
	}
	return count, false, rows.Err()
}
