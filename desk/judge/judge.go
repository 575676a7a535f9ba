// Package judge says whether a camera may be turned: nothing but a safe act
// leaves without it.
//
//  1. The policy is the one that two people signed (package authority).
//  2. An authority covers the camera, the purpose and the hour.
//  3. The fence passes all that may come into view on the way, with the
//     authority's area as the area to stay in.
//  4. The policy permits the person the act.
//
// Afterwards Report judges what the camera says of where it points, by the other
// geometry and from nothing else than that.
//
// What a verdict rests on stands in the record, by the names of
// docs/ledger-format.md: areas and borders are records of their own, which looks
// name by their hash.
package judge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/gate"
	"atalaya/desk/looks"
	"atalaya/geo"
	"atalaya/ledger"
	"atalaya/policy"
	"atalaya/policy/fence"
	"atalaya/sensor"
)

// Config is what a Judge is made from. Functions may be called from several
// goroutines.
type Config struct {
	Authorities *authority.Service
	Policy      *policy.Policy
	// Areas gives what is in force, and a number that changes with it.
	Areas func() (areas []area.Area, revision uint64)
	// Home is our state, by its three letters.
	Home string
	// Borders are those of neighbours that no area is a border with.
	Borders  []fence.Border
	Standoff float64 // metres that looks keep from foreign land
	// Picture works out what a camera sees; its error says why that is not known.
	Picture func(s *sensor.Sensor, d sensor.Direction) (*looks.Picture, error)
	// Note makes records without an outcome.
	Note func(ctx context.Context, s ...gate.Single) error
	Now  func() time.Time
}

// Sigma is how many standard deviations of all that is uncertain count.
const Sigma = 2

// Judge judges looks. Its methods may be called from several goroutines.
type Judge struct {
	cfg Config

	mu       sync.Mutex
	fences   map[string]*fence.Fence // by authority
	revision uint64                  // of the areas that they are made from
	noted    map[string]string       // shapes on record, and with what, by what they are of
}

// New makes a Judge.
func New(cfg Config) *Judge {
	return &Judge{cfg: cfg, fences: map[string]*fence.Fence{}, noted: map[string]string{}}
}

// Look judges a look before it begins.
func (j *Judge) Look(ctx context.Context, l *looks.Look) (looks.Verdict, error) {
	adopted, err := j.cfg.Authorities.Adopted(ctx)
	if err != nil {
		return looks.Verdict{}, err
	}
	if adopted != j.cfg.Policy.Hash() {
		return looks.Verdict{Why: "the policy of this program was not signed by two people: see 'atalaya policy'"}, nil
	}
	have, err := j.cfg.Authorities.Covering(ctx, authority.Use{Sensor: l.Sensor.ID, Purpose: policy.Purpose(l.Purpose), At: l.At, Named: l.Authority})
	if err != nil {
		return looks.Verdict{Why: err.Error()}, nil //nolint:nilerr // whatever it is, nothing covers the look
	}
	view, err := j.sweep(l)
	if err != nil {
		return looks.Verdict{}, err
	}
	var refused looks.Verdict
	for i := range have {
		v, err := j.under(ctx, &have[i], l, view)
		if err != nil || v.Passes {
			return v, err
		}
		refused = v
	}
	return refused, nil
}

// under judges a look under one authority.
func (j *Judge) under(ctx context.Context, a *authority.Authority, l *looks.Look, view *fence.Look) (looks.Verdict, error) {
	f, err := j.fence(a)
	if err != nil {
		return looks.Verdict{}, err
	}
	v := f.Command(fence.Command{
		Judged: l.At, Pose: stands(&l.Sensor, l.At), Vehicle: fence.Vehicle{Exercise: l.Sensor.Exercise},
		Loss: fence.Loss{Act: fence.LossNone}, Look: view,
	})
	if !v.Pass {
		return looks.Verdict{Why: fmt.Sprintf("under authority %s (%s): the fence refuses it: %s", a.ID, a.Place, reasons(&v))}, nil
	}
	d := j.cfg.Policy.Decide(policy.Subject{Role: string(l.Who.Role)}, string(policy.Turn), policy.Thing{Exercise: l.Sensor.Exercise},
		policy.Facts{Authority: a.State(l.At).Policy(), Purpose: policy.Purpose(l.Purpose), Inside: v.Pass})
	if !d.Allowed {
		return looks.Verdict{Why: fmt.Sprintf("the policy refuses it: %s", strings.Join(d.Reasons, ", "))}, nil
	}
	if err := j.note(ctx, a, f); err != nil {
		return looks.Verdict{}, err
	}
	return looks.Verdict{
		Passes: true, Text: "inside", Authority: a.ID, Place: a.Place, Until: a.Until,
		Fields: append(record(f, &v, view), desk.Field{Name: "policy", Value: j.cfg.Policy.Hash()}, desk.Field{Name: "policy.rule", Value: strings.Join(d.Reasons, " ")}),
	}, nil
}

