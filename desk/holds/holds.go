// Package holds keeps legal holds: what of the past is kept beyond its term,
// because two people ordered it.
//
//  1. Somebody orders one: what it chooses, and why. An order that two people
//     do not sign in time lapses.
//  2. Two people of different units sign it, each with the key of a device of
//     theirs. With the second signature, and its record, what is chosen is
//     copied under a key of the hold's own. Terms and purges go on as ever, and
//     do not touch the copies.
//  3. Two people lift it in the same way. The copies and the key are then
//     destroyed at once, as a purge with a record of its own: what was past its
//     term is gone, and what was not is still in its place.
//
// A program that ends in the middle is put right by Settle.
package holds

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/papers"
	"atalaya/track"
)

// DocumentKind is that of holds.
const DocumentKind desk.DocumentKind = "hold"

// Kinds of records. Checkers judge holds and lifts.
const (
	KindDraft    = "hold.draft"
	KindSign     = "hold.sign" // the first of two signatures
	KindHold     = "hold"      // in force from here
	KindLiftSign = "hold.lift.sign"
	KindLift     = "hold.lift"
	KindRead     = "hold.read"
)

// Bounds.
const (
	Longest  = 31 * 24 * time.Hour // of a span
	mostText = 2000                // bytes of a reason
	most     = 200                 // spans
)

// Span is a part of the past: of a track, or all of a class of content.
type Span struct {
	Track track.ID  `json:"track,omitempty" maximum:"9007199254740991" doc:"a track: its points, its findings, and what happened to it with lineages and observations"`
	Class string    `json:"class,omitempty" enum:"input,event,track,finding" doc:"without a track: all of this class of content"`
	From  time.Time `json:"from" doc:"the first time"`
	To    time.Time `json:"to" doc:"the end, not included"`
}

func (s Span) String() string {
	what := "class " + s.Class
	if s.Track != 0 {
		what = fmt.Sprint("track ", uint64(s.Track))
	}
	return what + " " + stamp(s.From) + " " + stamp(s.To)
}

// Classes are those that have a term.
func Classes() []string { return []string{"input", "event", "track", "finding"} }

// Wish is what somebody orders to be held: one of a case, an alert, and spans.
type Wish struct {
	Case   string       `json:"case,omitempty" maxLength:"60" doc:"the tracks on which a case and its alerts rest"`
	Alert  desk.AlertID `json:"alert,omitempty" maxLength:"400" doc:"the track of an alert, a day before and after it"`
	Spans  []Span       `json:"spans,omitempty" maxItems:"200" doc:"parts of tracks or classes"`
	Reason string       `json:"reason" minLength:"1" maxLength:"2000" doc:"why: which court, which request; committed in the ledger"`
}

// State is how far a hold has come.
type State string

// States.
const (
	Draft   State = "draft"    // not signed by two people
	Lapsed  State = "lapsed"   // not signed in time
	InForce State = "in-force" // what it chose is kept
	Lifted  State = "lifted"   // what it kept is gone
)

// Hold is one as it stands.
type Hold struct {
	ID      string            `json:"id" doc:"name of the hold, for ever"`
	State   State             `json:"state" enum:"draft,lapsed,in-force,lifted" doc:"how far it has come"`
	Case    string            `json:"case,omitempty" doc:"the case that it was ordered for"`
	Alert   desk.AlertID      `json:"alert,omitempty" doc:"the alert that it was ordered for"`
	Spans   []Span            `json:"spans" doc:"what it chooses"`
	Reason  string            `json:"reason" doc:"why"`
	Salt    string            `json:"salt" doc:"random, part of what is signed"`
	Content string            `json:"content" doc:"SHA-256 of what is signed (docs/ledger-format.md), hex"`
	By      desk.Who          `json:"by" doc:"who ordered it"`
	Ordered time.Time         `json:"ordered" doc:"when"`
	Lapses  time.Time         `json:"lapses" doc:"an order is to be signed until then"`
	Signed  []Signature       `json:"signed,omitempty" doc:"who signed it"`
	Since   time.Time         `json:"since,omitzero" doc:"in force from then"`
	Items   map[string]uint64 `json:"items,omitempty" doc:"how many pieces it keeps, by class"`
	First   string            `json:"first_day,omitempty" doc:"day (UTC) of the oldest of them"`
	Last    string            `json:"last_day,omitempty" doc:"day (UTC) of the newest of them"`
	Key     string            `json:"key,omitempty" doc:"SHA-256 of the ID of its key, hex"`
	// Of lifting.
	LiftReason string      `json:"lift_reason,omitempty" doc:"why it is lifted"`
	LiftSigned []Signature `json:"lift_signed,omitempty" doc:"who signed that"`
	Lifted     time.Time   `json:"lifted,omitzero" doc:"when it was lifted"`
	// Approve is what a device signs next.
	Approve *Approval `json:"approve,omitempty" doc:"what a device signs next; of a lift without content while nobody has said why"`
}

