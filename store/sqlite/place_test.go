package sqlite_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/track"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func open(t *testing.T, cfg sqlite.Config) (*sqlite.Store, error) {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	if cfg.Clock == nil {
		cfg.Clock = storetest.NewClock(noon())
	}
	return sqlite.Open(t.Context(), cfg)
}

func must(t *testing.T, cfg sqlite.Config) *sqlite.Store {
	t.Helper()
	s, err := open(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t *testing.T, s *sqlite.Store, w *storetest.World, steps int) {
	t.Helper()
	for range steps {
		if err := s.Append(t.Context(), w.Step()); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "data")
	s := must(t, sqlite.Config{Dir: dir})
	run(t, s, storetest.NewWorld(5, s.Resume(), noon()), 10)
	if _, err := open(t, sqlite.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another atalaya") {
		t.Fatalf("opened twice: %v", err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err == nil && st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, st.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"durable.db", "history.db"} {
		db, err := sql.Open("sqlite", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var pageSize, vacuum int
		var journal string
		if err := db.QueryRowContext(t.Context(), "SELECT page_size, auto_vacuum, journal_mode FROM pragma_page_size, pragma_auto_vacuum, pragma_journal_mode").Scan(&pageSize, &vacuum, &journal); err != nil {
			t.Fatal(err)
		}
		if pageSize != 4096 || vacuum != 2 || journal != "wal" {
			t.Errorf("%s: page size %d, auto_vacuum %d, journal %s", name, pageSize, vacuum, journal)
		}
	}
}

// TestNothingInClear looks for what people would look for in a stolen disk.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock := storetest.NewClock(noon())
	s := must(t, sqlite.Config{Dir: dir, Clock: clock})
	roll := people.New(people.Config{Store: s, Ledger: s, Clock: clock})
	if _, err := roll.Invite(t.Context(), desk.Who{}, desk.Officer, people.TokenHash{1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := roll.Enrol(t.Context(), people.TokenHash{1}, "Inocencia", "$argon2id$secret", nil); err != nil {
		t.Fatal(err)
	}
	w := storetest.NewWorld(5, s.Resume(), noon())
	f := storetest.Finding(1, 1, noon(), 1)
	a := desk.Alert{ID: desk.NameAlert(f.ID), Finding: f, Raised: noon()}
	a = a.With(desk.Change{Version: 1, Kind: desk.WasRaised, At: noon(), Note: "sospechoso"})
	if err := s.SaveFindings(t.Context(), []desk.Noted{{Known: noon(), Finding: f}}, []desk.Alert{a}); err != nil {
		t.Fatal(err)
	}
	border := storetest.Area("frontera", 1, noon())
	border.Area.Owner = "Ezequiel"
	if err := s.SaveChanges(t.Context(), []track.Change{border}); err != nil {
		t.Fatal(err)
	}
	run(t, s, w, 300)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"durable.db", "durable.db-wal", "history.db", "history.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		// Long ones: three letters stand in one of a hundred sealed files by chance.
		for _, secret := range []string{"Inocencia", "argon2", "sospechoso", "7750000", "ais-1", "crossed", "Ezequiel", "officer"} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s has %q in clear", name, secret)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	change := func(t *testing.T, dir, name, statement string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   error
		says   string
	}{
		{"newer", func(t *testing.T, dir string) { change(t, dir, "history.db", "PRAGMA user_version = 99") }, store.ErrNewer, "newer program"},
		{"somebody else's", func(t *testing.T, dir string) { change(t, dir, "durable.db", "PRAGMA application_id = 7") }, store.ErrDamaged, "another data folder"},
		{"no database", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "durable.db"), []byte(strings.Repeat("nonsense", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, store.ErrDamaged, "backup"},
		{"no key", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "seal.key")); err != nil {
				t.Fatal(err)
			}
		}, nil, "put it back"},
		{"no data keys", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, store.KeyringName)); err != nil {
				t.Fatal(err)
			}
		}, nil, "put it back"},
		{"another key", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "seal.key"), make([]byte, store.KeySize), 0o600); err != nil {
				t.Fatal(err)
			}
		}, store.ErrDamaged, "right key file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := must(t, sqlite.Config{Dir: dir}).Close(); err != nil {
				t.Fatal(err)
			}
			c.change(t, dir)
			_, err := open(t, sqlite.Config{Dir: dir})
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("opened: %v", err)
			}
		})
	}
}