// Holds says why a camera may not go on under an authority; nil: it may.
func (j *Judge) Holds(ctx context.Context, id sensor.ID, purpose, under string) error {
	_, err := j.cfg.Authorities.Covering(ctx, authority.Use{Sensor: id, Purpose: policy.Purpose(purpose), At: j.cfg.Now(), Named: under})
	return err
}

// Report judges where a camera says that it points. It knows nothing of what it
// was told.
func (j *Judge) Report(ctx context.Context, s *sensor.Sensor, d sensor.Direction, under string) (looks.Verdict, error) {
	a, err := j.cfg.Authorities.Get(ctx, under)
	if err != nil {
		return looks.Verdict{}, err
	}
	f, err := j.fence(&a)
	if err != nil {
		return looks.Verdict{}, err
	}
	now := j.cfg.Now()
	view := &fence.Look{Outlines: []fence.Outline{j.outline(s, d, d)}, Sigma: Sigma, Error: s.PositionSD}
	v := f.Report(fence.Report{Judged: now, Exercise: s.Exercise, Pose: stands(s, now), Look: view})
	out := looks.Verdict{Passes: v.Pass, Text: "inside", Authority: a.ID, Fields: record(f, &v, view)}
	if !v.Pass {
		out.Text, out.Why = "outside", reasons(&v)
		if err := j.note(ctx, &a, f); err != nil { // what it is judged by is on record as far as the ledger works
			out.Why += "; " + err.Error()
		}
	}
	return out, nil
}

// stands is the pose of what stands where the registry says.
func stands(s *sensor.Sensor, at time.Time) fence.Pose {
	return fence.Pose{Known: s.Position.Valid() && !s.Moving, At: s.Position, Time: at, Accuracy: s.PositionSD}
}

// fence gives the fence of an authority's area.
func (j *Judge) fence(a *authority.Authority) (*fence.Fence, error) {
	areas, revision := j.cfg.Areas()
	j.mu.Lock()
	defer j.mu.Unlock()
	if revision != j.revision {
		clear(j.fences)
		j.revision = revision
	}
	if f := j.fences[a.ID]; f != nil {
		return f, nil
	}
	const maxAge, maxClock = 10, 5 // seconds
	b := fence.Bounds{
		Area:     fence.Zone{ID: a.ID, Version: 1, Polygon: geo.Polygon{a.Area}},
		Standoff: j.cfg.Standoff, Sigma: Sigma, MaxAge: maxAge, MaxClock: maxClock,
	}
	for _, x := range areas {
		if x.Kind == area.NoLook {
			z, err := fence.ZoneOf(x)
			if err != nil {
				return nil, err
			}
			z.Polygon = z.Polygon[:1] // its holes are not looked at either
			b.NoLook = append(b.NoLook, z)
		}
	}
	var err error
	if b.Borders, err = fence.Borders(j.cfg.Home, areas); err != nil {
		return nil, err
	}
	for _, x := range j.cfg.Borders {
		known := false
		for _, y := range b.Borders {
			known = known || x.State == y.State
		}
		if !known {
			b.Borders = append(b.Borders, x)
		}
	}
	f, err := fence.New(b)
	if err != nil {
		return nil, err
	}
	j.fences[a.ID] = f
	return f, nil
}

