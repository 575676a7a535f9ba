// Package permits keeps the permit book: lawful reasons that explain findings.
//
// A permit is a versioned record; it comes by import or by an officer's hand
// and is never deleted. It explains a finding and so lowers its priority; it
// hides nothing. Looking into the book needs an alert, a finding or a case and
// a reason, and stands in the ledger before the answer is given; without them
// the book gives counts only.
package permits

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/permit"
	"atalaya/track"
	"atalaya/valid"
)

// Config is what a Book is made from.
type Config struct {
	// Apply makes changes durable, all or none, on record, and gives them to
	// the picture and to the book (Put). Its error is one of the desk's.
	Apply func(ctx context.Context, who desk.Who, changes []track.Change) error
	// About looks up what a look-up is about: an alert, a finding or a case.
	// desk.ErrNotFound where there is none of that name.
	About  func(ctx context.Context, id string) error
	Ledger desk.Ledger
	Clock  desk.Clock
}

// Book is the permit book. Its methods may be called from several goroutines.
type Book struct {
	cfg   Config
	write sync.Mutex // held while changes are made from what is in the book

	mu       sync.RWMutex
	permits  valid.History[permit.Permit]
	byCraft  map[string][]string // identity or name, as key writes them, to permits
	everyone []string            // permits that hold for any craft
	requests map[string]permit.ID
}

// New makes an empty book; Put fills it.
func New(cfg Config) *Book {
	return &Book{cfg: cfg, byCraft: map[string][]string{}, requests: map[string]permit.ID{}}
}

// Put adds a version that is durable already.
func (b *Book) Put(p permit.Permit) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.permits.Put(p); err != nil {
		return err
	}
	if p.Valid.Request != "" {
		b.requests[p.Valid.Request] = p.ID
	}
	if len(p.Craft) == 0 && p.Name == "" {
		b.everyone = insert(b.everyone, p.Key())
	}
	for _, c := range p.Craft {
		k := craftKey(c)
		b.byCraft[k] = insert(b.byCraft[k], p.Key())
	}
	if p.Name != "" {
		k := nameKey(p.Name)
		b.byCraft[k] = insert(b.byCraft[k], p.Key())
	}
	return nil
}

// insert adds a key to an ordered set.
func insert(keys []string, key string) []string {
	if i, found := slices.BinarySearch(keys, key); !found {
		keys = slices.Insert(keys, i, key)
	}
	return keys
}

// at gives a permit as it holds at a time: inside its validity and its hours,
// and not retired. b.mu is held.
func (b *Book) at(key string, t time.Time) (permit.Permit, bool) {
	p, ok := b.permits.At(key, t)
	return p, ok && p.Schedule.Holds(t)
}

// Count is how many permits of a kind there are.
type Count struct {
	Kind  permit.Kind `json:"kind" doc:"what they are for"`
	Total int         `json:"total" doc:"in the book, retired and expired ones too"`
	Valid int         `json:"valid" doc:"not retired and inside their validity now"`
}

// Counts tells how many permits there are of each kind; that is all that the
// book tells without a look-up.
func (b *Book) Counts() []Count {
	now := b.cfg.Clock.Now()
	b.mu.RLock()
	defer b.mu.RUnlock()
	of := map[permit.Kind]Count{}
	for _, key := range b.permits.Keys() {
		last, _ := b.permits.Latest(key)
		c := of[last.Kind]
		c.Kind = last.Kind
		c.Total++
		if _, ok := b.permits.At(key, now); ok {
			c.Valid++
		}
		of[last.Kind] = c
	}
	out := slices.AppendSeq([]Count{}, maps.Values(of))
	slices.SortFunc(out, func(x, y Count) int {
		return slices.Index(permit.Kinds(), x.Kind) - slices.Index(permit.Kinds(), y.Kind)
	})
	return out
}
