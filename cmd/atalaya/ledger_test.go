package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// TestLedgerEndToEnd runs the real program, exports its ledger as the public
// gets it, and lets the outsider's checker check it; then puts an older copy of
// the ledger back.
func TestLedgerEndToEnd(t *testing.T) {
	t.Parallel()
	port := running.Ports(t, 1)
	dir := t.TempDir()
	lit := newBeacons(t, port)
	start := func() *running.Program { return running.Start(t, running.Options{Dir: dir, Config: shore(port)}) }
	stop := func(p *running.Program) {
		t.Helper()
		if err := p.Stop(t); err != nil {
			t.Fatalf("stop: %v\n%s", err, p.Log())
		}
	}
	command := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(append([]string{"ledger"}, args...), "--data", dir), streams{strings.NewReader(""), &out, &errs}); code != want {
			t.Fatalf("atalaya ledger %q ended with %d: %s", args, code, errs.String())
		}
		return out.String() + errs.String()
	}
	p := start()
	p.Enrol(t, "Anastasia")
	lit.light(t, 2)
	until(t, p, "two alerts", 20*time.Second, func() bool { return len(alerts(t, p)) == 2 })
	acknowledge := func(p *running.Program, n int) int {
		t.Helper()
		status, _, err := p.Do(t.Context(), http.MethodPost, "/api/alerts/"+alerts(t, p)[n].ID+"/acknowledge", "ledger-"+string(rune('a'+n)), map[string]string{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if status := acknowledge(p, 0); status != http.StatusOK {
		t.Fatalf("acknowledge: %d", status)
	}
	stop(p)

	public := filepath.Join(t.TempDir(), "public")
	command(0, "export", "-o", public)
	vkey, err := os.ReadFile(filepath.Join(public, "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := proof.ParseLogKey(strings.TrimSpace(string(vkey)))
	if err != nil {
		t.Fatal(err)
	}
	s, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: proof.Keys{Log: []note.Verifier{v}}, Now: time.Now()})
	if err != nil || len(found) > 0 || s.Records < 10 {
		t.Errorf("the checker: %+v, %v, %v", s, found, err)
	}
	said, err := os.ReadFile(filepath.Join(public, "openings.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Anastasia", "QW5hc3Rhc2lh"} { // in clear, and in base64 where it stands alone
		if bytes.Contains(said, []byte(secret)) {
			t.Errorf("what is public names her: %s", secret)
		}
	}
	all := command(0, "show", "0", "--count", "1000")
	for _, want := range []string{"kind=system.start", "  software=", "kind=system.stop", "kind=person.enrol", "kind=alert.acknowledged", "who.name=Anastasia", "outcome=done", "kind=retention"} {
		if !strings.Contains(all, want) {
			t.Errorf("no entry says %s:\n%s", want, all)
		}
	}
	if out := command(0, "prove", "0"); !strings.HasPrefix(out, "c2sp.org/tlog-proof@v1\nindex 0\n") {
		t.Errorf("the proof is %q", out)
	}
	command(0, "scrub")

	// An older copy of the ledger, put back.
	old := filepath.Join(t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(filepath.Join(dir, "ledger"))); err != nil {
		t.Fatal(err)
	}
	stop(start())
	if err := os.RemoveAll(filepath.Join(dir, "ledger")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "ledger"), os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	p = start()
	p.SignIn(t, "Anastasia") // to look
	if n := len(alerts(t, p)); n != 2 {
		t.Errorf("%d alerts, want 2", n)
	}
	if status := acknowledge(p, 1); status != http.StatusServiceUnavailable {
		t.Errorf("an act with an older ledger: status %d, want 503", status)
	}
	if out := command(0, "status"); !strings.Contains(out, "REFUSED") || !strings.Contains(out, "older copy") {
		t.Errorf("the status is %s", out)
	}
	stop(p)
}
