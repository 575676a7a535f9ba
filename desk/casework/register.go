package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"atalaya/desk"
)

// maxRequest bounds a client's name for its wish, in bytes.
const maxRequest = 200

// Wish is what every wish of a client has.
type Wish struct {
	// Request is the client's name for this wish, unique to it: a retry has
	// the same, and is done once.
	Request string
	Who     desk.Who
	// IfVersion refuses the change of a paper that has another version; 0: any.
	IfVersion uint64
}

// paper is a case, a report or a task.
type paper[T any] interface {
	*T
	stamp() *Stamp
	isOpen() bool
}

// register keeps the papers of one kind: all of them in the store, the open
// ones in memory too.
type register[T any, P paper[T]] struct {
	s      *Service
	kind   desk.DocumentKind
	letter string // that its ids begin with
	tell   func(T) News
	open   map[string]T // under s.mu; what it holds is replaced, never changed
}

// change is one change of a paper.
type change[P any] struct {
	Wish
	record  string       // kind of the ledger's record, "task.sent"
	content any          // what the wish says, to tell a retry from another wish
	fields  []desk.Field // of the record
	// first is done after the record and before the version is kept; nil:
	// nothing. A retry does it again.
	first func(context.Context) error
	// apply makes the next version of p, and says what it rests on. It must
	// not write into the slices of p.
	apply func(p P, now time.Time) (desk.Rests, error)
}

func (r *register[T, P]) load(ctx context.Context) error {
	r.open = map[string]T{}
	q := desk.DocumentQuery{Kind: r.kind, OpenOnly: true, Limit: 1000}
	for {
		page, err := r.s.cfg.Store.Documents(ctx, q)
		if err != nil {
			return err
		}
		for _, f := range page {
			v, err := r.read(f.Document)
			if err != nil {
				return err
			}
			r.open[f.ID], q.Before = v.Paper, f.Number
		}
		if len(page) < q.Size() {
			return nil
		}
	}
}

func (r *register[T, P]) read(d desk.Document) (body[T], error) {
	var b body[T]
	if err := json.Unmarshal(d.Body, &b); err != nil {
		return b, fmt.Errorf("read %s %s, version %d: %w", d.Kind, d.ID, d.Version, err)
	}
	return b, nil
}

// get gives a paper as it stands; desk.ErrNotFound.
func (r *register[T, P]) get(ctx context.Context, id string) (T, error) {
	r.s.mu.RLock()
	v, ok := r.open[id]
	r.s.mu.RUnlock()
	if ok {
		return v, nil
	}
	d, err := r.s.cfg.Store.DocumentByID(ctx, r.kind, id)
	if errors.Is(err, desk.ErrNotFound) {
		return v, fmt.Errorf("%s %s: %w: reload the list", r.kind, id, desk.ErrNotFound)
	}
	if err != nil {
		return v, fmt.Errorf("%s %s could not be read: %w", r.kind, id, err)
	}
	b, err := r.read(d)
	return b.Paper, err
}

// versions gives every version of a paper, oldest first; desk.ErrNotFound.
func (r *register[T, P]) versions(ctx context.Context, id string) ([]T, error) {
	docs, err := r.s.cfg.Store.DocumentVersions(ctx, r.kind, id)
	if err != nil {
		return nil, fmt.Errorf("%s %s could not be read: %w", r.kind, id, err)
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("%s %s: %w: reload the list", r.kind, id, desk.ErrNotFound)
	}
	out := make([]T, len(docs))
	for i, d := range docs {
		b, err := r.read(d)
		if err != nil {
			return nil, err
		}
		out[i] = b.Paper
	}
	return out, nil
}

// allOpen gives the open papers, in the order in which they were made.
func (r *register[T, P]) allOpen() []T {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	out := slices.AppendSeq([]T{}, maps.Values(r.open))
	slices.SortFunc(out, func(a, b T) int { return byAge(P(&a).stamp(), P(&b).stamp()) })
	return out
}

// byAge orders papers of one kind by their number.
func byAge(a, b *Stamp) int {
	if d := len(a.ID) - len(b.ID); d != 0 {
		return d
	}
	if a.ID < b.ID {
		return -1
	}
	if a.ID > b.ID {
		return 1
	}
	return 0
}

