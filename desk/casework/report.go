package casework

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Means is how a report came.
type Means string

// The means.
const (
	ByRadio     Means = "radio"
	ByTelephone Means = "telephone"
	ByEye       Means = "eye" // the officer's own
	ByOther     Means = "other"
)

// Method is how the place of a sighting was told.
type Method string

// The methods.
const (
	AtPlace      Method = "place"
	AtCoordinate Method = "coordinate"
	FromPlace    Method = "bearing" // bearing and distance from a place
)

// PlaceRef names a place of the search for places.
type PlaceRef struct {
	Kind PlaceKind `json:"kind" enum:"town,area,asset,sensor" doc:"what it is"`
	ID   string    `json:"id" minLength:"1" maxLength:"200" doc:"its id, as the search for places gives it"`
}

// Where is where something was seen, as it was told. Radius is the circle in
// which it surely (95 of 100) was; of bearing and distance the errors say how
// far it may be out.
type Where struct {
	Method   Method        `json:"method" enum:"place,coordinate,bearing" doc:"place: at a named place; coordinate; bearing: bearing and distance from a named place"`
	Place    *PlaceRef     `json:"place,omitempty" doc:"of place and bearing"`
	Position *geo.Position `json:"position,omitempty" doc:"of coordinate: WGS84 degrees; of bearing: in place of a named place"`
	Bearing  float64       `json:"bearing_deg,omitempty" minimum:"0" maximum:"360" doc:"true, from the place to what was seen"`
	Distance float64       `json:"distance_m,omitempty" minimum:"0" maximum:"200000" doc:"metres from the place"`
	// Errors of bearing and distance, one standard deviation.
	BearingSD  float64 `json:"bearing_sd_deg,omitempty" minimum:"0" maximum:"90" doc:"degrees, 1 sigma; default 10"`
	DistanceSD float64 `json:"distance_sd_m,omitempty" minimum:"0" maximum:"100000" doc:"metres, 1 sigma; default a fifth of the distance"`
	Radius     float64 `json:"radius_m,omitempty" minimum:"0" maximum:"100000" doc:"metres; default 200 for a coordinate, and the place's own for a place"`
}

// Sighting is what a person said that they saw.
type Sighting struct {
	Reporter    string    `json:"reporter" minLength:"1" maxLength:"200" doc:"who saw it"`
	Contact     string    `json:"contact,omitempty" maxLength:"200" doc:"call sign, telephone number"`
	Means       Means     `json:"means" enum:"radio,telephone,eye,other" doc:"how the report came"`
	Seen        time.Time `json:"seen" doc:"when they saw it"`
	Received    time.Time `json:"received,omitzero" doc:"when they told it; default: now"`
	Where       Where     `json:"where" doc:"where they saw it"`
	Kind        obs.Kind  `json:"kind" enum:"unknown,vessel,aircraft,rotorcraft,glider,drone,vehicle,walker" doc:"what it was"`
	Count       int       `json:"count,omitempty" minimum:"0" maximum:"1000" doc:"how many together; default 1"`
	Called      string    `json:"called,omitempty" maxLength:"100" doc:"name that it bears, as they read or heard it"`
	Course      *float64  `json:"course_deg,omitempty" minimum:"0" maximum:"360" doc:"where it went, true degrees"`
	Speed       *float64  `json:"speed_mps,omitempty" minimum:"0" maximum:"400" doc:"how fast, metres a second"`
	Description string    `json:"description,omitempty" maxLength:"4000" doc:"in their words"`
	Grade       obs.Grade `json:"grade" pattern:"^[A-F][1-6]$" doc:"Admiralty code: reliability of the source A to F, credibility of what it says 1 to 6"`
}

// Observed says that a wording of a report became an observation.
type Observed struct {
	Revision    uint32    `json:"revision" doc:"wording of the report"`
	Observation uint64    `json:"observation" doc:"sequence of the observation"`
	Track       track.ID  `json:"track,omitempty" doc:"the track that it made or moved; absent: none, because it was too old or contradicted"`
	At          time.Time `json:"at" doc:"when"`
}

// Report is a sighting told by a person, as it stands. A correction is a new
// version with a new observation; what was said before is not edited.
type Report struct {
	Stamp
	Sighting
	Revision uint32       `json:"revision" doc:"wording: 1, and one more with each correction"`
	Why      string       `json:"why,omitempty" doc:"of a correction: why"`
	Position geo.Position `json:"position" doc:"where that is"`
	Cov      obs.Cov2     `json:"cov_m2" doc:"how far it may be out"`
	PlaceAt  *Place       `json:"place_at,omitempty" doc:"the place as it was then"`
	Observed []Observed   `json:"observed" doc:"what became of it"`
	Exercise bool         `json:"exercise" doc:"belongs to the exercise"`
}

