package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"atalaya/desk"
)

// MaxInstructorDays is how long an instructor's account lasts at most.
const MaxInstructorDays = 90

// Instructor is what is published of the account of a foreign instructor.
type Instructor struct {
	Country string    `json:"country" doc:"state that sent them, ISO 3166-1 alpha-3; published"`
	From    time.Time `json:"from" doc:"when the account was made; published"`
	Until   time.Time `json:"until" doc:"when it ends, with its sessions and tokens; published"`
}

// InviteInstructor makes a link to enrol as an instructor from abroad until a
// time. Nothing prolongs it: another account takes another link, and is
// published like the first. It is for an exercise's own store only.
func (r *Roll) InviteInstructor(ctx context.Context, by desk.Who, country string, until time.Time, token TokenHash, lasts time.Duration) (Enrolment, error) {
	if err := by.Needs(desk.Administrator, "invite people"); err != nil {
		return Enrolment{}, err
	}
	const letters, day = 3, 24 * time.Hour
	now := r.now()
	switch {
	case !r.cfg.Exercise:
		return Enrolment{}, fmt.Errorf("%w: instructors from abroad have accounts in an exercise only", desk.ErrForbidden)
	case len(country) != letters || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return Enrolment{}, fmt.Errorf("%w: country %q: write the three capital letters of ISO 3166-1, such as ARG", desk.ErrInvalid, country)
	case !until.After(now) || until.Sub(now) > MaxInstructorDays*day:
		return Enrolment{}, fmt.Errorf("%w: an instructor's account ends within %d days: give a time until %s", desk.ErrInvalid, MaxInstructorDays, now.Add(MaxInstructorDays*day).Format(time.RFC3339))
	}
	until = until.UTC().Truncate(time.Second) // as it is published
	return r.link(ctx, "person.invite", Enrolment{Token: token, Role: desk.Instructor, By: by, Instructor: &Instructor{Country: country, Until: until}}, min(lasts, until.Sub(now)),
		map[string]string{"role": string(desk.Instructor), "country": country, "until": until.Format(time.RFC3339)})
}

// out says why somebody may not come in, or stay, any more; empty: they may.
func (r *Roll) out(x Person) string {
	switch i := x.Instructor; {
	case x.Disabled:
		return x.Name + " may not sign in any more; ask an administrator"
	case i == nil && x.Role != desk.Instructor:
		return ""
	case i == nil:
		return x.Name + " is an instructor whose account says no end; ask an administrator for a new link"
	case !r.cfg.Exercise:
		return x.Name + " is an instructor from abroad: they sign in to an exercise only"
	case !r.now().Before(i.Until):
		return "the account of the instructor " + x.Name + " ended at " + i.Until.Format(time.RFC3339) + "; ask an administrator for a new link"
	}
	return ""
}

// within ends what lasts until a time with the account of an instructor.
func (x Person) within(until time.Time) time.Time {
	if x.Instructor != nil && x.Instructor.Until.Before(until) {
		return x.Instructor.Until
	}
	return until
}

// published gives the fields of a record that make an instructor's account
// public: no name.
func (i *Instructor) published() []desk.Field {
	if i == nil {
		return nil
	}
	return []desk.Field{
		{Name: "country", Value: i.Country},
		{Name: "from", Value: i.From.Format(time.RFC3339)},
		{Name: "until", Value: i.Until.Format(time.RFC3339)},
	}
}
