// Package clocks keeps the times by which a neighbour must be told something: a
// flight near its border beforehand, a pursuit, a breach of the fence and the
// answer to a query after. Everybody sees the clock run, and whether the notice
// came in time. Where a notice would betray a patrol it is sealed: everybody
// sees that there is one and when it opens, and then what it was.
package clocks

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"atalaya/desk"
	"atalaya/desk/papers"
	"atalaya/watch"
)

// Document is the kind of the documents in the store.
const Document desk.DocumentKind = "clock"

// The kinds of records.
const (
	OweKind  = "notice"
	GiveKind = "notice.given"
	OpenKind = "notice.open"
)

// Kind is what a clock is about.
type Kind string

// The kinds of clocks.
const (
	Flight  Kind = "flight"  // within 10 km of a border: told so long before it begins
	Pursuit Kind = "pursuit" // told so long after it began
	Breach  Kind = "breach"  // of the fence
	Query   Kind = "query"   // a neighbour's: answered so long after it came
)

// Times are how long each clock runs.
type Times map[Kind]time.Duration

// Usual are the times where nobody configured others.
func Usual() Times {
	const day = 24 * time.Hour
	return Times{Flight: 3 * day, Pursuit: time.Hour, Breach: 15 * time.Minute, Query: 2 * day}
}

// Bounds.
const (
	maxText   = 4000                // bytes of a notice, of how it was given
	maxSealed = 90 * 24 * time.Hour // after the event a sealed notice is open
	maxAhead  = 366 * 24 * time.Hour
	saltSize  = 32
)

// Notice is something that a neighbour is to be told by a time.
type Notice struct {
	ID     string    `json:"id" doc:"name of the notice, for ever"`
	Clock  Kind      `json:"clock" enum:"flight,pursuit,breach,query" doc:"what it is about"`
	To     string    `json:"to" doc:"the neighbour, ISO 3166-1 alpha-2"`
	Text   string    `json:"text" doc:"what is to be told"`
	Event  time.Time `json:"event" doc:"when the flight begins, the pursuit or breach began, the query came"`
	Made   time.Time `json:"made" doc:"when the clock was started"`
	Due    time.Time `json:"due" doc:"when it is to be told at the latest"`
	Given  time.Time `json:"given,omitzero" doc:"when it was told; absent: not yet"`
	How    string    `json:"how,omitempty" doc:"how it was told, and to whom"`
	Sealed bool      `json:"sealed,omitempty" doc:"it would betray a patrol: the neighbour is told when it opens"`
	Opens  time.Time `json:"opens,omitzero" doc:"of a sealed one: when it is open at the latest"`
	Opened time.Time `json:"opened,omitzero" doc:"of a sealed one: when it was opened"`
	// Content and Salt are a sealed notice's commitment.
	Content string `json:"content,omitempty" doc:"of a sealed one: commitment to what it says"`
	Salt    string `json:"salt,omitempty" doc:"of one that was opened: the salt, base64"`
	Overdue bool   `json:"overdue,omitempty" doc:"its time is over"`
}

// by is when the next thing must be done about it.
func (n *Notice) by() time.Time {
	if n.Sealed {
		return n.Opens
	}
	return n.Due
}

// done reports whether nothing is left to do.
func (n *Notice) done() bool { return !n.Given.IsZero() || !n.Opened.IsZero() }

// Config is what a Service is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	Random io.Reader // crypto/rand's
	Log    *slog.Logger
	Times  Times
	// Neighbours are who can be told.
	Neighbours []string
	// Raise alerts the duty officer. The same finding twice is raised once.
	Raise func(ctx context.Context, f watch.Finding) error
}

// Service keeps the clocks. Its methods may be called from several goroutines.
type Service struct {
	cfg  Config
	book *papers.Book[Notice]
	// warned are findings that were raised; of the goroutine of Tick.
	warned map[string]watch.Finding
}

// New makes a Service.
func New(cfg Config) *Service {
	return &Service{warned: map[string]watch.Finding{}, cfg: cfg, book: papers.New[Notice](papers.Config{Store: cfg.Store, Ledger: cfg.Ledger, Clock: cfg.Clock, Kind: Document, Letter: "N"})}
}

// Wish starts a clock.
type Wish struct {
	papers.Wish `json:"-"`
	Clock       Kind
	To          string
	Text        string
	Event       time.Time
	// Opens seals the notice until then; zero: it is not sealed.
	Opens time.Time
}

func (s *Service) check(w *Wish, now time.Time) error {
	run, known := s.cfg.Times[w.Clock]
	switch {
	case !known || run <= 0:
		return fmt.Errorf("%w: clock %q; choose flight, pursuit, breach or query", desk.ErrInvalid, w.Clock)
	case !slices.Contains(s.cfg.Neighbours, w.To):
		return fmt.Errorf("%w: neighbour %q; choose of %v", desk.ErrInvalid, w.To, s.cfg.Neighbours)
	case !goodText(w.Text):
		return fmt.Errorf("%w: say what is to be told, in at most %d bytes", desk.ErrInvalid, maxText)
	case w.Event.IsZero() || w.Event.After(now.Add(maxAhead)) || w.Clock != Flight && w.Event.After(now):
		return fmt.Errorf("%w: the event is at %s: a flight begins within a year, all else has begun", desk.ErrInvalid, w.Event.UTC().Format(time.RFC3339))
	case !w.Opens.IsZero() && (!w.Opens.After(now) || w.Opens.After(w.Event.Add(maxSealed))):
		return fmt.Errorf("%w: a sealed notice opens later than now, and within %d days of the event", desk.ErrInvalid, int(maxSealed.Hours())/24)
	}
	return nil
}

