// Package papers keeps papers of one kind, such as instruments or notices: each
// version is a document of the store, and on record in the ledger before it is
// kept. A retry of a wish is done once.
package papers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
)

// maxRequest bounds a client's name for its wish, in bytes.
const maxRequest = 200

// Config is what a Book is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	Kind   desk.DocumentKind
	// Letter is what the names of the papers begin with; a number follows.
	Letter string
}

// Book keeps the papers of one kind. Its methods may be called from several
// goroutines.
type Book[T any] struct {
	cfg   Config
	write sync.Mutex
}

// New makes a Book.
func New[T any](cfg Config) *Book[T] { return &Book[T]{cfg: cfg} }

// Wish is what every wish has.
type Wish struct {
	Who desk.Who
	// Request is the client's name for the wish, unique to it: a retry has the
	// same. Empty: it cannot be repeated safely.
	Request string
}

// Paper is a paper as it stands.
type Paper[T any] struct {
	ID      string
	Version uint64
	Changed time.Time
	Open    bool // somebody still has to do something about it
	// Entries are where the acts stand in the log that made the versions.
	Entries []uint64
	Value   T
}

// Next is the next version of a paper, and what the ledger is told.
type Next[T any] struct {
	Value  T
	Open   bool
	Kind   string // of the record
	Fields []desk.Field
	// ID is that of the record; empty: made of kind, paper and version.
	ID string
	// Act is done when the record is there, before the version is kept; nil:
	// nothing.
	Act func(context.Context) error
}

// kept is the body of a document.
type kept[T any] struct {
	Mark    string   `json:"mark"` // by which a retry is told from another wish
	Entries []uint64 `json:"entries,omitempty"`
	Value   T        `json:"value"`
}

// Make makes a new paper. content is what the wish says.
func (b *Book[T]) Make(ctx context.Context, w Wish, content any, next func(p Paper[T], now time.Time) (Next[T], error)) (Paper[T], error) {
	return b.change(ctx, w, "", content, next)
}

// Change makes the next version of a paper; desk.ErrNotFound.
func (b *Book[T]) Change(ctx context.Context, w Wish, id string, content any, next func(p Paper[T], now time.Time) (Next[T], error)) (Paper[T], error) {
	if id == "" {
		return Paper[T]{}, fmt.Errorf("%s: %w: name it", b.cfg.Kind, desk.ErrNotFound)
	}
	return b.change(ctx, w, id, content, next)
}

func (b *Book[T]) change(ctx context.Context, w Wish, id string, content any, next func(Paper[T], time.Time) (Next[T], error)) (Paper[T], error) {
	if len(w.Request) > maxRequest {
		return Paper[T]{}, fmt.Errorf("%w: a request id has at most %d bytes", desk.ErrInvalid, maxRequest)
	}
	// Somebody who goes away must not tear it in two.
	ctx = context.WithoutCancel(ctx)
	b.write.Lock()
	defer b.write.Unlock()
	mark, err := b.mark(w, id, content)
	if err != nil {
		return Paper[T]{}, err
	}
	if w.Request != "" {
		if p, err := b.repeated(ctx, w, mark); !errors.Is(err, desk.ErrNotFound) {
			return p, err
		}
	}
	p, err := b.before(ctx, id)
	if err != nil {
		return Paper[T]{}, err
	}
	now := b.cfg.Clock.Now().UTC()
	n, err := next(p, now)
	if err != nil {
		return Paper[T]{}, err
	}
	p.Version, p.Changed, p.Open, p.Value = p.Version+1, now, n.Open, n.Value
	return p, b.save(ctx, w, &p, n, mark)
}

