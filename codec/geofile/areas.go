package geofile

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"atalaya/area"
	"atalaya/valid"
)

// The properties of an area, as GeoJSON properties and KML ExtendedData. The
// version, and what belongs to it, is told and not read: importing makes a
// version of its own.
const (
	propID            = "id" // in KML; GeoJSON has an id of its own
	propKind          = "kind"
	propOwner         = "owner"
	propSchedule      = "schedule" // valid.Schedule; in KML as JSON
	propBuffer        = "buffer_m"
	propLeft          = "left"
	propRight         = "right"
	propSource        = "source"
	propDated         = "dated"
	propAccuracy      = "accuracy_m"
	propDemonstration = "demonstration"
	propBegin         = "begin" // KML TimeSpan
	propEnd           = "end"
	propVersion       = "version"
	propKnown         = "known"
	propBy            = "changed_by"
	propReason        = "reason"
)

// OfArea gives an area as a feature.
func OfArea(a area.Area) Feature {
	f := Feature{ID: string(a.ID), Name: a.Name, Line: a.Line, Polygon: a.Polygon, Properties: map[string]any{}}
	if len(a.Line) == 0 && len(a.Polygon) == 0 {
		f.Point = &a.Point
	}
	put := func(name string, value any, has bool) {
		if has {
			f.Properties[name] = value
		}
	}
	text := func(name, value string) { put(name, value, value != "") }
	moment := func(name string, t time.Time) { put(name, stamp(t), !t.IsZero()) }
	text(propKind, string(a.Kind))
	text(propOwner, a.Owner)
	put(propSchedule, a.Schedule, a.Schedule.OffsetMinutes != 0 || len(a.Schedule.Windows) > 0)
	put(propBuffer, a.Buffer, a.Buffer != 0)
	text(propLeft, a.Left)
	text(propRight, a.Right)
	text(propSource, a.Source)
	moment(propDated, a.Dated)
	put(propAccuracy, a.Accuracy, a.Accuracy != 0)
	put(propDemonstration, true, a.Demonstration)
	moment(propBegin, a.Valid.From)
	moment(propEnd, a.Valid.Until)
	put(propVersion, float64(a.Valid.Number), true)
	moment(propKnown, a.Valid.Known)
	text(propBy, a.Valid.By)
	text(propReason, a.Valid.Reason)
	return f
}

// AreaRead is an area as a file has it. Its version has a validity only.
type AreaRead struct {
	Number int // of the feature in the file, from 1
	Area   area.Area
	Err    error // what is wrong with it
}

// Areas gives the features of a file as areas. Those that say no kind, as in
// files of others, get the given one; those without an id get one made of their
// name, the same whenever the same file is read.
func Areas(features []Feature, kind area.Kind) []AreaRead {
	out := make([]AreaRead, 0, len(features))
	taken := map[area.ID]bool{}
	for _, f := range features {
		a, err := toArea(f, kind)
		base := a.ID
		for n := 2; taken[a.ID]; n++ {
			a.ID = area.ID(fmt.Sprintf("%s-%d", base, n))
		}
		taken[a.ID] = true
		out = append(out, AreaRead{Number: f.Number, Area: a, Err: err})
	}
	return out
}

