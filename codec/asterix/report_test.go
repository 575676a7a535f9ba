package asterix

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"atalaya/codec/asterix/spec"
	"atalaya/geo"
)

// The reports read octets by hand, for speed; here they are held against what
// the tables make of the same records, in every edition.

// said is what the tables make of a record, as JSON reads it.
type said map[string]any

// at gives a value by its path, "040/RHO"; nil where there is none.
func (s said) at(path string) any {
	var v any = map[string]any(s)
	for name := range strings.SplitSeq(path, "/") {
		parts, _ := v.(map[string]any)
		v = parts[name]
	}
	if parts, ok := v.(map[string]any); ok {
		if x, ok := parts["value"]; ok {
			return x
		}
	}
	return v
}

func (s said) has(path string) bool { return s.at(path) != nil }

// number gives a number times a unit; what is not said is zero.
func (s said) number(path string, unit float64) float64 {
	x, _ := s.at(path).(float64)
	return x * unit
}

func (s said) bit(path string) bool { return s.number(path, 1) == 1 }

func (s said) small(path string) uint8 { return uint8(s.number(path, 1)) }

func (s said) time(path string) time.Duration {
	return time.Duration(math.Round(s.number(path, 1e9)))
}

func (s said) ident(path string) Ident {
	text, _ := s.at(path).(string)
	if s.foreign(path) || text == "" {
		return Ident{}
	}
	return NewIdent(text)
}

// foreign reports whether a text has a code that is no character.
func (s said) foreign(path string) bool {
	var v any = map[string]any(s)
	for name := range strings.SplitSeq(path, "/") {
		parts, _ := v.(map[string]any)
		v = parts[name]
	}
	parts, _ := v.(map[string]any)
	return parts["raw"] != nil
}

func (s said) address(path string) uint32 {
	text, _ := s.at(path).(string)
	var v uint32
	_, _ = fmt.Sscanf(text, "%X", &v)
	return v
}

func (s said) modeA(item string) ModeA {
	text, _ := s.at(item + "/MODE3A").(string)
	var code uint16
	_, _ = fmt.Sscanf(text, "%o", &code)
	return ModeA{Code: code, NotValidated: s.bit(item + "/V"), Garbled: s.bit(item + "/G"), Stale: s.bit(item + "/L")}
}

// set gives the bit where the condition holds.
func set(is bool, has Has) Has {
	if is {
		return has
	}
	return 0
}

// present gives a bit for each path that is there.
func (s said) present(paths map[string]Has) Has {
	var h Has
	for path, has := range paths {
		h |= set(s.has(path), has)
	}
	return h
}

const (
	nm, foot, knotsecond = 1852.0, 0.3048, 1852.0
	flightLevel          = 30.48
	feetPerMinute        = 0.3048 / 60
)

func wantTarget(s said) TargetReport {
	t := TargetReport{
		Source:    Source{s.small("010/SAC"), s.small("010/SIC")},
		TimeOfDay: s.time("140"),
		Detection: Detection(s.small("020/TYP")), Simulated: s.bit("020/SIM"), SPI: s.bit("020/SPI"),
		FieldMonitor: s.bit("020/RAB"), Test: s.bit("020/TST"), MilitaryAlarm: s.bit("020/ME"),
		MilitaryIdent: s.bit("020/MI"), SecondProcessor: s.bit("020/RDP"), ExtendedRange: s.bit("020/ERR"),
		XPulse: s.bit("020/XPP"), FriendOrFoe: s.small("020/FOEFRI"),
		RangeM: s.number("040/RHO", nm), AzimuthDeg: s.number("040/THETA", 1),
		XM: s.number("042/X", nm), YM: s.number("042/Y", nm),
		Mode3A:  s.modeA("070"),
		Level:   Level{M: s.number("090/FL", flightLevel), NotValidated: s.bit("090/V"), Garbled: s.bit("090/G")},
		HeightM: s.number("110/3DH", foot), DopplerMPS: s.number("120/CAL/CAL", 1), DopplerDoubtful: s.bit("120/CAL/D"),
		SSRRunLengthDeg: s.number("130/SRL", 1), Replies: s.small("130/SRR"), SSRAmplitudeDBm: s.number("130/SAM", 1),
		PSRRunLengthDeg: s.number("130/PRL", 1), PSRAmplitudeDBm: s.number("130/PAM", 1),
		RangeOffsetM: s.number("130/RPD", nm), AzimuthOffsetDeg: s.number("130/APD", 1),
		Address: s.address("220"), Ident: s.ident("240"), TrackNumber: uint16(s.number("161/TRN", 1)),
		SpeedMPS: s.number("200/GSP", knotsecond), HeadingDeg: s.number("200/HDG", 1),
		Track: RadarTrack{
			Tentative: s.bit("170/CNF"), Sensors: s.small("170/RAD"), Doubtful: s.bit("170/DOU"),
			Manoeuvre: s.bit("170/MAH"), Vertical: s.small("170/CDM"), Ended: s.bit("170/TRE"),
			Ghost: s.bit("170/GHO"), Supplemented: s.bit("170/SUP"), SlantCorrected: s.bit("170/TCC"),
		},
		SigmaXM: s.number("210/SIGX", nm), SigmaYM: s.number("210/SIGY", nm),
		SigmaSpeedMPS: s.number("210/SIGV", knotsecond), SigmaHeadingDeg: s.number("210/SIGH", 1),
		FlightStatus: s.small("230/STAT"),
	}
	list, _ := s["030"].([]any)
	for _, v := range list {
		t.Warnings.Add(uint8(v.(map[string]any)["value"].(float64)))
	}
	t.Has = s.present(map[string]Has{
		"140": HasTime, "020": HasDescriptor, "040": HasPolar, "042": HasCartesian, "070": HasMode3A,
		"090": HasLevel, "110": HasHeight, "120/CAL": HasDoppler, "130/SRL": HasSSRRunLength, "130/SRR": HasReplies,
		"130/SAM": HasSSRAmplitude, "130/PRL": HasPSRRunLength, "130/PAM": HasPSRAmplitude,
		"130/RPD": HasRangeOffset, "130/APD": HasAzimuthOffset, "220": HasAddress, "161": HasTrack,
		"200": HasVelocity, "170": HasStatus, "210": HasQuality, "230": HasFlightStatus, "030": HasWarnings,
	}) | set(t.Ident != Ident{}, HasIdent)
	return t
}

