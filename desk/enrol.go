package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// PeopleStore keeps people, their sessions and the links to enrol. Writes are
// durable when they return.
type PeopleStore interface {
	// People gives everybody, in the order of enrolment.
	People(ctx context.Context) ([]Person, error)
	PersonByID(ctx context.Context, id PersonID) (Person, error)
	PersonByName(ctx context.Context, name string) (Person, error)
	// SavePerson replaces a person. ErrConflict when the one in the store is
	// not exactly one version behind. With endSessions all sessions of the
	// person end in the same write.
	SavePerson(ctx context.Context, p Person, endSessions bool) error
	// SaveEnrolment keeps a new link.
	SaveEnrolment(ctx context.Context, e Enrolment) error
	EnrolmentByToken(ctx context.Context, token TokenHash) (Enrolment, error)
	// Enrol uses a link and adds the person, both or nothing, and gives the
	// person an ID. ErrConflict when the link is used or the name is taken.
	Enrol(ctx context.Context, token TokenHash, p Person) (Person, error)

	SaveSession(ctx context.Context, s Session) error
	// UseSession notes the last use. ErrNotFound when the session has ended
	// meanwhile: it must not come back.
	UseSession(ctx context.Context, token TokenHash, at time.Time) error
	SessionByToken(ctx context.Context, token TokenHash) (Session, error)
	EndSession(ctx context.Context, token TokenHash) error
	// ForgetSessions drops the sessions that expired before t.
	ForgetSessions(ctx context.Context, t time.Time) error
}

// touchEvery is how exactly the last use of a session is kept.
const touchEvery = time.Minute

// maxName bounds a person's name, in bytes.
const maxName = 100

// People lets people in, and changes what they may. Every change goes through
// the ledger. Its methods may be called from several goroutines.
type People struct {
	store  PeopleStore
	ledger Ledger
	clock  Clock

	write sync.Mutex // one change at a time

	mu sync.Mutex
	// loose are sessions that could not be stored for want of room: somebody
	// must be able to sign in and see why. They end with the program.
	loose map[TokenHash]Session
}

// NewPeople makes the service.
func NewPeople(store PeopleStore, ledger Ledger, clock Clock) *People {
	return &People{store: store, ledger: ledger, clock: clock, loose: map[TokenHash]Session{}}
}

// All gives everybody, in the order of enrolment.
func (p *People) All(ctx context.Context) ([]Person, error) {
	all, err := p.store.People(ctx)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return all, nil
}

// ByName gives the person who signs in with a name; ErrNotFound.
func (p *People) ByName(ctx context.Context, name string) (Person, error) {
	x, err := p.store.PersonByName(ctx, name)
	if err != nil {
		return Person{}, fmt.Errorf("person %q: %w", name, err)
	}
	return x, nil
}

// Invite makes a link to enrol with a role. By is an administrator, or the
// program at first run.
func (p *People) Invite(ctx context.Context, by Who, role Role, token TokenHash, lasts time.Duration) (Enrolment, error) {
	if err := by.Needs(Administrator, "invite people"); err != nil {
		return Enrolment{}, err
	}
	if err := checkRole(role); err != nil {
		return Enrolment{}, err
	}
	p.write.Lock()
	defer p.write.Unlock()
	now := p.clock.Now().UTC()
	e := Enrolment{Token: token, Role: role, By: by, Created: now, Expires: now.Add(lasts)}
	err := p.do(ctx, Record{
		ID: "person.invite/" + short(token), Kind: "person.invite", At: now, Who: by,
		Subject: "enrolment:" + short(token),
		Fields:  []Field{{"role", string(role)}, {"expires", e.Expires.Format(time.RFC3339)}},
	}, func(ctx context.Context) error { return p.store.SaveEnrolment(ctx, e) })
	if err != nil {
		return Enrolment{}, fmt.Errorf("invite: %w", err)
	}
	return e, nil
}

// Invited gives a link that can still be used. The error of one that cannot
// says why.
func (p *People) Invited(ctx context.Context, token TokenHash) (Enrolment, error) {
	e, err := p.store.EnrolmentByToken(ctx, token)
	switch {
	case errors.Is(err, ErrNotFound):
		return Enrolment{}, fmt.Errorf("%w: nobody made this link; ask an administrator for one", ErrNotFound)
	case err != nil:
		return Enrolment{}, fmt.Errorf("look up the link: %w", err)
	case !e.Used.IsZero():
		return Enrolment{}, fmt.Errorf("%w: this link was used at %s; sign in, or ask an administrator for another", ErrConflict, e.Used.Format(time.RFC3339))
	case !p.clock.Now().Before(e.Expires):
		return Enrolment{}, fmt.Errorf("%w: this link expired at %s; ask an administrator for another", ErrConflict, e.Expires.Format(time.RFC3339))
	}
	return e, nil
}

