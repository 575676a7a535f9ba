package regard

import (
	"encoding/hex"
	"testing"
	"time"

	"atalaya/fuse"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/terrain"
	"atalaya/track"
	"atalaya/valid"
)

// watched runs the tracker over a radar on the lake: it sees a boat and a drone
// for 40 turns, until the boat is behind the hill and the drone too low for it
// there; then it shows nothing for 8.
func watched(t *testing.T, f *Field) (boat, drone float64, hash [32]byte) {
	t.Helper()
	cfg := fuse.Config{}
	if f != nil {
		cfg.Visible = func(sensor.ID, uint32) fuse.Sight { return f.Sees }
	}
	tr := fuse.New(cfg)
	s := radar(30)
	s.RangeSD, s.BearingSD, s.ScanPeriod = 20, 0.1, 2500*time.Millisecond
	now := time.Unix(1_700_000_000, 0)
	flown := sensor.Sensor{ID: "report", Kind: sensor.Drone, Valid: valid.Record{Number: 1}, Moving: true, PositionSD: 5}
	seq := uint64(0)
	step := func(in ...track.Input) {
		now = now.Add(2500 * time.Millisecond)
		for i := range in {
			seq++
			in[i].Seq = seq
		}
		tr.Step(now, in)
	}
	step(track.Input{Change: &track.Change{At: now, Sensor: &s}}, track.Input{Change: &track.Change{At: now, Sensor: &flown}})
	for i := range 48 {
		end := now.Add(2500 * time.Millisecond)
		scan := &track.Scan{Sensor: s.ID, Start: now, End: end, Received: end, MaxRange: s.MaxRange}
		if i < 40 {
			for k, p := range []geo.Position{place(8000, 2600-25*float64(i)), place(9000, -3000+45*float64(i))} {
				metres, bearing, _ := geo.Inverse(s.Position, p)
				seq++
				o := obs.Observation{
					Seq: seq, Sensor: s.ID, Time: end, Received: end, Clock: obs.ClockGNSS, Measure: obs.RangeBearing,
					Origin: s.Position, Range: metres, Bearing: geo.WrapBearing(bearing), RangeSD: s.RangeSD, BearingSD: s.BearingSD, Position: p,
				}
				if k == 1 { // a radar that measures heights
					o.Height, o.HeightSD = geo.SeaHeight(level+60).Height(), 10
				}
				scan.Observations = append(scan.Observations, o)
			}
		}
		step(track.Input{Scan: scan})
	}
	for _, x := range tr.Tracks() {
		if _, y := geo.NewPlane(site()).XY(x.State.Position); y > 0 {
			boat = max(boat, x.Existence)
		} else {
			drone = max(drone, x.Existence)
		}
	}
	return boat, drone, tr.Hash()
}

func TestWhatIsHiddenIsNotMissed(t *testing.T) {
	f := field(t, radar(30), lake(t, 1, terrain.About{Name: "lake", SD: 3}))
	boat, drone, hash := watched(t, f)
	if boat < 0.95 || drone < 0.95 {
		t.Errorf("behind the hill the boat exists with %.3f, the drone below the floor with %.3f: they cannot be seen", boat, drone)
	}
	if boat, drone, _ := watched(t, nil); boat > 0.5 || drone > 0.5 {
		t.Errorf("without terrain the boat exists with %.3f, the drone with %.3f: this test shows nothing", boat, drone)
	}
	// From a mast of 500 m both would be seen, and are gone.
	high := field(t, radar(500), lake(t, 1, terrain.About{Name: "lake", SD: 3}))
	if boat, drone, _ := watched(t, high); boat > 0.5 || drone > 0.5 {
		t.Errorf("under a high mast the boat exists with %.3f, the drone with %.3f", boat, drone)
	}
	// The same bits on every processor: CI runs this under GOAMD64=v1 and v3.
	const (
		wantField   = "0230159e36b838c88f9092769ee8480d2088c0f9c0e91e26c502118b512d40f6"
		wantPicture = "111e26c40c2faaedce536a514e4a6459df1abc39cbb5bcba56a6550aaa32066c"
	)
	if f.Hash() != wantField {
		t.Errorf("the field is %s, not %s", f.Hash(), wantField)
	}
	if got := hex.EncodeToString(hash[:]); got != wantPicture {
		t.Errorf("the picture is %s, not %s", got, wantPicture)
	}
}
