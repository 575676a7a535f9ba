package nmea

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gonmea "github.com/adrianmo/go-nmea"

	"atalaya/codec"
	"atalaya/geo"
	"atalaya/internal/peer"
)

// decodeAll decodes a stream and counts what is bad by kind.
func decodeAll(in []byte) ([]Message, map[codec.Kind]int) {
	d := New(Config{})
	var got []Message
	bad := map[codec.Kind]int{}
	collect := func(m Message, err error) {
		if err == nil {
			got = append(got, m)
		} else {
			bad[err.(*codec.Bad).Kind]++ //nolint:errorlint // the contract is exactly this type
		}
	}
	for m, err := range d.Decode(in, time.Time{}) {
		collect(m, err)
	}
	for m, err := range d.Flush(time.Time{}) {
		collect(m, err)
	}
	return got, bad
}

// TestAgainstGoNMEA compares values with those of adrianmo/go-nmea: on what
// own-position receivers sent in the recordings, and on sentences made of
// random values for those of a radar.
func TestAgainstGoNMEA(t *testing.T) {
	var in []byte
	for _, name := range []string{"ais-nmea.log", "ait250.log", "saab-r4.log"} {
		b, err := os.ReadFile(filepath.Clean(peer.Data(t, "ais/gpsd/"+name)))
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, b...)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		in = append(in, randomSentence(random)...)
	}
	got, bad := decodeAll(in)
	seen := map[string]int{}
	refused := 0
	for i := range got {
		m := &got[i]
		sentence, err := gonmea.Parse(string(m.Raw))
		if err != nil {
			// The Saab R4 leaves out the last field of GGA, and in RMC the
			// direction of a variation that it does not know. IEC 61162-1 has
			// null fields for that; go-nmea takes neither.
			if m.Talker != "GP" || !strings.Contains(err.Error(), "index out of range") && !strings.Contains(err.Error(), "direction") {
				t.Errorf("%s: %v", m.Raw, err)
			}
			refused++
			continue
		}
		seen[m.Data.Formatter()]++
		for _, d := range goNMEADifferences(m.Data, sentence) {
			t.Errorf("%s: %s", m.Raw, d)
		}
	}
	for _, f := range []string{"TTM", "TLL", "RSD", "OSD", "RMC", "GGA", "GLL", "VTG", "HDT", "THS"} {
		if seen[f] < 10 {
			t.Errorf("%d sentences %s were compared", seen[f], f)
		}
	}
	delete(bad, codec.Unsupported)
	if len(bad) > 0 || refused != 24 {
		t.Errorf("bad input %v, go-nmea refuses %d", bad, refused)
	}
	t.Logf("compared: %v", seen)
}

// randomSentence gives one sentence with fields in the forms of the standard,
// some of them empty.
func randomSentence(r *rand.Rand) string {
	number := func(most float64) string {
		if r.IntN(5) == 0 {
			return ""
		}
		return fmt.Sprintf("%.*f", r.IntN(4), r.Float64()*most)
	}
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	position := func() []string {
		return []string{
			fmt.Sprintf("%02d%07.4f", r.IntN(90), r.Float64()*59), one("N", "S"),
			fmt.Sprintf("%03d%07.4f", r.IntN(180), r.Float64()*59), one("E", "W"),
		}
	}
	clock := func() string {
		return one("", fmt.Sprintf("%02d%02d%02d.%02d", r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(100)))
	}
	angle := func() string { return number(359.9) }
	target := fmt.Sprintf("%02d", r.IntN(100))
	unit := one("K", "N", "S")
	var f []string
	kind := one("TTM", "TLL", "RSD", "OSD", "HDT", "THS")
	switch kind {
	case "TTM":
		f = []string{
			target, number(12), angle(), one("T", "R"), number(30), angle(), one("T", "R"), number(5), one("", "-3.2", "14.5"), unit,
			one("", "BOAT"), one("L", "Q", "T"), one("", "R"), clock(), one("A", "M", "R"),
		}
	case "TLL":
		f = append(append([]string{target}, position()...), one("", "BOAT"), clock(), one("L", "Q", "T"), one("", "R"))
	case "RSD":
		f = []string{
			number(9), angle(), number(9), angle(), number(9), angle(), number(9), angle(), number(9), angle(), number(24),
			unit, one("C", "H", "N"),
		}
	case "OSD":
		f = []string{angle(), "A", angle(), one("B", "M", "W", "R", "P"), number(20), one("B", "M", "W", "R", "P"), angle(), number(3), unit}
	case "HDT":
		f = []string{angle(), "T"}
	case "THS":
		f = []string{angle(), one("A", "E", "M", "S")}
	}
	return Frame('$', "RA"+kind, f...) + "\r\n"
}

type difference struct{ out []string }

func (d *difference) num(what string, ours codec.Opt[float64], theirs, unit float64) {
	if math.Abs(ours.Or(0)-theirs*unit) > 1e-6*(1+math.Abs(theirs*unit)) {
		d.out = append(d.out, fmt.Sprintf("%s: %v, go-nmea %v", what, ours, theirs*unit))
	}
}

