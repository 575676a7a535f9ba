package durable

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/sqlite/database"
)

// What entries of the ledger commit to: the content of the transparency log.

var _ gate.Store = (*Durable)(nil)

// idxVoid is the place of an entry that never came into the log.
const idxVoid = -1

// maxPlaces is how many places may wait for the next change.
const maxPlaces = 4096

// sealed is a commitment, ready to be stored.
type sealed struct {
	root    ledger.Hash
	minute  int64
	content []byte
}

func (d *Durable) seal(c ledger.Record) (sealed, error) {
	at, err := c.At()
	if err != nil {
		return sealed{}, err
	}
	s := sealed{root: c.Root()}
	s.minute, s.content, err = d.records.Seal(store.ClassLedger, at, c)
	return s, err
}

const insertCommitment = "INSERT INTO ledger (journal, part, root, minute, content, idx) VALUES (?, ?, ?, ?, ?, ?)"

// commit stores a commitment of an act.
func (d *Durable) commit(ctx context.Context, tx *sql.Tx, journal uint64, part gate.Part, s *sealed) (row uint64, err error) {
	res, err := tx.ExecContext(ctx, insertCommitment, journal, part, s.root[:], s.minute, s.content, nil)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	return uint64(id), err //nolint:gosec // not negative
}

// Announce implements gate.Store.
func (d *Durable) Announce(ctx context.Context, rec desk.Record, c ledger.Record) (gate.Act, error) {
	s, err := d.seal(c)
	if err != nil {
		return gate.Act{}, err
	}
	a := gate.Act{Root: s.root, Record: c, Open: true}
	err = d.withOwed(ctx, "record "+rec.Kind, func(tx *sql.Tx) (err error) {
		if a.Journal, err = d.begin(ctx, tx, rec); err != nil {
			return err
		}
		a.Row, err = d.commit(ctx, tx, a.Journal, gate.ActPart, &s)
		return err
	})
	return a, err
}

// Conclude implements gate.Store.
func (d *Durable) Conclude(ctx context.Context, e gate.Ending) error {
	end := ending{Number: e.Act.Journal, Outcome: e.Outcome, Ended: e.Ended, Detail: e.Detail, act: &e.Act}
	if e.Record != nil {
		s, err := d.seal(*e.Record)
		if err != nil {
			return err
		}
		end.entry = &s
	}
	return d.conclude(ctx, end)
}

// conclude writes an outcome, or owes it.
func (d *Durable) conclude(ctx context.Context, e ending) error {
	err := d.withOwed(ctx, "record an outcome", func(tx *sql.Tx) error { return d.end(ctx, tx, []ending{e}) })
	if err != nil {
		d.owe(e)
	}
	return err
}

// withOwed runs a change together with the outcomes and places that wait.
func (d *Durable) withOwed(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	owed, places := d.takeOwed(), d.waiting()
	err := d.db.Change(ctx, what, func(tx *sql.Tx) error {
		if err := d.end(ctx, tx, owed); err != nil {
			return err
		}
		if err := d.place(ctx, tx, places); err != nil {
			return err
		}
		return do(tx)
	})
	if err != nil {
		d.owe(owed...)
		return err
	}
	d.written(places)
	return nil
}

// endLedger writes the ledger's part of an outcome.
func (d *Durable) endLedger(ctx context.Context, tx *sql.Tx, e ending) error {
	if e.act == nil {
		return nil
	}
	if e.act.Placed {
		if err := d.place(ctx, tx, map[uint64]gate.Place{e.act.Row: {Row: e.act.Row, Index: e.act.Index}}); err != nil {
			return err
		}
	}
	if e.entry == nil {
		return nil
	}
	var there bool // because a commit failed and was kept nevertheless
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM ledger WHERE journal = ? AND part = ?)", e.Number, gate.OutcomePart).Scan(&there); err != nil || there {
		return err
	}
	_, err := d.commit(ctx, tx, e.Number, gate.OutcomePart, e.entry)
	return err
}

