package permits

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"atalaya/desk"
	"atalaya/permit"
	"atalaya/track"
	"atalaya/valid"
)

// Bounds of what a client sends with a wish, in bytes.
const (
	minReason  = 3
	maxReason  = 500
	maxRequest = 200
)

func checkReason(reason string) error {
	if len(reason) < minReason || len(reason) > maxReason || !utf8.ValidString(reason) {
		return fmt.Errorf("%w: give a reason of %d to %d bytes", desk.ErrInvalid, minReason, maxReason)
	}
	return nil
}

// Wish is who wants the book changed, and why.
type Wish struct {
	// Request is the client's name for this wish, unique to it: a retry has the
	// same, and is done once. Empty: it cannot be repeated safely.
	Request string
	Who     desk.Who
	Reason  string
}

// Result is what became of a wish.
type Result struct {
	Permit   permit.Permit // as it stands in the book
	Repeated bool          // it was so already
}

func (w Wish) check() error {
	if err := w.Who.Needs(desk.Officer, "change the permit book"); err != nil {
		return err
	}
	if len(w.Request) > maxRequest || !utf8.ValidString(w.Request) {
		return fmt.Errorf("%w: a request id has at most %d bytes", desk.ErrInvalid, maxRequest)
	}
	return checkReason(w.Reason)
}

// Add enters a new permit. Adding what is there already changes nothing.
func (b *Book) Add(ctx context.Context, w Wish, p permit.Permit) (Result, error) {
	return b.enter(ctx, w, p, 0)
}

// Change enters a new version of a permit. It is refused when the permit's
// newest version is not the one that was edited.
func (b *Book) Change(ctx context.Context, w Wish, p permit.Permit, edited uint32) (Result, error) {
	if edited == 0 {
		return Result{}, fmt.Errorf("%w: say which version of permit %s was edited", desk.ErrInvalid, p.ID)
	}
	return b.enter(ctx, w, p, edited)
}

// Retire ends a permit: from now on it explains nothing. Retiring it again
// changes nothing.
func (b *Book) Retire(ctx context.Context, w Wish, id permit.ID) (Result, error) {
	if err := w.check(); err != nil {
		return Result{}, err
	}
	b.write.Lock()
	defer b.write.Unlock()
	last, ok := b.latest(id)
	switch {
	case !ok:
		return Result{}, fmt.Errorf("permit %s: %w", id, desk.ErrNotFound)
	case last.Retired():
		return Result{last, true}, nil
	}
	now := b.cfg.Clock.Now().UTC()
	p := last
	p.Valid.From, p.Valid.Until = now, now
	return b.keep(ctx, w, p, last)
}

// enter checks a permit that somebody wrote, and enters it as the version
// after the one that was edited.
func (b *Book) enter(ctx context.Context, w Wish, p permit.Permit, edited uint32) (Result, error) {
	if err := w.check(); err != nil {
		return Result{}, err
	}
	err := p.Check()
	if err == nil && p.Retired() {
		err = fmt.Errorf("permit %q: it ends when it begins: to end it, retire it", p.ID)
	}
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	b.write.Lock()
	defer b.write.Unlock()
	last, have := b.latest(p.ID)
	switch {
	case have && same(last, p):
		return Result{last, true}, nil
	case have && last.Valid.Number != edited:
		return Result{}, fmt.Errorf("permit %s: %w: its version is %d now: look at it again", p.ID, desk.ErrConflict, last.Valid.Number)
	case !have && edited != 0:
		return Result{}, fmt.Errorf("permit %s: %w", p.ID, desk.ErrNotFound)
	}
	return b.keep(ctx, w, p, last)
}

// keep makes a version durable. b.write is held.
func (b *Book) keep(ctx context.Context, w Wish, p, last permit.Permit) (Result, error) {
	if err := b.unused(w.Request); err != nil {
		return Result{}, err
	}
	p = b.next(w, p, last)
	if err := b.apply(ctx, w.Who, []permit.Permit{p}); err != nil {
		return Result{}, fmt.Errorf("permit %s was not changed: %w", p.ID, err)
	}
	return Result{Permit: p}, nil
}

// unused refuses a request that has made another change. A retry does not come
// here: what it asks for is so already.
func (b *Book) unused(request string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if id, used := b.requests[request]; used && request != "" {
		return fmt.Errorf("%w: %s was for permit %s; use a new request id", desk.ErrRequestReused, request, id)
	}
	return nil
}

// next numbers p as the version after last.
func (b *Book) next(w Wish, p, last permit.Permit) permit.Permit {
	p.Valid = valid.Record{
		Number: last.Valid.Number + 1, From: p.Valid.From, Until: p.Valid.Until,
		Known: b.cfg.Clock.Now().UTC(), By: w.Who.Name, Reason: w.Reason, Request: w.Request,
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
