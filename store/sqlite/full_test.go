package sqlite_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/internal/peer"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/watch"
)

// onSmallDisk runs a test on a disk of 16 MB of its own: a tmpfs in a mount
// namespace, in a process of its own.
func onSmallDisk(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	const inside = "ATALAYA_TEST_SMALL_DISK"
	if dir := os.Getenv(inside); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
			t.Fatal(err)
		}
		test(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), peer.Unshare(t), "-rm", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("inside the namespace: %v", err)
	}
}

// TestNeverFullByItself lets the history grow beyond the disk: the old goes in
// time, nothing is lost, and nobody notices.
func TestNeverFullByItself(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("1,800 large steps one after the other: for the race detector TestMaxBytes and TestFullDisk run the same goroutines")
	}
	onSmallDisk(t, func(t *testing.T, dir string) {
		clock := storetest.NewClock(noon())
		s := must(t, sqlite.Config{Dir: filepath.Join(dir, "data"), Clock: clock})
		w := storetest.NewWorld(600, s.Resume(), noon())
		least := uint64(1 << 30)
		for range 1800 {
			clock.Advance(storetest.StepTime)
			run(t, s, w, 1)
			got := s.Storage()
			if least = min(least, got.Free); got.State != desk.StorageOK || got.Lost > 0 {
				t.Fatalf("after %d steps: %+v", w.N, got)
			}
		}
		r := s.Retention()
		t.Logf("at least %d KB stayed free; %+v", least>>10, r)
		if r.Early == 0 || least < 64<<10 {
			t.Fatalf("%d bytes stayed free, retention %+v", least, r)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		sound(t, t.Context(), filepath.Join(dir, "data", "history.db"))
	})
}

// TestFullDisk runs the desk and the store on a disk that somebody else fills.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	onSmallDisk(t, fullDisk)
}

