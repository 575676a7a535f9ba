package content_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/store/content"
	"atalaya/track"
)

// exact compares to the bit: NaN is NaN, and zero has a sign.
func exact() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	}
}

// filler makes random values; sparse ones leave a third of the fields empty.
type filler struct {
	r      *rand.Rand
	sparse bool
}

func (f *filler) fill(v reflect.Value) {
	if f.sparse && f.r.IntN(3) == 0 {
		return
	}
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(f.r.Int64N(4e9)-2e9, f.r.Int64N(1e9)).UTC()
		return
	case *netip.Prefix:
		*x = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(f.r.Uint32()), 0, 0}), 16).Masked()
		return
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.r.Uint64()|1) >> (64 - v.Type().Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(f.r.Uint64()>>(64-v.Type().Bits()) | 1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat([]float64{f.r.NormFloat64(), math.Round(f.r.NormFloat64()*1e7) / 1e7, math.Inf(-1), math.NaN(), math.Copysign(0, -1), math.MaxFloat64}[f.r.IntN(6)])
	case reflect.String:
		v.SetString(fmt.Sprint("s", f.r.IntN(5)))
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			f.fill(field)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+f.r.IntN(3), 3))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("048"), reflect.ValueOf(fmt.Sprint(f.r.IntN(9))))
	default:
		panic("the test does not know " + v.Type().String())
	}
}

func roundTrip[T any](t *testing.T, rows []T) {
	t.Helper()
	table, err := content.NewTable[T]("rows")
	if err != nil {
		t.Fatal(err)
	}
	enc := table.Encoder()
	for range 2 { // the encoder keeps memory
		blob, err := enc.Append(nil, rows)
		if err != nil {
			t.Fatal(err)
		}
		got, err := table.Decode(blob, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, got, exact()...); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	}
}

func random[T any](seed uint64, n int, sparse bool) []T {
	f := &filler{r: rand.New(rand.NewPCG(seed, 1)), sparse: sparse}
	rows := make([]T, n)
	for i := range rows {
		f.fill(reflect.ValueOf(&rows[i]).Elem())
	}
	return rows
}

// TestEveryField fills every field of what the history keeps: one that is lost
// shows here, also one that is added later.
func TestEveryField(t *testing.T) {
	for seed := range uint64(20) {
		for _, sparse := range []bool{false, true} {
			roundTrip(t, random[track.Input](seed, int(seed), sparse))
			roundTrip(t, random[track.Event](seed, int(seed), sparse))
			roundTrip(t, random[track.Track](seed, int(seed), sparse))
		}
	}
}

func TestWorldRoundTrip(t *testing.T) {
	in, ev := aStep(1000, 3)
	roundTrip(t, in)
	roundTrip(t, ev)
}

// TestForms gives each column a content that one of the forms is for.
func TestForms(t *testing.T) {
	type row struct {
		I     int64
		U     uint64
		F, G  float64
		S     string
		T, T2 time.Time
		H     [4]byte
	}
	many := func(n int, make func(i int) row) []row {
		var out []row
		for i := range n {
			out = append(out, make(i))
		}
		return out
	}
	at := func(sec, ns int64) time.Time { return time.Unix(sec, ns).UTC() }
	for name, rows := range map[string][]row{
		"none":            {},
		"zero":            make([]row, 9),
		"same":            many(9, func(int) row { return row{1, 2, 3.3, 4.4, "x", at(1, 2), at(1, 2), [4]byte{1}} }),
		"extremes":        {{I: math.MinInt64, U: math.MaxUint64}, {I: math.MaxInt64}, {I: -1, U: 1}},
		"counting":        many(99, func(i int) row { return row{I: int64(i) * 1e12, U: uint64(i * i)} }),
		"ais":             many(99, func(i int) row { return row{F: float64(i*7919-40000000) / 10000 / 60, G: float64(i) / 10 / 60} }),
		"degE7":           many(99, func(i int) row { return row{F: float64(i*7919-160000000) / 1e7, G: float64(i*7919-160000000) / 1e7} }),
		"dictionary":      many(99, func(i int) row { return row{F: math.Sqrt(float64(i % 5)), S: fmt.Sprint(i % 3)} }),
		"noise":           many(99, func(i int) row { return row{F: math.Sqrt(float64(i)), G: math.Inf(1), S: fmt.Sprint(i)} }),
		"few digits":      many(99, func(i int) row { return row{F: float64(float32(math.Sqrt(float64(i))))} }),
		"nan":             {{F: math.NaN()}, {F: math.Float64frombits(0x7ff8000000000001)}, {F: math.Copysign(0, -1)}},
		"times":           many(99, func(i int) row { return row{T: at(int64(i), 0), T2: at(int64(i), int64(i)*1e6)} }),
		"some times":      {{T: at(5, 1)}, {}, {T: at(-5, 3), T2: at(9, 0)}},
		"far times":       {{T: time.Date(1, 2, 3, 4, 5, 6, 7, time.UTC)}, {T: time.Date(9999, 1, 1, 0, 0, 0, 1, time.UTC)}, {}},
		"zeroed strings":  {{S: ""}, {S: "a"}, {S: ""}},
		"bytes":           {{H: [4]byte{1, 2, 3, 4}}, {}, {H: [4]byte{0xff}}},
		"negative zero":   many(9, func(int) row { return row{F: math.Copysign(0, -1)} }),
		"large integers":  many(9, func(i int) row { return row{F: 1 << 60, G: float64(i) + 1<<54} }),
		"equal but later": many(9, func(i int) row { return row{F: math.Sqrt(float64(i)), G: math.Sqrt(float64(i))} }),
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, rows) })
	}
}

