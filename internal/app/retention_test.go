package app

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/desk"
	"atalaya/ledger"
	"atalaya/ledger/proof"
	"atalaya/store"

	"atalaya/desk/gate"
)

// TestPurgeDays lets three months pass over two boats and an alert: the keys go
// day by day, what the alert rests on stays, and outsiders find nothing overdue,
// until the purges stop.
func TestPurgeDays(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	policy := store.DefaultPolicy()
	policy.Whole, policy.Inputs, policy.Events, policy.Tracks, policy.Findings = 2*day, 2*day, 2*day, 5*day, 8*day
	s := openStrait(t, policy)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	b, err := openBooks(t.Context(), s.cfg, s.store, s.clock, log, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	begin := func() *purger {
		p := newPurger(policy, s.store, b.gate, s.clock, log)
		now := s.clock.Now()
		if err := b.gate.Note(t.Context(), append([]gate.Single{{Kind: "system.start", ID: now.String(), At: now, Fields: []ledger.Field{ledger.Text("version", "1")}}}, p.declare(now.String(), now)...)...); err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := begin()
	s.cross(398)
	dark := s.find(s.at(990, -2000))
	first := s.began.Truncate(day)
	live := func(class store.Class) bool {
		return slices.ContainsFunc(s.store.Keys().Keys(), func(k store.DataKey) bool { return k.Class == class && k.Day.Equal(first) })
	}
	overdue := func() []proof.Finding { return s.found(b, proof.OverduePurge) }
	nothing := func(when string, secrets ...[]byte) {
		t.Helper()
		err := filepath.WalkDir(s.cfg.Data, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(name)
			for _, secret := range secrets {
				if bytes.Contains(b, secret) {
					t.Errorf("%s: %s has %q", when, name, secret)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	nothing("before", []byte("775000001"))
	slot := func(class store.Class) []byte { // what the file has of the day's key, but for its name
		t.Helper()
		i := slices.IndexFunc(s.store.Keys().Keys(), func(k store.DataKey) bool { return k.Class == class && k.Day.Equal(first) })
		b, err := os.ReadFile(filepath.Join(s.cfg.dir(), store.KeyringName))
		if err != nil || i < 0 {
			t.Fatalf("key %d: %v", i, err)
		}
		const id, wrapped, size = 8, 12, 60
		at := bytes.Index(b, s.store.Keys().Keys()[i].SealedUnder())
		return b[at+wrapped : at+wrapped+size-id]
	}
	keys := [][]byte{slot(store.ClassInput), slot(store.ClassEvent), slot(store.ClassTrack), slot(store.ClassFinding)}
	gone := map[store.Class]int{}
	for n := 1; n <= 12; n++ {
		s.clock.Advance(day)
		turns := 60
		if n == 3 {
			turns = 600 // 1,600 steps go
		}
		for range turns {
			s.turn(nil)
		}
		if n == 6 { // a restart
			p = begin()
		}
		p.purge(t.Context())
		for _, class := range []store.Class{store.ClassInput, store.ClassEvent, store.ClassTrack, store.ClassFinding} {
			if gone[class] == 0 && !live(class) {
				gone[class] = n
			}
		}
	}
	// Of noon: the day ends half a day later, and goes when the term is over.
	if gone[store.ClassInput] != 3 || gone[store.ClassEvent] != 3 || gone[store.ClassTrack] != 6 || gone[store.ClassFinding] != 9 {
		t.Errorf("keys were gone after days: %v", gone)
	}
	if found := overdue(); len(found) > 0 {
		t.Errorf("found %v", found)
	}
	nothing("after", append(keys, []byte("775000001"))...)
	// What the alert rests on.
	points, err := s.store.TrackHistory(t.Context(), store.HistoryQuery{Track: dark})
	if err != nil || len(points) < 20 {
		t.Errorf("%d points of the track are left: %v", len(points), err)
	}
	alerts, err := s.loop.desk.List(t.Context(), desk.Filter{Limit: 10})
	if err != nil || len(alerts.Alerts) == 0 {
		t.Fatalf("alerts: %v %v", alerts, err)
	}
	kept, err := s.store.Findings(t.Context(), store.FindingQuery{Limit: 10})
	if err != nil || len(kept) == 0 {
		t.Errorf("%d findings are left: %v", len(kept), err)
	}
	for range 4 {
		s.clock.Advance(day)
		s.turn(nil)
	}
	if found := overdue(); len(found) == 0 {
		t.Error("the purges stopped, and nobody notices")
	}
}

// found gives what an outsider finds of some kinds in an export.
func (s *strait) found(b *books, kinds ...string) (out []proof.Finding) {
	t := s.t
	t.Helper()
	books := Books{store: s.store, log: b.log, now: s.clock.Now}
	var dir string
	for size, have := uint64(0), uint64(1); size < have; { // the newest are signed a moment later
		var err error
		if have, err = b.log.Size(t.Context()); err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(t.TempDir(), "public")
		if size, err = books.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	vkey, err := os.ReadFile(filepath.Join(dir, "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := proof.ParseLogKey(strings.TrimSpace(string(vkey)))
	if err != nil {
		t.Fatal(err)
	}
	_, all, err := proof.CheckExport(os.DirFS(dir), proof.Options{Keys: proof.Keys{Log: []note.Verifier{v}}, Now: s.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if slices.Contains(kinds, f.Kind) {
			out = append(out, f)
		}
	}
	return out
}

// TestPurgeCutShort ends in the middle of a purge, at every point: the next one
// does what is left, and the ledger says that it was done.
func TestPurgeCutShort(t *testing.T) {
	t.Parallel()
	s := openStrait(t, store.DefaultPolicy())
	s.cross(20)
	log := slog.New(slog.DiscardHandler)
	b, err := openBooks(t.Context(), s.cfg, s.store, s.clock, log, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	s.clock.Advance(400 * 24 * time.Hour)
	key := func() (store.DataKey, bool) {
		for _, k := range s.store.Keys().Keys() {
			if k.Class == store.ClassTrack && k.Day.Equal(s.began.Truncate(24*time.Hour)) {
				return k, true
			}
		}
		return store.DataKey{}, false
	}
	k, there := key()
	if !there {
		t.Fatal("the day has no key")
	}
	p := newPurger(store.DefaultPolicy(), s.store, b.gate, s.clock, log)
	for _, part := range []func() error{
		func() error { return nil },
		func() error { return s.store.History.Outlast(t.Context(), k) },
		func() error { return s.store.Keys().Destroy(k) },
	} {
		if err := part(); err != nil {
			t.Fatal(err)
		}
		if k, there = key(); !there {
			t.Fatal("a purge that was cut short is forgotten")
		}
	}
	if !k.Destroyed {
		t.Fatal("the key is not destroyed")
	}
	p.purge(t.Context())
	if k, there := key(); there {
		t.Fatalf("after the purge: %+v", k)
	}
	entries, err := s.store.Journal(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(entries, func(e desk.Entry) bool {
		return e.Record.Kind == "purge" && e.Record.Subject == "class:track" && e.Outcome == desk.Done &&
			slices.Contains(e.Record.Fields, desk.Field{Name: "key", Value: k.Hash()})
	}) {
		t.Fatalf("the journal has %+v", entries)
	}
}