// isOpen: its newest wording has not become an observation yet.
func (r *Report) isOpen() bool {
	return !slices.ContainsFunc(r.Observed, func(o Observed) bool { return o.Revision == r.Revision })
}

// Ref names the wording, as observations do.
func (r *Report) Ref() string { return fmt.Sprintf("%s/%d", r.ID, r.Revision) }

// ReportFile is a report with everything that it was.
type ReportFile struct {
	Report
	Versions []Report `json:"versions" doc:"every version, oldest first"`
}

const (
	maxReported = 30 * 24 * time.Hour // old sightings that may be entered
	maxWordings = 100
	aheadOfUs   = time.Minute // their clock may run before ours
)

// FileReport writes a report down; it becomes an observation.
func (s *Service) FileReport(ctx context.Context, w Wish, g Sighting) (Result[Report], error) {
	if err := w.Who.Needs(desk.Officer, "enter a report"); err != nil {
		return Result[Report]{}, err
	}
	res, err := s.reports.make(ctx, change[*Report]{
		Wish: w, record: "report.filed", content: g, fields: g.fields(),
		apply: func(p *Report, now time.Time) (desk.Rests, error) {
			p.Exercise, p.Revision, p.Observed = s.cfg.Exercise, 1, []Observed{}
			return desk.Rests{}, s.word(p, g, now)
		},
	})
	if err == nil {
		s.observe(ctx)
	}
	return res, err
}

// CorrectReport gives a report another wording.
func (s *Service) CorrectReport(ctx context.Context, w Wish, id string, g Sighting, why string) (Result[Report], error) {
	if err := w.Who.Needs(desk.Officer, "correct a report"); err != nil {
		return Result[Report]{}, err
	}
	if err := checkText("why it is corrected", why, 1, maxText); err != nil {
		return Result[Report]{}, err
	}
	res, err := s.reports.do(ctx, id, change[*Report]{
		Wish: w, record: "report.corrected", content: struct {
			Sighting Sighting
			Why      string
		}{g, why}, fields: append(g.fields(), desk.Field{Name: "why", Value: why}),
		apply: func(p *Report, now time.Time) (desk.Rests, error) {
			if p.Revision >= maxWordings {
				return desk.Rests{}, fmt.Errorf("%w: report %s was corrected %d times: enter another", desk.ErrConflict, p.ID, maxWordings)
			}
			p.Revision++
			p.Why = why
			return desk.Rests{}, s.word(p, g, now)
		},
	})
	if err == nil {
		s.observe(ctx)
	}
	return res, err
}

// fields of the ledger's record.
func (g *Sighting) fields() []desk.Field {
	return []desk.Field{
		{Name: "reporter", Value: g.Reporter},
		{Name: "means", Value: string(g.Means)},
		{Name: "seen", Value: g.Seen.UTC().Format(time.RFC3339)},
		{Name: "kind", Value: g.Kind.String()},
		{Name: "grade", Value: string(g.Grade)},
		{Name: "description", Value: g.Description},
	}
}

// word checks a sighting and makes it the report's wording.
func (s *Service) word(p *Report, g Sighting, now time.Time) error {
	if g.Received.IsZero() {
		g.Received = now
	}
	if g.Count == 0 {
		g.Count = 1
	}
	if err := g.check(now); err != nil {
		return err
	}
	g.Seen, g.Received = g.Seen.UTC(), g.Received.UTC()
	p.Sighting = g
	return s.locate(p)
}

