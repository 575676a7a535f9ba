package picture

import (
	"slices"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Every field counts.
func TestHashHoldsEveryField(t *testing.T) {
	hash := func(next track.ID, change func(*track.Track)) [32]byte {
		tr := track.Track{
			ID: 7, Claims: []track.Belief{{Claim: obs.Claim{Kind: obs.MMSI, Value: "760000001"}, Honest: 0.9}},
			Sensors: []sensor.ID{"ais", "r1"},
		}
		change(&tr)
		return Hash(next, slices.Values([]*track.Track{&tr}), 1)
	}
	same := func(*track.Track) {}
	seen := map[[32]byte]int{hash(8, same): -1}
	if _, ok := seen[hash(8, same)]; !ok {
		t.Fatal("two hashes of one picture differ")
	}
	if _, ok := seen[hash(9, same)]; ok {
		t.Error("the next id does not count")
	}
	for i, change := range []func(*track.Track){
		func(tr *track.Track) { tr.ID++ },
		func(tr *track.Track) { tr.Revision++ },
		func(tr *track.Track) { tr.Status++ },
		func(tr *track.Track) { tr.Domain++ },
		func(tr *track.Track) { tr.Kind++ },
		func(tr *track.Track) { tr.State.Time = time.Unix(1, 1) },
		func(tr *track.Track) { tr.State.Position.Lat = 1e-300 },
		func(tr *track.Track) { tr.State.Position.Lon = 1e-300 },
		func(tr *track.Track) { tr.State.Height = geo.Height{Metres: 1} },
		func(tr *track.Track) { tr.State.Height = geo.Height{Datum: geo.DatumSea} },
		func(tr *track.Track) { tr.State.East = 1 },
		func(tr *track.Track) { tr.State.North = 1 },
		func(tr *track.Track) { tr.State.Climb = 1 },
		func(tr *track.Track) { tr.State.Cov[3][2] = 1 },
		func(tr *track.Track) { tr.Existence = 0.5 },
		func(tr *track.Track) { tr.Claims[0].Kind = obs.ICAO },
		func(tr *track.Track) { tr.Claims[0].Value = "x" },
		func(tr *track.Track) { tr.Claims[0].Honest = 0.5 },
		func(tr *track.Track) { tr.Sensors = []sensor.ID{"aisr", "1"} },
		func(tr *track.Track) { tr.Proven = true },
		func(tr *track.Track) { tr.Foreign = true },
		func(tr *track.Track) { tr.Proven, tr.Foreign = true, true },
		func(tr *track.Track) { tr.OnGround = true },
		func(tr *track.Track) { tr.Distress = obs.SART },
		func(tr *track.Track) { tr.Born = time.Unix(1, 1) },
		func(tr *track.Track) { tr.Updated = time.Unix(1, 1) },
		func(tr *track.Track) { tr.LastSeq++ },
	} {
		h := hash(8, change)
		if old, ok := seen[h]; ok {
			t.Errorf("change %d gives the hash of change %d", i, old)
		}
		seen[h] = i
	}
}
