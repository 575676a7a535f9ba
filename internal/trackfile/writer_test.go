package trackfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func flat(at int64, id string) Track {
	t := Track{Time: at, ID: id, Existence: 0.97, Place: Place{X: 142.9, Y: -0.1}, Vel: [3]float64{0.5, -0.4}}
	for i := range 4 {
		t.Cov[i][i] = 0.7
	}
	return t
}

func TestWriterWritesTheForm(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, WGS84, `a "b"`)
	high := flat(12_500_000_000, "T1")
	high.Place.Z, high.Place.HasZ, high.Vel[2] = 3810, true, -1e-7
	high.Cov[4][4], high.Cov[5][5], high.Cov[0][5], high.Cov[5][0] = 1e21, 2, 0.25, 0.25
	high.Claims = []Claim{{"mmsi:123456789", 0.99}, {"ñ\n", 0}}
	for _, track := range []Track{flat(-1000, "T1"), flat(12_500_000_000, "T2"), high} {
		if err := w.Write(track); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `{"header":{"frame":"wgs84","tracker":"a \"b\""}}
{"time":-0.000001,"id":"T1","pos":[142.9,-0.1],"vel":[0.5,-0.4],"cov":[[0.7,0,0,0],[0,0.7,0,0],[0,0,0.7,0],[0,0,0,0.7]],"existence":0.97}
{"time":12.5,"id":"T2","pos":[142.9,-0.1],"vel":[0.5,-0.4],"cov":[[0.7,0,0,0],[0,0.7,0,0],[0,0,0.7,0],[0,0,0,0.7]],"existence":0.97}
{"time":12.5,"id":"T1","pos":[142.9,-0.1,3810],"vel":[0.5,-0.4,-1e-07],"cov":[[0.7,0,0,0,0,0.25],[0,0.7,0,0,0,0],[0,0,0.7,0,0,0],[0,0,0,0.7,0,0],[0,0,0,0,1e+21,0],[0.25,0,0,0,0,2]],"existence":0.97,"claims":[{"id":"mmsi:123456789","honest":0.99},{"id":"ñ\n","honest":0}]}
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(out.Bytes())); got != w.Hash() {
		t.Errorf("hash %s, want %s", w.Hash(), got)
	}
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%s is no JSON", line)
		}
	}
}

// What is written reads back to the same bits, and nothing is -0.
func TestNumbersReadBack(t *testing.T) {
	for _, v := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1e-6, 9.99e-7, 1e20, 1e21, 123456789.123456789, 1.0 / 3,
		math.SmallestNonzeroFloat64, math.MaxFloat64, -1e300,
	} {
		b := appendNumber(nil, v)
		var got float64
		if err := json.Unmarshal(b, &got); err != nil || got != v || math.Signbit(got) != (v < 0) {
			t.Errorf("%g is written %s", v, b)
		}
	}
	for us, want := range map[int64]string{
		0: "0", 1: "0.000001", -1: "-0.000001", 100_000: "0.1", 1_000_000: "1", -1_500_000: "-1.5",
		1_700_000_000_123_456: "1700000000.123456", 10_000_010: "10.00001",
	} {
		if got := appendSeconds(nil, us*1000); string(got) != want {
			t.Errorf("%d us is written %s, want %s", us, got, want)
		}
	}
}

func TestWriterRefusesWhatNobodyCanRead(t *testing.T) {
	for _, c := range []struct {
		wrong func(*Track)
		want  string
	}{
		{func(k *Track) { k.ID = "" }, "it has no id"},
		{func(k *Track) { k.Time = 999 }, "no whole microsecond"},
		{func(k *Track) { k.Time = 1000 }, "its time is before 2000 ns"},
		{func(k *Track) { k.ID = "T1" }, "it is written at that time"},
		{func(k *Track) { k.Existence = 1.1 }, "its existence is 1.1"},
		{func(k *Track) { k.Existence = math.NaN() }, "its existence is NaN"},
		{func(k *Track) { k.Place.X = math.Inf(1) }, "a value is not finite"},
		{func(k *Track) { k.Vel[1] = math.NaN() }, "a value is not finite"},
		{func(k *Track) { k.Cov[3][3] = math.Inf(-1) }, "a value is not finite"},
		{func(k *Track) { k.Claims = []Claim{{"mmsi:1", -0.1}} }, "the honesty of mmsi:1 is -0.1"},
	} {
		var out bytes.Buffer
		w := NewWriter(&out, Planar, "test")
		if err := w.Write(flat(2000, "T1")); err != nil {
			t.Fatal(err)
		}
		track := flat(2000, "T2")
		c.wrong(&track)
		if err := w.Write(track); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if err := errors.Join(w.Write(flat(2000, "T3")), w.Write(flat(3000, "T1")), w.Close()); err != nil {
			t.Errorf("after %q: %v", c.want, err)
		}
		if n := strings.Count(out.String(), "\n"); n != 4 {
			t.Errorf("%d lines after %q:\n%s", n, c.want, out.String())
		}
	}
}

// full takes so many bytes and no more.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

func TestAFullDiskIsToldAndStays(t *testing.T) {
	w := NewWriter(&full{room * 2}, Planar, "test")
	var err error
	for n := 0; err == nil && n < 10_000; n++ {
		err = w.Write(flat(int64(n)*1000, "T1"))
	}
	if err == nil || !strings.Contains(err.Error(), "write tracks: no space left") {
		t.Error(err)
	}
	if again := w.Write(flat(1e9, "T1")); !errors.Is(again, err) || !errors.Is(w.Close(), err) {
		t.Errorf("%v is forgotten: %v", err, again)
	}
}

func TestWritingTakesNoMemory(t *testing.T) {
	w := NewWriter(&full{math.MaxInt}, Planar, "test")
	track := flat(0, "T1")
	track.Claims = []Claim{{"mmsi:123456789", 1.0 / 3}}
	if n := testing.AllocsPerRun(2000, func() {
		track.Time += 1000
		if err := w.Write(track); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%g allocations a track", n)
	}
}

func TestSummary(t *testing.T) {
	var out bytes.Buffer
	s := Summary{Scans: 81, Detections: 1000, Tracks: 7, Seconds: 0.42, Hash: "ab", Late: 3, TooLate: 1, BadLines: 2}
	if err := s.Write(&out); err != nil {
		t.Fatal(err)
	}
	s.CPUSeconds, s.ScanCPUMS, s.Allocations = 0.4, []float64{0.4, 1}, 12
	s.ScanMS, s.Shed = []float64{0.5, 1}, map[string]int64{"pairs": 7, "gates": 1}
	if err := s.Write(&out); err != nil {
		t.Fatal(err)
	}
	const want = `{"scans":81,"detections":1000,"tracks":7,"seconds":0.42,"cpu_seconds":0,"allocations":0,"hash":"ab","late":3,"too_late":1,"shed":{},"bad_lines":2}
{"scans":81,"detections":1000,"tracks":7,"seconds":0.42,"cpu_seconds":0.4,"scan_ms":[0.5,1],"scan_cpu_ms":[0.4,1],"allocations":12,"hash":"ab","late":3,"too_late":1,"shed":{"gates":1,"pairs":7},"bad_lines":2}
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
	if err := s.Write(&full{}); err == nil {
		t.Error("a summary that is not written is no error")
	}
}
