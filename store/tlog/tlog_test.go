package tlog_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	xlog "golang.org/x/mod/sumdb/tlog"

	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/tlog"
)

// memory is a second place.
type memory struct {
	mu   sync.Mutex
	head tlog.Head
	has  bool
	kept int
	fail error
}

func (m *memory) LastSigned(context.Context) (tlog.Head, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head, m.has, nil
}

func (m *memory) KeepSigned(_ context.Context, h tlog.Head) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.head, m.has = h, true
	m.kept++
	return nil
}

func sealer(t testing.TB) store.Sealer {
	t.Helper()
	s, err := store.NewAESSealer(bytes.Repeat([]byte{7}, store.KeySize))
	check(t, err)
	return s
}

const origin = "atalaya.example/test"

func config(t testing.TB, dir string, second tlog.Second) tlog.Config {
	t.Helper()
	return tlog.Config{
		Dir: dir, Origin: origin, Sealer: sealer(t), Seconds: []tlog.Second{second}, Interval: 100 * time.Millisecond,
		Log: slog.New(slog.DiscardHandler),
	}
}

func open(t testing.TB, dir string, second tlog.Second) *tlog.Log {
	t.Helper()
	l, err := tlog.Open(t.Context(), config(t, dir, second))
	check(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func entry(i int) ledger.Hash { return sha256.Sum256(fmt.Appendf(nil, "entry %d", i)) }

func entries(from, to int) []ledger.Hash {
	var out []ledger.Hash
	for i := from; i < to; i++ {
		out = append(out, entry(i))
	}
	return out
}

// fill appends entries in parts of several sizes, so that there are partial
// tiles of many widths.
func fill(t testing.TB, l *tlog.Log, from, to int) {
	t.Helper()
	for n, i := 1, from; i < to; n, i = n*2+1, i+n {
		at, err := l.Append(context.Background(), entries(i, min(i+n, to)))
		check(t, err)
		if at[0] != uint64(i) {
			t.Fatalf("entry %d stands at %d", i, at[0])
		}
	}
}

func TestAppendAndProve(t *testing.T) {
	t.Parallel()
	dir, second := t.TempDir(), &memory{}
	l := open(t, dir, second)
	fill(t, l, 0, 700)
	check(t, l.Close())
	l = open(t, dir, second)
	size, err := l.Size(t.Context())
	check(t, err)
	if size != 700 {
		t.Errorf("the log has %d entries, want 700", size)
	}
	_, signed, err := l.Signed()
	check(t, err)
	if signed.Size != 700 || second.head != signed {
		t.Errorf("signed %v, the second place has %v", signed, second.head)
	}
	v, err := note.NewVerifier(l.Key())
	check(t, err)
	for _, i := range []uint64{0, 1, 255, 256, 511, 512, 699} {
		e, err := l.Entry(t.Context(), i)
		check(t, err)
		if e != entry(int(i)) {
			t.Errorf("entry %d is another one", i)
		}
		found, err := l.Find(t.Context(), i/2, []ledger.Hash{e, entry(700)})
		check(t, err)
		if len(found) != 1 || found[e] != i {
			t.Errorf("entry %d found at %v", i, found)
		}
		proof, err := l.Prove(t.Context(), i)
		check(t, err)
		prove(t, v, proof, e)
	}
	if _, err := l.Prove(t.Context(), 700); !errors.Is(err, ledger.ErrNotSigned) {
		t.Errorf("proof of an entry that is not there: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, "signing.key"))
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v", info.Mode())
	}
}

// prove checks a tlog-proof as the C2SP text says, with another implementation.
func prove(t *testing.T, v note.Verifier, proof []byte, e ledger.Hash) {
	t.Helper()
	head, signed, ok := strings.Cut(string(proof), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != "c2sp.org/tlog-proof@v1" {
		t.Fatalf("no proof: %s", proof)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	check(t, err)
	var index int64
	_, err = fmt.Sscanf(lines[1], "index %d", &index)
	check(t, err)
	tree, err := xlog.ParseTree([]byte("go.sum database tree\n" + strings.SplitN(n.Text, "\n", 2)[1]))
	check(t, err)
	var p xlog.RecordProof
	for _, line := range lines[2:] {
		h, err := base64.StdEncoding.DecodeString(line)
		check(t, err)
		p = append(p, xlog.Hash(h))
	}
	check(t, xlog.CheckRecord(p, tree.N, tree.Hash, index, xlog.RecordHash(e[:])))
}

// TestManyAtOnce: what is appended from several sides stands once, where it was
// said to stand.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir(), &memory{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	at := map[uint64]ledger.Hash{}
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				es := entries(1000*g+10*i, 1000*g+10*i+1+i%3)
				got, err := l.Append(context.Background(), es)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for j, n := range got {
					at[n] = es[j]
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	size, err := l.Size(t.Context())
	check(t, err)
	if size != uint64(len(at)) {
		t.Errorf("%d entries, %d were appended", size, len(at))
	}
	for i, want := range at {
		if got, err := l.Entry(t.Context(), i); err != nil || got != want {
			t.Errorf("entry %d is another one: %v", i, err)
		}
	}
}

// TestOldCopy puts an older copy of the log back, in all the ways there are.
func TestOldCopy(t *testing.T) {
	t.Parallel()
	dir, second := t.TempDir(), &memory{}
	l := open(t, dir, second)
	fill(t, l, 0, 300)
	check(t, l.Close())
	old := t.TempDir()
	check(t, os.CopyFS(filepath.Join(old, "copy"), os.DirFS(dir)))
	l = open(t, dir, second)
	fill(t, l, 300, 400)
	check(t, l.Close())
	now := second.head

	refused := func(t *testing.T, l *tlog.Log) {
		t.Helper()
		if _, err := l.Append(t.Context(), entries(500, 501)); !errors.Is(err, ledger.ErrRefused) {
			t.Errorf("append: %v, want ErrRefused", err)
		}
		if l.Refused() == nil {
			t.Error("it does not say that it refuses")
		}
		if second.head != now {
			t.Error("something was signed")
		}
	}
	t.Run("before start", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(copied, os.DirFS(filepath.Join(old, "copy"))))
		refused(t, open(t, copied, second))
	})
	t.Run("with new entries", func(t *testing.T) { // the copy grew beyond what was signed, elsewhere
		copied := filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(copied, os.DirFS(filepath.Join(old, "copy"))))
		l := open(t, copied, &memory{head: tlog.Head{}, has: false})
		fill(t, l, 1000, 1000) // nothing
		_, err := l.Append(t.Context(), entries(2000, 2150))
		check(t, err)
		check(t, l.Close())
		refused(t, open(t, copied, second))
	})
	t.Run("while it runs", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(copied, os.DirFS(filepath.Join(old, "copy"))))
		mine := &memory{head: tlog.Head{}, has: false}
		l := open(t, copied, mine)
		mine.mu.Lock()
		mine.head, mine.has = now, true // what was signed is more than this log has
		mine.mu.Unlock()
		_, err := l.Append(t.Context(), entries(3000, 3001))
		check(t, err) // nothing was signed yet, nobody can know
		for deadline := time.Now().Add(5 * time.Second); l.Refused() == nil; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it signs")
			}
		}
		_, err = l.Append(t.Context(), entries(3001, 3002))
		if !errors.Is(err, ledger.ErrRefused) {
			t.Errorf("append: %v", err)
		}
	})
	t.Run("files gone", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(copied, os.DirFS(dir)))
		check(t, os.RemoveAll(filepath.Join(copied, "log")))
		refused(t, open(t, copied, second))
	})
	t.Run("key gone", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy")
		check(t, os.CopyFS(copied, os.DirFS(dir)))
		check(t, os.Remove(filepath.Join(copied, "signing.key")))
		if _, err := tlog.Open(t.Context(), config(t, copied, second)); err == nil || !strings.Contains(err.Error(), "put it back") {
			t.Errorf("opened without its key: %v", err)
		}
	})
	t.Run("the right one", func(t *testing.T) {
		l := open(t, dir, second)
		fill(t, l, 400, 401)
	})
}