func wantService(s said) ServiceMessage {
	m := ServiceMessage{
		Source: Source{s.small("010/SAC"), s.small("010/SIC")}, Type: ServiceType(s.small("000")),
		TimeOfDay: s.time("030"), SectorDeg: s.number("020", 1), RotationPeriod: s.time("041"),
		State: StationState{
			Inhibited: s.bit("050/COM/NOGO"), SecondChain: s.bit("050/COM/RDPC"), ChainReset: s.bit("050/COM/RDPR"),
			ChainOverload: s.bit("050/COM/OVLRDP"), SenderOverload: s.bit("050/COM/OVLXMT"),
			Unmonitored: s.bit("050/COM/MSC"), TimeInvalid: s.bit("050/COM/TSV"),
		},
		Window: Window{
			s.number("100/RHOST", nm), s.number("100/RHOEND", nm), s.number("100/THETAST", 1), s.number("100/THETAEND", 1),
		},
		Filter: s.small("110"), RangeErrorM: s.number("090/RNG", nm), AzimuthErrorDeg: s.number("090/AZM", 1),
	}
	list, _ := s["070"].([]any)
	for _, v := range list {
		c := said(v.(map[string]any))
		m.Counts[c.small("TYP")] = uint16(c.number("COUNT", 1))
		m.Counted |= 1 << c.small("TYP")
	}
	if p := (geo.Position{Lat: s.number("120/LAT", 1), Lon: s.number("120/LON", 1)}); s.has("120") && p.Valid() {
		m.Has |= HasPosition
		m.Position, m.HeightM = p, s.number("120/HGT", 1)
	}
	m.Has |= s.present(map[string]Has{
		"030": HasTime, "020": HasSector, "041": HasRotation, "050/COM": HasState, "070": HasCounts,
		"100": HasWindow, "110": HasFilter, "090": HasCollimation,
	})
	return m
}

