package modes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/cpr"
	"atalaya/geo"
	"atalaya/internal/peer"
)

// pyModeS runs the peer over lines of input.
func pyModeS(t *testing.T, input []byte, args ...string) []map[string]any {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer.Python(t), append([]string{"testdata/pymodes.py"}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pyModeS: %v: %s", err, complaint.String())
	}
	var all []map[string]any
	for line := range bytes.Lines(out) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("pyModeS said %q: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}

// deviation is a difference where pyModeS is wrong or says another thing than
// we do, with the clause that decides.
type deviation struct {
	why  string
	hits func(m *Message, field string) bool
}

func deviations() []deviation {
	typeCode := func(m *Message, low, high uint8) bool {
		c, ok := m.TypeCode.Get()
		return ok && c >= low && c <= high
	}
	return []deviation{
		{
			"cross-link capability in DF16, where bit 7 is spare (ICAO Annex 10 Volume IV, 4.3.8.4.2.2)",
			func(m *Message, field string) bool { return field == "cross_link_capability" && m.DF.Or(0) == 16 },
		},
		{
			"registers guessed from DF20 and DF21: nothing in the reply says which it carries (3.1.2.6.6, 3.1.2.6.8)",
			func(m *Message, field string) bool {
				return m.DF.Or(0) >= 20 && !slices.Contains([]string{"df", "icao", "altitude", "squawk"}, field)
			},
		},
		{
			"height above the ellipsoid read as plain metres: one coding for both heights (RTCA DO-260B, 2.2.3.2.3.4.3)",
			func(m *Message, field string) bool { return field == "altitude" && typeCode(m, 20, 22) },
		},
		{
			"unassigned velocity subtypes 0 and 5 to 7 read as if they had a layout (ICAO Doc 9871, table A-2-9)",
			func(m *Message, _ string) bool {
				return typeCode(m, 19, 19) && (m.Subtype.Or(0) == 0 || m.Subtype.Or(0) > 4)
			},
		},
		{
			"largest difference of heights, \"more than 3137.5 ft\", taken for unknown (ICAO Doc 9871, table A-2-9)",
			func(m *Message, field string) bool {
				return field == "geo_minus_baro" && math.Abs(m.HeightDifference.Or(0)) > 3137.5*0.3048
			},
		},
		{
			"target state of version 1 and reserved ones read in the layout of version 2 (RTCA DO-260B, 2.2.3.2.7.1.2)",
			func(m *Message, _ string) bool { return typeCode(m, 29, 29) && m.Subtype.Or(0) != 1 },
		},
		{
			"operational status of version 0 read in the layout of later ones (ICAO Doc 9871, table A-2-101)",
			func(m *Message, _ string) bool { return m.Operation != nil && m.Operation.Version == 0 },
		},
		{
			"reserved subtypes 2 to 7 of operational status read as if they had a layout (ICAO Doc 9871, table C-2-101)",
			func(m *Message, _ string) bool { return typeCode(m, 31, 31) && m.Subtype.Or(0) > 1 },
		},
		{
			"zeros at the end of a call sign printed: padding, no character (ICAO Annex 10 Volume IV, table 3-8)",
			func(m *Message, field string) bool { return field == "callsign" && m.Raw[10]&0x3F == 0 },
		},
	}
}

// theirs says how our message looks in pyModeS's fields: nil is absent.
func theirs() map[string]func(m *Message) any {
	return map[string]func(m *Message) any{
		"df": func(m *Message) any { return opt(m.DF, 1) },
		"icao": func(m *Message) any {
			a, ok := m.Address.Get()
			if !ok {
				return nil
			}
			return strings.ToUpper(a.String())
		},
		"altitude": func(m *Message) any {
			if !m.Height.Known() {
				return nil
			}
			return m.Height.Metres / 0.3048
		},
		"squawk": func(m *Message) any {
			if !m.Squawk.Known() {
				return nil
			}
			return m.Squawk.Or(0).String()
		},
		"typecode":              func(m *Message) any { return opt(m.TypeCode, 1) },
		"subtype":               func(m *Message) any { return opt(m.Subtype, 1) },
		"capability":            func(m *Message) any { return opt(m.Capability, 1) },
		"flight_status":         func(m *Message) any { return opt(m.FlightStatus, 1) },
		"downlink_request":      func(m *Message) any { return opt(m.DownlinkRequest, 1) },
		"utility_message":       func(m *Message) any { return opt(m.Utility, 1) },
		"cross_link_capability": func(m *Message) any { return bit(m.CrossLink) },
		"sensitivity_level":     func(m *Message) any { return opt(m.Sensitivity, 1) },
		"reply_information":     func(m *Message) any { return opt(m.ReplyInformation, 1) },
		"vertical_status": func(m *Message) any {
			if m.OnGround.Or(false) {
				return "on-ground"
			}
			return "airborne"
		},
		"mv":                  func(m *Message) any { return fmt.Sprintf("%014X", m.Data.Or(0)) },
		"callsign":            func(m *Message) any { return m.CallSign },
		"category":            func(m *Message) any { return float64(m.Category[1] - '0') },
		"surveillance_status": func(m *Message) any { return opt(m.Surveillance, 1) },
		"cpr_format":          func(m *Message) any { return float64(boolean(m.CPR.Or(cpr.Position{}).Odd)) },
		"cpr_lat":             func(m *Message) any { return float64(m.CPR.Or(cpr.Position{}).Lat) },
		"cpr_lon":             func(m *Message) any { return float64(m.CPR.Or(cpr.Position{}).Lon) },
		"nuc_p":               func(m *Message) any { return opt(m.Quality.NUCp, 1) },
		"movement":            func(m *Message) any { return opt(m.Movement, 1) },
		"track_status":        func(m *Message) any { return float64(boolean(m.Track.Known())) },
		"groundspeed": func(m *Message) any {
			knots, ok := opt(m.GroundSpeed, 3600./1852).(float64)
			if ok && m.TypeCode.Or(0) == 19 {
				return math.Floor(knots + 1e-6) // it drops what is behind the point
			}
			return opt(m.GroundSpeed, 3600./1852)
		},
		"track":         func(m *Message) any { return opt(m.Track, 1) },
		"airspeed":      func(m *Message) any { return opt(m.AirSpeed, 3600./1852) },
		"airspeed_type": func(m *Message) any { return [...]string{"IAS", "TAS"}[m.AirSpeedKind] },
		"heading":       func(m *Message) any { return opt(m.Heading, 1) },
		"vertical_rate": func(m *Message) any { return opt(m.Climb, 60/0.3048) },
		"vr_source": func(m *Message) any {
			if m.ClimbFrom == geo.DatumEllipsoid {
				return "GNSS"
			}
			return "BARO"
		},
		"geo_minus_baro": func(m *Message) any { return opt(m.HeightDifference, 1/0.3048) },
		"nac_v":          func(m *Message) any { return opt(m.NACv, 1) },
		"emergency_state": func(m *Message) any {
			e, ok := m.Emergency.Get()
			if !ok {
				return nil
			}
			return float64(e)
		},
		"version":          operation(func(o *Operation) any { return float64(o.Version) }),
		"nic_supplement_a": operation(func(o *Operation) any { return float64(boolean(o.NICa)) }),
		"nac_p": func(m *Message) any {
			if m.Target != nil {
				return float64(m.Target.NACp)
			}
			return operation(func(o *Operation) any { return float64(o.NACp) })(m)
		},
		"sil": func(m *Message) any {
			if m.Target != nil {
				return float64(m.Target.SIL)
			}
			return operation(func(o *Operation) any { return float64(o.SIL) })(m)
		},
		"nic_baro": func(m *Message) any {
			if m.Target != nil {
				return float64(boolean(m.Target.NICBaro))
			}
			return operation(func(o *Operation) any { return bit(o.NICBaro) })(m)
		},
		"hrd":                      operation(func(o *Operation) any { return float64(boolean(o.MagneticHeadings)) }),
		"capability_class":         operation(func(o *Operation) any { return float64(o.Capability) }),
		"operational_mode":         operation(func(o *Operation) any { return float64(o.Mode) }),
		"sil_supplement":           operation(func(o *Operation) any { return bit(o.SILPerSample) }),
		"selected_altitude":        target(func(g *Target) any { return opt(g.Height, 1/0.3048) }),
		"selected_altitude_source": target(func(g *Target) any { return [...]string{"MCP/FCU", "FMS"}[boolean(g.FromFMS)] }),
		"baro_pressure_setting":    target(func(g *Target) any { return opt(g.Setting, 1) }),
		"selected_heading":         target(func(g *Target) any { return opt(g.Heading, 1) }),
		"autopilot":                target(func(g *Target) any { return truth(g.Autopilot) }),
		"vnav_mode":                target(func(g *Target) any { return truth(g.VNAV) }),
		"altitude_hold_mode":       target(func(g *Target) any { return truth(g.HoldHeight) }),
		"approach_mode":            target(func(g *Target) any { return truth(g.Approach) }),
		"lnav_mode":                target(func(g *Target) any { return truth(g.LNAV) }),
		"tcas_operational":         target(func(g *Target) any { return g.TCAS }),
	}
}

func opt[T ~uint8 | ~float64](v codec.Opt[T], scale float64) any {
	x, ok := v.Get()
	if !ok {
		return nil
	}
	return float64(x) * scale
}

func bit(v codec.Opt[bool]) any {
	b, ok := v.Get()
	if !ok {
		return nil
	}
	return float64(boolean(b))
}

func truth(v codec.Opt[bool]) any {
	b, ok := v.Get()
	if !ok {
		return nil
	}
	return b
}

func operation(f func(*Operation) any) func(*Message) any {
	return func(m *Message) any {
		if m.Operation == nil {
			return nil
		}
		return f(m.Operation)
	}
}

func target(f func(*Target) any) func(*Message) any {
	return func(m *Message) any {
		if m.Target == nil {
			return nil
		}
		return f(m.Target)
	}
}

// differences compares a message with pyModeS's reading of the same frame and
// gives what differs by field. It counts what was compared.
func differences(m *Message, peer map[string]any, compared map[string]int) map[string]string {
	out := map[string]string{}
	for field, ours := range theirs() {
		want, said := peer[field]
		if !said {
			continue
		}
		got := ours(m)
		x, isNumber := got.(float64)
		y, alsoNumber := want.(float64)
		if got == want || isNumber && alsoNumber && math.Abs(x-y) < 1e-6*max(1, math.Abs(y)) {
			if want != nil {
				compared[field]++
			}
			continue
		}
		out[field] = fmt.Sprintf("%v, pyModeS %v", got, want)
	}
	return out
}

// compare decodes frames, each by itself, and holds them against pyModeS. It
// gives how often a value of each field was the same.
func compare(t *testing.T, address Address, frames [][]byte) (compared map[string]int) {
	t.Helper()
	var input []byte
	for _, f := range frames {
		input = fmt.Appendf(input, "%X\n", f)
	}
	results := pyModeS(t, input, "frames")
	if len(results) != len(frames) {
		t.Fatalf("pyModeS answered %d of %d frames", len(results), len(frames))
	}
	compared = map[string]int{}
	deviated := map[string]int{}
	for i, frame := range frames {
		s := newStream(t, Config{})
		s.good(0, AllCall(address, 5, Interrogator{}))
		m := s.good(time.Second, frame)
		for field, what := range differences(m, results[i], compared) {
			known := slices.IndexFunc(deviations(), func(d deviation) bool { return d.hits(m, field) })
			if known < 0 {
				t.Errorf("%X (DF%d, type code %d.%d): %s: %s", frame, m.DF.Or(0), m.TypeCode.Or(0), m.Subtype.Or(0), field, what)
				continue
			}
			deviated[deviations()[known].why]++
		}
	}
	for _, why := range slices.Sorted(maps.Keys(deviated)) {
		t.Logf("%d times pyModeS: %s", deviated[why], why)
	}
	return compared
}

func TestRecordedFramesAgainstPyModeS(t *testing.T) {
	text, err := os.ReadFile(peer.Data(t, "adsb/dump1090/modes1.avr"))
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for line := range strings.Lines(string(text)) {
		frames = append(frames, unhex(t, strings.Trim(strings.TrimSpace(line), "*;")))
	}
	compared := compare(t, 0x4D2023, frames)
	if compared["df"] != 217 || compared["icao"] != 217 {
		t.Errorf("%d formats and %d addresses agree, want 217", compared["df"], compared["icao"])
	}
}

// TestRandomBitsAgainstPyModeS gives every format, control field, type code
// and subtype random content under a right parity.
func TestRandomBitsAgainstPyModeS(t *testing.T) {
	const address = 0x4840D6
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func(df uint8) []byte {
		frame := make([]byte, 7+7*int(df>>4))
		for i := range frame {
			frame[i] = byte(rnd.Uint32())
		}
		frame[0] = df<<3 | frame[0]&7
		return frame
	}
	var frames [][]byte
	for range 500 {
		for _, df := range []uint8{0, 4, 5, 16, 20, 21} {
			frame := random(df)
			seal(frame, address)
			frames = append(frames, frame)
		}
		frames = append(frames, AllCall(address, uint8(rnd.IntN(8)), Interrogator{}))
	}
	for tc := range 32 {
		for subtype := range 8 {
			for range 25 {
				me := ME(rnd.Uint64())&(1<<48-1) | put(uint64(tc), 1, 5) | put(uint64(subtype), 6, 8)
				frames = append(frames, Squitter(address, uint8(rnd.IntN(8)), me), GroundSquitter(address, 0, me))
			}
		}
	}
	compared := compare(t, address, frames)
	for field := range theirs() {
		if compared[field] < 10 {
			t.Errorf("%s was compared %d times", field, compared[field])
		}
	}
	t.Logf("%d frames", len(frames))
}

// TestFlightsAgainstPyModeS flies and taxies over all latitudes and compares
// the positions.
func TestFlightsAgainstPyModeS(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, surface := range []bool{false, true} {
		receiver := geo.Position{Lat: -16.51, Lon: -68.19}
		s := newStream(t, Config{Receiver: codec.Some(receiver)})
		var input []byte
		var ours []*Message
		for n := range 100 {
			p := geo.Position{Lat: rnd.Float64()*178 - 89, Lon: rnd.Float64()*360 - 180}
			if surface {
				p = geo.Position{Lat: receiver.Lat + rnd.Float64()*0.4 - 0.2, Lon: receiver.Lon + rnd.Float64()*0.4 - 0.2}
			}
			for i := range 20 {
				at := time.Duration(n)*time.Minute + time.Duration(i)*500*time.Millisecond
				me := AirbornePosition{Position: p, Height: geo.PressureHeight(9000).Height(), Odd: i%2 == 1}.ME()
				if surface {
					me = SurfacePosition{Position: p, Speed: codec.Some(5.0), Odd: i%2 == 1}.ME()
				}
				frame := Squitter(Address(0x100000+n), 5, me)
				input = fmt.Appendf(input, "%.3f %X\n", at.Seconds(), frame)
				ours = append(ours, s.good(at, frame))
				p.Lat = min(max(p.Lat+0.00005, -90), 90)
			}
		}
		compared := 0
		for i, r := range pyModeS(t, input, "pipe", fmt.Sprint(receiver.Lat), fmt.Sprint(receiver.Lon)) {
			lat, ok := r["latitude"].(float64)
			if !ok || ours[i].Method == NoPosition {
				continue
			}
			lon, _ := r["longitude"].(float64)
			compared++
			if math.Abs(lat-ours[i].Position.Lat) > 1e-6 || math.Abs(geo.WrapLongitude(lon-ours[i].Position.Lon)) > 1e-6 {
				t.Errorf("%x: %v, pyModeS %.7f,%.7f", ours[i].Raw, ours[i].Position, lat, lon)
			}
		}
		if compared < 1400 { // pyModeS wants several pairs before it says anything
			t.Errorf("surface %v: only %d positions compared", surface, compared)
		}
	}
}