// Commit implements gate.Store.
func (d *Durable) Commit(ctx context.Context, cs []ledger.Record) ([]gate.Owed, error) {
	return d.singles(ctx, cs, nil)
}

// CommitUnsent keeps single records that come into the ledger now or never.
func (d *Durable) CommitUnsent(ctx context.Context, cs []ledger.Record) error {
	_, err := d.singles(ctx, cs, idxVoid)
	return err
}

// singles stores commitments of single records; idx is nil or idxVoid.
func (d *Durable) singles(ctx context.Context, cs []ledger.Record, idx any) ([]gate.Owed, error) {
	all := make([]sealed, len(cs))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	const part = 64
	for from := 0; from < len(cs); from += part {
		work.Go(func() (err error) {
			for i := from; i < min(from+part, len(cs)) && err == nil; i++ {
				all[i], err = d.seal(cs[i])
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	out := make([]gate.Owed, len(cs))
	err := d.withOwed(ctx, "keep records for the ledger", func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, insertCommitment)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range all {
			res, err := insert.ExecContext(ctx, nil, gate.SinglePart, all[i].root[:], all[i].minute, all[i].content, idx)
			if err != nil {
				return err
			}
			id, err := res.LastInsertId()
			if err != nil {
				return err
			}
			out[i] = gate.Owed{Row: uint64(id), Root: all[i].root, Part: gate.SinglePart} //nolint:gosec // not negative
		}
		return nil
	})
	return out, err
}

// Place implements gate.Store.
func (d *Durable) Place(p ...gate.Place) {
	d.mu.Lock()
	for _, x := range p {
		d.places[x.Row] = x
	}
	many := len(d.places) > maxPlaces
	d.mu.Unlock()
	if many {
		d.settlePlaces(context.Background())
	}
}

// waiting gives the places that are not known to be written. They go on
// waiting until written is told: what reads the file looks at them first, so
// that it sees every place, there or here.
func (d *Durable) waiting() map[uint64]gate.Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.places)
}

func (d *Durable) written(places map[uint64]gate.Place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for row := range places {
		delete(d.places, row)
	}
}

// settlePlaces writes the places that wait. Where they cannot be written, they
// are found again in the log at the next start.
func (d *Durable) settlePlaces(ctx context.Context) {
	p := d.waiting()
	if len(p) == 0 {
		return
	}
	if err := d.db.Change(ctx, "note places in the ledger", func(tx *sql.Tx) error { return d.place(ctx, tx, p) }); err != nil {
		d.log.Warn("where entries stand in the ledger is not noted; the next start finds out", slog.Any("error", err))
		return
	}
	d.written(p)
}

func (d *Durable) place(ctx context.Context, tx *sql.Tx, places map[uint64]gate.Place) error {
	if len(places) == 0 {
		return nil
	}
	set, err := tx.PrepareContext(ctx, "UPDATE ledger SET idx = ? WHERE id = ? AND idx IS NULL")
	if err != nil {
		return err
	}
	defer set.Close()
	for _, p := range places {
		idx := int64(p.Index)
		if p.Void {
			idx = idxVoid
		}
		if _, err := set.ExecContext(ctx, idx, p.Row); err != nil {
			return err
		}
	}
	return nil
}

// Unplaced implements gate.Store.
func (d *Durable) Unplaced(ctx context.Context, after uint64, limit int) ([]gate.Owed, error) {
	placed := d.waiting()
	rows, err := d.db.Read().QueryContext(ctx, "SELECT id, root, part FROM ledger WHERE idx IS NULL AND id > ? ORDER BY id", after)
	if err != nil {
		return nil, fmt.Errorf("look for what the ledger owes: %w", err)
	}
	defer rows.Close()
	var out []gate.Owed
	for len(out) < limit && rows.Next() {
		var o gate.Owed
		var root []byte
		if err := rows.Scan(&o.Row, &root, &o.Part); err != nil {
			return nil, err
		}
		if _, there := placed[o.Row]; there {
			continue
		}
		if len(root) != ledger.HashSize {
			return nil, fmt.Errorf("%w: commitment %d has a root of %d bytes", store.ErrDamaged, o.Row, len(root))
		}
		o.Root = ledger.Hash(root)
		out = append(out, o)
	}
	return out, rows.Err()
}