func fullDisk(t *testing.T, dir string) {
	ctx := t.Context()
	clock := storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	policy := store.DefaultPolicy()
	policy.MinFree = 1 << 20
	log := slog.New(slog.DiscardHandler)
	data := filepath.Join(dir, "data")
	open := func() (*sqlite.Store, *desk.Desk) {
		t.Helper()
		s, err := sqlite.Open(ctx, sqlite.Config{Dir: data, Clock: clock, Log: log, Policy: policy})
		if err != nil {
			t.Fatal(err)
		}
		d, err := desk.Start(ctx, desk.Config{Store: s, Ledger: s, Clock: clock, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		return s, d
	}
	s, d := open()
	w := storetest.NewWorld(100, s.Resume(), clock.Now())
	ana := desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer}
	var lastErr error
	// turn is what the loop does.
	turn := func(steps int, findings ...watch.Finding) (failed int) {
		t.Helper()
		for range steps {
			clock.Advance(storetest.StepTime)
			if _, err := d.Consider(ctx, clock.Now(), findings); err != nil {
				lastErr = err
			}
			if err := s.Append(ctx, w.Step()); err != nil {
				lastErr = err
				failed++
			}
			if err := s.Sync(ctx); err != nil {
				t.Fatal(err)
			}
		}
		return failed
	}
	state := func(want desk.StorageState) {
		t.Helper()
		if got := s.Storage(); got.State != want {
			t.Fatalf("storage is %+v, want %s", got, want)
		}
	}
	acknowledge := func(n int, request string) error {
		_, err := d.Acknowledge(ctx, desk.Decision{Request: request, Alert: desk.NameAlert(storetest.Finding(n, 1, clock.Now()).ID), Who: ana})
		return err
	}

	turn(40, storetest.Finding(1, 1, clock.Now()), storetest.Finding(2, 1, clock.Now()))
	if err := acknowledge(1, "before"); err != nil {
		t.Fatal(err)
	}
	state(desk.StorageOK)

	for round := range 3 {
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast)
		failed := turn(400)
		if failed < 100 || !errors.Is(lastErr, store.ErrFull) {
			t.Fatalf("round %d: %d of 400 steps failed, last with %v", round, failed, lastErr)
		}
		state(desk.StorageFull)
		// A new alert comes, and is seen; it cannot be acknowledged.
		n := 10 + round
		turn(1, storetest.Finding(n, 1, clock.Now()))
		page, err := d.List(ctx, desk.Filter{})
		if err != nil || len(page.Alerts) != 3+round {
			t.Fatalf("round %d: %d alerts are listed: %v", round, len(page.Alerts), err)
		}
		for _, alert := range []int{2, n} {
			err := acknowledge(alert, "full")
			if !errors.Is(err, desk.ErrFull) || !strings.Contains(err.Error(), "make room") {
				t.Fatalf("acknowledged on a full disk: %v", err)
			}
		}
		note := desk.Document{Kind: "case", ID: "C1", Version: uint64(round + 1), At: clock.Now(), Who: ana, Request: fmt.Sprint("note", round), Body: make([]byte, 1<<20)}
		if _, err := rand.Read(note.Body); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveDocument(ctx, note, desk.Rests{Inputs: []uint64{1}}); !errors.Is(err, desk.ErrFull) {
			t.Fatalf("a document was kept on a full disk: %v", err)
		}
		if _, err := s.AsKnownAt(ctx, clock.Now()); err != nil {
			t.Fatalf("the history cannot be read: %v", err)
		}
		if round == 1 { // a restart on the full disk
			if err := s.Close(); err != nil && !errors.Is(err, store.ErrFull) {
				t.Fatal(err)
			}
			s, d = open()
			w.N = s.Resume().Step
			turn(8)
			state(desk.StorageFull)
			// The alert that could not be kept is gone; the rule would raise it
			// again.
			turn(1, storetest.Finding(n, 1, clock.Now()))
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		turn(8)
		state(desk.StorageOK)
		if err := s.SaveDocument(ctx, note, desk.Rests{}); err != nil { // nothing of it was kept before
			t.Fatal(err)
		}
		if err := acknowledge(n, "again"+string(rune('0'+round))); err != nil {
			t.Fatal(err)
		}
		if turn(8) != 0 {
			t.Fatalf("steps fail although there is room: %v", lastErr)
		}
	}
	// The disk fills while an act runs: the act counts, and its outcome is
	// written when there is room.
	ballast := filepath.Join(dir, "ballast")
	err := s.Do(ctx, desk.Record{ID: "act", Kind: "test", At: clock.Now()}, func(context.Context) error {
		fill(t, ballast)
		turn(400)
		// What room is left inside the files goes too, in ever smaller pieces.
		version := uint64(3)
		for size := 1 << 18; size > 0; size /= 4 {
			for {
				version++
				more := desk.Document{Kind: "case", ID: "C1", Version: version, At: clock.Now(), Who: ana, Request: fmt.Sprint("more", version), Body: make([]byte, size)}
				if _, err := rand.Read(more.Body); err != nil {
					t.Fatal(err)
				}
				if err := s.SaveDocument(ctx, more, desk.Rests{}); errors.Is(err, desk.ErrFull) {
					version--
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.Journal(ctx, 0, 1000)
	if err != nil || entries[len(entries)-1].Record.ID != "act" || entries[len(entries)-1].Outcome != desk.Pending {
		t.Fatalf("on the full disk the journal has %+v %v", entries, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	turn(8)
	if entries, err = s.Journal(ctx, 0, 1000); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Outcome != desk.Done {
			t.Fatalf("record %s ended as %q", e.Record.ID, e.Outcome)
		}
	}
	lost := s.Storage().Lost
	if lost == 0 {
		t.Fatal("no step is counted as lost")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"durable", "history"} {
		sound(t, ctx, filepath.Join(data, name+".db"))
	}
	s, d = open()
	for _, n := range []int{1, 10, 11, 12} {
		a, err := d.Alert(ctx, desk.NameAlert(storetest.Finding(n, 1, clock.Now()).ID))
		if err != nil || a.State != desk.Acknowledged {
			t.Fatalf("alert %d after all: %v %v", n, a.State, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// fill writes a file until nothing more goes onto the disk.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// sound lets SQLite look through a whole file.
func sound(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var result string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Fatalf("%s: integrity check: %s %v", name, result, err)
	}
}
