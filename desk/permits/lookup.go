package permits

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"atalaya/desk"
	"atalaya/permit"
)

// Bounds of a look-up.
const (
	minText  = 3   // letters and digits: less would give the whole book away
	maxText  = 100 // bytes
	maxAbout = 300
	most     = 20 // permits of an answer
)

// Lookup is a wish to look into the book.
type Lookup struct {
	Who    desk.Who
	About  string // alert, finding or case
	Reason string
	Text   string      // part of the number, the holder, the craft's name or identity
	Kind   permit.Kind // empty: any
	At     time.Time   // only what holds then; zero: all
}

// Found is the answer to a look-up.
type Found struct {
	Permits []permit.Permit `json:"permits" doc:"newest versions, ordered by number; at most 20"`
	Total   int             `json:"total" doc:"how many there are; when more than are given, ask more narrowly"`
	Record  string          `json:"record" doc:"the look-up's record in the ledger"`
}

// Search looks into the book, on record.
func (b *Book) Search(ctx context.Context, q Lookup) (Found, error) {
	text := letters(q.Text)
	switch {
	case len(q.Text) > maxText || !utf8.ValidString(q.Text):
		return Found{}, fmt.Errorf("%w: the text is longer than %d bytes", desk.ErrInvalid, maxText)
	case len(text) < minText:
		return Found{}, fmt.Errorf("%w: search by at least %d letters or digits", desk.ErrInvalid, minText)
	}
	if err := mayLook(q.Who); err != nil {
		return Found{}, err
	}
	if err := checkReason(q.Reason); err != nil {
		return Found{}, err
	}
	if err := b.known(ctx, q.About); err != nil {
		return Found{}, err
	}
	record, err := b.onRecord(ctx, q.Who, q.About, q.Reason, []desk.Field{{Name: "text", Value: q.Text}, {Name: "kind", Value: string(q.Kind)}})
	if err != nil {
		return Found{}, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := Found{Permits: []permit.Permit{}, Record: record}
	for _, key := range b.permits.Keys() {
		p, _ := b.permits.Latest(key)
		if !q.At.IsZero() {
			var ok bool
			if p, ok = b.at(key, q.At); !ok {
				continue
			}
		}
		if (q.Kind != "" && p.Kind != q.Kind) || !mentions(&p, text) {
			continue
		}
		if out.Total++; len(out.Permits) < most {
			out.Permits = append(out.Permits, p)
		}
	}
	return out, nil
}

// mentions reports whether a permit has text, letters and digits only, in its
// number, its holder, or what the craft is known by.
func mentions(p *permit.Permit, text string) bool {
	for _, s := range []string{string(p.ID), p.Holder, p.Name} {
		if strings.Contains(letters(s), text) {
			return true
		}
	}
	for _, c := range p.Craft {
		if strings.Contains(letters(c.Value), text) {
			return true
		}
	}
	return false
}

// Versions gives every version of one permit, oldest first, on record. It is
// for keeping the book: who knows the number has the paper, so a reason is
// enough.
func (b *Book) Versions(ctx context.Context, who desk.Who, id permit.ID, reason string) ([]permit.Permit, error) {
	if err := mayLook(who); err != nil {
		return nil, err
	}
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	if _, ok := b.latest(id); !ok {
		return nil, fmt.Errorf("permit %s: %w", id, desk.ErrNotFound)
	}
	if _, err := b.onRecord(ctx, who, "permit:"+string(id), reason, nil); err != nil {
		return nil, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.permits.Versions(string(id)), nil
}

func mayLook(who desk.Who) error { return who.Needs(desk.Officer, "look into the permit book") }

// known makes sure that there is what a look-up is about.
func (b *Book) known(ctx context.Context, about string) error {
	if about == "" || len(about) > maxAbout || !utf8.ValidString(about) {
		return fmt.Errorf("%w: a look-up is about an alert, a finding or a case: name it", desk.ErrInvalid)
	}
	if err := b.cfg.About(ctx, about); err != nil {
		return fmt.Errorf("what the look-up is about, %s: %w", about, err)
	}
	return nil
}

// onRecord makes the record of a look-up durable and gives its name.
func (b *Book) onRecord(ctx context.Context, who desk.Who, about, reason string, what []desk.Field) (string, error) {
	rec := desk.Record{
		ID: "permit.lookup/" + rand.Text(), Kind: "permit.lookup", At: b.cfg.Clock.Now().UTC(), Who: who, Subject: about,
		Fields: append(what, desk.Field{Name: "reason", Value: reason}),
	}
	if err := b.cfg.Ledger.Do(ctx, rec, func(context.Context) error { return nil }); err != nil {
		return "", fmt.Errorf("the look-up could not be recorded, so nothing was looked up: %w", err)
	}
	return rec.ID, nil
}
