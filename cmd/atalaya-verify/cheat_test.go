package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atalaya/internal/app"
	"atalaya/ledger"
	"atalaya/ledger/proof"
	"atalaya/store/tlog"
)

func TestMain(m *testing.M) {
	tlog.LogTo(slog.DiscardHandler)
	os.Exit(m.Run())
}

// days of the post in every run, honest or not.
const days = 3

// config is what the program's own commands need to work on the post's data.
func (o *operator) config() app.Config {
	cfg := app.Default()
	cfg.Data, cfg.Ledger.Origin = o.dir, ledgerOrigin
	return cfg
}

// export makes what the public gets, as 'atalaya ledger export' does.
func (o *operator) export() (dir, key string) {
	o.t.Helper()
	b, err := app.OpenBooks(o.t.Context(), o.config(), slog.New(slog.DiscardHandler))
	o.must(err)
	dir = filepath.Join(o.t.TempDir(), "public")
	_, err = b.Export(o.t.Context(), dir)
	o.must(err)
	o.must(b.Close())
	raw, err := os.ReadFile(filepath.Join(dir, "vkeys"))
	o.must(err)
	return dir, strings.TrimSpace(string(raw))
}

// size is how many entries the ledger has.
func (o *operator) size() uint64 {
	o.t.Helper()
	b, err := app.OpenBooks(o.t.Context(), o.config(), slog.New(slog.DiscardHandler))
	o.must(err)
	s, err := b.Status(o.t.Context())
	o.must(err)
	o.must(b.Close())
	return s.Entries
}

// disclose opens all entries to a view, as 'atalaya ledger disclose' does.
func (o *operator) disclose(view ledger.View) string {
	o.t.Helper()
	file := filepath.Join(o.t.TempDir(), "bundle.json")
	d := app.Disclosure{View: view, Recipient: "who checks", Output: file}
	for i := range o.size() {
		d.Entries = append(d.Entries, i)
	}
	_, err := app.Disclose(o.t.Context(), o.config(), d, slog.New(slog.DiscardHandler))
	o.must(err)
	return file
}

// verify runs atalaya-verify, and gives its findings.
func verifyJSON(t *testing.T, args ...string) (found []proof.Finding) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(append(args, "--json"), &out, &errs)
	for line := range strings.Lines(out.String()) {
		var f proof.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found = append(found, f)
	}
	if want := min(len(found), 1); code != want {
		t.Fatalf("atalaya-verify %q: exit %d with %d findings: %s", args, code, len(found), errs.String())
	}
	return found
}

// caught is how a cheat comes out.
type caught struct {
	kind  string // of the findings, and no other kind is among them
	view  string // who sees it
	shown func(o *operator) []proof.Finding
}

func public(o *operator) []proof.Finding {
	o.days(days, true)
	dir, key := o.export()
	return verifyJSON(o.t, "check", dir, "--key", key)
}

func court(o *operator) []proof.Finding {
	o.days(days, true)
	_, key := o.export()
	return verifyJSON(o.t, "bundle", o.disclose(ledger.Court), "--key", key)
}

func liaison(o *operator) []proof.Finding {
	o.days(days, true)
	_, key := o.export()
	return verifyJSON(o.t, "bundle", o.disclose("liaison:pe"), "--key", key)
}

// forked lets a copy of the ledger go on beside it: each overseer is shown one,
// and neither finds anything in it.
func forked(o *operator) []proof.Finding {
	o.days(days-1, true)
	other := *o
	other.dir = filepath.Join(o.t.TempDir(), "copy")
	o.must(os.CopyFS(other.dir, os.DirFS(o.dir)))
	o.days(1, false)
	other.days(1, false)
	one, key := o.export()
	two, _ := other.export()
	for _, dir := range []string{one, two} {
		if alone := verifyJSON(o.t, "check", dir, "--key", key); len(alone) > 0 {
			o.t.Errorf("one copy alone: %v", alone)
		}
	}
	return verifyJSON(o.t, "compare", one, two, "--key", key)
}

// rolledBack puts an older copy back after an overseer got an export.
func rolledBack(o *operator) []proof.Finding {
	o.days(days-1, true)
	older := filepath.Join(o.t.TempDir(), "older")
	o.must(os.CopyFS(older, os.DirFS(o.dir)))
	o.days(1, false)
	kept, _ := o.export()
	defer func(newest string) { o.dir = newest }(o.dir)
	o.dir = older
	dir, key := o.export()
	if alone := verifyJSON(o.t, "check", dir, "--key", key); len(alone) > 0 {
		o.t.Errorf("without a kept checkpoint: %v", alone)
	}
	return verifyJSON(o.t, "check", dir, "--key", key, "--last", filepath.Join(kept, "checkpoint"))
}