func (d *difference) text(what, ours, theirs string) {
	if strings.TrimRight(ours, "\x00") != theirs {
		d.out = append(d.out, fmt.Sprintf("%s: %q, go-nmea %q", what, ours, theirs))
	}
}

func (d *difference) position(ours codec.Opt[geo.Position], lat, lon float64) {
	p := ours.Or(geo.Position{})
	d.num("latitude", codec.Some(p.Lat), lat, 1)
	d.num("longitude", codec.Some(p.Lon), lon, 1)
}

func (d *difference) clock(ours codec.Opt[time.Duration], theirs gonmea.Time) {
	at := time.Duration(theirs.Hour)*time.Hour + time.Duration(theirs.Minute)*time.Minute +
		time.Duration(theirs.Second)*time.Second + time.Duration(theirs.Millisecond)*time.Millisecond
	if ours != codec.SomeIf(at, theirs.Valid) {
		d.out = append(d.out, fmt.Sprintf("time: %v, go-nmea %v", ours, theirs))
	}
}

func lengthUnit(letter string) float64 {
	return map[string]float64{"K": 1000, "N": 1852, "S": 1609.344}[letter]
}

func goNMEADifferences(data Data, theirs gonmea.Sentence) []string {
	var d difference
	switch o := data.(type) {
	case *TTM:
		g := theirs.(gonmea.TTM)
		metres := lengthUnit(g.SpeedUnits)
		d.num("number", codec.Some(float64(o.Target.Or(0))), float64(g.TargetNumber), 1)
		d.num("distance", o.Distance, g.TargetDistance, metres)
		d.num("bearing", o.Bearing, g.Bearing, 1)
		d.num("speed", o.Speed, g.TargetSpeed, metres/3600)
		d.num("course", o.Course, g.TargetCourse, 1)
		d.num("CPA", o.CPA, g.DistanceCPA, metres)
		d.num("TCPA", o.TCPA, g.TimeCPA, 60)
		d.text("bearing type", map[bool]string{true: "R", false: "T"}[o.Relative], g.BearingType)
		d.text("course type", map[bool]string{true: "R", false: "T"}[o.CourseRel], g.CourseType)
		d.text("name", o.Name, g.TargetName)
		d.text("status", string(rune(o.Status)), g.TargetStatus)
		d.text("acquired", string(rune(o.Acquired)), g.TypeOfAcquisition)
		d.text("reference", map[bool]string{true: "R"}[o.Reference], g.ReferenceTarget)
		d.clock(o.Clock, g.TimeUTC)
	case *TLL:
		g := theirs.(gonmea.TLL)
		d.num("number", codec.Some(float64(o.Target.Or(0))), float64(g.TargetNumber), 1)
		d.position(o.Position, g.TargetLatitude, g.TargetLongitude)
		d.text("name", o.Name, g.TargetName)
		d.text("status", string(rune(o.Status)), g.TargetStatus)
		d.text("reference", map[bool]string{true: "R"}[o.Reference], g.ReferenceTarget)
		d.clock(o.Clock, g.TimeUTC)
	case *RSD:
		g := theirs.(gonmea.RSD)
		metres := lengthUnit(g.RangeUnit)
		d.num("origin 1", o.Origin[0].Range, g.Origin1Range, metres)
		d.num("origin 1", o.Origin[0].Bearing, g.Origin1Bearing, 1)
		d.num("origin 2", o.Origin[1].Range, g.Origin2Range, metres)
		d.num("origin 2", o.Origin[1].Bearing, g.Origin2Bearing, 1)
		d.num("marker 1", o.Marker[0], g.VariableRangeMarker1, metres)
		d.num("marker 2", o.Marker[1], g.VariableRangeMarker2, metres)
		d.num("line 1", o.BearingLine[0], g.BearingLine1, 1)
		d.num("line 2", o.BearingLine[1], g.BearingLine2, 1)
		d.num("cursor", o.Cursor.Range, g.CursorRangeFromOwnShip, metres)
		d.num("cursor", o.Cursor.Bearing, g.CursorBearingDegrees, 1)
		d.num("scale", o.RangeScale, g.RangeScale, metres)
		d.text("rotation", string(rune(o.Rotation)), g.DisplayRotation)
	case *OSD:
		g := theirs.(gonmea.OSD)
		metres := lengthUnit(g.SpeedUnits)
		d.num("heading", o.Heading, g.Heading, 1)
		d.num("course", o.Course, g.VesselTrueCourse, 1)
		d.num("speed", o.Speed, g.VesselSpeed, metres/3600)
		d.num("set", o.Set, g.VesselSetTrue, 1)
		d.num("drift", o.Drift, g.VesselDrift, metres/3600)
		d.text("course reference", string(rune(o.CourseRef)), g.CourseReference)
		d.text("speed reference", string(rune(o.SpeedRef)), g.SpeedReference)
	case *RMC:
		g := theirs.(gonmea.RMC)
		d.clock(o.Clock, g.Time)
		d.position(o.Position, g.Latitude, g.Longitude)
		d.num("speed", o.Speed, g.Speed, 1852.0/3600)
		d.num("course", o.Course, g.Course, 1)
		d.num("variation", o.Variation, g.Variation, 1)
		d.text("mode", string(rune(o.Mode)), g.FFAMode)
		d.text("status", map[bool]string{true: "A", false: "V"}[o.Valid], g.Validity)
		if want := gonmea.DateTime(2020, g.Date, g.Time); !o.Time.Equal(want) {
			d.out = append(d.out, fmt.Sprintf("time: %v, go-nmea %v", o.Time, want))
		}
	case *GGA:
		g := theirs.(gonmea.GGA)
		d.clock(o.Clock, g.Time)
		d.position(o.Position, g.Latitude, g.Longitude)
		d.text("quality", fmt.Sprint(o.Quality), g.FixQuality)
		d.num("satellites", codec.Some(float64(o.Satellites.Or(0))), float64(g.NumSatellites), 1)
		d.num("hdop", o.HDOP, g.HDOP, 1)
		d.num("altitude", codec.Some(float64(o.Altitude.Or(0))), g.Altitude, 1)
		d.num("geoid", o.Geoid, g.Separation, 1)
	case *GLL:
		g := theirs.(gonmea.GLL)
		d.clock(o.Clock, g.Time)
		d.position(o.Position, g.Latitude, g.Longitude)
		d.text("status", map[bool]string{true: "A", false: "V"}[o.Valid], g.Validity)
	case *VTG:
		g := theirs.(gonmea.VTG)
		d.num("course", o.Course, g.TrueTrack, 1)
		d.num("magnetic", o.Magnetic, g.MagneticTrack, 1)
		d.num("speed", o.Speed, g.GroundSpeedKnots, 1852.0/3600)
	case *HDT:
		d.num("heading", o.Heading, theirs.(gonmea.HDT).Heading, 1)
	case *THS:
		d.num("heading", o.Heading, theirs.(gonmea.THS).Heading, 1)
	}
	return d.out
}

