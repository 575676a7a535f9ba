package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/store/storetest"
)

func sealer(t *testing.T, b byte) *store.AESSealer {
	t.Helper()
	s, err := store.NewAESSealer(bytes.Repeat([]byte{b}, store.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealer(t *testing.T) {
	day := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	plain := []byte("boat 775000037 crossed")
	s := sealer(t, 1)
	sealed, err := s.Seal(store.ClassFinding, day, plain)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plain[:8]) {
		t.Fatal("it lies in clear")
	}
	twice, err := s.Seal(store.ClassFinding, day, plain)
	if err != nil || bytes.Equal(sealed, twice) {
		t.Fatalf("sealed twice it is the same: %v", err)
	}
	for _, at := range []time.Time{day, day.Truncate(24 * time.Hour), day.In(time.FixedZone("x", -4*3600))} {
		if got, err := sealer(t, 1).Open(store.ClassFinding, at, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened at %v: %q %v", at, got, err)
		}
	}
	damaged := bytes.Clone(sealed)
	damaged[20] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another key":   func() ([]byte, error) { return sealer(t, 2).Open(store.ClassFinding, day, sealed) },
		"another class": func() ([]byte, error) { return s.Open(store.ClassAlert, day, sealed) },
		"another day":   func() ([]byte, error) { return s.Open(store.ClassFinding, day.Add(time.Second), sealed) },
		"changed":       func() ([]byte, error) { return s.Open(store.ClassFinding, day, damaged) },
		"cut":           func() ([]byte, error) { return s.Open(store.ClassFinding, day, sealed[:11]) },
	} {
		if _, err := try(); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range 1000 { // more days than keys are kept
		at := day.AddDate(0, 0, -i)
		b, err := s.Seal(store.ClassAlert, at, plain)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(store.ClassAlert, at, b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.NewAESSealer(make([]byte, 16)); err == nil {
		t.Error("a short key is taken")
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := store.OpenKeyFile(root, "key", true); err == nil {
		t.Fatal("a missing key is replaced")
	}
	a, err := store.OpenKeyFile(root, "key", false)
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(dir, "key"))
	if err != nil || st.Mode().Perm() != 0o600 || st.Size() != store.KeySize {
		t.Fatalf("%v %v", st, err)
	}
	b, err := store.OpenKeyFile(root, "key", true)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := a.Seal(store.ClassAlert, time.Time{}, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(store.ClassAlert, time.Time{}, sealed); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenKeyFile(root, "key", true); err == nil {
		t.Fatal("a short key is taken")
	}
}

func TestStepBlobs(t *testing.T) {
	tables, err := store.NewTables()
	if err != nil {
		t.Fatal(err)
	}
	p, err := tables.Packer()
	if err != nil {
		t.Fatal(err)
	}
	w := storetest.NewWorld(40, store.Resume{}, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	var step store.Step
	for range 10 {
		step = w.Step()
	}
	in, err := p.Inputs(step)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tables.Inputs(step.N, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(step.Inputs, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	if _, err := tables.Inputs(step.N+1, in); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("at another step: %v", err)
	}
	if _, err := tables.Events(step.N, in); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("as events: %v", err)
	}
	if _, err := tables.Inputs(step.N, in[:len(in)/2]); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("cut: %v", err)
	}
	ev, err := p.Events(step)
	if err != nil {
		t.Fatal(err)
	}
	events, err := tables.Events(step.N, ev)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(new(content.Rounder).Events(step.Events), events); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	head, err := store.UnpackHead(step.N, store.PackHead(step))
	want := store.Head{N: step.N, Now: step.Now, FirstSeq: step.FirstSeq, LastSeq: step.LastSeq, Inputs: uint32(len(step.Inputs)), Events: uint32(len(step.Events))}
	if err != nil || head != want {
		t.Fatalf("head %+v %v, want %+v", head, err, want)
	}
	if _, err := store.UnpackHead(step.N+1, store.PackHead(step)); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("head of another step: %v", err)
	}
	if len(tables.Schemas()) != 5 {
		t.Fatalf("%d schemas", len(tables.Schemas()))
	}
}

// TestRecords makes sure that what the web must not show is kept all the same.
func TestRecords(t *testing.T) {
	r, err := store.NewRecords()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	p := people.Person{ID: "P1", Name: "Ana", Role: desk.Officer, PasswordHash: "$argon2id$x", Created: now, Changed: now, Version: 3}
	s := people.Session{Token: people.TokenHash{1, 2}, Person: "P1", Created: now, Expires: now}
	e := people.Enrolment{Token: people.TokenHash{3}, Role: desk.Viewer, By: p.Who(), Created: now}
	f := storetest.Finding(1, 2, now, 3, 4)
	c := storetest.Sensor("a", 1, now)
	check(t, r, p)
	check(t, r, s)
	check(t, r, e)
	check(t, r, f)
	check(t, r, c)
	if err := r.Unpack([]byte("nonsense"), &p); !errors.Is(err, store.ErrDamaged) {
		t.Fatal(err)
	}
}

func check[T any](t *testing.T, r *store.Records, v T) {
	t.Helper()
	b, err := r.Pack(v)
	if err != nil {
		t.Fatal(err)
	}
	var got T
	if err := r.Unpack(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}
