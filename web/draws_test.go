package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"atalaya/desk"
	"atalaya/desk/draws"
	"atalaya/desk/papers"
	"atalaya/ledger"
	"atalaya/web"
)

// audits has draws, and answers none.
type audits struct{ *draws.Service }

func (a audits) Answer(ctx context.Context, _ papers.Wish, id string, do func([]byte) error) (draws.Draw, error) {
	d, err := a.Get(ctx, id)
	if err != nil {
		return d, err
	}
	return d, do([]byte(`{"format":"atalaya.bundle.v1"}`))
}

func TestDraws(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	ana := o.person("ana", desk.Administrator)
	seed := make([]byte, ledger.SeedSize)
	wish := fmt.Sprintf(`{"overseer":"Defensoría","content":%q,"draws":5}`, ledger.DrawCommitment(seed))
	var d draws.Draw
	ana.ask("POST", "/api/ledger/draws", wish, "Idempotency-Key: k1").is(http.StatusOK, "").json(&d)
	if d.ID != "D1" || d.Within != 72 || d.Seed != "" {
		t.Errorf("committed %+v", d)
	}
	ana.ask("POST", "/api/ledger/draws", strings.Replace(wish, ":5", ":0", 1), "Idempotency-Key: k2").is(http.StatusUnprocessableEntity, "unprocessable-entity")
	ana.ask("POST", "/api/ledger/draws/D1/seed", fmt.Sprintf(`{"seed":"%064d"}`, 7), "Idempotency-Key: k3").is(http.StatusUnprocessableEntity, "invalid")
	if got := ana.ask("POST", "/api/ledger/draws/D1/answer", "", "Idempotency-Key: k4").is(http.StatusOK, ""); !strings.Contains(string(got.body), "bundle") {
		t.Errorf("the answer is %s", got.body)
	}
	var list web.DrawList
	ana.ask("GET", "/api/ledger/draws", "").is(http.StatusOK, "").json(&list)
	if len(list.Draws) != 1 {
		t.Errorf("the list is %+v", list)
	}
}
