package asterix

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/codec/asterix/spec"
	"atalaya/internal/peer"
)

// radarTurn is what a radar sends in a turn of its antenna: 32 sectors with a
// service message and ten target reports each, plots and tracks.
func radarTurn(tb testing.TB) (datagrams [][]byte, records int) {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	block := func(category uint8, records ...[]byte) []byte {
		b, err := AppendBlock(nil, category, records...)
		if err != nil {
			tb.Fatal(err)
		}
		return b
	}
	for sector := range 32 {
		s := ServiceMessage{
			Has: HasTime | HasSector | HasRotation, Source: Source{25, 201}, Type: SectorCrossing,
			TimeOfDay: time.Duration(sector) * time.Second / 8, SectorDeg: float64(sector) * 11.25, RotationPeriod: 4 * time.Second,
		}
		b, err := s.Append(nil)
		if err != nil {
			tb.Fatal(err)
		}
		datagram := block(34, b)
		var plots [][]byte
		for i := range 10 {
			t := TargetReport{
				Has:    HasTime | HasDescriptor | HasPolar | HasPSRAmplitude,
				Source: Source{25, 201}, TimeOfDay: s.TimeOfDay, Detection: PSR,
				RangeM: random.Float64() * 90000, AzimuthDeg: s.SectorDeg + random.Float64()*11, PSRAmplitudeDBm: -60,
			}
			if i%2 == 0 { // an aircraft with a transponder, tracked
				t.Has |= HasMode3A | HasLevel | HasAddress | HasIdent | HasTrack | HasCartesian | HasVelocity |
					HasStatus | HasQuality | HasFlightStatus | HasReplies | HasSSRAmplitude | HasSSRRunLength
				t.Detection, t.Mode3A.Code, t.Level.M, t.Address = RollCallPSR, 0o1234, 9144, 0x3C4A12
				t.Ident, t.TrackNumber, t.SpeedMPS, t.HeadingDeg = NewIdent("LPB123"), uint16(i), 230, 45
			}
			b, err := t.Append(nil)
			if err != nil {
				tb.Fatal(err)
			}
			plots = append(plots, b)
		}
		records += 11
		datagrams = append(datagrams, append(datagram, block(48, plots...)...))
	}
	return datagrams, records
}

// systemTracks is a picture of 320 system tracks, ten a datagram.
func systemTracks(tb testing.TB) (datagrams [][]byte, records int) {
	tb.Helper()
	random := rand.New(rand.NewPCG(2, 1))
	for range 32 {
		var tracks [][]byte
		for range 10 {
			b, err := Encode(spec.Newest(62), Fields{
				"010": Fields{"SAC": 25, "SIC": 5}, "015": 1, "070": 43200.5,
				"105": Fields{"LAT": random.Float64()*2 - 17, "LON": random.Float64()*2 - 70},
				"100": Fields{"X": random.Float64() * 1e5, "Y": random.Float64() * 1e5},
				"185": Fields{"VX": random.Float64() * 200, "VY": random.Float64() * 200}, "210": Fields{"AX": 0.25, "AY": -0.25},
				"060": Fields{"MODE3A": "1234"}, "245": Fields{"CHR": "LPB123"},
				"380": Fields{"ADR": "3C4A12", "ID": "LPB123", "COM": Fields{"STAT": 0}, "EMC": 3},
				"040": random.IntN(65536), "080": Fields{"MON": 0, "SIM": 0, "AMA": 0, "CST": 0},
				"290": Fields{"PSR": 1, "SSR": 1, "MDS": 2}, "200": Fields{"VERT": 1}, "136": Fields{"value": 330.25},
				"130": 35000, "135": Fields{"CTB": 330}, "220": 500,
				"390": Fields{"TAG": Fields{"SAC": 25, "SIC": 5}, "CS": "LPB123", "DEP": "SLLP", "DST": "SLVR"},
				"500": Fields{"APC": Fields{"X": 40, "Y": 40}, "ATV": Fields{"X": 2, "Y": 2}},
				"340": Fields{"SID": Fields{"SAC": 25, "SIC": 201}, "POS": Fields{"RHO": 40, "THETA": 90}, "TYP": Fields{"TYP": 7}},
			})
			if err != nil {
				tb.Fatal(err)
			}
			tracks = append(tracks, b)
		}
		b, err := AppendBlock(nil, 62, tracks...)
		if err != nil {
			tb.Fatal(err)
		}
		datagrams = append(datagrams, b)
		records += 10
	}
	return datagrams, records
}

