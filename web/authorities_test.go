package web_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/web"
)

// pen is a device with a key.
type pen struct {
	*visitor
	unit, device string
	key          ed25519.PrivateKey
	count        int
}

func (v *visitor) pen(unit string) *pen {
	_, key, err := ed25519.GenerateKey(nil)
	check(v.o.t, err)
	return &pen{visitor: v, unit: unit, device: "device-" + string(v.id), key: key}
}

func (p *pen) public() string {
	return base64.StdEncoding.EncodeToString(p.key[ed25519.PublicKeySize:])
}

func (p *pen) sign(text string) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(p.key, []byte(text)))
}

// wishes posts under a name that was not used before.
func (p *pen) wishes(path, body string) *answer {
	p.o.t.Helper()
	p.count++
	return p.ask("POST", path, body, fmt.Sprintf("Idempotency-Key: %s-%d", p.device, p.count))
}

func (p *pen) brings() *answer {
	p.o.t.Helper()
	proof := p.sign(fmt.Sprintf("atalaya.key.v1\n%s\n%s\n%s\n", p.unit, p.device, p.public()))
	return p.wishes("/api/authority-keys", fmt.Sprintf(`{"unit":%q,"device":%q,"key":%q,"proof":%q}`, p.unit, p.device, p.public(), proof))
}

func (p *pen) signs(path, text string) *answer {
	p.o.t.Helper()
	return p.wishes(path, fmt.Sprintf(`{"key":%q,"signature":%q}`, p.public(), p.sign(text)))
}

// as reads an answer anew: what it leaves out is empty.
func as[T any](a *answer) (v T) {
	a.t.Helper()
	a.json(&v)
	return v
}

func termsAt(now time.Time, emergency bool) string {
	return fmt.Sprintf(`{"basis":"Ley 100","issuer":"Ministerio","purposes":["smuggling"],"place":"Copacabana","area":[{"lat":-16,"lon":-69},{"lat":-16.1,"lon":-69},{"lat":-16.1,"lon":-69.1}],
"sensors":["cam-1"],"from":%q,"until":%q,"flights":0,"flight_hours":0,"emergency":%v}`,
		now.Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339), emergency)
}

