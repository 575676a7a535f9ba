package web_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/web"
)

// program is a visitor with a token and no session.
func (v *visitor) program(scopes string) (program func(method, path string) *answer, id string) {
	v.o.t.Helper()
	var made web.MadeToken
	v.ask("POST", "/api/tokens", `{"name":"QGIS","days":30,"scopes":[`+scopes+`]}`, "Idempotency-Key: "+scopes).is(200, "").json(&made)
	if !strings.HasPrefix(made.Secret, "atl_") || len(made.Secret) < 30 || made.Token.Person != v.id {
		v.o.t.Fatalf("%+v", made)
	}
	return func(method, path string) *answer {
		v.o.t.Helper()
		return v.o.stranger().ask(method, path, "", "Authorization: bearer "+made.Secret)
	}, made.Token.ID
}

// TestTokens: a program reads what its scopes say, and nothing else, for as
// long as the token and its person are good.
func TestTokens(t *testing.T) {
	o := newOffice(t, nil)
	admin, ana := o.person("Bea", desk.Administrator), o.person("Ana", desk.Administrator)
	alerts, _ := ana.program(`"read-alerts"`)
	alerts("GET", "/api/alerts").is(200, "")
	a := alerts("GET", "/api/tracks").is(403, "forbidden")
	if !bytes.Contains(a.body, []byte("read-picture")) {
		t.Errorf("%s", a.body)
	}
	// What people do is closed to every token, whatever the role of its person.
	all, id := ana.program(`"read-picture","read-alerts","read-system","ogc"`)
	for _, op := range operations(t, o) {
		path := strings.NewReplacer("{id}", "1", "{seq}", "9").Replace(op.path)
		a := all(op.method, path)
		switch {
		case op.role == "anybody":
		case op.scoped && (op.method != http.MethodGet || a.status == http.StatusUnauthorized || a.status == http.StatusForbidden):
			t.Errorf("%s %s with every scope: %d %s", op.method, op.path, a.status, a.body)
		case !op.scoped:
			a.is(401, "not-signed-in")
		}
	}
	for _, wrong := range []string{"Basic YTpi", "Bearer", "Bearer ", "Bearer atl_WRONG", "atl_WRONG"} {
		// A session beside a wrong token does not help.
		a := ana.ask("GET", "/api/tracks", "", "Authorization: "+wrong).is(401, "not-signed-in")
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q: no WWW-Authenticate", wrong)
		}
	}

	a = ana.ask("GET", "/api/tokens", "").is(200, "")
	var list web.TokenList
	a.json(&list)
	if len(list.Tokens) != 2 || list.Tokens[0].Used != o.clock.Now() || bytes.Contains(a.body, []byte("atl_")) {
		t.Errorf("%s", a.body)
	}
	viewer := o.person("Carl", desk.Viewer)
	viewer.ask("GET", "/api/tokens?all=true", "").is(403, "forbidden")
	viewer.ask("DELETE", "/api/tokens/"+id, "").is(404, "not-found")
	ana.ask("POST", "/api/tokens", `{"name":"x","days":367,"scopes":["ogc"]}`, "Idempotency-Key: x").is(422, "unprocessable-entity")
	ana.ask("POST", "/api/tokens", `{"name":"x","days":3,"scopes":["people"]}`, "Idempotency-Key: x").is(422, "unprocessable-entity")
	ana.ask("POST", "/api/tokens", `{"name":"x","days":3,"scopes":["ogc"]}`, `Idempotency-Key: "read-alerts"`).is(409, "request-reused")

	if a := admin.ask("DELETE", "/api/tokens/"+id, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	all("GET", "/api/tracks").is(401, "not-signed-in")
	admin.ask("GET", "/api/tokens?all=true", "").is(200, "").json(&list)
	if len(list.Tokens) != 1 {
		t.Errorf("%+v", list)
	}
	o.clock.wait(30 * 24 * time.Hour)
	alerts("GET", "/api/alerts").is(401, "not-signed-in")
}
