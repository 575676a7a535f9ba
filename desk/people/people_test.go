package people_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
)

// The life of people is in the storage suite; here is what the suite cannot
// reach: a store that is full.

func TestSignInWithoutRoom(t *testing.T) {
	f := newFake()
	p := people.New(people.Config{Store: f, Ledger: f, Clock: f})
	ctx := t.Context()
	if _, err := p.Invite(ctx, desk.Who{}, desk.Administrator, people.TokenHash{1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	x, err := p.Enrol(ctx, people.TokenHash{1}, " Ana ", "hash", nil)
	if err != nil || x.Name != "Ana" {
		t.Fatalf("%+v %v", x, err)
	}
	f.set(desk.ErrFull)
	token := people.TokenHash{9}
	if _, err := p.SignIn(ctx, people.Arrival{Person: x.ID, Token: token, Lasts: time.Hour}); err != nil {
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
	if _, err := p.SignIn(ctx, people.Arrival{Person: x.ID, Token: token, Lasts: time.Minute}); err != nil {
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
	p := people.New(people.Config{Store: f, Ledger: f, Clock: f})
	ctx := t.Context()
	if _, err := p.Invite(ctx, desk.Who{}, "admiral", people.TokenHash{1}, time.Hour); !errors.Is(err, desk.ErrInvalid) {
		t.Fatal(err)
	}
	if _, err := p.Invite(ctx, desk.Who{}, desk.Viewer, people.TokenHash{2}, time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "  ", strings.Repeat("x", 101), "\xff", "a\nb", "a\x00"} {
		if _, err := p.Enrol(ctx, people.TokenHash{2}, name, "hash", nil); !errors.Is(err, desk.ErrInvalid) {
			t.Fatalf("%q: %v", name, err)
		}
	}
	if _, err := p.Enrol(ctx, people.TokenHash{1}, "Ana", "hash", nil); !errors.Is(err, desk.ErrNotFound) || !strings.Contains(err.Error(), "ask an administrator") {
		t.Fatal(err)
	}
}
