package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"atalaya/desk"
)

// Invite makes a link to enrol with a role. By is an administrator, or the
// program at first run. Where that takes two people, the link is kept too, with
// an approval.Needed: it can be used when a second person has approved it.
func (r *Roll) Invite(ctx context.Context, by desk.Who, role desk.Role, token TokenHash, lasts time.Duration) (Enrolment, error) {
	if err := by.Needs(desk.Administrator, "invite people"); err != nil {
		return Enrolment{}, err
	}
	if err := role.Check(); err != nil {
		return Enrolment{}, err
	}
	return r.link(ctx, "person.invite", Enrolment{Token: token, Role: role, By: by}, lasts, map[string]string{"role": string(role)})
}

// LetIn makes a link with which a person who lost password and passkeys sets a
// new one. By is an administrator.
func (r *Roll) LetIn(ctx context.Context, by desk.Who, id desk.PersonID, token TokenHash, lasts time.Duration) (Enrolment, error) {
	if err := by.Needs(desk.Administrator, "let people in again"); err != nil {
		return Enrolment{}, err
	}
	x, err := r.ByID(ctx, id)
	if err != nil {
		return Enrolment{}, err
	}
	if no := r.out(x); no != "" && x.Instructor != nil {
		return Enrolment{}, fmt.Errorf("%w: %s", desk.ErrForbidden, no)
	}
	now := r.now()
	return r.link(ctx, "person.link", Enrolment{Token: token, Role: x.Role, By: by, For: id}, x.within(now.Add(lasts)).Sub(now),
		map[string]string{"person": string(id), "name": x.Name, "role": string(x.Role)})
}

func (r *Roll) link(ctx context.Context, kind string, e Enrolment, lasts time.Duration, fields map[string]string) (Enrolment, error) {
	r.write.Lock()
	defer r.write.Unlock()
	e.Created = r.now()
	e.Expires = e.Created.Add(lasts)
	subject := "enrolment:" + e.Token.short()
	waits := r.second(e.By, kind, subject, linkAct{e.Token[:]}, fields)
	e.Waits = waits != nil
	rec := desk.Record{ID: kind + "/" + e.Token.short(), Kind: kind, At: e.Created, Who: e.By, Subject: subject}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		rec.Fields = append(rec.Fields, desk.Field{Name: name, Value: fields[name]})
	}
	rec.Fields = append(rec.Fields, desk.Field{Name: "expires", Value: e.Expires.Format(time.RFC3339)})
	if e.Waits {
		rec.Fields = append(rec.Fields, desk.Field{Name: "waits", Value: "for a second person"})
	}
	if err := r.do(ctx, rec, func(ctx context.Context) error { return r.cfg.Store.SaveEnrolment(ctx, e) }); err != nil {
		return Enrolment{}, fmt.Errorf("make a link: %w", err)
	}
	return e, waits
}

// linkAct is a link as it waits for a second person.
type linkAct struct {
	Token []byte `json:"token"` // its hash
}

// letLink makes a link usable that a second person approved.
func (r *Roll) letLink(ctx context.Context, who desk.Who, act json.RawMessage) error {
	var a linkAct
	if err := json.Unmarshal(act, &a); err != nil {
		return fmt.Errorf("approve a link: %w", err)
	}
	if len(a.Token) != len(TokenHash{}) {
		return fmt.Errorf("%w: approve a link: its hash has %d bytes", desk.ErrInvalid, len(a.Token))
	}
	token := TokenHash(a.Token)
	return r.do(ctx, desk.Record{
		ID: "person.link.approve/" + token.short(), Kind: "person.link.approve", At: r.now(), Who: who, Subject: "enrolment:" + token.short(),
	}, func(ctx context.Context) error {
		return r.cfg.Store.EditEnrolment(ctx, token, func(e *Enrolment) { e.Waits = false })
	})
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
	case e.Waits:
		return Enrolment{}, fmt.Errorf("%w: this link waits until a second person approves it; ask an administrator", desk.ErrConflict)
	case e.Role == desk.Instructor && !r.cfg.Exercise:
		return Enrolment{}, fmt.Errorf("%w: this link is for an instructor from abroad, and good in an exercise only", desk.ErrForbidden)
	case !r.now().Before(e.Expires):
		return Enrolment{}, fmt.Errorf("%w: this link expired at %s; ask an administrator for another", desk.ErrConflict, e.Expires.Format(time.RFC3339))
	}
	return e, nil
}

// Enrol uses a link: the person gets the name that they chose, and the
// password or the passkey, or both.
func (r *Roll) Enrol(ctx context.Context, token TokenHash, name, passwordHash string, k *Passkey) (Person, error) {
	r.write.Lock()
	defer r.write.Unlock()
	e, err := r.Invited(ctx, token)
	if err != nil {
		return Person{}, err
	}
	x, err := r.enrolled(ctx, e, name)
	if err != nil {
		return Person{}, err
	}
	x.PasswordHash = passwordHash
	if k != nil {
		fresh, err := r.prepare(*k)
		if err != nil {
			return Person{}, err
		}
		k = &fresh
	}
	fields := []desk.Field{{Name: "name", Value: x.Name}, {Name: "role", Value: string(x.Role)}, {Name: "invited by", Value: string(e.By.ID)}}
	if e.For == "" { // else it was published when the account was made
		fields = append(fields, x.Instructor.published()...)
	}
	err = r.do(ctx, desk.Record{
		ID: "person.enrol/" + token.short(), Kind: "person.enrol", At: x.Changed, Who: desk.Who{ID: x.ID, Name: x.Name, Role: x.Role},
		Subject: "enrolment:" + token.short(), Fields: fields,
	}, func(ctx context.Context) error {
		x, err = r.cfg.Store.Enrol(ctx, token, x, k)
		return err
	})
	if err != nil {
		return Person{}, fmt.Errorf("enrol %q: %w", x.Name, err)
	}
	r.dropLoose(x.ID)
	return x, nil
}

// enrolled gives whom a link makes, or lets in again.
func (r *Roll) enrolled(ctx context.Context, e Enrolment, name string) (Person, error) {
	now := r.now()
	if e.For != "" {
		x, err := r.ByID(ctx, e.For)
		x.Version++
		x.Changed = now
		return x, err
	}
	name, err := CleanName(name)
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
	x := Person{Name: name, Role: e.Role, Created: now, Changed: now, Version: 1}
	if i := e.Instructor; i != nil {
		x.Instructor = &Instructor{Country: i.Country, From: now.Truncate(time.Second), Until: i.Until}
	}
	return x, nil
}