// Enrol uses a link: the person gets the name and password that they chose.
func (p *People) Enrol(ctx context.Context, token TokenHash, name, passwordHash string) (Person, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return Person{}, fmt.Errorf("%w: a name has 1 to %d bytes", ErrInvalid, maxName)
	}
	p.write.Lock()
	defer p.write.Unlock()
	e, err := p.Invited(ctx, token)
	if err != nil {
		return Person{}, err
	}
	if _, err := p.store.PersonByName(ctx, name); err == nil {
		return Person{}, fmt.Errorf("%w: the name %q is taken; choose another", ErrConflict, name)
	} else if !errors.Is(err, ErrNotFound) {
		return Person{}, fmt.Errorf("enrol: %w", err)
	}
	now := p.clock.Now().UTC()
	x := Person{Name: name, Role: e.Role, PasswordHash: passwordHash, Created: now, Changed: now, Version: 1}
	err = p.do(ctx, Record{
		ID: "person.enrol/" + short(token), Kind: "person.enrol", At: now, Who: Who{Name: name, Role: e.Role},
		Subject: "enrolment:" + short(token),
		Fields:  []Field{{"name", name}, {"role", string(e.Role)}, {"invited by", string(e.By.ID)}},
	}, func(ctx context.Context) error {
		x, err = p.store.Enrol(ctx, token, x)
		return err
	})
	if err != nil {
		return Person{}, fmt.Errorf("enrol %q: %w", name, err)
	}
	return x, nil
}

// SetPassword changes a person's password and ends all their sessions. Who may
// is the person themself, or an administrator.
func (p *People) SetPassword(ctx context.Context, by Who, id PersonID, passwordHash string) (Person, error) {
	return p.change(ctx, by, id, "password", by.ID == id, nil, func(x *Person) { x.PasswordHash = passwordHash })
}

// SetRole changes what a person may, and ends all their sessions.
func (p *People) SetRole(ctx context.Context, by Who, id PersonID, role Role) (Person, error) {
	if err := checkRole(role); err != nil {
		return Person{}, err
	}
	return p.change(ctx, by, id, "role", false, []Field{{"role", string(role)}}, func(x *Person) { x.Role = role })
}

// SetDisabled shuts a person out, or lets them in again, and ends all their
// sessions.
func (p *People) SetDisabled(ctx context.Context, by Who, id PersonID, disabled bool) (Person, error) {
	return p.change(ctx, by, id, "disabled", false, []Field{{"disabled", fmt.Sprint(disabled)}}, func(x *Person) { x.Disabled = disabled })
}

func (p *People) change(ctx context.Context, by Who, id PersonID, what string, own bool, fields []Field, edit func(*Person)) (Person, error) {
	if err := by.Needs(Administrator, "change people"); err != nil && !own {
		return Person{}, err
	}
	p.write.Lock()
	defer p.write.Unlock()
	x, err := p.store.PersonByID(ctx, id)
	if err != nil {
		return Person{}, fmt.Errorf("person %s: %w", id, err)
	}
	was := x
	edit(&x)
	if administers(was) && !administers(x) {
		if err := p.another(ctx, id); err != nil {
			return Person{}, err
		}
	}
	x.Version++
	x.Changed = p.clock.Now().UTC()
	err = p.do(ctx, Record{
		ID: fmt.Sprintf("person.%s/%s/%d", what, id, x.Version), Kind: "person." + what, At: x.Changed, Who: by,
		Subject: "person:" + string(id), Fields: fields,
	}, func(ctx context.Context) error { return p.store.SavePerson(ctx, x, true) })
	if err != nil {
		return Person{}, fmt.Errorf("change %s of person %s: %w", what, id, err)
	}
	p.dropLoose(id)
	return x, nil
}

// administers reports whether a person can let others in.
func administers(p Person) bool { return p.Role == Administrator && !p.Disabled }

// Administered reports whether anybody can let people in.
func (p *People) Administered(ctx context.Context) (bool, error) {
	all, err := p.All(ctx)
	return slices.ContainsFunc(all, administers), err
}

// another makes sure that the desk is not left without anybody who can let
// people in.
func (p *People) another(ctx context.Context, but PersonID) error {
	all, err := p.store.People(ctx)
	if err != nil {
		return fmt.Errorf("look for another administrator: %w", err)
	}
	for _, x := range all {
		if x.ID != but && administers(x) {
			return nil
		}
	}
	return fmt.Errorf("%w: %s is the last administrator; make another one first", ErrConflict, but)
}

// do runs a change to its end, also when the one who asked for it goes away.
func (p *People) do(ctx context.Context, rec Record, act func(context.Context) error) error {
	return p.ledger.Do(context.WithoutCancel(ctx), rec, act)
}

// short is a name for a token that gives nothing of it away: eight bytes of
// its hash.
func short(t TokenHash) string { return hex.EncodeToString(t[:8]) }
