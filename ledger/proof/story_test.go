package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

var (
	ana  = person{"P-1", "U-navy", "D-1"}
	beto = person{"P-2", "U-law", "D-2"}
	caro = person{"P-3", "U-navy", "D-3"}
)

func hexOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// Shapes near a made-up border along longitude -69, foreign land in its west: it
// goes south.
const (
	watchArea  = "-16.0000000,-68.9000000 -16.0000000,-68.5000000 -16.5000000,-68.5000000 -16.5000000,-68.9000000 -16.0000000,-68.9000000"
	borderLine = "-15.0000000,-69.0000000 -17.0000000,-69.0000000"
	noLookTown = "-16.4000000,-68.6000000 -16.4000000,-68.5500000 -16.4500000,-68.5500000 -16.4500000,-68.6000000 -16.4000000,-68.6000000"
	inTown     = "-16.4100000,-68.5900000 -16.4100000,-68.5850000 -16.4150000,-68.5850000 -16.4150000,-68.5900000 -16.4100000,-68.5900000"
	// 11 km into the land behind the border.
	beyondBorder = "-16.2000000,-69.1100000 -16.2000000,-69.1050000 -16.2050000,-69.1050000 -16.2050000,-69.1100000 -16.2000000,-69.1100000"
	// 0.005 degrees wide, 10.7 km east of the foreign land at its nearest.
	footprint = "-16.2000000,-68.9000000 -16.2000000,-68.8950000 -16.2050000,-68.8950000 -16.2050000,-68.9000000 -16.2000000,-68.9000000"
	// The same inside the area by 1 km.
	innerFootprint = "-16.2000000,-68.8900000 -16.2000000,-68.8850000 -16.2050000,-68.8850000 -16.2050000,-68.8900000 -16.2000000,-68.8900000"
)

// Places of the records of the story that tests change.
const (
	storyPolicy    = 4
	storyAuthority = 5
	storyRetention = 6
	storySealed    = 7
	storyLooks     = 11 // the first of three
	storyCommand   = 14
	storySafeAct   = 15
	storyCount     = 16
	storyRestart   = 18
	storyPurge     = 19
	storyOpened    = 20
)

// story is an honest log of all kinds.
func story() *testLog {
	l := newTestLog()
	minute := time.Minute
	l.add(0, "system.start", "s1", "version", "1", "software", hexOf("program"))
	l.add(0, "key", "k1", "person", ana.name, "unit", ana.unit, "device", ana.device, "key", ana.public())
	l.add(0, "key", "k2", "person", beto.name, "unit", beto.unit, "device", beto.device, "key", beto.public())
	third := l.add(0, "key", "k3", "person", caro.name, "unit", caro.unit, "device", caro.device, "key", caro.public(), "content", hexOf("caro"))
	approve(third, ana, beto)
	policy := l.add(0, "policy", "p1", "policy", hexOf("policy"), "content", hexOf("policy"))
	approve(policy, ana, beto)
	grant := l.add(0, "authority", "a1", "authority", "A-1", "purpose", "illegal-fishing", "content", hexOf("authority"),
		"from", "2026-11-01T08:00:00Z", "until", "2026-11-20T00:00:00Z")
	approve(grant, ana, beto)
	l.add(0, "retention", "r1", "class", "pose", "keep", "2")
	l.add(0, "instrument", "i1", "instrument", "I-1", "content", hexOf("agreement"), "opens", "2026-11-05T12:00:00Z")
	l.add(0, "area", "w", "area", "W", "use", "watch", "shape", watchArea)
	l.add(0, "border", "f", "state", "pe", "standoff", "2000", "shape", borderLine)
	l.add(0, "area", "n", "area", "N", "use", "no-look", "shape", noLookTown)
	for i := range 3 {
		l.add(minute/2, "look", fmt.Sprintf("look-%d", i), "authority", "A-1", "policy", hexOf("policy"),
			"sensor", "S-1", "seq.sensor", fmt.Sprint(i+1), "look.area", hexOf(watchArea), "line.pe", hexOf(borderLine), "fence", "inside",
			"class.pe", "10-50", "look.pose", "-16.2000000,-68.8000000", "look.footprint", innerFootprint, "look.grow", "120.5",
			"counter.boot", "1", "counter.before", fmt.Sprint(2*i), "counter.after", fmt.Sprint(2*i+2))
	}
	l.add(minute/2, "command", "c1", "aircraft", "B-1", "seq.aircraft", "1", "authority", "A-1", "command", "fly", "policy", hexOf("policy"))
	l.add(minute/2, "command", "c2", "aircraft", "B-1", "seq.aircraft", "2", "command", "return", "policy", hexOf("policy"))
	l.add(minute, "count", "n1", "entries", "15", "last.sensor", "S-1=3", "last.aircraft", "B-1=2")
	l.add(minute, "system.stop", "s2")
	l.add(70*time.Hour, "system.start", "s3", "policy", hexOf("policy"))
	l.add(70*time.Hour, "purge", "u1", "class", "pose", "until", "2026-11-03T00:00:00Z", "items", "3")
	l.add(90*time.Hour, "instrument.open", "o1", "instrument", "I-1", "content", hexOf("agreement"))
	return l
}

func approve(r *testRecord, one, two person) {
	one.approve(r, 1)
	two.approve(r, 2)
}

// storyEnd is when the story is checked.
func storyEnd() time.Time { return time.Date(2026, 11, 5, 13, 0, 0, 0, time.UTC) }
