package people

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
)

// touchEvery is how exactly last uses are kept.
const touchEvery = time.Minute

// Config is what a Roll is made from.
type Config struct {
	Store  Store
	Ledger desk.Ledger
	Clock  desk.Clock
}

// Roll lets people in, and changes what they may. Every change of consequence
// goes through the ledger. Its methods may be called from several goroutines.
type Roll struct {
	cfg Config

	write sync.Mutex // one change at a time

	mu sync.Mutex
	// loose are sessions that could not be stored for want of room: somebody
	// must be able to sign in and see why. They end with the program.
	loose map[TokenHash]Session
}

// New makes the service.
func New(cfg Config) *Roll { return &Roll{cfg: cfg, loose: map[TokenHash]Session{}} }

// now is the desk's time.
func (r *Roll) now() time.Time { return r.cfg.Clock.Now().UTC() }

// do runs a change to its end, also when the one who asked for it goes away.
func (r *Roll) do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	return r.cfg.Ledger.Do(context.WithoutCancel(ctx), rec, act)
}

// All gives everybody, in the order of enrolment.
func (r *Roll) All(ctx context.Context) ([]Person, error) {
	all, err := r.cfg.Store.People(ctx)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return all, nil
}

// ByID gives one person; ErrNotFound.
func (r *Roll) ByID(ctx context.Context, id desk.PersonID) (Person, error) {
	x, err := r.cfg.Store.PersonByID(ctx, id)
	if err != nil {
		return Person{}, fmt.Errorf("person %s: %w", id, err)
	}
	return x, nil
}

// ByName gives the person who signs in with a name; ErrNotFound. Names are
// sealed in the store, so everybody is looked at; a desk has tens of people.
func (r *Roll) ByName(ctx context.Context, name string) (Person, error) {
	all, err := r.All(ctx)
	if err != nil {
		return Person{}, err
	}
	x, ok := byName(all, name)
	if !ok {
		return Person{}, fmt.Errorf("person %q: %w", name, desk.ErrNotFound)
	}
	return x, nil
}

// SetPassword changes a person's password and ends all their sessions. Who may
// is the person themself, or an administrator.
func (r *Roll) SetPassword(ctx context.Context, by desk.Who, id desk.PersonID, passwordHash string) (Person, error) {
	return r.change(ctx, by, id, "password", by.ID == id, nil, func(x *Person) { x.PasswordHash = passwordHash })
}

// SetRole changes what a person may, and ends all their sessions.
func (r *Roll) SetRole(ctx context.Context, by desk.Who, id desk.PersonID, role desk.Role) (Person, error) {
	if err := role.Check(); err != nil {
		return Person{}, err
	}
	return r.change(ctx, by, id, "role", false, []desk.Field{{Name: "role", Value: string(role)}}, func(x *Person) { x.Role = role })
}

// SetDisabled shuts a person out, or lets them in again, and ends all their
// sessions.
func (r *Roll) SetDisabled(ctx context.Context, by desk.Who, id desk.PersonID, disabled bool) (Person, error) {
	return r.change(ctx, by, id, "disabled", false, []desk.Field{{Name: "disabled", Value: fmt.Sprint(disabled)}}, func(x *Person) { x.Disabled = disabled })
}

func (r *Roll) change(ctx context.Context, by desk.Who, id desk.PersonID, what string, own bool, fields []desk.Field, edit func(*Person)) (Person, error) {
	if err := by.Needs(desk.Administrator, "change people"); err != nil && !own {
		return Person{}, err
	}
	r.write.Lock()
	defer r.write.Unlock()
	x, err := r.ByID(ctx, id)
	if err != nil {
		return Person{}, err
	}
	was := x
	edit(&x)
	if x == was {
		return x, nil // as it is already: a retry
	}
	if administers(was) && !administers(x) {
		if err := r.another(ctx, id); err != nil {
			return Person{}, err
		}
	}
	x.Version++
	x.Changed = r.now()
	err = r.do(ctx, desk.Record{
		ID: fmt.Sprintf("person.%s/%s/%d", what, id, x.Version), Kind: "person." + what, At: x.Changed, Who: by,
		Subject: "person:" + string(id), Fields: fields,
	}, func(ctx context.Context) error { return r.cfg.Store.SavePerson(ctx, x, true) })
	if err != nil {
		return Person{}, fmt.Errorf("change %s of person %s: %w", what, id, err)
	}
	r.dropLoose(id)
	return x, nil
}

// administers reports whether a person can let others in.
func administers(p Person) bool { return p.Role == desk.Administrator && !p.Disabled }

// Administered reports whether anybody can let people in.
func (r *Roll) Administered(ctx context.Context) (bool, error) {
	all, err := r.All(ctx)
	return slices.ContainsFunc(all, administers), err
}

// another makes sure that the desk is not left without anybody who can let
// people in.
func (r *Roll) another(ctx context.Context, but desk.PersonID) error {
	all, err := r.All(ctx)
	if err != nil {
		return fmt.Errorf("look for another administrator: %w", err)
	}
	if !slices.ContainsFunc(all, func(x Person) bool { return x.ID != but && administers(x) }) {
		return fmt.Errorf("%w: %s is the last administrator; make another one first", desk.ErrConflict, but)
	}
	return nil
}
