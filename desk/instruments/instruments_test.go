package instruments_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/instruments"
	"atalaya/desk/papers"
	"atalaya/store/sqlite"
)

// office is a desk whose ledger is a list.
type office struct {
	now     time.Time
	records []desk.Record
	refuses bool
}

func (o *office) Now() time.Time { return o.now }

func (o *office) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if o.refuses {
		return desk.ErrLedger
	}
	o.records = append(o.records, rec)
	return act(ctx)
}

func field(r desk.Record, name string) string {
	i := slices.IndexFunc(r.Fields, func(f desk.Field) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return r.Fields[i].Value
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := &office{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	open := func() (*instruments.Service, func()) {
		s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir, Clock: o, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return instruments.New(instruments.Config{Store: s, Ledger: o, Clock: o, Random: bytes.NewReader(bytes.Repeat([]byte{7}, 1000))}), func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	s, closing := open()
	ana := desk.Who{ID: "P1", Name: "Ana", Role: desk.Administrator}
	text := []byte("Annex B: four aircraft without weapons")
	wish := instruments.Wish{
		Wish: papers.Wish{Who: ana, Request: "r1"}, Type: instruments.Supply, Title: "Anexo B", Parties: []string{"Bolivia", "Fabricante S.A."},
		Date: "2026-11-20", SealedBy: "Ministerio de Defensa", Opens: o.now.Add(48 * time.Hour), Text: text,
	}
	o.refuses = true
	if _, err := s.Seal(ctx, wish); !errors.Is(err, desk.ErrLedger) {
		t.Fatalf("sealed without a record: %v", err)
	}
	o.refuses = false
	got, err := s.Seal(ctx, wish)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Seal(ctx, wish)
	if err != nil || again.ID != got.ID || again.Content != got.Content || len(o.records) != 1 {
		t.Fatalf("a retry made %+v, %v, %d records", again, err, len(o.records))
	}
	other := wish
	other.Opens = o.now.Add(96 * time.Hour)
	if _, err := s.Seal(ctx, other); !errors.Is(err, desk.ErrRequestReused) {
		t.Errorf("another wish under the same request: %v", err)
	}
	r := o.records[0]
	for name, want := range map[string]string{
		"instrument": "I1", "type": "supply", "parties": "Bolivia\nFabricante S.A.", "date": "2026-11-20", "sealed.by": "Ministerio de Defensa",
		"opens": "2026-11-25T12:00:00Z", "content": got.Content,
	} {
		if field(r, name) != want {
			t.Errorf("the record's %s is %q, want %q", name, field(r, name), want)
		}
	}
	if got.Salt != "" || got.Document != "" || strings.Contains(got.Content, hex.EncodeToString(sum(text))) {
		t.Errorf("a sealed instrument tells of its text: %+v", got)
	}
	if _, err := s.Text(ctx, "I1"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("the text of a sealed instrument: %v", err)
	}
	o.now = o.now.Add(49 * time.Hour)
	closing()
	s, closing = open()
	defer closing()
	sealed, err := s.Sealed(ctx)
	if err != nil || len(sealed) != 1 || !sealed[0].Overdue {
		t.Errorf("after its date %+v, %v", sealed, err)
	}
	if _, err := s.Open(ctx, papers.Wish{Who: desk.Who{ID: "P2", Role: desk.Officer}, Request: "r2"}, "I1"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("an officer opens: %v", err)
	}
	opened, err := s.Open(ctx, papers.Wish{Who: ana, Request: "r3"}, "I1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(ctx, papers.Wish{Who: ana, Request: "r4"}, "I1"); err != nil || len(o.records) != 2 {
		t.Errorf("opened twice: %v, %d records", err, len(o.records))
	}
	// What anybody does who has the text and the record.
	r = o.records[1]
	salt, err := base64.StdEncoding.DecodeString(field(r, "salt"))
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(slices.Concat([]byte("atalaya.instrument.v1\n"), salt, text))
	if r.Kind != instruments.OpenKind || hex.EncodeToString(h[:]) != got.Content || field(r, "content") != got.Content || field(r, "document") != hex.EncodeToString(sum(text)) {
		t.Errorf("the opening does not show what was sealed: %+v", r)
	}
	if back, err := s.Text(ctx, "I1"); err != nil || !bytes.Equal(back, text) || opened.Overdue {
		t.Errorf("the text of an open instrument is %q, %v", back, err)
	}
}

func sum(b []byte) []byte { h := sha256.Sum256(b); return h[:] }

func TestWhatIsNoInstrument(t *testing.T) {
	t.Parallel()
	o := &office{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	store, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir(), Clock: o, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := instruments.New(instruments.Config{Store: store, Ledger: o, Clock: o, Random: bytes.NewReader(make([]byte, 1000))})
	good := instruments.Wish{
		Type: instruments.Agreement, Title: "T", Parties: []string{"A"}, Date: "2026-11-20", SealedBy: "M", Opens: o.now.Add(time.Hour), Text: []byte("x"),
	}
	for name, edit := range map[string]func(w *instruments.Wish){
		"type": func(w *instruments.Wish) { w.Type = "treaty" }, "title": func(w *instruments.Wish) { w.Title = " " },
		"parties": func(w *instruments.Wish) { w.Parties = nil }, "party": func(w *instruments.Wish) { w.Parties = []string{"a\nb"} },
		"date": func(w *instruments.Wish) { w.Date = "20/11/2026" }, "by": func(w *instruments.Wish) { w.SealedBy = "" },
		"past": func(w *instruments.Wish) { w.Opens = o.now }, "text": func(w *instruments.Wish) { w.Text = nil },
		"large": func(w *instruments.Wish) { w.Text = make([]byte, instruments.MaxDocument+1) },
	} {
		w := good
		edit(&w)
		if _, err := s.Seal(t.Context(), w); !errors.Is(err, desk.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(o.records) != 0 {
		t.Errorf("%d records of what was refused", len(o.records))
	}
	large := good
	large.Text = make([]byte, instruments.MaxDocument)
	if _, err := s.Seal(t.Context(), large); err != nil {
		t.Errorf("the largest: %v", err)
	}
}
