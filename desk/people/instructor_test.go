package people_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
)

const day = 24 * time.Hour

// instructed is an exercise's roll with an instructor of a week.
func instructed(t *testing.T) (*fake, *people.Roll, people.Person) {
	t.Helper()
	f := newFake()
	p := people.New(people.Config{Store: f, Ledger: f, Clock: f, Exercise: true})
	if _, err := p.InviteInstructor(t.Context(), desk.Who{}, "ARG", f.Now().Add(7*day), people.TokenHash{1}, day); err != nil {
		t.Fatal(err)
	}
	f.advance(time.Hour)
	x, err := p.Enrol(t.Context(), people.TokenHash{1}, "Juana", "hash", nil)
	if err != nil || x.Role != desk.Instructor {
		t.Fatalf("%+v %v", x, err)
	}
	return f, p, x
}

// TestInstructorInExerciseOnly: the live program makes no instructor, and takes
// neither a link nor a session nor a token of one, wherever its store is from.
func TestInstructorInExerciseOnly(t *testing.T) {
	f, p, x := instructed(t)
	ctx := t.Context()
	if _, err := p.InviteInstructor(ctx, desk.Who{}, "BRA", f.Now().Add(day), people.TokenHash{2}, day); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SignIn(ctx, people.Arrival{Person: x.ID, Token: people.TokenHash{3}, Lasts: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.MakeToken(ctx, x.Who(), people.Token{Hash: people.TokenHash{4}, Name: "t", Scopes: []people.Scope{people.ReadPicture}, Expires: f.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	live := people.New(people.Config{Store: f, Ledger: f, Clock: f})
	for name, do := range map[string]func(*people.Roll) error{
		"invite": func(r *people.Roll) error {
			_, err := r.InviteInstructor(ctx, desk.Who{}, "ARG", f.Now().Add(day), people.TokenHash{9}, day)
			return err
		},
		"link":    func(r *people.Roll) error { _, err := r.Invited(ctx, people.TokenHash{2}); return err },
		"session": func(r *people.Roll) error { _, _, err := r.Session(ctx, people.TokenHash{3}); return err },
		"token":   func(r *people.Roll) error { _, _, err := r.Token(ctx, people.TokenHash{4}); return err },
		"who":     func(r *people.Roll) error { _, err := r.Who(ctx, x.ID); return err },
		"let in": func(r *people.Roll) error {
			_, err := r.LetIn(ctx, desk.Who{}, x.ID, people.TokenHash{8}, day)
			return err
		},
		"sign in": func(r *people.Roll) error {
			_, err := r.SignIn(ctx, people.Arrival{Person: x.ID, Token: people.TokenHash{5}, Lasts: time.Hour})
			return err
		},
	} {
		if err := do(live); err == nil || !strings.Contains(err.Error(), "exercise only") {
			t.Errorf("%s in the live program: %v", name, err)
		}
		if err := do(p); err != nil {
			t.Errorf("%s in the exercise: %v", name, err)
		}
	}
}

// TestInstructorEnds: at the stated time, with what the account let in.
func TestInstructorEnds(t *testing.T) {
	f, p, x := instructed(t)
	ctx := t.Context()
	for name, until := range map[string]time.Time{"past": f.Now(), "too long": f.Now().Add(90*day + time.Second), "none": {}} {
		if _, err := p.InviteInstructor(ctx, desk.Who{}, "ARG", until, people.TokenHash{2}, day); !errors.Is(err, desk.ErrInvalid) || !strings.Contains(err.Error(), "90 days") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, country := range []string{"", "AR", "arg", "ARGE", "A1G"} {
		if _, err := p.InviteInstructor(ctx, desk.Who{}, country, f.Now().Add(day), people.TokenHash{2}, day); !errors.Is(err, desk.ErrInvalid) {
			t.Errorf("country %q: %v", country, err)
		}
	}
	until := x.Instructor.Until
	s, err := p.SignIn(ctx, people.Arrival{Person: x.ID, Token: people.TokenHash{3}, Lasts: 30 * day})
	if err != nil || !s.Expires.Equal(until) {
		t.Fatalf("a session lasts until %s, the account until %s: %v", s.Expires, until, err)
	}
	made, err := p.MakeToken(ctx, x.Who(), people.Token{Hash: people.TokenHash{4}, Name: "t", Scopes: []people.Scope{people.ReadPicture}, Expires: f.Now().Add(30 * day)})
	if err != nil || !made.Expires.Equal(until) {
		t.Fatalf("a token lasts until %s: %v", made.Expires, err)
	}
	if e, err := p.LetIn(ctx, desk.Who{}, x.ID, people.TokenHash{5}, 30*day); err != nil || !e.Expires.Equal(until) {
		t.Fatalf("a link lasts until %s: %v", e.Expires, err)
	}
	if _, err := p.SetRole(ctx, desk.Who{}, x.ID, desk.Viewer, 0); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("an instructor becomes a viewer without end: %v", err)
	}
	// A link to come in again changes nothing of the end, nor is it published
	// as another account.
	if x, err = p.Enrol(ctx, people.TokenHash{5}, "Juana", "other", nil); err != nil || !x.Instructor.Until.Equal(until) {
		t.Fatalf("%+v %v", x, err)
	}
	if _, err := p.SignIn(ctx, people.Arrival{Person: x.ID, Token: people.TokenHash{6}, Lasts: day}); err != nil {
		t.Fatal(err)
	}
	f.advance(until.Sub(f.Now()) - time.Second)
	if _, _, err := p.Token(ctx, people.TokenHash{4}); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	f.advance(time.Second)
	for name, do := range map[string]func() error{
		"session": func() error { _, _, err := p.Session(ctx, people.TokenHash{3}); return err },
		"token":   func() error { _, _, err := p.Token(ctx, people.TokenHash{4}); return err },
		"who":     func() error { _, err := p.Who(ctx, x.ID); return err },
		"let in":  func() error { _, err := p.LetIn(ctx, desk.Who{}, x.ID, people.TokenHash{7}, day); return err },
		"sign in": func() error {
			_, err := p.SignIn(ctx, people.Arrival{Person: x.ID, Token: people.TokenHash{8}, Lasts: time.Hour})
			return err
		},
	} {
		if do() == nil {
			t.Errorf("%s goes on after the end", name)
		}
	}
}

// TestInstructorIsPublished: the record that made the account says country,
// beginning and end, and in what it publishes no name.
func TestInstructorIsPublished(t *testing.T) {
	f, p, x := instructed(t)
	if _, err := p.LetIn(t.Context(), desk.Who{}, x.ID, people.TokenHash{5}, day); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Enrol(t.Context(), people.TokenHash{5}, "", "other", nil); err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, rec := range f.journal {
		for _, field := range rec.Fields {
			if rec.Kind == "person.enrol" && field.Name != "name" && field.Name != "role" && field.Name != "invited by" {
				said += field.Name + "=" + field.Value + "; "
			}
		}
	}
	if want := "country=ARG; from=2026-03-01T13:00:00Z; until=2026-03-08T12:00:00Z; "; said != want {
		t.Errorf("published %q, want %q", said, want)
	}
}