// PlacedBefore implements gate.Store.
func (d *Durable) PlacedBefore(ctx context.Context, row uint64) (index uint64, err error) {
	err = d.db.Read().QueryRowContext(ctx, "SELECT idx FROM ledger WHERE id < ? AND idx >= 0 ORDER BY id DESC LIMIT 1", row).Scan(&index)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return index, err
}

// Acts implements gate.Store.
func (d *Durable) Acts(ctx context.Context, also []uint64) ([]gate.Act, error) {
	placed := d.waiting()
	list, err := json.Marshal(append([]uint64{}, also...))
	if err != nil {
		return nil, err
	}
	rows, err := d.db.Read().QueryContext(ctx, `SELECT l.id, l.journal, l.root, l.idx, l.minute, l.content, o.n IS NOT NULL
		FROM ledger l LEFT JOIN journal_open o ON o.n = l.journal
		WHERE l.part = 0 AND (l.id IN (SELECT value FROM json_each(?)) OR l.journal IN (SELECT n FROM journal_open)) ORDER BY l.id`, string(list))
	if err != nil {
		return nil, fmt.Errorf("look for open acts: %w", err)
	}
	defer rows.Close()
	var out []gate.Act
	for rows.Next() {
		var a gate.Act
		var root, content []byte
		var idx sql.NullInt64
		var minute int64
		if err := rows.Scan(&a.Row, &a.Journal, &root, &idx, &minute, &content, &a.Open); err != nil {
			return nil, err
		}
		if err := d.records.Open(store.ClassLedger, minute, content, &a.Record); err != nil {
			return nil, fmt.Errorf("commitment %d: %w", a.Row, err)
		}
		a.Root = a.Record.Root()
		a.Placed = idx.Valid && idx.Int64 >= 0
		a.Index = uint64(max(idx.Int64, 0)) //nolint:gosec // not negative
		if p, there := placed[a.Row]; there {
			a.Placed, a.Index = !p.Void, p.Index
		}
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Found, err = d.found(ctx, out[i].Record.Text("data.request")); err != nil {
			return nil, fmt.Errorf("commitment %d: %w", out[i].Row, err)
		}
	}
	return out, nil
}

// Commitment gives what an entry commits to; ErrNotFound.
func (d *Durable) Commitment(ctx context.Context, root ledger.Hash) (c ledger.Record, err error) {
	var minute int64
	var content []byte
	err = d.db.Read().QueryRowContext(ctx, "SELECT minute, content FROM ledger WHERE root = ?", root[:]).Scan(&minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("the content of the entry: %w", store.ErrNotFound)
	}
	if err != nil {
		return c, fmt.Errorf("the content of an entry: %w", err)
	}
	if err := d.records.Open(store.ClassLedger, minute, content, &c); err != nil {
		return c, fmt.Errorf("the content of an entry: %w", err)
	}
	if c.Root() != root {
		return c, fmt.Errorf("the content of an entry: %w: it makes another entry", store.ErrDamaged)
	}
	return c, nil
}

// Entered reports whether an act's record, of that time, stands in the log.
func (d *Durable) Entered(ctx context.Context, id string, at time.Time) (bool, error) {
	minute := database.Minute(at)
	placed := d.waiting()
	rows, err := d.db.Read().QueryContext(ctx, "SELECT id, idx, content FROM ledger WHERE part = 0 AND minute = ?", minute)
	if err != nil {
		return false, fmt.Errorf("look for the record %s: %w", id, err)
	}
	defer rows.Close()
	for rows.Next() {
		var row uint64
		var idx sql.NullInt64
		var content []byte
		if err := rows.Scan(&row, &idx, &content); err != nil {
			return false, err
		}
		stands := idx.Valid && idx.Int64 >= 0
		if p, waits := placed[row]; waits {
			stands = !p.Void
		}
		if !stands {
			continue
		}
		var c ledger.Record
		if err := d.records.Open(store.ClassLedger, minute, content, &c); err != nil {
			return false, fmt.Errorf("commitment %d: %w", row, err)
		}
		if c.Text(ledger.FieldID) == id {
			return true, nil
		}
	}
	return false, rows.Err()
}

