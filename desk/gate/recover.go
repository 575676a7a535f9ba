package gate

import (
	"context"
	"log/slog"

	"atalaya/desk"
	"atalaya/ledger"
)

// recover finds out what became of what the last run left between store and
// log: what stands in the log is noted, outcomes and single records that are
// not there come there, acts that are not there did not happen, and acts
// without an outcome get one.
func (g *Gate) recover(ctx context.Context) error {
	const most = 1 << 14
	if err := g.refused(ctx); err != nil {
		return nil //nolint:nilerr // the log has said why; everything waits until it is put right
	}
	var came []uint64 // acts that are in the log, as is known only now
	for after := uint64(0); ; {
		rows, err := g.cfg.Store.Unplaced(ctx, after, most)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].Row
		acts, err := g.settle(ctx, rows)
		if err != nil {
			return err
		}
		came = append(came, acts...)
	}
	acts, err := g.cfg.Store.Acts(ctx, came)
	if err != nil {
		return err
	}
	for _, a := range acts {
		e := Ending{Act: a, Outcome: desk.UnknownOutcome, Detail: a.Found}
		switch {
		case !a.Open: // refused, because appending had failed
			e.Outcome, e.Detail = desk.Failed, "the record came into the ledger although the ledger failed; nothing was done"
		case !a.Placed:
			e.Outcome, e.Detail = desk.Failed, "the program ended before the record was in the ledger; nothing was done"
		}
		g.conclude(ctx, e)
	}
	// What cannot be sent now waits.
	if err := g.send(ctx); err != nil {
		g.cfg.Logger.Warn("outcomes of the last run wait for the ledger", slog.Any("error", err))
		select {
		case g.kick <- struct{}{}:
		default:
		}
	}
	return nil
}

// settle notes where commitments of the last run stand, and sends the single
// ones that stand nowhere.
func (g *Gate) settle(ctx context.Context, rows []Owed) (came []uint64, err error) {
	roots := make([]ledger.Hash, len(rows))
	for i, o := range rows {
		roots[i] = o.Root
	}
	found, err := g.find(ctx, rows[0].Row, roots)
	if err != nil {
		return nil, err
	}
	var again []ledger.Hash
	var whose []uint64
	for _, o := range rows {
		at, there := found[o.Root]
		switch {
		case there:
			g.cfg.Store.Place(Place{Row: o.Row, Index: at})
			if o.Part == ActPart {
				came = append(came, o.Row)
			}
		case o.Part == ActPart:
			g.cfg.Store.Place(Place{Row: o.Row, Void: true})
		case o.Part == SinglePart:
			again, whose = append(again, o.Root), append(whose, o.Row)
		}
	}
	if len(again) == 0 {
		return came, nil
	}
	at, err := g.cfg.Log.Append(ctx, again)
	if err != nil {
		g.cfg.Logger.Warn("records of the last run wait for the ledger", slog.Any("error", err))
		return came, nil //nolint:nilerr // until the next start
	}
	for i := range whose {
		g.cfg.Store.Place(Place{Row: whose[i], Index: at[i]})
	}
	return came, nil
}
