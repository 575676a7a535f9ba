package witness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// round is an Asker of two witnesses, and what it keeps.
type round struct {
	*Asker
	kept         []byte
	contradicted []byte
	now          time.Time
	down         [2]atomic.Bool
	witnesses    [2]*Witness
}

func newRound(t *testing.T, b *book, quorum string) *round {
	t.Helper()
	r := &round{now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)}
	text := ""
	for i := range r.witnesses {
		w, err := OpenWitness(Config{Dir: t.TempDir(), Name: fmt.Sprintf("w.example/%d", i), Logs: []note.Verifier{b.key}, Now: time.Now, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Close() }) //nolint:errcheck // a test's
		h := w.Handler()
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			if r.down[i].Load() {
				http.Error(rw, "down", http.StatusBadGateway)
				return
			}
			h.ServeHTTP(rw, req)
		}))
		t.Cleanup(srv.Close)
		r.witnesses[i] = w
		text += fmt.Sprintf("witness w%d %s %s\n", i, w.Key(), srv.URL)
	}
	p, err := ParsePolicy(text + "group both all w0 w1\nquorum " + quorum + "\n")
	if err != nil {
		t.Fatal(err)
	}
	r.Asker = NewAsker(AskerConfig{
		Policy: p, Log: b, Keys: []note.Verifier{b.key}, Every: time.Second, Logger: quiet(),
		Keep:         func(raw []byte) error { r.kept = raw; return nil },
		Contradicted: func(_ context.Context, raw []byte) { r.contradicted = raw },
		Now:          func() time.Time { return r.now },
	})
	return r
}

