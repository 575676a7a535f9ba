package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/web"
)

// link makes a one-time link.
func (o *office) link(role desk.Role) string {
	o.t.Helper()
	secret, token := web.NewToken()
	if _, err := o.people.Invite(o.t.Context(), desk.Who{}, role, token, 24*time.Hour); err != nil {
		o.t.Fatal(err)
	}
	return secret
}

func enrolment(token, name, password string) string {
	return fmt.Sprintf(`{"token":%q,"name":%q,"password":%q}`, token, name, password)
}

func credentials(name, password string) string {
	return fmt.Sprintf(`{"name":%q,"password":%q}`, name, password)
}

const password = "correct horse"

// TestEnrol: a link makes one account, once, with the role that it was made
// for, and signs in; its cookie is for this server only.
func TestEnrol(t *testing.T) {
	o := newOffice(t, func(c *web.Config) { c.Secure = true })
	secret := o.link(desk.Officer)
	bea := o.stranger()
	a := bea.ask("POST", "/api/enrol", enrolment(secret, " Bea ", password)).is(200, "")
	var info web.SessionInfo
	a.json(&info)
	if info.Person.Name != "Bea" || info.Person.Role != desk.Officer || !info.Exercise || info.Version != "test" {
		t.Errorf("%+v", info)
	}
	if bytes.Contains(a.body, []byte("argon2")) || bytes.Contains(a.body, []byte(password)) {
		t.Errorf("told: %s", a.body)
	}
	c := bea.cookie
	if c == nil || c.Name != "__Host-atalaya_session" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 12*3600 || len(c.Value) < 26 {
		t.Fatalf("cookie %+v", c)
	}
	bea.ask("GET", "/api/session", "").is(200, "").json(&info)
	if info.Person.Name != "Bea" {
		t.Errorf("%+v", info)
	}
	x := o.stranger().ask("POST", "/api/enrol", enrolment(secret, "Eve", password)).is(409, "conflict")
	if !bytes.Contains(x.body, []byte("was used")) {
		t.Errorf("%s", x.body)
	}
	o.stranger().ask("POST", "/api/enrol", enrolment(o.link(desk.Viewer), "Bea", password)).is(409, "conflict")
	o.stranger().ask("POST", "/api/enrol", enrolment("NOSUCHTOKEN", "Eve", password)).is(404, "not-found")

	late := o.link(desk.Viewer)
	o.clock.wait(24 * time.Hour)
	x = o.stranger().ask("POST", "/api/enrol", enrolment(late, "Eve", password)).is(409, "conflict")
	if !bytes.Contains(x.body, []byte("expired")) {
		t.Errorf("%s", x.body)
	}
}

// TestPasswords: rules of passwords, and that none is ever sent back.
func TestPasswords(t *testing.T) {
	o := newOffice(t, nil)
	for name, p := range map[string]string{
		"short": "nine char", "empty": "", "long": strings.Repeat("y", 257), "long in bytes": strings.Repeat("ñ", 129),
	} {
		secret := o.link(desk.Viewer)
		a := o.stranger().ask("POST", "/api/enrol", enrolment(secret, "Ana", p))
		if a.status != http.StatusUnprocessableEntity || p != "" && bytes.Contains(a.body, []byte(p)) || bytes.Contains(a.body, []byte(secret)) {
			t.Errorf("%s: %d %.300s", name, a.status, a.body)
		}
		o.clock.wait(time.Minute)
	}
	// Also where something else is wrong.
	a := o.stranger().ask("POST", "/api/enrol", `{"token":"TTTT","name":"Ana","password":"hunter2hunter2","more":true}`).is(422, "unprocessable-entity")
	if bytes.Contains(a.body, []byte("hunter2")) || bytes.Contains(a.body, []byte("TTTT")) || !bytes.Contains(a.body, []byte("body.more")) {
		t.Errorf("%s", a.body)
	}
}