// report makes of a record what a tracker takes.
func report(m *Message) Has {
	switch m.Category {
	case 34:
		s, _ := m.Service()
		return s.Has
	case 48:
		t, _ := m.Target()
		return t.Has
	default:
		s, _ := m.System()
		return s.Has
	}
}

func BenchmarkDecode(b *testing.B) {
	var text []byte
	for _, input := range []struct {
		name string
		make func(testing.TB) ([][]byte, int)
	}{{"radar", radarTurn}, {"system", systemTracks}} {
		datagrams, records := input.make(b)
		size := 0
		for _, datagram := range datagrams {
			size += len(datagram)
		}
		d := New(Config{})
		b.Run(input.name+"/reports", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, datagram := range datagrams {
					for m, err := range d.Datagram(datagram, time.Time{}) {
						if err != nil {
							b.Fatal(err)
						}
						report(&m)
					}
				}
			}
			b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
		b.Run(input.name+"/json", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, datagram := range datagrams {
					for m, err := range d.Datagram(datagram, time.Time{}) {
						if err != nil {
							b.Fatal(err)
						}
						text = m.AppendJSON(text[:0])
					}
				}
			}
			b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkAppendTarget(b *testing.B) {
	datagrams, _ := radarTurn(b)
	var reports []TargetReport
	for m, err := range New(Config{}).Datagram(datagrams[0], time.Time{}) {
		if err != nil {
			b.Fatal(err)
		}
		if t, ok := m.Target(); ok {
			reports = append(reports, t)
		}
	}
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		for i := range reports {
			var err error
			if out, err = reports[i].Append(out[:0]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(reports))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// A record costs no allocation of its own: only the datagram is kept.
func TestAllocations(t *testing.T) {
	datagrams, records := radarTurn(t)
	d := New(Config{})
	n := testing.AllocsPerRun(20, func() {
		for _, datagram := range datagrams {
			for m, err := range d.Datagram(datagram, time.Time{}) {
				if err != nil {
					t.Fatal(err)
				}
				report(&m)
			}
		}
	})
	if n > float64(len(datagrams)) {
		t.Errorf("%v allocations for %d records in %d datagrams", n, records, len(datagrams))
	}
}

// BenchmarkLibasterix is the peer's rate on the same records, for the ratio.
func BenchmarkLibasterix(b *testing.B) {
	for _, input := range []struct {
		name string
		make func(testing.TB) ([][]byte, int)
	}{{"radar", radarTurn}, {"system", systemTracks}} {
		b.Run(input.name, func(b *testing.B) {
			datagrams, _ := input.make(b)
			var lines strings.Builder
			for range 5 {
				for _, datagram := range datagrams {
					fmt.Fprintln(&lines, hex.EncodeToString(datagram))
				}
			}
			file := filepath.Join(b.TempDir(), "blocks")
			if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			var rate struct {
				PerSecond float64 `json:"records_per_second"`
			}
			for b.Loop() {
				out, err := exec.CommandContext(b.Context(), peer.Python(b), "testdata/libasterix_peer.py", "rate", file).Output()
				if err != nil {
					b.Fatal(err)
				}
				if err := json.Unmarshal(out, &rate); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(rate.PerSecond, "records/s")
		})
	}
}
