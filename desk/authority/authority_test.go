package authority_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/geo"
	"atalaya/policy"
	"atalaya/sensor"
	"atalaya/valid"
)

// office is a store, a ledger and a clock.
type office struct {
	now     time.Time
	docs    []desk.Document
	records []desk.Record
	refuse  error // of the ledger
}

func (o *office) Now() time.Time { return o.now }

func (o *office) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if o.refuse != nil {
		return o.refuse
	}
	o.records = append(o.records, rec)
	return act(ctx)
}

func (o *office) SaveDocument(_ context.Context, d desk.Document, _ desk.Rests) error {
	last := uint64(0)
	for _, x := range o.docs {
		if x.ID == d.ID {
			last = x.Version
		}
		if d.Request != "" && x.Request == d.Request {
			return desk.ErrConflict
		}
	}
	if d.Version != last+1 {
		return desk.ErrConflict
	}
	o.docs = append(o.docs, d)
	return nil
}

func (o *office) last(match func(desk.Document) bool) (desk.Document, error) {
	for _, d := range slices.Backward(o.docs) {
		if match(d) {
			return d, nil
		}
	}
	return desk.Document{}, desk.ErrNotFound
}

func (o *office) DocumentByID(_ context.Context, kind desk.DocumentKind, id string) (desk.Document, error) {
	return o.last(func(d desk.Document) bool { return d.Kind == kind && d.ID == id })
}

func (o *office) DocumentByRequest(_ context.Context, request string) (desk.Document, error) {
	return o.last(func(d desk.Document) bool { return d.Request == request })
}

func (o *office) DocumentVersions(context.Context, desk.DocumentKind, string) ([]desk.Document, error) {
	return nil, errors.New("not asked for")
}

func (o *office) Documents(_ context.Context, q desk.DocumentQuery) (out []desk.Filed, err error) {
	seen := map[string]bool{}
	for i, d := range slices.Backward(o.docs) {
		if d.Kind != q.Kind {
			continue
		}
		if number := uint64(i + 1); !seen[d.ID] && (d.Open || !q.OpenOnly) && (q.Before == 0 || number < q.Before) {
			out = append(out, desk.Filed{Number: number, Document: d})
		}
		seen[d.ID] = true
	}
	return out[:min(len(out), q.Size())], nil
}

func (o *office) CountDocuments(_ context.Context, kind desk.DocumentKind) (uint64, error) {
	seen := map[string]bool{}
	for _, d := range o.docs {
		seen[d.ID] = seen[d.ID] || d.Kind == kind
	}
	n := uint64(0)
	for _, is := range seen {
		if is {
			n++
		}
	}
	return n, nil
}

func who(id desk.PersonID, role desk.Role) desk.Who {
	return desk.Who{ID: id, Name: "name of " + string(id), Role: role}
}

// device is one with a key.
type device struct {
	who        desk.Who
	unit, name string
	key        ed25519.PrivateKey
}

func newDevice(id desk.PersonID, unit string) device {
	seed := sha256.Sum256([]byte(id))
	return device{who(id, desk.Supervisor), unit, "device-" + string(id), ed25519.NewKeyFromSeed(seed[:])}
}

func (d device) public() string {
	return base64.StdEncoding.EncodeToString(d.key.Public().(ed25519.PublicKey))
}

func (d device) sign(text []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(d.key, text))
}

func (d device) pen(kind, id, content string) authority.Pen {
	return authority.Pen{Key: d.public(), Signature: d.sign(authority.ApprovalText(kind, id, content))}
}

