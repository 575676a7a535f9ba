package wire_test

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/web/wire"
)

var update = flag.Bool("update", false, "write the golden files")

// golden frames are read by web/ui's tests too.
func golden() map[string]*wire.Frame {
	return map[string]*wire.Frame{
		"snapshot-empty": {Header: wire.Header{Kind: wire.Snapshot, Epoch: 1, Sequence: 1, Clock: 1_790_000_000_000}},
		"delta-empty":    {Header: wire.Header{Kind: wire.Delta, Epoch: 1, Base: 7, Sequence: 8, Clock: 1_790_000_000_250}},
		"snapshot": {
			Header: wire.Header{Kind: wire.Snapshot, Exercise: true, Epoch: 5_123_456_789_012_345, Sequence: 4_000_000_000_000, Clock: 1_790_000_000_500},
			Motion: []wire.Motion{
				{ID: 1, Lat: -161_234_567, Lon: -689_876_543, Age: 120, Speed: 514, Course: 9000, Height: wire.NoHeight, SD: 10},
				{ID: 127, Lat: -160_000_000, Lon: -690_000_000, Age: 4_000, Speed: wire.NoSpeed, Course: wire.NoCourse, Height: 3810, Datum: uint8(geo.DatumSea), SD: 250, Coast: 35},
				{ID: 128, Lat: 900_000_000, Lon: 1_799_999_999, Age: 0, Speed: 25_000, Course: 35_999, Height: 10_668, Datum: uint8(geo.DatumPressure), SD: 75},
				{ID: 300_000, Lat: -900_000_000, Lon: -1_800_000_000, Age: math.MaxUint32, Speed: 0xfffe, Height: -32_767, Datum: uint8(geo.DatumGround), SD: math.MaxUint16, Coast: math.MaxUint16},
				{ID: wire.MaxSafe, Lat: 1, Lon: -1, Age: 1, Speed: 1, Course: 1, Height: 1, Datum: uint8(geo.DatumEllipsoid), SD: 1, Coast: 1},
			},
			State: []wire.State{
				{ID: 1, Stale: 180, Existence: 255, Domain: uint8(track.Water), Kind: uint8(obs.Vessel), Status: uint8(track.Confirmed), Flags: wire.Unproven, Priority: uint8(rule.High), Sensors: 2},
				{ID: 127, Stale: 20, Existence: 128, Domain: uint8(track.UnknownDomain), Status: uint8(track.Tentative), Flags: wire.Unproven, Sensors: 1},
				{ID: 128, Stale: 60, Existence: 250, Domain: uint8(track.Air), Kind: uint8(obs.Aircraft), Status: uint8(track.Coasting), Flags: wire.Unproven | wire.OnGround, Priority: uint8(rule.Top), Distress: uint8(obs.Emergency), Sensors: 255},
				{ID: 300_000, Stale: math.MaxUint16, Domain: uint8(track.Land), Kind: uint8(obs.Walker), Status: uint8(track.Confirmed)},
				{ID: wire.MaxSafe, Stale: 15, Existence: 240, Domain: uint8(track.Air), Kind: uint8(obs.Drone), Status: uint8(track.Confirmed), Flags: wire.Own, Sensors: 1},
			},
			Labels: []wire.Label{
				{ID: 1, Has: wire.HasName | wire.HasMMSI, Values: [6]string{"ÑUSTA DEL LAGO", "720000001"}},
				{ID: 128, Has: wire.HasICAO | wire.HasCallSign | wire.HasSquawk, Values: [6]string{2: "e94c01", 3: "BOV702", 4: "7700"}},
				{ID: wire.MaxSafe, Has: wire.HasName | wire.HasSystemID, Values: [6]string{0: strings.Repeat("🛩", 63), 5: "12"}},
			},
		},
		"delta": {
			Header: wire.Header{Kind: wire.Delta, Channel: 3, Shed: 5, Epoch: 5_123_456_789_012_345, Base: 4_000_000_000_000, Sequence: 4_000_000_000_006, Clock: 1_790_000_002_000, Missing: 8700, Behind: 4_000_000_000},
			Motion: []wire.Motion{{ID: 1, Lat: -161_234_000, Lon: -689_876_000, Age: 30, Speed: 520, Course: 9010, Height: wire.NoHeight, SD: 10}},
			State:  []wire.State{{ID: 127, Stale: 20, Existence: 200, Domain: uint8(track.Water), Status: uint8(track.Confirmed), Flags: wire.Unproven, Sensors: 1}, {ID: 129}, {ID: 131}},
			Labels: []wire.Label{{ID: 128, Has: wire.HasSquawk}},
			Gone: []wire.Gone{
				{ID: 200, Reason: wire.Ended},
				{ID: 70_000, Reason: wire.Merged, Into: 1},
				{ID: 300_000, Reason: wire.LeftView},
			},
		},
	}
}

