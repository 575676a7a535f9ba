package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// offline is a store of the real program, and its ledger as outsiders see it.
type offline struct {
	t   *testing.T
	dir string
}

// ledgerOfRun runs the real program once, and gives its store.
func ledgerOfRun(t *testing.T) *offline {
	t.Helper()
	o := &offline{t, t.TempDir()}
	p := running.Start(t, running.Options{Dir: o.dir, Config: shore(running.Ports(t, 1))})
	p.Enrol(t, "Ana")
	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}
	return o
}

func (o *offline) command(want int, args ...string) string {
	o.t.Helper()
	var out, errs bytes.Buffer
	if code := run(o.t.Context(), append(args, "--data", o.dir), streams{strings.NewReader(""), &out, &errs}); code != want {
		o.t.Fatalf("atalaya %q ended with %d: %s", args, code, errs.String())
	}
	return out.String() + errs.String()
}

// export makes the public export, and gives its key too.
func (o *offline) export() (dir string, keys proof.Keys) {
	o.t.Helper()
	dir = filepath.Join(o.t.TempDir(), "public")
	o.command(0, "ledger", "export", "-o", dir)
	vkey, err := os.ReadFile(filepath.Join(dir, "vkeys"))
	if err != nil {
		o.t.Fatal(err)
	}
	v, err := proof.ParseLogKey(strings.TrimSpace(string(vkey)))
	if err != nil {
		o.t.Fatal(err)
	}
	return dir, proof.Keys{Log: []note.Verifier{v}}
}

// found checks the public export at a time.
func (o *offline) found(at time.Time) (kinds []string) {
	o.t.Helper()
	dir, keys := o.export()
	_, found, err := proof.CheckExport(os.DirFS(dir), proof.Options{Keys: keys, Now: at})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range found {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

// TestInstrumentOverdue seals an instrument in the real program's ledger; the
// public sees it, nothing of its text, and that its date was missed.
func TestInstrumentOverdue(t *testing.T) {
	t.Parallel()
	o := ledgerOfRun(t)
	file := filepath.Join(t.TempDir(), "annex")
	if err := os.WriteFile(file, []byte("four aircraft without weapons"), 0o600); err != nil {
		t.Fatal(err)
	}
	opens := time.Now().Add(time.Hour).Truncate(time.Second)
	seal := []string{
		"instrument", "seal", file, "--type", "supply", "--title", "Anexo B", "--party", "Bolivia", "--party", "Fabricante, S.A.",
		"--date", "2026-11-20", "--by", "Ministerio de Defensa", "--opens", opens.Format(time.RFC3339),
	}
	if out := o.command(0, seal...); !strings.HasPrefix(out, "I1 is sealed until ") {
		t.Fatal(out)
	}
	o.command(0, seal...)
	if out := o.command(0, "instrument", "list"); !strings.Contains(out, "I2\tsupply\t2026-11-20\tBolivia, Fabricante, S.A.\tMinisterio de Defensa\tsealed until ") {
		t.Errorf("the list is\n%s", out)
	}
	text := filepath.Join(t.TempDir(), "text")
	o.command(1, "instrument", "text", "I1", "-o", text)
	public := o.command(0, "ledger", "show", "0", "--count", "1000", "--view", "public")
	if !strings.Contains(public, "instrument=I1") || !strings.Contains(public, "sealed.by=\"Ministerio de Defensa\"") || strings.Contains(public, "Anexo B") {
		t.Errorf("the public sees\n%s", public)
	}
	if got := o.found(opens.Add(-time.Minute)); len(got) > 0 {
		t.Errorf("before its date: %v", got)
	}
	o.command(0, "instrument", "open", "I1")
	o.command(0, "instrument", "text", "I1", "-o", text)
	if got, err := os.ReadFile(text); err != nil || string(got) != "four aircraft without weapons" {
		t.Errorf("the text is %q, %v", got, err)
	}
	if got := o.found(opens.Add(time.Minute)); len(got) != 1 || got[0] != proof.OverdueOpening {
		t.Errorf("after the date of two, one of which is open: %v", got)
	}
}
