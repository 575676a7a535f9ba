package storetest

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
)

// StepTime is how long a step is.
const StepTime = 250 * time.Millisecond

// World makes steps as the loop does: boats that report over AIS once a
// second, and their tracks. The same seed makes the same steps.
type World struct {
	// Boats is how many there are; a quarter of them reports in each step.
	Boats int
	Now   time.Time
	N     uint64
	Seq   uint64
	// Every is how far keyframes are apart.
	Every  time.Duration
	keyed  time.Time
	r      *rand.Rand
	tracks map[track.ID]*track.Track
}

// NewWorld makes a world that goes on behind what a store has.
func NewWorld(boats int, after store.Resume, now time.Time) *World {
	return &World{
		Boats: boats, Now: now, N: after.Step, Seq: after.Seq, Every: time.Minute,
		r: rand.New(rand.NewPCG(7, after.Step)), tracks: map[track.ID]*track.Track{},
	}
}

// Step makes the next step.
func (w *World) Step() store.Step {
	w.N++
	w.Now = w.Now.Add(StepTime)
	s := store.Step{N: w.N, Now: w.Now, FirstSeq: w.Seq + 1}
	for i := int(w.N % 4); i < w.Boats; i += 4 {
		o := w.observe(i)
		s.Inputs = append(s.Inputs, track.Input{Seq: o.Seq, Observation: o})
		s.Events = append(s.Events, w.follow(i, o))
	}
	if w.N%10 == 0 {
		s.Inputs = append(s.Inputs, w.scan())
	}
	s.LastSeq = w.Seq
	if w.Now.Sub(w.keyed) >= w.Every {
		w.keyed = w.Now
		s.Picture = w.Picture()
	}
	return s
}

// Picture gives every track, by ID.
func (w *World) Picture() []track.Track {
	out := []track.Track{}
	for id := track.ID(1); int(id) <= w.Boats; id++ {
		if t := w.tracks[id]; t != nil {
			out = append(out, *t)
		}
	}
	return out
}

func (w *World) observe(boat int) *obs.Observation {
	w.Seq++
	received := w.Now.Add(-time.Duration(w.r.Int64N(int64(StepTime))))
	at := received.Truncate(time.Second)
	turn := float64(at.Unix()%600) / 600
	// As AIS gives it: 1/10000 minute.
	place := func(deg float64) float64 { return math.Round(deg*600000) / 10000 / 60 }
	return &obs.Observation{
		Seq: w.Seq, Sensor: sensor.ID(fmt.Sprintf("ais-%d", boat%3)), Time: at, Received: received, Clock: obs.ClockCoarse,
		Source: obs.Source{Feed: sensor.FeedID(fmt.Sprintf("feed-%d", boat%3)), Hash: sha256.Sum256(fmt.Append(nil, w.Seq))},
		Kind:   obs.Vessel, Measure: obs.Place, Has: obs.HasSpeed | obs.HasCourse,
		Position: geo.Position{Lat: place(-16 + float64(boat%100)/100 + turn/10), Lon: place(-69 + float64(boat/100)/100)},
		Cov:      obs.Round(10), Speed: float64(w.r.IntN(300)) / 10 * 1852 / 3600, Course: float64(w.r.IntN(3600)) / 10,
		Claims: []obs.Claim{{Kind: obs.MMSI, Value: fmt.Sprint(775000000 + boat*37)}},
	}
}