func (b *Book[T]) mark(w Wish, id string, content any) (string, error) {
	text, err := json.Marshal([]any{b.cfg.Kind, w.Who.ID, id, content})
	if err != nil {
		return "", fmt.Errorf("%s: %w", b.cfg.Kind, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

func (b *Book[T]) repeated(ctx context.Context, w Wish, mark string) (Paper[T], error) {
	d, err := b.cfg.Store.DocumentByRequest(ctx, w.Request)
	if err != nil {
		return Paper[T]{}, err
	}
	p, was, err := b.read(d)
	if err != nil || d.Kind != b.cfg.Kind || was != mark {
		return Paper[T]{}, errors.Join(fmt.Errorf("%w: %s was for %s %s; use a new request id", desk.ErrRequestReused, w.Request, d.Kind, d.ID), err)
	}
	return p, nil
}

func (b *Book[T]) before(ctx context.Context, id string) (Paper[T], error) {
	if id != "" {
		return b.Get(ctx, id)
	}
	n, err := b.cfg.Store.CountDocuments(ctx, b.cfg.Kind)
	if err != nil {
		return Paper[T]{}, fmt.Errorf("number the %s: %w", b.cfg.Kind, err)
	}
	return Paper[T]{ID: fmt.Sprint(b.cfg.Letter, n+1)}, nil
}

func (b *Book[T]) save(ctx context.Context, w Wish, p *Paper[T], n Next[T], mark string) error {
	rec := desk.Record{
		ID: fmt.Sprintf("%s/%s/%d", n.Kind, p.ID, p.Version), Kind: n.Kind, At: p.Changed, Who: w.Who,
		Subject: string(b.cfg.Kind) + ":" + p.ID, Fields: n.Fields,
	}
	if n.ID != "" {
		rec.ID = n.ID
	}
	err := b.cfg.Ledger.Do(ctx, rec, func(ctx context.Context) error {
		if at, ok := desk.EntryOf(ctx); ok {
			p.Entries = append(slices.Clip(p.Entries), at)
		}
		if n.Act != nil {
			if err := n.Act(ctx); err != nil {
				return err
			}
		}
		body, err := json.Marshal(kept[T]{mark, p.Entries, p.Value})
		if err != nil {
			return err
		}
		return b.cfg.Store.SaveDocument(ctx, desk.Document{
			Kind: b.cfg.Kind, ID: p.ID, Version: p.Version, At: p.Changed, Who: w.Who, Request: w.Request, Open: p.Open, Body: body,
		}, desk.Rests{})
	})
	if err != nil {
		return fmt.Errorf("%s %s was not kept: %w", b.cfg.Kind, p.ID, err)
	}
	return nil
}

func (b *Book[T]) read(d desk.Document) (Paper[T], string, error) {
	var k kept[T]
	if err := json.Unmarshal(d.Body, &k); err != nil {
		return Paper[T]{}, "", fmt.Errorf("read %s %s: %w", d.Kind, d.ID, err)
	}
	return Paper[T]{ID: d.ID, Version: d.Version, Changed: d.At, Open: d.Open, Entries: k.Entries, Value: k.Value}, k.Mark, nil
}

// Get gives a paper as it stands; desk.ErrNotFound.
func (b *Book[T]) Get(ctx context.Context, id string) (Paper[T], error) {
	d, err := b.cfg.Store.DocumentByID(ctx, b.cfg.Kind, id)
	if errors.Is(err, desk.ErrNotFound) {
		return Paper[T]{}, fmt.Errorf("%s %s: %w", b.cfg.Kind, id, desk.ErrNotFound)
	}
	if err != nil {
		return Paper[T]{}, err
	}
	p, _, err := b.read(d)
	return p, err
}

// All gives the papers, those changed last first.
func (b *Book[T]) All(ctx context.Context, openOnly bool) ([]Paper[T], error) {
	const page = 100
	var out []Paper[T]
	for q := (desk.DocumentQuery{Kind: b.cfg.Kind, OpenOnly: openOnly, Limit: page}); ; {
		filed, err := b.cfg.Store.Documents(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list of kind %s: %w", b.cfg.Kind, err)
		}
		for _, f := range filed {
			p, _, err := b.read(f.Document)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
			q.Before = f.Number
		}
		if len(filed) < page {
			return slices.Clip(out), nil
		}
	}
}