// Page is one page of papers, the newest change first.
type Page[T any] struct {
	Items []T
	Next  uint64 // give it as Before for the next page; 0: no more
}

// list gives a page.
func (r *register[T, P]) list(ctx context.Context, q desk.DocumentQuery) (Page[T], error) {
	q.Kind = r.kind
	filed, err := r.s.cfg.Store.Documents(ctx, q)
	if err != nil {
		return Page[T]{}, err
	}
	page := Page[T]{Items: make([]T, len(filed))}
	for i, f := range filed {
		b, err := r.read(f.Document)
		if err != nil {
			return Page[T]{}, err
		}
		page.Items[i] = b.Paper
	}
	if len(filed) == q.Size() {
		page.Next = filed[len(filed)-1].Number
	}
	return page, nil
}

// make makes a new paper.
func (r *register[T, P]) make(ctx context.Context, c change[P]) (Result[T], error) {
	return r.do(ctx, "", c)
}

// do makes a change durable, once. An empty id makes a new paper.
func (r *register[T, P]) do(ctx context.Context, id string, c change[P]) (Result[T], error) {
	own := c.Who.ID == "" // the program itself
	if !own && (c.Request == "" || len(c.Request) > maxRequest || !utf8.ValidString(c.Request)) {
		return Result[T]{}, fmt.Errorf("%w: it needs a request id of 1 to %d bytes, the same one for a retry", desk.ErrInvalid, maxRequest)
	}
	mark, err := markOf(c.record, id, c.content)
	if err != nil {
		return Result[T]{}, err
	}
	// A client that goes away must not tear its wish in two.
	ctx = context.WithoutCancel(ctx)
	r.s.write.Lock()
	defer r.s.write.Unlock()
	if !own {
		if res, err := r.repeated(ctx, c.Wish, mark); !errors.Is(err, desk.ErrNotFound) {
			return res, err
		}
	}
	next, err := r.before(ctx, id)
	if err != nil {
		return Result[T]{}, err
	}
	p := P(&next)
	if have := p.stamp().Version; c.IfVersion != 0 && c.IfVersion != have {
		return Result[T]{}, fmt.Errorf("%w: you saw version %d of %s %s and it has version %d: look at it again", desk.ErrConflict, c.IfVersion, r.kind, p.stamp().ID, have)
	}
	now := r.s.cfg.Clock.Now().UTC()
	stamped(p.stamp(), c.Who, now)
	rests, err := c.apply(p, now)
	if err != nil {
		return Result[T]{}, err
	}
	if err := r.save(ctx, p, c, mark, rests); err != nil {
		return Result[T]{}, err
	}
	r.keep(next)
	if r.s.cfg.Changed != nil && r.tell != nil {
		r.s.cfg.Changed(r.tell(next))
	}
	return Result[T]{Value: next}, nil
}

// before gives the paper that is to be changed, or an empty one with the next
// number.
func (r *register[T, P]) before(ctx context.Context, id string) (T, error) {
	if id != "" {
		return r.get(ctx, id)
	}
	var fresh T
	n, err := r.s.cfg.Store.CountDocuments(ctx, r.kind)
	if err != nil {
		return fresh, fmt.Errorf("number the %s: %w: try again with the same request id", r.kind, err)
	}
	P(&fresh).stamp().ID = fmt.Sprintf("%s%d", r.letter, n+1)
	return fresh, nil
}

func stamped(s *Stamp, who desk.Who, now time.Time) {
	s.Version++
	s.Changed = now
	if s.Version == 1 {
		s.Made, s.By = now, who
	}
}

