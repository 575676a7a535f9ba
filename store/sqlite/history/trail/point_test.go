package trail

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/track"
)

// TestTrailPacks packs points of all kinds and unpacks them.
func TestTrailPacks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for round := range 200 {
		var tr Trail
		var want []store.Point
		e := track.Event{Kind: track.Updated, Track: track.Track{State: track.State{Position: geo.Position{Lat: -16, Lon: -69}}}}
		for i := range 70 {
			st := &e.Track.State
			st.Time = start.Add(time.Duration(i) * time.Second)
			st.Position.Lat += 1e-5
			e.Track.LastSeq += 100
			if round%3 == 1 {
				st.Time = st.Time.Add(time.Duration(r.IntN(1e9)))
				st.Position = geo.Position{Lat: r.Float64()*180 - 90, Lon: r.Float64()*360 - 180}
				st.Height = geo.Height{Metres: r.NormFloat64() * 1e4, Datum: geo.DatumPressure}
				st.East, st.North, st.Climb = r.NormFloat64()*900, r.NormFloat64()*900, r.NormFloat64()*90
				st.Cov[0][0], st.Cov[0][1], st.Cov[1][1] = r.ExpFloat64()*1e6, r.NormFloat64(), r.ExpFloat64()/1e6
				st.Cov[1][0] = st.Cov[0][1]
				e.Track.Existence, e.Track.Revision, e.Track.LastSeq = r.Float64(), r.Uint32(), r.Uint64()
			}
			if round%3 == 2 && i%20 == 19 {
				e.Kind, e.From = track.Revised, st.Time.Add(-time.Minute)
				e.Track.Kind, e.Track.Status, e.Track.Domain, e.Track.Distress = obs.DistressBeacon, track.Ended, track.Air, obs.InDistressStat
				e.Track.OnGround, e.Track.Proven, e.Track.Foreign = i%40 == 19, i%40 == 39, i%60 == 39
				st.Position.Lat, st.East = math.NaN(), math.Inf(1)
			}
			known := st.Time.Add(time.Duration(r.IntN(4)) * 250 * time.Millisecond)
			p := newPoint(known, &e)
			tr.add(p)
			want = append(want, p.store())
			if math.IsNaN(st.Position.Lat) {
				st.Position.Lat, st.East, e.Kind, e.From = -16, 0, track.Updated, time.Time{}
			}
		}
		got := tr.AppendTo(nil)
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("round %d, point %d of %d:\n%+v\n%+v", round, i, len(got), got[i], want[i])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d points of %d", len(got), len(want))
		}
		// Exactly what the history of events keeps, as far as points go.
		if round%3 == 1 {
			st, kept := content.RoundState(e.Track.State), got[len(got)-1].State
			if st.Position != kept.Position || st.Height != kept.Height || st.East != kept.East || st.Cov[0][0] != kept.Cov[0][0] || st.Cov[0][1] != kept.Cov[1][0] || !st.Time.Equal(kept.Time) {
				t.Fatalf("%+v\n%+v", st, kept)
			}
		}
		if round == 0 && len(tr.packed) > 70*8 {
			t.Fatalf("70 points of even motion take %d bytes", len(tr.packed))
		}
	}
}