// TestSignIn: name and password, and nothing that tells which of them is wrong.
func TestSignIn(t *testing.T) {
	o := newOffice(t, nil)
	o.stranger().ask("POST", "/api/enrol", enrolment(o.link(desk.Officer), "Bea", password)).is(200, "")
	o.stranger().ask("POST", "/api/enrol", enrolment(o.link(desk.Officer), "Carl", password)).is(200, "")
	bea := o.stranger()
	bea.ask("POST", "/api/session", credentials("Bea", password)).is(200, "")
	bea.ask("GET", "/api/session", "").is(200, "")
	wrong := o.stranger().ask("POST", "/api/session", credentials("Bea", "wrong horse")).is(401, "wrong-credentials")
	unknown := o.stranger().ask("POST", "/api/session", credentials("Eve", password)).is(401, "wrong-credentials")
	if !bytes.Equal(wrong.body, unknown.body) {
		t.Errorf("%s and %s differ", wrong.body, unknown.body)
	}
	everybody, err := o.people.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.people.SetDisabled(t.Context(), desk.Who{}, everybody[0].ID, true, 0); err != nil {
		t.Fatal(err)
	}
	bea.ask("GET", "/api/session", "").is(401, "not-signed-in")
	shut := o.stranger().ask("POST", "/api/session", credentials("Bea", password)).is(401, "wrong-credentials")
	if !bytes.Equal(wrong.body, shut.body) {
		t.Errorf("%s and %s differ", wrong.body, shut.body)
	}
}

// TestSessions end by signing out, and by themselves.
func TestSessions(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person("Ana", desk.Viewer)
	old := *ana
	a := ana.ask("DELETE", "/api/session", "")
	if a.status >= 300 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 || cookies[0].MaxAge >= 0 || cookies[0].Value != "" {
		t.Errorf("cookies %v", cookies)
	}
	old.ask("GET", "/api/session", "").is(401, "not-signed-in")
	old.ask("DELETE", "/api/session", "").is(401, "not-signed-in")

	bea := o.person("Bea", desk.Viewer)
	o.clock.wait(12*time.Hour - time.Second)
	bea.ask("GET", "/api/session", "").is(200, "")
	o.clock.wait(time.Second)
	bea.ask("GET", "/api/session", "").is(401, "not-signed-in")
}

// TestTooManyAttempts: an address, and a name from wherever, has ten attempts,
// then one every six seconds. Who is right loses none.
func TestTooManyAttempts(t *testing.T) {
	o := newOffice(t, nil)
	o.stranger().ask("POST", "/api/enrol", enrolment(o.link(desk.Officer), "Bea", password)).is(200, "")
	try := func(from, name, secret string) *answer {
		v := visitor{o: o, from: from}
		return v.ask("POST", "/api/session", credentials(name, secret))
	}
	o.clock.wait(time.Hour)
	for range 11 {
		try("10.0.0.1:1000", "Bea", password).is(200, "")
	}
	// Names that do not exist cost as much as others, so spare some.
	for i := range 10 {
		try("10.0.0.1:"+strconv.Itoa(2000+i), fmt.Sprint("guess ", i), "wrong horse").is(401, "wrong-credentials")
	}
	a := try("10.0.0.1:3000", "Bea", password).is(429, "too-many-attempts")
	if a.header.Get("Retry-After") != "7" { // a little more than six
		t.Errorf("Retry-After: %s", a.header.Get("Retry-After"))
	}
	try("10.0.0.2:1000", "Bea", password).is(200, "")
	o.clock.wait(6 * time.Second)
	try("10.0.0.1:3001", "Bea", password).is(200, "")
	// The link has the same limit, by address.
	visitorOf := visitor{o: o, from: "10.0.0.1:3002"}
	visitorOf.ask("POST", "/api/enrol", enrolment("GUESS", "Eve", password)).is(404, "not-found")
	visitorOf.ask("POST", "/api/enrol", enrolment("GUESS", "Eve", password)).is(429, "too-many-attempts")
}