func (g *Sighting) check(now time.Time) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{desk.ErrInvalid}, args...)...)
	}
	switch {
	case g.Seen.After(now.Add(aheadOfUs)) || g.Received.After(now.Add(aheadOfUs)):
		return bad("it was seen or told in the future: check the times")
	case g.Seen.After(g.Received.Add(aheadOfUs)):
		return bad("it was told before it was seen: check the times")
	case now.Sub(g.Seen) > maxReported:
		return bad("it was seen more than 30 days ago: write it into a case as a note")
	case !g.Grade.Valid():
		return bad("grade %q: write A to F and 1 to 6, such as B2; F6 where it cannot be judged", g.Grade)
	case !slices.Contains([]Means{ByRadio, ByTelephone, ByEye, ByOther}, g.Means):
		return bad("means %q; choose radio, telephone, eye or other", g.Means)
	case g.Kind > obs.Walker:
		return bad("kind %s; choose unknown, vessel, aircraft, rotorcraft, glider, drone, vehicle or walker", g.Kind)
	case g.Count < 0 || g.Count > 1000:
		return bad("%d things; at most 1000", g.Count)
	case g.Course != nil && !(*g.Course >= 0 && *g.Course <= 360), g.Speed != nil && !(*g.Speed >= 0 && *g.Speed <= 400):
		return bad("course is 0 to 360 degrees, speed 0 to 400 metres a second")
	}
	return errors.Join(
		checkText("the reporter", g.Reporter, 1, maxName), checkText("the contact", g.Contact, 0, maxName),
		checkText("the name", g.Called, 0, 100), checkText("the description", g.Description, 0, maxText),
	)
}

const (
	// within95 is the radius that holds 95 of 100 of a round normal error, in
	// standard deviations: the root of the chi-squared quantile 5.991 of two
	// degrees of freedom.
	within95 = 2.4477
	// Errors where nobody tells any: a direction by eye, a distance by eye, a
	// coordinate read from a chart or a telephone.
	usualBearingSD = 10  // degrees
	usualDistance  = 0.2 // of the distance
	usualRadius    = 200 // metres
	leastRadius    = 10  // metres: nobody is better
)

// locate finds out where the sighting was, and how far it may be out.
func (s *Service) locate(p *Report) error {
	w := &p.Where
	bad := func(what string) error { return fmt.Errorf("%w: %s", desk.ErrInvalid, what) }
	for _, v := range []float64{w.Bearing, w.Distance, w.BearingSD, w.DistanceSD, w.Radius} {
		if !(v >= 0 && v <= 200e3) {
			return bad("bearing, distance, errors and radius are not negative, and at most 200 km")
		}
	}
	if w.Bearing > 360 || w.BearingSD > 90 {
		return bad("a bearing is 0 to 360 degrees, its error at most 90")
	}
	origin, own, err := s.origin(p)
	if err != nil {
		return err
	}
	switch w.Method {
	case AtCoordinate, AtPlace:
		if w.Radius == 0 {
			w.Radius = own
		}
		p.Position, p.Cov = origin, obs.Round(max(w.Radius, leastRadius)/within95)
	case FromPlace:
		if w.Distance == 0 {
			return bad("name the distance")
		}
		if w.BearingSD == 0 {
			w.BearingSD = usualBearingSD
		}
		if w.DistanceSD == 0 {
			w.DistanceSD = usualDistance * w.Distance
		}
		p.Position, _ = geo.Direct(origin, w.Bearing, w.Distance)
		p.Cov = errorsOf(w, max(w.Radius, leastRadius)/within95)
	default:
		return bad(fmt.Sprintf("method %q; choose place, coordinate or bearing", w.Method))
	}
	return nil
}

// origin gives the place that the sighting refers to and its radius.
func (s *Service) origin(p *Report) (geo.Position, float64, error) {
	w := &p.Where
	p.PlaceAt = nil
	switch {
	case w.Method == AtCoordinate && w.Place != nil, w.Method == AtPlace && w.Position != nil, w.Place != nil && w.Position != nil:
		return geo.Position{}, 0, fmt.Errorf("%w: name a place or a coordinate, not both", desk.ErrInvalid)
	case w.Place != nil:
		at, ok := s.cfg.Picture.Place(w.Place.Kind, w.Place.ID)
		if !ok {
			return geo.Position{}, 0, fmt.Errorf("place %s %s: %w: search for it by name, or give a coordinate", w.Place.Kind, w.Place.ID, desk.ErrNotFound)
		}
		p.PlaceAt = &at
		return at.Position, at.Radius, nil
	case w.Position == nil:
		return geo.Position{}, 0, fmt.Errorf("%w: say where: name a place or give a coordinate", desk.ErrInvalid)
	case !w.Position.Valid():
		return geo.Position{}, 0, fmt.Errorf("%w: position %v is not on earth", desk.ErrInvalid, *w.Position)
	}
	return *w.Position, usualRadius, nil
}