func (r *round) ask(t *testing.T) State {
	t.Helper()
	r.now = r.now.Add(10 * time.Minute)
	if err := r.Ask(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r.State()
}

// TestAsk: the quorum is held, lost and held again, and the kept checkpoint is
// always one that holds it.
func TestAsk(t *testing.T) {
	b := newBook(t, "log.example/a").to(7, "e")
	r := newRound(t, b, "both")
	s := r.ask(t)
	began := s.Since
	if !s.Held || s.Size != 7 || !r.cfg.Policy.HeldBy(r.kept) || s.Witnesses[1].Size != 7 || s.Since != r.now {
		t.Fatalf("first: %+v", s)
	}
	b.to(20, "e")
	r.down[1].Store(true)
	s = r.ask(t)
	if s.Held || s.Size != 7 || s.Asked != 20 || s.Since.Equal(began) || s.Witnesses[0].Size != 20 || s.Witnesses[1].Error == "" || !s.Witnesses[1].Failing.Equal(r.now) {
		t.Errorf("one is down: %+v", s)
	}
	if c, _, err := Open(r.kept, note.VerifierList(b.key)); err != nil || c.Size != 7 {
		t.Errorf("kept: %+v, %v", c, err)
	}
	lost := s.Since
	b.to(31, "e")
	if s = r.ask(t); s.Since != lost {
		t.Errorf("still down: %+v", s)
	}
	r.down[1].Store(false)
	if s = r.ask(t); !s.Held || s.Size != 31 || s.Witnesses[1].Error != "" {
		t.Errorf("up again: %+v", s)
	}
	// An Asker that starts again goes on from what is kept.
	cfg := r.cfg
	cfg.Kept = r.kept
	again := NewAsker(cfg)
	if s := again.State(); s.Size != 31 || s.Witnesses[0].Size != 31 || s.Witnesses[0].At.IsZero() {
		t.Errorf("after a restart: %+v", s)
	}
	b.to(33, "e")
	if err := again.Ask(t.Context()); err != nil || !again.State().Held {
		t.Errorf("after a restart: %v, %+v", err, again.State())
	}
	// One that knows nothing finds out what they signed.
	cfg.Kept = nil
	again = NewAsker(cfg)
	if err := again.Ask(t.Context()); err != nil || !again.State().Held {
		t.Errorf("without what was kept: %v, %+v", err, again.State())
	}
}

// TestAskLater: a witness that missed the head is asked for it again, and its
// line comes to those that are there.
func TestAskLater(t *testing.T) {
	b := newBook(t, "log.example/a").to(7, "e")
	r := newRound(t, b, "both")
	r.down[0].Store(true)
	if s := r.ask(t); s.Held {
		t.Fatalf("%+v", s)
	}
	r.down[0].Store(false)
	if s := r.ask(t); !s.Held || !r.cfg.Policy.HeldBy(r.kept) {
		t.Errorf("%+v", s)
	}
	// Nobody is asked twice for one head.
	r.down[0].Store(true)
	r.down[1].Store(true)
	if s := r.ask(t); !s.Held || s.Witnesses[0].Error != "" {
		t.Errorf("%+v", s)
	}
}

// TestAskAfterRollback: a log that became shorter, or another, is told so, with
// its own signature as the proof.
func TestAskAfterRollback(t *testing.T) {
	for name, after := range map[string]*book{
		"shorter":            newBook(t, "log.example/a").to(12, "e"),
		"a fork":             newBook(t, "log.example/a").to(12, "e").to(30, "f"),
		"a fork of the size": newBook(t, "log.example/a").to(12, "e").to(20, "f"),
	} {
		b := newBook(t, "log.example/a").to(20, "e")
		r := newRound(t, b, "w0")
		if s := r.ask(t); !s.Held {
			t.Fatal(s)
		}
		kept := string(r.kept)
		r.cfg.Log = after
		*b = *after
		s := r.ask(t)
		if name == "a fork of the size" {
			// The Asker believes that this size is signed; another one asks.
			r.cfg.Kept = nil
			r.Asker = NewAsker(r.cfg)
			s = r.ask(t)
		}
		c, _, err := Open(r.contradicted, note.VerifierList(b.key))
		if s.Held || err != nil || c.Size != 20 {
			t.Errorf("%s: %+v; %+v, %v", name, s, c, err)
		}
		if string(r.kept) != kept {
			t.Errorf("%s: a checkpoint was kept", name)
		}
	}
}

// TestAskLiars: what a witness says without proof stops nothing.
func TestAskLiars(t *testing.T) {
	b := newBook(t, "log.example/a").to(20, "e")
	w := open(t, t.TempDir(), b)
	for name, h := range map[string]http.HandlerFunc{
		"a size that is too large": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/x.tlog.size")
			rw.WriteHeader(http.StatusConflict)
			fmt.Fprintln(rw, 1<<40)
		},
		"sizes without end": func() http.HandlerFunc {
			n := 0
			return func(rw http.ResponseWriter, _ *http.Request) {
				n++
				rw.Header().Set("Content-Type", "text/x.tlog.size")
				rw.WriteHeader(http.StatusConflict)
				fmt.Fprintln(rw, n%10+1)
			}
		}(),
		"no number": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/x.tlog.size")
			rw.WriteHeader(http.StatusConflict)
			fmt.Fprintln(rw, "many")
		},
		"another's signature": func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(rw, testKey(t, "w.example/x").cosign([]byte("something else\n"), time.Now()))
		},
		"nothing":        func(http.ResponseWriter, *http.Request) {},
		"no end":         func(rw http.ResponseWriter, _ *http.Request) { rw.Write(make([]byte, 10*maxBody)) }, //nolint:errcheck // to nobody
		"another place":  func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/elsewhere", http.StatusFound) },
		"it is too late": func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnprocessableEntity) },
	} {
		srv := httptest.NewServer(h)
		p, err := ParsePolicy(fmt.Sprintf("witness w %s %s\nquorum w\n", w.Key(), srv.URL))
		if err != nil {
			t.Fatal(err)
		}
		a := NewAsker(AskerConfig{
			Policy: p, Log: b, Keys: []note.Verifier{b.key}, Every: time.Second, Logger: quiet(), Now: time.Now,
			Keep:         func([]byte) error { return errors.New("nothing is to be kept") },
			Contradicted: func(context.Context, []byte) { t.Errorf("%s: the log is contradicted", name) },
		})
		if err := a.Ask(t.Context()); err != nil || a.State().Held || a.State().Witnesses[0].Error == "" {
			t.Errorf("%s: %v, %+v", name, err, a.State())
		}
		srv.Close()
	}
}