// TestGPSDecodeReadsWhatWeWrite gives RMC and GGA that we write to gpsdecode.
func TestGPSDecodeReadsWhatWeWrite(t *testing.T) {
	gpsdecode := peer.Command(t, "gpsdecode")
	random := rand.New(rand.NewPCG(7, 8))
	type fix struct {
		Class                          string
		Time                           time.Time
		Lat, Lon, Speed, Track, AltMSL *float64
	}
	var in strings.Builder
	var rmcs []*RMC
	var ggas []*GGA
	start := time.Date(2026, 3, 1, 11, 59, 0, 0, time.UTC)
	for i := range 100 {
		at := start.Add(time.Duration(i) * time.Second)
		place := codec.Some(geo.Position{Lat: random.Float64()*170 - 85, Lon: random.Float64()*358 - 179})
		rmc := &RMC{
			Time: at, Valid: true, Position: place, Speed: codec.Some(random.Float64() * 20),
			Course: codec.Some(random.Float64() * 359), Mode: 'A',
		}
		gga := &GGA{
			Clock: codec.Some(at.Sub(at.Truncate(24 * time.Hour))), Position: place, Quality: 1, Satellites: codec.Some(9),
			HDOP: codec.Some(1.1), Altitude: codec.Some(geo.SeaHeight(random.Float64() * 4000)), Geoid: codec.Some(40.5),
		}
		rmcs, ggas = append(rmcs, rmc), append(ggas, gga)
		for _, d := range []Data{rmc, gga} {
			s, err := Encode(&Message{Talker: "GP", Data: d})
			if err != nil {
				t.Fatal(err)
			}
			in.WriteString(s + "\r\n")
		}
	}
	cmd := exec.CommandContext(t.Context(), gpsdecode, "-j")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, i int, got *float64, want, tolerance float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > tolerance {
			t.Errorf("fix %d: %s %v, written %v", i, what, got, want)
		}
	}
	speeds, altitudes := 0, 0
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var f fix
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil || f.Class != "TPV" || f.Lat == nil {
			continue
		}
		i := int(f.Time.Sub(start) / time.Second)
		if i < 0 || i >= len(rmcs) {
			t.Fatalf("a fix at %v was not written", f.Time)
		}
		near("latitude", i, f.Lat, rmcs[i].Position.Or(geo.Position{}).Lat, 2e-7)
		near("longitude", i, f.Lon, rmcs[i].Position.Or(geo.Position{}).Lon, 2e-7)
		if f.Speed != nil {
			near("speed", i, f.Speed, rmcs[i].Speed.Or(0), 1e-3)
			near("course", i, f.Track, rmcs[i].Course.Or(0), 1e-3)
			speeds++
		}
		if f.AltMSL != nil {
			near("altitude", i, f.AltMSL, float64(ggas[i].Altitude.Or(0)), 1e-3)
			altitudes++
		}
	}
	if speeds < 90 || altitudes < 90 {
		t.Errorf("gpsdecode read %d speeds and %d altitudes of 100:\n%.2000s", speeds, altitudes, out)
	}
}
