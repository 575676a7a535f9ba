package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// visitor is a browser at the portal.
type visitor struct {
	*http.Client

	at string
}

func newVisitor(t *testing.T, p *running.Program) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{&http.Client{Jar: jar, Timeout: 30 * time.Second}, p.Portal}
}

func (v visitor) do(t *testing.T, method, address string, form url.Values) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept-Language", "en")
	res, err := v.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b
}

func (v visitor) get(t *testing.T, path string) []byte {
	t.Helper()
	status, b := v.do(t, http.MethodGet, v.at+path, nil)
	if status != http.StatusOK {
		t.Fatalf("%s: %d: %s", path, status, b)
	}
	return b
}

// TestPortal lets an overseer into the portal of the running program: what
// they see, what they take home, and that it is the same.
func TestPortal(t *testing.T) {
	t.Parallel()
	port := running.Ports(t, 7)
	p := running.Start(t, running.Options{Args: []string{"--exercise", "--boats", "4", "--port", fmt.Sprint(port)}})
	p.Enrol(t, "Ana")
	v := newVisitor(t, p)
	_, link, _ := strings.Cut(p.PortalLink, "#")
	if status, b := v.do(t, http.MethodPost, v.at+"/link", url.Values{"link": {link}, "name": {"Defensora"}, "password": {running.Password}}); status != http.StatusOK || !strings.Contains(string(b), "Defensora") {
		t.Fatalf("enrol: %d %s", status, b)
	}

	// Overseers do not get into operations, with no password and no session,
	// nor people of operations into the portal.
	other := newVisitor(t, p)
	if status, _ := other.do(t, http.MethodPost, v.at+"/sign-in", url.Values{"name": {"Ana"}, "password": {running.Password}}); status != http.StatusUnauthorized {
		t.Errorf("an administrator at the portal: %d", status)
	}
	status, b, err := p.Do(t.Context(), http.MethodPost, "/api/session", "", map[string]string{"name": "Defensora", "password": running.Password}, nil)
	if err != nil || status != http.StatusForbidden || !strings.Contains(string(b), `"overseer"`) {
		t.Errorf("an overseer at the screens: %d %s %v", status, b, err)
	}
	at, err := url.Parse(v.at)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Jar.Cookies(at) {
		for _, path := range []string{"/api/session", "/api/tracks", "/api/alerts", "/api/people", "/api/live", "/api/sensors"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.AddCookie(&http.Cookie{Name: "atalaya_session", Value: c.Value})
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with an overseer's session: %d", path, res.StatusCode)
			}
		}
	}
	var made struct{ Done struct{ Token, URL string } }
	p.Must(t, http.MethodPost, "/api/people/invite", map[string]string{"role": "overseer"}, &made)
	if made.Done.URL != v.at+"/link#"+made.Done.Token {
		t.Errorf("an overseer's link: %+v", made)
	}
	if status, b, err := p.Do(t.Context(), http.MethodPost, "/api/enrol", "", map[string]string{"token": made.Done.Token, "name": "Otra", "password": running.Password}, nil); err != nil || status != http.StatusForbidden {
		t.Errorf("an overseer's link at the screens: %d %s %v", status, b, err)
	}

	// An instructor from abroad is published, without a name.
	ends := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	p.Must(t, http.MethodPost, "/api/people/invite", map[string]any{"role": "instructor", "country": "ARG", "until": ends}, &made)
	if status, b, err := p.Do(t.Context(), http.MethodPost, "/api/enrol", "", map[string]string{"token": made.Done.Token, "name": "Juana Azurduy", "password": running.Password}, nil); err != nil || status != http.StatusOK {
		t.Fatalf("an instructor enrols: %d %s %v", status, b, err)
	}
	p.SignIn(t, "Ana")
	until(t, p, "the instructor at the portal", 30*time.Second, func() bool {
		page := string(v.get(t, "/statistics"))
		if strings.Contains(page, "Azurduy") {
			t.Error("the portal tells an instructor's name")
		}
		return strings.Contains(page, "ARG") && strings.Contains(page, "until "+ends.Format("2006-01-02 15:04:05 UTC"))
	})

	// A look, and the numbers come to it.
	p.Must(t, http.MethodPost, "/api/sensors/camera-1/looks", map[string]any{"kind": "absolute", "purpose": "training", "azimuth_deg": 300, "elevation_deg": -5, "wide_deg": 20}, nil)
	until(t, p, "the look at the portal", 30*time.Second, func() bool {
		return strings.Contains(string(v.get(t, "/looks")), "camera-1")
	})
	watched := string(v.get(t, "/watched"))
	for _, want := range []string{"camera-1", "yes: each turn is an entry", "radar-1", "drone-7", "Simulado 1", "40\u00a0km"} {
		if !strings.Contains(watched, want) {
			t.Errorf("what is watched lacks %q", want)
		}
	}
	if bundle := v.get(t, "/receipts/0"); !strings.Contains(string(bundle), "c2sp.org/tlog-proof@v1") {
		t.Errorf("the receipt is %s", bundle)
	}

	// The report first: the export may have more, at its end.
	table := v.get(t, fmt.Sprintf("/report/%d.csv", time.Now().UTC().Year()))
	if paper := v.get(t, fmt.Sprintf("/report/%d.pdf", time.Now().UTC().Year())); !bytes.HasPrefix(paper, []byte("%PDF-1.")) {
		t.Error("the report is no PDF")
	}
	dir := unpack(t, v.get(t, "/export.zip"))
	vkeys, err := os.ReadFile(filepath.Join(dir, "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := proof.ParseLogKey(strings.TrimSpace(strings.Split(string(vkeys), "\n")[0]))
	if err != nil {
		t.Fatal(err)
	}
	s, found, err := proof.CheckExport(os.DirFS(dir), proof.Options{Keys: proof.Keys{Log: []note.Verifier{key}}, Now: time.Now()})
	if err != nil || len(found) > 0 || s.Records < 20 {
		t.Errorf("the checker: %+v, %v, %v", s, found, err)
	}
	recompute(t, table, filepath.Join(dir, "openings.jsonl"))
	if strings.Contains(string(v.get(t, "/statistics")), "Ana") {
		t.Error("a name of a person is public")
	}
	if _, b := v.do(t, http.MethodPost, v.at+"/sign-out", nil); !strings.Contains(string(b), "new-password") && !strings.Contains(string(b), "current-password") {
		t.Errorf("after signing out: %s", b)
	}
}

func unpack(t *testing.T, archive []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	return dir
}

// recompute works out every number of a report from the openings of an export,
// with nothing of the program that made it.
func recompute(t *testing.T, table []byte, openings string) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(openings)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	last := 0 // the report may end before the export
	for _, l := range lines[1:] {
		n, err := strconv.Atoi(l[6])
		if err != nil {
			t.Fatal(err)
		}
		last = max(last, n)
	}
	type number struct{ n, first, last int }
	sum := map[string]*number{}
	read := bufio.NewScanner(f)
	read.Buffer(nil, 1<<20)
	for read.Scan() {
		var o struct {
			Index  int
			Fields []struct {
				Name  string
				Value []byte
			}
		}
		if err := json.Unmarshal(read.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		v := map[string]string{}
		for _, f := range o.Fields {
			v[f.Name] = string(f.Value)
		}
		if o.Index > last {
			break
		}
		add := func(n int, section, name string) {
			x := sum[section+"|"+name]
			if x == nil {
				x = &number{first: o.Index}
				sum[section+"|"+name] = x
			}
			x.n, x.last = x.n+n, o.Index
		}
		if v["phase"] == "outcome" {
			if v["outcome"] != "done" {
				add(1, "outcomes", v["kind"]+" "+v["outcome"])
			}
			continue
		}
		add(1, "entries", v["kind"])
		if v["late"] != "" {
			add(1, "late", v["kind"])
		}
		switch v["kind"] {
		case "look":
			add(1, "purposes", v["purpose"])
			add(1, "sensors", v["sensor"])
			add(1, "fences", v["fence"])
			add(1, "cells", v["cell"])
			add(1, "hours", v["hour"])
		case "session.in":
			add(1, "access", v["role"])
		case "purge":
			n, err := strconv.Atoi(v["items"])
			if err != nil {
				t.Fatal(err)
			}
			add(n, "purged", v["class"])
		}
	}
	var mine []string
	for _, name := range slices.Sorted(maps.Keys(sum)) {
		mine = append(mine, fmt.Sprintf("%s %d, entries %d to %d", name, sum[name].n, sum[name].first, sum[name].last))
	}
	var theirs []string
	for _, l := range lines[1:] {
		theirs = append(theirs, fmt.Sprintf("%s|%s %s, entries %s to %s", l[1], l[2], l[3], l[5], l[6]))
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	if !slices.Equal(mine, theirs) || len(mine) < 10 {
		t.Errorf("the report says\n%s\nthe export\n%s", strings.Join(theirs, "\n"), strings.Join(mine, "\n"))
	}
}
