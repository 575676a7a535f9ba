package asterix

import (
	"time"

	"atalaya/codec/asterix/item"
)

// TargetReport is a record of category 048: what a radar saw of one target in
// one turn of its antenna, as a plot or as a track of the radar's own.
// Lengths are metres, angles degrees clockwise from the radar's north.
type TargetReport struct {
	Has       Has
	Source    Source
	TimeOfDay time.Duration // I048/140, UTC

	Detection        Detection // I048/020
	Simulated        bool
	SPI              bool // special position identification
	FieldMonitor     bool // a fixed transponder, no aircraft
	Test             bool
	MilitaryAlarm    bool // military emergency
	MilitaryIdent    bool
	SecondProcessor  bool // from processing chain 2
	ExtendedRange    bool // the range is more than I048/040 can say
	XPulse           bool
	FriendOrFoe      uint8   // FOE/FRI: 0 not asked, 1 friendly, 2 unknown, 3 no reply
	RangeM           float64 // I048/040, slant
	AzimuthDeg       float64
	XM, YM           float64 // I048/042, east and north in the radar's plane
	Mode3A           ModeA   // I048/070
	Level            Level   // I048/090
	HeightM          float64 // I048/110, measured by a 3-D radar, above mean sea level
	DopplerMPS       float64 // I048/120 CAL, radial
	DopplerDoubtful  bool
	SSRRunLengthDeg  float64 // I048/130
	Replies          uint8
	SSRAmplitudeDBm  float64
	PSRRunLengthDeg  float64
	PSRAmplitudeDBm  float64
	RangeOffsetM     float64
	AzimuthOffsetDeg float64
	Address          uint32 // I048/220
	Ident            Ident  // I048/240
	TrackNumber      uint16 // I048/161
	SpeedMPS         float64
	HeadingDeg       float64 // I048/200, over ground
	Track            RadarTrack
	SigmaXM, SigmaYM float64 // I048/210
	SigmaSpeedMPS    float64
	SigmaHeadingDeg  float64
	Warnings         Codes // I048/030
	FlightStatus     uint8 // I048/230 STAT: 1 and 3 on the ground
}

// RadarTrack is the state of a radar's own track, I048/170.
type RadarTrack struct {
	Tentative      bool
	Sensors        uint8 // 0 combined, 1 primary, 2 secondary
	Doubtful       bool  // low confidence that the plot belongs to the track
	Manoeuvre      bool
	Vertical       uint8 // 0 level, 1 climbing, 2 descending, 3 unknown
	Ended          bool  // the last report of the track
	Ghost          bool
	Supplemented   bool // with track information of a neighbouring node
	SlantCorrected bool
}

// Target reads a record of category 048.
func (m *Message) Target() (t TargetReport, ok bool) {
	if m.Category != 48 {
		return t, false
	}
	t.Source = m.Source
	for i, s := range m.at[:len(m.Edition.UAP)] {
		if s.to != 0 {
			t.item(i+1, m.Raw[s.from:s.to], m)
		}
	}
	return t, true
}

// item reads the item at a field reference number; those numbers are the same
// in all editions.
func (t *TargetReport) item(frn int, b []byte, m *Message) {
	switch frn {
	case 2:
		t.Has |= HasTime
		t.TimeOfDay = timeOfDay(b)
	case 3:
		t.descriptor(b)
	case 4:
		t.Has |= HasPolar
		t.RangeM = float64(u16(b)) * rangeLSB
		t.AzimuthDeg = float64(u16(b[2:])) * angleLSB
	case 5:
		t.Has |= HasMode3A
		t.Mode3A = modeA(b)
	case 6:
		t.Has |= HasLevel
		t.Level = level(b)
	case 7:
		t.plot(m, b)
	case 8:
		t.Has |= HasAddress
		t.Address = u24(b)
	case 9:
		if id, ok := ident(b); ok {
			t.Has |= HasIdent
			t.Ident = id
		}
	case 11:
		t.Has |= HasTrack
		t.TrackNumber = u16(b) & 0x0FFF
	case 12:
		t.Has |= HasCartesian
		t.XM, t.YM = s16(b)*cartesianLSB, s16(b[2:])*cartesianLSB
	case 13:
		t.Has |= HasVelocity
		t.SpeedMPS = float64(u16(b)) * speedLSB
		t.HeadingDeg = float64(u16(b[2:])) * angleLSB
	case 14:
		t.Has |= HasStatus
		t.Track = radarTrack(b)
	case 15:
		t.Has |= HasQuality
		t.SigmaXM, t.SigmaYM = float64(b[0])*cartesianLSB, float64(b[1])*cartesianLSB
		t.SigmaSpeedMPS = float64(b[2]) * speedLSB
		t.SigmaHeadingDeg = float64(b[3]) * fineAngleLSB
	case 16:
		t.Has |= HasWarnings
		for _, o := range b {
			t.Warnings.Add(o >> 1)
		}
	case 19:
		t.Has |= HasHeight
		t.HeightM = float64(item.Signed(uint64(u16(b)&0x3FFF), 14)) * quarterLevel
	case 20:
		t.doppler(m, b)
	case 21:
		t.Has |= HasFlightStatus
		t.FlightStatus = b[0] >> 2 & 7
	}
}

