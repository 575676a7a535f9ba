package durable

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/watch"
)

var _ desk.Store = (*Durable)(nil)

// keptFinding is the sealed content of a finding.
type keptFinding struct {
	Known   time.Time     `cbor:"known"`
	Finding watch.Finding `cbor:"finding"`
}

// keptAlert is the sealed content of an alert beside its finding and changes.
type keptAlert struct {
	Raised       time.Time          `cbor:"raised"`
	Priority     rule.Priority      `cbor:"priority"`
	Kind         rule.Kind          `cbor:"kind"` // empty, from before there were kinds: an alert
	Rule         desk.RuleRef       `cbor:"rule"`
	Members      int                `cbor:"members,omitempty"`
	Explanations []desk.Explanation `cbor:"explanations,omitempty"`
	Count        int                `cbor:"count"`
	Last         time.Time          `cbor:"last"`
	Repeats      []desk.Repeat      `cbor:"repeats,omitempty"`
	OnShelf      int                `cbor:"on_shelf,omitempty"` // repeats since it lies there
}

func keep(a *desk.Alert) keptAlert {
	k := keptAlert{
		Raised: a.Raised, Priority: a.Priority, Kind: a.Kind, Rule: a.Rule, Members: a.Members,
		Explanations: a.Explanations, Count: a.Count, Last: a.Last, Repeats: a.Repeats,
	}
	if a.Shelved != nil {
		k.OnShelf = a.Shelved.Count
	}
	return k
}

// restore fills in all but what comes from the changes.
func (k *keptAlert) restore(a *desk.Alert) {
	a.Raised, a.Priority, a.Kind, a.Rule, a.Members = k.Raised, k.Priority, cmp.Or(k.Kind, rule.Alert), k.Rule, k.Members
	a.Explanations, a.Count, a.Last, a.Repeats = k.Explanations, max(k.Count, 1), k.Last, k.Repeats
}

