package format_test

import (
	"maps"
	"math"
	"testing"
	"time"

	"atalaya/codec/asterix"
	"atalaya/codec/asterix/spec"
	"atalaya/geo"
	"atalaya/obs"
)

type fields = asterix.Fields

// record is a data block of one record, of fields changed by others; a nil one
// is left out.
func record(t testing.TB, category uint8, base, changes fields) []byte {
	t.Helper()
	f := maps.Clone(base)
	for k, v := range changes {
		if v == nil {
			delete(f, k)
		} else {
			f[k] = v
		}
	}
	r, err := asterix.Encode(spec.Newest(category), f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := asterix.AppendBlock(nil, category, r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func adsb() fields {
	return fields{
		"010": fields{"SAC": 25, "SIC": 201}, "040": fields{"ATP": 0}, "080": "E94001", "131": fields{"LAT": -16.16, "LON": -69.1},
		"071": 43200.5, "140": 13500, "145": 130, "170": "CPX101", "160": fields{"GS": 0.05, "TA": 90}, "157": fields{"GVR": 500},
	}
}

// TestGroundStation: reports of a ground station that hears ADS-B (021).
func TestGroundStation(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes fields
		seen    bool
		kind    obs.Kind
		call    obs.Distress
		sd      float64
	}{
		{"aircraft", nil, true, obs.Aircraft, obs.NoDistress, 100},
		{"rotorcraft", fields{"020": 10}, true, obs.Rotorcraft, obs.NoDistress, 100},
		{"glider", fields{"020": 11}, true, obs.Glider, obs.NoDistress, 100},
		{"drone", fields{"020": 13}, true, obs.Drone, obs.NoDistress, 100},
		{"hijacked", fields{"200": fields{"PS": 5}}, true, obs.Aircraft, obs.Interference, 100},
		{"squawk 7700", fields{"070": fields{"MODE3A": "7700"}}, true, obs.Aircraft, obs.Emergency, 100},
		{"accurate", fields{"090": fields{"NUCRNACV": 2, "NUCPNIC": 8, "NICBARO": 1, "SIL": 3, "NACP": 10}}, true, obs.Aircraft, obs.NoDistress, 10 / 2.4477},
		{"of unknown accuracy", fields{"090": fields{"NUCRNACV": 0, "NUCPNIC": 0, "NICBARO": 0, "SIL": 0, "NACP": 0}}, true, obs.Aircraft, obs.NoDistress, 100},
		{"doubted", fields{"040": fields{"ATP": 0, "ARC": 0, "RC": 0, "RAB": 0, "DCR": 0, "GBS": 0, "SIM": 0, "TST": 0, "SAA": 0, "CL": 1}}, true, obs.Aircraft, obs.NoDistress, 1000},
		{"anonymous", fields{"040": fields{"ATP": 3}}, false, 0, 0, 0},
		{"field monitor", fields{"040": fields{"ATP": 0, "ARC": 0, "RC": 0, "RAB": 1}}, false, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := radar(t)
			st.datagram(time.Second, record(t, 21, adsb(), tt.changes))
			if !tt.seen {
				st.none(tt.name)
				return
			}
			o := st.one()
			if o.Kind != tt.kind || o.Distress != tt.call || !near(o.Position, here, 2) || math.Abs(sd(o)-tt.sd) > 0.01 {
				t.Errorf("%s %q %v, %v m", o.Kind, o.Distress, o.Position, sd(o))
			}
			if o.Time.Sub(start) != 500*time.Millisecond || o.Clock != obs.ClockCoarse || o.Height.Datum != geo.DatumEllipsoid || o.Course != 90 {
				t.Errorf("%+v", o)
			}
		})
	}
}

func systemTrack() fields {
	return fields{
		"010": fields{"SAC": 25, "SIC": 201}, "070": 43200.5, "105": fields{"LAT": -16.16, "LON": -69.1}, "040": 4711,
		"185": fields{"VX": -30, "VY": 40}, "380": fields{"ADR": "E94001"}, "080": fields{"MON": 0},
	}
}

// TestNeighbour: tracks of somebody else's tracker (062).
func TestNeighbour(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes fields
		seen    bool
	}{
		{"track", nil, true},
		{"coasting", fields{"080": fields{"MON": 0, "SPI": 0, "MRH": 0, "SRC": 0, "CNF": 0, "SIM": 0, "TSE": 0, "TSB": 0, "FPC": 0, "AFF": 0, "STP": 0, "KOS": 0, "AMA": 0, "MD4": 0, "ME": 0, "MI": 0, "MD5": 0, "CST": 1}}, false},
		{"ended", fields{"080": fields{"MON": 0, "SPI": 0, "MRH": 0, "SRC": 0, "CNF": 0, "SIM": 0, "TSE": 1}}, false},
		{"simulated", fields{"080": fields{"MON": 0, "SPI": 0, "MRH": 0, "SRC": 0, "CNF": 0, "SIM": 1}}, false},
		{"without a place", fields{"105": nil}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := neighbour(t)
			st.datagram(time.Second, record(t, 62, systemTrack(), tt.changes))
			if !tt.seen {
				st.none(tt.name)
				return
			}
			o := st.one()
			if claims(o) != "icao:e94001 target:sensor/4711" || !near(o.Position, here, 1) || sd(o) != 300 || math.Abs(o.Speed-50) > 0.1 || math.Abs(o.Course-323.13) > 0.1 {
				t.Errorf("%+v", o)
			}
		})
	}
	st := neighbour(t)
	st.datagram(time.Second, record(t, 62, systemTrack(), fields{"500": fields{"APW": fields{"LAT": 0.001, "LON": 0.002}}}))
	o := st.one()
	if n, e := sqrt(o.Cov.NN), sqrt(o.Cov.EE); math.Abs(n-111) > 3 || math.Abs(e-214) > 4 {
		t.Errorf("error %v m north, %v m east", n, e)
	}
}