// descriptor reads the first two octets of I048/020; those after them say what
// a transponder can do.
func (t *TargetReport) descriptor(b []byte) {
	t.Has |= HasDescriptor
	t.Detection = Detection(b[0] >> 5)
	t.Simulated = b[0]&0x10 != 0
	t.SecondProcessor = b[0]&0x08 != 0
	t.SPI = b[0]&0x04 != 0
	t.FieldMonitor = b[0]&0x02 != 0
	if len(b) < 2 {
		return
	}
	t.Test = b[1]&0x80 != 0
	t.ExtendedRange = b[1]&0x40 != 0
	t.XPulse = b[1]&0x20 != 0
	t.MilitaryAlarm = b[1]&0x10 != 0
	t.MilitaryIdent = b[1]&0x08 != 0
	t.FriendOrFoe = b[1] >> 1 & 3
}

func radarTrack(b []byte) RadarTrack {
	r := RadarTrack{
		Tentative: b[0]&0x80 != 0, Sensors: b[0] >> 5 & 3, Doubtful: b[0]&0x10 != 0,
		Manoeuvre: b[0]&0x08 != 0, Vertical: b[0] >> 1 & 3,
	}
	if len(b) > 1 {
		r.Ended, r.Ghost = b[1]&0x80 != 0, b[1]&0x40 != 0
		r.Supplemented, r.SlantCorrected = b[1]&0x20 != 0, b[1]&0x10 != 0
	}
	return r
}

// plot reads I048/130, whose parts are octets.
func (t *TargetReport) plot(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(130), b) {
		v := o[0]
		switch n.Name {
		case "SRL":
			t.Has |= HasSSRRunLength
			t.SSRRunLengthDeg = float64(v) * runLengthLSB
		case "SRR":
			t.Has |= HasReplies
			t.Replies = v
		case "SAM":
			t.Has |= HasSSRAmplitude
			t.SSRAmplitudeDBm = s8(v)
		case "PRL":
			t.Has |= HasPSRRunLength
			t.PSRRunLengthDeg = float64(v) * runLengthLSB
		case "PAM":
			t.Has |= HasPSRAmplitude
			t.PSRAmplitudeDBm = s8(v)
		case "RPD":
			t.Has |= HasRangeOffset
			t.RangeOffsetM = s8(v) * rangeLSB
		case "APD":
			t.Has |= HasAzimuthOffset
			t.AzimuthOffsetDeg = s8(v) * offsetLSB
		}
	}
}

func (t *TargetReport) doppler(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(120), b) {
		if n.Name == "CAL" {
			t.Has |= HasDoppler
			t.DopplerDoubtful = o[0]&0x80 != 0
			t.DopplerMPS = float64(item.Signed(uint64(u16(o)&0x03FF), 10))
		}
	}
}

// Append appends the report as a record, which reads the same in every edition
// of category 048. A number that its item cannot say is an error.
func (t *TargetReport) Append(dst []byte) ([]byte, error) {
	w := build(dst)
	w.item(1)
	w.u8(t.Source.SAC)
	w.u8(t.Source.SIC)
	if t.Has.All(HasTime) {
		w.item(2)
		w.time(t.TimeOfDay)
	}
	if t.Has.All(HasDescriptor) {
		w.item(3)
		t.appendDescriptor(&w)
	}
	if t.Has.All(HasPolar) {
		w.item(4)
		w.u16(uint16(w.unsigned("range in metres", t.RangeM, rangeLSB, 16)))
		w.u16(w.circle("azimuth in degrees", t.AzimuthDeg, 16))
	}
	if t.Has.All(HasMode3A) {
		w.item(5)
		w.modeA(t.Mode3A)
	}
	if t.Has.All(HasLevel) {
		w.item(6)
		w.u16(uint16(w.twos("level in metres", t.Level.M, quarterLevel, 14)) |
			flag16(t.Level.NotValidated, 0x8000) | flag16(t.Level.Garbled, 0x4000))
	}
	t.appendPlot(&w)
	if t.Has.All(HasAddress) {
		w.item(8)
		w.u24(t.Address)
	}
	if t.Has.All(HasIdent) {
		w.item(9)
		w.ident("identification", t.Ident)
	}
	t.appendTrack(&w)
	if t.Has.All(HasWarnings) && t.Warnings.Len() > 0 {
		w.item(16)
		t.appendWarnings(&w)
	}
	if t.Has.All(HasHeight) {
		w.item(19)
		w.u16(uint16(w.twos("height in metres", t.HeightM, quarterLevel, 14)))
	}
	if t.Has.All(HasDoppler) {
		w.item(20)
		w.u8(0x80)
		w.u16(uint16(w.twos("radial speed in m/s", t.DopplerMPS, 1, 10)) | flag16(t.DopplerDoubtful, 0x8000))
	}
	if t.Has.All(HasFlightStatus) {
		w.item(21)
		w.u16(uint16(t.FlightStatus&7) << 10)
	}
	return w.record()
}

