package casework

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"atalaya/desk"
	"atalaya/track"
)

const (
	// around is how much of a track's past belongs to a finding: what led to
	// it, and what came of it.
	around = 30 * time.Minute
	// maxSpan bounds a track's past as one piece of evidence.
	maxSpan = 24 * time.Hour
	// maxPoints bounds what is read of it at once: a day has 86,400 points.
	maxPoints = 10_000
	// maxInputs bounds the observations that are kept for one track.
	maxInputs = 1000
)

// name is what a piece of evidence is called in records.
func (e *Evidence) name() string {
	switch e.Kind {
	case OfTrack:
		return e.Track.String() + " " + e.From.UTC().Format(time.RFC3339) + "/" + e.To.UTC().Format(time.RFC3339)
	case OfObservation:
		return strconv.FormatUint(e.Observation, 10)
	case OfFinding, OfAlert, OfReport, OfTask:
	}
	return e.ID
}

// gather looks evidence up, notes what is there now and what must not expire.
func (s *Service) gather(ctx context.Context, c *Case, evidence []Evidence, now time.Time) ([]Evidence, desk.Rests, error) {
	var rests desk.Rests
	if len(evidence) > maxAtOnce || c.Evidence+len(evidence) > maxEvidence {
		return nil, rests, fmt.Errorf("%w: at most %d pieces of evidence at once, and %d in a case", desk.ErrInvalid, maxAtOnce, maxEvidence)
	}
	out := make([]Evidence, 0, len(evidence))
	for i, e := range evidence {
		e.Taken = nil // what the client says of it counts for nothing
		if err := checkText("the note on the evidence", e.Note, 0, 1000); err != nil {
			return nil, rests, err
		}
		if err := s.lookUp(ctx, &e, &rests, now); err != nil {
			return nil, rests, fmt.Errorf("evidence %d, %s %s: %w", i+1, e.Kind, e.name(), err)
		}
		out = append(out, e)
	}
	slices.Sort(rests.Inputs)
	rests.Inputs = slices.Compact(rests.Inputs)
	return out, rests, nil
}

// lookUp looks one piece up.
func (s *Service) lookUp(ctx context.Context, e *Evidence, rests *desk.Rests, now time.Time) error {
	switch e.Kind {
	case OfTrack:
		return s.takeTrack(ctx, e, rests, now)
	case OfFinding:
		f, err := s.cfg.Picture.Finding(ctx, e.ID)
		if err != nil {
			return err
		}
		s.takeFinding(e, rests, f.ID, f.Track, f.Time, f.Inputs)
	case OfAlert:
		a, err := s.cfg.Alerts.Alert(ctx, desk.AlertID(e.ID))
		if err != nil {
			return err
		}
		f := &a.Finding
		s.takeFinding(e, rests, f.ID, f.Track, f.Time, f.Inputs)
	case OfReport:
		r, err := s.reports.get(ctx, e.ID)
		if err != nil {
			return err
		}
		e.Taken = &Taken{}
		for _, o := range r.Observed {
			e.Taken.Inputs = append(e.Taken.Inputs, o.Observation)
			if o.Track != 0 {
				rests.Tracks = append(rests.Tracks, desk.TrackSpan{Track: o.Track, From: r.Seen.Add(-around), To: r.Seen.Add(around)})
			}
		}
		rests.Inputs = append(rests.Inputs, e.Taken.Inputs...)
	case OfTask:
		_, err := s.tasks.get(ctx, e.ID)
		return err
	case OfObservation:
		if _, err := s.cfg.Picture.Observation(ctx, e.Observation); err != nil {
			return err
		}
		e.Taken = &Taken{Inputs: []uint64{e.Observation}}
		rests.Inputs = append(rests.Inputs, e.Observation)
	default:
		return fmt.Errorf("%w: kind %q; choose track, finding, alert, report, task or observation", desk.ErrInvalid, e.Kind)
	}
	return nil
}

func (s *Service) takeFinding(e *Evidence, rests *desk.Rests, id string, on track.ID, at time.Time, inputs []uint64) {
	e.Taken = &Taken{Inputs: inputs}
	rests.Findings = append(rests.Findings, id)
	rests.Inputs = append(rests.Inputs, inputs...)
	if on != 0 {
		rests.Tracks = append(rests.Tracks, desk.TrackSpan{Track: on, From: at.Add(-around), To: at.Add(around)})
	}
}

// takeTrack looks a track's past up.
func (s *Service) takeTrack(ctx context.Context, e *Evidence, rests *desk.Rests, now time.Time) error {
	if e.To.IsZero() || e.To.After(now) {
		e.To = now
	}
	if e.From.IsZero() {
		e.From = e.To.Add(-around)
	}
	e.From, e.To = e.From.UTC(), e.To.UTC()
	if length := e.To.Sub(e.From); length <= 0 || length > maxSpan {
		return fmt.Errorf("%w: from %s to %s; at most 24 hours of a track are one piece of evidence", desk.ErrInvalid, e.From.Format(time.RFC3339), e.To.Format(time.RFC3339))
	}
	span := desk.TrackSpan{Track: e.Track, From: e.From, To: e.To}
	points, err := s.past(ctx, span)
	if err != nil {
		return err
	}
	if len(points) == 0 {
		return fmt.Errorf("%w: nothing is known of the track in that time: choose another time", desk.ErrNotFound)
	}
	e.Taken = &Taken{Points: len(points), Inputs: spread(points, maxInputs)}
	if t, lineage, ok := s.cfg.Picture.Track(e.Track); ok {
		e.Taken.Belief, e.Taken.Lineage = &t, lineage
	}
	rests.Tracks = append(rests.Tracks, span)
	rests.Inputs = append(rests.Inputs, e.Taken.Inputs...)
	return nil
}

// past reads all that is known of a track in a span.
func (s *Service) past(ctx context.Context, span desk.TrackSpan) ([]PastPoint, error) {
	var all []PastPoint
	for {
		points, err := s.cfg.Picture.Past(ctx, span, maxPoints)
		if err != nil {
			return nil, err
		}
		all = append(all, points...)
		if len(points) < maxPoints {
			return all, nil
		}
		span.From = points[len(points)-1].Time.Add(1)
	}
}

// spread chooses at most so many of the observations behind points, evenly, the
// first and the last among them.
func spread(points []PastPoint, most int) []uint64 {
	var all []uint64
	for _, p := range points {
		if p.Observation != 0 && (len(all) == 0 || all[len(all)-1] != p.Observation) {
			all = append(all, p.Observation)
		}
	}
	if len(all) <= most {
		return all
	}
	out := make([]uint64, most)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(most-1)]
	}
	return out
}