// image copies the files as a sudden end leaves them.
func image(t *testing.T, from, to string, names ...string) {
	t.Helper()
	if len(names) == 0 {
		names = []string{"durable.db", "durable.db-wal", "history.db", "history.db-wal", "seal.key", store.KeyringName}
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSuddenEnd opens what is left when the program ends between two steps:
// the history of tracks that was in memory comes back from the events.
func TestSuddenEnd(t *testing.T) {
	t.Parallel()
	dir, left := t.TempDir(), t.TempDir()
	s := must(t, sqlite.Config{Dir: dir})
	w := storetest.NewWorld(12, s.Resume(), noon())
	run(t, s, w, 500)
	image(t, dir, left)
	defer s.Close()
	crashed := must(t, sqlite.Config{Dir: left})
	defer crashed.Close()
	for id := track.ID(1); id <= 12; id++ {
		want, err := s.TrackHistory(t.Context(), store.HistoryQuery{Track: id})
		if err != nil {
			t.Fatal(err)
		}
		got, err := crashed.TrackHistory(t.Context(), store.HistoryQuery{Track: id})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 120 {
			t.Fatalf("track %s, %d points (-want +got):\n%s", id, len(want), diff)
		}
	}
	if r := crashed.Resume(); r.Step < w.N || r.Seq < w.Seq || r.Track < 12 {
		t.Fatalf("numbers go on at %+v", r)
	}
}

// TestPowerCut loses the last minute of history.db, as a power cut may lose
// its last seconds: no number is used again.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	dir, left := t.TempDir(), t.TempDir()
	s := must(t, sqlite.Config{Dir: dir})
	defer s.Close()
	w := storetest.NewWorld(4, s.Resume(), noon())
	run(t, s, w, 100)
	image(t, dir, left, "history.db", "history.db-wal", "seal.key", store.KeyringName)
	w.Seq += 700_000 // a busy minute
	w.N += 3000
	run(t, s, w, 10)
	image(t, dir, left, "durable.db", "durable.db-wal")
	crashed := must(t, sqlite.Config{Dir: left})
	defer crashed.Close()
	if r := crashed.Resume(); r.Step < w.N || r.Seq < w.Seq {
		t.Fatalf("numbers go on at %+v, but step %d and sequence %d were used", r, w.N, w.Seq)
	}
	k, err := crashed.AsKnownAt(t.Context(), noon().Add(24*time.Second))
	if err != nil || len(k.Tracks) != 4 {
		t.Fatalf("%d tracks: %v", len(k.Tracks), err)
	}
}

// TestSlowDisk gives steps faster than any disk takes them.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	s := must(t, sqlite.Config{Dir: t.TempDir()})
	defer s.Close()
	w := storetest.NewWorld(400, s.Resume(), noon())
	behind := 0
	for range 600 {
		if err := s.Append(t.Context(), w.Step()); errors.Is(err, store.ErrBehind) {
			behind++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if behind == 0 {
		t.Fatal("600 steps of 100 boats were taken at once")
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.Storage(); got.Lost != uint64(behind) {
		t.Fatalf("%d steps were shed, storage says %+v", behind, got)
	}
	run(t, s, w, 1)
	if got := s.Storage(); got.State != desk.StorageOK {
		t.Fatalf("storage %+v", got)
	}
}

// TestMaxBytes keeps the history within its bound for much longer than it
// could grow, and the tracks longer than the detail.
func TestMaxBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	policy := store.DefaultPolicy()
	policy.MaxBytes, policy.MinFree = 5<<19, 1
	s := must(t, sqlite.Config{Dir: dir, Policy: policy})
	w := storetest.NewWorld(40, s.Resume(), noon())
	var largest int64
	for range 12 {
		run(t, s, w, 200)
		w.Now = w.Now.Add(20 * time.Minute)
		st, err := os.Stat(filepath.Join(dir, "history.db"))
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, st.Size())
	}
	run(t, s, w, 200)
	r := s.Retention()
	if r.Early == 0 || largest > policy.MaxBytes*5/4 {
		t.Fatalf("the file grew to %d bytes, retention %+v", largest, r)
	}
	points, err := s.TrackHistory(t.Context(), store.HistoryQuery{Track: 3})
	if err != nil || len(points) < 100 {
		t.Fatalf("%d points are left: %v", len(points), err)
	}
	thinned, err := s.Thinnings(t.Context(), noon(), w.Now)
	if err != nil || !slices.ContainsFunc(thinned, func(x store.Thinning) bool { return x.What == store.ThinSteps && x.Why == store.ThinRoom }) {
		t.Fatalf("that steps went early is not recorded: %+v, %v", thinned, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sound(t, t.Context(), filepath.Join(dir, "history.db"))
}
