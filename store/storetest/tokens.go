package storetest

import (
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/store"
)

func testTokens(t *testing.T, place Place) {
	ctx := t.Context()
	clock := NewClock(epoch())
	open := place(t, Config{Clock: clock})
	s := open()
	roll := people.New(people.Config{Store: s, Ledger: s, Clock: clock})
	_, err := roll.Invite(ctx, desk.Who{}, desk.Administrator, people.TokenHash{1}, time.Hour)
	check(t, err)
	ana, err := roll.Enrol(ctx, people.TokenHash{1}, "Ana", "hash", nil)
	check(t, err)
	_, err = roll.Invite(ctx, desk.Who{}, desk.Viewer, people.TokenHash{2}, time.Hour)
	check(t, err)
	luz, err := roll.Enrol(ctx, people.TokenHash{2}, "Luz", "hash", nil)
	check(t, err)

	const day = 24 * time.Hour
	wish := func(n byte, lasts time.Duration, scopes ...people.Scope) people.Token {
		return people.Token{Hash: people.TokenHash{n}, Name: " QGIS ", Scopes: scopes, Expires: clock.Now().Add(lasts), Request: string('a' + rune(n))}
	}
	for _, bad := range []people.Token{
		wish(9, day), wish(9, day, "decide"), wish(9, 0, people.OGC), wish(9, 367*day, people.OGC),
		{Hash: people.TokenHash{9}, Scopes: []people.Scope{people.OGC}, Expires: clock.Now().Add(day)},
	} {
		_, err = roll.MakeToken(ctx, luz.Who(), bad)
		want(t, err, desk.ErrInvalid)
	}
	first, err := roll.MakeToken(ctx, luz.Who(), wish(3, day, people.ReadPicture, people.OGC, people.OGC))
	check(t, err)
	same(t, "name", first.Name, "QGIS")
	same(t, "scopes", first.Scopes, []people.Scope{people.OGC, people.ReadPicture})
	_, err = roll.MakeToken(ctx, luz.Who(), wish(3, day, people.OGC))
	want(t, err, desk.ErrRequestReused)
	again := wish(3, day, people.OGC)
	again.Request = "other"
	_, err = roll.MakeToken(ctx, luz.Who(), again)
	want(t, err, store.ErrConflict)
	second, err := roll.MakeToken(ctx, ana.Who(), wish(4, 365*day, people.ReadAlerts))
	check(t, err)
	closing(t, s)
	s = open()
	roll = people.New(people.Config{Store: s, Ledger: s, Clock: clock})

	at := clock.Advance(time.Hour)
	got, p, err := roll.Token(ctx, people.TokenHash{3})
	check(t, err)
	first.Used = at
	same(t, "token", got, first)
	same(t, "person", p, luz)
	_, err = roll.Tokens(ctx, luz.Who(), "")
	want(t, err, desk.ErrForbidden)
	_, err = roll.Tokens(ctx, luz.Who(), ana.ID)
	want(t, err, desk.ErrForbidden)
	all, err := roll.Tokens(ctx, ana.Who(), "")
	check(t, err)
	same(t, "all tokens", all, []people.Token{first, second})
	mine, err := roll.Tokens(ctx, luz.Who(), luz.ID)
	check(t, err)
	same(t, "own tokens", mine, []people.Token{first})

	want(t, roll.EndToken(ctx, luz.Who(), second.ID), store.ErrNotFound) // another's
	check(t, roll.EndToken(ctx, ana.Who(), first.ID))
	want(t, roll.EndToken(ctx, ana.Who(), first.ID), store.ErrNotFound)
	_, _, err = roll.Token(ctx, people.TokenHash{3})
	want(t, err, store.ErrNotFound)
	_, err = roll.SetDisabled(ctx, desk.Who{}, luz.ID, true, 0)
	check(t, err)
	_, err = roll.MakeToken(ctx, luz.Who(), wish(5, day, people.OGC))
	check(t, err) // whoever calls has looked at the session
	_, _, err = roll.Token(ctx, people.TokenHash{5})
	want(t, err, store.ErrNotFound)

	clock.Advance(365 * day)
	_, _, err = roll.Token(ctx, people.TokenHash{4})
	want(t, err, store.ErrNotFound)
	all, err = roll.Tokens(ctx, ana.Who(), "")
	check(t, err)
	same(t, "expired tokens", len(all), 0)
	_, err = roll.MakeToken(ctx, ana.Who(), wish(6, day, people.OGC))
	check(t, err)
	kept, err := s.Tokens(ctx)
	check(t, err)
	same(t, "tokens that are kept", len(kept), 1)
	closing(t, s)
}
