package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/track"
)

// The life of people is in the storage suite; here is what the suite cannot
// reach: a store that is full.

func TestSignInWithoutRoom(t *testing.T) {
	f := newFake()
	p := desk.NewPeople(f, f, f)
	ctx := t.Context()
	if _, err := p.Invite(ctx, desk.Who{}, desk.Administrator, desk.TokenHash{1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	x, err := p.Enrol(ctx, desk.TokenHash{1}, " Ana ", "hash")
	if err != nil || x.Name != "Ana" {
		t.Fatalf("%+v %v", x, err)
	}
	f.set(desk.ErrFull)
	token := desk.TokenHash{9}
	if _, err := p.SignIn(ctx, x.ID, token, time.Hour); err != nil {
		t.Fatalf("on a full disk nobody can see why: %v", err)
	}
	if _, who, err := p.Session(ctx, token); err != nil || who.ID != x.ID {
		t.Fatalf("%v %v", who, err)
	}
	if _, err := p.SetPassword(ctx, x.Who(), x.ID, "new"); !errors.Is(err, desk.ErrFull) {
		t.Fatal(err)
	}
	if _, _, err := p.Session(ctx, token); err != nil {
		t.Fatal(err)
	}
	f.set(nil)
	if _, err := p.SetPassword(ctx, x.Who(), x.ID, "new"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Session(ctx, token); !errors.Is(err, desk.ErrNotFound) {
		t.Fatalf("a new password leaves a session open: %v", err)
	}
	f.set(desk.ErrFull)
	if _, err := p.SignIn(ctx, x.ID, token, time.Minute); err != nil {
		t.Fatal(err)
	}
	f.advance(time.Minute)
	if _, _, err := p.Session(ctx, token); !errors.Is(err, desk.ErrNotFound) || !strings.Contains(err.Error(), "sign in again") {
		t.Fatal(err)
	}
	f.set(nil)
	if err := p.SignOut(ctx, token); err != nil {
		t.Fatal(err)
	}
}

func TestEnrolErrors(t *testing.T) {
	f := newFake()
	p := desk.NewPeople(f, f, f)
	ctx := t.Context()
	if _, err := p.Invite(ctx, desk.Who{}, "admiral", desk.TokenHash{1}, time.Hour); !errors.Is(err, desk.ErrInvalid) {
		t.Fatal(err)
	}
	for _, name := range []string{"", "  ", strings.Repeat("x", 101), "\xff"} {
		if _, err := p.Enrol(ctx, desk.TokenHash{1}, name, "hash"); !errors.Is(err, desk.ErrInvalid) {
			t.Fatalf("%q: %v", name, err)
		}
	}
	if _, err := p.Enrol(ctx, desk.TokenHash{1}, "Ana", "hash"); !errors.Is(err, desk.ErrNotFound) || !strings.Contains(err.Error(), "ask an administrator") {
		t.Fatal(err)
	}
}

func TestRegistry(t *testing.T) {
	f := newFake()
	r := desk.NewRegistry(f, f, f)
	c, err := r.Change(t.Context(), ana(), track.Change{Decision: &track.Decision{Track: 4, By: "P1", Reason: "seen", Kind: obs.Drone}})
	if err != nil || c.At != f.now || len(f.changes) != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	if rec := f.journal[0]; rec.Kind != "registry.decision" || rec.Subject != "decision:T4" {
		t.Fatalf("%+v", rec)
	}
	f.set(desk.ErrFull)
	if _, err := r.Change(t.Context(), ana(), c); !errors.Is(err, desk.ErrFull) {
		t.Fatal(err)
	}
}

func TestRoles(t *testing.T) {
	all := desk.Roles()
	for i, r := range all {
		for j, least := range all {
			if got, want := r.AtLeast(least), i >= j; got != want {
				t.Errorf("%s at least %s: %v, want %v", r, least, got, want)
			}
		}
		if r.AtLeast("") || r.AtLeast("admiral") || desk.Role("").AtLeast(r) || desk.Role("admiral").AtLeast(r) || !r.Valid() {
			t.Errorf("%s: what is no role is ordered", r)
		}
	}
	if desk.Role("").AtLeast("") || desk.Role("").Valid() {
		t.Error("no role is a role")
	}
	if err := (desk.Who{}).Needs(desk.Administrator, "x"); err != nil {
		t.Errorf("the program itself: %v", err)
	}
	err := desk.Who{ID: "P1", Role: desk.Officer}.Needs(desk.Supervisor, "change rules")
	if !errors.Is(err, desk.ErrForbidden) || !strings.Contains(err.Error(), "change rules takes the role supervisor, and yours is officer") {
		t.Error(err)
	}
}