// Signature is one person's.
type Signature = authority.Signature

// Approval is what a device signs.
type Approval struct {
	Kind    string `json:"kind" doc:"of the record: hold or hold.lift"`
	ID      string `json:"id" doc:"of the record"`
	Content string `json:"content,omitempty" doc:"SHA-256, hex; of a lift that nobody has signed: of atalaya.hold.lift.v1, the hold's content and the reason, each with a line feed"`
}

// Choice is what was found for a hold. The last of two signatures keeps it.
type Choice struct {
	Items       map[string]uint64 // by class
	First, Last time.Time         // days of the oldest and the newest
	Key         string            // SHA-256 of the ID of the hold's key, hex
	Keep        func(context.Context) error
	Close       func() error
}

// Store is what the past is kept in.
type Store interface {
	desk.DocumentStore
	// Choose finds what a hold would keep; none: nothing is there. Until Close
	// no key of a day is destroyed.
	Choose(ctx context.Context, hold string, at time.Time, spans []Span) (Choice, error)
	// Forget undoes Choose and Keep.
	Forget(ctx context.Context, hold string) error
	// Keyed gives the holds that have a key.
	Keyed() []string
	// Held gives what a hold keeps, a piece at a time.
	Held(ctx context.Context, hold string, do func(any) error) error
}

// Config is what a Service is made from.
type Config struct {
	Store  Store
	Ledger desk.Ledger
	Clock  desk.Clock
	// Resolve says on which parts of the past a case or an alert rests.
	Resolve func(ctx context.Context, w Wish) ([]Span, error)
	// Approvals checks a signature and adds it; see authority.Service.
	Approvals func(ctx context.Context, who desk.Who, kind, id, content string, with authority.Pen, before []Signature) ([]Signature, error)
	// Purge destroys what a hold kept, with its key and with a record.
	Purge func(ctx context.Context, hold string) error
	// Within is how long an order, or a first signature, waits; 0: 24 hours.
	Within time.Duration
}

// Service keeps holds. Its methods may be called from several goroutines.
type Service struct {
	cfg   Config
	book  *papers.Book[Hold]
	write sync.Mutex // one change at a time, and Settle
}

// New makes a Service.
func New(cfg Config) *Service {
	if cfg.Within <= 0 {
		cfg.Within = 24 * time.Hour
	}
	return &Service{cfg: cfg, book: papers.New[Hold](papers.Config{Store: cfg.Store, Ledger: cfg.Ledger, Clock: cfg.Clock, Kind: DocumentKind, Letter: "H"})}
}

const two = 2 // people

