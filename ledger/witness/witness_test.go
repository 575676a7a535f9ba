package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// book is a log in memory.
type book struct {
	t      testing.TB
	signer note.Signer
	key    note.Verifier
	vkey   string
	hashes []tlog.Hash
	size   int64
}

// newBook makes a log. Its entries are of a name: books of several names differ
// from the first entry on which they were told apart.
func newBook(t testing.TB, origin string) *book {
	t.Helper()
	seed := sha256.Sum256([]byte(origin))
	skey, vkey, err := note.GenerateKey(bytes.NewReader(seed[:]), origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return &book{t: t, signer: s, key: v, vkey: vkey}
}

func (b *book) ReadHashes(at []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range at {
		out = append(out, b.hashes[i])
	}
	return out, nil
}

func (b *book) grow(entries ...string) *book {
	b.t.Helper()
	for _, e := range entries {
		h, err := tlog.StoredHashes(b.size, []byte(e), b)
		if err != nil {
			b.t.Fatal(err)
		}
		b.hashes = append(b.hashes, h...)
		b.size++
	}
	return b
}

func (b *book) to(size int64, entry string) *book {
	for b.size < size {
		b.grow(fmt.Sprintf("%s %d", entry, b.size))
	}
	return b
}

func (b *book) root(size int64) tlog.Hash {
	b.t.Helper()
	if size == 0 {
		return sha256.Sum256(nil)
	}
	h, err := tlog.TreeHash(size, b)
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

func (b *book) checkpoint(size int64) []byte {
	b.t.Helper()
	raw, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", b.key.Name(), size, b.root(size))}, b.signer)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

func (b *book) Signed() ([]byte, error) { return b.checkpoint(b.size), nil }

func (b *book) Consistency(_ context.Context, older, newer int64) ([]tlog.Hash, error) {
	return tlog.ProveTree(newer, older, b)
}

func (b *book) request(old, size int64) []byte {
	b.t.Helper()
	var proof []tlog.Hash
	if old > 0 && old < size {
		var err error
		if proof, err = b.Consistency(context.Background(), old, size); err != nil {
			b.t.Fatal(err)
		}
	}
	return body(old, proof, b.checkpoint(size))
}

func body(old int64, proof []tlog.Hash, checkpoint []byte) []byte {
	out := fmt.Sprintf("old %d\n", old)
	for _, h := range proof {
		out += base64.StdEncoding.EncodeToString(h[:]) + "\n"
	}
	return append([]byte(out+"\n"), checkpoint...)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t testing.TB, dir string, logs ...*book) *Witness {
	t.Helper()
	cfg := Config{Dir: dir, Name: "witness.example/w", Now: time.Now, Log: quiet()}
	for _, b := range logs {
		cfg.Logs = append(cfg.Logs, b.key)
	}
	w, err := OpenWitness(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) //nolint:errcheck // some are closed before
	return w
}

// TestProtocol: what C2SP tlog-witness asks for each request, in one story.
func TestProtocol(t *testing.T) {
	b := newBook(t, "log.example/a").to(40, "e")
	other := newBook(t, "log.example/other").to(5, "e")
	fork := newBook(t, "log.example/a").to(12, "e").to(40, "f")
	impostor := newBook(t, "log.example/a")
	if _, vkey, err := note.GenerateKey(nil, "log.example/a"); err != nil || vkey == b.vkey {
		t.Fatal(err)
	}
	skey, _, err := note.GenerateKey(nil, "log.example/a")
	if err != nil {
		t.Fatal(err)
	}
	if impostor.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	impostor.to(40, "e")
	dir := t.TempDir()
	w := open(t, dir, b)
	srv := httptest.NewServer(w.Handler())
	defer srv.Close()
	good, err := b.Consistency(t.Context(), 12, 20)
	if err != nil {
		t.Fatal(err)
	}
	bad := append([]tlog.Hash{}, good...)
	bad[0][3] ^= 1
	hash := base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n"
	empty := b.checkpoint(0)
	wrongEmpty, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n0\n%s\n", b.key.Name(), b.root(3))}, b.signer)
	if err != nil {
		t.Fatal(err)
	}
	noCheckpoint, err := note.Sign(&note.Note{Text: "log.example/a\nten\n"}, b.signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		body []byte
		want int
		size string // of a conflict
	}{
		{"no request", []byte("hello"), 400, ""},
		{"an empty one", nil, 400, ""},
		{"no old size", append([]byte("\n"), b.checkpoint(3)...), 400, ""},
		{"a size with a leading zero", append([]byte("old 00\n\n"), b.checkpoint(3)...), 400, ""},
		{"a negative size", append([]byte("old -1\n\n"), b.checkpoint(3)...), 400, ""},
		{"an old size ahead", body(41, nil, b.checkpoint(40)), 400, ""},
		{"a hash that is none", append([]byte("old 0\nAAAA\n\n"), b.checkpoint(3)...), 400, ""},
		{"64 hashes", append([]byte("old 0\n"+strings.Repeat(hash, 64)+"\n"), b.checkpoint(3)...), 400, ""},
		{"no checkpoint, though signed", body(0, nil, noCheckpoint), 400, ""},
		{"a checkpoint without a signature", []byte("old 0\n\nlog.example/a\n3\n" + hash + "\n"), 400, ""},
		{"an unknown log", other.request(0, 5), 404, ""},
		{"another key", impostor.request(0, 5), 403, ""},
		{"a proof from nothing", body(0, good, b.checkpoint(12)), 422, ""},
		{"an empty log with another root", body(0, nil, wrongEmpty), 422, ""},
		{"an old size that was never cosigned", b.request(3, 12), 409, "0"},
		{"the empty log", body(0, nil, empty), 200, ""},
		{"the first", b.request(0, 12), 200, ""},
		{"again from nothing", b.request(0, 12), 409, "12"},
		{"the same again", b.request(12, 12), 200, ""},
		{"the same with a proof", body(12, good, b.checkpoint(12)), 422, ""},
		{"a false proof", body(12, bad, b.checkpoint(20)), 422, ""},
		{"no proof", body(12, nil, b.checkpoint(20)), 422, ""},
		{"too long a proof", body(12, append(slices.Clip(good), good[0]), b.checkpoint(20)), 422, ""},
		{"the next", b.request(12, 20), 200, ""},
		{"an older one", b.request(12, 12), 409, "20"},
		{"a fork of the same size", fork.request(20, 20), 409, ""},
		{"a fork that is longer", fork.request(20, 40), 422, ""},
		{"the last", b.request(20, 40), 200, ""},
		{"too large", bytes.Repeat([]byte("x"), maxBody+1), 413, ""},
	} {
		resp, err := http.Post(srv.URL+"/add-checkpoint", "", bytes.NewReader(x.body)) //nolint:gosec,noctx // a test's server
		if err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		var got bytes.Buffer
		got.ReadFrom(resp.Body) //nolint:errcheck // shown
		resp.Body.Close()       //nolint:errcheck // read
		if resp.StatusCode != x.want {
			t.Errorf("%s: status %d (%s), want %d", x.name, resp.StatusCode, got.String(), x.want)
			continue
		}
		typ := resp.Header.Get("Content-Type")
		if x.size != "" && (got.String() != x.size+"\n" || typ != "text/x.tlog.size") || x.size == "" && typ == "text/x.tlog.size" {
			t.Errorf("%s: %q, %q", x.name, got.String(), typ)
		}
		if x.want != 200 {
			continue
		}
		_, checkpoint, _ := strings.Cut(string(x.body), "\n\n")
		v, err := ParseCosigner(w.Key())
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Open([]byte(checkpoint+got.String()), note.VerifierList(b.key, v))
		if err != nil || len(n.Sigs) != 2 || time.Since(cosignedAt(n.Sigs[1])) > time.Minute {
			t.Errorf("%s: %v, %+v", x.name, err, n)
		}
	}
	// The two heads of size 20 are kept: who has both has the proof.
	l, err := List(dir)
	if err != nil || len(l) != 1 || l[0].Size != 40 || l[0].Root != b.root(40) || len(l[0].Refused) < 2 {
		t.Errorf("list: %+v, %v", l, err)
	}
	last, err := Last(t.Context(), srv.Client(), srv.URL, b.key)
	if err != nil || !bytes.Equal(last, b.checkpoint(40)) {
		t.Errorf("the last checkpoint: %q, %v", last, err)
	}
}

// TestRestart: a witness that comes back knows what it signed, and one that
// lost it does not sign.
func TestRestart(t *testing.T) {
	b := newBook(t, "log.example/a").to(40, "e")
	dir := t.TempDir()
	w := open(t, dir, b)
	key := w.Key()
	if _, err := OpenWitness(Config{Dir: dir, Log: quiet()}); err == nil {
		t.Error("two witnesses have one folder")
	}
	if _, err := w.Add(t.Context(), b.request(0, 30)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, dir, b)
	var conflict *ConflictError
	if _, err := w.Add(t.Context(), b.request(0, 40)); !errors.As(err, &conflict) || conflict.Size != 30 || w.Key() != key {
		t.Errorf("after a restart: %v, %s", err, w.Key())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWitness(Config{Dir: dir, Name: "another.example/w", Log: quiet()}); err == nil {
		t.Error("a witness changed its name")
	}
	head := filepath.Join(dir, headsFolder, fileName("log.example/a"))
	raw, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(head, raw[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWitness(Config{Dir: dir, Logs: []note.Verifier{b.key}, Log: quiet()}); err == nil {
		t.Error("a damaged head was taken")
	}
	if err := os.RemoveAll(filepath.Join(dir, headsFolder)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWitness(Config{Dir: dir, Logs: []note.Verifier{b.key}, Log: quiet()}); err == nil {
		t.Error("a witness without its heads opened")
	}
}

// TestNoRoom: what cannot be kept, or recorded, is not signed.
func TestNoRoom(t *testing.T) {
	b := newBook(t, "log.example/a").to(40, "e")
	dir := t.TempDir()
	w := open(t, dir, b)
	full := errors.New("full")
	w.cfg.Record = func(_ context.Context, c Checkpoint, _ []byte) error {
		if c.Size == 20 {
			return full
		}
		return nil
	}
	if line, err := w.Add(t.Context(), b.request(0, 20)); !errors.Is(err, full) || line != nil {
		t.Errorf("not recorded, and: %q, %v", line, err)
	}
	heads := filepath.Join(dir, headsFolder)
	if err := os.Rename(heads, heads+".away"); err != nil {
		t.Fatal(err)
	}
	if line, err := w.Add(t.Context(), b.request(0, 10)); err == nil || line != nil {
		t.Errorf("not kept, and: %q, %v", line, err)
	}
	if err := os.Rename(heads+".away", heads); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Add(t.Context(), b.request(0, 10)); err != nil {
		t.Error(err)
	}
}

// TestRace: of many heads shown at a time, those signed are one history.
func TestRace(t *testing.T) {
	one, two := newBook(t, "log.example/a").to(64, "e"), newBook(t, "log.example/a").to(64, "f")
	w := open(t, t.TempDir(), one)
	var mu sync.Mutex
	signed := map[*book]int{}
	var wg sync.WaitGroup
	for i := range int64(64) {
		for _, b := range []*book{one, two} {
			wg.Go(func() {
				old := int64(0)
				for {
					_, err := w.Add(context.Background(), b.request(min(old, i+1), i+1))
					var c *ConflictError
					if errors.As(err, &c) && c.Size <= i+1 && c.Size > old {
						old = c.Size
						continue
					}
					if err == nil {
						mu.Lock()
						signed[b]++
						mu.Unlock()
					}
					return
				}
			})
		}
	}
	wg.Wait()
	if len(signed) != 1 {
		t.Errorf("both histories were signed: %v", signed)
	}
}

func FuzzAdd(f *testing.F) {
	b := newBook(f, "log.example/a").to(9, "e")
	w := open(f, f.TempDir(), b)
	f.Add(b.request(0, 9))
	f.Add([]byte("old 0\n\n"))
	f.Add(body(3, []tlog.Hash{{}}, b.checkpoint(5)))
	f.Fuzz(func(t *testing.T, in []byte) {
		line, err := w.Add(context.Background(), in)
		if (err == nil) != (len(line) > 0) {
			t.Errorf("%q, %v", line, err)
		}
	})
}
