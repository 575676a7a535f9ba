package gate_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now().UTC() }

// signedIn keeps the last signed head in the store.
type signedIn struct{ *sqlite.Store }

func (s signedIn) LastSigned(ctx context.Context) (tlog.Head, bool, error) {
	size, root, signed, err := s.Store.LastSigned(ctx)
	return tlog.Head{Size: size, Root: root}, signed, err
}

func (s signedIn) KeepSigned(ctx context.Context, h tlog.Head) error {
	return s.Store.KeepSigned(ctx, h.Size, h.Root)
}

// rig is a store, a log and the gate before it.
type rig struct {
	store *sqlite.Store
	log   *tlog.Log
	gate  *gate.Gate
}

func open(t testing.TB, dir string, change func(*gate.Config)) *rig {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	r := &rig{}
	var err error
	r.store, err = sqlite.Open(context.Background(), sqlite.Config{Dir: dir, Clock: wallClock{}, Log: quiet})
	check(t, err)
	r.log, err = tlog.Open(context.Background(), tlog.Config{
		Dir: filepath.Join(dir, "ledger"), Origin: "atalaya.example/gate", Sealer: r.store.Sealer(), Seconds: []tlog.Second{signedIn{r.store}}, Log: quiet,
	})
	check(t, err)
	cfg := gate.Config{
		Store: r.store, Log: r.log, Clock: wallClock{}, Random: rand.Reader, Logger: quiet,
		Pseudonym: func(id desk.PersonID) string { return r.log.Pseudonym(string(id)) },
	}
	if change != nil {
		change(&cfg)
	}
	r.gate, err = gate.Open(context.Background(), cfg)
	check(t, err)
	return r
}

func (r *rig) close(t testing.TB) {
	t.Helper()
	check(t, errors.Join(r.gate.Close(), r.log.Close(), r.store.Close()))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func act(id string) desk.Record {
	return desk.Record{
		ID: id, Kind: "alert.acknowledged", At: time.Now(), Who: desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer}, Subject: "alert:A1",
		Fields: []desk.Field{{Name: "request", Value: id}, {Name: "invited by", Value: "P2"}, {Name: "member", Value: "A2"}, {Name: "member", Value: "A3"}},
	}
}

// told is an entry of the log, opened.
type told struct {
	index  uint64
	record ledger.Record
}

// read opens every entry, and holds it against the log.
func (r *rig) read(t testing.TB) []told {
	t.Helper()
	size, err := r.log.Size(context.Background())
	check(t, err)
	var out []told
	for i := range size {
		e, err := r.log.Entry(context.Background(), i)
		check(t, err)
		c, err := r.store.Commitment(context.Background(), e)
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		out = append(out, told{i, c})
	}
	return out
}

// acts pairs acts with their outcomes, and complains of an outcome that is
// none, or is there twice.
func acts(t testing.TB, entries []told) (byID map[string][]string) {
	t.Helper()
	byID = map[string][]string{}
	outcome := map[uint64]string{}
	for _, e := range entries {
		if e.record.Text("phase") != "outcome" {
			continue
		}
		of, err := strconv.ParseUint(e.record.Text("of"), 10, 64)
		check(t, err)
		if of >= e.index || entries[of].record.Text("phase") != "act" || entries[of].record.Text("id") != e.record.Text("id") {
			t.Fatalf("entry %d is the outcome of %d, which is not its act", e.index, of)
		}
		if outcome[of] != "" {
			t.Fatalf("act %d has two outcomes", of)
		}
		outcome[of] = e.record.Text("outcome")
	}
	for _, e := range entries {
		if e.record.Text("phase") == "act" {
			byID[e.record.Text("id")] = append(byID[e.record.Text("id")], outcome[e.index])
		}
	}
	return byID
}

func TestDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, nil)
	ran := false
	check(t, r.gate.Do(t.Context(), act("one"), func(ctx context.Context) error {
		ran = true
		entries := r.read(t)
		if len(entries) != 1 || entries[0].record.Text("id") != "one" {
			t.Errorf("the act runs before its entry is in the log: %v", entries)
		}
		return nil
	}))
	if !ran {
		t.Error("the act did not run")
	}
	failed := errors.New("no wind")
	if err := r.gate.Do(t.Context(), act("two"), func(context.Context) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("Do gave %v", err)
	}
	check(t, r.gate.Note(t.Context(), gate.Single{Kind: "count", ID: "c", At: time.Now()}, gate.Single{Kind: "count", ID: "d", At: time.Now()}))
	if err := r.gate.Do(t.Context(), desk.Record{Kind: "x"}, nil); !errors.Is(err, desk.ErrInvalid) {
		t.Errorf("a record without a name: %v", err)
	}
	r.close(t)

	r = open(t, dir, nil)
	defer r.close(t)
	entries := r.read(t)
	if got := fmt.Sprint(acts(t, entries)); len(entries) != 6 || got != "map[one:[done] two:[failed]]" {
		t.Errorf("%d entries, acts %s", len(entries), got)
	}
	first := entries[0].record
	for name, want := range map[string]string{
		"format": "1", "kind": "alert.acknowledged", "phase": "act", "subject": "alert:A1", "operator": r.log.Pseudonym("P1"), "role": "officer",
		"who.name": "Ana", "data.invited.by": "P2", "data.member": "A2\nA3", "data.request": "one",
	} {
		if first.Text(name) != want {
			t.Errorf("field %s is %q, want %q", name, first.Text(name), want)
		}
	}
	journal, err := r.store.Journal(t.Context(), 0, 10)
	check(t, err)
	if len(journal) != 2 || journal[0].Outcome != desk.Done || journal[1].Outcome != desk.Failed || journal[1].Detail != "no wind" {
		t.Errorf("the journal has %+v", journal)
	}
	// What is public says nothing of who and what.
	for _, f := range ledger.Public.Show(0, first).Fields {
		if bytes.Contains(f.Value, []byte("Ana")) || bytes.Contains(f.Value, []byte("A1")) {
			t.Errorf("the public sees %s = %s", f.Name, f.Value)
		}
	}
}

