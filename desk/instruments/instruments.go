// Package instruments keeps agreements, annexes, directives and supply
// contracts that are sealed: everybody sees at once that there is one, between
// whom, of which day, who sealed it, when it opens at the latest, and a
// commitment to its text. Opening it shows the text to be the one that was
// sealed. The date cannot be moved, and one that is missed shows in what the
// public has.
package instruments

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"atalaya/desk"
	"atalaya/desk/papers"
)

// Kind of the documents in the store.
const Kind desk.DocumentKind = "instrument"

// The kinds of records.
const (
	SealKind = "instrument"
	OpenKind = "instrument.open"
)

// Type is what an instrument is.
type Type string

// The types.
const (
	Agreement Type = "agreement"
	Annex     Type = "annex"
	Directive Type = "directive"
	Supply    Type = "supply" // a contract of supply
)

// Types lists every type.
func Types() []Type { return []Type{Agreement, Annex, Directive, Supply} }

// Bounds.
const (
	MaxDocument = 4 << 20 // bytes of an instrument's text
	maxText     = 300     // bytes of a title, of who sealed it, of a party
	maxParties  = 20
	saltSize    = 32
)

// Instrument is one as those see it who may sign in. Its text is kept beside.
type Instrument struct {
	ID       string    `json:"id" doc:"name of the instrument, for ever"`
	Type     Type      `json:"type" enum:"agreement,annex,directive,supply" doc:"what it is"`
	Title    string    `json:"title" doc:"for people; public when it is open"`
	Parties  []string  `json:"parties" doc:"between whom; public"`
	Date     string    `json:"date" format:"date" doc:"of the instrument; public"`
	SealedBy string    `json:"sealed_by" doc:"the office that sealed it; public"`
	Sealed   time.Time `json:"sealed" doc:"when it was sealed"`
	Opens    time.Time `json:"opens" doc:"when it is open at the latest; it cannot be moved"`
	Opened   time.Time `json:"opened,omitzero" doc:"when it was opened; absent: sealed"`
	Size     int       `json:"size_bytes" doc:"of its text"`
	Content  string    `json:"content" doc:"commitment: SHA-256 of 'atalaya.instrument.v1', a line feed, the salt and the text"`
	// Salt and Document are for those who check an open one.
	Salt     string `json:"salt,omitempty" doc:"of an open one: the salt, base64"`
	Document string `json:"document,omitempty" doc:"of an open one: SHA-256 of its text"`
	Overdue  bool   `json:"overdue,omitempty" doc:"it is sealed and should be open"`
}

// kept is an instrument as the store has it.
type kept struct {
	Instrument Instrument `json:"instrument"`
	Salt       []byte     `json:"salt"`
	Text       []byte     `json:"text"`
}

// Config is what a Service is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	Random io.Reader // crypto/rand's
}

// Service keeps instruments. Its methods may be called from several goroutines.
type Service struct {
	cfg  Config
	book *papers.Book[kept]
}

// New makes a Service.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, book: papers.New[kept](papers.Config{Store: cfg.Store, Ledger: cfg.Ledger, Clock: cfg.Clock, Kind: Kind, Letter: "I"})}
}

// Wish is an instrument that is to be sealed.
type Wish struct {
	papers.Wish `json:"-"`
	Type        Type
	Title       string
	Parties     []string
	Date        string
	SealedBy    string
	Opens       time.Time
	Text        []byte
}

// check says what is wrong with a wish.
func (w *Wish) check(now time.Time) error {
	words := append([]string{w.Title, w.SealedBy}, w.Parties...)
	bad := func(s string) bool {
		return strings.TrimSpace(s) == "" || len(s) > maxText || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n")
	}
	switch _, err := time.Parse(time.DateOnly, w.Date); {
	case !slices.Contains(Types(), w.Type):
		return fmt.Errorf("%w: type %q; choose of %v", desk.ErrInvalid, w.Type, Types())
	case len(w.Parties) == 0 || len(w.Parties) > maxParties:
		return fmt.Errorf("%w: an instrument has 1 to %d parties", desk.ErrInvalid, maxParties)
	case slices.ContainsFunc(words, bad):
		return fmt.Errorf("%w: title, parties and who seals it are one line each, of 1 to %d bytes", desk.ErrInvalid, maxText)
	case err != nil:
		return fmt.Errorf("%w: date %q; write it as 2026-11-23", desk.ErrInvalid, w.Date)
	case !w.Opens.After(now):
		return fmt.Errorf("%w: it opens at %s, which is past: choose a later time; it can be opened before", desk.ErrInvalid, w.Opens.UTC().Format(time.RFC3339))
	case len(w.Text) == 0 || len(w.Text) > MaxDocument:
		return fmt.Errorf("%w: its text has %d bytes; 1 to %d are kept", desk.ErrInvalid, len(w.Text), MaxDocument)
	}
	return nil
}

