package modes

import "atalaya/codec"

// Quality is what an aircraft says of the quality of its position.
type Quality struct {
	// NUCp is the navigation uncertainty category of ADS-B version 0, which is
	// assumed until an operational status message says another.
	NUCp codec.Opt[uint8]
	NIC  codec.Opt[uint8] // navigation integrity category, versions 1 and 2
	// Containment is the radius, in metres, outside which the position lies
	// with no more than the probability that the source integrity level names.
	Containment codec.Opt[float64]
	NACp        codec.Opt[uint8] // navigation accuracy category, last said in operational status
	// Accuracy is the radius, in metres, that holds the position with 95 %.
	Accuracy codec.Opt[float64]
}

// quality judges a position message by its type code and what the aircraft's
// operational status said before (RTCA DO-260B, table 2-69 and appendix N;
// ICAO Doc 9871, tables A-2, B-2 and C-2). b is NIC supplement B.
func (a *aircraft) quality(tc uint8, b bool) (q Quality) {
	version, ok := a.version.Get()
	if !ok || version == 0 {
		category, containment, accuracy := nucp(tc)
		q.NUCp = codec.Some(category)
		q.Containment = codec.SomeIf(containment, containment > 0)
		q.Accuracy = codec.SomeIf(accuracy, accuracy > 0)
		return q
	}
	var category uint8
	var containment float64
	if version == 1 {
		category, containment = nic1(tc, a.nicA)
	} else {
		category, containment = nic2(tc, a.nicA, b, a.nicC)
	}
	q.NIC, q.Containment = codec.Some(category), codec.SomeIf(containment, containment > 0)
	q.NACp = a.nacP
	if n, ok := a.nacP.Get(); ok {
		q.Accuracy = accuracy(n)
	}
	return q
}

// nucp gives NUCp, the containment radius and the 95 % error, in metres, of a
// type code of version 0; 0 is unknown.
func nucp(tc uint8) (category uint8, containment, accuracy float64) {
	switch tc {
	case 5, 9, 20:
		return 9, 7.5, 3
	case 6, 10, 21:
		return 8, 25, 10
	case 7, 11:
		return 7, 0.1 * nauticalMile, 0.05 * nauticalMile
	case 8, 12:
		return 6, 0.2 * nauticalMile, 0.1 * nauticalMile
	case 13:
		return 5, 0.5 * nauticalMile, 0.25 * nauticalMile
	case 14:
		return 4, 1 * nauticalMile, 0.5 * nauticalMile
	case 15:
		return 3, 2 * nauticalMile, 1 * nauticalMile
	case 16:
		return 2, 10 * nauticalMile, 5 * nauticalMile
	case 17:
		return 1, 20 * nauticalMile, 10 * nauticalMile
	default:
		return 0, 0, 0
	}
}

// nic1 gives NIC and containment radius in version 1.
func nic1(tc uint8, a bool) (category uint8, containment float64) {
	switch {
	case tc == 8: // surface, worse than 0.1 NM
		return 0, 0
	case tc == 13 && a:
		return 6, 0.6 * nauticalMile
	case tc == 13:
		return 6, 0.5 * nauticalMile
	default:
		return nic(tc, a, a)
	}
}

// nic2 gives NIC and containment radius in version 2.
func nic2(tc uint8, a, b, c bool) (category uint8, containment float64) {
	switch {
	case tc == 7 && c: // no such combination
		return 0, 0
	case tc == 8 && a && c:
		return 7, 0.2 * nauticalMile
	case tc == 8 && a:
		return 6, 0.3 * nauticalMile
	case tc == 8 && c:
		return 6, 0.6 * nauticalMile
	case tc == 8:
		return 0, 0
	case tc == 13 && a && b:
		return 6, 0.6 * nauticalMile
	case tc == 13 && b:
		return 6, 0.3 * nauticalMile
	case tc == 13:
		return 6, 0.5 * nauticalMile
	default:
		return nic(tc, a, b)
	}
}

// nic gives what versions 1 and 2 have in common.
func nic(tc uint8, a, b bool) (category uint8, containment float64) {
	switch tc {
	case 5, 9, 20:
		return 11, 7.5
	case 6, 10, 21:
		return 10, 25
	case 7:
		if a {
			return 9, 75
		}
		return 8, 0.1 * nauticalMile
	case 11:
		if a && b {
			return 9, 75
		}
		return 8, 0.1 * nauticalMile
	case 12:
		return 7, 0.2 * nauticalMile
	case 14:
		return 5, 1 * nauticalMile
	case 15:
		return 4, 2 * nauticalMile
	case 16:
		if a && b {
			return 3, 4 * nauticalMile
		}
		return 2, 8 * nauticalMile
	case 17:
		return 1, 20 * nauticalMile
	default:
		return 0, 0
	}
}

// accuracy gives the 95 % radius of a NACp, in metres (RTCA DO-260B, table
// 2-70).
func accuracy(nacP uint8) codec.Opt[float64] {
	radii := [...]float64{
		0, 10 * nauticalMile, 4 * nauticalMile, 2 * nauticalMile, 1 * nauticalMile, 0.5 * nauticalMile,
		0.3 * nauticalMile, 0.1 * nauticalMile, 0.05 * nauticalMile, 30, 10, 3,
	}
	if nacP == 0 || int(nacP) >= len(radii) {
		return codec.Opt[float64]{}
	}
	return codec.Some(radii[nacP])
}
