package web_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/web"
)

// question is what the server asks a passkey.
type question struct {
	Ceremony string  `json:"ceremony"`
	Options  options `json:"options"`
}

// asks gets a question.
func (v *visitor) asks(path string) question {
	v.o.t.Helper()
	var q question
	v.ask("POST", path, "").is(200, "").json(&q)
	return q
}

// answering is the body that brings an answer.
func answering(t *testing.T, ceremony string, credential any, more map[string]any) string {
	t.Helper()
	all := map[string]any{"ceremony": ceremony, "credential": credential}
	maps.Copy(all, more)
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func named(t *testing.T, set func(*web.Config)) *office {
	return newOfficeWith(t, desk.Policy{}, 0, func(c *web.Config) {
		c.URL = "http://localhost:8470"
		if set != nil {
			set(c)
		}
	})
}

// local makes a visitor that came by the name that passkeys are for.
func (o *office) local() *visitor { return &visitor{o: o, host: "localhost:8470"} }

// TestPasskey: made with the link, without any password; it signs in without a
// name, once for each question, and unlocks.
func TestPasskey(t *testing.T) {
	o := named(t, nil)
	secret := o.link(desk.Officer)
	ana := o.local()
	var start struct {
		Role    desk.Role
		Passkey question
	}
	ana.ask("POST", "/api/enrol/start", `{"token":"`+secret+`","name":"Ana"}`).is(200, "").json(&start)
	q := start.Passkey
	if start.Role != desk.Officer || q.Options.RP.ID != "localhost" || q.Ceremony == "" {
		t.Fatalf("%+v", start)
	}
	key := newAuthenticator(t, "http://localhost:8470", "localhost")
	key.flags = present // nobody was verified
	ana.ask("POST", "/api/enrol", answering(t, q.Ceremony, key.create(q.Options), map[string]any{"token": secret, "name": "Ana"})).is(422, "passkey")
	key.flags |= verified
	// A question for one link is no good for another.
	ana.ask("POST", "/api/enrol", answering(t, q.Ceremony, key.create(q.Options), map[string]any{"token": o.link(desk.Administrator), "name": "Ana"})).is(422, "passkey")
	ana.ask("POST", "/api/enrol", answering(t, q.Ceremony, key.create(q.Options), map[string]any{"token": secret, "name": "Ana"})).is(200, "")
	ana.ask("POST", "/api/session", credentials("Ana", password)).is(401, "wrong-credentials") // she has none

	again := o.local()
	q = again.asks("/api/session/passkey/start")
	if q.Options.RPID != "localhost" || q.Options.UserVerification != "required" {
		t.Fatalf("%+v", q)
	}
	signIn := answering(t, q.Ceremony, key.get(q.Options), nil)
	var info web.SessionInfo
	again.ask("POST", "/api/session/passkey", signIn).is(200, "").json(&info)
	if info.Person.Name != "Ana" {
		t.Errorf("%+v", info)
	}
	o.local().ask("POST", "/api/session/passkey", signIn).is(401, "wrong-credentials") // the same answer again
	if a := again.ask("POST", "/api/session/lock", ""); a.status != http.StatusNoContent {
		t.Fatal(a.status)
	}
	again.ask("POST", "/api/people/invite", `{}`).is(403, "forbidden")
	q = again.asks("/api/session/passkey/start")
	again.ask("POST", "/api/session/unlock", answering(t, q.Ceremony, key.get(q.Options), nil)).is(200, "")
	again.ask("POST", "/api/session/activity", "")

	// A second key, and the first is removed; the last one stays.
	q = again.asks("/api/passkeys/start")
	second := newAuthenticator(t, "http://localhost:8470", "localhost")
	again.ask("POST", "/api/passkeys", answering(t, q.Ceremony, second.create(q.Options), map[string]any{"name": "llavero"})).is(200, "")
	if string(second.handle) != string(key.handle) {
		t.Error("two passkeys of one person have two handles")
	}
	again.ask("POST", "/api/passkeys", answering(t, q.Ceremony, second.create(q.Options), map[string]any{"name": "copy"})).is(409, "conflict")
	var list web.PasskeyList
	again.ask("GET", "/api/passkeys", "").is(200, "").json(&list)
	if len(list.Passkeys) != 2 || list.Passkeys[0].Used.IsZero() || list.Passkeys[1].Name != "llavero" {
		t.Fatalf("%+v", list)
	}
	other := o.person("Eve", desk.Administrator)
	other.ask("DELETE", "/api/passkeys/"+list.Passkeys[0].ID, "").is(404, "not-found")
	again.ask("PUT", "/api/passkeys/"+list.Passkeys[1].ID+"/name", `{"name":"llave azul"}`).is(200, "")
	if a := again.ask("DELETE", "/api/passkeys/"+list.Passkeys[0].ID, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	again.ask("DELETE", "/api/passkeys/"+list.Passkeys[1].ID, "").is(409, "conflict")
	q = o.local().asks("/api/session/passkey/start")
	o.local().ask("POST", "/api/session/passkey", answering(t, q.Ceremony, key.get(q.Options), nil)).is(401, "wrong-credentials")
	q = o.local().asks("/api/session/passkey/start")
	o.local().ask("POST", "/api/session/passkey", answering(t, q.Ceremony, second.get(q.Options), nil)).is(200, "")
}

// passkeyOf enrols somebody with a passkey.
func (o *office) passkeyOf(t *testing.T, name string) *authenticator {
	t.Helper()
	secret := o.link(desk.Viewer)
	var start struct{ Passkey question }
	o.local().ask("POST", "/api/enrol/start", `{"token":"`+secret+`","name":"`+name+`"}`).is(200, "").json(&start)
	key := newAuthenticator(t, "http://localhost:8470", "localhost")
	o.local().ask("POST", "/api/enrol", answering(t, start.Passkey.Ceremony, key.create(start.Passkey.Options), map[string]any{"token": secret, "name": name})).is(200, "")
	return key
}

// TestPasskeyRefused: what must not let anybody in.
func TestPasskeyRefused(t *testing.T) {
	o := named(t, nil)
	for _, tt := range []struct {
		name string
		do   func(a *authenticator, q *question)
		want int
		code string
	}{
		{"not verified", func(a *authenticator, _ *question) { a.flags = present }, 401, "wrong-credentials"},
		{"nobody there", func(a *authenticator, _ *question) { a.flags = verified }, 401, "wrong-credentials"},
		{"another site", func(a *authenticator, _ *question) { a.origin = "https://evil.test" }, 401, "wrong-credentials"},
		{"another name", func(a *authenticator, _ *question) { a.rp = "evil.test" }, 401, "wrong-credentials"},
		{"another key", func(a *authenticator, _ *question) { a.key = newAuthenticator(t, "", "").key }, 401, "wrong-credentials"},
		{"unknown passkey", func(a *authenticator, _ *question) { a.id = []byte("nobody has this one") }, 401, "wrong-credentials"},
		{"another's handle", func(a *authenticator, _ *question) { a.handle = []byte("somebody else") }, 401, "wrong-credentials"},
		{"another question", func(_ *authenticator, q *question) { q.Options.Challenge = b64([]byte("a challenge of my own making")) }, 401, "wrong-credentials"},
		{"forged ceremony", func(_ *authenticator, q *question) { q.Ceremony = "AAAA" + q.Ceremony[4:] }, 422, "passkey"},
		{"no ceremony", func(_ *authenticator, q *question) { q.Ceremony = "x" }, 422, "passkey"},
		{"too late", func(*authenticator, *question) { o.clock.wait(5 * time.Minute) }, 422, "passkey"},
		{"right", func(*authenticator, *question) {}, 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.clock.wait(time.Hour)
			key := o.passkeyOf(t, tt.name)
			q := o.local().asks("/api/session/passkey/start")
			tt.do(key, &q)
			o.local().ask("POST", "/api/session/passkey", answering(t, q.Ceremony, key.get(q.Options), nil)).is(tt.want, tt.code)
		})
	}
	o.local().ask("POST", "/api/session/passkey", `{"ceremony":"x","credential":{"id":7}}`).is(422, "passkey")
}

// TestPasskeyCloned: a counter that goes back means a copy: neither signs in
// any more, and it is on record.
func TestPasskeyCloned(t *testing.T) {
	o := named(t, nil)
	key := o.passkeyOf(t, "Ana")
	try := func(status int, code string) {
		t.Helper()
		q := o.local().asks("/api/session/passkey/start")
		o.local().ask("POST", "/api/session/passkey", answering(t, q.Ceremony, key.get(q.Options), nil)).is(status, code)
	}
	key.count = 10
	try(200, "")
	key.count = 5
	try(401, "wrong-credentials")
	key.count = 50
	try(401, "wrong-credentials")
	entries, err := o.store.Journal(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if k := entries[len(entries)-1].Record.Kind; k != "passkey.cloned" {
		t.Errorf("the last record is %s", k)
	}
	attempts, err := o.people.Attempts(t.Context(), desk.Who{}, 0, 1)
	if err != nil || attempts[0].Outcome != people.Cloned || attempts[0].Name != "Ana" {
		t.Errorf("%+v %v", attempts, err)
	}
}

// TestPasskeyAddresses: where passkeys are possible, and what the page is told
// where they are not.
func TestPasskeyAddresses(t *testing.T) {
	for _, tt := range []struct {
		url, host string
		possible  bool
		why, at   string
	}{
		{"http://localhost:8470", "localhost:8470", true, "", "http://localhost:8470"},
		{"http://localhost:8470", "localhost:9000", true, "", "http://localhost:8470"}, // forwarded
		{"http://localhost:8470", "127.0.0.1:8470", false, "number", "http://localhost:8470"},
		{"http://localhost:8470", "[::1]:8470", false, "number", "http://localhost:8470"},
		{"http://localhost:8470", "post.example", false, "other", "http://localhost:8470"},
		{"https://atalaya.example", "atalaya.example", true, "", "https://atalaya.example"},
		{"https://atalaya.example", "ATALAYA.example:443", true, "", "https://atalaya.example"},
		{"http://atalaya.example", "atalaya.example", false, "insecure", ""},
		{"https://10.0.0.7:8470", "10.0.0.7:8470", false, "number", ""},
		{"", "localhost", false, "other", ""},
	} {
		o := newOfficeWith(t, desk.Policy{}, 0, func(c *web.Config) { c.URL = tt.url })
		v := &visitor{o: o, host: tt.host}
		var got web.SignInOptions
		v.ask("GET", "/api/session/options", "").is(200, "").json(&got)
		if got.Passkeys != tt.possible || got.Why != tt.why || got.Address != tt.at || !got.Exercise {
			t.Errorf("%s by %s: %+v", tt.url, tt.host, got)
		}
		if a := v.ask("POST", "/api/session/passkey/start", ""); tt.possible {
			a.is(200, "")
		} else if a.is(409, "no-passkeys"); tt.at != "" && !strings.Contains(string(a.body), tt.at) {
			t.Errorf("%s", a.body)
		}
	}
}
