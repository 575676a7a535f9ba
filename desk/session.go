package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// SignIn opens a session for a person whose password was right. Without room
// on the disk the session lives in memory until the program ends.
func (p *People) SignIn(ctx context.Context, id PersonID, token TokenHash, lasts time.Duration) (Session, error) {
	x, err := p.store.PersonByID(ctx, id)
	if err != nil {
		return Session{}, fmt.Errorf("sign in %s: %w", id, err)
	}
	if x.Disabled {
		return Session{}, fmt.Errorf("%w: %s may not sign in any more; ask an administrator", ErrForbidden, x.Name)
	}
	now := p.clock.Now().UTC()
	s := Session{Token: token, Person: id, Created: now, Used: now, Expires: now.Add(lasts)}
	switch err := p.store.SaveSession(ctx, s); {
	case errors.Is(err, ErrFull):
		p.keepLoose(s, now)
	case err != nil:
		return Session{}, fmt.Errorf("sign in %s: %w", id, err)
	default:
		if err := p.store.ForgetSessions(ctx, now); err != nil && !errors.Is(err, ErrFull) {
			return Session{}, fmt.Errorf("forget old sessions: %w", err)
		}
	}
	return s, nil
}

// Session gives the session of a token and its person, if it is still good;
// ErrNotFound otherwise.
func (p *People) Session(ctx context.Context, token TokenHash) (Session, Person, error) {
	now := p.clock.Now().UTC()
	p.mu.Lock()
	s, loose := p.loose[token]
	p.mu.Unlock()
	if !loose {
		var err error
		if s, err = p.store.SessionByToken(ctx, token); err != nil {
			return Session{}, Person{}, fmt.Errorf("session: %w", err)
		}
	}
	if !now.Before(s.Expires) {
		return Session{}, Person{}, fmt.Errorf("session: %w: it expired at %s; sign in again", ErrNotFound, s.Expires.Format(time.RFC3339))
	}
	x, err := p.store.PersonByID(ctx, s.Person)
	if err != nil {
		return Session{}, Person{}, fmt.Errorf("session of person %s: %w", s.Person, err)
	}
	if x.Disabled {
		return Session{}, Person{}, fmt.Errorf("session: %w: %s may not sign in any more; ask an administrator", ErrNotFound, x.Name)
	}
	if !loose && now.Sub(s.Used) >= touchEvery {
		s.Used = now
		if err := p.store.UseSession(ctx, token, now); err != nil && !errors.Is(err, ErrFull) {
			return Session{}, Person{}, fmt.Errorf("session: note its use: %w", err)
		}
	}
	return s, x, nil
}

// SignOut ends a session.
func (p *People) SignOut(ctx context.Context, token TokenHash) error {
	p.mu.Lock()
	delete(p.loose, token)
	p.mu.Unlock()
	if err := p.store.EndSession(ctx, token); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("sign out: %w: close the browser, and sign out again later", err)
	}
	return nil
}

func (p *People) keepLoose(s Session, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.loose, func(_ TokenHash, old Session) bool { return !now.Before(old.Expires) })
	p.loose[s.Token] = s
}

// dropLoose ends the sessions of a person that live in memory only.
func (p *People) dropLoose(id PersonID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.loose, func(_ TokenHash, s Session) bool { return s.Person == id })
}
