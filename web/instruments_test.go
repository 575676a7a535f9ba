package web_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"atalaya/desk"
	"atalaya/desk/instruments"
	"atalaya/web"
)

func TestInstruments(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	ana, eva := o.person("ana", desk.Administrator), o.person("eva", desk.Viewer)
	wish := `{"type":"directive","title":"Directiva 7","parties":["Ministerio"],"date":"2026-01-02","sealed_by":"Ministerio","opens":"2100-01-01T00:00:00Z","text":"` +
		base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 2<<20))) + `"}`
	var i, again instruments.Instrument
	ana.ask("POST", "/api/ledger/instruments", wish, "Idempotency-Key: k1").is(http.StatusOK, "").json(&i)
	ana.ask("POST", "/api/ledger/instruments", wish, "Idempotency-Key: k1").is(http.StatusOK, "").json(&again)
	if i.ID != "I1" || again.ID != "I1" || i.Salt != "" {
		t.Errorf("sealed %+v, again %+v", i, again)
	}
	eva.ask("GET", "/api/ledger/instruments/I1/text", "").is(http.StatusForbidden, "forbidden")
	ana.ask("POST", "/api/ledger/instruments/I1/open", "", "Idempotency-Key: k2").is(http.StatusOK, "").json(&i)
	if got := eva.ask("GET", "/api/ledger/instruments/I1/text", "").is(http.StatusOK, ""); len(got.body) != 2<<20 {
		t.Errorf("the text has %d bytes", len(got.body))
	}
	var list web.InstrumentList
	eva.ask("GET", "/api/ledger/instruments", "").is(http.StatusOK, "").json(&list)
	if len(list.Instruments) != 1 || list.Instruments[0].Document == "" {
		t.Errorf("the list is %+v", list)
	}
	ana.ask("POST", "/api/ledger/instruments/I9/open", "", "Idempotency-Key: k3").is(http.StatusNotFound, "not-found")
}
