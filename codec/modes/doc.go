// Package modes decodes and encodes Mode S and ADS-B, the language of aircraft
// transponders on 1090 MHz.
//
// Standards: ICAO Annex 10 Volume IV (frames, replies), ICAO Doc 9871 (content
// of extended squitters), RTCA DO-260, DO-260A and DO-260B (ADS-B versions 0,
// 1 and 2). Containers: Beast binary with 12 MHz or GPS counters, AVR text
// (see package framing), and BaseStation (SBS-1) text, MSG 1 to 8.
//
// # What is good
//
//	DF11, 17, 18        the parity must be right; that of DF11 may carry an
//	                    interrogator's code (remainder 0 to 79)
//	DF0, 4, 5, 16, 20, 21
//	                    the parity is overlaid with the address, so that any
//	                    noise has one: good only where the address was heard in
//	                    a good DF11, DF17 or DF18 within the last minute
//	                    (AddressMemory), else the kind is "unknown-address"
//	other formats       "unsupported"
//
// Other kinds: "checksum" (DF11, 17, 18), "malformed" (length does not suit the
// format, characters that are no digits), "truncated", "overlong", "noise".
// Messages of the programs that send BaseStation text (SEL, ID, AIR, STA, CLK)
// are "unsupported". Empty heartbeats count as nothing.
//
// # What is decoded
//
//	DF0, 16    height, on ground, sensitivity level; MV raw
//	DF4, 20    height, alert, ident, on ground; MB raw
//	DF5, 21    Mode A code, alert, ident, on ground; MB raw
//	DF11       address, capability, interrogator
//	DF17, 18   by type code, with control field CF 0, 1 (no transponder), 2, 5
//	           (TIS-B), 6 (ADS-R); CF 3 (TIS-B coarse), 4 and 7 raw
//	  1-4      call sign, category
//	  5-8      surface position, speed, track
//	  0, 9-18  airborne position, pressure height
//	  20-22    airborne position, height above the ellipsoid
//	  19       velocity over ground or airspeed and heading, climb, difference
//	           of the two heights; subtypes 1 to 4
//	  28       emergency and Mode A code (1), TCAS advisory (2, flagged, raw)
//	  29       target state of version 2; that of version 1 raw
//	  31       operational status, versions 0 to 2
//	  others   raw
//
// Comm-B registers (MB) are not decoded: nothing in a reply says which it
// carries. Neither is DF24.
//
// # Positions
//
// A position is decoded from an even and an odd message no more than 10 s apart
// ("pair"; 25 s on the surface, 50 s while slower than 25 knots), else from one
// message and the aircraft's position of the last two minutes ("last"), else
// from one message and the receiver ("receiver"; on the surface, or where
// Config.MaxRange is within 180 NM). Positions that nothing reaches from the
// last one (700 m/s and 5 km; on the surface 100 m/s and 1.5 km) are refused
// and counted, until three in a row agree. What ground stations relay, and what
// a multilateration server makes up, is never paired with the aircraft's own.
//
// # JSON and units
//
// SI units and degrees. What the sender does not know is absent.
//
//	received             time of reception, RFC 3339; see Config.Recorded
//	stated_time          by the receiver's clock: GPS counters, BaseStation text
//	container            "beast", "avr", "sbs"
//	type                 "mode-s", "mode-ac", "status", "sbs"
//	ticks                receiver's counter, 12 MHz, 48 bits
//	signal               amplitude in 1/255 of full scale
//	raw                  as received: frame in hexadecimal, line
//	mode_ac              digits of a Mode A/C reply
//	df, ca, cf           downlink format, capability, control field
//	source               "transponder", "ads-b", "ads-b-nt", "tis-b", "ads-r", "management", "mlat", "unstated"
//	parity               "good", "interrogator", "address" (see above), "repaired", "none"
//	repaired_bit         counted from 1
//	icao                 address, six lower-case hexadecimal digits
//	address              "icao", "other" (vehicle, obstacle, track number, anonymous)
//	interrogator         "II0" to "II15", "SI1" to "SI63"
//	type_code, subtype, sbs_type
//	flight_status, surveillance_status, downlink_request, utility_message, cross_link, sensitivity_level,
//	reply_information    as sent
//	data                 MB or MV, 56 bits, hexadecimal
//	squawk               Mode A code, four octal digits
//	callsign, category   category "A0" to "D7" (A7 rotorcraft, B1 glider, B6 unmanned, ...)
//	on_ground, alert, ident
//	emergency            "none", "general", "medical", "fuel", "radio", "interference", "downed", "reserved"
//	resolution_advisory  48 bits, hexadecimal
//	height_m, height_datum, height_step_m
//	                     metres; "pressure" or "ellipsoid"; resolution
//	lat_deg, lon_deg     WGS84
//	position             "pair", "last", "receiver", "stated"
//	position_refused     "jump", "range"
//	cpr_lat, cpr_lon, cpr_odd
//	                     position as sent
//	nuc_p, nic, nac_p    quality categories; nac_p as last heard
//	containment_m        radius of containment
//	accuracy_m           radius of 95 %
//	ground_speed_mps, track_deg, east_mps, north_mps
//	                     over ground; track from true north
//	airspeed_mps, airspeed
//	                     "indicated" or "true"
//	heading_deg          from magnetic north unless operational status says true
//	climb_mps, climb_datum
//	                     up positive; "pressure" or "ellipsoid"
//	ellipsoid_minus_pressure_m
//	                     height above the ellipsoid minus pressure height
//	intent_change, ifr, nac_v
//	movement             code of surface speed
//	version, capability_class, operational_mode, nic_a, nic_c, gva, sil, sil_per_sample, sda, nic_baro,
//	headings_magnetic, track_is_heading, advisory_active, single_antenna, length_m, width_m
//	                     operational status
//	target_height_m, target_from, setting_hpa, target_heading_deg, autopilot, vnav, hold_height, approach, lnav, tcas
//	                     target state; target_from "crew" or "fms"
//
// Speeds, rates and differences at the end of their coded range mean "that much
// or more".
package modes