func wantADSB(s said, ed *spec.Edition) ADSBReport {
	old := strings.HasPrefix(ed.Number, "0.")
	r := ADSBReport{
		Source:   Source{s.small("010/SAC"), s.small("010/SIC")},
		OnGround: s.bit("040/GBS"), Simulated: s.bit("040/SIM"), Test: s.bit("040/TST"), FieldMonitor: s.bit("040/RAB"),
		Suspect: s.number("040/CL", 1) == 1 || s.bit("040/LLC") || s.bit("040/IPC") || s.bit("040/NOGO") ||
			s.bit("040/CPR") || s.bit("040/LDPJ") || s.bit("040/RCF"),
		Address: s.address("080"), LevelM: s.number("145", flightLevel), HeadingDeg: s.number("152", 1),
		Ident: s.ident("170"), Mode3A: s.modeA("070"), Emitter: s.small("020"),
		Emergency: Emergency(s.small("200/PS")), Surveillance: s.small("200/SS"), MilitaryAlarm: s.bit("200/ME"),
	}
	descriptor, _ := s["040"].(map[string]any)
	if v, ok := descriptor["ATP"].(map[string]any); ok {
		r.AddressType = map[string]AddressType{
			"24-Bit ICAO address": AddressICAO, "Duplicate address": AddressDuplicate, "Non unique address": AddressDuplicate,
			"Surface vehicle address": AddressSurface, "Anonymous address": AddressAnonymous,
			"Reserved for future use": AddressReserved,
		}[v["text"].(string)]
	}
	position := "130"
	if old {
		r.Emergency = Emergency(s.small("200"))
		r.TimeOfDay, r.TimeItem = s.time("030"), 30
		if !s.has("030") {
			r.TimeItem = 0
		}
	} else {
		if s.has("131") {
			position = "131"
		}
		for _, n := range []uint16{71, 73, 77, 75, 72} {
			if item := fmt.Sprintf("%03d", n); s.has(item) {
				r.TimeOfDay, r.TimeItem = s.time(item), n
				break
			}
		}
		r.Service, r.TrackNumber = s.small("015"), uint16(s.number("161/TRNUM", 1))
		r.MOPS, r.AmplitudeDBm = s.small("210/VN"), s.number("132", 1)
		r.Quality = ADSBQuality{
			NACv: s.small("090/NUCRNACV"), NIC: s.small("090/NUCPNIC"), NICBaro: s.small("090/NICBARO"),
			SIL: s.small("090/SIL"), NACp: s.small("090/NACP"), SILPerSample: s.bit("090/SILS"),
			SDA: s.small("090/SDA"), GVA: s.small("090/GVA"), PIC: s.small("090/PIC"),
		}
		r.Has |= s.present(map[string]Has{
			"015": HasService, "161": HasTrack, "210": HasMOPS, "132": HasPSRAmplitude,
			"090": HasQuality, "090/NACP": HasNACp, "090/GVA": HasGVA, "090/PIC": HasPIC,
		})
	}
	if p := (geo.Position{Lat: s.number(position+"/LAT", 1), Lon: s.number(position+"/LON", 1)}); s.has(position) && p.Valid() {
		r.Has |= HasPosition
		r.Position = p
	}
	if s.has("140") && s.number("140", 1) != 0x7FFF*6.25 {
		r.Has |= HasHeight
		r.HeightM = s.number("140", foot)
	}
	if s.has("160") && !s.bit("160/RE") {
		r.Has |= HasVelocity
		r.SpeedMPS, r.CourseDeg = math.Abs(s.number("160/GS", knotsecond)), s.number("160/TA", 1)
	}
	for _, c := range [][3]string{{"157", "GVR"}, {"155", "BVR"}} {
		path := c[0]
		if !old {
			path += "/" + c[1]
		}
		if s.has(path) && !s.bit(c[0]+"/RE") {
			r.Has |= HasClimb
			r.ClimbMPS, r.Barometric = s.number(path, feetPerMinute), c[0] == "155"
			break
		}
	}
	r.Has |= s.present(map[string]Has{
		"040": HasDescriptor, "080": HasAddress, "145": HasLevel, "152": HasHeading, "070": HasMode3A,
		"020": HasEmitter, "200": HasEmergency,
	}) | set(r.TimeItem != 0, HasTime) | set(r.Ident != Ident{}, HasIdent)
	return r
}

