package web_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"atalaya/desk"
	"atalaya/desk/permits"
	"atalaya/web"
)

const licence = `{"id":"GADLP/PE-77","kind":"fishing-licence","issuer":"Gobernación de La Paz","holder":"Juana Mamani",` +
	`"craft":[{"kind":"mmsi","value":"720000077"}],"area":"bay","until":"2026-12-31T04:00:00Z","reason":"papel"}`

func TestPermits(t *testing.T) {
	o := newOffice(t, nil)
	ana, eva := o.person("Ana", desk.Officer), o.person("Eva", desk.Viewer)
	const key, path = "Idempotency-Key: ", "/api/permits/GADLP%2FPE-77"

	var kept web.PermitKept
	if ana.ask("POST", "/api/permits", licence, key+"a").is(200, "").json(&kept); kept.Repeated || kept.Permit.Valid.Number != 1 || kept.Permit.Valid.By != "Ana" {
		t.Errorf("added: %+v", kept)
	}
	if ana.ask("POST", "/api/permits", licence, key+"a").is(200, "").json(&kept); !kept.Repeated {
		t.Errorf("added again: %+v", kept)
	}
	edited := func(version int, holder string) string {
		return strings.NewReplacer(`"id":"GADLP/PE-77"`, fmt.Sprintf(`"edited":%d`, version), "Juana", holder).Replace(licence)
	}
	ana.ask("POST", "/api/permits", strings.Replace(licence, "Juana", "Otra", 1), key+"b").is(409, "conflict")
	ana.ask("PUT", path, edited(2, "Rosa"), key+"c").is(409, "conflict")
	ana.ask("PUT", path, edited(1, "Rosa"), key+"a").is(409, "request-reused")
	if ana.ask("PUT", path, edited(1, "Rosa"), key+"c").is(200, "").json(&kept); kept.Permit.Holder != "Rosa Mamani" || kept.Permit.Valid.Number != 2 {
		t.Errorf("changed: %+v", kept)
	}
	ana.ask("PUT", "/api/permits/none", edited(1, "Rosa"), key+"d").is(404, "not-found")
	ana.ask("POST", "/api/permits", strings.NewReplacer("720000077", "72", "PE-77", "PE-78").Replace(licence), key+"e").is(422, "invalid")

	// A look-up is about something, and stands in the journal.
	search := func(about string) string { return `{"about":"` + about + `","reason":"quién es","text":"mamani"}` }
	alert := string(o.alert("f1"))
	before, err := o.store.Journal(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	ana.ask("POST", "/api/permits/search", search("A0")).is(404, "not-found")
	var found permits.Found
	if ana.ask("POST", "/api/permits/search", search(alert)).is(200, "").json(&found); found.Total != 1 || found.Permits[0].Holder != "Rosa Mamani" {
		t.Errorf("found: %+v", found)
	}
	var versions web.PermitVersions
	if ana.ask("GET", path+"/versions?reason=corregir", "").is(200, "").json(&versions); len(versions.Versions) != 2 {
		t.Errorf("versions: %+v", versions)
	}
	after, err := o.store.Journal(t.Context(), 0, 100)
	if err != nil || len(after) != len(before)+2 || after[len(after)-2].Record.ID != found.Record || after[len(after)-2].Record.Subject != alert {
		t.Errorf("journal: %+v, %v", after, err)
	}
	// Everybody may know how many there are; nobody sees one without asking.
	a := eva.ask("GET", "/api/permits", "").is(200, "")
	if want := `{"kinds":[{"kind":"fishing-licence","total":1,"valid":1}]}`; strings.TrimSpace(string(a.body)) != want {
		t.Errorf("counts %s, want %s", a.body, want)
	}

	if ana.ask("POST", path+"/retire", `{"reason":"anulada"}`, key+"f").is(200, "").json(&kept); !kept.Permit.Retired() {
		t.Errorf("retired: %+v", kept)
	}
	if ana.ask("POST", path+"/retire", `{"reason":"anulada"}`, key+"f").is(200, "").json(&kept); !kept.Repeated {
		t.Errorf("retired again: %+v", kept)
	}
}

func TestImportOfPermits(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person("Ana", desk.Officer)
	const head = "número;tipo;emisor;embarcación;desde\n"
	send := func(path, file string) *answer {
		return ana.ask("POST", "/api/permits/import"+path, file, "Content-Type: text/csv", "Idempotency-Key: k")
	}
	reason := "?utc_offset_min=-240&reason=" + url.QueryEscape("lista de junio")
	var p permits.Preview
	if send("/preview", head+"1;pesca;x;Lupita;01/06/2026\n2;barco;x;;\n").is(200, "").json(&p); p.New != 1 || p.Wrong != 1 || p.Errors[0].Column != "tipo" || p.Applied {
		t.Errorf("preview: %+v", p)
	}
	a := send(reason, head+"1;pesca;x;Lupita;01/06/2026\n2;barco;x;;\n").is(422, "wrong-lines")
	if !bytes.Contains(a.body, []byte(`"location":"line 3, tipo"`)) {
		t.Errorf("refused: %s", a.body)
	}
	file := head + "1;pesca;x;Lupita;01/06/2026\n2;feria;x;Rosa;\n"
	if send(reason, file).is(200, "").json(&p); p.New != 2 || !p.Applied {
		t.Errorf("imported: %+v", p)
	}
	if send(reason, file).is(200, "").json(&p); p.Same != 2 || p.New != 0 {
		t.Errorf("imported again: %+v", p)
	}
	send("", file).is(422, "unprocessable-entity") // no reason
	send("/preview", "").is(422, "invalid")
	send("/preview?utc_offset_min=2000", file).is(422, "unprocessable-entity")
	long := head + strings.Repeat("x", 17<<20)
	send("/preview", long).is(413, "file-too-long")
	// Other bodies stay short.
	ana.ask("POST", "/api/permits", `{"id":"`+strings.Repeat("x", 2<<20)+`"}`, "Idempotency-Key: k").is(413, "request-entity-too-large")
}
