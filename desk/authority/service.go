package authority

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/policy"
	"atalaya/sensor"
)

// Config is what a Service is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	Log    *slog.Logger
	// Within is how long a draft can be signed; 0: 24 hours.
	Within time.Duration
	// Pseudonym gives a person's name for those who check.
	Pseudonym func(desk.PersonID) string
	// Granted is told of every authority that comes into force, and at once of
	// an emergency; nil: nobody.
	Granted func(Authority)
}

// Service keeps authorities and keys. Its methods may be called from several
// goroutines.
type Service struct {
	cfg   Config
	write sync.Mutex // one change at a time
}

// New makes a Service.
func New(cfg Config) *Service {
	if cfg.Within <= 0 {
		cfg.Within = 24 * time.Hour
	}
	if cfg.Granted == nil {
		cfg.Granted = func(Authority) {}
	}
	return &Service{cfg: cfg}
}

// Draft writes an authority down, for people to sign.
func (s *Service) Draft(ctx context.Context, who desk.Who, t Terms, request string) (Authority, error) {
	least := desk.Supervisor
	if t.Emergency {
		least = desk.Officer
	}
	if err := who.Needs(least, "draft an authority"); err != nil {
		return Authority{}, err
	}
	now := s.cfg.Clock.Now().UTC()
	t.From, t.Until = t.From.UTC(), t.Until.UTC()
	if err := t.Check(now); err != nil {
		return Authority{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if a, done, err := repeated[Authority](ctx, s, DocumentKind, who, request); err != nil || done {
		return a, err
	}
	open, err := all[Authority](ctx, s, DocumentKind, true)
	switch {
	case err != nil:
		return Authority{}, err
	case len(open) >= mostOpen:
		return Authority{}, fmt.Errorf("%w: %d authorities are drafts or in force: end some of them", desk.ErrConflict, len(open))
	}
	n, err := s.cfg.Store.CountDocuments(ctx, DocumentKind)
	if err != nil {
		return Authority{}, fmt.Errorf("count the authorities: %w", err)
	}
	a := Authority{ID: fmt.Sprint("A", n+1), By: who, Drafted: now, Lapses: now.Add(s.cfg.Within), Salt: rand.Text(), Terms: t}
	a.Content = hashed(t.Text(a.ID, a.Salt))
	return a, s.record(ctx, KindDraft, who, &a, request, a.terms()...)
}

// Sign signs a draft. With enough signatures it is in force, from now or from
// the time that it says.
func (s *Service) Sign(ctx context.Context, who desk.Who, id string, with Pen, request string) (Authority, error) {
	s.write.Lock()
	defer s.write.Unlock()
	a, done, err := s.open(ctx, who, id, request)
	if err != nil || done {
		return a, err
	}
	least, need := desk.Supervisor, two
	if a.Emergency {
		least, need = desk.Officer, 1
	}
	if err := who.Needs(least, "sign an authority"); err != nil {
		return Authority{}, err
	}
	if st := a.State(s.cfg.Clock.Now()); st != Draft {
		return Authority{}, fmt.Errorf("%w: %s is %s: only a draft is signed; draft a new one", desk.ErrConflict, id, st)
	}
	if a.Signed, err = s.signed(ctx, who, KindGrant, KindGrant+"/"+id, a.Content, with, a.Signed); err != nil {
		return Authority{}, err
	}
	now := a.Signed[len(a.Signed)-1].At
	if len(a.Signed) < need {
		return a, s.record(ctx, KindSign, who, &a, request, signedFields(a.Signed)...)
	}
	// It holds from its record on, whatever it says: nothing is signed into the
	// past.
	a.Begins = a.From
	if a.Begins.Before(now) {
		a.Begins = now
	}
	fields := append(a.terms(), signedFields(a.Signed)...)
	if a.Emergency {
		a.Due = now.Add(ReviewWithin)
	}
	if err := s.record(ctx, KindGrant, who, &a, request, fields...); err != nil {
		return Authority{}, err
	}
	s.cfg.Granted(a)
	return a, nil
}

// Review signs an emergency afterwards. Two people do, and not who signed it
// first.
func (s *Service) Review(ctx context.Context, who desk.Who, id string, with Pen, request string) (Authority, error) {
	if err := who.Needs(desk.Supervisor, "review an authority"); err != nil {
		return Authority{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	a, done, err := s.open(ctx, who, id, request)
	if err != nil || done {
		return a, err
	}
	// Also one that ended meanwhile: it was used.
	if now := s.cfg.Clock.Now(); !a.reviewable(now) {
		return Authority{}, fmt.Errorf("%w: %s is %s: there is nothing to review", desk.ErrConflict, id, a.State(now))
	}
	if a.Signed[0].Person == who.ID {
		return Authority{}, fmt.Errorf("%w: you signed it: two others review it", desk.ErrForbidden)
	}
	if a.Reviews, err = s.signed(ctx, who, KindReview, KindReview+"/"+id, a.Content, with, a.Reviews); err != nil {
		return Authority{}, err
	}
	kind := KindSign
	if len(a.Reviews) >= two {
		kind = KindReview
	}
	return a, s.record(ctx, kind, who, &a, request, signedFields(a.Reviews)...)
}

// Revoke ends an authority, or a draft, now. It takes one person.
func (s *Service) Revoke(ctx context.Context, who desk.Who, id, reason, request string) (Authority, error) {
	if err := who.Needs(desk.Officer, "revoke an authority"); err != nil {
		return Authority{}, err
	}
	if !oneLine(reason) {
		return Authority{}, fmt.Errorf("%w: say why, in one line of at most %d bytes", desk.ErrInvalid, mostText)
	}
	s.write.Lock()
	defer s.write.Unlock()
	a, done, err := s.open(ctx, who, id, request)
	if err != nil || done {
		return a, err
	}
	if st := a.State(s.cfg.Clock.Now()); !st.Open() {
		return Authority{}, fmt.Errorf("%w: %s is %s already", desk.ErrConflict, id, st)
	}
	a.Closed, a.Ender, a.Reason = Revoked, who, reason
	return a, s.record(ctx, KindEnd, who, &a, request, desk.Field{Name: "why", Value: string(Revoked)}, desk.Field{Name: "reason", Value: reason})
}

// Settle records the end of what ended by its time.
func (s *Service) Settle(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	open, err := all[Authority](ctx, s, DocumentKind, true)
	if err != nil {
		return err
	}
	for _, a := range open {
		st := a.State(s.cfg.Clock.Now())
		if st.Open() {
			continue
		}
		a.Closed = st
		if err := s.record(ctx, KindEnd, desk.Who{}, &a, "", desk.Field{Name: "why", Value: string(st)}); err != nil {
			return err
		}
	}
	return nil
}

// Run settles once a minute until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if err := s.Settle(context.WithoutCancel(ctx)); err != nil {
			s.cfg.Log.Warn("the end of an authority is not on record yet", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Get gives one authority.
func (s *Service) Get(ctx context.Context, id string) (Authority, error) {
	return stored[Authority](ctx, s, DocumentKind, id)
}

// List gives authorities, newest first: those that are not ended only, or the
// latest.
func (s *Service) List(ctx context.Context, openOnly bool) ([]Authority, error) {
	out, err := all[Authority](ctx, s, DocumentKind, openOnly)
	slices.Reverse(out)
	return out, err
}

// Use is what somebody wants to observe.
type Use struct {
	Sensor  sensor.ID
	Purpose policy.Purpose
	At      time.Time
	Named   string // the authority that they appeal to; empty: any
}

// Covering gives the authorities under which a sensor may be used, those first
// that changed last longest ago. Where there is none its error, a desk.ErrForbidden, says why.
func (s *Service) Covering(ctx context.Context, u Use) ([]Authority, error) {
	have, err := all[Authority](ctx, s, DocumentKind, u.Named == "")
	if err != nil {
		return nil, err
	}
	var out []Authority
	var why []string
	for _, a := range have {
		if u.Named != "" && a.ID != u.Named {
			continue
		}
		if no := a.refuses(u); no != "" {
			why = append(why, a.ID+": "+no)
			continue
		}
		out = append(out, a)
	}
	switch {
	case len(out) > 0:
		return out, nil
	case u.Named != "" && len(why) == 0:
		return nil, fmt.Errorf("%w: there is no authority %q: look at the list of authorities", desk.ErrForbidden, u.Named)
	case len(why) == 0:
		return nil, fmt.Errorf("%w: no authority is in force: have one drafted, and signed by two people of different units", desk.ErrForbidden)
	}
	const most = 5
	more := ""
	if len(why) > most {
		why, more = why[len(why)-most:], ", and others"
	}
	return nil, fmt.Errorf("%w: no authority in force allows it (%s%s): choose another purpose or sensor, or have one signed", desk.ErrForbidden, strings.Join(why, "; "), more)
}

// refuses says why an authority does not cover a use; empty: it does.
func (a *Authority) refuses(u Use) string {
	switch st := a.State(u.At); {
	case st == Coming:
		return "it begins at " + a.Begins.Format(time.RFC3339)
	case st != InForce && st != Emergency:
		return "it is " + string(st)
	case !slices.Contains(a.Holds, u.Sensor):
		return "it does not name sensor " + string(u.Sensor)
	case !slices.Contains(a.Purposes, u.Purpose):
		return fmt.Sprintf("it is not for %s", u.Purpose)
	case !a.Hours.Holds(u.At):
		return "it does not hold at this hour"
	}
	return ""
}

// terms are what a record says of an authority.
func (a *Authority) terms() []desk.Field {
	from := a.From
	if !a.Begins.IsZero() {
		from = a.Begins
	}
	out := []desk.Field{
		{Name: "purpose", Value: a.purposes()},
		{Name: "from", Value: stamp(from)},
		{Name: "until", Value: stamp(a.Until)},
		{Name: "basis", Value: a.Basis},
		{Name: "issuer", Value: a.Issuer},
		{Name: "place", Value: a.Place},
		{Name: "area", Value: a.Shape()},
		{Name: "sensors", Value: joined(a.Holds)},
		{Name: "hours", Value: hours(a.Hours)},
		{Name: "flights", Value: strconv.Itoa(a.Flights)},
		{Name: "flight-hours", Value: strconv.FormatFloat(a.FlightHours, 'f', 3, 64)},
		{Name: "recipients", Value: strings.Join(a.Recipients, "\n")},
		{Name: "issued", Value: stamp(a.Drafted)},
	}
	if a.Emergency {
		out = append(out, desk.Field{Name: "emergency", Value: "yes"})
	}
	return out
}

// open gives an authority for a change; or, where the same request made one
// before, what became of it.
func (s *Service) open(ctx context.Context, who desk.Who, id, request string) (Authority, bool, error) {
	if a, done, err := repeated[Authority](ctx, s, DocumentKind, who, request); err != nil || done {
		if err == nil && a.ID != id {
			err = fmt.Errorf("%w: it was for %s; use a new request id", desk.ErrRequestReused, a.ID)
		}
		return a, done, err
	}
	a, err := stored[Authority](ctx, s, DocumentKind, id)
	return a, false, err
}

func (s *Service) record(ctx context.Context, kind string, who desk.Who, a *Authority, request string, fields ...desk.Field) error {
	a.Version++
	// Grant and review have one record, whose id is signed; the rest one each.
	id := kind + "/" + a.ID
	at := s.cfg.Clock.Now().UTC()
	switch kind {
	case KindGrant:
		at = s.at(a.Signed, at)
	case KindReview:
		at = s.at(a.Reviews, at)
	default:
		id = fmt.Sprintf("%s/%d", id, a.Version)
	}
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write authority %s: %w", a.ID, err)
	}
	return s.do(ctx, desk.Record{
		ID: id, Kind: kind, At: at, Who: who, Subject: "authority:" + a.ID,
		Fields: append([]desk.Field{{Name: "authority", Value: a.ID}, {Name: "content", Value: a.Content}}, fields...),
	}, desk.Document{Kind: DocumentKind, ID: a.ID, Version: a.Version, Open: a.Closed == "", Body: body}, request)
}

// do keeps a version, through the ledger. Somebody who goes away must not tear
// it in two.
func (s *Service) do(ctx context.Context, rec desk.Record, d desk.Document, request string) error {
	d.At, d.Who, d.Request = rec.At, rec.Who, request
	return s.cfg.Ledger.Do(context.WithoutCancel(ctx), rec, func(ctx context.Context) error {
		if err := s.cfg.Store.SaveDocument(ctx, d, desk.Rests{}); err != nil {
			return fmt.Errorf("keep %s %s: %w", d.Kind, d.ID, err)
		}
		return nil
	})
}

// repeated gives what a request made before.
func repeated[T any](ctx context.Context, s *Service, kind desk.DocumentKind, who desk.Who, request string) (v T, done bool, err error) {
	if request == "" {
		return v, false, nil
	}
	d, err := s.cfg.Store.DocumentByRequest(ctx, request)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return v, false, nil
	case err != nil:
		return v, false, fmt.Errorf("look up the request %s: %w", request, err)
	case d.Kind != kind || d.Who.ID != who.ID:
		return v, false, fmt.Errorf("%w: %s was for %s %s; use a new request id", desk.ErrRequestReused, request, d.Kind, d.ID)
	}
	v, err = stored[T](ctx, s, kind, d.ID)
	return v, err == nil, err
}

func stored[T any](ctx context.Context, s *Service, kind desk.DocumentKind, id string) (v T, err error) {
	d, err := s.cfg.Store.DocumentByID(ctx, kind, id)
	if err != nil {
		return v, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return v, read(d, &v)
}

func read(d desk.Document, v any) error {
	if err := json.Unmarshal(d.Body, v); err != nil {
		return fmt.Errorf("read %s %s: %w", d.Kind, d.ID, err)
	}
	return nil
}

// all gives the newest versions of all documents of a kind, that first which
// changed last longest ago.
func all[T any](ctx context.Context, s *Service, kind desk.DocumentKind, openOnly bool) ([]T, error) {
	var out []T
	for q := (desk.DocumentQuery{Kind: kind, OpenOnly: openOnly, Limit: 1000}); ; {
		page, err := s.cfg.Store.Documents(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", kind, err)
		}
		for _, d := range page {
			var v T
			if err := read(d.Document, &v); err != nil {
				return nil, err
			}
			out = append(out, v)
			q.Before = d.Number
		}
		if len(page) < q.Size() {
			slices.Reverse(out)
			return out, nil
		}
	}
}