// TestManyFields: an act that says more than a record has places.
func TestManyFields(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), nil)
	defer r.close(t)
	rec := act("many")
	for i := range 100 {
		rec.Fields = append(rec.Fields, desk.Field{Name: fmt.Sprintf("Field_%d", i), Value: "v"})
	}
	check(t, r.gate.Do(t.Context(), rec, func(context.Context) error { return nil }))
	got := r.read(t)[0].record
	if got.Text("data.field.0") != "v" || !bytes.Contains([]byte(got.Text("data")), []byte("Field_99")) || len(got.Fields) != ledger.Places {
		t.Errorf("%d fields", len(got.Fields))
	}
}

// broken is a log that fails, before or after the entries are in it.
type broken struct {
	ledger.Storage
	mu     sync.Mutex
	before error
	after  error
}

func (b *broken) set(before, after error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before, b.after = before, after
}

func (b *broken) Append(ctx context.Context, e []ledger.Hash) ([]uint64, error) {
	b.mu.Lock()
	before, after := b.before, b.after
	b.mu.Unlock()
	if before != nil && (len(e) > 0 || errors.Is(before, ledger.ErrRefused)) {
		return nil, before
	}
	at, err := b.Storage.Append(ctx, e)
	if err == nil && len(e) > 0 && after != nil {
		return nil, after
	}
	return at, err
}

// TestLogFails: where the log fails, the act does not run; and the next start
// finds out what stands in it.
func TestLogFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log := &broken{}
	r := open(t, dir, func(c *gate.Config) { log.Storage = c.Log; c.Log = log })
	never := func(context.Context) error { t.Error("the act runs"); return nil }
	log.set(store.ErrFull, nil)
	if err := r.gate.Do(t.Context(), act("full"), never); !errors.Is(err, desk.ErrFull) {
		t.Errorf("a full disk: %v", err)
	}
	log.set(nil, errors.New("lost on the way"))
	if err := r.gate.Do(t.Context(), act("there"), never); err == nil {
		t.Error("no error")
	}
	log.set(fmt.Errorf("%w: an older copy", ledger.ErrRefused), nil)
	if err := r.gate.Do(t.Context(), act("refused"), never); !errors.Is(err, desk.ErrLedger) {
		t.Errorf("a refusing log: %v", err)
	}
	log.set(nil, nil)
	done := func(context.Context) error { return nil }
	// The outcome fails, and comes by itself.
	check(t, r.gate.Do(t.Context(), act("late"), func(context.Context) error {
		log.set(errors.New("not now"), nil)
		return nil
	}))
	time.Sleep(50 * time.Millisecond)
	log.set(nil, errors.New("lost on the way")) // it comes, and nobody hears of it
	deadline := time.Now().Add(10 * time.Second)
	for size := uint64(0); size < 3; time.Sleep(20 * time.Millisecond) {
		size, _ = r.log.Size(t.Context())
		if time.Now().After(deadline) {
			t.Fatal("the outcome does not come")
		}
	}
	log.set(nil, nil)
	check(t, r.gate.Do(t.Context(), act("after"), done))
	r.close(t)
	r = open(t, dir, nil)
	defer r.close(t)
	if got, want := fmt.Sprint(acts(t, r.read(t))), "map[after:[done] late:[done] there:[failed]]"; got != want {
		t.Errorf("acts %s, want %s", got, want)
	}
}

