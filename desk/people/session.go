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
	Way     Way
}

// maxBrowser bounds what a browser says of itself, in bytes.
const maxBrowser = 300

// coming records that somebody came or went.
func (r *Roll) coming(kind string, s Session, x Person) desk.Record {
	return desk.Record{
		ID: kind + "/" + s.ID(), Kind: kind, At: r.now(), Who: x.Who(), Subject: "session:" + s.ID(),
		Fields: []desk.Field{{Name: "network", Value: s.Network}},
	}
}

// SignIn opens a session. Without room on the disk it lives in memory until
// the program ends.
func (r *Roll) SignIn(ctx context.Context, a Arrival) (Session, error) {
	x, err := r.ByID(ctx, a.Person)
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	if no := r.out(x); no != "" {
		return Session{}, fmt.Errorf("%w: %s", desk.ErrForbidden, no)
	}
	now := r.now()
	s := Session{
		Token: a.Token, Person: x.ID, Created: now, Used: now, Expires: x.within(now.Add(a.Lasts)),
		Network: a.Network, Browser: a.Browser[:min(len(a.Browser), maxBrowser)], Active: now,
	}
	if s.Failed, s.LastFailed, err = r.failures(ctx, x); err != nil {
		return Session{}, err
	}
	err = r.Note(ctx, Attempt{Name: x.Name, Person: x.ID, Network: a.Network, Browser: s.Browser, Way: a.Way, Outcome: LetIn})
	if err != nil {
		return Session{}, err
	}
	rec := r.coming("session.in", s, x)
	switch err := r.do(ctx, rec, func(ctx context.Context) error { return r.cfg.Store.SaveSession(ctx, s) }); {
	case desk.Unrecorded(err):
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
	s, loose := r.looseSession(token)
	if !loose {
		var err error
		if s, err = r.cfg.Store.SessionByToken(ctx, token); err != nil {
			return Session{}, Person{}, fmt.Errorf("session: %w", err)
		}
	}
	s.Locked = r.lockedSince(s, now)
	if !now.Before(s.Expires) {
		return Session{}, Person{}, fmt.Errorf("session: %w: it expired at %s; sign in again", desk.ErrNotFound, s.Expires.Format(time.RFC3339))
	}
	x, err := r.ByID(ctx, s.Person)
	if err != nil {
		return Session{}, Person{}, fmt.Errorf("session: %w", err)
	}
	if no := r.out(x); no != "" {
		return Session{}, Person{}, fmt.Errorf("session: %w: %s", desk.ErrNotFound, no)
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

// lockedSince tells since when a session is locked: by hand, or because the
// person was away. Zero: it is not.
func (r *Roll) lockedSince(s Session, now time.Time) time.Time {
	if s.Active.IsZero() {
		s.Active = s.Used
	}
	if away := s.Active.Add(r.cfg.Idle); s.Locked.IsZero() && r.cfg.Idle > 0 && !now.Before(away) {
		return away
	}
	return s.Locked
}

// Active notes that the person of a session does something, which keeps it from
// locking itself.
func (r *Roll) Active(ctx context.Context, s Session) error {
	now := r.now()
	const often = 10 // notes in the time after which it locks
	if r.cfg.Idle == 0 || !s.Locked.IsZero() || now.Sub(s.Active) < r.cfg.Idle/often {
		return nil
	}
	return r.edit(ctx, s.Token, func(s *Session) { s.Active = now })
}

// Lock locks a session until its person shows again who they are.
func (r *Roll) Lock(ctx context.Context, token TokenHash) error {
	now := r.now()
	return r.edit(ctx, token, func(s *Session) {
		if s.Locked.IsZero() {
			s.Locked = now
		}
	})
}

// Unlock opens a locked session, whose person has shown who they are.
func (r *Roll) Unlock(ctx context.Context, token TokenHash) error {
	now := r.now()
	return r.edit(ctx, token, func(s *Session) { s.Locked, s.Active = time.Time{}, now })
}

// edit changes a session where it lives.
func (r *Roll) edit(ctx context.Context, token TokenHash, edit func(*Session)) error {
	r.mu.Lock()
	s, loose := r.loose[token]
	if loose {
		edit(&s)
		r.loose[token] = s
	}
	r.mu.Unlock()
	if loose {
		return nil
	}
	if err := r.cfg.Store.EditSession(ctx, token, edit); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	return nil
}

func (r *Roll) looseSession(token TokenHash) (Session, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.loose[token]
	return s, ok
}

// SignOut ends a session for its person. It is recorded where there is room:
// nobody is kept signed in for want of it.
func (r *Roll) SignOut(ctx context.Context, token TokenHash) error {
	s, x, err := r.Session(ctx, token)
	if err == nil {
		err = r.do(ctx, r.coming("session.out", s, x), func(ctx context.Context) error { return r.end(ctx, token) })
	}
	if err != nil {
		return r.end(ctx, token)
	}
	return nil
}

// end ends a session.
func (r *Roll) end(ctx context.Context, token TokenHash) error {
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
		}, func(ctx context.Context) error { return r.end(ctx, s.Token) })
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