func goodText(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= maxText && utf8.ValidString(s)
}

// Owe starts a clock. One that is started too late is overdue at once, and
// shows so.
func (s *Service) Owe(ctx context.Context, w Wish) (Notice, error) {
	if err := w.Who.Needs(desk.Officer, "start a clock"); err != nil {
		return Notice{}, err
	}
	p, err := s.book.Make(ctx, w.Wish, w, func(p papers.Paper[Notice], now time.Time) (papers.Next[Notice], error) {
		if err := s.check(&w, now); err != nil {
			return papers.Next[Notice]{}, err
		}
		n := Notice{ID: p.ID, Clock: w.Clock, To: w.To, Text: w.Text, Event: w.Event.UTC().Truncate(time.Second), Made: now}
		n.Due = n.Event.Add(s.cfg.Times[w.Clock])
		if w.Clock == Flight {
			n.Due = n.Event.Add(-s.cfg.Times[w.Clock])
		}
		due := n.Due.Format(time.RFC3339)
		fields := []desk.Field{{Name: "notice", Value: n.ID}, {Name: "clock", Value: string(n.Clock)}, {Name: "to", Value: n.To}, {Name: "due", Value: due}, {Name: "text", Value: n.Text}}
		if !w.Opens.IsZero() {
			salt := make([]byte, saltSize)
			if _, err := io.ReadFull(s.cfg.Random, salt); err != nil {
				return papers.Next[Notice]{}, fmt.Errorf("salt of a notice: %w", err)
			}
			n.Sealed, n.Opens, n.Salt = true, w.Opens.UTC().Truncate(time.Second), base64.StdEncoding.EncodeToString(salt)
			n.Content = Commitment(salt, &n)
			fields = []desk.Field{
				{Name: "notice", Value: n.ID},
				{Name: "content", Value: n.Content},
				{Name: "opens", Value: n.Opens.Format(time.RFC3339)},
				{Name: "hidden.clock", Value: string(n.Clock)},
				{Name: "hidden.to", Value: n.To},
				{Name: "hidden.due", Value: due},
				{Name: "text", Value: n.Text},
			}
		}
		return papers.Next[Notice]{Value: n, Open: true, Kind: OweKind, Fields: fields}, nil
	})
	return s.seen(p), err
}

// Give notes that a neighbour was told, and how.
func (s *Service) Give(ctx context.Context, w papers.Wish, id, how string) (Notice, error) {
	if err := w.Who.Needs(desk.Officer, "note that a neighbour was told"); err != nil {
		return Notice{}, err
	}
	if !goodText(how) {
		return Notice{}, fmt.Errorf("%w: say how it was told and to whom, in at most %d bytes", desk.ErrInvalid, maxText)
	}
	return s.end(ctx, w, id, how, func(n *Notice, now time.Time) (string, []desk.Field, error) {
		if n.Sealed {
			return "", nil, fmt.Errorf("%w: notice %s is sealed: open it", desk.ErrConflict, id)
		}
		n.Given, n.How = now, how
		return GiveKind, []desk.Field{{Name: "notice", Value: id}, {Name: "how", Value: how}}, nil
	})
}

// Open opens a sealed notice: everybody sees what it was.
func (s *Service) Open(ctx context.Context, w papers.Wish, id string) (Notice, error) {
	if err := w.Who.Needs(desk.Officer, "open a notice"); err != nil {
		return Notice{}, err
	}
	return s.end(ctx, w, id, "", func(n *Notice, now time.Time) (string, []desk.Field, error) {
		if !n.Sealed {
			return "", nil, fmt.Errorf("%w: notice %s is not sealed: say how it was given", desk.ErrConflict, id)
		}
		n.Opened = now
		return OpenKind, []desk.Field{
			{Name: "notice", Value: id},
			{Name: "clock", Value: string(n.Clock)},
			{Name: "to", Value: n.To},
			{Name: "due", Value: n.Due.Format(time.RFC3339)},
			{Name: "text", Value: n.Text},
			{Name: "salt", Value: n.Salt},
			{Name: "content", Value: n.Content},
		}, nil
	})
}

func (s *Service) end(ctx context.Context, w papers.Wish, id string, content any, how func(*Notice, time.Time) (string, []desk.Field, error)) (Notice, error) {
	p, err := s.book.Change(ctx, w, id, content, func(p papers.Paper[Notice], now time.Time) (papers.Next[Notice], error) {
		n := p.Value
		if n.done() {
			return papers.Next[Notice]{}, fmt.Errorf("%w: nothing is left to do about notice %s", desk.ErrConflict, id)
		}
		kind, fields, err := how(&n, now)
		return papers.Next[Notice]{Value: n, Kind: kind, Fields: fields}, err
	})
	return s.seen(p), err
}

// Commitment is what the ledger has of a sealed notice.
func Commitment(salt []byte, n *Notice) string {
	h := sha256.New()
	h.Write([]byte("atalaya.notice.v1\n"))
	h.Write(salt)
	fmt.Fprintf(h, "%s\n%s\n%s\n%s", n.Clock, n.To, n.Due.Format(time.RFC3339), n.Text)
	return hex.EncodeToString(h.Sum(nil))
}

// List gives notices, those changed last first.
func (s *Service) List(ctx context.Context, openOnly bool) ([]Notice, error) {
	all, err := s.book.All(ctx, openOnly)
	out := make([]Notice, len(all))
	for i, p := range all {
		out[i] = s.seen(p)
	}
	return out, err
}

func (s *Service) seen(p papers.Paper[Notice]) Notice {
	n := p.Value
	n.Overdue = p.Open && s.cfg.Clock.Now().After(n.by())
	if p.Open {
		n.Salt = "" // of no use but to guess with
	}
	return n
}
