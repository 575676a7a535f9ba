package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"atalaya/desk"
)

// Bounds of tokens.
const (
	MaxTokenDays = 366 // one year
	maxTokens    = 20  // of one person
)

// MakeToken lets a program in for the person who asks: t has the hash of its
// secret, a name, scopes, an expiry and the client's request.
func (r *Roll) MakeToken(ctx context.Context, by desk.Who, t Token) (Token, error) {
	if err := by.Needs(desk.Viewer, "make a token"); err != nil {
		return Token{}, err
	}
	name, err := CleanName(t.Name)
	if err != nil {
		return Token{}, err
	}
	now := r.now()
	t.ID, t.Person, t.Name, t.Created, t.Expires = t.Hash.short(), by.ID, name, now, t.Expires.UTC()
	slices.Sort(t.Scopes)
	t.Scopes = slices.Compact(t.Scopes)
	if err := t.check(now); err != nil {
		return Token{}, err
	}
	x, err := r.ByID(ctx, by.ID)
	if err != nil {
		return Token{}, err
	}
	t.Expires = x.within(t.Expires)
	r.write.Lock()
	defer r.write.Unlock()
	mine, err := r.Tokens(ctx, by, by.ID)
	if err != nil {
		return Token{}, err
	}
	for _, have := range mine {
		if t.Request != "" && have.Request == t.Request {
			return Token{}, fmt.Errorf("%w: %s made the token %q at %s, whose secret was shown then; revoke it, or use a new request id",
				desk.ErrRequestReused, t.Request, have.Name, have.Created.Format(time.RFC3339))
		}
	}
	if len(mine) >= maxTokens {
		return Token{}, fmt.Errorf("%w: a person has at most %d tokens; revoke one", desk.ErrConflict, maxTokens)
	}
	err = r.do(ctx, desk.Record{
		ID: "token.make/" + t.ID, Kind: "token.make", At: now, Who: by, Subject: "token:" + t.ID,
		Fields: []desk.Field{
			{Name: "name", Value: t.Name},
			{Name: "scopes", Value: fmt.Sprint(t.Scopes)},
			{Name: "expires", Value: t.Expires.Format(time.RFC3339)},
		},
	}, func(ctx context.Context) error { return r.cfg.Store.SaveToken(ctx, t) })
	if err != nil {
		return Token{}, fmt.Errorf("make the token: %w", err)
	}
	return t, nil
}

func (t Token) check(now time.Time) error {
	if len(t.Scopes) == 0 {
		return fmt.Errorf("%w: a token needs a scope; choose of %v", desk.ErrInvalid, Scopes())
	}
	for _, s := range t.Scopes {
		if !slices.Contains(Scopes(), s) {
			return fmt.Errorf("%w: scope %q; choose of %v", desk.ErrInvalid, s, Scopes())
		}
	}
	const day = 24 * time.Hour
	if lasts := t.Expires.Sub(now); lasts <= 0 || lasts > MaxTokenDays*day {
		return fmt.Errorf("%w: a token lasts at most %d days", desk.ErrInvalid, MaxTokenDays)
	}
	return nil
}

// Token gives the token of a secret and its person, if it is still good;
// ErrNotFound otherwise.
func (r *Roll) Token(ctx context.Context, hash TokenHash) (Token, Person, error) {
	t, err := r.cfg.Store.TokenByHash(ctx, hash)
	if err != nil {
		return Token{}, Person{}, fmt.Errorf("token: %w", err)
	}
	now := r.now()
	if !now.Before(t.Expires) {
		return Token{}, Person{}, fmt.Errorf("token: %w: it expired at %s; make another", desk.ErrNotFound, t.Expires.Format(time.RFC3339))
	}
	x, err := r.ByID(ctx, t.Person)
	if err != nil {
		return Token{}, Person{}, fmt.Errorf("token: %w", err)
	}
	if no := r.out(x); no != "" {
		return Token{}, Person{}, fmt.Errorf("token: %w: %s", desk.ErrNotFound, no)
	}
	if now.Sub(t.Used) >= touchEvery {
		t.Used = now
		err := r.cfg.Store.EditToken(ctx, hash, func(t *Token) { t.Used = now })
		if err != nil && !errors.Is(err, desk.ErrFull) {
			return Token{}, Person{}, fmt.Errorf("token: note its use: %w", err)
		}
	}
	return t, x, nil
}

// Tokens gives the tokens that are good, in the order of making: of one
// person, or, where person is empty, of all, for administrators.
func (r *Roll) Tokens(ctx context.Context, by desk.Who, person desk.PersonID) ([]Token, error) {
	if by.ID != person {
		if err := by.Needs(desk.Administrator, "see the tokens of others"); err != nil {
			return nil, err
		}
	}
	all, err := r.cfg.Store.Tokens(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	now := r.now()
	return slices.DeleteFunc(all, func(t Token) bool {
		return !now.Before(t.Expires) || person != "" && t.Person != person
	}), nil
}

// EndToken revokes a token. Who may is its person, or an administrator.
func (r *Roll) EndToken(ctx context.Context, by desk.Who, id string) error {
	all, err := r.cfg.Store.Tokens(ctx)
	if err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
	if i < 0 || all[i].Person != by.ID && !by.Role.AtLeast(desk.Administrator) {
		return fmt.Errorf("token %s: %w: it was revoked or has expired; look at the list again", id, desk.ErrNotFound)
	}
	t := all[i]
	err = r.do(ctx, desk.Record{
		ID: "token.end/" + t.ID, Kind: "token.end", At: r.now(), Who: by, Subject: "token:" + t.ID,
		Fields: []desk.Field{{Name: "person", Value: string(t.Person)}, {Name: "name", Value: t.Name}},
	}, func(ctx context.Context) error { return r.cfg.Store.EndToken(ctx, t.Hash) })
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}
