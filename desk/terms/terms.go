// Package terms keeps how long each class of content is kept. The first term of
// a class is the configured one; two people sign every change of it, longer or
// shorter. What is configured and not signed waits, and does not hold.
package terms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
)

// DocumentKind is that of terms: one document for a class.
const DocumentKind desk.DocumentKind = "term"

// Kinds of records.
const (
	KindSign = "retention.sign" // the first of two signatures
	KindTerm = "retention"      // in force from here
)

// Term is that of a class as it stands.
type Term struct {
	Class string    `json:"class" doc:"of content"`
	Days  int       `json:"days" doc:"it is kept so long"`
	Since time.Time `json:"since" doc:"in force from then"`
	// Wanted is another term, that waits for signatures; 0: none.
	Wanted  int                   `json:"wanted_days,omitempty" doc:"what is configured and not signed by two people"`
	Signed  []authority.Signature `json:"signed,omitempty" doc:"who signed that"`
	Changes int                   `json:"changes" doc:"how often two people changed it"`
	Version uint64                `json:"version" doc:"counts the versions, from 1"`
}

// Content is what two people sign for a term.
func Content(class string, days int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "atalaya.retention.v1\n%s\n%d\n", class, days))
	return hex.EncodeToString(sum[:])
}

// RecordID is that of the record of the next change: what was signed for one
// holds for no other.
func (t *Term) RecordID() string {
	return fmt.Sprintf("%s/%s/%d", KindTerm, t.Class, t.Changes+1)
}

// ToSign gives what a device signs for the term that is wanted; empty: none is.
func (t *Term) ToSign() string {
	if t.Wanted == 0 {
		return ""
	}
	return string(authority.ApprovalText(KindTerm, t.RecordID(), Content(t.Class, t.Wanted)))
}

// Config is what a Service is made from.
type Config struct {
	Store  desk.DocumentStore
	Ledger desk.Ledger
	Clock  desk.Clock
	// Approvals checks a signature and adds it; see authority.Service.
	Approvals func(ctx context.Context, who desk.Who, kind, id, content string, with authority.Pen, before []authority.Signature) ([]authority.Signature, error)
}

// Service keeps terms. Its methods may be called from several goroutines.
type Service struct {
	cfg   Config
	write sync.Mutex
}

// New makes a Service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// Get gives the term of a class; desk.ErrNotFound.
func (s *Service) Get(ctx context.Context, class string) (t Term, err error) {
	d, err := s.cfg.Store.DocumentByID(ctx, DocumentKind, class)
	if err != nil {
		return t, fmt.Errorf("term of %s: %w", class, err)
	}
	if err := json.Unmarshal(d.Body, &t); err != nil {
		return t, fmt.Errorf("read the term of %s: %w", class, err)
	}
	return t, nil
}

// List gives the terms of all classes, by name.
func (s *Service) List(ctx context.Context) ([]Term, error) {
	const most = 100 // there are few classes
	filed, err := s.cfg.Store.Documents(ctx, desk.DocumentQuery{Kind: DocumentKind, Limit: most})
	if err != nil {
		return nil, fmt.Errorf("list the terms: %w", err)
	}
	out := make([]Term, len(filed))
	for i, f := range filed {
		if err := json.Unmarshal(f.Body, &out[i]); err != nil {
			return nil, fmt.Errorf("read the term of %s: %w", f.ID, err)
		}
	}
	slices.SortFunc(out, func(a, b Term) int { return strings.Compare(a.Class, b.Class) })
	return out, nil
}

// Want says what is configured, and gives what holds. The first term of a class
// holds at once.
func (s *Service) Want(ctx context.Context, class string, days int) (Term, error) {
	s.write.Lock()
	defer s.write.Unlock()
	now := s.cfg.Clock.Now().UTC()
	t, err := s.Get(ctx, class)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		t = Term{Class: class, Days: days, Since: now}
	case err != nil:
		return t, err
	case days == t.Days && t.Wanted == 0, days == t.Wanted:
		return t, nil
	case days == t.Days: // it is wanted no more
		t.Wanted, t.Signed = 0, nil
	default:
		t.Wanted, t.Signed = days, nil
	}
	t.Version++
	return t, s.save(ctx, t, desk.Who{}, now, "")
}

// Sign signs the term that is wanted. With the second signature it holds: from
// the next start of the program on.
func (s *Service) Sign(ctx context.Context, who desk.Who, class string, with authority.Pen, request string) (Term, error) {
	if err := who.Needs(desk.Supervisor, "sign a term"); err != nil {
		return Term{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if request != "" {
		d, err := s.cfg.Store.DocumentByRequest(ctx, request)
		switch {
		case err == nil && d.Kind == DocumentKind && d.ID == class:
			return s.Get(ctx, class) // a retry
		case err == nil:
			return Term{}, fmt.Errorf("%w: it was for %s %s", desk.ErrRequestReused, d.Kind, d.ID)
		case !errors.Is(err, desk.ErrNotFound):
			return Term{}, fmt.Errorf("look up the request: %w", err)
		}
	}
	t, err := s.Get(ctx, class)
	switch {
	case err != nil:
		return t, err
	case t.Wanted == 0:
		return t, fmt.Errorf("%w: class %s is kept for %d days, and no other term is configured", desk.ErrConflict, class, t.Days)
	}
	content, id := Content(class, t.Wanted), t.RecordID()
	if t.Signed, err = s.cfg.Approvals(ctx, who, KindTerm, id, content, with, t.Signed); err != nil {
		return Term{}, err
	}
	const two = 2
	t.Version++
	now := t.Signed[len(t.Signed)-1].At
	rec := desk.Record{ID: fmt.Sprintf("%s/%s/%d", KindSign, class, t.Version), Kind: KindSign, At: now, Who: who, Subject: "class:" + class, Fields: []desk.Field{
		{Name: "class", Value: class}, {Name: "keep", Value: strconv.Itoa(t.Wanted)}, {Name: "content", Value: content},
	}}
	rec.Fields = append(rec.Fields, authority.SignedFields(t.Signed)...)
	if len(t.Signed) >= two {
		rec.ID, rec.Kind = id, KindTerm
		t.Days, t.Since, t.Wanted, t.Signed, t.Changes = t.Wanted, now, 0, nil, t.Changes+1
	}
	return t, s.cfg.Ledger.Do(context.WithoutCancel(ctx), rec, func(ctx context.Context) error { return s.save(ctx, t, who, now, request) })
}

func (s *Service) save(ctx context.Context, t Term, who desk.Who, now time.Time, request string) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write the term of %s: %w", t.Class, err)
	}
	err = s.cfg.Store.SaveDocument(ctx, desk.Document{Kind: DocumentKind, ID: t.Class, Version: t.Version, At: now, Who: who, Request: request, Open: t.Wanted != 0, Body: body}, desk.Rests{})
	if err != nil {
		return fmt.Errorf("keep the term of %s: %w", t.Class, err)
	}
	return nil
}
