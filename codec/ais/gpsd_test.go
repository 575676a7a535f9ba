package ais

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/internal/peer"
)

// gpsd's regression files: each log with what gpsd itself makes of it, counted
// by "class":"AIS" lines.
//
// gpsd prints its last AIS message once more, unchanged, whenever an own
// position in the same stream ends a cycle; a recording of 183 AIS sentences
// has no 274 messages (repeated).
//
// gpsd prints part B of type 24 together with the part A of the same ship, if
// that was among the last eight parts A, and neither alone; M.1371-5, annex 8,
// 3.22 makes them messages of their own (alone).
var gpsdFiles = []struct {
	log, chk string
	gpsd     int // lines in the .chk
	repeated int // of them the same message again
	alone    int // our parts of type 24 that gpsd does not print alone
	bad      map[codec.Kind]int
}{
	// Unsupported: 69 type 24 of part 3, which no edition has.
	{"ais-18-27.log", "ais-18-27.log.chk", 138, 0, 69, map[codec.Kind]int{codec.Unsupported: 69}},
	{"ais-nmea-type6-fid55.log", "ais-nmea-type6-fid55.log.chk", 1265, 0, 61, nil},
	// Unsupported: $GP, $HE and $PFEC sentences in the same stream.
	{"ais-nmea.log", "ais-nmea.log.chk", 274, 108, 5, map[codec.Kind]int{codec.Unsupported: 1313}},
	{"ais-raw-messages.log", "ais-raw-messages.log.chk", 108, 0, 1, nil},
	{"ais_unpack_sixbit.log", "ais_unpack_sixbit.log.chk", 12, 0, 1, nil},
	{"ait250.log", "ait250.log.chk", 105, 32, 1, map[codec.Kind]int{codec.Unsupported: 67}},
	{"saab-r4.log", "saab-r4.log.chk", 26, 12, 0, map[codec.Kind]int{codec.Unsupported: 108}},
	// Noise: a sentence whose '!' is missing, on purpose.
	{"sample.aivdm", "sample.aivdm.js.chk", 97, 0, 5, map[codec.Kind]int{codec.Noise: 1}},
	{"sample.aivdm", "sample.aivdm.ju.chk", 97, 0, 5, map[codec.Kind]int{codec.Noise: 1}},
}

func TestGPSDFiles(t *testing.T) {
	for _, f := range gpsdFiles {
		t.Run(f.chk, func(t *testing.T) {
			want, repeated := gpsdLines(t, readData(t, "ais/gpsd/"+f.chk))
			got, bad := decodeAll(t, readData(t, "ais/gpsd/"+f.log))
			var partsA [8]Message
			alone, nextA, i := 0, 0, 0
			for _, m := range got {
				name := ""
				switch m.Report.(type) {
				case *StaticA:
					partsA[nextA%8] = m
					nextA++
					alone++
					continue
				case *StaticB:
					k := slices.IndexFunc(partsA[:], func(a Message) bool { return a.MMSI == m.MMSI })
					if k < 0 {
						alone++
						continue
					}
					name = partsA[k].Report.(*StaticA).Name
					partsA[k] = Message{}
				}
				if i >= len(want) {
					t.Errorf("message %d is not in gpsd's: %s", i, m.AppendJSON(nil))
				} else {
					for _, d := range differences(&m, want[i], name) {
						t.Errorf("message %d (type %d, %s): %s", i, m.Type, m.MMSI, d)
					}
				}
				i++
			}
			if lines := len(want) + repeated; lines != f.gpsd || repeated != f.repeated || i != len(want) || alone != f.alone {
				t.Errorf("%d messages, %d parts of type 24; gpsd has %d lines, %d repeated; expected are %d, %d repeated, %d parts",
					i, alone, lines, repeated, f.gpsd, f.repeated, f.alone)
			}
			if !maps.Equal(bad, f.bad) {
				t.Errorf("bad input %v, expected %v", bad, f.bad)
			}
			t.Logf("gpsd %d lines, %d of them repeated; ours %d and %d parts of type 24; bad %v", f.gpsd, repeated, i, alone, bad)
		})
	}
}