// SaveFindings implements desk.Store.
func (d *Durable) SaveFindings(ctx context.Context, findings []desk.Noted, alerts []desk.Alert) error {
	err := d.db.Change(ctx, "keep findings", func(tx *sql.Tx) error {
		for i := range findings {
			if err := d.saveFinding(ctx, tx, &findings[i]); err != nil {
				return fmt.Errorf("finding %s: %w", findings[i].ID, err)
			}
		}
		for i := range alerts {
			if err := d.saveAlert(ctx, tx, &alerts[i]); err != nil {
				return fmt.Errorf("alert %s: %w", alerts[i].ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range alerts {
		f := &alerts[i].Finding
		d.keep(Kept{Tracks: []desk.TrackSpan{alerted(f.Track, f.Time, aDay)}, Lineages: []desk.TrackSpan{alerted(f.Track, f.Time, halfHour)}, Inputs: f.Inputs})
	}
	return nil
}

func (d *Durable) saveFinding(ctx context.Context, tx *sql.Tx, f *desk.Noted) error {
	minute, content, err := d.records.Seal(store.ClassFinding, f.Known, keptFinding{f.Known, f.Finding})
	if err != nil {
		return err
	}
	of := sql.NullString{String: string(f.Of), Valid: f.Of != ""}
	if _, err := tx.ExecContext(ctx, `INSERT INTO finding (id, revision, track, minute, content, alert, waits) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id, revision) DO UPDATE SET alert = excluded.alert, waits = excluded.waits`,
		f.ID, f.Revision, f.Track, minute, content, of, f.Waits); err != nil {
		return err
	}
	if f.Of == "" {
		return nil
	}
	return saveEvidence(ctx, tx, f.Inputs)
}

// saveEvidence enters observations that an alert rests on.
func saveEvidence(ctx context.Context, tx *sql.Tx, seqs []uint64) error {
	for _, seq := range seqs {
		if _, err := tx.ExecContext(ctx, "INSERT INTO evidence (seq) VALUES (?) ON CONFLICT (seq) DO NOTHING", seq); err != nil {
			return err
		}
	}
	return nil
}

// WaitingFindings implements desk.Store.
func (d *Durable) WaitingFindings(ctx context.Context) (out []desk.Noted, err error) {
	rows, err := d.db.Read().QueryContext(ctx, `SELECT minute, content FROM finding WHERE waits = 1
		AND NOT EXISTS (SELECT 1 FROM finding later WHERE later.id = finding.id AND later.revision > finding.revision) ORDER BY n`)
	if err != nil {
		return nil, fmt.Errorf("read the findings that wait: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var content []byte
		if err := rows.Scan(&minute, &content); err != nil {
			return nil, fmt.Errorf("read the findings that wait: %w", err)
		}
		var f keptFinding
		if err := d.records.Open(store.ClassFinding, minute, content, &f); err != nil {
			return nil, fmt.Errorf("read the findings that wait: %w", err)
		}
		out = append(out, desk.Noted{Known: f.Known, Finding: f.Finding, Waits: true})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the findings that wait: %w", err)
	}
	return out, nil
}

// saveAlert writes the alert, the changes that the store has not got, and what
// it rests on.
func (d *Durable) saveAlert(ctx context.Context, tx *sql.Tx, a *desk.Alert) error {
	minute, content, err := d.records.Seal(store.ClassAlert, a.Raised, keep(a))
	if err != nil {
		return err
	}
	var n, version int64
	switch err := tx.QueryRowContext(ctx, "SELECT n, version FROM alert WHERE id = ?", a.ID).Scan(&n, &version); {
	case errors.Is(err, sql.ErrNoRows):
		res, err := tx.ExecContext(ctx, "INSERT INTO alert (id, finding, kind, open, version, minute, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
			a.ID, a.Finding.ID, a.Kind, a.Open(), a.Version, minute, content)
		if err != nil {
			return err
		}
		if n, err = res.LastInsertId(); err != nil {
			return err
		}
	case err != nil:
		return err
	case uint64(version) > a.Version:
		return fmt.Errorf("%w: the store has version %d, this is %d", store.ErrConflict, version, a.Version)
	case uint64(version) == a.Version:
		if _, err := tx.ExecContext(ctx, "UPDATE alert SET content = ? WHERE n = ?", content, n); err != nil {
			return err
		}
	default:
		if _, err := tx.ExecContext(ctx, "UPDATE alert SET open = ?, version = ?, content = ? WHERE n = ?", a.Open(), a.Version, content, n); err != nil {
			return err
		}
	}
	for _, c := range a.Changes {
		if c.Version > uint64(version) {
			if err := d.saveChange(ctx, tx, n, c); err != nil {
				return err
			}
		}
	}
	return saveEvidence(ctx, tx, a.Finding.Inputs)
}

func (d *Durable) saveChange(ctx context.Context, tx *sql.Tx, alert int64, c desk.Change) error {
	minute, content, err := d.records.Seal(store.ClassAlert, c.At, c)
	if err != nil {
		return err
	}
	request := sql.NullString{String: c.Request, Valid: c.Request != ""}
	_, err = tx.ExecContext(ctx, "INSERT INTO alert_change (alert, version, minute, request, content) VALUES (?, ?, ?, ?, ?)",
		alert, c.Version, minute, request, content)
	if database.Exists(err) {
		return fmt.Errorf("%w: version %d or request %q exists already", store.ErrConflict, c.Version, c.Request)
	}
	return err
}

// SaveDecision implements desk.Store.
func (d *Durable) SaveDecision(ctx context.Context, alerts ...desk.Alert) error {
	return d.db.Change(ctx, "keep the decision", func(tx *sql.Tx) error {
		for i := range alerts {
			if err := d.saveDecision(ctx, tx, &alerts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *Durable) saveDecision(ctx context.Context, tx *sql.Tx, a *desk.Alert) error {
	if len(a.Changes) == 0 {
		return fmt.Errorf("%w: alert %s without a change", desk.ErrInvalid, a.ID)
	}
	_, content, err := d.records.Seal(store.ClassAlert, a.Raised, keep(a))
	if err != nil {
		return err
	}
	var n int64
	err = tx.QueryRowContext(ctx, "UPDATE alert SET open = ?, version = ?, content = ? WHERE id = ? AND version = ? RETURNING n",
		a.Open(), a.Version, content, a.ID, a.Version-1).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: alert %s has not version %d in the store", store.ErrConflict, a.ID, a.Version-1)
	}
	if err != nil {
		return err
	}
	return d.saveChange(ctx, tx, n, a.Changes[len(a.Changes)-1])
}

// DecisionByRequest implements desk.Store.
func (d *Durable) DecisionByRequest(ctx context.Context, request string) (desk.AlertID, desk.Change, error) {
	var id desk.AlertID
	var c desk.Change
	var minute int64
	var content []byte
	err := d.db.Read().QueryRowContext(ctx, `SELECT a.id, c.minute, c.content
		FROM alert_change c JOIN alert a ON a.n = c.alert WHERE c.request = ?`, request).Scan(&id, &minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return "", c, fmt.Errorf("request %s: %w", request, store.ErrNotFound)
	}
	if err != nil {
		return "", c, fmt.Errorf("look up request %s: %w", request, err)
	}
	if err := d.records.Open(store.ClassAlert, minute, content, &c); err != nil {
		return "", c, fmt.Errorf("request %s: %w", request, err)
	}
	return id, c, nil
}

// OpenAlerts implements desk.Store.
func (d *Durable) OpenAlerts(ctx context.Context) ([]desk.Alert, error) {
	var out []desk.Alert
	var after int64
	for {
		page, err := d.alerts(ctx, "open = 1 AND n > ? ORDER BY n LIMIT 500", after)
		if err != nil {
			return nil, fmt.Errorf("read open alerts: %w", err)
		}
		if len(page) == 0 {
			return out, nil
		}
		for _, a := range page {
			out, after = append(out, a.Alert), a.n
		}
	}
}

// AlertByID implements desk.Store.
func (d *Durable) AlertByID(ctx context.Context, id desk.AlertID) (desk.Alert, error) {
	page, err := d.alerts(ctx, "id = ?", id)
	if err != nil {
		return desk.Alert{}, fmt.Errorf("read alert %s: %w", id, err)
	}
	if len(page) == 0 {
		return desk.Alert{}, fmt.Errorf("alert %s: %w", id, store.ErrNotFound)
	}
	return page[0].Alert, nil
}

// ClosedAlerts implements desk.Store. The cursor is the number of the last
// alert given.
func (d *Durable) ClosedAlerts(ctx context.Context, f desk.Filter) (desk.Page, error) {
	before := int64(math.MaxInt64)
	if f.After != "" {
		var err error
		if before, err = strconv.ParseInt(f.After, 10, 64); err != nil {
			return desk.Page{}, fmt.Errorf("%w: cursor %q; begin the list again without one", desk.ErrInvalid, f.After)
		}
	}
	since, until := database.Minute(f.Since), int64(math.MaxInt64)
	if !f.Until.IsZero() {
		until = database.Minute(f.Until)
	}
	kinds, args := "", []any{since, until}
	for i, k := range f.Kinds {
		kinds += []string{" AND kind IN (?", ", ?"}[min(i, 1)]
		args = append(args, k)
	}
	if kinds != "" {
		kinds += ")"
	}
	var out desk.Page
	var last int64
	const batch = 100
	for {
		// Only minute and kind stand in clear; the rest of the filter needs the
		// content.
		page, err := d.alerts(ctx, "open = 0 AND minute BETWEEN ? AND ?"+kinds+" AND n < ? ORDER BY n DESC LIMIT ?", append(args, before, batch)...)
		if err != nil {
			return desk.Page{}, fmt.Errorf("read closed alerts: %w", err)
		}
		for _, a := range page {
			before = a.n
			if !f.Wants(&a.Alert) {
				continue
			}
			if len(out.Alerts) == f.Size() {
				out.Next = strconv.FormatInt(last, 10)
				return out, nil
			}
			out.Alerts, last = append(out.Alerts, a.Alert), a.n
		}
		if len(page) < batch {
			return out, nil
		}
	}
}

// numbered is an alert and its row.
type numbered struct {
	n    int64
	kept keptAlert
	desk.Alert
}

// alerts reads alerts with their findings and changes, as they stand at one
// moment.
func (d *Durable) alerts(ctx context.Context, where string, args ...any) ([]numbered, error) {
	tx, err := d.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	out, err := d.alertsIn(ctx, tx, where, args...)
	return out, errors.Join(err, tx.Commit())
}

func (d *Durable) alertsIn(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]numbered, error) {
	rows, err := tx.QueryContext(ctx, "SELECT n, id, finding, minute, content FROM alert WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []numbered
	for rows.Next() {
		var a numbered
		var minute int64
		var content []byte
		if err := rows.Scan(&a.n, &a.ID, &a.Finding.ID, &minute, &content); err != nil {
			return nil, err
		}
		if err := d.records.Open(store.ClassAlert, minute, content, &a.kept); err != nil {
			return nil, fmt.Errorf("alert %s: %w", a.ID, err)
		}
		a.kept.restore(&a.Alert)
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range out {
		if err := d.complete(ctx, tx, &out[i]); err != nil {
			return nil, fmt.Errorf("alert %s: %w", out[i].ID, err)
		}
	}
	return out, nil
}

// complete reads an alert's finding, and makes its state from its changes.
func (d *Durable) complete(ctx context.Context, tx *sql.Tx, a *numbered) error {
	var minute int64
	var content []byte
	err := tx.QueryRowContext(ctx, "SELECT minute, content FROM finding WHERE id = ? ORDER BY revision DESC LIMIT 1", a.Finding.ID).Scan(&minute, &content)
	if err != nil {
		return fmt.Errorf("its finding %s: %w", a.Finding.ID, err)
	}
	var f keptFinding
	if err := d.records.Open(store.ClassFinding, minute, content, &f); err != nil {
		return err
	}
	a.Finding = f.Finding
	rows, err := tx.QueryContext(ctx, "SELECT minute, content FROM alert_change WHERE alert = ? ORDER BY version", a.n)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c desk.Change
		if err := rows.Scan(&minute, &content); err != nil {
			return err
		}
		if err := d.records.Open(store.ClassAlert, minute, content, &c); err != nil {
			return err
		}
		a.Alert = a.With(c)
	}
	if a.Shelved != nil {
		a.Shelved.Count = a.kept.OnShelf
	}
	return rows.Err()
}

// Findings gives findings, newest first.
func (d *Durable) Findings(ctx context.Context, q store.FindingQuery) ([]store.Kept, error) {
	where, args := "TRUE", []any{}
	add := func(cond string, arg any) { where, args = where+" AND "+cond, append(args, arg) }
	if q.Track != 0 {
		add("track = ?", q.Track)
	}
	if !q.From.IsZero() {
		add("minute >= ?", database.Minute(q.From))
	}
	if !q.To.IsZero() {
		add("minute <= ?", database.Minute(q.To))
	}
	if q.Before != 0 {
		add("n < ?", q.Before)
	}
	if !q.All {
		where += " AND NOT EXISTS (SELECT 1 FROM finding later WHERE later.id = finding.id AND later.revision > finding.revision)"
	}
	limit := 100
	if q.Limit > 0 {
		limit = min(q.Limit, 1000)
	}
	rows, err := d.db.Read().QueryContext(ctx, "SELECT n, minute, content FROM finding WHERE "+where+" ORDER BY n DESC", args...)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	defer rows.Close()
	var out []store.Kept
	for len(out) < limit && rows.Next() {
		var k store.Kept
		var minute int64
		var content []byte
		if err := rows.Scan(&k.Number, &minute, &content); err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		var f keptFinding
		if err := d.records.Open(store.ClassFinding, minute, content, &f); err != nil {
			return nil, fmt.Errorf("finding %d: %w", k.Number, err)
		}
		if f.Known.Before(q.From) || (!q.To.IsZero() && !f.Known.Before(q.To)) {
			continue // in the right minute only
		}
		k.Known, k.Finding = f.Known, f.Finding
		out = append(out, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return out, nil
}
