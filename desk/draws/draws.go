// Package draws keeps the random audit draws of overseers:
//
//  1. The overseer commits to a seed that only they know. The commitment is an
//     entry, and the log up to this entry is what is drawn from.
//  2. When a checkpoint covers it they reveal the seed. Seed and root of the log
//     at the draw select entries, in a way that everybody can recompute
//     (ledger.Draw): the operator did not know the seed when the log was fixed,
//     and the overseer did not know the root when the seed was.
//  3. The operator opens the selected entries wholly to the overseer, in time.
package draws

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"atalaya/desk"
	"atalaya/desk/papers"
	"atalaya/ledger"
)

// Kind of the documents in the store.
const Kind desk.DocumentKind = "draw"

// The kinds of records.
const (
	CommitKind = "audit.draw"
	RevealKind = "audit.reveal"
	AnswerKind = "audit.answer"
)

// Bounds.
const (
	MaxDraws  = 10_000              // entries of a draw
	MaxWithin = 366 * 24            // hours for an answer
	maxName   = 200                 // bytes of the overseer's name
	hexHash   = 2 * ledger.HashSize // characters
)

// Draw is one draw.
type Draw struct {
	ID       string    `json:"id" doc:"name of the draw, for ever"`
	Overseer string    `json:"overseer" doc:"who draws; public"`
	Content  string    `json:"content" doc:"commitment: SHA-256 of 'atalaya.draw.v1', a line feed and the seed"`
	First    uint64    `json:"first" doc:"the first entry that may be drawn"`
	Draws    int       `json:"draws" doc:"how many entries are drawn"`
	Within   int       `json:"within_h" doc:"within how many hours of the reveal the answer is due"`
	Made     time.Time `json:"made" doc:"when the overseer committed"`
	Entry    uint64    `json:"entry" doc:"where the commitment stands in the ledger: the last entry that may be drawn"`
	Seed     string    `json:"seed,omitempty" doc:"hex; absent: not revealed"`
	Root     string    `json:"root,omitempty" doc:"hex: of the ledger up to the commitment, once the seed is revealed"`
	Due      time.Time `json:"due,omitzero" doc:"when the answer is due"`
	Selected []uint64  `json:"selected,omitempty" doc:"the entries that are drawn"`
	Answered time.Time `json:"answered,omitzero" doc:"when the answer was ready"`
	Gone     int       `json:"gone,omitempty" doc:"entries that could not be opened, because their content was purged"`
	Overdue  bool      `json:"overdue,omitempty" doc:"the answer is due and not there"`
}

// Config is what a Service is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	// Root gives the root of the log's first entries (RFC 6962).
	Root func(ctx context.Context, size uint64) (ledger.Hash, error)
}

// Service keeps draws. Its methods may be called from several goroutines.
type Service struct {
	cfg  Config
	book *papers.Book[Draw]
}

// New makes a Service.
func New(cfg Config) *Service {
	return &Service{cfg, papers.New[Draw](papers.Config{Store: cfg.Store, Ledger: cfg.Ledger, Clock: cfg.Clock, Kind: Kind, Letter: "D"})}
}

// Wish is what an overseer commits to.
type Wish struct {
	papers.Wish `json:"-"`
	Overseer    string
	Content     string
	First       uint64
	Draws       int
	Within      int // hours; 0: 72
}

func (w *Wish) check() error {
	switch raw, err := hex.DecodeString(w.Content); {
	case strings.TrimSpace(w.Overseer) == "" || len(w.Overseer) > maxName || !utf8.ValidString(w.Overseer) || strings.ContainsAny(w.Overseer, "\r\n"):
		return fmt.Errorf("%w: say in one line who draws", desk.ErrInvalid)
	case err != nil || len(w.Content) != hexHash || hex.EncodeToString(raw) != w.Content:
		return fmt.Errorf("%w: a commitment is a SHA-256 in lower-case hex", desk.ErrInvalid)
	case w.Draws < 1 || w.Draws > MaxDraws:
		return fmt.Errorf("%w: 1 to %d entries are drawn", desk.ErrInvalid, MaxDraws)
	case w.Within < 1 || w.Within > MaxWithin:
		return fmt.Errorf("%w: an answer takes 1 to %d hours", desk.ErrInvalid, MaxWithin)
	}
	return nil
}