func wantSystem(s said) SystemTrack {
	r := SystemTrack{
		Source: Source{s.small("010/SAC"), s.small("010/SIC")}, Service: s.small("015"), TimeOfDay: s.time("070"),
		Number: uint16(s.number("040", 1)), XM: s.number("100/X", 1), YM: s.number("100/Y", 1),
		VXMPS: s.number("185/VX", 1), VYMPS: s.number("185/VY", 1), AXMPS2: s.number("210/AX", 1), AYMPS2: s.number("210/AY", 1),
		LevelM: s.number("136", flightLevel), HeightM: s.number("130", foot), BaroM: s.number("135/CTB", flightLevel), QNH: s.bit("135/QNH"),
		ClimbMPS: s.number("220", feetPerMinute),
		Movement: Movement{s.small("200/TRANS"), s.small("200/LONG"), s.small("200/VERT"), s.bit("200/ADF")},
		Mode3A:   s.modeA("060"), ModeChange: s.bit("060/CH"),
		Address: s.address("380/ADR"), Emitter: s.small("380/EMC"), Fleet: s.small("300"),
		FlightStatus: s.small("380/COM/STAT"),
		State: TrackState{
			Monosensor: s.bit("080/MON"), SPI: s.bit("080/SPI"), GeometricBest: s.bit("080/MRH"), HeightSource: s.small("080/SRC"),
			Tentative: s.bit("080/CNF"), Simulated: s.bit("080/SIM"), Last: s.bit("080/TSE"), First: s.bit("080/TSB"),
			FlightPlan: s.bit("080/FPC"), Inconsistent: s.bit("080/AFF"), Amalgamated: s.bit("080/AMA"),
			FriendOrFoe: s.small("080/MD4"), MilitaryAlarm: s.bit("080/ME"), MilitaryIdent: s.bit("080/MI"),
			Coasting: s.bit("080/CST"), Emergency: Emergency(s.small("080/EMS")), Doubtful: s.bit("080/PFT"), OnSurface: s.bit("080/SFC"),
		},
		LengthM: s.number("270/LENGTH", 1), WidthM: s.number("270/WIDTH", 1), OrientationDeg: s.number("270/ORIENTATION", 1),
		Sigma: SystemErrors{
			XM: s.number("500/APC/X", 1), YM: s.number("500/APC/Y", 1),
			CovarianceM: s.number("500/COV", 1), HasCovariance: s.has("500/COV"),
			LatDeg: s.number("500/APW/LAT", 1), LonDeg: s.number("500/APW/LON", 1),
			HeightM: s.number("500/AGA", foot), BaroM: s.number("500/ABA", flightLevel),
			VXMPS: s.number("500/ATV/X", 1), VYMPS: s.number("500/ATV/Y", 1), ClimbMPS: s.number("500/ARC", feetPerMinute),
			AXMPS2: s.number("500/AA/X", 1), AYMPS2: s.number("500/AA/Y", 1), HasAcceleration: s.has("500/AA"),
		},
		Measured: Measured{
			Sensor: Source{s.small("340/SID/SAC"), s.small("340/SID/SIC")},
			RangeM: s.number("340/POS/RHO", nm), AzimuthDeg: s.number("340/POS/THETA", 1), HeightM: s.number("340/HEIGHT", foot),
			Detection: Detection(s.small("340/TYP/TYP")), Simulated: s.bit("340/TYP/SIM"), Test: s.bit("340/TYP/TST"),
		},
	}
	for i, name := range []string{"TRK", "PSR", "SSR", "MDS", "ADS", "ES", "VDL", "UAT", "LOP", "MLT"} {
		if s.has("290/" + name) {
			r.Ages[i] = s.time("290/" + name)
			r.Aged |= 1 << i
		}
	}
	if s.has("245") && s.number("245/STI", 1) == 0 {
		r.Ident = s.ident("245/CHR")
	}
	if r.Ident == (Ident{}) {
		r.Ident = s.ident("380/ID")
	}
	r.Callsign = s.ident("390/CS")
	if p := (geo.Position{Lat: s.number("105/LAT", 1), Lon: s.number("105/LON", 1)}); s.has("105") && p.Valid() {
		r.Has |= HasPosition
		r.Position = p
	}
	r.Has |= s.present(map[string]Has{
		"015": HasService, "070": HasTime, "040": HasTrack, "100": HasCartesian, "185": HasVelocity,
		"210": HasAcceleration, "136": HasLevel, "130": HasHeight, "135": HasBaro, "220": HasClimb, "200": HasMovement,
		"060": HasMode3A, "380/ADR": HasAddress, "380/EMC": HasEmitter, "300": HasFleet, "380/COM": HasFlightStatus,
		"080": HasStatus, "080/EMS": HasEmergency, "270": HasSize, "500/APC": HasCartesianError, "500/APW": HasPositionError,
		"500/AGA": HasHeightError, "500/ABA": HasBaroError, "500/ATV": HasVelocityError, "500/ARC": HasClimbError,
		"340/SID": HasSensor, "340/POS": HasPolar, "340/HEIGHT": HasMeasuredHeight, "340/TYP": HasMeasuredDetect,
	}) | set(r.Ident != Ident{}, HasIdent) | set(r.Callsign != Ident{}, HasCallsign)
	return r
}

// near compares two reports field by field; numbers may differ by rounding.
func near(path string, a, b reflect.Value) string {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if d := near(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Float64:
		x, y := a.Float(), b.Float()
		if math.Abs(x-y) <= 1e-12*math.Max(math.Abs(x), math.Abs(y)) {
			return ""
		}
	default:
		if reflect.DeepEqual(a.Interface(), b.Interface()) {
			return ""
		}
	}
	return fmt.Sprintf("%s: %v, the tables say %v", path, a.Interface(), b.Interface())
}

