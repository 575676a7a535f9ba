package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/gate"
	"atalaya/desk/holds"
	"atalaya/desk/papers"
	"atalaya/desk/terms"
	"atalaya/ledger"
	"atalaya/ledger/proof"
	"atalaya/store"
)

// court is a strait with its books, a purger, and two people who sign.
type court struct {
	*strait
	books  *books
	purger *purger
	keys   *authority.Service
	holds  *holds.Service
}

func signer(n int) (desk.Who, ed25519.PrivateKey) {
	return desk.Who{ID: desk.PersonID(fmt.Sprint("P", n)), Name: fmt.Sprint("person ", n), Role: desk.Supervisor}, ed25519.NewKeyFromSeed(slices.Repeat([]byte{byte(n)}, ed25519.SeedSize))
}

func openCourt(t *testing.T) *court {
	const day = 24 * time.Hour
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events, policy.Tracks, policy.Findings = 2*day, 2*day, 2*day, 5*day, 8*day
	c := &court{strait: openStrait(t, policy)}
	log := slog.New(slog.DiscardHandler)
	var err error
	if c.books, err = openBooks(t.Context(), c.cfg, c.store, c.clock, log, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.books.close(); err != nil {
			t.Error(err)
		}
	})
	c.begin()
	for n := 1; n <= 2; n++ {
		who, key := signer(n)
		k := authority.NewKey{Unit: fmt.Sprint("unit-", n), Device: fmt.Sprint("device-", n), Key: b64(key[ed25519.PublicKeySize:])}
		k.Proof = b64(ed25519.Sign(key, k.ProofText()))
		if _, err := c.keys.AddKey(t.Context(), who, k, ""); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// begin starts what a start of the program does.
func (c *court) begin() {
	log := slog.New(slog.DiscardHandler)
	c.purger = newPurger(c.policy, c.store, c.books.gate, c.clock, log)
	now := c.clock.Now()
	err := c.books.gate.Note(c.t.Context(), append([]gate.Single{{Kind: "system.start", ID: now.String(), At: now, Fields: []ledger.Field{ledger.Text("version", "1")}}}, c.purger.declare(now.String(), now)...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.keys = authority.New(authority.Config{Store: c.store, Ledger: c.books.gate, Clock: c.clock, Log: log, Pseudonym: func(id desk.PersonID) string { return "pseudonym-" + string(id) }})
	c.holds = newHolds(c.purger, c.keys, c.books.gate)
	c.purger.settle = c.holds.Settle
}

func (c *court) order(w holds.Wish) holds.Hold {
	c.t.Helper()
	who, _ := signer(1)
	h, err := c.holds.Order(c.t.Context(), papers.Wish{Who: who}, w)
	if err != nil {
		c.t.Fatal(err)
	}
	return h
}

func (c *court) sign(n int, id string) (holds.Hold, error) {
	who, key := signer(n)
	h, err := c.holds.Get(c.t.Context(), id)
	if err != nil || h.Approve == nil {
		return h, errors.Join(err, errors.New("nothing is to be signed"))
	}
	a := h.Approve
	return c.holds.Sign(c.t.Context(), papers.Wish{Who: who}, id, authority.Pen{Key: b64(key[ed25519.PublicKeySize:]), Signature: b64(ed25519.Sign(key, authority.ApprovalText(a.Kind, a.ID, a.Content)))})
}

func (c *court) lift(n int, id, reason string) (holds.Hold, error) {
	who, key := signer(n)
	h, err := c.holds.Get(c.t.Context(), id)
	if err != nil {
		return h, err
	}
	var pen authority.Pen
	if a := h.Approve; a != nil {
		content := h.LiftContent(reason)
		pen = authority.Pen{Key: b64(key[ed25519.PublicKeySize:]), Signature: b64(ed25519.Sign(key, authority.ApprovalText(a.Kind, a.ID, content)))}
	}
	return c.holds.Lift(c.t.Context(), papers.Wish{Who: who}, id, reason, pen)
}

// hold orders and signs one.
func (c *court) hold(w holds.Wish) holds.Hold {
	c.t.Helper()
	h := c.order(w)
	var err error
	for n := 1; n <= 2; n++ {
		if h, err = c.sign(n, h.ID); err != nil {
			c.t.Fatal(err)
		}
	}
	return h
}

// days lets days pass, with the purges of each.
func (c *court) days(n int) {
	c.t.Helper()
	for range n {
		c.clock.Advance(24 * time.Hour)
		for range 60 {
			c.turn(nil)
		}
		c.purger.purge(c.t.Context())
	}
}

func (c *court) refused(err, want error, says string) {
	c.t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		c.t.Errorf("got %v, want %v that says %q", err, want, says)
	}
}

func (c *court) keyed(hold string) bool {
	return len(c.store.Keys().KeysOf(store.HoldClass(hold))) > 0
}

// read gives how many pieces of each form a hold keeps.
func (c *court) read(hold string) map[string]int {
	c.t.Helper()
	who, _ := signer(2)
	out := map[string]int{}
	err := c.holds.Read(c.t.Context(), who, hold, func(v any) error {
		out[v.(store.HeldPiece).Form]++
		return json.NewEncoder(io.Discard).Encode(v)
	})
	if err != nil {
		c.t.Error(err)
	}
	return out
}

// TestHold holds a track and a class by two people: terms go on as ever, what is
// held outlives them, and goes when two people lift it.
func TestHold(t *testing.T) {
	t.Parallel()
	c := openCourt(t)
	ctx := t.Context()
	c.cross(398)
	dark := c.find(c.at(990, -2000))
	first := c.began.Truncate(24 * time.Hour)
	span := holds.Span{Track: dark, From: first, To: first.Add(24 * time.Hour)}
	h := c.order(holds.Wish{Spans: []holds.Span{span}, Reason: "court 3, La Paz"})
	_, err := c.sign(2, "H7")
	c.refused(err, desk.ErrNotFound, "H7")
	if h, err = c.sign(1, h.ID); err != nil || h.State != holds.Draft {
		t.Fatalf("%+v %v", h, err)
	}
	_, err = c.sign(1, h.ID)
	c.refused(err, desk.ErrForbidden, "another person")
	if c.keyed(h.ID) {
		t.Error("one person made a hold's key")
	}
	c.begin() // a restart between the two
	if h, err = c.sign(2, h.ID); err != nil || h.State != holds.InForce || h.Items["track"] == 0 || h.Items["event"] == 0 || h.Items["finding"] == 0 {
		t.Fatalf("%+v %v", h, err)
	}
	who, _ := signer(1)
	_, err = c.holds.Order(ctx, papers.Wish{Who: who}, holds.Wish{Spans: h.Spans, Reason: "again"})
	c.refused(err, desk.ErrConflict, "H1 is in-force and chooses the same")
	all := c.hold(holds.Wish{Spans: []holds.Span{{Class: "input", From: first, To: first.Add(24 * time.Hour)}, {Class: "event", From: first, To: first.Add(24 * time.Hour)}}, Reason: "the ombudsman"})
	had := c.read(h.ID)
	c.days(12)
	for _, k := range c.store.Keys().Keys() {
		if slices.Contains([]store.Class{store.ClassInput, store.ClassEvent, store.ClassTrack, store.ClassFinding}, k.Class) && k.Day.Equal(first) {
			t.Errorf("the hold delays the purge of %s", k.Class)
		}
	}
	if got := c.read(h.ID); fmt.Sprint(got) != fmt.Sprint(had) || got[store.FormPoints] == 0 || got[store.FormTold] == 0 || got[store.FormFinding] == 0 {
		t.Errorf("held were %v, and after the purges %v", had, got)
	}
	if got := c.read(all.ID); got[store.FormInputs] == 0 || got[store.FormEvents] == 0 {
		t.Errorf("of the classes %v is held", got)
	}
	if found := c.found(c.books, proof.OverduePurge, proof.OnePerson); len(found) > 0 {
		t.Errorf("found %v", found)
	}
	late := c.order(holds.Wish{Spans: []holds.Span{{Class: "input", From: first, To: first.Add(time.Hour)}}, Reason: "too late"})
	if late, err = c.sign(1, late.ID); err != nil {
		t.Fatal(err)
	}
	_, err = c.sign(2, late.ID)
	c.refused(err, desk.ErrConflict, "it was purged already")
	if c.keyed(late.ID) {
		t.Error("a hold of nothing has a key")
	}

	_, err = c.lift(1, "H9", "over")
	c.refused(err, desk.ErrNotFound, "H9")
	_, err = c.lift(1, late.ID, "over")
	c.refused(err, desk.ErrConflict, "only one in force is lifted")
	if _, err = c.lift(1, h.ID, "over"); err != nil {
		t.Fatal(err)
	}
	if _, err = c.lift(1, h.ID, "over"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("one person lifts it: %v", err)
	}
	if h, err = c.lift(2, h.ID, "over"); err != nil || h.State != holds.Lifted {
		t.Fatalf("%+v %v", h, err)
	}
	if n, err := c.store.CountHeld(ctx, h.ID); err != nil || n > 0 || c.keyed(h.ID) {
		t.Errorf("%d pieces are left, key %v: %v", n, c.keyed(h.ID), err)
	}
	_, err = c.lift(2, h.ID, "over")
	c.refused(err, desk.ErrConflict, "is lifted")
	c.days(3)
	if found := c.found(c.books, proof.OverduePurge, proof.OnePerson); len(found) > 0 {
		t.Errorf("after the lift: %v", found)
	}
}

// TestHoldCutShort ends between the parts of a hold and of its lift: what is not
// in force is purged after the next start, with a record.
func TestHoldCutShort(t *testing.T) {
	t.Parallel()
	c := openCourt(t)
	ctx := t.Context()
	c.cross(60)
	span := []holds.Span{{Class: "track", From: c.began.Add(-time.Hour), To: c.began.Add(time.Hour)}}
	// The key and the copies are there, and the hold is not.
	chosen, err := c.store.Choose(ctx, "H9", c.clock.Now(), []store.Span{{Class: store.ClassTrack, From: span[0].From, To: span[0].To}})
	if err != nil || chosen.All() == 0 {
		t.Fatal(chosen, err)
	}
	if err := errors.Join(chosen.Keep(ctx), chosen.Close()); err != nil {
		t.Fatal(err)
	}
	c.begin()
	c.purger.purge(ctx)
	if n, err := c.store.CountHeld(ctx, "H9"); err != nil || n > 0 || c.keyed("H9") {
		t.Errorf("%d pieces are left: %v", n, err)
	}
	// The lift is on record, and its purge is not.
	h := c.hold(holds.Wish{Spans: span, Reason: "court"})
	c.begin()
	c.purger.purge(ctx)
	if !c.keyed(h.ID) {
		t.Fatal("a hold in force was purged")
	}
	down := errors.New("down")
	c.holds = holds.New(holds.Config{
		Store: holdStore{c.store, c.purger}, Ledger: c.books.gate, Clock: c.clock, Approvals: c.keys.Approvals, Purge: func(context.Context, string) error { return down },
	})
	if _, err := c.lift(1, h.ID, "over"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.lift(2, h.ID, "over"); !errors.Is(err, down) {
		t.Fatal(err)
	}
	c.purger.settle = nil
	c.days(2)
	if found := c.found(c.books, proof.OverduePurge); len(found) != 1 || !strings.Contains(found[0].Why, "it was lifted") {
		t.Errorf("found %v", found)
	}
	// Between the key's end and its record.
	for _, k := range c.store.Keys().KeysOf(store.HoldClass(h.ID)) {
		if err := c.store.Keys().Destroy(k); err != nil {
			t.Fatal(err)
		}
	}
	c.begin()
	c.purger.purge(ctx)
	if n, err := c.store.CountHeld(ctx, h.ID); err != nil || n > 0 || c.keyed(h.ID) {
		t.Errorf("%d pieces are left: %v", n, err)
	}
}

// TestTermsTakeTwo: what is configured holds when two people have signed it; the
// ledger has it, and until then the term before it holds.
func TestTermsTakeTwo(t *testing.T) {
	t.Parallel()
	c := openCourt(t)
	ctx := t.Context()
	service := terms.New(terms.Config{Store: c.store, Ledger: c.books.gate, Clock: c.clock, Approvals: c.keys.Approvals})
	start := func(tracks time.Duration) int {
		t.Helper()
		c.purger.policy.Tracks = tracks
		if err := c.purger.adopt(ctx, service); err != nil {
			t.Fatal(err)
		}
		now := c.clock.Advance(time.Minute)
		if err := c.books.gate.Note(ctx, c.purger.declare(now.String(), now)...); err != nil {
			t.Fatal(err)
		}
		return int(c.purger.policy.Tracks / (24 * time.Hour))
	}
	sign := func(n int) error {
		who, key := signer(n)
		term, err := service.Get(ctx, "track")
		if err != nil {
			t.Fatal(err)
		}
		_, err = service.Sign(ctx, who, "track", authority.Pen{Key: b64(key[ed25519.PublicKeySize:]), Signature: b64(ed25519.Sign(key, []byte(term.ToSign())))}, "")
		return err
	}
	const day = 24 * time.Hour
	if got := start(5 * day); got != 5 {
		t.Fatalf("at first tracks are kept for %d days", got)
	}
	c.refused(sign(1), desk.ErrConflict, "no other term is configured")
	for _, wanted := range []int{40, 3} { // longer, shorter
		before := start(time.Duration(wanted) * day)
		if before == wanted {
			t.Errorf("nobody signed %d days, and they hold", wanted)
		}
		if err := sign(1); err != nil {
			t.Fatal(err)
		}
		c.refused(sign(1), desk.ErrForbidden, "another person")
		if got := start(time.Duration(wanted) * day); got != before {
			t.Errorf("one person signed %d days, and %d hold", wanted, got)
		}
		if err := sign(2); err != nil {
			t.Fatal(err)
		}
		if got := start(time.Duration(wanted) * day); got != wanted {
			t.Errorf("two people signed %d days, and %d hold", wanted, got)
		}
	}
	if found := c.found(c.books, proof.OnePerson); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}
