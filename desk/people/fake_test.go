package people_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
)

// fake is a store, ledger and clock in memory. The store can be full.
type fake struct {
	mu       sync.Mutex
	now      time.Time
	err      error // of every write
	journal  []desk.Record
	people   []people.Person
	links    map[people.TokenHash]people.Enrolment
	sessions map[people.TokenHash]people.Session
	tokens   []people.Token
	attempts []people.Attempt
	passkeys []people.Passkey
}

func newFake() *fake {
	return &fake{
		now:   time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		links: map[people.TokenHash]people.Enrolment{}, sessions: map[people.TokenHash]people.Session{},
	}
}

// write runs a change unless writing fails.
func (f *fake) write(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	return do()
}

func (f *fake) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fake) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if err := f.write(func() error { f.journal = append(f.journal, rec); return nil }); err != nil {
		return err
	}
	return act(ctx)
}

func (f *fake) People(context.Context) ([]people.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.people), nil
}

func (f *fake) PersonByID(_ context.Context, id desk.PersonID) (people.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.IndexFunc(f.people, func(p people.Person) bool { return p.ID == id }); i >= 0 {
		return f.people[i], nil
	}
	return people.Person{}, desk.ErrNotFound
}

func (f *fake) SavePerson(_ context.Context, p people.Person, end bool) error {
	return f.write(func() error {
		for i := range f.people {
			if f.people[i].ID == p.ID {
				f.people[i] = p
			}
		}
		for token, s := range f.sessions {
			if end && s.Person == p.ID {
				delete(f.sessions, token)
			}
		}
		return nil
	})
}

func (f *fake) SaveEnrolment(_ context.Context, e people.Enrolment) error {
	return f.write(func() error { f.links[e.Token] = e; return nil })
}

func (f *fake) EnrolmentByToken(_ context.Context, token people.TokenHash) (people.Enrolment, error) {
	return get(f, f.links, token)
}

func (f *fake) EditEnrolment(_ context.Context, token people.TokenHash, edit func(*people.Enrolment)) error {
	return f.write(func() error {
		e, ok := f.links[token]
		if !ok {
			return desk.ErrNotFound
		}
		edit(&e)
		f.links[token] = e
		return nil
	})
}

func (f *fake) Enrol(_ context.Context, token people.TokenHash, p people.Person, k *people.Passkey) (people.Person, error) {
	err := f.write(func() error {
		if i := slices.IndexFunc(f.people, func(x people.Person) bool { return x.ID == p.ID }); i >= 0 {
			f.people[i] = p
		} else {
			p.ID = desk.PersonID(fmt.Sprint("P", len(f.people)+1))
			f.people = append(f.people, p)
		}
		e := f.links[token]
		e.Used, e.Person = p.Created, p.ID
		f.links[token] = e
		return nil
	})
	return p, err
}

func (f *fake) SaveSession(_ context.Context, s people.Session) error {
	return f.write(func() error { f.sessions[s.Token] = s; return nil })
}

func (f *fake) EditSession(_ context.Context, token people.TokenHash, edit func(*people.Session)) error {
	return f.write(func() error {
		s, ok := f.sessions[token]
		if !ok {
			return desk.ErrNotFound
		}
		edit(&s)
		f.sessions[token] = s
		return nil
	})
}

func (f *fake) SessionByToken(_ context.Context, token people.TokenHash) (people.Session, error) {
	return get(f, f.sessions, token)
}

func (f *fake) Sessions(context.Context) (all []people.Session, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		all = append(all, s)
	}
	return all, nil
}

func (f *fake) EndSession(_ context.Context, token people.TokenHash) error {
	return f.write(func() error {
		if _, ok := f.sessions[token]; !ok {
			return desk.ErrNotFound
		}
		delete(f.sessions, token)
		return nil
	})
}

func (f *fake) ForgetSessions(context.Context, time.Time) error {
	return f.write(func() error { return nil })
}

func (f *fake) SavePasskey(_ context.Context, k people.Passkey) error {
	return f.write(func() error { f.passkeys = append(f.passkeys, k); return nil })
}

func (f *fake) EditPasskey(_ context.Context, hash people.TokenHash, edit func(*people.Passkey)) error {
	return f.write(func() error {
		for i := range f.passkeys {
			if f.passkeys[i].Hash == hash {
				edit(&f.passkeys[i])
				return nil
			}
		}
		return desk.ErrNotFound
	})
}

func (f *fake) PasskeyByHash(_ context.Context, hash people.TokenHash) (people.Passkey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.passkeys {
		if k.Hash == hash {
			return k, nil
		}
	}
	return people.Passkey{}, desk.ErrNotFound
}

func (f *fake) Passkeys(context.Context) ([]people.Passkey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.passkeys), nil
}

func (f *fake) EndPasskey(_ context.Context, hash people.TokenHash) error {
	return f.write(func() error {
		f.passkeys = slices.DeleteFunc(f.passkeys, func(k people.Passkey) bool { return k.Hash == hash })
		return nil
	})
}

func (f *fake) SaveAttempt(_ context.Context, a people.Attempt, keep int) error {
	return f.write(func() error {
		a.Number = uint64(len(f.attempts) + 1)
		f.attempts = append(f.attempts, a)
		return nil
	})
}

func (f *fake) Attempts(context.Context, uint64, int) ([]people.Attempt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Clone(f.attempts)
	slices.Reverse(out)
	return out, nil
}

func (f *fake) SaveToken(_ context.Context, t people.Token) error {
	return f.write(func() error { f.tokens = append(f.tokens, t); return nil })
}

func (f *fake) token(hash people.TokenHash) int {
	return slices.IndexFunc(f.tokens, func(t people.Token) bool { return t.Hash == hash })
}

func (f *fake) EditToken(_ context.Context, hash people.TokenHash, edit func(*people.Token)) error {
	return f.write(func() error {
		i := f.token(hash)
		if i < 0 {
			return desk.ErrNotFound
		}
		edit(&f.tokens[i])
		return nil
	})
}

func (f *fake) TokenByHash(_ context.Context, hash people.TokenHash) (people.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.token(hash); i >= 0 {
		return f.tokens[i], nil
	}
	return people.Token{}, desk.ErrNotFound
}

func (f *fake) Tokens(context.Context) ([]people.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tokens), nil
}

func (f *fake) EndToken(_ context.Context, hash people.TokenHash) error {
	return f.write(func() error {
		i := f.token(hash)
		if i < 0 {
			return desk.ErrNotFound
		}
		f.tokens = slices.Delete(f.tokens, i, i+1)
		return nil
	})
}

func get[K comparable, V any](f *fake, from map[K]V, key K) (V, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := from[key]
	if !ok {
		return v, desk.ErrNotFound
	}
	return v, nil
}
