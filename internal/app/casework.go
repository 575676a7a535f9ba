package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/bus"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/casefile"
	"atalaya/desk/casework"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/internal/basemap"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
	"atalaya/web/live"
)

// caseworkSubject carries what the screens are told of casework.
func caseworkSubject() bus.Subject[CaseworkNews] {
	return bus.NewSubject[CaseworkNews]("atalaya.casework")
}

// CaseworkNews is one text message of the topic casework.
type CaseworkNews struct {
	Type string          // of the message: case, report, task, handover, log
	Data json.RawMessage // its content
}

// openCasework makes the service. The loop and the screens are there by now.
func (p *program) openCasework(ctx context.Context) error {
	towns, err := basemap.Towns()
	if err != nil {
		return err
	}
	p.places = &casework.Gazetteer{Towns: townPlaces(towns), Things: p.things}
	p.casework, err = casework.Start(ctx, casework.Config{
		Store: p.store, Journal: p.store, Ledger: p.ledger, Clock: p.clock, Alerts: p.desk, People: p.people,
		Picture: picture{p}, Log: p.log, Observe: p.enter, Raise: p.raise, Feeds: p.feeds.health,
		Approvals: func(ctx context.Context) ([]approval.Request, error) { return p.second.List(ctx, true, mostApprovals) },
		Changed:   p.tellCasework, Exercise: p.cfg.Exercise.Enabled,
	})
	if err != nil {
		return err
	}
	p.casefiles, err = casefile.New(casefile.Config{
		Cases: p.casework, Alerts: p.desk, Picture: picture{p}, Store: p.store, Clock: p.clock, Exercise: p.cfg.Exercise.Enabled, Version: Version,
		Area: func(id area.ID, at time.Time) (area.Area, bool) { return p.registry.Areas.At(string(id), at) },
	})
	if err != nil {
		return err
	}
	p.driver.reported = make(chan casework.Seen, reportsWaiting)
	return nil
}

// mostApprovals is more than may wait.
const mostApprovals = 1000

// reportsWaiting bounds what was made of reports and is not written down yet.
// What has no room is handed to the loop again at the next start.
const reportsWaiting = 1000

// doCasework does what the desk does by itself, until ctx ends.
func (p *program) doCasework(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.casework.Tick(ctx)
		case seen := <-p.driver.reported:
			if err := p.casework.Saw(ctx, seen); err != nil {
				p.log.Warn("what became of a report could not be written down", slog.String("report", seen.Report), slog.Any("error", err))
			}
		}
	}
}

// registerReports registers the sensor and the feed of what people report,
// where nobody did.
func (p *program) registerReports(ctx context.Context) error {
	const day = 24 * time.Hour
	now := p.clock.Now()
	ever := valid.Record{From: time.Unix(0, 0).UTC()} // people tell later what they saw
	for _, c := range []struct {
		kind   registry.Kind
		key    string
		change track.Change
	}{
		{registry.Sensor, string(sensor.Reports), track.Change{Sensor: &sensor.Sensor{
			ID: sensor.Reports, Name: "Informes", Kind: sensor.Person, Moving: true, Valid: ever, Exercise: p.cfg.Exercise.Enabled,
		}}},
		{registry.Feed, string(sensor.ReportsFeed), track.Change{Feed: &sensor.Feed{
			ID: sensor.ReportsFeed, Sensor: sensor.Reports, Format: sensor.FormatReports, Source: "desk:reports",
			Silent: day, Valid: ever, Exercise: p.cfg.Exercise.Enabled,
		}}},
	} {
		if p.registry.Version(c.kind, c.key) > 0 {
			continue
		}
		c.change.At = now
		w := registry.Wish{Who: desk.Who{Name: "atalaya"}, Reason: "comes with the program", Change: c.change}
		if _, err := p.registry.Apply(ctx, w); err != nil {
			return fmt.Errorf("register what people report: %w", err)
		}
	}
	return nil
}

// enter gives an observation to the feed of reports.
func (p *program) enter(_ context.Context, o obs.Observation) bool {
	entry, err := json.Marshal(o)
	if err != nil {
		p.log.Error("a report cannot be written for its feed", slog.Any("error", err))
		return false
	}
	return p.feeds.Desk.Put(entry)
}

// raise gives the desk a finding of its own, and tells the screens.
func (p *program) raise(ctx context.Context, f watch.Finding) error {
	changes, err := p.desk.Consider(ctx, p.clock.Now(), []watch.Finding{f})
	for i := range changes {
		if perr := bus.Publish(p.bus, alertSubject(), changes[i].Alert); perr != nil {
			p.log.Error("publish an alert of the desk", slog.Any("error", perr))
		}
	}
	return err
}

// tellCasework tells the screens of a change.
func (p *program) tellCasework(n casework.News) {
	switch {
	case n.Case != nil:
		p.publishCasework("case", n.Case)
	case n.Report != nil:
		p.publishCasework("report", n.Report)
	case n.Task != nil:
		p.publishCasework("task", n.Task)
	case n.Handover != nil:
		p.publishCasework("handover", n.Handover)
	}
}

// tellLine tells the screens of a line of the shift log.
func (p *program) tellLine(l casework.Line) {
	if p.bus != nil { // while the program opens nobody listens
		p.publishCasework("log", l)
	}
}

func (p *program) publishCasework(kind string, v any) {
	data, err := json.Marshal(v)
	if err == nil {
		err = bus.Publish(p.bus, caseworkSubject(), CaseworkNews{kind, data})
	}
	if err != nil {
		p.log.Error("publish casework", slog.String("kind", kind), slog.Any("error", err))
	}
}