// Stands reports whether the record of an act in the journal stands in the log.
func (d *Durable) Stands(ctx context.Context, journal uint64) (bool, error) {
	placed := d.waiting()
	var row uint64
	var idx sql.NullInt64
	err := d.db.Read().QueryRowContext(ctx, "SELECT id, idx FROM ledger WHERE journal = ? AND part = 0", journal).Scan(&row, &idx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for record %d in the ledger: %w", journal, err)
	}
	if p, waits := placed[row]; waits {
		return !p.Void, nil
	}
	return idx.Valid && idx.Int64 >= 0, nil
}

// LedgerEnd gives how many entries the ledger has at least, as the store knows
// them: behind the last one that was placed, and behind what was signed.
func (d *Durable) LedgerEnd(ctx context.Context) (uint64, error) {
	var last sql.NullInt64
	if err := d.db.Read().QueryRowContext(ctx, "SELECT max(idx) FROM ledger WHERE idx >= 0").Scan(&last); err != nil {
		return 0, fmt.Errorf("look for the last entry of the ledger: %w", err)
	}
	size, _, _, err := d.LastSigned(ctx)
	if last.Valid {
		size = max(size, uint64(last.Int64)+1) //nolint:gosec // not negative
	}
	return size, err
}

// ForgetPlaces takes back that entries stand at size or behind, in a ledger that
// lost them. What has no outcome comes into it again, and the outcomes of acts
// that are still there; the other acts are not there, as after a crash.
func (d *Durable) ForgetPlaces(ctx context.Context, size uint64) error {
	return d.withOwed(ctx, "note what the ledger lost", func(tx *sql.Tx) error {
		for _, change := range []string{
			"UPDATE ledger SET idx = -1 WHERE idx >= ?1 AND part = 0",
			"UPDATE ledger SET idx = NULL WHERE idx >= ?1",
			"UPDATE ledger SET idx = -1 WHERE idx IS NULL AND part = 1 AND journal IN (SELECT journal FROM ledger WHERE part = 0 AND idx = -1) AND ?1 >= 0",
		} {
			if _, err := tx.ExecContext(ctx, change, size); err != nil {
				return err
			}
		}
		return nil
	})
}

const signedKey = "ledger.signed"

// LastSigned gives the size and root that the ledger signed last; false where
// it signed nothing.
func (d *Durable) LastSigned(ctx context.Context) (size uint64, root ledger.Hash, signed bool, err error) {
	var value []byte
	err = d.db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", signedKey).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, root, false, nil
	case err != nil:
		return 0, root, false, err
	case len(value) != 8+ledger.HashSize:
		return 0, root, false, fmt.Errorf("%w: what the ledger signed last has %d bytes", store.ErrDamaged, len(value))
	}
	return binary.BigEndian.Uint64(value), ledger.Hash(value[8:]), true, nil
}

// KeepSigned keeps what the ledger signs.
func (d *Durable) KeepSigned(ctx context.Context, size uint64, root ledger.Hash) error {
	return d.withOwed(ctx, "keep what the ledger signs", func(tx *sql.Tx) error {
		return put(ctx, tx, signedKey, append(binary.BigEndian.AppendUint64(nil, size), root[:]...))
	})
}

// found says what the store knows of an act without an outcome.
func (d *Durable) found(ctx context.Context, request string) (string, error) {
	const detail = "found without an outcome at start"
	if request == "" || strings.Contains(request, "\n") {
		return detail, nil
	}
	switch there, err := d.known(ctx, request); {
	case err != nil:
		return "", err
	case there:
		return detail + "; the change is in the store", nil
	default:
		return detail + "; the change is not in the store", nil
	}
}
