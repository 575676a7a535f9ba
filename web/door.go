package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/web/portal"
)

// Door lets overseers into the portal, and nobody else.
type Door struct {
	people *people.Roll
	lasts  time.Duration
	hasher *hasher
	tries  *tries
}

var _ portal.Door = (*Door)(nil)

// NewDoor makes the door of the portal. Sessions last so long.
func NewDoor(roll *people.Roll, lasts time.Duration, clock func() time.Time) *Door {
	return &Door{roll, lasts, newHasher(), newTries(clock)}
}

// SignIn implements portal.Door.
func (d *Door) SignIn(ctx context.Context, in portal.Arrival) (string, error) {
	a := people.Attempt{Name: in.Name, Network: in.Network, Browser: in.Browser, Way: people.ByPassword, Outcome: people.Wrong}
	name, from := "name "+people.NameKey(in.Name), "from "+in.Network
	if err := d.limit(ctx, a, name, from); err != nil {
		return "", err
	}
	p, err := d.people.ByName(ctx, in.Name)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return "", err
	}
	right, err := d.hasher.matches(ctx, p.PasswordHash, in.Password)
	if err != nil {
		return "", err
	}
	if !right || p.Disabled || p.Role != desk.Overseer {
		if a.Person = p.ID; right {
			a.Outcome = people.ShutOut
		}
		return "", errors.Join(portal.ErrWrong, d.people.Note(ctx, a))
	}
	d.tries.refund(name, from)
	return d.open(ctx, p, in, people.ByPassword)
}

// Enrol implements portal.Door.
func (d *Door) Enrol(ctx context.Context, in portal.Arrival) (string, error) {
	a := people.Attempt{Name: in.Name, Network: in.Network, Browser: in.Browser, Way: people.ByLink, Outcome: people.Wrong}
	from := "from " + in.Network
	if err := d.limit(ctx, a, from); err != nil {
		return "", err
	}
	token := hashToken(in.Link)
	e, err := d.people.Invited(ctx, token)
	switch {
	case errors.Is(err, desk.ErrConflict):
		return "", errors.Join(portal.ErrUsed, err)
	case err != nil && !errors.Is(err, desk.ErrNotFound):
		return "", err
	case err != nil || e.Role != desk.Overseer:
		return "", errors.Join(portal.ErrWrong, d.people.Note(ctx, a))
	}
	d.tries.refund(from)
	phc, err := d.hasher.hash(ctx, in.Password)
	if errors.Is(err, errPassword) {
		return "", portal.ErrPassword
	} else if err != nil {
		return "", err
	}
	p, err := d.people.Enrol(ctx, token, in.Name, phc, nil)
	if errors.Is(err, desk.ErrConflict) || errors.Is(err, desk.ErrInvalid) {
		return "", errors.Join(portal.ErrName, err)
	} else if err != nil {
		return "", err
	}
	return d.open(ctx, p, in, people.ByLink)
}

func (d *Door) open(ctx context.Context, p people.Person, in portal.Arrival, way people.Way) (string, error) {
	secret, hash := NewToken()
	_, err := d.people.SignIn(ctx, people.Arrival{Person: p.ID, Token: hash, Lasts: d.lasts, Network: in.Network, Browser: in.Browser, Way: way})
	return secret, err
}

// limit takes an attempt, or refuses it, which is noted once a minute.
func (d *Door) limit(ctx context.Context, a people.Attempt, keys ...string) error {
	wait, ok := d.tries.allow(keys...)
	if ok {
		return nil
	}
	err := fmt.Errorf("%w: wait %s", portal.ErrLimited, wait.Round(time.Second))
	if d.tries.tell("from " + a.Network) {
		a.Outcome = people.Limited
		err = errors.Join(err, d.people.Note(ctx, a))
	}
	return err
}

// Session implements portal.Door.
func (d *Door) Session(ctx context.Context, secret string) (portal.Overseer, error) {
	_, p, err := d.people.Session(ctx, hashToken(secret))
	switch {
	case errors.Is(err, desk.ErrNotFound), err == nil && p.Role != desk.Overseer:
		return portal.Overseer{}, portal.ErrWrong
	case err != nil:
		return portal.Overseer{}, err
	}
	return portal.Overseer{Name: p.Name}, nil
}

// SignOut implements portal.Door. It ends no session but an overseer's.
func (d *Door) SignOut(ctx context.Context, secret string) error {
	if _, err := d.Session(ctx, secret); err != nil {
		return nil //nolint:nilerr // whoever has no session is out
	}
	return d.people.SignOut(ctx, hashToken(secret))
}
