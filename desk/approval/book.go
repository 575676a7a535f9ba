package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"atalaya/desk"
)

// Bounds.
const (
	maxPending = 200  // requests that wait at once
	maxText    = 4000 // bytes of a reason or a note
)

// Config is what a Book is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	// Within is how long a request can be approved.
	Within time.Duration
	// Person gives who somebody is now; desk.ErrNotFound where they may not
	// sign in any more.
	Person func(ctx context.Context, id desk.PersonID) (desk.Who, error)
	// Kinds are what can be asked for, by name.
	Kinds map[string]Kind
}

// Kind is a kind of act that can wait for a second person.
type Kind struct {
	Least desk.Role // of both people
	// Do does it. who is who asked, with the second person.
	Do func(ctx context.Context, who desk.Who, act json.RawMessage) error
}

// Book keeps the requests. Its methods may be called from several goroutines.
type Book struct {
	cfg   Config
	write sync.Mutex
}

// Open makes a Book, and closes the requests whose act was under way when the
// program ended: whether it was done is not known, so it is never done again.
func Open(ctx context.Context, cfg Config) (*Book, error) {
	b := &Book{cfg: cfg}
	b.write.Lock()
	defer b.write.Unlock()
	open, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range open {
		if k.State != Approved {
			continue
		}
		k.State, k.Detail = Unknown, "the program ended while it was done: look at "+k.Subject
		if err := b.save(ctx, &k, k.Second, ""); err != nil && !desk.Unrecorded(err) {
			return nil, err
		}
	}
	return b, nil
}

// Ask keeps an act that a service refused because it takes two people. The
// same act that waits already is given as it is.
func (b *Book) Ask(ctx context.Context, who desk.Who, w Wish) (Request, error) {
	kind, err := b.kind(w.Kind)
	if err != nil {
		return Request{}, err
	}
	if err := who.Needs(kind.Least, "ask for "+w.Kind); err != nil {
		return Request{}, err
	}
	if len(w.Reason) > maxText || !utf8.ValidString(w.Reason) {
		return Request{}, fmt.Errorf("%w: the reason is longer than %d bytes; shorten it", desk.ErrInvalid, maxText)
	}
	b.write.Lock()
	defer b.write.Unlock()
	if w.Request != "" {
		k, err := b.byRequest(ctx, w.Request)
		switch {
		case err == nil && k.same(who, &w):
			return b.seen(k), nil
		case err == nil:
			return Request{}, fmt.Errorf("%w: %s was for %s; use a new request id", desk.ErrRequestReused, w.Request, k.ID)
		case !errors.Is(err, desk.ErrNotFound):
			return Request{}, err
		}
	}
	waiting, err := b.sweep(ctx)
	if err != nil {
		return Request{}, err
	}
	for _, k := range waiting {
		if w.Request == "" && k.same(who, &w) {
			return k.Request, nil
		}
	}
	if len(waiting) >= maxPending {
		return Request{}, fmt.Errorf("%w: %d requests wait for a second person; decide about some of them", desk.ErrConflict, len(waiting))
	}
	n, err := b.cfg.Store.CountDocuments(ctx, DocumentKind)
	if err != nil {
		return Request{}, fmt.Errorf("count the requests: %w", err)
	}
	now := b.cfg.Clock.Now().UTC()
	k := kept{Act: w.Act, Request: Request{
		ID: fmt.Sprint("Q", n+1), Kind: w.Kind, Subject: w.Subject, Fields: w.Fields, Reason: w.Reason,
		Least: kind.Least, By: who, Asked: now, Expires: now.Add(b.cfg.Within), State: Pending,
	}}
	if err := b.record(ctx, "approval.ask", who, &k, w.Request); err != nil {
		return Request{}, fmt.Errorf("ask for %s: %w", w.Kind, err)
	}
	return k.Request, nil
}

