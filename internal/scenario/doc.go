// Package scenario runs small worlds, written as text, through the tracker and
// the detectors, and checks what comes out. Noise is counter-based: a scenario
// gives the same bits on every run and processor.
//
// A scenario is lines of words. "#" begins a comment; a word with blanks is
// quoted. Places are metres east and north of the origin, "E,N"; times are
// durations since the start, "90s", "1h".
//
//	origin LAT LON
//	start 2026-03-01T04:00:00Z
//	exercise yes                    the world is simulated (default no)
//	seed N                          of the noise
//	run DURATION                    how long; steps are 250 ms
//
//	lag DURATION               how late what counts in order may be (default: the tracker's)
//	sensor ID KIND at=E,N range=M scan=DURATION detection=P clutter=N
//	       range-sd=M bearing-sd=DEGREES position-sd=M
//	       A sensor of kind radar scans by itself and sees every thing in
//	       range that is not radar=no.
//	area ID KIND name="..." line=E,N:E,N:... | polygon=E,N:... | point=E,N
//	       buffer=M left=XXX right=XXX accuracy=M demonstration=yes
//	       version=N from=TIME until=TIME
//	       hours=HH:MM-HH:MM        of each day, UTC, at which it holds
//	rule ID DETECTOR KIND area=ID | kind=KIND-OF-AREA
//	       priority=N version=N from=TIME until=TIME
//	       The rules that the program comes with are there; version=2 and so
//	       on of their names replaces them.
//	asset ID KIND name="..." and identities as below
//	thing ID KIND path=TIME@E,N/TIME@E,N/... radar=no height=M
//	       It moves straight and steadily between the points, and exists from
//	       the first to the last.
//	report THING sensor=ID
//	       every=DURATION from=TIME until=TIME | at=TIME
//	       mmsi= icao= callsign= name= squawk= system= target=
//	       sd=M                     of the noise (default 0), stated=M (default sd)
//	       delay=DURATION           received so long after
//	       clock=DURATION           the sensor's clock is so far ahead
//	       doubt=yes                and the feed says so
//	       offset=E,N               a wrong place
//	       velocity=no place=no proven=yes distress=KIND
//	drop THING at=TIME              an officer drops its track
//	clock at=TIME by=DURATION       our own clock steps
//
//	expect finding RULE count=N|N..M alert=yes|no area=ID priority=N
//	       status=raised|withdrawn probability=A..B text="..." at=A..B
//	expect event KIND count=N|N..M
//	expect tracks count=N|N..M at=TIME
//	expect track THING within=M at=TIME status= sensors=N claims=N
//	expect count NAME N|N..M        of fuse.Stats
package scenario