// Seal seals an instrument.
func (s *Service) Seal(ctx context.Context, w Wish) (Instrument, error) {
	if err := w.Who.Needs(desk.Administrator, "seal an instrument"); err != nil {
		return Instrument{}, err
	}
	p, err := s.book.Make(ctx, w.Wish, w, func(p papers.Paper[kept], now time.Time) (papers.Next[kept], error) {
		if err := w.check(now); err != nil {
			return papers.Next[kept]{}, err
		}
		salt := make([]byte, saltSize)
		if _, err := io.ReadFull(s.cfg.Random, salt); err != nil {
			return papers.Next[kept]{}, fmt.Errorf("salt of an instrument: %w", err)
		}
		i := Instrument{
			ID: p.ID, Type: w.Type, Title: w.Title, Parties: w.Parties, Date: w.Date, SealedBy: w.SealedBy,
			Sealed: now, Opens: w.Opens.UTC().Truncate(time.Second), Size: len(w.Text), Content: Commitment(salt, w.Text),
		}
		return papers.Next[kept]{Value: kept{i, salt, w.Text}, Open: true, Kind: SealKind, Fields: []desk.Field{
			{Name: "instrument", Value: i.ID},
			{Name: "type", Value: string(i.Type)},
			{Name: "title", Value: i.Title},
			{Name: "parties", Value: strings.Join(i.Parties, "\n")},
			{Name: "date", Value: i.Date},
			{Name: "sealed.by", Value: i.SealedBy},
			{Name: "content", Value: i.Content},
			{Name: "opens", Value: i.Opens.Format(time.RFC3339)},
		}}, nil
	})
	return s.seen(p), err
}

// Open opens an instrument, at its date or before. One that is open already is
// given as it is.
func (s *Service) Open(ctx context.Context, w papers.Wish, id string) (Instrument, error) {
	if err := w.Who.Needs(desk.Administrator, "open an instrument"); err != nil {
		return Instrument{}, err
	}
	if p, err := s.book.Get(ctx, id); err != nil || !p.Open {
		return s.seen(p), err
	}
	p, err := s.book.Change(ctx, w, id, "open", func(p papers.Paper[kept], now time.Time) (papers.Next[kept], error) {
		if !p.Open {
			return papers.Next[kept]{}, fmt.Errorf("%w: instrument %s was opened in between", desk.ErrConflict, id)
		}
		k := p.Value
		sum := sha256.Sum256(k.Text)
		k.Instrument.Opened, k.Instrument.Salt, k.Instrument.Document = now, base64.StdEncoding.EncodeToString(k.Salt), hex.EncodeToString(sum[:])
		return papers.Next[kept]{Value: k, Kind: OpenKind, Fields: []desk.Field{
			{Name: "instrument", Value: id},
			{Name: "title", Value: k.Instrument.Title},
			{Name: "content", Value: k.Instrument.Content},
			{Name: "salt", Value: k.Instrument.Salt},
			{Name: "document", Value: k.Instrument.Document},
		}}, nil
	})
	return s.seen(p), err
}

// Commitment is what the ledger has of an instrument's text.
func Commitment(salt, text []byte) string {
	h := sha256.New()
	h.Write([]byte("atalaya.instrument.v1\n"))
	h.Write(salt)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// List gives all instruments, those changed last first.
func (s *Service) List(ctx context.Context) ([]Instrument, error) {
	all, err := s.book.All(ctx, false)
	out := make([]Instrument, len(all))
	for i, p := range all {
		out[i] = s.seen(p)
	}
	return out, err
}

// Sealed gives those that wait to be opened.
func (s *Service) Sealed(ctx context.Context) ([]Instrument, error) {
	all, err := s.book.All(ctx, true)
	out := make([]Instrument, len(all))
	for i, p := range all {
		out[i] = s.seen(p)
	}
	return out, err
}

// Text gives the text of an open instrument; desk.ErrForbidden while it is
// sealed, for everybody.
func (s *Service) Text(ctx context.Context, id string) ([]byte, error) {
	p, err := s.book.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.Open {
		return nil, fmt.Errorf("%w: instrument %s is sealed until %s", desk.ErrForbidden, id, p.Value.Instrument.Opens.Format(time.RFC3339))
	}
	return p.Value.Text, nil
}

func (s *Service) seen(p papers.Paper[kept]) Instrument {
	i := p.Value.Instrument
	i.Overdue = p.Open && s.cfg.Clock.Now().After(i.Opens)
	return i
}
