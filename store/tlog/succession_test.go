package tlog_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/tlog"
)

func signedBy(t *testing.T, l *tlog.Log, vkey string) bool {
	t.Helper()
	raw, _, err := l.Signed()
	check(t, err)
	v, err := note.NewVerifier(vkey)
	check(t, err)
	_, err = note.Open(raw, note.VerifierList(v))
	return err == nil
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	check(t, err)
	return raw
}

// TestSuccession passes a log on, cut off between any two steps: what comes of
// it is always one log under the new key, which leads back to the old one.
func TestSuccession(t *testing.T) {
	t.Parallel()
	dir, second := t.TempDir(), &memory{}
	l := open(t, dir, second)
	fill(t, l, 0, 300)
	old, name := l.Key(), l.Pseudonym("P1")
	next, err := l.NextKey()
	check(t, err)
	if again, err := l.NextKey(); err != nil || again != next || next == old {
		t.Fatalf("the next key is %s, and then %s: %v", next, again, err)
	}
	if err := l.Succeed(old, entries(300, 302), ledger.Group{}); err == nil {
		t.Error("the log is passed on to the key in force")
	}
	check(t, l.Succeed(next, entries(300, 302), ledger.Group{Fields: []ledger.Shown{{Name: "why"}}}))
	check(t, l.Close())

	// Both keys sign, also what comes behind, until the witnesses have.
	held := false
	cfg := config(t, dir, second)
	cfg.Held = func([]byte) bool { return held }
	reopen := func(cfg tlog.Config) *tlog.Log {
		t.Helper()
		l, err := tlog.Open(t.Context(), cfg)
		check(t, err)
		t.Cleanup(func() { _ = l.Close() })
		check(t, l.Refused())
		return l
	}
	states := map[string]string{} // copies of the folder
	keep := func(state string) string {
		t.Helper()
		states[state] = filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(states[state], os.DirFS(dir)))
		return states[state]
	}
	keep("noted")
	for range 2 {
		l = reopen(cfg)
		if to, err := l.Succeeding(); err != nil || to != next || l.Key() != old || !signedBy(t, l, old) || !signedBy(t, l, next) {
			t.Fatalf("under both keys: %q, %v", to, err)
		}
		size, err := l.Size(t.Context())
		check(t, err)
		fill(t, l, int(size), int(size)+5)
		check(t, l.Close())
	}
	l = reopen(cfg)
	raw, _, err := l.Signed()
	check(t, err)
	check(t, l.KeepCosigned(raw))
	check(t, l.Close())
	keep("signed")
	held = true
	l = reopen(cfg)
	if to, err := l.Succeeding(); err != nil || to != "" || l.Key() != next {
		t.Fatalf("after it: %q, %v, %s", to, err, l.Key())
	}
	fill(t, l, 312, 320)
	check(t, l.Close())
	keep("done")

	// Between the steps of the end.
	done, signed := states["done"], states["signed"]
	var h map[string]any
	check(t, json.Unmarshal(read(t, signed, "succession.json"), &h))
	h["taken"] = true
	taken, err := json.Marshal(h)
	check(t, err)
	put := func(state string, files map[string][]byte) {
		t.Helper()
		copied := filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(copied, os.DirFS(signed)))
		for name, content := range files {
			if content == nil {
				check(t, os.Remove(filepath.Join(copied, name)))
				continue
			}
			check(t, os.WriteFile(filepath.Join(copied, name), content, 0o600))
		}
		states[state] = copied
	}
	files := map[string][]byte{"succession.1": read(t, done, "succession.1")}
	put("the head is kept", files)
	files["former.json"] = read(t, done, "former.json")
	put("the former key is listed", files)
	files["succession.json"] = taken
	put("it is taken", files)
	files["signing.key"] = make([]byte, len(read(t, signed, "signing.key")))
	put("the old key is destroyed", files)
	files["signing.key"], files["next.key"] = read(t, done, "signing.key"), nil
	put("the new key is in its place", files)
	files["vkey"] = read(t, done, "vkey")
	put("its verifier key is too", files)

	before := filepath.Join(t.TempDir(), "signed")
	check(t, os.CopyFS(before, os.DirFS(signed)))
	after := filepath.Join(t.TempDir(), "after")
	check(t, os.CopyFS(after, os.DirFS(done)))
	for state, folder := range states {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			m := &memory{}
			cfg := config(t, folder, m)
			if state == "noted" || state == "signed" {
				cfg.Held = nil
			}
			for range 2 {
				l, err := tlog.Open(t.Context(), cfg)
				check(t, err)
				check(t, l.Refused())
				_, err = l.Append(t.Context(), entries(900, 901))
				check(t, err)
				check(t, l.Close())
			}
			l, err := tlog.Open(t.Context(), cfg)
			check(t, err)
			defer l.Close() //nolint:errcheck // a test's
			if l.Key() != next || l.Pseudonym("P1") != name || !signedBy(t, l, next) || signedBy(t, l, old) {
				t.Errorf("key %s, pseudonym %s", l.Key(), l.Pseudonym("P1"))
			}
			former := l.Former()
			if len(former) != 1 || former[0].Key != old || former[0].Entry != 301 || former[0].Opened.Index != 301 || len(former[0].Opened.Fields) != 1 || former[0].Until < 302 {
				t.Errorf("former: %+v", former)
			}
			proof, err := l.Succession(t.Context(), 1)
			check(t, err)
			_, head, _ := strings.Cut(string(proof), "\n\n")
			for _, vkey := range []string{old, next} {
				v, err := note.NewVerifier(vkey)
				check(t, err)
				if _, err := note.Open([]byte(head), note.VerifierList(v)); err != nil {
					t.Errorf("%s did not sign: %v", vkey, err)
				}
			}
			found, err := l.Find(t.Context(), 0, entries(300, 302))
			check(t, err)
			if found[entry(300)] != 300 || found[entry(301)] != 301 {
				t.Errorf("it stands at %v", found)
			}
			s, err := l.Scrub(t.Context())
			check(t, err)
			if len(s.Damage) > 0 {
				t.Errorf("damage: %v", s.Damage)
			}
			for _, name := range []string{"next.key", "succession.json"} {
				if _, err := os.Stat(filepath.Join(folder, name)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is there: %v", name, err)
				}
			}
		})
	}

	// What the former key signs alone after its time is not the log's.
	forged := forge(t, before, old, tlog.Head{Size: 1000})
	l = open(t, after, &memory{})
	if err := l.Remind(t.Context(), forged); err == nil || errors.Is(err, ledger.ErrRefused) || l.Refused() != nil {
		t.Errorf("the log believes its former key: %v, %v", err, l.Refused())
	}
}

// forge signs a head with the key of a folder.
func forge(t *testing.T, dir, vkey string, h tlog.Head) []byte {
	t.Helper()
	seed, err := sealer(t).Open(store.ClassLedger, time.Unix(0, 0), read(t, dir, "signing.key"))
	check(t, err)
	id := strings.Split(vkey, "+")[1]
	s, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + id + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	check(t, err)
	raw, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))}, s)
	check(t, err)
	return raw
}
