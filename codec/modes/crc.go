package modes

// generator is the Mode S parity polynomial without its leading bit (ICAO
// Annex 10 Volume IV, 3.1.2.3.3.1.2).
const generator = 0xFFF409

//nolint:gochecknoglobals // constant table
var parityTable = makeParityTable()

func makeParityTable() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 16
		for range 8 {
			r <<= 1
			if r&(1<<24) != 0 {
				r ^= 1<<24 | generator
			}
		}
		t[i] = r
	}
	return t
}

// parity gives the 24 parity bits of data.
func parity(data []byte) uint32 {
	var r uint32
	for _, b := range data {
		r = r<<8&0xFFFFFF ^ parityTable[byte(r>>16)^b]
	}
	return r
}

// remainder gives what is left of a whole frame: 0 for a good squitter, the
// interrogator code in an all-call reply, the address in the other replies.
func remainder(frame []byte) uint32 {
	n := len(frame) - 3
	return parity(frame[:n]) ^ (uint32(frame[n])<<16 | uint32(frame[n+1])<<8 | uint32(frame[n+2]))
}

// repair finds the one bit whose flip makes the remainder 0 and flips it. The
// five bits of the downlink format are not tried: they say how to read the
// rest. Bits count from 1, as in the standards.
func repair(frame []byte, rem uint32) (bit int, ok bool) {
	syndrome := uint32(1)
	for bit = 8 * len(frame); bit > 5; bit-- {
		if syndrome == rem {
			frame[(bit-1)/8] ^= 0x80 >> ((bit - 1) % 8)
			return bit, true
		}
		syndrome <<= 1
		if syndrome&(1<<24) != 0 {
			syndrome ^= 1<<24 | generator
		}
	}
	return 0, false
}

// seal writes the parity of a frame into its last three bytes, which overlay
// (0, an interrogator code or an address) is added to.
func seal(frame []byte, overlay uint32) {
	n := len(frame) - 3
	p := parity(frame[:n]) ^ overlay
	frame[n], frame[n+1], frame[n+2] = byte(p>>16), byte(p>>8), byte(p)
}
