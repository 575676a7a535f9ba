// Package ais reads and writes AIS messages (ITU-R M.1371-5) in the sentences
// VDM and VDO of IEC 61162-1, on the sentence layer of package nmea. The bits
// of a message are read and written by github.com/BertoldVdb/go-ais; lines,
// checksums, tag blocks, fill bits and assembly of several sentences are our
// own, because receivers and recorders write more than that module takes.
//
// Types (annex 8 of M.1371-5, the clause in brackets):
//
//	1 2 3   class A position [3.1]            read  written
//	4       base station [3.2]                read  written
//	5       static and voyage data [3.3]      read  written
//	9       search and rescue aircraft [3.7]  read  written
//	11      UTC and date response [3.9]       read  written
//	12      addressed safety text [3.10]      read  written
//	14      safety text [3.12]                read  written
//	18      class B position [3.16]           read  written
//	19      extended class B [3.17]           read  written
//	21      aid to navigation [3.19]          read  written
//	24      static data, parts A and B [3.22] read  written
//	27      long range [3.25]                 read  written
//	others  6 7 8 10 13 15 16 17 20 22 23 25 26: type, repeat, MMSI, payload
//
// Lengths are those of the standard, widened where transponders are seen to
// send others and receivers take them (see lengths). Type, repeat and MMSI of a
// message of noise can be anything: MMSI.Valid tells nine digits.
//
// What stands around a sentence is read: tag blocks (time c in seconds or
// milliseconds, source s, group g), a recorder's Unix or RFC 3339 time before
// it, the US Coast Guard's fields behind it (",r003669957,1152921695"), and
// $PGHP sentences of base stations.
//
// Kinds of bad input: checksum, truncated (no checksum, or fewer bits than the
// type has), overlong, malformed (fields, six-bit characters, fill bits),
// incomplete (the other sentences did not come), unsupported (other sentences;
// types 0 and 28 to 63; parts of type 24 that there are not), tag (a tag block
// that is not taken; its sentence is), noise.
//
// JSON, one object a message. Values that the message calls "not available",
// and those that it may not have, are left out:
//
//	key              unit     of type
//	type repeat mmsi          all, numbers
//	received         RFC3339  all: when we received it, where known
//	time             RFC3339  all: when a station or recorder received it
//	time_from                 all: "tag-block", "pghp", "trailer", "prefix"
//	station                   all: that station
//	talker                    all: "AI"
//	channel                   all: "A", "B", or what the receiver writes
//	own                       all: true for VDO, the receiver's own ship
//	lat_deg lon_deg  deg      1 2 3 4 9 11 18 19 21 27: WGS84
//	accurate                  the same: true when better than 10 m
//	raim                      the same: the receiver checks its integrity
//	speed_mps        m/s      1 2 3 9 18 19 27: over ground
//	speed_kn         kn       the same, as sent; 102.2 (9: 1022, 27: 62) is "or more"
//	course_deg       deg      1 2 3 9 18 19 27: over ground, true
//	heading_deg      deg      1 2 3 18 19: true
//	second           s        1 2 3 9 18 19 21: of the UTC minute
//	fix                       the same: "manual", "dead-reckoning", "inoperative"
//	status                    1 2 3 27: navigational status, 0 to 14
//	status_text               the same, in words
//	turn_deg_min     deg/min  1 2 3: rate of turn, right positive
//	turning                   1 2 3: "left", "right": faster than 10 deg/min, not measured
//	maneuver                  1 2 3: engaged in a special manoeuvre
//	radio                     1 2 3 4 9 11 18: communication state as a number
//	utc              RFC3339  4 11
//	device                    4 5 11 19 21 24B: position fixing device, 1 to 15
//	ais_version               5
//	imo                       5
//	callsign                  5 24B
//	name                      5 19 21 24A
//	ship_type                 5 19 24B: type of ship and cargo, 1 to 255
//	ship_type_text            the same, in words
//	to_bow_m to_stern_m to_port_m to_starboard_m  m  5 19 21 24B: from the antenna
//	eta_month eta_day eta_hour eta_minute  5: UTC
//	draught_m        m        5
//	destination               5
//	ready                     5 9 19: the terminal can show messages
//	altitude_m       m        9: 4094 is "or more"
//	barometric                9: the altitude is, else it is from GNSS
//	assigned                  9 18 19 21: a base station assigns its reports
//	text                      12 14
//	to_mmsi sequence retransmitted  12
//	carrier_sense display dsc whole_band message22  18: what the unit can do
//	aid_type                  21: 1 to 31
//	off_position              21
//	aid_status                21: 8 bits of its authority
//	virtual                   21
//	part                      24: "A", "B"
//	vendor model serial       24B
//	mothership_mmsi           24B of daughter craft
//	late                      27: the position is more than 5 s old
//	payload_bits              all
//	payload          hex      all: the bits of the message, filled with zeros
//	raw                       all: the lines it came from
package ais