// TestCrash stops between any two steps, and starts again.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, nil)
	// Announced, not in the log.
	at := time.Now()
	c, err := ledger.NewRecord(rand.Reader, ledger.Head{Kind: "x", At: at, ID: "announced", Phase: ledger.Act})
	check(t, err)
	_, err = r.store.Announce(t.Context(), act("announced"), c)
	check(t, err)
	// In the log, without an outcome.
	c, err = ledger.NewRecord(rand.Reader, ledger.Head{Kind: "x", At: at, ID: "open", Phase: ledger.Act})
	check(t, err)
	a, err := r.store.Announce(t.Context(), act("open"), c)
	check(t, err)
	_, err = r.log.Append(t.Context(), []ledger.Hash{a.Root})
	check(t, err)
	// A single record that is stored only.
	c, err = ledger.NewRecord(rand.Reader, ledger.Head{Kind: "count", At: time.Now(), ID: "single", Phase: ledger.Single})
	check(t, err)
	_, err = r.store.Commit(t.Context(), []ledger.Record{c})
	check(t, err)
	r.close(t)
	for range 3 { // once is enough
		r = open(t, dir, nil)
		entries := r.read(t)
		if got := fmt.Sprint(acts(t, entries)); got != "map[open:[unknown]]" || len(entries) != 3 {
			t.Errorf("%d entries, acts %s", len(entries), got)
		}
		journal, err := r.store.Journal(t.Context(), 0, 10)
		check(t, err)
		if len(journal) != 2 || journal[0].Outcome != desk.Failed || journal[1].Outcome != desk.UnknownOutcome {
			t.Errorf("the journal has %+v", journal)
		}
		for i, id := range []string{"announced", "open"} {
			stands, err := r.store.Stands(t.Context(), journal[i].Number)
			check(t, err)
			entered, err := r.store.Entered(t.Context(), id, at)
			check(t, err)
			if want := id == "open"; stands != want || entered != want {
				t.Errorf("%s: stands %t, entered %t", id, stands, entered)
			}
		}
		if entered, err := r.store.Entered(t.Context(), "open", at.Add(-time.Hour)); entered || err != nil {
			t.Errorf("at another time: %t, %v", entered, err)
		}
		r.close(t)
	}
}

// TestPlacesOnTheWay: where an entry stands is known from when it is told, also
// while a change that writes it, of whoever signs the log, is not through.
func TestPlacesOnTheWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, nil)
	defer r.close(t)
	c, err := ledger.NewRecord(rand.Reader, ledger.Head{Kind: "x", At: time.Now(), ID: "1", Phase: ledger.Act})
	check(t, err)
	a, err := r.store.Announce(t.Context(), act("1"), c)
	check(t, err)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "durable.db"))
	check(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	check(t, err)
	r.store.Place(gate.Place{Row: a.Row, Index: 7})
	signed := make(chan error)
	go func() { signed <- r.store.KeepSigned(context.Background(), 8, ledger.Hash{}) }()
	select {
	case err := <-signed:
		t.Fatalf("the change did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	look := func() {
		t.Helper()
		owed, err := r.store.Unplaced(t.Context(), 0, 10)
		check(t, err)
		acts, err := r.store.Acts(t.Context(), nil)
		check(t, err)
		if len(owed) != 0 || len(acts) != 1 || !acts[0].Placed || acts[0].Index != 7 {
			t.Errorf("owed %v, acts %+v", owed, acts)
		}
	}
	look()
	_, err = db.ExecContext(t.Context(), "ROLLBACK")
	check(t, err)
	check(t, <-signed)
	look()
}

// TestLook: the fields of a look are called what the format calls them, and a
// count says the last number of each sensor.
func TestLook(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), func(c *gate.Config) { c.Count = 200 * time.Millisecond })
	defer r.close(t)
	for _, n := range []string{"1", "2"} {
		check(t, r.gate.Do(t.Context(), desk.Record{ID: "look/" + n, Kind: "look", At: time.Now(), Fields: []desk.Field{
			{Name: "sensor", Value: "C1"}, {Name: "seq.sensor", Value: n}, {Name: "outcome", Value: "mine"}, {Name: "look.footprint", Value: "p"}, {Name: "late", Value: "true"},
		}}, func(context.Context) error { return nil }))
	}
	deadline := time.Now().Add(10 * time.Second)
	for ; ; time.Sleep(20 * time.Millisecond) {
		entries := r.read(t)
		first, last := entries[0].record, entries[len(entries)-1].record
		if first.Text("seq.sensor") != "1" || first.Text("look.footprint") != "p" || first.Text("data.outcome") != "mine" || first.Text("late") != "true" {
			t.Fatalf("the look says %v", first.Fields)
		}
		if last.Text("kind") == "count" && last.Text("last.sensor") == "C1=2" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no count says so")
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	r := open(t, t.TempDir(), func(c *gate.Config) { c.Count = 50 * time.Millisecond })
	deadline := time.Now().Add(10 * time.Second)
	for size := uint64(0); size < 3; time.Sleep(20 * time.Millisecond) {
		size, _ = r.log.Size(t.Context())
		if time.Now().After(deadline) {
			t.Fatal("no count entries")
		}
	}
	defer r.close(t)
	entries := r.read(t)
	for i, e := range entries {
		if e.record.Text("kind") != "count" || e.record.Text("size") != strconv.Itoa(i) {
			t.Errorf("entry %d is %s with size %s", i, e.record.Text("kind"), e.record.Text("size"))
		}
		if i > 0 && e.record.Text("from") != entries[i-1].record.Text("until") {
			t.Errorf("entry %d leaves a gap", i)
		}
	}
}