// Commit keeps an overseer's commitment.
func (s *Service) Commit(ctx context.Context, w Wish) (Draw, error) {
	const usual = 72
	if w.Within == 0 {
		w.Within = usual
	}
	if err := w.Who.Needs(desk.Administrator, "enter a draw"); err != nil {
		return Draw{}, err
	}
	p, err := s.book.Make(ctx, w.Wish, w, func(p papers.Paper[Draw], now time.Time) (papers.Next[Draw], error) {
		if err := w.check(); err != nil {
			return papers.Next[Draw]{}, err
		}
		d := Draw{ID: p.ID, Overseer: w.Overseer, Content: w.Content, First: w.First, Draws: w.Draws, Within: w.Within, Made: now}
		return papers.Next[Draw]{Value: d, Open: true, Kind: CommitKind, Fields: []desk.Field{
			{Name: "draw", Value: d.ID},
			{Name: "overseer", Value: d.Overseer},
			{Name: "content", Value: d.Content},
			{Name: "first", Value: strconv.FormatUint(d.First, 10)},
			{Name: "draws", Value: strconv.Itoa(d.Draws)},
			{Name: "within", Value: strconv.Itoa(d.Within)},
		}}, nil
	})
	return s.seen(p), err
}

// Reveal takes the seed, and selects the entries.
func (s *Service) Reveal(ctx context.Context, w papers.Wish, id, seed string) (Draw, error) {
	if err := w.Who.Needs(desk.Administrator, "enter a draw's seed"); err != nil {
		return Draw{}, err
	}
	raw, err := hex.DecodeString(seed)
	if err != nil || len(raw) != ledger.SeedSize || hex.EncodeToString(raw) != seed {
		return Draw{}, fmt.Errorf("%w: a seed is %d bytes in lower-case hex", desk.ErrInvalid, ledger.SeedSize)
	}
	p, err := s.book.Change(ctx, w, id, seed, func(p papers.Paper[Draw], now time.Time) (papers.Next[Draw], error) {
		d := s.seen(p)
		switch {
		case d.Seed != "":
			return papers.Next[Draw]{}, fmt.Errorf("%w: the seed of draw %s is revealed already", desk.ErrConflict, id)
		case ledger.DrawCommitment(raw) != d.Content:
			return papers.Next[Draw]{}, fmt.Errorf("%w: this is not the seed that draw %s commits to", desk.ErrInvalid, id)
		case len(p.Entries) == 0:
			return papers.Next[Draw]{}, fmt.Errorf("%w: draw %s has no entry", desk.ErrConflict, id)
		}
		root, err := s.cfg.Root(ctx, d.Entry+1)
		if err != nil {
			return papers.Next[Draw]{}, fmt.Errorf("draw %s: %w", id, err)
		}
		d.Seed, d.Root = seed, hex.EncodeToString(root[:])
		d.Due = now.Truncate(time.Second).Add(time.Duration(d.Within) * time.Hour)
		d.Selected = ledger.Draw(raw, root, d.First, d.Entry+1, d.Draws)
		return papers.Next[Draw]{Value: d, Open: true, Kind: RevealKind, Fields: []desk.Field{
			{Name: "draw", Value: id},
			{Name: "entry", Value: strconv.FormatUint(d.Entry, 10)},
			{Name: "seed", Value: seed},
			{Name: "opens", Value: d.Due.Format(time.RFC3339)},
		}}, nil
	})
	return s.seen(p), err
}

// Answered notes that the answer is ready for the overseer. gone entries of it
// could not be opened. A draw that was answered is given as it is.
func (s *Service) Answered(ctx context.Context, w papers.Wish, id string, gone int) (Draw, error) {
	if d, err := s.Get(ctx, id); err != nil || !d.Answered.IsZero() {
		return d, err
	}
	p, err := s.book.Change(ctx, w, id, "answered", func(p papers.Paper[Draw], now time.Time) (papers.Next[Draw], error) {
		d := s.seen(p)
		if d.Seed == "" || !d.Answered.IsZero() {
			return papers.Next[Draw]{}, fmt.Errorf("%w: draw %s waits for no answer", desk.ErrConflict, id)
		}
		d.Answered, d.Gone = now, gone
		return papers.Next[Draw]{Value: d, Kind: AnswerKind, Fields: []desk.Field{
			{Name: "draw", Value: id}, {Name: "items", Value: strconv.Itoa(len(d.Selected) - gone)}, {Name: "gone", Value: strconv.Itoa(gone)},
		}}, nil
	})
	return s.seen(p), err
}

// Get gives a draw; desk.ErrNotFound.
func (s *Service) Get(ctx context.Context, id string) (Draw, error) {
	p, err := s.book.Get(ctx, id)
	return s.seen(p), err
}

// List gives the draws, those changed last first.
func (s *Service) List(ctx context.Context) ([]Draw, error) {
	all, err := s.book.All(ctx, false)
	out := make([]Draw, len(all))
	for i, p := range all {
		out[i] = s.seen(p)
	}
	return out, err
}

// seen is a draw as it stands now.
func (s *Service) seen(p papers.Paper[Draw]) Draw {
	d := p.Value
	if len(p.Entries) > 0 {
		d.Entry = p.Entries[0]
	}
	d.Overdue = d.Seed != "" && d.Answered.IsZero() && s.cfg.Clock.Now().After(d.Due)
	return d
}
