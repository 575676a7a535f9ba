package ledger_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"atalaya/ledger"
)

func TestRecordsThatAreNone(t *testing.T) {
	t.Parallel()
	head := ledger.Head{Kind: "x", At: time.Unix(0, 0), ID: "1", Phase: ledger.Single}
	many := make([]ledger.Field, ledger.Places-4)
	for i := range many {
		many[i] = ledger.Text("n"+string(rune('a'+i%26))+string(rune('a'+i/26)), "")
	}
	for _, tt := range []struct {
		name   string
		head   ledger.Head
		fields []ledger.Field
	}{
		{"capital", head, []ledger.Field{ledger.Text("Note", "")}},
		{"space", head, []ledger.Field{ledger.Text("invited by", "")}},
		{"no name", head, []ledger.Field{ledger.Text("", "")}},
		{"dots", head, []ledger.Field{ledger.Text("a..b", "")}},
		{"dot at the end", head, []ledger.Field{ledger.Text("a.", "")}},
		{"twice", head, []ledger.Field{ledger.Text("a", ""), ledger.Text("a", "")}},
		{"head twice", head, []ledger.Field{ledger.Text("kind", "")}},
		{"too many", head, many},
		{"no phase", ledger.Head{Kind: "x", ID: "1"}, nil},
		{"outcome of nothing", ledger.Head{Kind: "x", ID: "1", Phase: ledger.Outcome}, nil},
	} {
		if _, err := ledger.NewRecord(&counting{}, tt.head, tt.fields...); !errors.Is(err, ledger.ErrRecord) {
			t.Errorf("%s: %v, want ErrRecord", tt.name, err)
		}
	}
	if _, err := ledger.NewRecord(&counting{}, head, many[1:]...); err != nil {
		t.Errorf("64 fields: %v", err)
	}
	if _, err := ledger.NewRecord(bytes.NewReader(nil), head); err == nil {
		t.Error("a record without random bytes was made")
	}
}

// TestHidden: who is shown a part learns nothing of the rest.
func TestHidden(t *testing.T) {
	t.Parallel()
	rs := sample(t, &counting{})
	r := rs[0]
	g := ledger.Public.Show(0, r)
	for _, f := range g.Fields {
		if slices.Contains([]string{"at", "id", "class.pe", "look.footprint"}, f.Name) {
			t.Errorf("the public sees %s", f.Name)
		}
	}
	// Two records of the same content under different secrets share no hash.
	other := r
	other.Secret[0] ^= 1
	seen := map[string]bool{}
	w, x := r.OpenAll(0), other.OpenAll(0)
	for i, f := range w.Fields {
		seen[string(f.Salt)] = true
		if bytes.Equal(f.Salt, x.Fields[i].Salt) {
			t.Errorf("the same salt for field %d", i)
		}
	}
	if len(seen) != len(w.Fields) {
		t.Error("two fields have one salt")
	}
	for _, p := range x.Padding {
		if slices.ContainsFunc(w.Padding, func(q []byte) bool { return bytes.Equal(p, q) }) {
			t.Error("paddings repeat")
		}
	}
}

func TestViews(t *testing.T) {
	t.Parallel()
	r := sample(t, &counting{})[0]
	for _, tt := range []struct {
		view ledger.View
		want []string
	}{
		{ledger.Public, []string{"format", "kind", "phase", "hour", "purpose", "seq.sensor"}},
		{"liaison:pe", []string{"format", "kind", "at", "phase", "hour", "purpose", "seq.sensor", "class.pe", "look.footprint"}},
		{"liaison:br", []string{"format", "kind", "phase", "hour", "purpose", "seq.sensor"}},
		{ledger.Ombudsman, []string{"format", "kind", "at", "phase", "hour", "purpose", "seq.sensor"}},
		{ledger.Court, []string{"format", "kind", "at", "id", "phase", "hour", "purpose", "seq.sensor", "class.pe", "class.bo", "look.footprint"}},
	} {
		if got := tt.view.Names(r); !slices.Equal(got, tt.want) {
			t.Errorf("%s sees %q, want %q", tt.view, got, tt.want)
		}
	}
	for _, s := range []string{"", "press", "liaison:", "liaison:us", "Public"} {
		if _, err := ledger.ParseView(s); err == nil {
			t.Errorf("there is a view %q", s)
		}
	}
}

func BenchmarkRoot(b *testing.B) {
	r, err := ledger.NewRecord(&counting{}, ledger.Head{Kind: "look", At: time.Unix(0, 0), ID: "1", Phase: ledger.Act}, ledger.Text("purpose", "smuggling"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Root()
	}
}
