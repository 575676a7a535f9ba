package people

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"atalaya/desk"
)

// Arrival is how somebody whose password or passkey was right comes in.
type Arrival struct {
	Person  desk.PersonID
	Token   TokenHash // of the new session
	Lasts   time.Duration
	Network string
	Browser string
}

// maxBrowser bounds what a browser says of itself, in bytes.
const maxBrowser = 300

// SignIn opens a session. Without room on the disk it lives in memory until
// the program ends.
func (r *Roll) SignIn(ctx context.Context, a Arrival) (Session, error) {
	x, err := r.ByID(ctx, a.Person)
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	if x.Disabled {
		return Session{}, fmt.Errorf("%w: %s may not sign in any more; ask an administrator", desk.ErrForbidden, x.Name)
	}
	now := r.now()
	s := Session{
		Token: a.Token, Person: x.ID, Created: now, Used: now, Expires: now.Add(a.Lasts),
		Network: a.Network, Browser: a.Browser[:min(len(a.Browser), maxBrowser)],
	}
	switch err := r.cfg.Store.SaveSession(ctx, s); {
	case errors.Is(err, desk.ErrFull):
		r.keepLoose(s, now)
	case err != nil:
		return Session{}, fmt.Errorf("sign in %s: %w", x.ID, err)
	default:
		if err := r.cfg.Store.ForgetSessions(ctx, now); err != nil && !errors.Is(err, desk.ErrFull) {
			return Session{}, fmt.Errorf("forget old sessions: %w", err)
		}
	}
	return s, nil
}

// Session gives the session of a token and its person, if it is still good;
// ErrNotFound otherwise.
func (r *Roll) Session(ctx context.Context, token TokenHash) (Session, Person, error) {
	now := r.now()
	r.mu.Lock()
	s, loose := r.loose[token]
	r.mu.Unlock()
	if !loose {
		var err error
		if s, err = r.cfg.Store.SessionByToken(ctx, token); err != nil {
			return Session{}, Person{}, fmt.Errorf("session: %w", err)
		}
	}
	if !now.Before(s.Expires) {
		return Session{}, Person{}, fmt.Errorf("session: %w: it expired at %s; sign in again", desk.ErrNotFound, s.Expires.Format(time.RFC3339))
	}
	x, err := r.ByID(ctx, s.Person)
	if err != nil {
		return Session{}, Person{}, fmt.Errorf("session: %w", err)
	}
	if x.Disabled {
		return Session{}, Person{}, fmt.Errorf("session: %w: %s may not sign in any more; ask an administrator", desk.ErrNotFound, x.Name)
	}
	if !loose && now.Sub(s.Used) >= touchEvery {
		s.Used = now
		err := r.cfg.Store.EditSession(ctx, token, func(s *Session) { s.Used = now })
		if err != nil && !errors.Is(err, desk.ErrFull) {
			return Session{}, Person{}, fmt.Errorf("session: note its use: %w", err)
		}
	}
	return s, x, nil
}

// SignOut ends a session.
func (r *Roll) SignOut(ctx context.Context, token TokenHash) error {
	r.mu.Lock()
	delete(r.loose, token)
	r.mu.Unlock()
	if err := r.cfg.Store.EndSession(ctx, token); err != nil && !errors.Is(err, desk.ErrNotFound) {
		return fmt.Errorf("sign out: %w: close the browser, and sign out again later", err)
	}
	return nil
}

// Sessions gives the sessions that are good, newest first: of one person, or,
// where person is empty, of all, for administrators.
func (r *Roll) Sessions(ctx context.Context, by desk.Who, person desk.PersonID) ([]Session, error) {
	if by.ID != person {
		if err := by.Needs(desk.Administrator, "see the sessions of others"); err != nil {
			return nil, err
		}
	}
	all, err := r.cfg.Store.Sessions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	r.mu.Lock()
	all = slices.AppendSeq(all, maps.Values(r.loose))
	r.mu.Unlock()
	now := r.now()
	all = slices.DeleteFunc(all, func(s Session) bool {
		return !now.Before(s.Expires) || person != "" && s.Person != person
	})
	slices.SortStableFunc(all, func(a, b Session) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// EndSessions ends sessions of a person by their IDs, or all but one where no
// ID is given. Who may is the person themself, or an administrator. It gives
// how many it ended.
func (r *Roll) EndSessions(ctx context.Context, by desk.Who, person desk.PersonID, id string, but TokenHash) (int, error) {
	all, err := r.Sessions(ctx, by, person)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, s := range all {
		if s.Token == but && id == "" || id != "" && s.ID() != id {
			continue
		}
		err := r.do(ctx, desk.Record{
			ID: "session.end/" + s.ID(), Kind: "session.end", At: r.now(), Who: by, Subject: "session:" + s.ID(),
			Fields: []desk.Field{{Name: "person", Value: string(s.Person)}},
		}, func(ctx context.Context) error { return r.SignOut(ctx, s.Token) })
		if err != nil {
			return ended, fmt.Errorf("end session %s: %w", s.ID(), err)
		}
		ended++
	}
	if ended == 0 && id != "" {
		return 0, fmt.Errorf("session %s: %w: it has ended; look at the list again", id, desk.ErrNotFound)
	}
	return ended, nil
}

func (r *Roll) keepLoose(s Session, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.loose, func(_ TokenHash, old Session) bool { return !now.Before(old.Expires) })
	r.loose[s.Token] = s
}

// dropLoose ends the sessions of a person that live in memory only.
func (r *Roll) dropLoose(id desk.PersonID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.loose, func(_ TokenHash, s Session) bool { return s.Person == id })
}
