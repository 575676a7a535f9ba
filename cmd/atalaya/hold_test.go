package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// TestHoldCommands: two people hold what the real program keeps, and lift it;
// one alone does neither, a kill in between loses nothing, and outsiders find
// nothing until the purges stop.
func TestHoldCommands(t *testing.T) {
	t.Parallel()
	options := running.Options{Dir: t.TempDir(), Config: shore(running.Ports(t, 1))}
	p := running.Start(t, options)
	p.Enrol(t, "Ana")
	o := &officeOf{t, p, t.TempDir()}
	o.enrols("Beto")
	o.brings(0, "Ana", "navy")
	o.brings(0, "Beto", "law")
	store := &offline{t, options.Dir}
	time.Sleep(time.Second) // the first step is written in the background
	now := time.Now().UTC()
	order := []string{"hold", "order", "--class", "input", "--from", now.Add(-time.Hour).Format(time.RFC3339), "--to", now.Add(time.Hour).Format(time.RFC3339), "--reason", "court 3"}
	has(t, o.says(0, "Ana", "", order...), "H1  draft", "court 3", "signed by nobody")
	sign := func(want int, name, answer string) string {
		return o.says(want, name, answer, "hold", "sign", "H1", "--key", o.key(name))
	}
	has(t, sign(1, "Ana", "no\n"), "nothing was signed")
	has(t, sign(0, "Ana", "yes\n"), "H1  draft", "Ana (navy)")
	has(t, sign(1, "Ana", "yes\n"), "another person")
	p.Kill()
	p = running.Start(t, options)
	o.p = p
	has(t, sign(0, "Beto", "yes\n"), "H1  in-force", "pieces of", "Ana (navy), Beto (law)")
	has(t, o.says(1, "Beto", "", "hold", "sign", "H7", "--yes", "--key", o.key("Beto")), "no hold \"H7\"")
	p.Kill()
	has(t, store.command(0, "hold", "list"), "H1  in-force")
	file := filepath.Join(t.TempDir(), "held.jsonl")
	store.command(0, "hold", "read", "H1", "-o", file)
	held, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(held), `"form":"inputs"`) {
		t.Errorf("held is %.300s, %v", held, err)
	}
	has(t, store.command(1, "hold", "read", "H9", "-o", file+"2"), "H9")
	if found := store.found(time.Now()); len(found) > 0 {
		t.Errorf("atalaya-verify finds %v", found)
	}

	p = running.Start(t, options)
	o.p = p
	lift := func(want int, name string, more ...string) string {
		return o.says(want, name, "", append([]string{"hold", "lift", "H1", "--yes", "--key", o.key(name)}, more...)...)
	}
	has(t, lift(0, "Ana", "--reason", "acquitted"), "H1  in-force", "its lift is signed by Ana (navy)")
	has(t, lift(1, "Ana"), "another person")
	has(t, lift(0, "Beto"), "H1  lifted")
	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}
	has(t, store.command(1, "hold", "read", "H1", "-o", file+"3"), "is lifted")
	if found := store.found(time.Now()); len(found) > 0 {
		t.Errorf("after the lift, atalaya-verify finds %v", found)
	}
	// The program stands still, and its purges too.
	if found := store.found(time.Now().Add(40 * 24 * time.Hour)); !slices.Contains(found, proof.OverduePurge) {
		t.Errorf("forty days later atalaya-verify finds only %v", found)
	}
}

// TestRetentionCommands: the real program keeps to the terms that it began with
// until two people have signed others, whatever its configuration says.
func TestRetentionCommands(t *testing.T) {
	t.Parallel()
	config := shore(running.Ports(t, 1))
	options := running.Options{Dir: t.TempDir(), Config: config}
	p := running.Start(t, options)
	p.Enrol(t, "Ana")
	o := &officeOf{t, p, t.TempDir()}
	o.enrols("Beto")
	o.brings(0, "Ana", "navy")
	o.brings(0, "Beto", "law")
	has(t, o.says(0, "Ana", "", "retention", "show"), "track    30 days")
	again := func() {
		t.Helper()
		if err := o.p.Stop(t); err != nil {
			t.Fatalf("stop: %v\n%s", err, o.p.Log())
		}
		o.p = running.Start(t, options)
	}
	options.Config = strings.Replace(config, "[keep]\n", "[keep]\ntracks = \"240h\"\n", 1)
	again()
	has(t, o.p.Log(), "two people have not signed the configured term")
	has(t, o.says(0, "Ana", "", "retention", "show"), "track    30 days", "10 days are configured, signed by nobody")
	sign := func(want int, name string, days string) string {
		return o.says(want, name, "", "retention", "sign", "track", "--days", days, "--yes", "--key", o.key(name))
	}
	has(t, sign(1, "Ana", "9"), "9 days are not configured")
	has(t, sign(0, "Ana", "10"), "track  30 days", "signed by Ana (navy)")
	has(t, sign(1, "Ana", "10"), "another person")
	again()
	has(t, sign(0, "Beto", "10"), "track  10 days")
	again()
	has(t, o.says(0, "Ana", "", "retention", "show"), "track    10 days")
	if err := o.p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, o.p.Log())
	}
	if found := (&offline{t, options.Dir}).found(time.Now()); len(found) > 0 {
		t.Errorf("atalaya-verify finds %v", found)
	}
}
