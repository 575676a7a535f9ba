package permits

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"atalaya/desk"
	"atalaya/permit"
	"atalaya/track"
	"atalaya/valid"
)

// Bounds of a reason, in bytes.
const (
	minReason = 3
	maxReason = 500
)

func checkReason(reason string) error {
	if len(reason) < minReason || len(reason) > maxReason || !utf8.ValidString(reason) {
		return fmt.Errorf("%w: give a reason of %d to %d bytes", desk.ErrInvalid, minReason, maxReason)
	}
	return nil
}

// Add enters a new permit. Adding what is there already changes nothing.
func (b *Book) Add(ctx context.Context, who desk.Who, p permit.Permit, reason string) (kept permit.Permit, changed bool, err error) {
	return b.enter(ctx, who, p, 0, reason)
}

// Change enters a new version of a permit. It is refused when the permit's
// newest version is not the one that was edited.
func (b *Book) Change(ctx context.Context, who desk.Who, p permit.Permit, edited uint32, reason string) (kept permit.Permit, changed bool, err error) {
	if edited == 0 {
		return kept, false, fmt.Errorf("%w: say which version of permit %s was edited", desk.ErrInvalid, p.ID)
	}
	return b.enter(ctx, who, p, edited, reason)
}

// Retire ends a permit: from now on it explains nothing. Retiring it again
// changes nothing.
func (b *Book) Retire(ctx context.Context, who desk.Who, id permit.ID, reason string) (kept permit.Permit, changed bool, err error) {
	last, ok := b.latest(id)
	if !ok {
		return kept, false, fmt.Errorf("permit %s: %w", id, desk.ErrNotFound)
	}
	if last.Retired {
		return last, false, mayEdit(who)
	}
	edited := last.Valid.Number
	last.Retired = true
	last.Valid.From, last.Valid.Until = b.cfg.Clock.Now().UTC(), time.Time{}
	return b.enter(ctx, who, last, edited, reason)
}

func (b *Book) enter(ctx context.Context, who desk.Who, p permit.Permit, edited uint32, reason string) (kept permit.Permit, changed bool, err error) {
	if err := mayEdit(who); err != nil {
		return kept, false, err
	}
	if err := checkReason(reason); err != nil {
		return kept, false, err
	}
	if err := p.Check(); err != nil {
		return kept, false, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	b.write.Lock()
	defer b.write.Unlock()
	last, have := b.latest(p.ID)
	switch {
	case have && same(last, p):
		return last, false, nil
	case have && last.Valid.Number != edited:
		return kept, false, fmt.Errorf("permit %s: %w: its version is %d now: look at it again", p.ID, desk.ErrConflict, last.Valid.Number)
	case !have && edited != 0:
		return kept, false, fmt.Errorf("permit %s: %w", p.ID, desk.ErrNotFound)
	}
	p = b.next(p, last, who, reason)
	if err := b.apply(ctx, who, []permit.Permit{p}); err != nil {
		return kept, false, fmt.Errorf("permit %s was not changed: %w", p.ID, err)
	}
	return p, true, nil
}

func mayEdit(who desk.Who) error { return who.Needs(desk.Officer, "change the permit book") }

// next numbers p as the version after last.
func (b *Book) next(p, last permit.Permit, who desk.Who, reason string) permit.Permit {
	p.Valid = valid.Record{
		Number: last.Valid.Number + 1, From: p.Valid.From, Until: p.Valid.Until,
		Known: b.cfg.Clock.Now().UTC(), By: who.Name, Reason: reason,
	}
	return p
}

func (b *Book) apply(ctx context.Context, who desk.Who, permits []permit.Permit) error {
	changes := make([]track.Change, len(permits))
	for i := range permits {
		changes[i] = track.Change{At: permits[i].Valid.Known, Permit: &permits[i]}
	}
	// A client that goes away must not tear its change in two.
	return b.cfg.Apply(context.WithoutCancel(ctx), who, changes)
}

func (b *Book) latest(id permit.ID) (permit.Permit, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.permits.Latest(string(id))
}

// same compares what two versions say, whoever said it when.
func same(x, y permit.Permit) bool {
	x.Valid = valid.Record{From: x.Valid.From.UTC(), Until: x.Valid.Until.UTC()}
	y.Valid = valid.Record{From: y.Valid.From.UTC(), Until: y.Valid.Until.UTC()}
	jx, err1 := json.Marshal(x)
	jy, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && slices.Equal(jx, jy)
}