func (d device) bring(t *testing.T, s *authority.Service) authority.Key {
	t.Helper()
	n := authority.NewKey{Unit: d.unit, Device: d.name, Key: d.public()}
	n.Proof = d.sign(n.ProofText())
	k, err := s.AddKey(t.Context(), d.who, n, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var (
	ana  = newDevice("P1", "navy")
	beto = newDevice("P2", "law")
	caro = newDevice("P3", "navy")
	dora = newDevice("P4", "customs")
)

// opened is an office with a service, and no keys yet.
func opened(more ...func(*authority.Config)) (*office, *authority.Service) {
	o := &office{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	cfg := authority.Config{
		Store: o, Ledger: o, Clock: o, Log: slog.New(slog.DiscardHandler),
		Pseudonym: func(id desk.PersonID) string { return "p-" + string(id) },
	}
	for _, m := range more {
		m(&cfg)
	}
	return o, authority.New(cfg)
}

// begun has the keys of Ana and Beto.
func begun(t *testing.T, more ...func(*authority.Config)) (*office, *authority.Service) {
	t.Helper()
	o, s := opened(more...)
	for _, d := range []device{ana, beto} {
		if k := d.bring(t, s); k.Since.IsZero() {
			t.Fatalf("one of the first two keys waits: %+v", k)
		}
	}
	return o, s
}

func (o *office) terms() authority.Terms {
	return authority.Terms{
		Basis: "Ley 100, art. 3", Issuer: "Comando", Purposes: []policy.Purpose{policy.IllegalFishing, policy.Training}, Place: "Bahía",
		Area: geo.Ring{{Lat: -16.1, Lon: -69.1}, {Lat: -16.1, Lon: -69}, {Lat: -16.2, Lon: -69}}, Holds: []sensor.ID{"cam"},
		From: o.now, Until: o.now.Add(10 * 24 * time.Hour), Recipients: []string{"Fiscalía"},
	}
}

func draft(t *testing.T, s *authority.Service, terms authority.Terms) authority.Authority {
	t.Helper()
	a, err := s.Draft(t.Context(), ana.who, terms, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func field(r desk.Record, name string) string {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func TestTwoPeopleSign(t *testing.T) {
	var told []authority.Authority
	o, s := begun(t, func(c *authority.Config) { c.Granted = func(a authority.Authority) { told = append(told, a) } })
	a := draft(t, s, o.terms())
	use := authority.Use{Sensor: "cam", Purpose: policy.Training, At: o.now}
	if _, err := s.Covering(t.Context(), use); !errors.Is(err, desk.ErrForbidden) || !strings.Contains(err.Error(), "A1: it is draft") {
		t.Errorf("a draft covers: %v", err)
	}
	o.now = o.now.Add(time.Minute)
	a, err := s.Sign(t.Context(), ana.who, a.ID, ana.pen("authority", "authority/A1", a.Content), "r1")
	if err != nil || a.State(o.now) != authority.Draft {
		t.Fatalf("%v, %s", err, a.State(o.now))
	}
	again, err := s.Sign(t.Context(), ana.who, a.ID, authority.Pen{}, "r1")
	if err != nil || again.Version != a.Version {
		t.Errorf("the same request again: %+v, %v", again, err)
	}
	o.now = o.now.Add(time.Minute)
	a, err = s.Sign(t.Context(), beto.who, a.ID, beto.pen("authority", "authority/A1", a.Content), "")
	if err != nil || a.State(o.now) != authority.InForce || len(told) != 1 {
		t.Fatalf("%v, %s, told %d times", err, a.State(o.now), len(told))
	}
	// Not before its record, whatever it says.
	r := o.records[len(o.records)-1]
	if r.Kind != "authority" || r.ID != "authority/A1" || !r.At.Equal(o.now) || field(r, "from") != "2026-03-01T12:02:00Z" || field(r, "signed.at.1") != "2026-03-01T12:01:00Z" {
		t.Errorf("%+v", r)
	}
	if got := strings.Fields(field(r, "signed.2")); len(got) != 5 || got[0] != "p-P2" || got[1] != "law" || got[2] != "device-P2" || got[3] != beto.public() {
		t.Errorf("signed.2: %q", got)
	}
	for name, want := range map[string]string{"authority": "A1", "content": a.Content, "purpose": "illegal-fishing training", "sensors": "cam", "recipients": "Fiscalía", "emergency": ""} {
		if v := field(r, name); v != want {
			t.Errorf("%s: %q", name, v)
		}
	}
	use.At = o.now
	if got, err := s.Covering(t.Context(), use); err != nil || len(got) != 1 || got[0].ID != "A1" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, tc := range []struct {
		name, why string
		change    func(*authority.Use)
	}{
		{"another sensor", "does not name", func(u *authority.Use) { u.Sensor = "cam-2" }},
		{"another purpose", "not for smuggling", func(u *authority.Use) { u.Purpose = policy.Smuggling }},
		{"before it was signed", "it begins", func(u *authority.Use) { u.At = o.now.Add(-time.Second) }},
		{"after its end", "it is ended", func(u *authority.Use) { u.At = a.Until }},
		{"another name", "no authority \"A9\"", func(u *authority.Use) { u.Named = "A9" }},
	} {
		u := use
		tc.change(&u)
		if _, err := s.Covering(t.Context(), u); !errors.Is(err, desk.ErrForbidden) || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if _, err := s.Revoke(t.Context(), who("P9", desk.Officer), "A1", "no longer needed", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Covering(t.Context(), use); err == nil {
		t.Error("a revoked one covers")
	}
}

func TestHours(t *testing.T) {
	o, s := begun(t)
	terms := o.terms()
	terms.Hours = valid.Schedule{OffsetMinutes: -240, Windows: []valid.Window{{From: 6 * 60, To: 9 * 60}}}
	a := draft(t, s, terms)
	for _, d := range []device{ana, beto} {
		var err error
		if a, err = s.Sign(t.Context(), d.who, a.ID, d.pen("authority", "authority/A1", a.Content), ""); err != nil {
			t.Fatal(err)
		}
	}
	use := authority.Use{Sensor: "cam", Purpose: policy.Training, At: o.now} // 8 in the morning there
	if _, err := s.Covering(t.Context(), use); err != nil {
		t.Error(err)
	}
	use.At = o.now.Add(time.Hour)
	if _, err := s.Covering(t.Context(), use); err == nil || !strings.Contains(err.Error(), "at this hour") {
		t.Errorf("at 9: %v", err)
	}
}

// Every way to bring an authority into force with less than two people, two
// units and two devices.
func TestOnePersonIsRefused(t *testing.T) {
	o, s := begun(t)
	k := caro.bring(t, s)
	if !k.Since.IsZero() {
		t.Fatal("the third person's key signs, and nobody approved it")
	}
	a := draft(t, s, o.terms())
	sign := func(d device, p authority.Pen) error {
		_, err := s.Sign(t.Context(), d.who, a.ID, p, "")
		return err
	}
	good := func(d device) authority.Pen { return d.pen("authority", "authority/A1", a.Content) }
	if err := sign(ana, good(ana)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"twice":                   sign(ana, good(ana)),
		"with another's key":      sign(beto, good(ana)),
		"with a key that waits":   sign(caro, good(caro)),
		"of another content":      sign(beto, beto.pen("authority", "authority/A1", strings.Repeat("0", 64))),
		"of another authority":    sign(beto, beto.pen("authority", "authority/A2", a.Content)),
		"of a review":             sign(beto, beto.pen("authority.review", "authority/A1", a.Content)),
		"with no signature":       sign(beto, authority.Pen{Key: beto.public()}),
		"by an officer":           sign(device{who: who("P2", desk.Officer)}, good(beto)),
		"by an instructor":        sign(device{who: who("P2", desk.Instructor)}, good(beto)),
		"by nobody with the keys": sign(device{who: desk.Who{Name: "program"}}, good(beto)),
	} {
		if err == nil {
			t.Errorf("signed %s", name)
		}
	}
	// Caro's key, once approved by the two, signs; but she is of Ana's unit.
	for i, d := range []device{ana, beto} {
		k, err := s.SignKey(t.Context(), d.who, k.ID, d.pen("key", "key/"+k.ID, k.Content), "")
		if err != nil || k.Since.IsZero() != (i == 0) {
			t.Fatalf("%+v, %v", k, err)
		}
	}
	if err := sign(caro, good(caro)); err == nil || !strings.Contains(err.Error(), "another unit") {
		t.Errorf("two of one unit: %v", err)
	}
	if r := o.records[len(o.records)-1]; r.Kind != "key" || r.ID != "key/K3" || field(r, "signed.2") == "" {
		t.Errorf("%+v", r)
	}
	if got, _ := s.Get(t.Context(), a.ID); got.State(o.now) != authority.Draft {
		t.Errorf("in force: %+v", got)
	}
	o.now = o.now.Add(24 * time.Hour)
	if err := sign(beto, good(beto)); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("a draft that lapsed was signed: %v", err)
	}
}

func TestEmergency(t *testing.T) {
	o, s := begun(t)
	for i, d := range []device{caro, dora} {
		k := d.bring(t, s)
		for _, by := range []device{ana, beto} {
			if _, err := s.SignKey(t.Context(), by.who, k.ID, by.pen("key", "key/"+k.ID, k.Content), ""); err != nil {
				t.Fatal(i, err)
			}
		}
	}
	terms := o.terms()
	terms.Emergency, terms.Purposes = true, []policy.Purpose{policy.SearchRescue}
	use := authority.Use{Sensor: "cam", Purpose: policy.SearchRescue}
	for n, reviewed := range []bool{true, false} {
		a := draft(t, s, terms)
		a, err := s.Sign(t.Context(), ana.who, a.ID, ana.pen("authority", "authority/"+a.ID, a.Content), "")
		if err != nil || a.State(o.now) != authority.Emergency || a.State(o.now).Policy() != policy.Emergency {
			t.Fatalf("%v, %s", err, a.State(o.now))
		}
		if r := o.records[len(o.records)-1]; r.Kind != "authority" || field(r, "emergency") != "yes" || field(r, "signed.2") != "" {
			t.Errorf("%+v", r)
		}
		if _, err := s.Review(t.Context(), ana.who, a.ID, ana.pen("authority.review", "authority.review/"+a.ID, a.Content), ""); !errors.Is(err, desk.ErrForbidden) {
			t.Errorf("reviewed by who signed it: %v", err)
		}
		for _, d := range []device{beto, dora} {
			if !reviewed && d.unit == "customs" {
				break
			}
			if a, err = s.Review(t.Context(), d.who, a.ID, d.pen("authority.review", "authority.review/"+a.ID, a.Content), ""); err != nil {
				t.Fatal(err)
			}
		}
		use.At = o.now.Add(authority.ReviewWithin)
		use.Named = a.ID
		if _, err := s.Covering(t.Context(), use); (err == nil) != reviewed {
			t.Errorf("%d, a day later, reviewed %v: %v", n, reviewed, err)
		}
	}
	o.now = use.At
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := o.records[len(o.records)-1]; r.Kind != "authority.end" || field(r, "why") != "unreviewed" {
		t.Errorf("%+v", r)
	}
	n := len(o.records)
	if err := s.Settle(t.Context()); err != nil || len(o.records) != n {
		t.Errorf("settled twice: %v", err)
	}
}

func TestTerms(t *testing.T) {
	o, s := begun(t)
	for name, change := range map[string]func(*authority.Terms){
		"31 days":         func(a *authority.Terms) { a.Until = a.From.Add(31 * 24 * time.Hour) },
		"backwards":       func(a *authority.Terms) { a.Until = a.From.Add(-time.Hour) },
		"over":            func(a *authority.Terms) { a.From = a.From.Add(-48 * time.Hour); a.Until = a.From.Add(time.Hour) },
		"protest":         func(a *authority.Terms) { a.Purposes = append(a.Purposes, "protest") },
		"no purpose":      func(a *authority.Terms) { a.Purposes = nil },
		"no sensor":       func(a *authority.Terms) { a.Holds = nil },
		"no area":         func(a *authority.Terms) { a.Area = a.Area[:2] },
		"crossed area":    func(a *authority.Terms) { a.Area = geo.Ring{a.Area[0], a.Area[2], a.Area[1], {Lat: -16.2, Lon: -69.1}} },
		"no basis":        func(a *authority.Terms) { a.Basis = "" },
		"two lines":       func(a *authority.Terms) { a.Issuer = "x\nsensors other" },
		"hidden in lines": func(a *authority.Terms) { a.Recipients = []string{"x\u2028emergency true"} },
	} {
		terms := o.terms()
		change(&terms)
		if _, err := s.Draft(t.Context(), ana.who, terms, ""); !errors.Is(err, desk.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Draft(t.Context(), who("P9", desk.Officer), o.terms(), ""); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("by an officer: %v", err)
	}
	o.refuse = desk.ErrLedger
	if _, err := s.Draft(t.Context(), ana.who, o.terms(), ""); !errors.Is(err, desk.ErrLedger) {
		t.Errorf("without a ledger: %v", err)
	}
	if l, err := s.List(t.Context(), false); err != nil || len(l) != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// Any change of the terms is another content.
func TestContent(t *testing.T) {
	o, _ := begun(t)
	plain := o.terms()
	seen := map[string]string{plain.Text("A1", "s"): "plain", plain.Text("A2", "s"): "other id", plain.Text("A1", "t"): "other salt"}
	for name, change := range map[string]func(*authority.Terms){
		"basis": func(a *authority.Terms) { a.Basis += "." }, "issuer": func(a *authority.Terms) { a.Issuer += "." },
		"purposes": func(a *authority.Terms) { a.Purposes = a.Purposes[:1] }, "area": func(a *authority.Terms) { a.Area = slices.Clone(a.Area); a.Area[0].Lat = -16.11 },
		"sensors": func(a *authority.Terms) { a.Holds = append(a.Holds, "cam-2") }, "from": func(a *authority.Terms) { a.From = a.From.Add(1) },
		"until": func(a *authority.Terms) { a.Until = a.Until.Add(1) }, "hours": func(a *authority.Terms) { a.Hours.Windows = []valid.Window{{From: 1, To: 2}} },
		"flights": func(a *authority.Terms) { a.Flights++ }, "flight hours": func(a *authority.Terms) { a.FlightHours++ },
		"recipients": func(a *authority.Terms) { a.Recipients = nil }, "emergency": func(a *authority.Terms) { a.Emergency = true },
		"place": func(a *authority.Terms) { a.Place += "." },
	} {
		terms := o.terms()
		change(&terms)
		text := terms.Text("A1", "s")
		if other, there := seen[text]; there {
			t.Errorf("%s has the text of %s", name, other)
		}
		seen[text] = name
	}
}

func TestKeys(t *testing.T) {
	_, s := begun(t)
	bad := func(name string, d device, change func(*authority.NewKey)) {
		t.Helper()
		n := authority.NewKey{Unit: d.unit, Device: d.name, Key: d.public()}
		n.Proof = d.sign(n.ProofText())
		change(&n)
		if _, err := s.AddKey(t.Context(), d.who, n, ""); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	bad("there already", ana, func(*authority.NewKey) {})
	bad("another unit", device{ana.who, "law", "x", dora.key}, func(*authority.NewKey) {})
	bad("another's device", device{caro.who, "navy", ana.name, caro.key}, func(*authority.NewKey) {})
	bad("another's key", caro, func(n *authority.NewKey) { n.Key = dora.public() })
	bad("spaces in the unit", caro, func(n *authority.NewKey) { n.Unit = "a b"; n.Proof = caro.sign(n.ProofText()) })
	bad("no proof", caro, func(n *authority.NewKey) { n.Proof = "" })
	k := caro.bring(t, s)
	if _, err := s.SignKey(t.Context(), caro.who, k.ID, caro.pen("key", "key/"+k.ID, k.Content), ""); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("approved by herself: %v", err)
	}
}

// TestFirstKeys: the first two people can approve a third's: they are
// supervisors, of different units.
func TestFirstKeys(t *testing.T) {
	_, s := opened()
	bring := func(d device) error {
		n := authority.NewKey{Unit: d.unit, Device: d.name, Key: d.public()}
		n.Proof = d.sign(n.ProofText())
		_, err := s.AddKey(t.Context(), d.who, n, "")
		return err
	}
	if err := bring(device{who("P1", desk.Officer), "navy", "x", ana.key}); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("an officer's key is the first: %v", err)
	}
	if err := bring(device{who("P1", desk.Instructor), "navy", "x", ana.key}); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("an instructor has a key to sign with: %v", err)
	}
	ana.bring(t, s)
	if err := bring(caro); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("the second person is of the first one's unit: %v", err)
	}
	beto.bring(t, s)
	k := caro.bring(t, s)
	for _, d := range []device{ana, beto} {
		var err error
		if k, err = s.SignKey(t.Context(), d.who, k.ID, d.pen("key", "key/"+k.ID, k.Content), ""); err != nil {
			t.Fatal(err)
		}
	}
	if k.State() != authority.KeySigns {
		t.Errorf("%+v", k)
	}
}

// TestRevokeKey: a revoked key signs nothing, its half of a draft counts no
// longer, and there stay people who can approve another.
func TestRevokeKey(t *testing.T) {
	o, s := begun(t) // Ana and Beto
	revoke := func(d device, id, reason string, p authority.Pen) (authority.Key, error) {
		return s.RevokeKey(t.Context(), d.who, id, reason, p, "")
	}
	if _, err := revoke(ana, "K1", "lost", authority.Pen{}); !errors.Is(err, desk.ErrConflict) {
		t.Fatalf("nobody is left who could approve another: %v", err)
	}
	k3, k4 := caro.bring(t, s), dora.bring(t, s)
	for _, k := range []authority.Key{k3, k4} {
		for _, d := range []device{ana, beto} {
			if _, err := s.SignKey(t.Context(), d.who, k.ID, d.pen("key", "key/"+k.ID, k.Content), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := draft(t, s, o.terms())
	grant := func(d device) (authority.Authority, error) {
		return s.Sign(t.Context(), d.who, a.ID, d.pen("authority", "authority/"+a.ID, a.Content), "")
	}
	if _, err := grant(ana); err != nil {
		t.Fatal(err)
	}

	// Another's takes two, of different units.
	end := func(d device) authority.Pen { return d.pen("key.end", "key.end/K1", k1(t, s).Content) }
	for name, err := range map[string]error{
		"no signature": second(revoke(beto, "K1", "lost", authority.Pen{})),
		"no reason":    second(revoke(beto, "K1", "", end(beto))),
		"an officer":   second(revoke(device{who: who("P2", desk.Officer)}, "K1", "lost", end(beto))),
	} {
		if err == nil {
			t.Errorf("%s: revoked", name)
		}
	}
	k, err := revoke(beto, "K1", "lost", end(beto))
	if err != nil || k.State() != authority.KeySigns {
		t.Fatalf("%+v, %v", k, err)
	}
	if _, err := revoke(beto, "K1", "lost", end(beto)); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("one person twice: %v", err)
	}
	if k, err = revoke(dora, "K1", "", end(dora)); err != nil || k.State() != authority.KeyRevoked || k.Reason != "lost" || len(k.Revoking) != 2 {
		t.Fatalf("%+v, %v", k, err)
	}
	r := o.records[len(o.records)-1]
	if r.Kind != "key.end" || r.ID != "key.end/K1" || field(r, "by") != "two" || field(r, "signed.2") == "" || field(r, "key") != ana.public() {
		t.Errorf("%+v", r)
	}
	if _, err := revoke(ana, "K1", "again", authority.Pen{}); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("revoked twice: %v", err)
	}
	if _, err := s.SignKey(t.Context(), ana.who, "K3", ana.pen("key", "key/K3", k3.Content), ""); err == nil {
		t.Error("a revoked key signed")
	}

	// Ana's signature on the draft counts no longer.
	if a, err = grant(beto); err != nil || a.State(o.now) != authority.Draft || len(a.Signed) != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err = grant(caro); err != nil || a.State(o.now) != authority.InForce {
		t.Fatalf("%+v, %v", a, err)
	}

	// One's own, alone; but for the last two units.
	if k, err = revoke(caro, "K3", "left", authority.Pen{}); err != nil || k.State() != authority.KeyRevoked {
		t.Fatalf("%+v, %v", k, err)
	}
	if r := o.records[len(o.records)-1]; field(r, "by") != "owner" || field(r, "signed.1") != "" {
		t.Errorf("%+v", r)
	}
	if _, err := revoke(dora, "K4", "left", authority.Pen{}); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("the last of two units: %v", err)
	}
	// Those who are there already are the first for ever.
	if k := newDevice("P9", "police").bring(t, s); k.State() != authority.KeyWaits {
		t.Errorf("%+v", k)
	}
	// Her device was lost: she brings another, which two people approve.
	if k := (device{ana.who, "navy", "device-new", newDevice("P1b", "").key}).bring(t, s); k.State() != authority.KeyWaits {
		t.Errorf("%+v", k)
	}
}

func k1(t *testing.T, s *authority.Service) authority.Key {
	t.Helper()
	k, err := s.Key(t.Context(), "K1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func second[T any](_ T, err error) error { return err }

// TestPolicySignedWithARevokedKey: its half counts no longer, and the two who
// sign after it sign the same adoption.
func TestPolicySignedWithARevokedKey(t *testing.T) {
	_, s := begun(t)
	for _, d := range []device{caro, dora} {
		k := d.bring(t, s)
		for _, by := range []device{ana, beto} {
			if _, err := s.SignKey(t.Context(), by.who, k.ID, by.pen("key", "key/"+k.ID, k.Content), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	const text = "permit ();"
	sign := func(d device) authority.Adopted {
		t.Helper()
		id, content, err := s.PolicyApproval(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.SignPolicy(t.Context(), d.who, text, d.pen(authority.KindPolicy, id, content), "")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	sign(ana)
	if _, err := s.RevokeKey(t.Context(), ana.who, "K1", "lost", authority.Pen{}, ""); err != nil {
		t.Fatal(err)
	}
	if p := sign(beto); !p.Since.IsZero() {
		t.Fatalf("in force by one person: %+v", p)
	}
	if p := sign(dora); p.Since.IsZero() || len(p.Signed) != 2 || p.Times != 1 {
		t.Errorf("%+v", p)
	}
}
