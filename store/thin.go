package store

import (
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// ThinTo is how close what stays of thinned history lies.
const ThinTo = 10 * time.Second

// What is thinned, and why.
const (
	ThinObservations = desk.ThinObservations
	ThinLineages     = desk.ThinLineages
	ThinSteps        = desk.ThinSteps
	ThinAge          = desk.ThinAge  // older than Policy.Whole
	ThinRoom         = desk.ThinRoom // beyond Policy.MaxBytes or MinFree
)

// Thinning is a record of what was thinned, and Told what happened to a track.
type (
	Thinning = desk.Thinning
	Told     = desk.Told
)

// honest is from which probability on a claimed identity counts as a name when
// lineages are thinned.
const honest = 0.5

// Thinner chooses what stays of steps that are thinned, so that every backend
// thins alike. Give it steps in their order. The zero Thinner is ready.
type Thinner struct {
	bucket int64 // of ThinTo, that seen and told are about
	seen   map[seenKey]uint64
	told   map[track.ID]bool
}

// seenKey is one identity at one sensor; without claim, all that claims none.
type seenKey struct {
	sensor sensor.ID
	claim  obs.Claim
}

// Thin takes from a step what does not stay, in new lists:
//
//   - Changes stay. Of each sensor and claimed identity the first observation of
//     the ten seconds stays; of what claims nothing (scans and plots), all of the
//     first step of the ten seconds that has any, and for want of room all.
//   - Events stay, and with them the picture of every step. Of a track that says
//     who it is, the lineage of the first plain update of the ten seconds stays,
//     and of the others each one that had a rival or a miss.
//
// It gives how many observations and lineages were dropped.
func (t *Thinner) Thin(step *Step, why string) (observations, lineages int) {
	if b := step.Now.Unix() / int64(ThinTo/time.Second); t.seen == nil || b != t.bucket {
		t.bucket, t.seen, t.told = b, map[seenKey]uint64{}, map[track.ID]bool{}
	}
	had := CountObservations(step.Inputs)
	step.Inputs = t.inputs(step, why == ThinRoom)
	lineages = t.lineages(step)
	return had - CountObservations(step.Inputs), lineages
}

func (t *Thinner) inputs(step *Step, room bool) (out []track.Input) {
	first := func(key seenKey) bool {
		nameless := key.claim == obs.Claim{}
		n, seen := t.seen[key]
		if !seen {
			t.seen[key] = step.N
		}
		return !seen || nameless && (room || n == step.N)
	}
	for _, in := range step.Inputs {
		switch {
		case in.Observation != nil:
			key := seenKey{sensor: in.Observation.Sensor}
			if len(in.Observation.Claims) > 0 {
				key.claim = in.Observation.Claims[0]
			}
			if !first(key) {
				continue
			}
		case in.Scan != nil:
			if !first(seenKey{sensor: in.Scan.Sensor}) {
				continue
			}
		}
		out = append(out, in)
	}
	return out
}

func (t *Thinner) lineages(step *Step) (dropped int) {
	events := append([]track.Event(nil), step.Events...)
	for i := range events {
		e := &events[i]
		if len(e.Lineage) == 0 || !plain(e) {
			continue
		}
		if !t.told[e.Track.ID] {
			t.told[e.Track.ID] = true
			continue
		}
		e.Lineage = nil
		dropped++
	}
	step.Events = events
	return dropped
}

// plain reports whether an event is one of the many that tell nothing new: a
// named track, moved by observations that nothing else could have had.
func plain(e *track.Event) bool {
	if e.Kind != track.Updated || e.Track.Distress != obs.NoDistress {
		return false
	}
	for i := range e.Lineage {
		if c := &e.Lineage[i]; c.Observation == 0 || c.Rivals[0].Track != 0 {
			return false
		}
	}
	for i := range e.Track.Claims {
		if e.Track.Claims[i].Honest >= honest {
			return true
		}
	}
	return false
}

// CountObservations counts the observations of inputs, those in scans too.
func CountObservations(inputs []track.Input) int {
	n := 0
	for _, in := range inputs {
		if in.Observation != nil {
			n++
		}
		if in.Scan != nil {
			n += len(in.Scan.Observations)
		}
	}
	return n
}

// ObservationIn finds an observation among inputs; nil: it is not there.
func ObservationIn(inputs []track.Input, seq uint64) *obs.Observation {
	for i := range inputs {
		if o := inputs[i].Observation; o != nil && o.Seq == seq {
			return o
		}
		if sc := inputs[i].Scan; sc != nil {
			for k := range sc.Observations {
				if sc.Observations[k].Seq == seq {
					return &sc.Observations[k]
				}
			}
		}
	}
	return nil
}

// Tell gives what happened to a track in a step.
func (s *Step) Tell(id track.ID) (out []Told) {
	for i := range s.Events {
		e := &s.Events[i]
		if e.Track.ID != id {
			continue
		}
		t := Told{Step: s.N, Known: s.Now, Event: *e, Thinned: s.Thinned && e.Kind == track.Updated && len(e.Lineage) == 0}
		for k := range e.Lineage {
			if o := ObservationIn(s.Inputs, e.Lineage[k].Observation); o != nil {
				t.Observations = append(t.Observations, *o)
			}
		}
		out = append(out, t)
	}
	return out
}