func (n CaseworkNews) tell(h *live.Hub) { h.Casework(n.Type, n.Data) }

// reports finds out what became of the reports of a turn.
func reports(t *Turn) (out []casework.Seen) {
	for i := range t.Inputs {
		o := t.Inputs[i].Observation
		if o == nil || o.Source.Report == "" || o.Sensor != sensor.Reports {
			continue
		}
		seen := casework.Seen{Report: o.Source.Report, Observation: o.Seq}
		for k := range t.Events {
			for _, c := range t.Events[k].Lineage {
				if c.Observation == o.Seq {
					seen.Track = t.Events[k].Track.ID
				}
			}
		}
		out = append(out, seen)
	}
	return out
}

// picture is what casework looks up.
type picture struct{ p *program }

func (x picture) Track(id track.ID) (track.Track, track.Lineage, bool) {
	t, _, ok := x.p.hub.Track(id)
	lineage, _ := x.p.driver.loop.Lineage(id)
	return t, lineage, ok
}

func (x picture) Past(ctx context.Context, s desk.TrackSpan, limit int) ([]casework.PastPoint, error) {
	points, err := x.p.store.TrackHistory(ctx, store.HistoryQuery{Track: s.Track, From: s.From, To: s.To, Limit: limit})
	if err != nil {
		return nil, err
	}
	out := make([]casework.PastPoint, len(points))
	for i := range points {
		v := &points[i]
		out[i] = casework.PastPoint{
			Time: v.State.Time, Known: v.Known, Position: v.State.Position, Deviation: deviation(&v.State),
			East: v.State.East, North: v.State.North, Status: v.Status, Observation: v.LastSeq,
		}
	}
	return out, nil
}

func (x picture) Observation(ctx context.Context, seq uint64) (obs.Observation, error) {
	return x.p.store.Observation(ctx, seq)
}

func (x picture) Finding(ctx context.Context, id string) (watch.Finding, error) {
	return x.p.store.FindingByID(ctx, id)
}

func (x picture) Asset(id asset.ID) (asset.Asset, bool) {
	return x.p.registry.Assets.At(string(id), x.p.clock.Now())
}

func (x picture) Place(kind casework.PlaceKind, id string) (casework.Place, bool) {
	return x.p.places.Place(kind, id)
}

// townPlaces makes places of the map's towns. How far a town reaches follows
// from its people: a thousand live within 500 m, two million within 7 km.
func townPlaces(towns []basemap.Place) []casework.Place {
	const least, each = 500.0, 5.0 // m, m for the root of the people
	out := make([]casework.Place, len(towns))
	seen := map[string]int{}
	for i, t := range towns {
		id := t.Name + "/" + t.Country
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s/%d", id, seen[id])
		}
		out[i] = casework.Place{
			Kind: casework.Town, ID: id, Name: t.Name, Position: t.Position, Detail: t.Country,
			Radius: math.Round(max(least, each*math.Sqrt(float64(t.Population)))),
		}
	}
	return out
}

// things gives the registered things that lie somewhere now.
func (p *program) things() []casework.Place {
	now := p.clock.Now()
	var out []casework.Place
	for _, a := range p.registry.Assets.AllAt(now) {
		if t, ok := p.whereIs(&a); ok {
			out = append(out, casework.Place{
				Kind: casework.AssetPlace, ID: string(a.ID), Name: named(a.Name, string(a.ID)), Detail: string(a.Kind),
				Position: t.State.Position, Radius: math.Ceil(2 * deviation(&t.State)), At: t.State.Time,
			})
		}
	}
	for _, a := range p.registry.Areas.AllAt(now) {
		at, radius := middle(&a)
		out = append(out, casework.Place{
			Kind: casework.AreaPlace, ID: string(a.ID), Name: named(a.Name, string(a.ID)), Detail: string(a.Kind), Position: at, Radius: radius,
		})
	}
	for _, s := range p.registry.Sensors.AllAt(now) {
		if s.Moving || s.Position == (geo.Position{}) {
			continue
		}
		const mast = 50.0 // m
		out = append(out, casework.Place{
			Kind: casework.StationPlace, ID: string(s.ID), Name: named(s.Name, string(s.ID)), Detail: string(s.Kind), Position: s.Position, Radius: mast,
		})
	}
	return out
}

func named(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

// whereIs finds the track of a thing of ours.
func (p *program) whereIs(a *asset.Asset) (track.Track, bool) {
	found := p.hub.Tracks(0, 1, func(t *track.Track) bool {
		id, own := p.driver.loop.Own(t)
		return own && id == a.ID
	})
	if len(found) == 0 {
		return track.Track{}, false
	}
	return found[0], true
}

// middle gives the middle of an area's box, and how far its corners are.
func middle(a *area.Area) (geo.Position, float64) {
	points := append([]geo.Position{}, a.Line...)
	for _, ring := range a.Polygon {
		points = append(points, ring...)
	}
	if len(points) == 0 {
		return a.Point, a.Buffer
	}
	low, high := points[0], points[0]
	for _, p := range points {
		low.Lat, low.Lon = min(low.Lat, p.Lat), min(low.Lon, p.Lon)
		high.Lat, high.Lon = max(high.Lat, p.Lat), max(high.Lon, p.Lon)
	}
	mid := geo.Position{Lat: (low.Lat + high.Lat) / 2, Lon: (low.Lon + high.Lon) / 2}
	return mid, math.Ceil(geo.Distance(mid, high) + a.Buffer)
}