// TestSecondPlaceFails: without its second place nothing is signed.
func TestSecondPlaceFails(t *testing.T) {
	t.Parallel()
	second := &memory{}
	l := open(t, t.TempDir(), second)
	second.mu.Lock()
	second.fail = errors.New("no room")
	second.mu.Unlock()
	_, err := l.Append(t.Context(), entries(0, 1))
	check(t, err)
	time.Sleep(500 * time.Millisecond)
	if _, h, err := l.Signed(); err != nil || h.Size != 0 {
		t.Errorf("signed %v, %v", h, err)
	}
	second.mu.Lock()
	second.fail = nil
	second.mu.Unlock()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, h, _ := l.Signed(); h.Size == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("not signed when there is room again")
		}
	}
}

func TestFileSecond(t *testing.T) {
	t.Parallel()
	f := tlog.File(filepath.Join(t.TempDir(), "signed"))
	if _, has, err := f.LastSigned(t.Context()); has || err != nil {
		t.Errorf("before: %v, %v", has, err)
	}
	want := tlog.Head{Size: 7, Root: entry(1)}
	check(t, f.KeepSigned(t.Context(), want))
	if got, has, err := f.LastSigned(t.Context()); !has || err != nil || got != want {
		t.Errorf("got %v, %v, %v", got, has, err)
	}
	check(t, os.WriteFile(string(f), []byte("{}"), 0o600))
	if _, _, err := f.LastSigned(t.Context()); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("a damaged file: %v", err)
	}
}

