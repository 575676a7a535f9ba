package modes

import (
	"math"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

func TestSBS(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       string // JSON without what all have in common
	}{
		{
			"identification",
			"MSG,1,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,RYR1427 ,,,,,,,,,,,",
			`"sbs_type":1,"callsign":"RYR1427"`,
		},
		{
			"surface",
			"MSG,2,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,,0,76,258.3,54.05735,-4.38826,,,,,,-1",
			`"sbs_type":2,"on_ground":true,"height_m":0,"height_datum":"pressure","height_step_m":7.62,` +
				`"lat_deg":54.05735,"lon_deg":-4.38826,"position":"stated","ground_speed_mps":39.0978,"track_deg":258.3`,
		},
		{
			"position",
			"MSG,3,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,,37000,,,51.45735,-1.02826,,,0,0,0,0",
			`"sbs_type":3,"on_ground":false,"alert":false,"ident":false,"emergency":"none",` +
				`"height_m":11277.6,"height_datum":"pressure","height_step_m":7.62,"lat_deg":51.45735,"lon_deg":-1.02826,"position":"stated"`,
		},
		{
			"velocity",
			"MSG,4,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,,,288.6,103.2,,,-832,,,,,",
			`"sbs_type":4,"ground_speed_mps":148.4687,"track_deg":103.2,"climb_mps":-4.2266,"climb_datum":"pressure"`,
		},
		{
			"Mode A code",
			"MSG,6,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,,33325,,,,,,7600,-1,-1,0,0",
			`"sbs_type":6,"squawk":"7600","on_ground":false,"alert":true,"ident":false,"emergency":"radio",` +
				`"height_m":10157.46,"height_datum":"pressure","height_step_m":7.62`,
		},
		{
			"all-call reply",
			"MSG,8,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,,,,,,,,,,,,0",
			`"sbs_type":8,"on_ground":false`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good, bad := collect(t, New(Config{Container: SBS}).Decode([]byte(tt.line+"\r\n"), start()))
			if len(good) != 1 || len(bad) != 0 {
				t.Fatalf("%v %v", good, bad)
			}
			got := string(good[0].AppendJSON(nil))
			if !strings.HasPrefix(got, `{"received":"2026-03-01T12:00:00Z","stated_time":"2008-11-28T23:48:18.611Z","container":"sbs","type":"sbs",`) ||
				!strings.HasSuffix(got, `"source":"unstated","parity":"none","icao":"4ca2d6","address":"icao",`+tt.want+"}") {
				t.Error(got)
			}
		})
	}
}

func TestSBSBad(t *testing.T) {
	const times = ",2008/11/28,23:48:18.611,2008/11/28,23:53:19.161"
	for line, want := range map[string]codec.Kind{
		"hello":      codec.Malformed,
		"MSG,3,1,1,": codec.Malformed,
		"SEL,,496,2286,4CA4E5,27215,2010/02/19,18:06:07.710,2010/02/19,18:06:07.710,RYR1427": codec.Unsupported,
		"CLK,,496,-1,,-1,2010/02/19,18:18:19.036,2010/02/19,18:18:19.036":                    codec.Unsupported,
		"MSG,9,1,1,4CA2D6,1" + times + ",,,,,,,,,,,,":                                        codec.Malformed,
		"MSG,3,1,1,,1" + times + ",,,,,,,,,,,,":                                              codec.Malformed,
		"MSG,3,1,1,1000000,1" + times + ",,,,,,,,,,,,":                                       codec.Malformed,
		"MSG,3,1,1,4CA2D6,1,2008/11/28,25:00:00,,,,,,,,,,,,,,":                               codec.Malformed,
		"MSG,3,1,1,4CA2D6,1" + times + ",,37000,,,91,0,,,,,,":                                codec.Malformed,
		"MSG,3,1,1,4CA2D6,1" + times + ",,37000,,,NaN,0,,,,,,":                               codec.Malformed,
		"MSG,3,1,1,4CA2D6,1" + times + ",,37000,,,1,0,,7800,,,,":                             codec.Malformed,
		"MSG,3,1,1,4CA2D6,1" + times + ",,37000,,,1,0,,,2,,,":                                codec.Malformed,
		"MSG,3,1,1,4CA2D6,1" + times + ",,,,,,,,,,,,,":                                       codec.Malformed,
		strings.Repeat("x", 300):                                                             codec.Overlong,
	} {
		good, bad := collect(t, New(Config{Container: SBS}).Decode([]byte(line+"\n"), start()))
		if len(good) != 0 || len(bad) != 1 || bad[0].Kind != want {
			t.Errorf("%q: %v %v, want %s", line, good, bad, want)
		}
	}
}

func TestSBSZoneAndRecording(t *testing.T) {
	const line = "MSG,8,1,1,4CA2D6,1,2026/03/01,08:00:00,2026/03/01,08:00:00,,,,,,,,,,,,\n"
	laPaz := time.FixedZone("", -4*3600)
	good, _ := collect(t, New(Config{Container: SBS, Zone: laPaz, Recorded: true}).Decode([]byte(line), start().Add(time.Hour)))
	if len(good) != 1 || !good[0].Stated.Equal(start()) || !good[0].Received.Equal(start()) {
		t.Errorf("%v", good)
	}
}

// TestSBSJump: a stated position is not believed more than a decoded one.
func TestSBSJump(t *testing.T) {
	d := New(Config{Container: SBS})
	for i, tt := range []struct {
		lon     string
		refused Refusal
	}{{"-68.9", NotRefused}, {"-68.91", NotRefused}, {"-60", RefusedJump}, {"-68.92", NotRefused}} {
		line := "MSG,3,1,1,4CA2D6,1,,,,,,37000,,,-16.2," + tt.lon + ",,,,,,0\n"
		good, bad := collect(t, d.Decode([]byte(line), start().Add(time.Duration(i)*time.Second)))
		if len(good) != 1 {
			t.Fatalf("%v", bad)
		}
		m := good[0]
		if m.Refused != tt.refused || (m.Method == AsStated) != (tt.refused == NotRefused) || math.Abs(m.Height.Metres-11277.6) > 1e-6 {
			t.Errorf("%s", m.AppendJSON(nil))
		}
		if m.Method == NoPosition && m.Position != (geo.Position{}) {
			t.Errorf("a refused position is given: %v", m.Position)
		}
	}
}
