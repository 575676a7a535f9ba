package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// How what an alert rests on outlasts its steps.
//
//  1. Who saves an alert or a document names the tracks and the times whose
//     lineages it rests on: rows of pin.
//  2. Before steps are thinned or expire, what happened to these tracks is copied
//     from them, with lineages and observations: one row of pinned for a track
//     and a minute.
//  3. "pinned" in meta says through which step that is done. Nothing behind it is
//     thinned or expires. It moves in the transaction that writes the copies, so
//     that an end in between loses nothing and copies nothing twice.

// pinnedThrough is the key of meta.
const pinnedThrough = "pinned"

// pinShare is how many steps are looked through with each step; skipShare, how
// many minutes without any pin are skipped.
const (
	pinShare  = 16
	skipShare = 8
)

// pins is how far the copying is.
type pins struct {
	through uint64 // as in meta
	looked  uint64 // as far as steps were looked through
	minute  int64  // whose steps are being looked through
	open    bool   // minute and wanted are of a minute
	wanted  []track.ID
	held    map[track.ID][]store.Told // of the minute, not written yet
}

// back forgets what was not written.
func (p *pins) back(through uint64) { *p = pins{through: through, looked: through} }

// pin copies what is pinned of the steps through need, as far as its share goes.
func (x *expiry) pin(ctx context.Context, p *pins, need uint64) error {
	budget := pinShare
	for skips := skipShare; budget > 0 && skips > 0 && p.looked < need; {
		var n uint64
		var sec int64
		err := x.tx.QueryRowContext(ctx, "SELECT n, sec FROM step WHERE n > ? ORDER BY n LIMIT 1", p.looked).Scan(&n, &sec)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return err
		}
		if minute := database.FloorDiv(sec, 60); !p.open || minute != p.minute {
			if err := x.flushPins(ctx, p); err != nil {
				return err
			}
			p.minute, p.open = minute, true
			if p.wanted, err = x.pinsOf(ctx, minute); err != nil {
				return err
			}
		}
		if len(p.wanted) == 0 {
			skips--
			if p.looked, err = x.restOf(ctx, p.minute, n); err != nil {
				return err
			}
			continue
		}
		looked, err := x.hold(ctx, p, min(budget, pinShare))
		if err != nil {
			return err
		}
		budget -= looked
	}
	if len(p.held) > 0 {
		return nil // the minute is written when it is over
	}
	return x.flushPins(ctx, p)
}

// restOf gives the last step from n on before the minute is another: the clock
// may have gone back behind it.
func (x *expiry) restOf(ctx context.Context, minute int64, n uint64) (uint64, error) {
	next, err := x.number(ctx, "SELECT n FROM step WHERE n > ? AND +sec NOT BETWEEN ? AND ? ORDER BY n LIMIT 1", n, minute*60, minute*60+59)
	if err != nil || next > 0 {
		return next - 1, err
	}
	return x.number(ctx, "SELECT max(n) FROM step")
}

// pinsOf gives the tracks that are pinned in a minute.
func (x *expiry) pinsOf(ctx context.Context, minute int64) (out []track.ID, err error) {
	rows, err := x.tx.QueryContext(ctx, "SELECT DISTINCT track FROM pin WHERE from_minute <= ?1 AND to_minute >= ?1 ORDER BY track", minute)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id track.ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// hold looks through the next steps of the minute, and gives how many there were.
func (x *expiry) hold(ctx context.Context, p *pins, limit int) (int, error) {
	rows, err := x.tx.QueryContext(ctx, "SELECT s.n, s.sec, s.thinned, s.head, "+withContent+
		" WHERE s.n > ? ORDER BY s.n LIMIT ?", p.looked, limit)
	if err != nil {
		return 0, err
	}
	page, err := scanSteps(rows)
	if err != nil {
		return 0, err
	}
	for i, row := range page {
		if database.FloorDiv(row.sec, 60) != p.minute {
			return i, nil // of the next minute
		}
		p.looked = uint64(row.n)
		if row.events == nil {
			continue
		}
		if there, err := x.h.mentions(row, p.wanted); err != nil || !there {
			if err != nil {
				return 0, err
			}
			continue
		}
		step, err := x.h.open(row)
		if err != nil {
			return 0, err
		}
		for _, id := range p.wanted {
			told := step.Tell(id)
			if len(told) == 0 {
				continue
			}
			if p.held == nil {
				p.held = map[track.ID][]store.Told{}
			}
			p.held[id] = append(p.held[id], told...)
		}
	}
	return len(page), nil
}

// mentions reports whether a step has an event of one of these tracks.
func (h *History) mentions(row stepRow, wanted []track.ID) (bool, error) {
	b, err := h.sealer.Open(store.ClassEvent, time.Unix(row.sec, 0), row.events)
	if err != nil {
		return false, fmt.Errorf("step %d: %w", row.n, err)
	}
	ids, err := h.tables.EventTracks(uint64(row.n), b)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(ids, func(id track.ID) bool { return slices.Contains(wanted, id) }), nil
}

// flushPins writes what is held, and that everything is copied so far.
func (x *expiry) flushPins(ctx context.Context, p *pins) error {
	for _, id := range slices.Sorted(maps.Keys(p.held)) {
		b, err := x.h.packer.Told(id, p.held[id])
		if err != nil {
			return err
		}
		if b, err = x.h.sealer.Seal(store.ClassEvidence, database.Day(p.minute), b); err != nil {
			return err
		}
		if _, err := x.tx.ExecContext(ctx, "INSERT INTO pinned (track, minute, content) VALUES (?, ?, ?)", id, p.minute, b); err != nil {
			return err
		}
		x.counts.Pinned += uint64(len(p.held[id]))
	}
	p.held = nil
	if p.looked == p.through {
		return nil
	}
	p.through = p.looked
	return x.goneThrough(ctx, pinnedThrough, p.through)
}

// forgetPins drops the pins whose minutes are all copied.
func (x *expiry) forgetPins(ctx context.Context, p *pins) error {
	_, err := x.tx.ExecContext(ctx, `DELETE FROM pin WHERE to_minute < (SELECT sec / 60 FROM step WHERE n <= ? ORDER BY n DESC LIMIT 1)`, p.through)
	return err
}

// savePins notes what is to be kept.
func savePins(ctx context.Context, tx *sql.Tx, wanted []keptTrack) error {
	for _, k := range wanted {
		if _, err := tx.ExecContext(ctx, "INSERT INTO pin (track, from_minute, to_minute) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", k.track, k.from, k.to); err != nil {
			return err
		}
	}
	return nil
}
