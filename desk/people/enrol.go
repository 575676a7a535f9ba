package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
)

// Invite makes a link to enrol with a role. By is an administrator, or the
// program at first run.
func (r *Roll) Invite(ctx context.Context, by desk.Who, role desk.Role, token TokenHash, lasts time.Duration) (Enrolment, error) {
	if err := by.Needs(desk.Administrator, "invite people"); err != nil {
		return Enrolment{}, err
	}
	if err := role.Check(); err != nil {
		return Enrolment{}, err
	}
	r.write.Lock()
	defer r.write.Unlock()
	now := r.now()
	e := Enrolment{Token: token, Role: role, By: by, Created: now, Expires: now.Add(lasts)}
	err := r.do(ctx, desk.Record{
		ID: "person.invite/" + token.short(), Kind: "person.invite", At: now, Who: by,
		Subject: "enrolment:" + token.short(),
		Fields:  []desk.Field{{Name: "role", Value: string(role)}, {Name: "expires", Value: e.Expires.Format(time.RFC3339)}},
	}, func(ctx context.Context) error { return r.cfg.Store.SaveEnrolment(ctx, e) })
	if err != nil {
		return Enrolment{}, fmt.Errorf("invite: %w", err)
	}
	return e, nil
}

// Invited gives a link that can still be used. The error of one that cannot
// says why.
func (r *Roll) Invited(ctx context.Context, token TokenHash) (Enrolment, error) {
	e, err := r.cfg.Store.EnrolmentByToken(ctx, token)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return Enrolment{}, fmt.Errorf("%w: nobody made this link; ask an administrator for one", desk.ErrNotFound)
	case err != nil:
		return Enrolment{}, fmt.Errorf("look up the link: %w", err)
	case !e.Used.IsZero():
		return Enrolment{}, fmt.Errorf("%w: this link was used at %s; sign in, or ask an administrator for another", desk.ErrConflict, e.Used.Format(time.RFC3339))
	case !r.now().Before(e.Expires):
		return Enrolment{}, fmt.Errorf("%w: this link expired at %s; ask an administrator for another", desk.ErrConflict, e.Expires.Format(time.RFC3339))
	}
	return e, nil
}

// Enrol uses a link: the person gets the name and password that they chose.
func (r *Roll) Enrol(ctx context.Context, token TokenHash, name, passwordHash string) (Person, error) {
	name, err := CleanName(name)
	if err != nil {
		return Person{}, err
	}
	r.write.Lock()
	defer r.write.Unlock()
	e, err := r.Invited(ctx, token)
	if err != nil {
		return Person{}, err
	}
	all, err := r.All(ctx)
	if err != nil {
		return Person{}, fmt.Errorf("enrol: %w", err)
	}
	for _, x := range all {
		if NameKey(x.Name) == NameKey(name) {
			return Person{}, fmt.Errorf("%w: the name %q is taken; choose another", desk.ErrConflict, x.Name)
		}
	}
	now := r.now()
	x := Person{Name: name, Role: e.Role, PasswordHash: passwordHash, Created: now, Changed: now, Version: 1}
	err = r.do(ctx, desk.Record{
		ID: "person.enrol/" + token.short(), Kind: "person.enrol", At: now, Who: desk.Who{Name: name, Role: e.Role},
		Subject: "enrolment:" + token.short(),
		Fields:  []desk.Field{{Name: "name", Value: name}, {Name: "role", Value: string(e.Role)}, {Name: "invited by", Value: string(e.By.ID)}},
	}, func(ctx context.Context) error {
		x, err = r.cfg.Store.Enrol(ctx, token, x)
		return err
	})
	if err != nil {
		return Person{}, fmt.Errorf("enrol %q: %w", name, err)
	}
	return x, nil
}