// Approve does what was asked for, once, in the names of both.
func (b *Book) Approve(ctx context.Context, who desk.Who, id, note, request string) (Request, error) {
	// Somebody who goes away must not tear it in two.
	ctx = context.WithoutCancel(ctx)
	b.write.Lock()
	defer b.write.Unlock()
	k, repeated, err := b.decidable(ctx, who, id, note, request)
	if err != nil || repeated {
		return k.Request, err
	}
	if who.ID == k.By.ID {
		return Request{}, fmt.Errorf("%w: you asked for this: another person must approve it", desk.ErrForbidden)
	}
	by, err := b.cfg.Person(ctx, k.By.ID)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return Request{}, fmt.Errorf("%w: %s, who asked, may not sign in any more: refuse it", desk.ErrConflict, k.By.Name)
	case err != nil:
		return Request{}, err
	}
	by.Second, by.SecondName = who.ID, who.Name
	k.State, k.Second, k.Decided, k.Note = Approved, who, b.cfg.Clock.Now().UTC(), note
	if err := b.record(ctx, "approval.approve", who, &k, request); err != nil {
		return Request{}, fmt.Errorf("approve %s: %w", id, err)
	}
	did := b.cfg.Kinds[k.Kind].Do(ctx, by, k.Act)
	k.State = Done
	if did != nil {
		k.State, k.Detail = Failed, did.Error()
	}
	// Where this finds no room, the next start finds the request as it was, and
	// never does it again.
	if err := b.save(ctx, &k, who, ""); err != nil && did == nil && !desk.Unrecorded(err) {
		return k.Request, err
	}
	if did != nil {
		return k.Request, fmt.Errorf("%s was approved and could not be done: %w", id, did)
	}
	return k.Request, nil
}

// Refuse ends a request without doing it. Who asked withdraws it.
func (b *Book) Refuse(ctx context.Context, who desk.Who, id, note, request string) (Request, error) {
	ctx = context.WithoutCancel(ctx)
	b.write.Lock()
	defer b.write.Unlock()
	k, repeated, err := b.decidable(ctx, who, id, note, request)
	if err != nil || repeated {
		return k.Request, err
	}
	k.State, k.Second, k.Decided, k.Note = Refused, who, b.cfg.Clock.Now().UTC(), note
	if who.ID == k.By.ID {
		k.State = Withdrawn
	}
	if err := b.record(ctx, "approval.refuse", who, &k, request); err != nil {
		return Request{}, fmt.Errorf("refuse %s: %w", id, err)
	}
	return k.Request, nil
}

// decidable gives a request about which somebody may decide; or, where the
// same decision was made before, what became of it.
func (b *Book) decidable(ctx context.Context, who desk.Who, id, note, request string) (k kept, repeated bool, err error) {
	if len(note) > maxText || !utf8.ValidString(note) {
		return kept{}, false, fmt.Errorf("%w: the note is longer than %d bytes; shorten it", desk.ErrInvalid, maxText)
	}
	d, err := b.cfg.Store.DocumentByRequest(ctx, request)
	if err == nil {
		if d.Kind != DocumentKind || d.ID != id || d.Who.ID != who.ID {
			return kept{}, false, fmt.Errorf("%w: %s was for %s; use a new request id", desk.ErrRequestReused, request, d.ID)
		}
		k, err = b.byID(ctx, id)
		return k, true, err
	}
	if !errors.Is(err, desk.ErrNotFound) {
		return kept{}, false, fmt.Errorf("look up the request %s: %w", request, err)
	}
	if k, err = b.byID(ctx, id); err != nil {
		return kept{}, false, err
	}
	kind, err := b.kind(k.Kind)
	if err != nil {
		return kept{}, false, err
	}
	if err := who.Needs(kind.Least, "decide about "+k.Kind); err != nil {
		return kept{}, false, err
	}
	if seen := b.seen(k); seen.State != Pending {
		return kept{}, false, fmt.Errorf("%w: %s is %s: ask for it again if it is still wanted", desk.ErrConflict, id, seen.State)
	}
	return k, false, nil
}

// Get gives one request.
func (b *Book) Get(ctx context.Context, id string) (Request, error) {
	k, err := b.byID(ctx, id)
	return b.seen(k), err
}

