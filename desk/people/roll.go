package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/desk/approval"
)

// touchEvery is how exactly last uses are kept.
const touchEvery = time.Minute

// Config is what a Roll is made from.
type Config struct {
	Store  Store
	Ledger desk.Ledger
	Clock  desk.Clock
	// Policy says which acts take two people: person.role, person.disabled,
	// person.invite, person.link.
	Policy desk.Policy
	// Exercise says that this is an exercise's own store: instructors from abroad
	// have accounts in no other.
	Exercise bool
	// Idle is after how long without the person a session locks itself; 0:
	// never.
	Idle time.Duration
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

// Who gives somebody as they are now; ErrNotFound where they may not sign in
// any more.
func (r *Roll) Who(ctx context.Context, id desk.PersonID) (desk.Who, error) {
	x, err := r.ByID(ctx, id)
	if err == nil {
		if no := r.out(x); no != "" {
			err = fmt.Errorf("person %s: %w: %s", id, desk.ErrNotFound, no)
		}
	}
	return x.Who(), err
}

// SetPassword changes a person's password and ends all their sessions. Who may
// is the person themself.
func (r *Roll) SetPassword(ctx context.Context, by desk.Who, id desk.PersonID, passwordHash string) (Person, error) {
	return r.change(ctx, by, change{Person: id, What: "password"}, func(x *Person) { x.PasswordHash = passwordHash })
}

// SetRole changes what a person may, and ends all their sessions. A version
// other than 0 is the one that was seen.
func (r *Roll) SetRole(ctx context.Context, by desk.Who, id desk.PersonID, role desk.Role, version uint64) (Person, error) {
	if err := role.Check(); err != nil {
		return Person{}, err
	}
	return r.change(ctx, by, change{Person: id, What: "role", Value: string(role), Version: version}, func(x *Person) { x.Role = role })
}

// SetDisabled shuts a person out, or lets them in again, and ends all their
// sessions.
func (r *Roll) SetDisabled(ctx context.Context, by desk.Who, id desk.PersonID, disabled bool, version uint64) (Person, error) {
	return r.change(ctx, by, change{Person: id, What: "disabled", Value: fmt.Sprint(disabled), Version: version}, func(x *Person) { x.Disabled = disabled })
}

// change is one change of a person: as it waits for a second person.
type change struct {
	Person  desk.PersonID `json:"person"`
	What    string        `json:"-"`
	Value   string        `json:"value"`
	Version uint64        `json:"version"` // that was seen; 0: any
}

func (c *change) kind() string { return "person." + c.What }

func (r *Roll) change(ctx context.Context, by desk.Who, c change, edit func(*Person)) (Person, error) {
	own := c.What == "password"
	if own && by.ID != c.Person {
		return Person{}, fmt.Errorf("%w: a password is set by its person: make them a link", desk.ErrForbidden)
	}
	if err := by.Needs(desk.Administrator, "change people"); err != nil && !own {
		return Person{}, err
	}
	r.write.Lock()
	defer r.write.Unlock()
	x, err := r.ByID(ctx, c.Person)
	if err != nil {
		return Person{}, err
	}
	was := x
	if was.Instructor != nil && c.What == "role" {
		return Person{}, fmt.Errorf("%w: the account of an instructor keeps its role until it ends: invite the person to another", desk.ErrForbidden)
	}
	edit(&x)
	switch {
	case x == was:
		return x, nil // as it is already: a retry
	case c.Version != 0 && c.Version != was.Version:
		return Person{}, fmt.Errorf("%w: you saw version %d of %s and it has version %d: look at it again", desk.ErrConflict, c.Version, was.Name, was.Version)
	}
	if administers(was) && !administers(x) {
		if err := r.another(ctx, c.Person); err != nil {
			return Person{}, err
		}
	}
	if !own {
		c.Version = was.Version
		if err := r.second(by, c.kind(), "person:"+string(c.Person), c, map[string]string{"name": was.Name, "role": string(was.Role), c.What: c.Value}); err != nil {
			return Person{}, err
		}
	}
	x.Version++
	x.Changed = r.now()
	rec := desk.Record{
		ID: fmt.Sprintf("%s/%s/%d", c.kind(), c.Person, x.Version), Kind: c.kind(), At: x.Changed, Who: by, Subject: "person:" + string(c.Person),
	}
	if c.Value != "" {
		rec.Fields = []desk.Field{{Name: c.What, Value: c.Value}}
	}
	if err := r.do(ctx, rec, func(ctx context.Context) error { return r.cfg.Store.SavePerson(ctx, x, true) }); err != nil {
		return Person{}, fmt.Errorf("change %s of person %s: %w", c.What, c.Person, err)
	}
	r.dropLoose(c.Person)
	return x, nil
}

// second refuses, with an approval.Needed, what takes two people.
func (r *Roll) second(by desk.Who, kind, subject string, act any, fields map[string]string) error {
	allowed := r.cfg.Policy.Allows(by, kind)
	if allowed == nil {
		return nil
	}
	body, err := json.Marshal(act)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return approval.Need(allowed, approval.Wish{Kind: kind, Subject: subject, Fields: fields, Act: body})
}

// Kinds are the acts about people that can wait for a second person.
func (r *Roll) Kinds() map[string]approval.Kind {
	kind := func(do func(ctx context.Context, who desk.Who, act json.RawMessage) error) approval.Kind {
		return approval.Kind{Least: desk.Administrator, Do: do}
	}
	return map[string]approval.Kind{
		"person.role": kind(func(ctx context.Context, who desk.Who, act json.RawMessage) error {
			var c change
			if err := json.Unmarshal(act, &c); err != nil {
				return fmt.Errorf("person.role: %w", err)
			}
			_, err := r.SetRole(ctx, who, c.Person, desk.Role(c.Value), c.Version)
			return err
		}),
		"person.disabled": kind(func(ctx context.Context, who desk.Who, act json.RawMessage) error {
			var c change
			if err := json.Unmarshal(act, &c); err != nil {
				return fmt.Errorf("person.disabled: %w", err)
			}
			_, err := r.SetDisabled(ctx, who, c.Person, c.Value == "true", c.Version)
			return err
		}),
		"person.invite": kind(r.letLink),
		"person.link":   kind(r.letLink),
	}
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