// TestInvite: an administrator invites, and the link works.
func TestInvite(t *testing.T) {
	o := newOffice(t, nil)
	officer, admin := o.person("Carl", desk.Officer), o.person("Bea", desk.Administrator)
	officer.ask("POST", "/api/people/invite", `{"role":"viewer"}`).is(403, "forbidden")
	var made web.Acted[web.Invitation]
	admin.ask("POST", "/api/people/invite", `{"role":"supervisor"}`).is(200, "").json(&made)
	inv := made.Done
	if inv.Token == "" || inv.Expires.Sub(o.clock.Now()) != 24*time.Hour {
		t.Errorf("%+v", inv)
	}
	dan := o.stranger()
	dan.ask("POST", "/api/enrol", enrolment(inv.Token, "Dan", password)).is(200, "")
	dan.ask("POST", "/api/people/invite", `{"role":"officer"}`).is(403, "forbidden")
	a := admin.ask("GET", "/api/people", "").is(200, "")
	var list web.PeopleList
	a.json(&list)
	if len(list.People) != 3 || list.People[2].Name != "Dan" || list.People[2].Role != desk.Supervisor || bytes.Contains(a.body, []byte("argon2")) {
		t.Errorf("%s", a.body)
	}
}

// TestInviteInstructor: an instructor's link says from where and until when;
// who comes in with it sees, and decides nothing.
func TestInviteInstructor(t *testing.T) {
	o := newOffice(t, nil)
	admin := o.person("Bea", desk.Administrator)
	until := o.clock.Now().Add(5 * time.Hour).UTC().Format(time.RFC3339)
	for name, bad := range map[string]string{
		"no end":       `{"role":"instructor","country":"ARG"}`,
		"no country":   `{"role":"instructor","until":"` + until + `"}`,
		"no role":      `{"role":"officer","country":"ARG","until":"` + until + `"}`,
		"a whole year": `{"role":"instructor","country":"ARG","until":"` + o.clock.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339) + `"}`,
	} {
		if a := admin.ask("POST", "/api/people/invite", bad); a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	var made web.Acted[web.Invitation]
	admin.ask("POST", "/api/people/invite", `{"role":"instructor","country":"ARG","until":"`+until+`"}`).is(200, "").json(&made)
	dan := o.stranger()
	dan.ask("POST", "/api/enrol", enrolment(made.Done.Token, "Dan", password)).is(200, "")
	dan.ask("GET", "/api/areas", "").is(200, "")
	dan.ask("POST", "/api/areas", addition("z", zone(square, "")), key("k")).is(403, "forbidden")
	dan.ask("GET", "/api/people", "").is(403, "forbidden")
	var list web.PeopleList
	admin.ask("GET", "/api/people", "").is(200, "").json(&list)
	x := list.People[len(list.People)-1]
	if x.Instructor == nil || x.Instructor.Country != "ARG" || x.Instructor.Until.UTC().Format(time.RFC3339) != until {
		t.Errorf("%+v", x)
	}
	admin.ask("PUT", "/api/people/"+string(x.ID)+"/role", `{"role":"officer"}`).is(403, "forbidden")
}

// TestSignInGone: a browser that went is not waited for.
func TestSignInGone(t *testing.T) {
	o := newOffice(t, nil)
	req := httptest.NewRequestWithContext(t.Context(), "POST", "/api/session", strings.NewReader(credentials("x", "y")))
	req.Header.Set("Content-Type", "application/json")
	ctx, cancel := context.WithCancel(req.Context())
	cancel()
	w := httptest.NewRecorder()
	o.server.ServeHTTP(w, req.WithContext(ctx))
	if w.Code < 400 {
		t.Errorf("%d", w.Code)
	}
	if strings.Contains(o.log.String(), "canceled") {
		t.Errorf("log: %s", o.log)
	}
}
