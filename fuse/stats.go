package fuse

import (
	"iter"

	"atalaya/fuse/timeline"
)

// Stats counts what happened to inputs since the tracker was made. Nothing
// that comes in disappears without a count.
type Stats struct {
	Observations uint64 // all of them, those inside scans too
	Echoes       uint64 // the same message over another receiver: provenance only
	Changes      uint64
	BadChanges   uint64 // refused: unknown track, version out of order
	Scans        uint64

	Updates     uint64 // observations that moved a track
	Births      uint64
	Deaths      uint64
	Merges      uint64
	Resets      uint64 // tracks set anew after a manoeuvre beyond the gate
	Late        uint64 // older than the lag: kept as evidence only
	Retrodicted uint64 // later than the lag: they correct the present of a track
	Rewritten   uint64 // times that late data changed what was told of a track
	Revised     uint64 // of these, how often the past moved materially
	GatedOut    uint64 // named its track but lay outside its gate: held back
	Stale       uint64 // repeated the last place of what moves: no place
	Conflicts   uint64 // named a track it cannot be: impossible jump
	Misses      uint64
	Shed        [timeline.Sheds]uint64 // what was left out to keep up, and of things what was not told
	Nameless    uint64                 // neither place nor name
	BadPlace    uint64                 // a place that is no place
	Unheard     uint64                 // claims that wait for a first position
	Doubted     uint64                 // sensor's clock in doubt: receive time used
	Ahead       uint64                 // from the future: receive time used
	ClockSteps  uint64                 // our own clock went back
	Strangers   uint64                 // sensors without a record in force at the time
}

// All gives every count with its name, for metrics.
func (s *Stats) All() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, c := range []struct {
			name string
			n    uint64
		}{
			{"observations", s.Observations},
			{"echoes", s.Echoes},
			{"changes", s.Changes},
			{"bad_changes", s.BadChanges},
			{"scans", s.Scans},
			{"updates", s.Updates},
			{"births", s.Births},
			{"deaths", s.Deaths},
			{"merges", s.Merges},
			{"resets", s.Resets},
			{"late", s.Late},
			{"retrodicted", s.Retrodicted},
			{"rewritten", s.Rewritten},
			{"revised", s.Revised},
			{"gated_out", s.GatedOut},
			{"stale", s.Stale},
			{"conflicts", s.Conflicts},
			{"misses", s.Misses},
			{"nameless", s.Nameless},
			{"bad_place", s.BadPlace},
			{"unheard", s.Unheard},
			{"doubted", s.Doubted},
			{"ahead", s.Ahead},
			{"clock_steps", s.ClockSteps},
			{"strangers", s.Strangers},
		} {
			if !yield(c.name, c.n) {
				return
			}
		}
		for k, n := range s.Shed {
			if !yield("shed_"+timeline.Shed(k).String(), n) { //nolint:gosec // few
				return
			}
		}
	}
}

// Stats gives the counts so far.
func (t *Tracker) Stats() Stats {
	s := t.stats
	for k, n := range t.line.Stats().Shed {
		s.Shed[k] += n
	}
	return s
}
