package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/clocks"
	"atalaya/web"
)

func TestClocks(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	eva := o.person("eva", desk.Officer)
	now := o.clock.Now().UTC()
	wish := func(opens string) string {
		return fmt.Sprintf(`{"clock":"flight","to":"pe","text":"x","event":%q%s}`, now.Add(100*time.Hour).Format(time.RFC3339), opens)
	}
	var n clocks.Notice
	eva.ask("POST", "/api/ledger/notices", wish(""), "Idempotency-Key: k1").is(http.StatusOK, "").json(&n)
	if n.ID != "N1" || n.Sealed || !n.Due.Equal(now.Add(28*time.Hour).Truncate(time.Second)) {
		t.Errorf("started %+v", n)
	}
	eva.ask("POST", "/api/ledger/notices", wish(`,"opens":"`+now.Add(110*time.Hour).Format(time.RFC3339)+`"`), "Idempotency-Key: k2").is(http.StatusOK, "")
	eva.ask("POST", "/api/ledger/notices/N1/given", `{"how":"by telephone"}`, "Idempotency-Key: k3").is(http.StatusOK, "")
	eva.ask("POST", "/api/ledger/notices/N1/open", "", "Idempotency-Key: k4").is(http.StatusConflict, "conflict")
	eva.ask("POST", "/api/ledger/notices/N2/open", "", "Idempotency-Key: k5").is(http.StatusOK, "")
	var list web.ClockList
	eva.ask("GET", "/api/ledger/notices?open=true", "").is(http.StatusOK, "").json(&list)
	if len(list.Notices) != 0 {
		t.Errorf("left to do: %+v", list.Notices)
	}
}