func toArea(f Feature, kind area.Kind) (area.Area, error) {
	p := properties{values: f.Properties}
	a := area.Area{
		ID: area.ID(f.ID), Name: f.Name, Line: f.Line, Polygon: f.Polygon,
		Kind: area.Kind(p.text(propKind)), Owner: p.text(propOwner),
		Buffer: p.number(propBuffer), Accuracy: p.number(propAccuracy),
		Left: p.text(propLeft), Right: p.text(propRight), Source: p.text(propSource),
		Dated: p.moment(propDated), Demonstration: p.flag(propDemonstration),
		Schedule: p.schedule(propSchedule),
		Valid:    valid.Record{From: p.moment(propBegin), Until: p.moment(propEnd)},
	}
	if f.Point != nil {
		a.Point = *f.Point
	}
	if a.Kind == "" {
		a.Kind = kind
	}
	for _, name := range []string{"name", "nombre"} {
		if a.Name == "" {
			a.Name = p.text(name)
		}
	}
	if a.ID == "" {
		a.ID = area.ID(p.text(propID))
	}
	if a.ID == "" {
		a.ID = area.ID(a.Name)
	}
	a.ID = area.ID(slug(string(a.ID)))
	if a.ID == "" {
		a.ID = area.ID(fmt.Sprintf("area-%d", f.Number))
	}
	if f.Part > 0 {
		a.ID = area.ID(fmt.Sprintf("%s-%d", a.ID, f.Part))
		a.Name = strings.TrimSpace(fmt.Sprintf("%s (%d)", a.Name, f.Part))
	}
	if f.Bad != nil {
		return a, f.Bad
	}
	if a.Kind == "" {
		return a, errors.New("it says no kind: choose one for the file")
	}
	return a, errors.Join(p.bad...)
}

// slug makes an id of a name: letters, digits, point, dash and underline.
func slug(s string) string {
	const most = 60
	var out strings.Builder
	for _, r := range s {
		if out.Len() >= most {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.' {
			r = '-'
		}
		out.WriteRune(r)
	}
	return strings.Trim(out.String(), "-.")
}

// properties reads values that programs write in different ways, and collects
// what is wrong.
type properties struct {
	values map[string]any
	bad    []error
}

// find looks for a property, whatever capitals it is written with: tables cut
// and change them.
func (p *properties) find(name string) any {
	if v, ok := p.values[name]; ok {
		return v
	}
	best := ""
	for k := range p.values {
		if strings.EqualFold(k, name) && (best == "" || k < best) {
			best = k
		}
	}
	return p.values[best]
}

func (p *properties) wrong(name string, v any, want string) {
	p.bad = append(p.bad, fmt.Errorf("%s is %.100q: write %s", name, fmt.Sprint(v), want))
}

func (p *properties) text(name string) string {
	switch v := p.find(name).(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return number(v)
	case nil:
	default:
		p.wrong(name, v, "text")
	}
	return ""
}

func (p *properties) number(name string) float64 {
	switch v := p.find(name).(type) {
	case float64:
		return v
	case string:
		if v == "" {
			return 0
		}
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			p.wrong(name, v, "a number")
		}
		return n
	case nil:
	default:
		p.wrong(name, v, "a number")
	}
	return 0
}

func (p *properties) flag(name string) bool {
	switch v := p.find(name).(type) {
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		if v == "" {
			return false
		}
		b, err := strconv.ParseBool(v)
		if err != nil {
			p.wrong(name, v, "true or false")
		}
		return b
	case nil:
	default:
		p.wrong(name, v, "true or false")
	}
	return false
}

// moment reads a time: of RFC 3339, a date, or a year and month (KML 2.2,
// section 15.2.2), which mean their first moment. GDAL writes dates with
// slashes.
func (p *properties) moment(name string) time.Time {
	s := p.text(name)
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05", "2006/01/02 15:04:05Z07", "2006/01/02 15:04:05Z07:00", "2006/01/02 15:04:05", "2006/01/02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	p.wrong(name, s, "a time such as 2026-01-02T03:04:05Z or a date such as 2026-01-02")
	return time.Time{}
}

func (p *properties) schedule(name string) (s valid.Schedule) {
	var b []byte
	switch v := p.find(name).(type) {
	case nil:
		return s
	case string:
		if v == "" {
			return s
		}
		b = []byte(v)
	default:
		var err error
		if b, err = json.Marshal(v); err != nil {
			p.wrong(name, v, "a schedule")
			return s
		}
	}
	if err := json.Unmarshal(b, &s); err != nil {
		p.wrong(name, string(b), `a schedule such as {"utc_offset_min":-240,"windows":[{"from_min":360,"to_min":1080}]}`)
		return valid.Schedule{}
	}
	return s
}
