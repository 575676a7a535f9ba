package modes

import (
	"atalaya/codec"
	"atalaya/geo"
)

// frame decodes a Mode S frame (ICAO Annex 10 Volume IV, 3.1.2). data is
// scratch: a repair changes it.
func (d *Decoder) frame(m *Message, data []byte) *codec.Bad {
	df := data[0] >> 3
	if size := 7 + 7*int(df>>4); len(data) != size {
		return codec.NewBad(codec.Malformed, data, "DF%d has %d bytes, not %d", df, size, len(data))
	}
	m.DF = codec.Some(df)
	rem := remainder(data)
	switch df {
	case 0, 4, 5, 16, 20, 21:
		a := Address(rem)
		if !d.known(a) {
			return codec.NewBad(UnknownAddress, data, "DF%d of %v, not heard in DF11, 17 or 18 within %v", df, a, AddressMemory)
		}
		m.Parity, m.Address = KnownAddress, codec.Some(a)
	case 11, 17, 18:
		if bad := d.check(m, data, rem); bad != nil {
			return bad
		}
	default:
		return codec.NewBad(codec.Unsupported, data, "downlink format %d", df)
	}
	head := headOf(data)
	switch df {
	case 0, 16:
		m.airToAir(head, data)
	case 4, 5, 20, 21:
		m.surveillance(head, data)
	case 11:
		d.allCall(m, head, rem)
	case 17, 18:
		d.extended(m, head, data)
	}
	return nil
}

// head is the first 32 bits of a frame; the standards count them from 1.
type head uint32

func headOf(data []byte) head {
	return head(data[0])<<24 | head(data[1])<<16 | head(data[2])<<8 | head(data[3])
}

func (h head) bits(first, last int) uint64 { return uint64(h) >> (32 - last) & (1<<(last-first+1) - 1) }

func (h head) number(first, last int) codec.Opt[uint8] {
	return codec.Some(uint8(h.bits(first, last)))
}

// content gives the 56 bits after the head of a long frame.
func content(data []byte) (v uint64) {
	for _, b := range data[4:11] {
		v = v<<8 | uint64(b)
	}
	return v
}

// check decides on the parity of frames that state their address.
func (d *Decoder) check(m *Message, data []byte, rem uint32) *codec.Bad {
	const interrogators = 5 * 16 // 16 II codes, and 16 SI codes for each of 4 code labels
	df := data[0] >> 3
	switch {
	case rem == 0:
		m.Parity = Good
	case df == 11 && rem < interrogators:
		m.Parity = Interrogated
	default:
		if !d.cfg.Repair {
			return codec.NewBad(codec.Checksum, data, "DF%d with remainder %06x", df, rem)
		}
		bit, ok := repair(data, rem)
		if !ok {
			return codec.NewBad(codec.Checksum, data, "DF%d with remainder %06x, more than one bit wrong", df, rem)
		}
		m.Parity, m.RepairedBit = RepairedFrame, uint8(bit)
		d.counts.Repaired++
	}
	return nil
}

// known reports whether an address was proven within AddressMemory.
func (d *Decoder) known(a Address) bool {
	who := d.table.find(makeKey(a, false, ADSB))
	return who != nil && who.proven && within(d.now, who.seen, AddressMemory)
}

// prove makes an address known.
func (d *Decoder) prove(m *Message) {
	a, ok := m.Address.Get()
	if !ok || m.Other || m.Parity == RepairedFrame {
		return
	}
	who := d.table.touch(makeKey(a, false, ADSB))
	who.seen, who.proven = d.now, true
}

// allCall reads DF11 (3.1.2.5.2.2). The remainder is the code of who asked.
func (d *Decoder) allCall(m *Message, h head, rem uint32) {
	m.Capability = h.number(6, 8)
	m.capability()
	m.Address = codec.Some(Address(h.bits(9, 32)))
	if m.Parity == Interrogated {
		m.Interrogator = interrogator(rem)
	}
	d.prove(m)
}

// interrogator reads the code label and code (3.1.2.5.2.1.2, 3.1.2.5.2.1.3).
func interrogator(rem uint32) Interrogator {
	if label := rem >> 4; label > 0 {
		return Interrogator{Surveillance: true, Code: uint8((label-1)<<4 | rem&0xF)}
	}
	return Interrogator{Code: uint8(rem)}
}

// capability takes what CA says of being on the ground.
func (m *Message) capability() {
	switch m.Capability.Or(0) {
	case 4:
		m.OnGround = codec.Some(true)
	case 5:
		m.OnGround = codec.Some(false)
	}
}

// airToAir reads DF0 and DF16 (ICAO Annex 10 Volume IV, 4.3.8.4).
func (m *Message) airToAir(h head, data []byte) {
	m.OnGround = codec.Some(h.bits(6, 6) == 1)
	m.Sensitivity = h.number(9, 11)
	m.ReplyInformation = h.number(14, 17)
	m.setHeight(altitude13(h.bits(20, 32)), geo.DatumPressure)
	if len(data) == 7 {
		m.CrossLink = codec.Some(h.bits(7, 7) == 1)
		return
	}
	m.Data = codec.Some(content(data))
}

// surveillance reads DF4, DF5, DF20 and DF21 (3.1.2.6.5 to 3.1.2.6.8).
func (m *Message) surveillance(h head, data []byte) {
	m.FlightStatus = h.number(6, 8)
	m.DownlinkRequest = h.number(9, 13)
	m.Utility = h.number(14, 19)
	m.flightStatus()
	if df := data[0] >> 3; df == 4 || df == 20 {
		m.setHeight(altitude13(h.bits(20, 32)), geo.DatumPressure)
	} else {
		m.Squawk = codec.Some(identity13(h.bits(20, 32)))
	}
	if len(data) == 14 {
		m.Data = codec.Some(content(data))
	}
}

// flightStatus takes apart FS (3.1.2.6.5.1).
func (m *Message) flightStatus() {
	fs := m.FlightStatus.Or(0)
	if fs > 5 { // reserved
		return
	}
	m.Alert = codec.Some(fs >= 2 && fs <= 4)
	m.Ident = codec.Some(fs >= 4)
	m.OnGround = codec.SomeIf(fs == 1 || fs == 3, fs <= 3)
}

// extended reads DF17 and DF18 (3.1.2.8.6, 3.1.2.8.7).
func (d *Decoder) extended(m *Message, h head, data []byte) {
	me := ME(content(data))
	decode := true
	source := ADSB
	if data[0]>>3 == 17 {
		m.Capability = h.number(6, 8)
		m.capability()
	} else {
		cf := uint8(h.bits(6, 8))
		m.Control = codec.Some(cf)
		switch cf {
		case 0, 1:
			source, m.Other = NonTransponder, cf == 1
		case 2, 5:
			source, m.Other = TISB, cf == 5 || me.foreign()
		case 3: // coarse position, another layout; its first bit is IMF
			source, m.Other, decode = TISB, me.flag(1), false
		case 4:
			source, decode = Management, false
		case 6:
			source, m.Other = ADSR, me.foreign()
		default:
			source, decode = Unstated, false
		}
	}
	if m.Source != MLAT {
		m.Source = source
	}
	if source == Management || source == Unstated {
		return // no aircraft's address
	}
	address := Address(h.bits(9, 32))
	m.Address = codec.Some(address)
	d.prove(m)
	if decode {
		d.squitter(m, d.table.touch(makeKey(address, m.Other, m.Source)), me)
	}
}