// TestAuthorities: two people of two units bring keys, adopt the policy, and
// sign an authority; one alone does not.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	ana, beto, carl := o.person("Ana", desk.Supervisor).pen("navy"), o.person("Beto", desk.Supervisor).pen("law"), o.person("Carl", desk.Officer).pen("navy")
	eva := o.person("Eva", desk.Viewer)
	carl.brings().is(403, "forbidden") // an officer approves nobody's later
	ana.brings().is(200, "")
	same := o.person("Ada", desk.Supervisor).pen("navy")
	same.brings().is(409, "conflict") // nobody could ever approve a third
	beto.brings().is(200, "")
	var k web.ShownKey
	carl.brings().is(200, "").json(&k)
	if k.ID != "K3" || k.State != authority.KeyWaits || k.Sign == "" {
		t.Fatalf("%+v", k)
	}
	path := "/api/authority-keys/K3/signatures"
	ana.signs(path, k.Sign).is(200, "")
	ana.signs(path, k.Sign).is(403, "forbidden")
	k = as[web.ShownKey](beto.signs(path, k.Sign).is(200, ""))
	if k.State != authority.KeySigns || len(k.Signed) != 2 || k.Sign != "" || k.Revoke == "" {
		t.Fatalf("%+v", k)
	}

	var p web.ShownPolicy
	eva.ask("GET", "/api/policy", "").is(200, "").json(&p)
	if p.InForce || p.Adopted != "" || p.Sign == "" || p.Text != "permit ();" {
		t.Fatalf("%+v", p)
	}
	ana.signs("/api/policy/signatures", p.Sign).is(200, "").json(&p)
	if p.InForce || len(p.Versions) != 1 {
		t.Fatalf("%+v", p)
	}
	p = as[web.ShownPolicy](beto.signs("/api/policy/signatures", p.Sign).is(200, ""))
	if !p.InForce || p.Adopted != p.Hash || p.Sign != "" {
		t.Fatalf("%+v", p)
	}

	carl.wishes("/api/authorities", termsAt(o.clock.Now(), false)).is(403, "forbidden") // it takes a supervisor
	var a web.ShownAuthority
	ana.wishes("/api/authorities", termsAt(o.clock.Now(), false)).is(200, "").json(&a)
	hash := sha256.Sum256([]byte(a.Text))
	if a.State != authority.Draft || a.Salt == "" || hex.EncodeToString(hash[:]) != a.Content || a.Sign == "" {
		t.Fatalf("%+v", a)
	}
	var seen web.ShownAuthority
	eva.ask("GET", "/api/authorities/A1", "").is(200, "").json(&seen)
	if seen.Salt+seen.Text+seen.Sign != "" || seen.Content != a.Content || seen.Basis != "Ley 100" {
		t.Errorf("a viewer sees %+v", seen)
	}
	path = "/api/authorities/A1/signatures"
	ana.signs(path, "another text").is(422, "invalid")
	ana.signs(path, a.Sign).is(200, "")
	ana.signs(path, a.Sign).is(403, "forbidden")
	text := a.Sign
	a = as[web.ShownAuthority](beto.signs(path, text).is(200, ""))
	if a.State != authority.InForce || len(a.Signed) != 2 || a.Sign != "" {
		t.Fatalf("%+v", a)
	}
	beto.signs(path, text).is(409, "conflict")
	body := `{"reason":"over"}`
	for range 2 { // a retry is done once
		a = as[web.ShownAuthority](carl.ask("POST", "/api/authorities/A1/revoke", body, "Idempotency-Key: once").is(200, ""))
		if a.State != authority.Revoked || a.Reason != "over" {
			t.Fatalf("%+v", a)
		}
	}
	var list web.AuthorityList
	eva.ask("GET", "/api/authorities", "").is(200, "").json(&list)
	if len(list.Authorities) != 1 {
		t.Errorf("%+v", list)
	}
	eva.ask("GET", "/api/authorities?open=true", "").is(200, "").json(&list)
	if len(list.Authorities) != 0 {
		t.Errorf("%+v", list)
	}

	// An emergency: one signs, two others review.
	carl.wishes("/api/authorities", termsAt(o.clock.Now(), true)).is(200, "").json(&a)
	carl.signs("/api/authorities/A2/signatures", a.Sign).is(200, "").json(&a)
	if a.State != authority.Emergency || a.Review == "" {
		t.Fatalf("%+v", a)
	}
	carl.signs("/api/authorities/A2/reviews", a.Review).is(403, "forbidden")
	ana.signs("/api/authorities/A2/reviews", a.Review).is(200, "")
	a = as[web.ShownAuthority](beto.signs("/api/authorities/A2/reviews", a.Review).is(200, ""))
	if a.State != authority.InForce || a.Review != "" {
		t.Fatalf("%+v", a)
	}

	// A key is revoked by who has it, and another's by two.
	carl.wishes("/api/authority-keys/K1/revoke", `{"reason":"no"}`).is(403, "forbidden")
	ana.wishes("/api/authority-keys/K1/revoke", body).is(200, "") // Carl's is of the same unit
	beto.wishes("/api/authority-keys/K2/revoke", body).is(409, "conflict")
	a = as[web.ShownAuthority](ana.wishes("/api/authorities", termsAt(o.clock.Now(), false)).is(200, ""))
	ana.signs("/api/authorities/A3/signatures", a.Sign).is(403, "forbidden")
	var keys web.KeyList
	eva.ask("GET", "/api/authority-keys", "").is(403, "forbidden")
	carl.ask("GET", "/api/authority-keys", "").is(200, "").json(&keys)
	if len(keys.Keys) != 3 || keys.Keys[2].State != authority.KeyRevoked || keys.Keys[2].ID != "K1" {
		t.Errorf("%+v", keys)
	}
}

// TestConfirm: who has a passkey confirms a signature with it, and with that
// answer no other.
func TestConfirm(t *testing.T) {
	t.Parallel()
	o := named(t, nil)
	v := o.person("Ana", desk.Supervisor)
	v.host = "localhost:8470"
	ana := v.pen("navy")
	ana.brings().is(200, "")
	key := newAuthenticator(t, "http://localhost:8470", "localhost")
	q := ana.asks("/api/passkeys/start")
	ana.ask("POST", "/api/passkeys", answering(t, q.Ceremony, key.create(q.Options), map[string]any{"name": "llavero"})).is(200, "")
	var a web.ShownAuthority
	ana.wishes("/api/authorities", termsAt(o.clock.Now(), false)).is(200, "").json(&a)
	path := "/api/authorities/A1/signatures"
	ana.signs(path, a.Sign).is(http.StatusForbidden, "confirm")
	asked := func(text string) any {
		var q question
		b, err := json.Marshal(map[string]string{"text": text})
		check(t, err)
		ana.ask("POST", "/api/passkeys/confirm", string(b)).is(200, "").json(&q)
		return map[string]any{"ceremony": q.Ceremony, "credential": key.get(q.Options)}
	}
	signs := func(passkey any) *answer {
		b, err := json.Marshal(map[string]any{"key": ana.public(), "signature": ana.sign(a.Sign), "passkey": passkey})
		check(t, err)
		return ana.wishes(path, string(b))
	}
	signs(asked("another text")).is(422, "passkey")
	in := ana.asks("/api/session/passkey/start") // an answer that signs in confirms nothing
	signs(map[string]any{"ceremony": in.Ceremony, "credential": key.get(in.Options)}).is(422, "passkey")
	good := asked(a.Sign)
	signs(good).is(200, "")
	signs(good).is(403, "wrong-credentials") // once
}
