package modes

import "atalaya/codec"

// aircraftStatus reads type code 28 (ICAO Doc 9871, tables B-2-97a and b).
func (m *Message) aircraftStatus(me ME) {
	subtype := me.number(6, 8)
	m.Subtype = codec.Some(subtype)
	switch subtype {
	case 1:
		m.Emergency = codec.Some(Emergency(me.number(9, 11)))
		// Before version 2 the Mode A code was no part of it and these bits 0.
		code := me.bits(12, 24)
		m.Squawk = codec.SomeIf(identity13(code), code != 0)
	case 2:
		m.Advisory = codec.Some(me.bits(9, 56))
	}
}

// operationalStatus reads type code 31 (ICAO Doc 9871, tables B-2-101 and
// C-2-101; RTCA DO-260B, 2.2.3.2.7.2).
func (m *Message) operationalStatus(me ME) {
	subtype := me.number(6, 8)
	m.Subtype = codec.Some(subtype)
	if subtype > 1 {
		return
	}
	o := &Operation{Surface: subtype == 1, Version: me.number(41, 43)}
	m.Operation = o
	if o.Version == 0 { // nothing but the version in common with later ones
		return
	}
	o.Capability, o.Mode = uint16(me.bits(9, 24)), uint16(me.bits(25, 40))
	o.NICa, o.NACp = me.flag(44), me.number(45, 48)
	o.SIL = me.number(51, 52)
	o.MagneticHeadings = me.flag(54)
	standard := me.bits(25, 26) == 0 // of the layouts of operational mode, the only one defined
	o.AdvisoryActive = codec.SomeIf(me.flag(27), standard)
	if o.Surface {
		o.TrackIsHeading = codec.Some(me.flag(53))
		o.Length, o.Width = size(me.number(21, 24))
	} else {
		o.NICBaro = codec.Some(me.flag(53))
	}
	if o.Version == 1 {
		return
	}
	o.SILPerSample = codec.Some(me.flag(55))
	o.SingleAntenna = codec.SomeIf(me.flag(30), standard)
	o.SDA = codec.SomeIf(me.number(31, 32), standard)
	if o.Surface {
		o.NICc = me.flag(20)
	} else {
		o.GVA = codec.Some(me.number(49, 50))
	}
}

// size gives the upper bounds of length and width of an aircraft on the ground
// (RTCA DO-260B, table 2-74), in metres; 0: not stated.
func size(code uint8) (length, width float64) {
	lengths := [16]float64{0, 15, 25, 25, 35, 35, 45, 45, 55, 55, 65, 65, 75, 75, 85, 85}
	widths := [16]float64{0, 23, 28.5, 34, 33, 38, 39.5, 45, 45, 52, 59.5, 67, 72.5, 80, 80, 90}
	return lengths[code], widths[code]
}

// targetState reads type code 29 of version 2 (RTCA DO-260B, 2.2.3.2.7.1.3).
// That of version 1 (subtype 0) is not decoded.
func (m *Message) targetState(me ME) {
	subtype := me.number(6, 7)
	m.Subtype = codec.Some(subtype)
	if subtype != 1 {
		return
	}
	height, setting := me.bits(10, 20), me.bits(21, 29)
	modes := me.flag(47) // the mode bits mean something
	m.Target = &Target{
		FromFMS:    me.flag(9),
		Height:     codec.SomeIf(float64((float64(height)-1)*32*foot), height != 0),
		Setting:    codec.SomeIf(800+float64((float64(setting)-1)*0.8), setting != 0),
		Heading:    codec.SomeIf(float64(me.bits(31, 39))*360/512, me.flag(30)),
		NACp:       me.number(40, 43),
		NICBaro:    me.flag(44),
		SIL:        me.number(45, 46),
		Autopilot:  codec.SomeIf(me.flag(48), modes),
		VNAV:       codec.SomeIf(me.flag(49), modes),
		HoldHeight: codec.SomeIf(me.flag(50), modes),
		Approach:   codec.SomeIf(me.flag(52), modes),
		TCAS:       me.flag(53),
		LNAV:       codec.SomeIf(me.flag(54), modes),
	}
}
