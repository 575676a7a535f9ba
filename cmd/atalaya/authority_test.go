package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/desk/authority"
	"atalaya/internal/running"
	"atalaya/web"
)

// officeOf is the real program, with people who use its command line.
type officeOf struct {
	t *testing.T
	p *running.Program
	// dir has the keys of their devices.
	dir string
}

// enrols makes an account, for a supervisor.
func (o *officeOf) enrols(name string) {
	o.t.Helper()
	o.p.SignIn(o.t, "Ana")
	var made web.Acted[web.Invitation]
	o.p.Must(o.t, http.MethodPost, "/api/people/invite", map[string]string{"role": "supervisor"}, &made)
	o.p.Must(o.t, http.MethodPost, "/api/enrol", map[string]string{"token": made.Done.Token, "name": name, "password": running.Password}, nil)
}

// says runs a command as somebody, with the key of their device where they have
// one, and gives what it printed.
func (o *officeOf) says(want int, name, input string, args ...string) string {
	o.t.Helper()
	var out, errs bytes.Buffer
	args = append(args, "--as", name, "--data", o.p.Dir)
	code := run(o.t.Context(), args, streams{strings.NewReader(running.Password + "\n" + input), &out, &errs})
	if code != want {
		o.t.Fatalf("%s: atalaya %q ended with %d: %s%s\n%s", name, args, code, out.String(), errs.String(), o.p.Log())
	}
	if code != 0 {
		return errs.String()
	}
	return out.String()
}

func (o *officeOf) key(name string) string { return filepath.Join(o.dir, name) }

// brings makes the key of somebody's device, and brings it.
func (o *officeOf) brings(want int, name, unit string) string {
	o.t.Helper()
	if _, err := os.Stat(o.key(name)); err != nil {
		var out bytes.Buffer
		args := []string{"authority", "key", "make", o.key(name), "--unit", unit, "--device", "laptop-" + name}
		if code := run(o.t.Context(), args, streams{strings.NewReader(""), &out, &out}); code != 0 {
			o.t.Fatal(out.String())
		}
	}
	return o.says(want, name, "", "authority", "key", "add", "--key", o.key(name))
}

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in %s", w, text)
		}
	}
}