// edited is a look that is told twice, with two positions; and a disclosure in
// which a position was changed besides.
func edited(o *operator) []proof.Finding {
	found := court(o)
	_, key := o.export()
	file := o.disclose(ledger.Court)
	text, err := os.ReadFile(file)
	o.must(err)
	was, is := base64.StdEncoding.EncodeToString([]byte(farInside)), base64.StdEncoding.EncodeToString([]byte(nearBorder))
	if !bytes.Contains(text, []byte(was)) {
		o.t.Fatal("the position is not in the disclosure")
	}
	o.must(os.WriteFile(file, bytes.Replace(text, []byte(was), []byte(is), 1), 0o600))
	changed := verifyJSON(o.t, "bundle", file, "--key", key)
	if len(changed) != len(found)+1 {
		o.t.Errorf("a changed file: %v", changed)
	}
	return changed
}

// TestElevenCheats runs a post that cheats in eleven ways, each of a build in
// which one honest step is left out, or of data that were changed, and shows
// what an outsider finds. 'make cheat' prints it.
func TestElevenCheats(t *testing.T) {
	t.Parallel()
	say := func(format string, args ...any) {
		if testing.Verbose() {
			fmt.Fprintf(os.Stdout, format, args...)
		}
	}
	say("ELEVEN CHEATS\nA post on a border, %d days of work. Store, gate and log are the program's; the records of looks, commands, authorities,\npolicy and purges are written by a script through them, with the fields that the program's own have.\n\n", days)

	o := newOperator(t, honest)
	o.days(days, true)
	length := o.size()
	dir, key := o.export()
	o.days(1, false)
	later, _ := o.export()
	for _, args := range [][]string{
		{"check", dir, "--key", key},
		{"check", later, "--key", key, "--last", filepath.Join(dir, "checkpoint")},
		{"compare", dir, later, "--key", key},
		{"bundle", o.disclose(ledger.Court), "--key", key},
		{"bundle", o.disclose("liaison:pe"), "--key", key},
		{"bundle", o.disclose(ledger.Ombudsman), "--key", key},
	} {
		if found := verifyJSON(t, args...); len(found) > 0 {
			t.Errorf("honest, %s: %v", args[0], found)
		}
	}
	say(" 0. honest, %d entries: no finding in the export, in two copies, in what a court, an ombudsman and a neighbour are shown\n\n", length)

	cheats := []struct {
		cheat
		caught
	}{
		{backDates, caught{"backdated-authority", "everybody: the public export", public}},
		{continuesCopied, caught{"fork", "two overseers who compare their exports; each alone finds nothing", forked}},
		{putsBack, caught{"rollback", "an overseer who kept a checkpoint; without it nothing shows", rolledBack}},
		{numberMissing, caught{"missing-sequence", "everybody: the public export", public}},
		{purgeLeftOut, caught{"overdue-purge", "everybody: the public export", public}},
		{oneSigns, caught{"one-person", "everybody: the public export", public}},
		{policyUnnamed, caught{"unrecorded-policy", "everybody: the public export", public}},
		{positionEdited, caught{"edited-position", "a court's disclosure", edited}},
		{fenceLies, caught{"outside-fence", "the neighbour's own disclosure", liaison}},
		{dropsLoad, caught{"weapon-command", "a court's disclosure", court}},
		{lookUncounted, caught{"skipped-look", "a court's disclosure, with the sensor's counter", court}},
	}
	said := make([]string, len(cheats))
	t.Run("each", func(t *testing.T) {
		for n, c := range cheats {
			t.Run(c.kind, func(t *testing.T) {
				t.Parallel()
				o := newOperator(t, c.cheat)
				found := c.shown(o)
				said[n] = fmt.Sprintf("%2d. %s\n    seen by %s\n", n+1, c.cheat, c.view)
				for _, f := range found {
					said[n] += fmt.Sprintf("    CAUGHT  %s\n", f)
				}
				if len(found) == 0 || slices.ContainsFunc(found, func(f proof.Finding) bool { return f.Kind != c.kind }) {
					t.Errorf("%s: found %v, want %s and nothing else", c.cheat, found, c.kind)
				}
				const left = 8 // what a cheat leaves out makes the log shorter
				if size := o.size(); size+left < length {
					t.Errorf("%s: %d entries, the honest run has %d", c.cheat, size, length)
				}
			})
		}
	})
	say("%s\n", strings.Join(said, ""))
}
