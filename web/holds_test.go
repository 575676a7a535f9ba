package web_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/holds"
	"atalaya/web"
)

// heldStore keeps nothing, and says that it does.
type heldStore struct{ *failing }

func (heldStore) Choose(_ context.Context, _ string, at time.Time, _ []holds.Span) (holds.Choice, error) {
	return holds.Choice{
		Items: map[string]uint64{"track": 3}, First: at, Last: at, Key: "k",
		Keep: func(context.Context) error { return nil }, Close: func() error { return nil },
	}, nil
}
func (heldStore) Forget(context.Context, string) error                { return nil }
func (heldStore) Keyed() []string                                     { return nil }
func (heldStore) Held(context.Context, string, func(any) error) error { return nil }

// theHolds are those of a server.
func theHolds(o *office, a *authority.Service) *holds.Service {
	return holds.New(holds.Config{
		Store: heldStore{o.store}, Ledger: o.store, Clock: o.clock, Approvals: a.Approvals,
		Purge: func(context.Context, string) error { return nil },
	})
}

// TestHolds: two people of two units hold a track and lift it; one alone does not.
func TestHolds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	ana, beto := o.person("Ana", desk.Supervisor).pen("navy"), o.person("Beto", desk.Supervisor).pen("law")
	for _, p := range []*pen{ana, beto} {
		p.brings().is(http.StatusOK, "")
	}
	now := o.clock.Now()
	wish := fmt.Sprintf(`{"spans":[{"track":12,"from":%q,"to":%q}],"reason":"court"}`, now.Add(-time.Hour).Format(time.RFC3339), now.Format(time.RFC3339))
	h := as[holds.Hold](ana.wishes("/api/ledger/holds", wish).is(http.StatusOK, ""))
	ana.wishes("/api/ledger/holds", wish).is(http.StatusConflict, "conflict")
	ana.wishes("/api/ledger/holds", `{"reason":"court"}`).is(http.StatusUnprocessableEntity, "invalid")
	ana.signs("/api/ledger/holds/H9/sign", "x").is(http.StatusNotFound, "not-found")
	ana.signs("/api/ledger/holds/H1/sign", "x").is(http.StatusUnprocessableEntity, "invalid")
	ana.signs("/api/ledger/holds/H1/sign", h.ToSign("")).is(http.StatusOK, "")
	ana.signs("/api/ledger/holds/H1/sign", h.ToSign("")).is(http.StatusForbidden, "forbidden")
	h = as[holds.Hold](beto.signs("/api/ledger/holds/H1/sign", h.ToSign("")).is(http.StatusOK, ""))
	if h.State != holds.InForce || h.Items["track"] != 3 {
		t.Errorf("%+v", h)
	}
	lift := func(p *pen) *answer {
		return p.wishes("/api/ledger/holds/H1/lift", fmt.Sprintf(`{"key":%q,"signature":%q,"reason":"over"}`, p.public(), p.sign(h.ToSign("over"))))
	}
	lift(ana).is(http.StatusOK, "")
	lift(ana).is(http.StatusForbidden, "forbidden")
	if h := as[holds.Hold](lift(beto).is(http.StatusOK, "")); h.State != holds.Lifted {
		t.Errorf("%+v", h)
	}
	if all := as[web.HoldList](ana.ask("GET", "/api/ledger/holds", "").is(http.StatusOK, "")); len(all.Holds) != 1 {
		t.Errorf("%+v", all)
	}
}