func readData(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Clean(peer.Data(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decodeAll decodes a whole recording.
func decodeAll(t testing.TB, b []byte) ([]Message, map[codec.Kind]int) {
	t.Helper()
	d := New(Config{})
	var got []Message
	bad := map[codec.Kind]int{}
	collect := func(m Message, err error) {
		if err == nil {
			got = append(got, m)
			return
		}
		var k *codec.Bad
		k, ok := err.(*codec.Bad) //nolint:errorlint // the contract is exactly this type
		if !ok {
			t.Fatalf("error %T, not *codec.Bad", err)
		}
		bad[k.Kind]++
	}
	for m, err := range d.Decode(b, time.Time{}) {
		collect(m, err)
	}
	for m, err := range d.Flush(time.Time{}) {
		collect(m, err)
	}
	return got, bad
}

type gpsdMessage map[string]any

// gpsdLines gives the AIS messages of a .chk file, and how many it has twice.
func gpsdLines(t testing.TB, b []byte) (messages []gpsdMessage, repeated int) {
	t.Helper()
	var sentence, last string
	for line := range strings.Lines(string(b)) {
		switch {
		case !strings.HasPrefix(line, "{"):
			sentence = line
		case strings.HasPrefix(line, `{"class":"AIS"`):
			if line == last && sentence != "" && !strings.HasPrefix(sentence[3:], "VD") {
				repeated++
				continue
			}
			last = line
			var m gpsdMessage
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("gpsd's line %q: %v", line, err)
			}
			messages = append(messages, m)
		}
	}
	return messages, repeated
}

// differences compares a message with gpsd's, field by field, in the numbers
// of the standard. gpsd prints them as they are sent ("scaled":false) or in
// knots, degrees and metres ("scaled":true).
func differences(m *Message, g gpsdMessage, name string) []string {
	c := comparison{g: g, scaled: g["scaled"] == true}
	c.is("type", float64(m.Type))
	c.is("repeat", float64(m.Repeat))
	c.is("mmsi", float64(m.MMSI))
	if len(c.out) > 0 {
		return c.out
	}
	switch r := m.Report.(type) {
	case *Position:
		c.kinematics(&r.Kinematics, 10, fine)
		c.opt("status", number8(r.Status), 15, 15)
		c.turn(r)
		maneuver := map[codec.Opt[bool]]float64{codec.Some(false): 1, codec.Some(true): 2}[r.Maneuver]
		if maneuver != 0 || c.g["maneuver"] != 3.0 { // 3 is not used
			c.is("maneuver", maneuver)
		}
		if r.Radio.Known() || m.PayloadBits >= 168 { // gpsd prints what is left of it
			c.opt("radio", number8(r.Radio), -1, -1)
		}
	case *BaseStation:
		c.kinematics(&r.Kinematics, 10, fine)
		// gpsd prints the parts of a time also where one is "not available"
		// or not in the calendar (M.1371-5, annex 8, 3.2: year 1 to 9999).
		stamp, _ := c.g["timestamp"].(string)
		if gpsd, err := time.Parse("2006-01-02T15:04:05Z", stamp); err != nil {
			c.is("timestamp", map[bool]any{true: r.Time, false: stamp}[r.Time.Known()])
		} else if r.Time != codec.Some(gpsd) {
			c.add("timestamp", stamp, r.Time)
		}
		c.is("epfd", float64(r.Device.Or(0)))
		c.opt("radio", number8(r.Radio), -1, -1)
	case *Voyage:
		c.is("imo", float64(r.IMO.Or(0)))
		c.is("ais_version", float64(r.Version))
		c.is("callsign", r.CallSign)
		c.is("shipname", r.Name)
		c.ship(r.ShipType, r.Size)
		c.is("epfd", float64(r.Device.Or(0)))
		c.eta(r.ETA)
		c.is("draught", c.scale(math.Round(r.Draught.Or(0)*10), 10))
		c.is("destination", r.Destination)
		c.is("dte", map[bool]float64{true: 0, false: 1}[r.Ready.Or(true)]) // gpsd: 0 where cut off
	case *SARAircraft:
		c.kinematics(&r.Kinematics, 1, fine)
		c.opt("alt", r.Altitude, 4095, 4095)
		c.is("dte", map[bool]float64{true: 0, false: 1}[r.Ready])
		c.opt("radio", number8(r.Radio), -1, -1)
	case *Text:
		c.is("text", r.Text)
		if to, ok := r.To.Get(); ok {
			c.is("dest_mmsi", float64(to))
			c.is("seqno", float64(r.Sequence))
			c.is("retransmit", r.Retransmitted)
		}
	case *ClassB:
		c.kinematics(&r.Kinematics, 10, fine)
		c.is("cs", r.CarrierSense)
		c.is("display", r.Display)
		c.is("dsc", r.DSC)
		c.is("band", r.WholeBand)
		c.is("msg22", r.Message22)
		c.opt("radio", number8(r.Radio), -1, -1)
	case *ClassBExtended:
		c.kinematics(&r.Kinematics, 10, fine)
		c.is("shipname", r.Name)
		c.ship(r.ShipType, r.Size)
		c.is("epfd", float64(r.Device.Or(0)))
		c.is("dte", map[bool]float64{true: 0, false: 1}[r.Ready])
		c.is("assigned", r.Assigned)
	case *AidToNavigation:
		c.kinematics(&r.Kinematics, 10, fine)
		c.is("aid_type", float64(r.Kind.Or(0)))
		c.is("name", r.Name)
		c.size(r.Size)
		c.is("epfd", float64(r.Device.Or(0)))
		if off, ok := r.OffPosition.Get(); ok {
			c.is("off_position", off)
		}
		c.is("regional", float64(r.Status))
		c.is("virtual_aid", r.Virtual)
	case *StaticA:
		c.is("shipname", r.Name)
	case *StaticB:
		if name != "" {
			c.is("shipname", name)
		}
		c.is("callsign", r.CallSign)
		c.is("model", float64(r.Model))
		c.is("serial", float64(r.Serial))
		// gpsd reads seven letters, as editions before the fourth had it;
		// M.1371-5, annex 8, 3.22 has three, then model and serial number.
		if vendor, _ := g["vendorid"].(string); !strings.HasPrefix(vendor, r.Vendor) {
			c.add("vendorid", vendor, r.Vendor)
		}
		if r.MotherShip.Known() {
			c.is("mothership_mmsi", float64(r.MotherShip.Or(0)))
			c.ship(r.ShipType, codec.Opt[Size]{})
		} else {
			c.ship(r.ShipType, r.Size)
		}
	case *LongRange:
		c.kinematics(&r.Kinematics, 1, coarse)
		c.opt("status", number8(r.Status), 15, 15)
		c.is("gnss", r.Late) // gpsd's name for the bit; M.1371-5, annex 8, 3.25: position latency
	}
	return c.out
}

// comparison collects the fields of gpsd's message that are not ours.
type comparison struct {
	g      gpsdMessage
	scaled bool
	out    []string
}

func (c *comparison) add(key string, gpsd, ours any) {
	c.out = append(c.out, fmt.Sprintf("%s: gpsd %v, ours %v", key, gpsd, ours))
}

// eta compares the parts of gpsd's "05-15T14:00Z", of which ours leave out the
// impossible ones.
func (c *comparison) eta(ours ETA) {
	text, _ := c.g["eta"].(string)
	var month, day, hour, minute uint8
	if _, err := fmt.Sscanf(text, "%02d-%02dT%02d:%02dZ", &month, &day, &hour, &minute); err != nil {
		c.add("eta", text, err)
	}
	gpsd := ETA{
		Month: codec.SomeIf(month, month >= 1 && month <= 12), Day: codec.SomeIf(day, day > 0),
		Hour: codec.SomeIf(hour, hour < 24), Minute: codec.SomeIf(minute, minute < 60),
	}
	if gpsd != ours {
		c.add("eta", text, ours)
	}
}

// is compares a value that gpsd's message may leave out only where it has no
// such field in the version at hand.
func (c *comparison) is(key string, ours any) {
	gpsd, ok := c.g[key]
	if n, isNumber := ours.(float64); ok && isNumber {
		if v, isNumber := gpsd.(float64); isNumber && math.Abs(v-n) < 1e-6 {
			return
		}
	}
	if gpsd != ours {
		c.add(key, gpsd, ours)
	}
}

// scale gives a raw number as gpsd prints it.
func (c *comparison) scale(raw, unit float64) float64 {
	if c.scaled {
		return raw / unit
	}
	return raw
}

// opt compares a value that is absent in ours where gpsd prints a number from
// least to most.
func (c *comparison) opt(key string, ours codec.Opt[float64], least, most float64) {
	if v, ok := ours.Get(); ok {
		c.is(key, v)
		return
	}
	if gpsd, ok := c.g[key].(float64); !ok || gpsd < least || gpsd > most {
		c.add(key, c.g[key], "absent")
	}
}

func number8[T ~uint8 | ~uint32](v codec.Opt[T]) codec.Opt[float64] {
	x, ok := v.Get()
	return codec.SomeIf(float64(x), ok)
}

func (c *comparison) kinematics(k *Kinematics, knots, degrees float64) {
	if p, ok := k.Position.Get(); ok {
		if c.scaled {
			c.near("lat", p.Lat, 6e-5) // printed with four decimals
			c.near("lon", p.Lon, 6e-5)
		} else {
			c.is("lat", math.Round(p.Lat*degrees))
			if c.g["lon"] == 180*degrees { // ours: [-180, 180)
				c.g["lon"] = -180 * degrees
			}
			c.is("lon", math.Round(p.Lon*degrees))
		}
	} else {
		lat, lon := c.g["lat"].(float64), c.g["lon"].(float64)
		if unit := c.scale(degrees, degrees); math.Abs(lat) <= 90*unit && math.Abs(lon) <= 180*unit {
			c.add("position", fmt.Sprint(lat, " ", lon), "absent")
		}
	}
	c.is("accuracy", k.Accurate)
	c.is("raim", k.RAIM)
	raw := func(v codec.Opt[float64], scale float64) codec.Opt[float64] {
		x, ok := v.Get()
		return codec.SomeIf(c.scale(math.Round(x*scale), scale), ok)
	}
	if _, ok := c.g["speed"]; ok {
		s, known := k.Speed.Get()
		none := map[float64]float64{10: 1023, 1: 1023}[knots]
		if degrees == coarse {
			none = 63
		}
		none = c.scale(none, knots)
		c.opt("speed", raw(codec.SomeIf(s/knot, known), knots), none, none)
		parts := 10.0
		if degrees == coarse {
			parts = 1
		}
		c.opt("course", raw(k.Course, parts), c.scale(360*parts, parts), 4095)
	}
	if _, ok := c.g["heading"]; ok {
		c.opt("heading", k.Heading, 360, 511)
	}
	if _, ok := c.g["second"]; ok {
		second := float64(k.Second.Or(60))
		if k.Fix != Measured {
			second = 60 + float64(k.Fix)
		}
		c.is("second", second)
	}
}

func (c *comparison) near(key string, ours, tolerance float64) {
	if gpsd, ok := c.g[key].(float64); !ok || math.Abs(gpsd-ours) > tolerance {
		c.add(key, c.g[key], ours)
	}
}

func (c *comparison) turn(r *Position) {
	rate, known := r.TurnRate.Get()
	if c.scaled {
		switch {
		case known:
			if text, ok := c.g["turn"].(string); ok { // newer gpsd prints a string
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					c.add("turn", text, rate)
				}
				c.g["turn"] = v
			}
			c.near("turn", rate, 0.5+0.01*math.Abs(rate))
		case r.Turning > 0:
			c.is("turn", "fastright")
		case r.Turning < 0:
			c.is("turn", "fastleft")
		default:
			if c.g["turn"] != "nan" && c.g["turn"] != "n/a" {
				c.add("turn", c.g["turn"], "absent")
			}
		}
		return
	}
	raw := math.Copysign(math.Round(turnScale*math.Sqrt(math.Abs(rate))), rate)
	switch {
	case !known && r.Turning == 0:
		raw = -128
	case !known:
		raw = 127 * float64(r.Turning)
	}
	c.is("turn", raw+0)
}

func (c *comparison) ship(kind codec.Opt[ShipType], size codec.Opt[Size]) {
	c.is("shiptype", float64(kind.Or(0)))
	if _, ok := c.g["to_bow"]; ok || size.Known() {
		c.size(size)
	}
}

func (c *comparison) size(size codec.Opt[Size]) {
	s := size.Or(Size{})
	c.is("to_bow", float64(s.Bow))
	c.is("to_stern", float64(s.Stern))
	c.is("to_port", float64(s.Port))
	c.is("to_starboard", float64(s.Starboard))
}