func TestReportsSayWhatTheTablesSay(t *testing.T) {
	random := newRandom(11)
	for _, category := range spec.Categories() {
		for i := range spec.Editions(category) {
			ed := &spec.Editions(category)[i]
			for range 400 {
				record, err := Encode(ed, random.items(ed))
				if err != nil {
					t.Fatal(err)
				}
				block, err := AppendBlock(nil, category, record)
				if err != nil {
					t.Fatal(err)
				}
				for m, err := range with(category, ed.Number).Datagram(block, time.Time{}) {
					if err != nil {
						t.Fatalf("category %03d edition %s %X: %v", category, ed.Number, block, err)
					}
					s := said(itemsOf(t, &m))
					var got, want any
					var ok bool
					switch category {
					case 21:
						got, ok = first(m.ADSB())
						want = wantADSB(s, ed)
					case 34:
						got, ok = first(m.Service())
						want = wantService(s)
					case 48:
						got, ok = first(m.Target())
						want = wantTarget(s)
					case 62:
						got, ok = first(m.System())
						want = wantSystem(s)
					}
					if d := near("", reflect.ValueOf(got), reflect.ValueOf(want)); !ok || d != "" {
						t.Fatalf("category %03d edition %s %X%s", category, ed.Number, block, d)
					}
				}
			}
		}
	}
}

func first[T any](v T, ok bool) (any, bool) { return v, ok }

// What a report appends, it reads again, and what it reads it appends again.
func TestReportsRoundTrip(t *testing.T) {
	random := newRandom(5)
	var b []byte
	for _, category := range []uint8{34, 48} {
		ed := spec.Newest(category)
		for range 3000 {
			record, err := Encode(ed, random.items(ed))
			if err != nil {
				t.Fatal(err)
			}
			var m, again Message
			if _, _, _, bad := m.parse(ed, record); bad != "" {
				t.Fatal(bad)
			}
			var one, two any
			switch category {
			case 34:
				r, _ := m.Service()
				b, err = r.Append(b[:0])
				one = r
			case 48:
				r, _ := m.Target()
				b, err = r.Append(b[:0])
				one = r
			}
			if err != nil {
				t.Fatalf("%X: %v", record, err)
			}
			if size, spare, _, bad := again.parse(ed, b); size != len(b) || spare || bad != "" {
				t.Fatalf("%X became %X: %s, spare bits %v", record, b, bad, spare)
			}
			if category == 34 {
				two, _ = first(again.Service())
			} else {
				two, _ = first(again.Target())
			}
			if d := near("", reflect.ValueOf(one), reflect.ValueOf(two)); d != "" {
				t.Fatalf("%X became %X%s", record, b, d)
			}
		}
	}
}

func TestAppendRefusesWhatCannotBeSaid(t *testing.T) {
	for name, r := range map[string]TargetReport{
		"range": {Has: HasPolar, RangeM: 256 * 1852}, "negative range": {Has: HasPolar, RangeM: -4},
		"azimuth": {Has: HasPolar, AzimuthDeg: 361}, "no number": {Has: HasPolar, RangeM: math.NaN()},
		"no azimuth": {Has: HasPolar, AzimuthDeg: math.NaN()}, "speed": {Has: HasVelocity, SpeedMPS: 7500},
		"identification": {Has: HasIdent, Ident: NewIdent("a")},
		"day":            {Has: HasTime, TimeOfDay: 40 * time.Hour},
	} {
		if b, err := r.Append(nil); err == nil {
			t.Errorf("%s: %X", name, b)
		}
	}
	s := ServiceMessage{Has: HasPosition, Position: geo.Position{Lat: 91, Lon: 181}}
	if b, err := s.Append(nil); err == nil {
		t.Errorf("a position outside the world: %X", b)
	}
}

// The edges of circles: what rounds to a whole turn is zero, the antimeridian
// is 180 degrees west.
func TestAppendWraps(t *testing.T) {
	r := TargetReport{Has: HasPolar, RangeM: 1852, AzimuthDeg: 359.999}
	b, err := r.Append(nil)
	if want := []byte{0x90, 0, 0, 1, 0, 0, 0}; err != nil || !bytes.Equal(b, want) {
		t.Errorf("%X, %v; want %X", b, err, want)
	}
	s := ServiceMessage{Type: SectorCrossing, Has: HasSector | HasPosition, SectorDeg: 359.9, Position: geo.Position{Lon: 180}}
	b, err = s.Append(nil)
	if want := []byte{0xD1, 0x10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x80, 0, 0}; err != nil || !bytes.Equal(b, want) {
		t.Errorf("%X, %v; want %X", b, err, want)
	}
}
