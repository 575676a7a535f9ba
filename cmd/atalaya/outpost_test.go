package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/internal/app"
	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// TestOutpost: an outpost has its own log. Headquarters cosigns its heads and
// enters them in its own ledger; an outpost that later shows another history is
// found by that.
func TestOutpost(t *testing.T) {
	t.Parallel()
	dir, outpost, headquarters := t.TempDir(), t.TempDir(), t.TempDir()
	policy, posts := filepath.Join(dir, "policy"), filepath.Join(dir, "outposts")
	write := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	ours := shore(running.Ports(t, 1)) + fmt.Sprintf("\n[ledger]\norigin = \"post.example/lake\"\nwitnesses = %q\nask = \"200ms\"\n", policy)
	asked := fmt.Sprintf("127.0.0.1:%d", running.Ports(t, 1))
	theirs := shore(running.Ports(t, 1)) + fmt.Sprintf("\n[ledger]\norigin = \"hq.example/atalaya\"\noutposts = %q\noutposts_listen = %q\n", posts, asked)
	config := write(filepath.Join(dir, "outpost.toml"), ours)
	over := write(filepath.Join(dir, "headquarters.toml"), theirs)
	write(policy, "quorum none\n")
	atalaya := func(want int, config string, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"--config", config}, args...), streams{strings.NewReader(""), &out, &errs}); code != want {
			t.Fatalf("atalaya %q ended with %d: %s%s", args, code, out.String(), errs.String())
		}
		return out.String() + errs.String()
	}
	stop := func(p *running.Program) {
		t.Helper()
		if err := p.Stop(t); err != nil {
			t.Fatalf("stop: %v\n%s", err, p.Log())
		}
	}
	key := func(data string) note.Verifier {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(data, "ledger", "vkey"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := proof.ParseLogKey(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := running.Start(t, running.Options{Dir: outpost, Config: ours}) // makes the key
	first.Enrol(t, "Ana")
	stop(first)
	older := filepath.Join(dir, "older")
	if err := os.CopyFS(older, os.DirFS(outpost)); err != nil {
		t.Fatal(err)
	}
	vkey, err := os.ReadFile(filepath.Join(outpost, "ledger", "vkey"))
	if err != nil {
		t.Fatal(err)
	}
	write(posts, "log "+string(vkey))
	hq := running.Start(t, running.Options{Dir: headquarters, Config: theirs})
	status := func() (s app.BooksStatus) {
		t.Helper()
		if err := json.Unmarshal([]byte(atalaya(0, over, "ledger", "status", "--json", "--data", headquarters)), &s); err != nil || s.Outposts == nil {
			t.Fatalf("status %+v: %v", s, err)
		}
		return s
	}
	hq.Kill() // it has its key
	write(policy, fmt.Sprintf("witness hq %s http://%s\nquorum hq\n", status().Outposts.Key, asked))
	hq = running.Start(t, running.Options{Dir: headquarters, Config: theirs})

	held := func() {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			var out, errs bytes.Buffer
			run(t.Context(), []string{"--config", config, "ledger", "cosign", "--data", outpost}, streams{strings.NewReader(""), &out, &errs})
			if strings.Contains(out.String(), "quorum   held") {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("headquarters does not cosign: %s%s\n%s", out.String(), errs.String(), hq.Log())
			}
		}
	}
	held()
	hq.Kill() // it watches on from where it was
	hq = running.Start(t, running.Options{Dir: headquarters, Config: theirs})
	again := running.Start(t, running.Options{Dir: outpost, Config: ours})
	again.SignIn(t, "Ana")
	stop(again)
	held()
	stop(hq)
	if h := status().Outposts.Heads; len(h) != 1 || h[0].Origin != "post.example/lake" || h[0].Size < 4 || len(h[0].Refused) > 0 {
		t.Errorf("headquarters has of outposts %+v", h)
	}

	post, public := filepath.Join(dir, "post"), filepath.Join(dir, "public")
	atalaya(0, config, "ledger", "export", "--data", outpost, "-o", post)
	atalaya(0, over, "ledger", "export", "--data", headquarters, "-o", public)
	o := proof.Options{
		Keys: proof.Keys{Log: []note.Verifier{key(outpost)}}, Now: time.Now(),
		Headquarters: os.DirFS(public), HeadquartersKeys: proof.Keys{Log: []note.Verifier{key(headquarters)}},
	}
	s, found, err := proof.CheckExport(os.DirFS(post), o)
	if err != nil || len(found) > 0 || s.Entered < 2 {
		t.Errorf("the outpost: %+v, %v, %v", s, found, err)
	}
	if _, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: o.HeadquartersKeys, Now: time.Now()}); err != nil || len(found) > 0 {
		t.Errorf("headquarters: %v, %v", found, err)
	}
	// The outpost as it was before, without what remembers: a history of its own.
	write(policy, "quorum none\n")
	p := running.Start(t, running.Options{Dir: older, Config: ours})
	p.SignIn(t, "Ana")
	stop(p)
	other := filepath.Join(dir, "other")
	atalaya(0, config, "ledger", "export", "--data", older, "-o", other)
	_, found, err = proof.CheckExport(os.DirFS(other), o)
	if err != nil || len(found) == 0 || found[0].Kind != proof.Fork && found[0].Kind != proof.Rollback {
		t.Errorf("an outpost with another history: %v, %v", found, err)
	}
}

// An outpost of an exercise and a live one do not mix, and nobody watches
// themselves.
func TestOutpostRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	posts := filepath.Join(dir, "outposts")
	for origin, want := range map[string]string{"post.example/lake/exercise": "is an exercise's", "hq.example/atalaya": "nobody is their own witness"} {
		_, vkey, err := note.GenerateKey(nil, origin)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(posts, []byte("log "+vkey+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		config := filepath.Join(dir, "atalaya.toml")
		text := fmt.Sprintf("data = %q\n[web]\nlisten = \"127.0.0.1:0\"\n[ledger]\norigin = \"hq.example/atalaya\"\noutposts = %q\noutposts_listen = \"127.0.0.1:0\"\n", filepath.Join(dir, "data"), posts)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"--config", config, "serve"}, streams{strings.NewReader(""), &out, &errs}); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: ended with %d: %s%s", origin, code, out.String(), errs.String())
		}
	}
}
