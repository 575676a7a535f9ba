package store_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"atalaya/store"
)

func keyring(t *testing.T, dir string, derived, readOnly bool) *store.Keyring {
	t.Helper()
	k, err := openKeyring(t, dir, derived, readOnly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func openKeyring(t *testing.T, dir string, derived, readOnly bool) (*store.Keyring, error) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return store.OpenKeyring(root, sealer(t, 1), false, derived, readOnly)
}

func seal(t *testing.T, s store.Sealer, class store.Class, day time.Time, plain string) []byte {
	t.Helper()
	b, err := s.Seal(class, day, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func opens(t *testing.T, s store.Sealer, class store.Class, day time.Time, sealed []byte, want string) {
	t.Helper()
	if got, err := s.Open(class, day, sealed); err != nil || string(got) != want {
		t.Fatalf("opened %q %v, want %q", got, err, want)
	}
}

func shut(t *testing.T, s store.Sealer, class store.Class, day time.Time, sealed []byte) {
	t.Helper()
	if got, err := s.Open(class, day, sealed); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("opened %q: %v", got, err)
	}
}

func keyOf(t *testing.T, k *store.Keyring, class store.Class, day time.Time) store.DataKey {
	t.Helper()
	for _, key := range k.Keys() {
		if key.Class == class && key.Day.Equal(day.Truncate(24*time.Hour)) {
			return key
		}
	}
	t.Fatalf("no key of %s of %s", class, day)
	return store.DataKey{}
}

func TestKeyring(t *testing.T) {
	dir := t.TempDir()
	k := keyring(t, dir, false, false)
	day := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	next := day.Add(time.Second)
	a := seal(t, k, store.ClassFinding, day, "boat 775000037 crossed")
	b := seal(t, k, store.ClassFinding, next, "another day")
	c := seal(t, k, store.ClassTrack, day, "another class")
	if bytes.Contains(a, []byte("775000037")) {
		t.Fatal("it lies in clear")
	}
	reader := keyring(t, dir, false, true)
	opens(t, reader, store.ClassFinding, day, a, "boat 775000037 crossed")
	shut(t, k, store.ClassAlert, day, a)
	shut(t, k, store.ClassFinding, next, a)
	shut(t, k, store.ClassFinding, day, a[:11])
	shut(t, k, store.ClassFinding, day, append(bytes.Clone(a[:len(a)-1]), a[len(a)-1]^1))
	// What was made meanwhile is read as well.
	later := seal(t, k, store.ClassAlert, day, "later")
	opens(t, reader, store.ClassAlert, day, later, "later")
	if _, err := reader.Seal(store.ClassPerson, day, nil); err == nil {
		t.Fatal("a reader made a key")
	}

	kept, err := k.Reseal(store.ClassFinding, day, a, store.ClassEvidence, day)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, store.KeyringName))
	if err != nil {
		t.Fatal(err)
	}
	key := keyOf(t, k, store.ClassFinding, day)
	if err := k.Destroy(key); err != nil {
		t.Fatal(err)
	}
	shut(t, k, store.ClassFinding, day, a)
	for range 2 {
		opens(t, k, store.ClassFinding, next, b, "another day")
		opens(t, k, store.ClassTrack, day, c, "another class")
		opens(t, k, store.ClassFinding, day, kept, "boat 775000037 crossed")
		if !keyOf(t, k, store.ClassFinding, day).Destroyed {
			t.Fatal("a destroyed key is not remembered")
		}
		k.Close()
		k = keyring(t, dir, false, false)
	}
	// None of the wrapped keys of before is there any more, the others' neither:
	// they are wrapped anew.
	now, err := os.ReadFile(filepath.Join(dir, store.KeyringName))
	if err != nil {
		t.Fatal(err)
	}
	for at := 512; at+32 <= len(raw); at += 4 {
		if part := raw[at : at+32]; bytes.Count(part, []byte{0}) < 8 && bytes.Contains(now, part) {
			t.Fatalf("bytes %d to %d of the old file are still there", at, at+32)
		}
	}
	if err := k.Destroy(key); err != nil { // again, as after an end in between
		t.Fatal(err)
	}
	if err := k.Release(key); err != nil {
		t.Fatal(err)
	}
	if err := k.Release(key); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("released twice: %v", err)
	}
	// The day may come again, with late data: under another key.
	again := seal(t, k, store.ClassFinding, day, "late")
	if bytes.Equal(again[:8], a[:8]) {
		t.Fatal("the same key")
	}
	opens(t, keyring(t, dir, false, false), store.ClassFinding, day, again, "late")
	shut(t, k, store.ClassFinding, day, a)
}

// Many keys, of which a file of before there were data keys knows nothing.
func TestKeyringGrows(t *testing.T) {
	dir := t.TempDir()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	old := seal(t, sealer(t, 1), store.ClassAlert, day, "old")
	opens(t, keyring(t, dir, true, true), store.ClassAlert, day, old, "old") // without a file
	k := keyring(t, dir, true, false)
	var all [][]byte
	for i := range 300 {
		all = append(all, seal(t, k, store.ClassAlert, day.AddDate(0, 0, i), fmt.Sprint(i)))
	}
	if err := k.Destroy(keyOf(t, k, store.ClassAlert, day.AddDate(0, 0, 7))); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*store.Keyring{k, keyring(t, dir, true, false), keyring(t, dir, true, true)} {
		opens(t, k, store.ClassAlert, day, old, "old")
		for i, b := range all {
			if i == 7 {
				shut(t, k, store.ClassAlert, day.AddDate(0, 0, i), b)
			} else {
				opens(t, k, store.ClassAlert, day.AddDate(0, 0, i), b, fmt.Sprint(i))
			}
		}
	}
	shut(t, keyring(t, dir, false, false), store.ClassAlert, day, old)
}

func TestKeyringRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := openKeyring(t, dir, false, true); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Fatalf("a reader without a file: %v", err)
	}
	keyring(t, dir, false, false).Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := store.OpenKeyring(root, sealer(t, 2), true, false, false); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("another master key: %v", err)
	}
	name := filepath.Join(dir, store.KeyringName)
	for what, damage := range map[string]func([]byte) []byte{
		"cut":          func(b []byte) []byte { return b[:700] },
		"empty":        func([]byte) []byte { return nil },
		"another form": func(b []byte) []byte { b[18] = '9'; return b },
		"no epoch":     func(b []byte) []byte { clear(b[512:1024]); return b },
	} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, damage(bytes.Clone(b)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openKeyring(t, dir, false, false); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Every sector of every write may be the last that came to the disk: whatever
// is torn, every key opens that was acknowledged and not destroyed.
func TestKeyringTorn(t *testing.T) {
	dir := t.TempDir()
	k := keyring(t, dir, false, false)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var all [][]byte
	for i := range 10 {
		all = append(all, seal(t, k, store.ClassAlert, day.AddDate(0, 0, i), fmt.Sprint(i)))
	}
	name := filepath.Join(dir, store.KeyringName)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Destroy(keyOf(t, k, store.ClassAlert, day)); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// The order of the writes: the key, sync, the new epoch, sync, the others in
	// any order, sync, the old epoch.
	const sector = 512
	put := func(b []byte, n int) { copy(b[n*sector:(n+1)*sector], after[n*sector:]) }
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		b := bytes.Clone(before)
		stage := rng.IntN(4)
		if stage >= 1 { // the key is gone: the others of its sector are as they were
			copy(b[3*sector:3*sector+128], after[3*sector:])
		}
		if stage >= 2 {
			put(b, 2)
		}
		if stage >= 3 {
			for n := 3; n < len(b)/sector; n++ {
				if rng.IntN(2) == 0 {
					put(b, n)
				}
			}
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		reads := keyring(t, dir, false, true)
		writes := keyring(t, dir, false, false)
		for _, k := range []*store.Keyring{reads, writes, keyring(t, dir, false, false)} {
			for i := range all {
				if i > 0 || stage == 0 {
					opens(t, k, store.ClassAlert, day.AddDate(0, 0, i), all[i], fmt.Sprint(i))
				} else {
					shut(t, k, store.ClassAlert, day, all[0])
				}
			}
		}
	}
}

const keyringChild = "ATALAYA_TEST_KEYRING"

// TestKeyringKill kills a program that makes and destroys keys, and looks at
// what is left: what it said is true.
func TestKeyringKill(t *testing.T) {
	if dir := os.Getenv(keyringChild); dir != "" {
		keyringWorks(t, dir)
		return
	}
	dir := t.TempDir()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	live, dead := map[uint32][]byte{}, map[uint32][]byte{}
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKeyringKill$")
		cmd.Env = append(os.Environ(), keyringChild+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(50+20*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		doing := map[uint32]bool{}
		for in := bufio.NewScanner(out); in.Scan(); {
			var what string
			var n uint32
			var sealed []byte
			if c, _ := fmt.Sscanf(in.Text(), "%s %d %x", &what, &n, &sealed); c < 2 {
				continue
			}
			switch what {
			case "made":
				live[n] = sealed
			case "destroying":
				doing[n] = true
			case "destroyed":
				dead[n] = live[n]
				delete(live, n)
				delete(doing, n)
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the victim ended by itself: %v", err)
		}
		k := keyring(t, dir, false, false)
		for n, sealed := range live {
			if doing[n] { // may or may not be
				dead[n] = sealed
				if _, err := k.Open(store.ClassAlert, day.AddDate(0, 0, int(n)), sealed); err == nil {
					delete(dead, n)
				} else {
					delete(live, n)
				}
				continue
			}
			opens(t, k, store.ClassAlert, day.AddDate(0, 0, int(n)), sealed, fmt.Sprint(n))
		}
		for n, sealed := range dead {
			shut(t, k, store.ClassAlert, day.AddDate(0, 0, int(n)), sealed)
		}
		k.Close()
	}
	if len(live) < rounds || len(dead) < rounds {
		t.Fatalf("%d keys live and %d are destroyed", len(live), len(dead))
	}
}

// keyringWorks makes and destroys keys until it is killed.
func keyringWorks(t *testing.T, dir string) {
	k := keyring(t, dir, false, false)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var have []uint32
	for _, key := range k.Keys() {
		n := uint32(key.Day.Sub(day).Hours() / 24)
		if key.Destroyed {
			if err := k.Release(key); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have = append(have, n)
	}
	next := uint32(0) // no day comes again
	for _, n := range have {
		next = max(next, n)
	}
	for {
		for range 3 {
			next++
			fmt.Printf("made %d %x\n", next, seal(t, k, store.ClassAlert, day.AddDate(0, 0, int(next)), fmt.Sprint(next)))
			have = append(have, next)
		}
		i := rand.IntN(len(have))
		n := have[i]
		have = append(have[:i], have[i+1:]...)
		fmt.Printf("destroying %d\n", n)
		key := keyOf(t, k, store.ClassAlert, day.AddDate(0, 0, int(n)))
		if err := k.Destroy(key); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("destroyed %d\n", n)
		if err := k.Release(key); err != nil {
			t.Fatal(err)
		}
	}
}