// Order writes down what is to be held, for two people to sign.
func (s *Service) Order(ctx context.Context, by papers.Wish, w Wish) (Hold, error) {
	if err := by.Who.Needs(desk.Supervisor, "order a hold"); err != nil {
		return Hold{}, err
	}
	now := s.cfg.Clock.Now().UTC()
	if err := w.check(); err != nil {
		return Hold{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	spans := w.Spans
	if len(spans) == 0 {
		var err error
		if spans, err = s.cfg.Resolve(ctx, w); err != nil {
			return Hold{}, err
		}
	}
	spans, err := merged(spans, now)
	if err != nil {
		return Hold{}, err
	}
	p, err := s.book.Make(ctx, by, w, func(p papers.Paper[Hold], now time.Time) (papers.Next[Hold], error) {
		if err := s.unlike(ctx, spans); err != nil {
			return papers.Next[Hold]{}, err
		}
		h := Hold{
			ID: p.ID, Case: w.Case, Alert: w.Alert, Spans: spans, Reason: w.Reason, Salt: rand.Text(), By: by.Who, Ordered: now, Lapses: now.Add(s.cfg.Within),
		}
		h.Content = hashed(h.Text())
		return papers.Next[Hold]{Value: h, Open: true, Kind: KindDraft, Fields: h.fields()}, nil
	})
	return s.seen(p), err
}

// check says what is wrong with a wish.
func (w *Wish) check() error {
	named := 0
	for _, there := range []bool{w.Case != "", w.Alert != "", len(w.Spans) > 0} {
		if there {
			named++
		}
	}
	switch {
	case named != 1:
		return fmt.Errorf("%w: say what is to be held: a case, an alert, or parts of tracks or classes, one of the three", desk.ErrInvalid)
	case !oneLine(w.Reason):
		return fmt.Errorf("%w: say why, in one line of at most %d bytes", desk.ErrInvalid, mostText)
	}
	return nil
}

func oneLine(s string) bool {
	return s != "" && len(s) <= mostText && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// merged checks spans, and puts those of one track or class together that meet,
// so that nothing is copied twice.
func merged(spans []Span, now time.Time) (out []Span, err error) {
	all := slices.Clone(spans)
	slices.SortFunc(all, func(a, b Span) int {
		switch {
		case a.Track != b.Track:
			return int(min(max(int64(a.Track)-int64(b.Track), -1), 1)) //nolint:gosec // numbers below 2^53
		case a.Class != b.Class:
			return strings.Compare(a.Class, b.Class)
		}
		return a.From.Compare(b.From)
	})
	for _, s := range all {
		s.From, s.To = s.From.UTC(), s.To.UTC()
		if s.To.After(now) {
			s.To = now // what comes is held by another hold
		}
		switch {
		case s.Track == 0 && !slices.Contains(Classes(), s.Class), s.Track != 0 && s.Class != "":
			return nil, fmt.Errorf("%w: a part of the past is of a track, or of one of the classes %v", desk.ErrInvalid, Classes())
		case s.From.IsZero() || !s.From.Before(s.To):
			return nil, fmt.Errorf("%w: a part from %s to %s: it begins before it ends, and before now", desk.ErrInvalid, stamp(s.From), stamp(s.To))
		}
		if n := len(out); n > 0 && out[n-1].Track == s.Track && out[n-1].Class == s.Class && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	if len(out) == 0 || len(out) > most {
		return nil, fmt.Errorf("%w: %d parts of the past: 1 to %d", desk.ErrInvalid, len(out), most)
	}
	for _, s := range out {
		if s.To.Sub(s.From) > Longest {
			return nil, fmt.Errorf("%w: a part of %.1f days: 31 at most; order several holds", desk.ErrInvalid, s.To.Sub(s.From).Hours()/24)
		}
	}
	return out, nil
}

// unlike refuses what is ordered or held already.
func (s *Service) unlike(ctx context.Context, spans []Span) error {
	open, err := s.book.All(ctx, true)
	if err != nil {
		return err
	}
	for _, p := range open {
		if st := s.seen(p).State; (st == Draft || st == InForce) && slices.Equal(p.Value.Spans, spans) {
			return fmt.Errorf("%w: hold %s is %s and chooses the same", desk.ErrConflict, p.ID, st)
		}
	}
	return nil
}

// Text is what is signed of an order: content is the hash of it.
func (h *Hold) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "form atalaya.hold.v1\nhold %s\nsalt %s\nreason %s\n", h.ID, h.Salt, h.Reason)
	for _, s := range h.Spans {
		fmt.Fprintf(&b, "chosen %s\n", s)
	}
	return b.String()
}

// LiftContent is what two people sign to lift it for a reason.
func (h *Hold) LiftContent(reason string) string {
	return hashed("atalaya.hold.lift.v1\n" + h.Content + "\n" + reason + "\n")
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// fields are what a record says of an order.
func (h *Hold) fields() []desk.Field {
	chosen := make([]string, len(h.Spans))
	for i, s := range h.Spans {
		chosen[i] = s.String()
	}
	return []desk.Field{
		{Name: "hold", Value: h.ID},
		{Name: "content", Value: h.Content},
		{Name: "chosen", Value: strings.Join(chosen, "\n")},
		{Name: "reason", Value: h.Reason},
		{Name: "salt", Value: h.Salt},
	}
}

// Sign signs an order. The second signature keeps what it chooses.
func (s *Service) Sign(ctx context.Context, by papers.Wish, id string, with authority.Pen) (Hold, error) {
	if err := by.Who.Needs(desk.Supervisor, "sign a hold"); err != nil {
		return Hold{}, err
	}
	ctx = context.WithoutCancel(ctx) // who goes away does not tear it in two
	s.write.Lock()
	defer s.write.Unlock()
	var found Choice
	p, err := s.book.Change(ctx, by, id, with, func(p papers.Paper[Hold], now time.Time) (papers.Next[Hold], error) {
		h := s.seen(p)
		if h.State != Draft {
			return papers.Next[Hold]{}, fmt.Errorf("%w: hold %s is %s: only an order is signed", desk.ErrConflict, id, h.State)
		}
		a := h.Approve
		v := p.Value
		var err error
		if v.Signed, err = s.cfg.Approvals(ctx, by.Who, a.Kind, a.ID, a.Content, with, h.Signed); err != nil {
			return papers.Next[Hold]{}, err
		}
		if len(v.Signed) < two {
			return papers.Next[Hold]{Value: v, Open: true, Kind: KindSign, Fields: append(v.fields(), authority.SignedFields(v.Signed)...)}, nil
		}
		if found, err = s.cfg.Store.Choose(ctx, id, now, v.Spans); err != nil {
			return papers.Next[Hold]{}, err
		}
		if len(found.Items) == 0 {
			return papers.Next[Hold]{}, fmt.Errorf("%w: nothing of what hold %s chooses is there: it was purged already, or there never was any", desk.ErrConflict, id)
		}
		v.Since, v.Items, v.Key = now, found.Items, found.Key
		v.First, v.Last = found.First.Format(time.DateOnly), found.Last.Format(time.DateOnly)
		return papers.Next[Hold]{Value: v, Open: true, Kind: KindHold, ID: a.ID, Fields: append(v.heldFields(found), authority.SignedFields(v.Signed)...), Act: found.Keep}, nil
	})
	if found.Close != nil {
		err = errors.Join(err, found.Close())
		if at, gerr := s.book.Get(ctx, id); gerr == nil && at.Value.Since.IsZero() {
			err = errors.Join(err, s.cfg.Store.Forget(ctx, id))
		}
	}
	return s.seen(p), err
}

// heldFields are what a record says of what is kept.
func (h *Hold) heldFields(c Choice) []desk.Field {
	var classes []string
	var n uint64
	for _, class := range slices.Sorted(maps.Keys(h.Items)) {
		classes = append(classes, fmt.Sprintf("%s=%d", class, h.Items[class]))
		n += h.Items[class]
	}
	return append(h.fields(),
		desk.Field{Name: "classes", Value: strings.Join(classes, " ")},
		desk.Field{Name: "from", Value: stamp(c.First)},
		desk.Field{Name: "until", Value: stamp(c.Last.Add(24 * time.Hour))},
		desk.Field{Name: "items", Value: strconv.FormatUint(n, 10)},
		desk.Field{Name: "key", Value: h.Key})
}

// Lift signs that a hold ends. The first to sign says why, and the second
// repeats it or says nothing. What it kept is destroyed at once.
func (s *Service) Lift(ctx context.Context, by papers.Wish, id, reason string, with authority.Pen) (Hold, error) {
	if err := by.Who.Needs(desk.Supervisor, "lift a hold"); err != nil {
		return Hold{}, err
	}
	ctx = context.WithoutCancel(ctx)
	s.write.Lock()
	defer s.write.Unlock()
	p, err := s.book.Change(ctx, by, id, []any{"lift", reason, with}, func(p papers.Paper[Hold], now time.Time) (papers.Next[Hold], error) {
		h := s.seen(p)
		v := p.Value
		v.LiftSigned = h.LiftSigned // without one that waited too long
		switch {
		case h.State != InForce:
			return papers.Next[Hold]{}, fmt.Errorf("%w: hold %s is %s: only one in force is lifted", desk.ErrConflict, id, h.State)
		case len(v.LiftSigned) > 0 && reason != "" && reason != h.LiftReason:
			return papers.Next[Hold]{}, fmt.Errorf("%w: hold %s is to be lifted for another reason: %q; sign that, or wait until it lapses", desk.ErrConflict, id, h.LiftReason)
		case len(v.LiftSigned) == 0 && !oneLine(reason):
			return papers.Next[Hold]{}, fmt.Errorf("%w: say why, in one line of at most %d bytes", desk.ErrInvalid, mostText)
		case len(v.LiftSigned) == 0:
			v.LiftReason = reason
		}
		content := v.LiftContent(v.LiftReason)
		var err error
		if v.LiftSigned, err = s.cfg.Approvals(ctx, by.Who, KindLift, h.Approve.ID, content, with, v.LiftSigned); err != nil {
			return papers.Next[Hold]{}, err
		}
		n := papers.Next[Hold]{Open: true, Kind: KindLiftSign, Fields: append([]desk.Field{
			{Name: "hold", Value: id}, {Name: "content", Value: content}, {Name: "reason", Value: v.LiftReason},
		}, authority.SignedFields(v.LiftSigned)...)}
		if len(v.LiftSigned) >= two {
			n.Open, n.Kind, n.ID, v.Lifted = false, KindLift, h.Approve.ID, now
		}
		n.Value = v
		return n, nil
	})
	if err == nil && !p.Value.Lifted.IsZero() {
		err = s.cfg.Purge(ctx, id)
	}
	return s.seen(p), err
}

// Settle destroys what is kept without a hold in force: of one that was lifted,
// or whose beginning was cut short.
func (s *Service) Settle(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	var errs []error
	for _, id := range s.cfg.Store.Keyed() {
		p, err := s.book.Get(ctx, id)
		switch {
		case err != nil && !errors.Is(err, desk.ErrNotFound):
			errs = append(errs, err)
		case err != nil || s.seen(p).State != InForce:
			errs = append(errs, s.cfg.Purge(ctx, id))
		}
	}
	return errors.Join(errs...)
}

// Get gives a hold; desk.ErrNotFound.
func (s *Service) Get(ctx context.Context, id string) (Hold, error) {
	p, err := s.book.Get(ctx, id)
	return s.seen(p), err
}

// List gives all holds, those changed last first.
func (s *Service) List(ctx context.Context) ([]Hold, error) {
	all, err := s.book.All(ctx, false)
	out := make([]Hold, len(all))
	for i, p := range all {
		out[i] = s.seen(p)
	}
	return out, err
}

// Read gives what a hold keeps, a piece at a time. It is on record first.
func (s *Service) Read(ctx context.Context, who desk.Who, id string, do func(any) error) error {
	if err := who.Needs(desk.Supervisor, "read what is held"); err != nil {
		return err
	}
	h, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if h.State != InForce {
		return fmt.Errorf("%w: hold %s is %s: it keeps nothing", desk.ErrConflict, id, h.State)
	}
	now := s.cfg.Clock.Now().UTC()
	return s.cfg.Ledger.Do(ctx, desk.Record{
		ID: fmt.Sprintf("%s/%s/%s", KindRead, id, stamp(now)), Kind: KindRead, At: now, Who: who, Subject: "hold:" + id, Fields: []desk.Field{{Name: "hold", Value: id}},
	}, func(ctx context.Context) error { return s.cfg.Store.Held(ctx, id, do) })
}

// seen is a hold as it stands now.
func (s *Service) seen(p papers.Paper[Hold]) Hold {
	h, now := p.Value, s.cfg.Clock.Now()
	switch {
	case !h.Lifted.IsZero():
		h.State = Lifted
	case !h.Since.IsZero():
		h.State = InForce
		if n := len(h.LiftSigned); n > 0 && now.Sub(h.LiftSigned[n-1].At) >= s.cfg.Within {
			h.LiftSigned, h.LiftReason = nil, ""
		}
		h.Approve = &Approval{Kind: KindLift, ID: KindLift + "/" + p.ID}
		if len(h.LiftSigned) > 0 {
			h.Approve.Content = h.LiftContent(h.LiftReason)
		}
	case !now.Before(h.Lapses):
		h.State = Lapsed
	default:
		h.State = Draft
		h.Approve = &Approval{KindHold, KindHold + "/" + p.ID, h.Content}
	}
	return h
}

// ToSign gives what a device signs next; of a lift, for a reason, or for the one
// that who signed first gave. Empty: nothing is to be signed.
func (h *Hold) ToSign(reason string) string {
	a := h.Approve
	switch {
	case a == nil:
		return ""
	case a.Kind == KindLift && len(h.LiftSigned) == 0:
		return string(authority.ApprovalText(a.Kind, a.ID, h.LiftContent(reason)))
	}
	return string(authority.ApprovalText(a.Kind, a.ID, a.Content))
}