// save writes the record, then the version.
func (r *register[T, P]) save(ctx context.Context, p P, c change[P], mark string, rests desk.Rests) error {
	at := p.stamp()
	content, err := pack(mark, *p)
	if err != nil {
		return err
	}
	d := desk.Document{
		Kind: r.kind, ID: at.ID, Version: at.Version, At: at.Changed, Who: c.Who, Request: c.Request,
		Open: p.isOpen(), Body: content,
	}
	rec := desk.Record{
		ID: c.record + "/" + c.Request, Kind: c.record, At: at.Changed, Who: c.Who, Subject: string(r.kind) + ":" + at.ID,
		Fields: append([]desk.Field{{Name: "version", Value: fmt.Sprint(at.Version)}}, c.fields...),
	}
	if c.Request == "" {
		rec.ID = fmt.Sprintf("%s/%s/%d", c.record, at.ID, at.Version)
	} else {
		rec.Fields = append([]desk.Field{{Name: "request", Value: c.Request}}, rec.Fields...)
	}
	err = r.s.cfg.Ledger.Do(ctx, rec, func(ctx context.Context) error {
		if c.first != nil {
			if err := c.first(ctx); err != nil {
				return err
			}
		}
		return r.s.cfg.Store.SaveDocument(ctx, d, rests)
	})
	// A commit that failed may have been kept nevertheless: the store knows.
	if err == nil || r.kept(ctx, d) {
		return nil
	}
	switch {
	case errors.Is(err, desk.ErrFull):
		return fmt.Errorf("%s %s was not kept: %w: make room on the disk with the data, then try again; the picture goes on meanwhile", r.kind, at.ID, err)
	case errors.Is(err, desk.ErrConflict):
		r.forget(at.ID) // somebody else's program was first: the store has theirs
		return fmt.Errorf("%s %s: %w: look at it again", r.kind, at.ID, err)
	case errors.Is(err, desk.ErrInvalid):
		return err
	}
	return fmt.Errorf("%s %s was not kept: %w: try again with the same request id", r.kind, at.ID, err)
}

// kept reports whether the store has a version.
func (r *register[T, P]) kept(ctx context.Context, d desk.Document) bool {
	got, err := r.s.cfg.Store.DocumentByID(ctx, d.Kind, d.ID)
	return err == nil && got.Version == d.Version && got.Request == d.Request && got.At.Equal(d.At)
}

// keep puts a paper into memory as it is stored; a closed one leaves it.
func (r *register[T, P]) keep(v T) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	p := P(&v)
	if p.isOpen() {
		r.open[p.stamp().ID] = v
	} else {
		delete(r.open, p.stamp().ID)
	}
}

// forget drops a paper from memory: from now on the store is asked.
func (r *register[T, P]) forget(id string) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	delete(r.open, id)
}

// repeated gives the result of a request that was done before, or
// desk.ErrNotFound.
func (r *register[T, P]) repeated(ctx context.Context, w Wish, mark string) (Result[T], error) {
	d, err := r.s.cfg.Store.DocumentByRequest(ctx, w.Request)
	if errors.Is(err, desk.ErrNotFound) {
		return Result[T]{}, desk.ErrNotFound
	}
	if err != nil {
		return Result[T]{}, fmt.Errorf("request %s could not be looked up: %w: try again with the same request id", w.Request, err)
	}
	var was struct{ Wish string }
	if err := json.Unmarshal(d.Body, &was); err != nil {
		return Result[T]{}, fmt.Errorf("read %s %s: %w", d.Kind, d.ID, err)
	}
	if d.Kind != r.kind || d.Who.ID != w.Who.ID || was.Wish != mark {
		return Result[T]{}, fmt.Errorf("%w: %s was for %s %s by %s at %s; use a new request id",
			desk.ErrRequestReused, w.Request, d.Kind, d.ID, d.Who.Name, d.At.Format(time.RFC3339))
	}
	v, err := r.get(ctx, d.ID)
	return Result[T]{Value: v, Repeated: true}, err
}

// markOf hashes what a wish says.
func markOf(record, id string, content any) (string, error) {
	b, err := json.Marshal(struct {
		Record, ID string
		Content    any
	}{record, id, content})
	if err != nil {
		return "", fmt.Errorf("write the wish down: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// checkText refuses what is too long, or missing where it is needed.
func checkText(what, text string, least, most int) error {
	switch {
	case len(text) < least:
		return fmt.Errorf("%w: %s is missing", desk.ErrInvalid, what)
	case len(text) > most:
		return fmt.Errorf("%w: %s has %d bytes; shorten it to %d", desk.ErrInvalid, what, len(text), most)
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: %s is no UTF-8 text", desk.ErrInvalid, what)
	}
	return nil
}