// TestOlderAndNewer reads with one struct what was written with another.
func TestOlderAndNewer(t *testing.T) {
	type inner struct{ X, Gone int }
	type older struct {
		A     int
		Gone  []inner
		B     string
		Parts []inner
	}
	type newInner struct {
		New string
		X   int
	}
	type newer struct {
		B     string
		New   *newInner
		Parts []newInner
		A     int
		Type  float64
	}
	was, err := content.NewTable[older]("rows")
	if err != nil {
		t.Fatal(err)
	}
	is, err := content.NewTable[newer]("rows")
	if err != nil {
		t.Fatal(err)
	}
	blob, err := was.Encoder().Append(nil, []older{{A: 1, B: "b", Gone: []inner{{1, 2}}, Parts: []inner{{3, 4}, {5, 6}}}, {A: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := is.Decode(blob, nil); !errors.Is(err, content.ErrSchema) {
		t.Fatalf("without the schema: %v", err)
	}
	kept, err := was.Schema().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := is.Decode(blob, func(id uint32) (content.Schema, bool) {
		s, err := content.UnmarshalSchema(kept)
		if err != nil || s.ID() != id {
			t.Fatalf("schema: %v", err)
		}
		return s, true
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []newer{{A: 1, B: "b", Parts: []newInner{{X: 3}, {X: 5}}}, {A: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

func TestRefusesWhatItWouldLose(t *testing.T) {
	type hidden struct {
		A int
		b int
	}
	_ = hidden{b: 1}
	if _, err := content.NewTable[hidden]("rows"); err == nil {
		t.Error("a hidden field")
	}
	if _, err := content.NewTable[struct{ F func() }]("rows"); err == nil {
		t.Error("a function")
	}
	type self struct{ Next []self }
	if _, err := content.NewTable[self]("rows"); err == nil {
		t.Error("a type that contains itself")
	}
}

// TestRound holds the stated precision.
func TestRound(t *testing.T) {
	_, events := aStep(1000, 1)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range events {
		events[i].Track.State.Cov[2][2] = r.ExpFloat64() * math.Pow(10, float64(r.IntN(30)-15))
	}
	got := new(content.Rounder).Events(events)
	near := func(what string, a, b, most float64) {
		t.Helper()
		if math.Abs(a-b) > most*(1+1e-9) {
			t.Fatalf("%s: %v became %v", what, a, b)
		}
	}
	for i := range events {
		was, is := events[i].Track, got[i].Track
		near("latitude", was.State.Position.Lat, is.State.Position.Lat, 0.5e-7)
		near("longitude", was.State.Position.Lon, is.State.Position.Lon, 0.5e-7)
		near("east", was.State.East, is.State.East, 0.005)
		near("existence", was.Existence, is.Existence, 0.5e-6)
		for a := range 4 {
			for b := range 4 {
				near("covariance", was.State.Cov[a][b], is.State.Cov[a][b], math.Abs(was.State.Cov[a][b])/512)
			}
		}
		near("likelihood", events[i].Lineage[0].Likelihood, got[i].Lineage[0].Likelihood, events[i].Lineage[0].Likelihood/512)
	}
	if diff := cmp.Diff(got, new(content.Rounder).Events(got)); diff != "" {
		t.Fatalf("rounding twice is not rounding once:\n%s", diff)
	}
	if diff := cmp.Diff(got[0].Track, new(content.Rounder).Tracks([]track.Track{events[0].Track})[0]); diff != "" {
		t.Fatalf("a keyframe has another precision than an event:\n%s", diff)
	}
	_, again := aStep(1000, 1)
	if events[3].Track.State.Position != again[3].Track.State.Position || events[3].Lineage[0].Distance2 != again[3].Lineage[0].Distance2 {
		t.Fatal("rounding changed what it was given")
	}
}

// FuzzDecode gives damaged blobs: an error or rows, in bounded memory. (Blobs
// are sealed, so that only a fault of ours can bring one here.)
func FuzzDecode(f *testing.F) {
	inputs, err := content.NewTable[track.Input]("rows")
	if err != nil {
		f.Fatal(err)
	}
	events, err := content.NewTable[track.Event]("rows")
	if err != nil {
		f.Fatal(err)
	}
	in, ev := aStep(40, 1)
	a, err := inputs.Encoder().Append(nil, in)
	if err != nil {
		f.Fatal(err)
	}
	b, err := events.Encoder().Append(nil, ev)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a)
	f.Add(b)
	full, err := inputs.Encoder().Append(nil, random[track.Input](1, 5, true))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Fuzz(func(t *testing.T, blob []byte) {
		again(t, inputs, blob)
		again(t, events, blob)
	})
}

// again decodes; what decodes must encode and decode to the same.
func again[T any](t *testing.T, table *content.Table[T], blob []byte) {
	rows, err := table.Decode(blob, nil)
	if err != nil || len(rows) > 10000 {
		return
	}
	second, err := table.Encoder().Append(nil, rows)
	if err != nil {
		return
	}
	got, err := table.Decode(second, nil)
	if err != nil {
		t.Fatal(err)
	}
	third, err := table.Encoder().Append(nil, got)
	if err != nil || string(third) != string(second) {
		t.Fatalf("the second round differs: %v", err)
	}
}

func FuzzSchema(f *testing.F) {
	table, err := content.NewTable[track.Event]("rows")
	if err != nil {
		f.Fatal(err)
	}
	b, err := table.Schema().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		if s, err := content.UnmarshalSchema(b); err == nil {
			s.ID()
		}
	})
}