func (w *World) follow(boat int, o *obs.Observation) track.Event {
	id := track.ID(boat + 1)
	kind := track.Updated
	t := w.tracks[id]
	if t == nil {
		kind = track.Born
		t = &track.Track{
			ID: id, Status: track.Confirmed, Domain: track.Water, Kind: obs.Vessel, Existence: 0.999, Born: w.Now,
			Claims: []track.Belief{{Claim: o.Claims[0], Honest: 0.9}}, Sensors: []sensor.ID{o.Sensor},
		}
		w.tracks[id] = t
	}
	t.State.Time, t.Updated, t.LastSeq = o.Time, o.Time, o.Seq
	t.State.Position = geo.Position{Lat: o.Position.Lat + w.r.NormFloat64()*1e-5, Lon: o.Position.Lon + w.r.NormFloat64()*1e-5}
	t.State.East, t.State.North = w.r.NormFloat64()*3, w.r.NormFloat64()*3
	a, b := 20+w.r.NormFloat64(), 1+w.r.NormFloat64()/10
	t.State.Cov = [4][4]float64{{a, 0.1, b, 0}, {0.1, a, 0, b}, {b, 0, 1, 0}, {0, b, 0, 1}}
	return track.Event{
		Kind: kind, Time: o.Time, Track: *t,
		Lineage: track.Lineage{{Observation: o.Seq, Sensor: o.Sensor, Time: o.Time, Distance2: w.r.ExpFloat64(), Likelihood: 0.01, Weight: 1, Model: "cv/1"}},
	}
}

func (w *World) scan() track.Input {
	sc := &track.Scan{Sensor: "radar", Feed: "radar", Start: w.Now.Add(-2500 * time.Millisecond), End: w.Now, Received: w.Now, Platform: geo.Position{Lat: -16.1, Lon: -69.1}, MaxRange: 40000}
	for range w.r.IntN(4) {
		w.Seq++
		sc.Observations = append(sc.Observations, obs.Observation{
			Seq: w.Seq, Sensor: "radar", Time: w.Now, Received: w.Now, Clock: obs.ClockNone, Measure: obs.RangeBearing,
			Source: obs.Source{Feed: "radar", Hash: sha256.Sum256(fmt.Append(nil, w.Seq))},
			Origin: sc.Platform, Range: w.r.Float64() * 40000, RangeSD: 30, Bearing: w.r.Float64() * 360, BearingSD: 0.3,
		})
	}
	w.Seq++
	return track.Input{Seq: w.Seq, Scan: sc}
}

// Finding makes a finding that asks for an alert.
func Finding(n int, revision uint32, at time.Time, inputs ...uint64) watch.Finding {
	return watch.Finding{
		ID: fmt.Sprintf("crossing/T%d/border/1", n), Revision: revision, Status: watch.Raised, Rule: "crossing", RuleVersion: 1,
		Priority: rule.High, Alert: true, Track: track.ID(n), Time: at, Position: geo.Position{Lat: -16.5, Lon: -69},
		Area: "border", AreaVersion: 1, Probability: 0.97, Inputs: inputs,
		Belief:   track.Track{ID: track.ID(n), Status: track.Confirmed, Kind: obs.Vessel, Sensors: []sensor.ID{"ais-1"}, State: track.State{Time: at}},
		Why:      rule.Text{ES: "cruzó la línea", EN: "crossed the line"},
		Expected: rule.Text{ES: "verificar", EN: "look"},
	}
}

// Sensor makes a version of a sensor.
func Sensor(id string, version uint32, at time.Time) track.Change {
	return track.Change{At: at, Sensor: &sensor.Sensor{
		ID: sensor.ID(id), Name: id, Kind: sensor.AISReceiver, Valid: valid.Record{Number: version, From: at, Known: at, By: "P1", Reason: "test"},
		Position: geo.Position{Lat: -16, Lon: -69}, Height: geo.SeaHeight(3812).Height(),
	}}
}

// Area makes a version of an area.
func Area(id string, version uint32, at time.Time) track.Change {
	return track.Change{At: at, Area: &area.Area{
		ID: area.ID(id), Kind: area.Border, Valid: valid.Record{Number: version, From: at, Known: at},
		Line: geo.Line{{Lat: -16, Lon: -69}, {Lat: -17, Lon: -69.5}}, Left: "BOL", Right: "PER", Accuracy: 500, Demonstration: true,
	}}
}