// List gives requests, newest first: those that wait only, or the latest.
func (b *Book) List(ctx context.Context, pendingOnly bool, limit int) ([]Request, error) {
	docs, err := b.cfg.Store.Documents(ctx, desk.DocumentQuery{Kind: DocumentKind, OpenOnly: pendingOnly, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("list the requests: %w", err)
	}
	out := make([]Request, 0, len(docs))
	for _, d := range docs {
		k, err := read(d.Document)
		if err != nil {
			return nil, err
		}
		if r := b.seen(k); !pendingOnly || r.State == Pending {
			out = append(out, r)
		}
	}
	return out, nil
}

// seen gives a request as it is now: time passes without a write.
func (b *Book) seen(k kept) Request {
	if k.State == Pending && !b.cfg.Clock.Now().Before(k.Expires) {
		k.State = Expired
	}
	return k.Request
}

func (b *Book) kind(name string) (Kind, error) {
	k, ok := b.cfg.Kinds[name]
	if !ok {
		return Kind{}, fmt.Errorf("%w: nothing of the kind %q takes two people; choose of %s", desk.ErrInvalid, name,
			strings.Join(slices.Sorted(maps.Keys(b.cfg.Kinds)), ", "))
	}
	return k, nil
}

// sweep closes the requests whose time is over, and gives those that wait.
func (b *Book) sweep(ctx context.Context) ([]kept, error) {
	open, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	var waiting []kept
	for _, k := range open {
		if k.State = b.seen(k).State; k.State == Pending {
			waiting = append(waiting, k)
			continue
		}
		if err := b.save(ctx, &k, desk.Who{}, ""); err != nil {
			return nil, err
		}
	}
	return waiting, nil
}

// open gives the requests that are not closed in the store.
func (b *Book) open(ctx context.Context) ([]kept, error) {
	docs, err := b.cfg.Store.Documents(ctx, desk.DocumentQuery{Kind: DocumentKind, OpenOnly: true, Limit: 2 * maxPending})
	if err != nil {
		return nil, fmt.Errorf("read the requests: %w", err)
	}
	out := make([]kept, len(docs))
	for i, d := range docs {
		if out[i], err = read(d.Document); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (b *Book) byID(ctx context.Context, id string) (kept, error) {
	d, err := b.cfg.Store.DocumentByID(ctx, DocumentKind, id)
	if err != nil {
		return kept{}, fmt.Errorf("request %s: %w", id, err)
	}
	return read(d)
}

func (b *Book) byRequest(ctx context.Context, request string) (kept, error) {
	d, err := b.cfg.Store.DocumentByRequest(ctx, request)
	if err != nil {
		return kept{}, fmt.Errorf("look up the request %s: %w", request, err)
	}
	if d.Kind != DocumentKind {
		return kept{}, fmt.Errorf("%w: %s was for %s %s; use a new request id", desk.ErrRequestReused, request, d.Kind, d.ID)
	}
	return b.byID(ctx, d.ID)
}

// record keeps a new version on record.
func (b *Book) record(ctx context.Context, kind string, who desk.Who, k *kept, request string) error {
	fields := []desk.Field{{Name: "kind", Value: k.Kind}, {Name: "subject", Value: k.Subject}}
	if request != "" {
		fields = append(fields, desk.Field{Name: "request", Value: request})
	}
	for _, name := range slices.Sorted(maps.Keys(k.Fields)) {
		fields = append(fields, desk.Field{Name: name, Value: k.Fields[name]})
	}
	return b.cfg.Ledger.Do(ctx, desk.Record{
		ID: fmt.Sprintf("%s/%s", kind, k.ID), Kind: kind, At: b.cfg.Clock.Now().UTC(), Who: who,
		Subject: "approval:" + k.ID, Fields: fields,
	}, func(ctx context.Context) error { return b.save(ctx, k, who, request) })
}

// save keeps a new version.
func (b *Book) save(ctx context.Context, k *kept, who desk.Who, request string) error {
	next := *k
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("write request %s: %w", k.ID, err)
	}
	err = b.cfg.Store.SaveDocument(ctx, desk.Document{
		Kind: DocumentKind, ID: k.ID, Version: next.Version, At: b.cfg.Clock.Now().UTC(), Who: who, Request: request,
		Open: k.State == Pending || k.State == Approved, Body: body,
	}, desk.Rests{})
	if err != nil {
		return fmt.Errorf("keep request %s: %w", k.ID, err)
	}
	*k = next
	return nil
}

func read(d desk.Document) (kept, error) {
	var k kept
	if err := json.Unmarshal(d.Body, &k); err != nil {
		return kept{}, fmt.Errorf("read request %s: %w", d.ID, err)
	}
	return k, nil
}
