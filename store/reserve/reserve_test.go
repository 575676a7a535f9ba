package reserve_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/reserve"
)

// sealer is a store's that may fail.
type sealer struct {
	*store.AESSealer
	fails bool
}

func (s *sealer) Seal(c store.Class, day time.Time, b []byte) ([]byte, error) {
	if s.fails {
		return nil, errors.New("no key")
	}
	return s.AESSealer.Seal(c, day, b)
}

func (s *sealer) Open(c store.Class, day time.Time, b []byte) ([]byte, error) {
	if s.fails {
		return nil, errors.New("no key")
	}
	return s.AESSealer.Open(c, day, b)
}

func config(t *testing.T) (reserve.Config, *sealer) {
	t.Helper()
	s, err := store.NewAESSealer(make([]byte, store.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k := &sealer{AESSealer: s}
	return reserve.Config{Dir: t.TempDir(), Sealer: k, Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), Places: 8, Log: slog.New(slog.DiscardHandler)}, k
}

func open(t *testing.T, cfg reserve.Config) *reserve.File {
	t.Helper()
	f, err := reserve.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // some tests close it
	return f
}

func keep(t *testing.T, f *reserve.File, s string) int {
	t.Helper()
	n, err := f.Keep([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// kept is what is kept, in order.
func kept(t *testing.T, f *reserve.File) string {
	t.Helper()
	all, err := f.Kept()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range all {
		s := string(p.Record)
		if p.Ending != nil {
			s += "=" + string(p.Ending)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestKeeps: what is kept is there after the program ended in whatever way, in
// its order, and places are used again.
func TestKeeps(t *testing.T) {
	cfg, keys := config(t)
	f := open(t, cfg)
	keys.fails = true // from here on it needs none
	places := make([]int, 8)
	for i := range places {
		places[i] = keep(t, f, fmt.Sprint("r", i))
	}
	if _, err := f.Keep([]byte("x")); !errors.Is(err, desk.ErrFull) {
		t.Errorf("a ninth: %v", err)
	}
	ok(t, f.End(places[2], []byte("done")))
	ok(t, f.Free(places[0]))
	ok(t, f.Free(places[2]))
	keep(t, f, "r8")
	keep(t, f, "r9") // the ending of r2, who had its place, is not its own
	ok(t, f.End(places[5], []byte("failed")))
	const want = "r1 r3 r4 r5=failed r6 r7 r8 r9"
	if got := kept(t, f); got != want {
		t.Errorf("kept: %s", got)
	}
	keys.fails = false
	again := open(t, cfg) // as after a kill: nobody closed it
	if got := kept(t, again); got != want {
		t.Errorf("kept after another start: %s", got)
	}
	if err := again.Free(99); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("a place that is not there: %v", err)
	}
	if _, err := again.Keep(make([]byte, again.Longest()+1)); !errors.Is(err, desk.ErrInvalid) {
		t.Errorf("a record that is too long: %v", err)
	}
	ok(t, again.Free(places[1]))
	long := strings.Repeat("l", again.Longest())
	ok(t, again.End(keep(t, again, long), bytes.Repeat([]byte("e"), 2000)))
	if got := kept(t, open(t, cfg)); !strings.Contains(got, long+"=eeee") {
		t.Errorf("the longest record: %s", got)
	}
}

// TestBlocks: the file has all its blocks from the beginning, never grows, and
// has nothing in clear.
func TestBlocks(t *testing.T) {
	cfg, _ := config(t)
	cfg.Places = 0
	f := open(t, cfg)
	name := filepath.Join(cfg.Dir, reserve.Name)
	blocks := func() (int64, int64) {
		st, err := os.Stat(name)
		ok(t, err)
		return st.Size(), st.Sys().(*syscall.Stat_t).Blocks * 512 //nolint:forcetypeassert // of Linux
	}
	size, have := blocks()
	if want := int64(1025 * 4096); size != want || have < size {
		t.Errorf("%d bytes of %d, in %d", size, want, have)
	}
	n := keep(t, f, "planted text")
	ok(t, f.End(n, []byte("planted text")))
	raw, err := os.ReadFile(name)
	ok(t, err)
	if bytes.Contains(raw, []byte("planted")) {
		t.Error("there is text in clear")
	}
	if s, b := blocks(); s != size || b != have {
		t.Errorf("it grew to %d, %d", s, b)
	}
	// A copy with holes is filled at the next start.
	ok(t, f.Free(n))
	ok(t, f.Close())
	ok(t, os.Truncate(name, 0))
	ok(t, os.Truncate(name, size))
	open(t, cfg)
	if _, b := blocks(); b < size {
		t.Errorf("holes stay: %d bytes on the disk of %d", b, size)
	}
}

// TestTorn: what is damaged is counted, once, and the rest is there.
func TestTorn(t *testing.T) {
	cfg, keys := config(t)
	f := open(t, cfg)
	keep(t, f, "a")
	n := keep(t, f, "b")
	keep(t, f, "c")
	ok(t, f.SetMissing(4, cfg.Now.Add(-time.Hour)))
	ok(t, f.Close())
	name := filepath.Join(cfg.Dir, reserve.Name)
	raw, err := os.ReadFile(name)
	ok(t, err)
	raw[4096+n*4096+20] ^= 1
	ok(t, os.WriteFile(name, raw, 0o600))
	for range 2 {
		f = open(t, cfg)
		if missing, since := f.Missing(); missing != 5 || !since.Equal(cfg.Now.Add(-time.Hour)) || kept(t, f) != "a c" {
			t.Errorf("%d missing since %s, kept %s", missing, since, kept(t, f))
		}
	}
	// Where their key is gone they are missing, and the next ones are kept.
	other, err := store.NewAESSealer(bytes.Repeat([]byte{1}, store.KeySize))
	ok(t, err)
	keys.AESSealer = other
	for range 2 {
		f = open(t, cfg)
		if missing, _ := f.Missing(); missing != 7 || kept(t, f) != "" {
			t.Errorf("%d missing, kept %s", missing, kept(t, f))
		}
	}
	keep(t, f, "d")
	if kept(t, open(t, cfg)) != "d" {
		t.Error("the next one is not kept")
	}
	ok(t, f.SetMissing(0, time.Time{}))
	if missing, _ := open(t, cfg).Missing(); missing != 0 {
		t.Errorf("%d missing", missing)
	}
	// No file can be made: that is told.
	keys.fails = true
	fresh, _ := config(t)
	fresh.Sealer = keys
	if _, err := reserve.Open(fresh); err == nil || !strings.Contains(err.Error(), "safe acts") {
		t.Errorf("without a key: %v", err)
	}
	ok(t, os.WriteFile(name, []byte("short"), 0o600))
	if _, err := reserve.Open(cfg); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("another file: %v", err)
	}
}

// TestManyAtOnce: each has its own place.
func TestManyAtOnce(t *testing.T) {
	cfg, _ := config(t)
	cfg.Places = 64
	f := open(t, cfg)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			n, err := f.Keep([]byte(fmt.Sprintf("<%d>", i)))
			if err == nil && i%2 == 1 {
				err = f.Free(n)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := kept(t, open(t, cfg))
	for i := range 64 {
		if strings.Contains(got, fmt.Sprintf("<%d>", i)) != (i%2 == 0) {
			t.Errorf("%d: %s", i, got)
		}
	}
}