func (t *TargetReport) appendDescriptor(w *builder) {
	first := byte(t.Detection)<<5 | flag(t.Simulated, 0x10) | flag(t.SecondProcessor, 0x08) |
		flag(t.SPI, 0x04) | flag(t.FieldMonitor, 0x02)
	second := flag(t.Test, 0x80) | flag(t.ExtendedRange, 0x40) | flag(t.XPulse, 0x20) |
		flag(t.MilitaryAlarm, 0x10) | flag(t.MilitaryIdent, 0x08) | t.FriendOrFoe&3<<1
	if second == 0 {
		w.u8(first)
		return
	}
	w.u8(first | 1)
	w.u8(second)
}

func (t *TargetReport) appendPlot(w *builder) {
	const any = HasSSRRunLength | HasReplies | HasSSRAmplitude | HasPSRRunLength | HasPSRAmplitude | HasRangeOffset | HasAzimuthOffset
	if t.Has&any == 0 {
		return
	}
	w.item(7)
	at := len(w.b)
	w.u8(0)
	put := func(has Has, bit byte, v uint32) {
		if t.Has.All(has) {
			w.b[at] |= bit
			w.u8(byte(v))
		}
	}
	put(HasSSRRunLength, 0x80, w.unsigned("SSR run length in degrees", t.SSRRunLengthDeg, runLengthLSB, 8))
	put(HasReplies, 0x40, uint32(t.Replies))
	put(HasSSRAmplitude, 0x20, w.twos("SSR amplitude in dBm", t.SSRAmplitudeDBm, 1, 8))
	put(HasPSRRunLength, 0x10, w.unsigned("PSR run length in degrees", t.PSRRunLengthDeg, runLengthLSB, 8))
	put(HasPSRAmplitude, 0x08, w.twos("PSR amplitude in dBm", t.PSRAmplitudeDBm, 1, 8))
	put(HasRangeOffset, 0x04, w.twos("range offset in metres", t.RangeOffsetM, rangeLSB, 8))
	put(HasAzimuthOffset, 0x02, w.twos("azimuth offset in degrees", t.AzimuthOffsetDeg, offsetLSB, 8))
}

func (t *TargetReport) appendTrack(w *builder) {
	if t.Has.All(HasTrack) {
		w.item(11)
		w.u16(t.TrackNumber & 0x0FFF)
	}
	if t.Has.All(HasCartesian) {
		w.item(12)
		w.u16(uint16(w.twos("X in metres", t.XM, cartesianLSB, 16)))
		w.u16(uint16(w.twos("Y in metres", t.YM, cartesianLSB, 16)))
	}
	if t.Has.All(HasVelocity) {
		w.item(13)
		w.u16(uint16(w.unsigned("speed in m/s", t.SpeedMPS, speedLSB, 16)))
		w.u16(w.circle("heading in degrees", t.HeadingDeg, 16))
	}
	if t.Has.All(HasStatus) {
		w.item(14)
		r := t.Track
		first := flag(r.Tentative, 0x80) | r.Sensors&3<<5 | flag(r.Doubtful, 0x10) | flag(r.Manoeuvre, 0x08) | r.Vertical&3<<1
		second := flag(r.Ended, 0x80) | flag(r.Ghost, 0x40) | flag(r.Supplemented, 0x20) | flag(r.SlantCorrected, 0x10)
		if second == 0 {
			w.u8(first)
		} else {
			w.u8(first | 1)
			w.u8(second)
		}
	}
	if t.Has.All(HasQuality) {
		w.item(15)
		w.u8(byte(w.unsigned("sigma X in metres", t.SigmaXM, cartesianLSB, 8)))
		w.u8(byte(w.unsigned("sigma Y in metres", t.SigmaYM, cartesianLSB, 8)))
		w.u8(byte(w.unsigned("sigma of speed in m/s", t.SigmaSpeedMPS, speedLSB, 8)))
		w.u8(byte(w.unsigned("sigma of heading in degrees", t.SigmaHeadingDeg, fineAngleLSB, 8)))
	}
}

func (t *TargetReport) appendWarnings(w *builder) {
	left := t.Warnings.Len()
	for code := range uint8(128) {
		if t.Warnings.Has(code) {
			left--
			w.u8(code<<1 | flag(left > 0, 1))
		}
	}
}