// TestAuthorityCommands: two people of two units bring keys, adopt the policy,
// sign an authority and revoke it with the real program; one person alone does
// none of it; and the ledger that comes of it holds.
func TestAuthorityCommands(t *testing.T) {
	t.Parallel()
	p := running.Start(t, running.Options{Config: shore(running.Ports(t, 1))})
	p.Enrol(t, "Ana")
	o := &officeOf{t, p, t.TempDir()}
	o.enrols("Beto")
	o.enrols("Caro")
	o.brings(0, "Ana", "navy")
	if info, err := os.Stat(o.key("Ana")); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	has(t, o.brings(1, "Caro", "navy"), "of another")
	o.brings(0, "Beto", "law")
	has(t, o.brings(0, "Caro", "navy"), "waits, 0 of 2")
	has(t, o.says(1, "Caro", "", "policy", "sign", "--yes", "--key", o.key("Caro")), "no key with which you sign")
	for i, name := range []string{"Ana", "Beto"} {
		has(t, o.says(0, name, "", "authority", "key", "sign", "K3", "--yes", "--key", o.key(name)), []string{"waits, 1 of 2", "signs"}[i])
	}
	o.says(1, "Ana", "", "authority", "key", "sign", "K3", "--yes", "--key", o.key("Ana"))

	// The policy.
	has(t, o.says(0, "Ana", "", "policy", "show"), "permit", "not in force")
	has(t, o.says(1, "Ana", "no\n", "policy", "sign", "--key", o.key("Ana")), "nothing was signed")
	has(t, o.says(0, "Ana", "yes\n", "policy", "sign", "--key", o.key("Ana")), "not in force", "Ana (navy)")
	has(t, o.says(1, "Ana", "yes\n", "policy", "sign", "--key", o.key("Ana")), "another person")
	has(t, o.says(1, "Caro", "", "policy", "sign", "--yes", "--key", o.key("Caro")), "another unit")
	has(t, o.says(0, "Beto", "", "policy", "sign", "--yes", "--key", o.key("Beto")), " is in force; signed by Ana (navy), Beto (law)")

	// An authority.
	terms := filepath.Join(o.dir, "terms.json")
	now := time.Now().UTC()
	text := fmt.Sprintf(`{"basis": "Ley 100, art. 3", "issuer": "Comando", "purposes": ["smuggling"], "place": "Copacabana", "sensors": ["shore"],
"area": [{"lat": -16.1, "lon": -69.1}, {"lat": -16.1, "lon": -69}, {"lat": -16.2, "lon": -69}],
"from": %q, "until": %q, "flights": 0, "flight_hours": 0, "emergency": false}`, now.Format(time.RFC3339), now.Add(48*time.Hour).Format(time.RFC3339))
	if err := os.WriteFile(terms, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	has(t, o.says(0, "Caro", "", "authority", "draft", terms), "A1  draft", "signed by nobody")
	has(t, o.says(0, "Ana", "", "authority", "sign", "A1", "--yes", "--key", o.key("Ana")), "A1  draft", "Ana (navy)")
	has(t, o.says(1, "Ana", "", "authority", "sign", "A1", "--yes", "--key", o.key("Ana")), "another person")
	has(t, o.says(1, "Beto", "", "authority", "sign", "A1", "--yes", "--key", o.key("Ana")), "no key with which you sign")
	has(t, o.says(0, "Beto", "yes\n", "authority", "sign", "A1", "--key", o.key("Beto")), "A1  in-force", "Ana (navy), Beto (law)")
	has(t, o.says(0, "Caro", "", "authority", "show", "A1"), "basis Ley 100, art. 3\n", "A1 is in-force")
	has(t, o.says(0, "Caro", "", "authority", "revoke", "A1", "--reason", "it is over"), "A1  revoked")
	if got := o.says(0, "Caro", "", "authority", "list", "--open"); got != "" {
		t.Errorf("open: %s", got)
	}
	var a web.ShownAuthority
	if err := json.Unmarshal([]byte(o.says(0, "Caro", "", "authority", "list", "--json")), &a); err != nil || a.State != authority.Revoked || a.Ender.Name != "Caro" {
		t.Errorf("%+v, %v", a, err)
	}

	// An emergency: one person's signature, and everybody on duty is told until
	// two others have reviewed it.
	if err := os.WriteFile(terms, []byte(strings.Replace(text, `"emergency": false`, `"emergency": true`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	told := func() (n int) {
		for _, a := range alerts(t, p) {
			if a.Finding.Rule == "emergency-authority" && !a.Withdrawn {
				n++
			}
		}
		return n
	}
	has(t, o.says(0, "Caro", "", "authority", "draft", terms), "A2  draft")
	has(t, o.says(0, "Caro", "", "authority", "sign", "A2", "--yes", "--key", o.key("Caro")), "A2  emergency")
	p.SignIn(t, "Ana")
	until(t, p, "the alert of the emergency", 5*time.Second, func() bool { return told() == 1 })
	for _, name := range []string{"Ana", "Beto"} {
		o.says(0, name, "", "authority", "review", "A2", "--yes", "--key", o.key(name))
	}
	p.SignIn(t, "Ana")
	until(t, p, "its end", 20*time.Second, func() bool { return told() == 0 })

	// Ana's device is lost; Beto's key must stay.
	has(t, o.says(1, "Beto", "", "authority", "key", "revoke", "K2", "--reason", "lost"), "two units")
	has(t, o.says(1, "Beto", "", "authority", "key", "revoke", "K1", "--reason", "lost"), "no key with which you sign")
	has(t, o.says(0, "Ana", "", "authority", "key", "revoke", "K1", "--reason", "lost"), "revoked since")
	has(t, o.says(0, "Caro", "", "authority", "draft", terms), "A3  draft")
	has(t, o.says(1, "Ana", "", "authority", "sign", "A3", "--yes", "--key", o.key("Ana")), "no key with which you sign")
	has(t, o.says(0, "Beto", "", "authority", "key", "list"), "K1", "K2", "K3", "revoked since", "signs")

	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}
	if got := (&offline{t, p.Dir}).found(time.Now()); len(got) > 0 {
		t.Errorf("atalaya-verify finds %v", got)
	}
}

// TestDeviceKeyFile: a key that others can read signs nothing, and a file that
// is there already is not written over.
func TestDeviceKeyFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "key")
	command := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), args, streams{strings.NewReader("x\n"), &out, &out})
		return code, out.String()
	}
	for want := range 2 {
		if code, said := command("authority", "key", "make", name, "--unit", "navy", "--device", "laptop"); code != want {
			t.Fatalf("%d: %s", code, said)
		}
	}
	if k, err := readDeviceKey(name); err != nil || k.unit != "navy" || k.device != "laptop" {
		t.Errorf("%+v, %v", k, err)
	}
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, said := command("authority", "key", "add", "--key", name, "--as", "Ana"); code != 1 || !strings.Contains(said, "chmod 600") {
		t.Errorf("%d: %s", code, said)
	}
}