// TestScrubFindsEveryFlip flips a bit in every file of the log, one after the
// other, and the scrub names that file and no other.
func TestScrubFindsEveryFlip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir, &memory{})
	fill(t, l, 0, 600)
	check(t, l.Close())
	s, err := l.Scrub(t.Context())
	check(t, err)
	if len(s.Damage) > 0 || s.Entries != 600 || s.Files < 10 {
		t.Fatalf("a log that is well: %+v", s)
	}
	base := filepath.Join(dir, "log")
	n := 0
	check(t, filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(base, path)
		check(t, err)
		good, err := os.ReadFile(path)
		check(t, err)
		if len(good) == 0 || name == ".state/version" { // locks; a changed version is refused at start
			return nil
		}
		for _, at := range []int{0, len(good) / 2, len(good) - 1} {
			bad := bytes.Clone(good)
			bad[at] ^= 1 << (at % 8)
			check(t, os.WriteFile(path, bad, 0o600))
			s, err := l.Scrub(t.Context())
			check(t, err)
			if len(s.Damage) != 1 || s.Damage[0].File != name {
				t.Errorf("byte %d of %s: %+v", at, name, s.Damage)
			}
			n++
		}
		check(t, os.WriteFile(path, good, 0o600))
		return nil
	}))
	check(t, os.Remove(filepath.Join(base, "tile/0/000")))
	s, err = l.Scrub(t.Context())
	check(t, err)
	if len(s.Damage) != 1 || s.Damage[0].File != "tile/0/000" {
		t.Errorf("a file that is gone: %+v", s.Damage)
	}
	t.Logf("%d flips", n)
}

func TestExport(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir(), &memory{})
	fill(t, l, 0, 600)
	check(t, l.Close())
	files := map[string][]byte{}
	h, err := l.Export(t.Context(), func(name string, content []byte) error {
		files[name] = slices.Clone(content)
		return nil
	})
	check(t, err)
	if h.Size != 600 {
		t.Errorf("exported %d entries", h.Size)
	}
	for _, name := range []string{"checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/000", "tile/entries/002.p/88"} {
		b, ok := files[name]
		if !ok {
			t.Errorf("it lacks %s", name)
		}
		if name == "tile/entries/002.p/88" {
			if e := entry(512); len(b) != 88*34 || binary.BigEndian.Uint16(b) != 32 || !bytes.Equal(b[2:34], e[:]) {
				t.Errorf("%s is no bundle of 88 entries", name)
			}
		}
	}
	if _, ok := files["tile/entries/002.p/87"]; ok {
		t.Error("it exports what the tree does not have")
	}
}

// TestTrim begins tiles and bundles beyond the log, as a power cut leaves them:
// they are gone after the next start, and nothing else.
func TestTrim(t *testing.T) {
	t.Parallel()
	for _, size := range []int{3, 255, 256, 300} {
		dir := t.TempDir()
		m := &memory{}
		l := open(t, dir, m)
		fill(t, l, 0, size)
		check(t, l.Close())
		base := filepath.Join(dir, "log")
		list := func() (out []string) {
			check(t, filepath.WalkDir(filepath.Join(base, "tile"), func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					out = append(out, path)
				}
				return err
			}))
			return out
		}
		before := list()
		for _, name := range []string{"tile/0/001.p/77", "tile/entries/001.p/77", "tile/0/002.p/5", "tile/0/002", "tile/1/000.p/2", "tile/1/000.p/9", "tile/entries/001"} {
			if _, err := os.Stat(filepath.Join(base, name)); err == nil {
				continue
			}
			check(t, os.MkdirAll(filepath.Dir(filepath.Join(base, name)), 0o755))
			check(t, os.WriteFile(filepath.Join(base, name), []byte("begun"), 0o644))
		}
		l = open(t, dir, m)
		if after := list(); !slices.Equal(before, after) {
			t.Errorf("%d entries: %q, and were %q", size, after, before)
		}
		fill(t, l, size, size+400)
		check(t, l.Close())
		s, err := l.Scrub(t.Context())
		check(t, err)
		if len(s.Damage) > 0 || s.Entries != uint64(size)+400 {
			t.Errorf("%d entries: %+v", size, s)
		}
	}
}

// TestDeadLog: where the files cannot be written, the log says so, whatever
// Tessera would do, and goes on when they can.
func TestDeadLog(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, &memory{})
	name := filepath.Join(dir, "log")
	if _, err := l.Append(t.Context(), []ledger.Hash{{1}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name, name+".away"); err != nil {
		t.Fatal(err)
	}
	for _, entries := range [][]ledger.Hash{nil, {{2}}} {
		if _, err := l.Append(t.Context(), entries); !errors.Is(err, ledger.ErrRefused) {
			t.Errorf("without its files: %v", err)
		}
	}
	// Tessera looks for them on its own, and may make a folder.
	if err := errors.Join(os.RemoveAll(name), os.Rename(name+".away", name)); err != nil {
		t.Fatal(err)
	}
	at, err := l.Append(t.Context(), []ledger.Hash{{3}})
	if err != nil || at[0] != 1 {
		t.Errorf("with them again: %v, %v", at, err)
	}
}