func TestGolden(t *testing.T) {
	for name, f := range golden() {
		t.Run(name, func(t *testing.T) {
			got, err := f.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(f, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			for ext, b := range map[string][]byte{".bin": got, ".json": append(text, '\n')} {
				path := filepath.Join("testdata", name+ext)
				if *update {
					if err := os.WriteFile(path, b, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, b); diff != "" {
					t.Errorf("%s (-golden +now):\n%s", path, diff)
				}
			}
			back, err := wire.Decode(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f, back); diff != "" {
				t.Errorf("decoded (-sent +got):\n%s", diff)
			}
		})
	}
}

// Padding counts from the start of the frame, not of the buffer.
func TestAppendBehind(t *testing.T) {
	f := golden()["snapshot"]
	alone, err := f.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	behind, err := f.Append([]byte("abc"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(alone, behind[3:]); diff != "" {
		t.Error(diff)
	}
}

func TestAppendRefuses(t *testing.T) {
	snapshot := wire.Header{Kind: wire.Snapshot, Sequence: 1}
	delta := wire.Header{Kind: wire.Delta, Base: 1, Sequence: 2}
	tests := map[string]wire.Frame{
		"no kind":             {},
		"base after sequence": {Header: wire.Header{Kind: wire.Delta, Base: 3, Sequence: 2}},
		"snapshot with base":  {Header: wire.Header{Kind: wire.Snapshot, Base: 1, Sequence: 2}},
		"snapshot with gone":  {Header: snapshot, Gone: []wire.Gone{{ID: 1, Reason: wire.Ended}}},
		"epoch over 2^53":     {Header: wire.Header{Kind: wire.Snapshot, Epoch: 1 << 53}},
		"clock before 1970":   {Header: wire.Header{Kind: wire.Snapshot, Clock: -1}},
		"id 0":                {Header: snapshot, Motion: []wire.Motion{{}}},
		"id twice":            {Header: snapshot, State: []wire.State{{ID: 1}, {ID: 1}}},
		"ids descending":      {Header: snapshot, Labels: []wire.Label{{ID: 2, Has: 1}, {ID: 1, Has: 1}}},
		"id over 2^53":        {Header: snapshot, Motion: []wire.Motion{{ID: 1 << 53}}},
		"latitude":            {Header: snapshot, Motion: []wire.Motion{{ID: 1, Lat: 900_000_001}}},
		"longitude":           {Header: snapshot, Motion: []wire.Motion{{ID: 1, Lon: -1_800_000_001}}},
		"course":              {Header: snapshot, Motion: []wire.Motion{{ID: 1, Course: 36_000}}},
		"no label":            {Header: snapshot, Labels: []wire.Label{{ID: 1}}},
		"label without bit":   {Header: snapshot, Labels: []wire.Label{{ID: 1, Has: wire.HasMMSI, Values: [6]string{"x"}}}},
		"label too long":      {Header: snapshot, Labels: []wire.Label{{ID: 1, Has: wire.HasName, Values: [6]string{strings.Repeat("x", 256)}}}},
		"label no UTF-8":      {Header: snapshot, Labels: []wire.Label{{ID: 1, Has: wire.HasName, Values: [6]string{"\xff"}}}},
		"gone for no reason":  {Header: delta, Gone: []wire.Gone{{ID: 1}}},
		"merged into nothing": {Header: delta, Gone: []wire.Gone{{ID: 1, Reason: wire.Merged}}},
		"ended into a track":  {Header: delta, Gone: []wire.Gone{{ID: 1, Reason: wire.Ended, Into: 2}}},
	}
	for name, f := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := f.Append([]byte("before"))
			if !errors.Is(err, wire.ErrFrame) {
				t.Errorf("error %v, want %v", err, wire.ErrFrame)
			}
			if string(b) != "before" {
				t.Errorf("the buffer holds %q", b)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	whole, err := golden()["delta"].Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := wire.Decode(whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are accepted", n, len(whole))
		}
	}
	if _, err := wire.Decode(append(slices.Clip(whole), 0)); !errors.Is(err, wire.ErrFrame) {
		t.Errorf("a byte too many: %v", err)
	}
	whole[0] = 1
	if _, err := wire.Decode(whole); !errors.Is(err, wire.ErrVersion) {
		t.Errorf("version 1: %v", err)
	}
}

// A frame that claims 2^32-1 rows must cost no memory.
func TestDecodeAllocatesInProportion(t *testing.T) {
	b, err := golden()["delta-empty"].Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for at := 4; at < 20; at += 4 {
		lie := append([]byte(nil), b...)
		copy(lie[at:], "\xff\xff\xff\xff")
		if n := testing.AllocsPerRun(1, func() { _, err = wire.Decode(lie) }); n > 10 {
			t.Errorf("%v allocations", n)
		}
		if !errors.Is(err, wire.ErrShort) {
			t.Errorf("counter at byte %d: %v", at, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, frame := range golden() {
		b, err := frame.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := wire.Decode(b)
		if err != nil {
			return
		}
		again, err := frame.Append(nil)
		if err != nil {
			t.Fatalf("decoded, but not encoded: %v", err)
		}
		if diff := cmp.Diff(b, again); diff != "" {
			t.Fatalf("encoded again (-in +out):\n%s", diff)
		}
	})
}

func belief() *track.Track {
	now := time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC)
	return &track.Track{
		ID: 42, Status: track.Confirmed, Domain: track.Air, Kind: obs.Aircraft, Existence: 0.6,
		State: track.State{
			Time: now, Position: geo.Position{Lat: -16.2, Lon: -68.8}, Height: geo.PressureHeight(4000.4).Height(),
			East: -10, North: 0, Cov: [4][4]float64{{25, 24}, {24, 25}},
		},
		Claims: []track.Belief{
			{Claim: obs.Claim{Kind: obs.ICAO, Value: "e94c01"}, Honest: 0.9},
			{Claim: obs.Claim{Kind: obs.ICAO, Value: "e94c02"}, Honest: 0.1},
			{Claim: obs.Claim{Kind: obs.Name, Value: strings.Repeat("ñ", 200)}, Honest: 0.5},
			{Claim: obs.Claim{Kind: obs.CallSign, Value: "A\xffB"}, Honest: 0.5},
		},
		Sensors: []sensor.ID{"a", "b"}, Foreign: true, OnGround: true, Distress: obs.Emergency,
		Updated: now.Add(-1500 * time.Millisecond),
	}
}

func TestRows(t *testing.T) {
	b := belief()
	m, ok := wire.MotionOf(b, b.State.Time.Add(2*time.Second))
	if !ok {
		t.Fatal("no row")
	}
	if diff := cmp.Diff(wire.Motion{
		ID: 42, Lat: -162_000_000, Lon: -688_000_000, Age: 2000, Speed: 1000, Course: 27_000,
		Height: 4000, Datum: uint8(geo.DatumPressure), SD: 7, Coast: 15,
	}, m); diff != "" {
		t.Errorf("motion (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wire.State{
		ID: 42, Stale: 60, Existence: 153, Domain: uint8(track.Air), Kind: uint8(obs.Aircraft), Status: uint8(track.Confirmed),
		Flags: wire.Own | wire.Unproven | wire.OnGround | wire.Foreign, Priority: uint8(rule.Top), Distress: uint8(obs.Emergency), Sensors: 2,
	}, wire.StateOf(b, true, rule.Top, time.Minute)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	want := wire.Label{ID: 42, Has: wire.HasName | wire.HasICAO | wire.HasCallSign, Values: [6]string{
		0: strings.Repeat("ñ", 127), 2: "e94c01", 3: "A\uFFFDB",
	}}
	l := wire.LabelOf(b)
	if diff := cmp.Diff(want, l); diff != "" {
		t.Errorf("label (-want +got):\n%s", diff)
	}
	b.Claims = b.Claims[:2]
	d := wire.LabelOf(b).Since(l)
	if diff := cmp.Diff(wire.Label{ID: 42, Has: wire.HasName | wire.HasCallSign}, d); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
	if d := l.Since(l); d.Has != 0 {
		t.Errorf("a label differs from itself: %+v", d)
	}
}

// Whatever numbers a track holds, its row can be sent.
func TestRowsOfWildTracks(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 0, -0.0000001} {
		b := belief()
		b.State.East, b.State.North, b.State.Cov[0][0], b.Existence = v, v, v, v
		b.State.Height.Metres = v
		b.State.Position.Lon = 179.999_999_99
		m, ok := wire.MotionOf(b, b.State.Time.Add(-time.Hour))
		if !ok {
			t.Fatal("no row")
		}
		f := wire.Frame{
			Header: wire.Header{Kind: wire.Snapshot}, Motion: []wire.Motion{m},
			State: []wire.State{wire.StateOf(b, false, 0, -time.Second)}, Labels: []wire.Label{wire.LabelOf(b)},
		}
		if _, err := f.Append(nil); err != nil {
			t.Errorf("%v: %v", v, err)
		}
		b.State.Position.Lat = v + 91
		if _, ok := wire.MotionOf(b, b.State.Time); ok {
			t.Errorf("latitude %v has a row", b.State.Position.Lat)
		}
	}
}

func BenchmarkAppend10k(b *testing.B) {
	f := wire.Frame{Header: wire.Header{Kind: wire.Delta, Sequence: 1}}
	for i := range 10_000 {
		f.Motion = append(f.Motion, wire.Motion{ID: uint64(3*i + 1), Lat: int32(-160_000_000 - i), Lon: int32(-690_000_000 + i)})
	}
	var buf []byte
	var err error
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = f.Append(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}
