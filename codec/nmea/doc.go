// Package nmea reads and writes the sentences of IEC 61162-1 (NMEA 0183) that
// marine radars and own-position receivers send, and holds the sentence layer
// that package ais shares: line splitting, checksums, tag blocks.
//
// Sentences (IEC 61162-1, approved sentences, by formatter):
//
//	formatter  what                        read  written
//	TTM        tracked target, polar       yes   yes
//	TLL        target, position            yes   yes
//	RSD        radar system data           yes
//	OSD        own ship data               yes
//	RMC        position, course, time      yes   yes
//	GGA        GNSS fix, altitude          yes   yes
//	GLL        position                    yes
//	VTG        course and speed            yes
//	HDT        true heading                yes   yes
//	THS        true heading and status     yes
//
// Every other well-formed sentence is codec.Unsupported. All values are SI and
// degrees: metres, metres per second, seconds, degrees from true north
// clockwise; the unit letters of the sentences (K, N, S) are applied. Empty
// fields are absent, and so is the position of a receiver that calls its own
// data invalid.
//
// JSON, one object a message, absent values left out:
//
//	key            unit     of
//	formatter               all: "TTM"
//	talker                  all: "RA"; "P" of proprietary ones
//	received       RFC3339  all: when we received it, where known
//	tag_time       RFC3339  all: c of the tag block
//	tag_source              all: s of the tag block
//	raw                     all: the sentence and what stood around it
//	target                  TTM TLL: target number
//	name                    TTM TLL: target name
//	status                  TTM TLL: "lost", "acquiring", "tracking"
//	reference               TTM TLL: true for a reference target
//	acquired                TTM: "automatic", "manual", "reported"
//	distance_m     m        TTM: from own ship
//	bearing_deg    deg      TTM: from own ship
//	bearing_relative        TTM: true where it counts from own heading
//	speed_mps      m/s      TTM OSD RMC VTG
//	course_deg     deg      TTM OSD RMC VTG
//	course_relative         TTM: true where it counts from own heading
//	cpa_m          m        TTM: closest point of approach
//	tcpa_s         s        TTM: time to it, negative when past
//	lat_deg lon_deg  deg    TLL RMC GGA GLL: WGS84
//	clock_s        s        TTM TLL GGA GLL, RMC without date: UTC time of day
//	time           RFC3339  RMC: UTC
//	valid                   RMC GLL OSD HDT THS: false where the sender says so
//	mode                    RMC GLL VTG THS: mode letter of the standard
//	variation_deg  deg      RMC: magnetic, east positive
//	quality                 GGA: 0 none, 1 GNSS, 2 differential, 3 PPS, 4 RTK, 5 float RTK, 6 estimated, 7 manual, 8 simulator
//	satellites              GGA: in use
//	hdop                    GGA
//	altitude_m     m        GGA: antenna above mean sea level
//	geoid_m        m        GGA: mean sea level above the ellipsoid
//	course_magnetic_deg deg VTG
//	heading_deg    deg      OSD HDT THS: true
//	course_reference speed_reference  OSD: B bottom log, M manual, W water, R radar, P positioning
//	set_deg drift_mps       OSD: current, entered by hand
//	range_m        m        RSD: range scale
//	rotation                RSD: "course-up", "head-up", "north-up"
//	cursor_m cursor_deg     RSD: cursor from own ship
//	origin1_m origin1_deg vrm1_m ebl1_deg origin2_m origin2_deg vrm2_m ebl2_deg  RSD
//
// The module github.com/adrianmo/go-nmea reads the same sentences, but gives 0
// for an empty field, so that a target without a speed cannot be told from one
// at rest; it takes whole sentences only and refuses a sentence whose tag block
// is wrong. So the reading is our own, and go-nmea is what the tests compare
// it with.
package nmea