// errorsOf gives the covariance of bearing and distance from a place that is
// itself known to sd metres.
func errorsOf(w *Where, sd float64) obs.Cov2 {
	sin, cos := fmath.SincosDegrees(w.Bearing)
	across := float64(w.Distance * float64(w.BearingSD*(math.Pi/180)))
	along2, across2, own := float64(w.DistanceSD*w.DistanceSD), float64(across*across), float64(sd*sd)
	return obs.Cov2{
		EE: float64(float64(sin*sin)*along2) + float64(float64(cos*cos)*across2) + own,
		NN: float64(float64(cos*cos)*along2) + float64(float64(sin*sin)*across2) + own,
		EN: float64(float64(sin*cos) * (along2 - across2)),
	}
}

// observation makes the observation of the report's wording. Its hash is of
// the document's bytes.
func (r *Report) observation(content []byte, now time.Time) obs.Observation {
	o := obs.Observation{
		Sensor: sensor.Reports, Time: r.Seen, Received: now, Clock: obs.ClockStated,
		Source: obs.Source{Feed: sensor.ReportsFeed, Hash: sha256.Sum256(content), Report: r.Ref(), Grade: r.Grade},
		Kind:   r.Kind, Measure: obs.Place, Position: r.Position, Cov: r.Cov,
		Claims: []obs.Claim{{Kind: obs.RadarTarget, Value: string(sensor.Reports) + "/" + r.ID}},
		Text:   r.Description,
	}
	if name := strings.TrimSpace(r.Called); name != "" {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.Name, Value: name})
	}
	if r.Course != nil {
		o.Course, o.Has = geo.WrapBearing(*r.Course), o.Has|obs.HasCourse
	}
	if r.Speed != nil {
		o.Speed, o.Has = *r.Speed, o.Has|obs.HasSpeed
	}
	return o
}

// observe hands the wordings that have not become observations to the loop,
// each once a run.
func (s *Service) observe(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	s.sending.Lock()
	defer s.sending.Unlock()
	for _, r := range s.reports.allOpen() {
		if s.sent[r.ID] >= r.Revision {
			continue
		}
		content, err := s.wording(ctx, &r)
		if err != nil {
			s.complain("a report waits to become an observation", err)
			continue
		}
		if s.cfg.Observe(ctx, r.observation(content, s.cfg.Clock.Now().UTC())) {
			s.sent[r.ID] = r.Revision
		}
	}
}

// wording gives the document that holds a report's newest wording.
func (s *Service) wording(ctx context.Context, r *Report) ([]byte, error) {
	docs, err := s.cfg.Store.DocumentVersions(ctx, KindReport, r.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		if b, err := s.reports.read(d); err != nil {
			return nil, err
		} else if b.Paper.Revision == r.Revision {
			return d.Body, nil
		}
	}
	return nil, fmt.Errorf("report %s, wording %d: %w", r.ID, r.Revision, desk.ErrNotFound)
}

// Seen is what the loop made of an observation of a report.
type Seen struct {
	Report      string // its reference, "R7/2"
	Observation uint64
	Track       track.ID // 0: none
}

// Saw notes what became of a report. It is not for the loop itself: it waits
// for the disk.
func (s *Service) Saw(ctx context.Context, seen Seen) error {
	id, rest, ok := strings.Cut(seen.Report, "/")
	var revision uint32
	if _, err := fmt.Sscan(rest, &revision); !ok || err != nil {
		return fmt.Errorf("%w: report %q", desk.ErrInvalid, seen.Report)
	}
	_, err := s.reports.do(ctx, id, change[*Report]{
		record:  "report.observed",
		content: seen,
		fields:  []desk.Field{{Name: "observation", Value: fmt.Sprint(seen.Observation)}, {Name: "track", Value: seen.Track.String()}},
		apply: func(p *Report, now time.Time) (desk.Rests, error) {
			p.Observed = append(slices.Clip(p.Observed), Observed{Revision: revision, Observation: seen.Observation, Track: seen.Track, At: now})
			return desk.Rests{Inputs: []uint64{seen.Observation}}, nil
		},
	})
	return err
}

// Report gives a report with all its versions.
func (s *Service) Report(ctx context.Context, id string) (ReportFile, error) {
	versions, err := s.reports.versions(ctx, id)
	if err != nil {
		return ReportFile{}, err
	}
	return ReportFile{Report: versions[len(versions)-1], Versions: versions}, nil
}

// Reports gives reports, the newest change first.
func (s *Service) Reports(ctx context.Context, q desk.DocumentQuery) (Page[Report], error) {
	return s.reports.list(ctx, q)
}