// record are the fields of a verdict.
func record(f *fence.Fence, v *fence.Verdict, view *fence.Look) []desk.Field {
	b := f.Bounds()
	rings := make([]string, 0, 1)
	for _, r := range view.Hulls() {
		rings = append(rings, positions(r, true))
	}
	grow := 0.0
	for _, g := range v.Look {
		grow += g.Metres
	}
	out := []desk.Field{
		{Name: "look.footprint", Value: strings.Join(rings, "\n")},
		{Name: "look.grow", Value: strconv.FormatFloat(grow, 'f', 3, 64)},
		{Name: "look.area", Value: hashed(positions(b.Area.Polygon[0], true))},
		{Name: "fence.bounds", Value: v.Bounds},
		{Name: "fence.input", Value: v.Input},
	}
	for i, c := range v.Classes {
		if code, is := ledger.CodeOf(c.State); is {
			out = append(out, desk.Field{Name: "class." + code, Value: c.Class}, desk.Field{Name: "line." + code, Value: hashed(lines(b.Borders[i].Lines))})
		}
	}
	return out
}

// note makes the records of what a fence judges by, once each while the program
// runs.
func (j *Judge) note(ctx context.Context, a *authority.Authority, f *fence.Fence) error {
	b, at := f.Bounds(), j.cfg.Now()
	var todo []gate.Single
	made := map[string]string{}
	add := func(kind, name string, accuracy, standoff float64, fields ...ledger.Field) {
		fields = append(fields, ledger.Text("standoff", strconv.FormatFloat(standoff+Sigma*accuracy, 'f', 3, 64)))
		text := fmt.Sprint(fields)
		if key := kind + " " + name; j.noted[key] != text {
			made[key] = text
			todo = append(todo, gate.Single{Kind: kind, ID: fmt.Sprintf("%s/%s/%s", kind, name, at.UTC().Format(time.RFC3339Nano)), At: at, Fields: fields})
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	zone := func(z fence.Zone, name, use string) {
		add("area", name, z.Accuracy, 0, ledger.Text("area", name), ledger.Text("use", use), ledger.Text("shape", positions(z.Polygon[0], true)))
	}
	zone(b.Area, "authority:"+a.ID, "watch")
	for _, z := range b.NoLook {
		zone(z, z.ID, "no-look")
	}
	for _, n := range b.Borders {
		if code, is := ledger.CodeOf(n.State); is {
			add("border", code, n.Accuracy, b.Standoff, ledger.Text("state", code), ledger.Text("version", n.Version),
				ledger.Text("demonstration", strconv.FormatBool(n.Demonstration)), ledger.Text("shape", lines(n.Lines)))
		}
	}
	for key := range j.noted { // a zone that is none any more
		name, is := strings.CutPrefix(key, "area ")
		if is && !strings.HasPrefix(name, "authority:") && !holds(b.NoLook, name) && j.noted[key] != "none" {
			made[key] = "none"
			todo = append(todo, gate.Single{Kind: "area", ID: fmt.Sprintf("area/%s/%s", name, at.UTC().Format(time.RFC3339Nano)), At: at, Fields: []ledger.Field{
				ledger.Text("area", name), ledger.Text("use", "none"), ledger.Text("shape", positions(b.Area.Polygon[0], true)),
			}})
		}
	}
	if len(todo) == 0 {
		return nil
	}
	if err := j.cfg.Note(ctx, todo...); err != nil {
		return err
	}
	maps.Copy(j.noted, made)
	return nil
}

func holds(zones []fence.Zone, id string) bool {
	for _, z := range zones {
		if z.ID == id {
			return true
		}
	}
	return false
}

// positions are a line, or a ring that ends where it begins, as records have
// them.
func positions(at []geo.Position, closed bool) string {
	out := make([]string, 0, len(at)+1)
	for _, p := range at {
		out = append(out, fmt.Sprintf("%.7f,%.7f", p.Lat, p.Lon))
	}
	if closed {
		out = append(out, out[0])
	}
	return strings.Join(out, " ")
}

func lines(all []geo.Line) string {
	out := make([]string, len(all))
	for i, l := range all {
		out[i] = positions(l, false)
	}
	return strings.Join(out, "\n")
}

func hashed(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// reasons are those of a refusal, for people.
func reasons(v *fence.Verdict) string {
	out := make([]string, len(v.Reasons))
	for i, r := range v.Reasons {
		out[i] = string(r)
	}
	s := strings.Join(out, ", ")
	if b := v.Binding; b != nil && b.Left < 0 {
		s += fmt.Sprintf(" (%s %s: %.0f m are missing)", b.Bound, b.Name, -b.Left)
	}
	return s
}
