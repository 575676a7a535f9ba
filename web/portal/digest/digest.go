// Package digest adds up what the public view of a ledger says: what was
// looked at and why, who came in, what was decided, what was purged, month by
// month, each number with the entries that it comes from.
//
// It reads opened fields and nothing else, so that whoever has the public
// export can work out the same numbers.
package digest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry is what the public view opens of one entry.
type Entry struct {
	Index uint64
	Gone  bool // its content is not kept any more
	// Delayed: the policy does not open yet where it was.
	Delayed bool
	Values  map[string]string
}

// Kind of the record.
func (e Entry) Kind() string { return e.Values["kind"] }

// Outcome reports whether it tells how an act ended.
func (e Entry) Outcome() bool { return e.Values["phase"] == "outcome" }

// Time gives when it was: to the hour where no more is opened.
func (e Entry) Time() (at time.Time, toTheHour bool) {
	if at, err := time.Parse(time.RFC3339Nano, e.Values["at"]); err == nil {
		return at.UTC(), false
	}
	at, err := time.Parse("2006-01-02T15Z", e.Values["hour"])
	if err != nil {
		return time.Time{}, false
	}
	return at, true
}

// Month is a year and a month, "2026-11".
func (e Entry) Month() string {
	const month = len("2006-01")
	if hour := e.Values["hour"]; len(hour) > month {
		return hour[:month]
	}
	return ""
}

// Look reports whether it is a use of a sensor or a vehicle.
func (e Entry) Look() bool {
	return !e.Outcome() && slices.Contains([]string{"look", "turn", "task", "command"}, e.Kind())
}

// Key names a number.
type Key struct {
	Section string // what is counted: Entries, Outcomes ...
	Name    string // of what: a kind, a purpose, a cell
}

// Sections. Each is counted in Unit.
const (
	Entries  = "entries"  // of the ledger, by kind, without outcomes
	Outcomes = "outcomes" // of acts that did not end well, by kind and outcome
	Purposes = "purposes" // looks by purpose
	Sensors  = "sensors"  // looks by sensor or aircraft
	Fences   = "fences"   // looks by the fence's verdict
	Cells    = "cells"    // looks by cell
	Hours    = "hours"    // looks by hour
	Late     = "late"     // safe acts that left before their record, by kind
	Access   = "access"   // sign-ins by role
	Purged   = "purged"   // pieces of content deleted, by class
	Gone     = "gone"     // entries whose content is not kept
)

// Sections gives them in the order of a report.
func Sections() []string {
	return []string{Entries, Outcomes, Purposes, Sensors, Fences, Cells, Hours, Late, Access, Purged, Gone}
}

// Unit gives what a section's numbers count.
func Unit(section string) string {
	switch section {
	case Purposes, Sensors, Fences, Cells, Hours:
		return "looks"
	case Late:
		return "acts"
	case Access:
		return "sign-ins"
	case Purged:
		return "pieces"
	}
	return "entries"
}

// Tally is a number with the entries that it comes from.
type Tally struct {
	N           uint64
	First, Last uint64 // indexes, the least and the greatest
	Newest      time.Time
	Hourly      bool // Newest is to the hour: no more is opened
	begun       bool
}

func (t *Tally) add(n, first, last uint64, at time.Time, hourly bool) {
	if !t.begun {
		t.First, t.Last, t.begun = first, last, true
	}
	t.N += n
	t.First, t.Last = min(t.First, first), max(t.Last, last)
	if at.After(t.Newest) {
		t.Newest, t.Hourly = at, hourly
	}
}

// Spot is looks of one kind in one cell and hour.
type Spot struct{ Hour, Cell, Kind, Purpose, Sensor, Fence string }

// Digest is what was added up.
type Digest struct {
	next    uint64
	waiting []uint64 // looks whose cell is not opened yet
	months  map[string]map[Key]*Tally
	spots   map[Spot]*Tally
	kept    map[string][]Entry
	newest  Entry
	last    map[string]Entry // newest of a kind, for those of which only that counts
}

// New makes an empty one.
func New() *Digest {
	return &Digest{months: map[string]map[Key]*Tally{}, spots: map[Spot]*Tally{}, kept: map[string][]Entry{}, last: map[string]Entry{}}
}

// Next is the index of the entry that is to be added next.
func (d *Digest) Next() uint64 { return d.next }

// Newest is the last entry that was added and says when it was.
func (d *Digest) Newest() Entry { return d.newest }

// Waiting gives the looks, the oldest first, whose cell was not opened yet.
func (d *Digest) Waiting() []uint64 { return d.waiting }

// Add adds the next entry.
func (d *Digest) Add(e Entry) {
	d.next = e.Index + 1
	if e.Gone {
		d.count(e, "", Key{Gone, ""}, 1)
		return
	}
	d.newest = e
	kind := e.Kind()
	if e.Outcome() {
		if o := e.Values["outcome"]; o != "done" {
			d.count(e, e.Month(), Key{Outcomes, kind + " " + o}, 1)
			d.fail(e, o)
		}
		return
	}
	d.count(e, e.Month(), Key{Entries, kind}, 1)
	switch {
	case e.Look() && e.Delayed:
		d.waiting = append(d.waiting, e.Index)
	case e.Look():
		d.look(e)
	case kind == "session.in":
		d.count(e, e.Month(), Key{Access, e.Values["role"]}, 1)
	case kind == "purge":
		if n, err := strconv.ParseUint(e.Values["items"], 10, 64); err == nil {
			d.count(e, e.Month(), Key{Purged, e.Values["class"]}, n)
		}
		d.last[kind+" "+e.Values["class"]] = e
	case kind == "retention":
		d.last[kind+" "+e.Values["class"]] = e
	case kind == "registry.asset" && e.Values["data.aircraft"] != "":
		d.kept[Aircraft] = append(d.kept[Aircraft], e)
	case kind == "person.enrol" && e.Values["data.country"] != "":
		d.kept[Instructors] = append(d.kept[Instructors], e)
	case single(kind):
		d.last[kind] = e
	case listed(kind):
		d.kept[Family(kind)] = append(d.kept[Family(kind)], e)
	}
	if v := e.Values["late"]; v == "yes" || v == "true" {
		d.count(e, e.Month(), Key{Late, kind}, 1)
	}
}

// fail takes out of the lists of what there is an act that came to nothing. Of
// an unknown outcome the list goes on telling: it may have been done.
func (d *Digest) fail(e Entry, outcome string) {
	of, err := strconv.ParseUint(e.Values["of"], 10, 64)
	if err != nil || outcome != "failed" {
		return
	}
	for _, list := range []string{Aircraft, Instructors} {
		d.kept[list] = slices.DeleteFunc(d.kept[list], func(x Entry) bool { return x.Index == of })
	}
}

// Open adds a look whose cell is opened now.
func (d *Digest) Open(e Entry) {
	d.waiting = slices.DeleteFunc(d.waiting, func(i uint64) bool { return i == e.Index })
	if !e.Gone {
		d.look(e)
	}
}

// look adds where and why.
func (d *Digest) look(e Entry) {
	v := e.Values
	what := v["sensor"]
	if what == "" {
		what = v["aircraft"]
	}
	for _, k := range []Key{{Purposes, v["purpose"]}, {Sensors, what}, {Fences, v["fence"]}, {Cells, v["cell"]}, {Hours, v["hour"]}} {
		d.count(e, e.Month(), k, 1)
	}
	s := Spot{v["hour"], v["cell"], e.Kind(), v["purpose"], what, v["fence"]}
	if d.spots[s] == nil {
		d.spots[s] = &Tally{}
	}
	at, hourly := e.Time()
	d.spots[s].add(1, e.Index, e.Index, at, hourly)
}

func (d *Digest) count(e Entry, month string, k Key, n uint64) {
	m := d.months[month]
	if m == nil {
		m = map[Key]*Tally{}
		d.months[month] = m
	}
	if m[k] == nil {
		m[k] = &Tally{}
	}
	at, hourly := e.Time()
	m[k].add(n, e.Index, e.Index, at, hourly)
}

// single reports kinds of which the newest entry counts.
func single(kind string) bool {
	return slices.Contains([]string{"sensors", "count", "system.start", "system.stop", "policy"}, kind)
}

// Families of records that are listed one by one.
func families() []string {
	return []string{"authority", "instrument", "notice", "audit", "disclosure", "statistics", "correction", "succession", "key", "explain", "hold"}
}

// Family is the part of a kind before its first dot.
func Family(kind string) string {
	family, _, _ := strings.Cut(kind, ".")
	return family
}

func listed(kind string) bool { return slices.Contains(families(), Family(kind)) }

// Lists beside the families: the entries about drones, and those that made the
// account of an instructor from abroad.
const (
	Aircraft    = "aircraft"
	Instructors = "instructors"
)

// NewestOf gives of a list the newest entry of each value of a field, in their
// order.
func (d *Digest) NewestOf(list, field string) (out []Entry) {
	for _, e := range d.kept[list] {
		out = slices.DeleteFunc(out, func(x Entry) bool { return x.Values[field] == e.Values[field] })
		out = append(out, e)
	}
	return out
}

// Records gives the entries of a family, in their order.
func (d *Digest) Records(family string) []Entry { return d.kept[family] }

// Last gives the newest entry of a kind; of "retention" and "purge" add a blank
// and the class.
func (d *Digest) Last(kind string) (Entry, bool) {
	e, ok := d.last[kind]
	return e, ok
}

// Lasts gives the newest entries of a kind by class, ordered by it.
func (d *Digest) Lasts(kind string) (out []Entry) {
	for _, k := range slices.Sorted(maps.Keys(d.last)) {
		if strings.HasPrefix(k, kind+" ") {
			out = append(out, d.last[k])
		}
	}
	return out
}

// Months gives the months that have entries, the newest first.
func (d *Digest) Months() []string {
	all := slices.Sorted(maps.Keys(d.months))
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(m string) bool { return m == "" })
}

// Years gives the years that have entries, the newest first.
func (d *Digest) Years() (out []string) {
	for _, m := range d.Months() {
		if y := m[:4]; !slices.Contains(out, y) {
			out = append(out, y)
		}
	}
	return out
}

// Row is one number.
type Row struct {
	Key
	Tally
}

// Rows gives the numbers of the months that begin with a text ("": all, "2026",
// "2026-11"), by section in the order of Sections, by name in it.
func (d *Digest) Rows(begin string) []Row {
	sum := map[Key]*Tally{}
	for _, month := range slices.Sorted(maps.Keys(d.months)) {
		if !strings.HasPrefix(month, begin) {
			continue
		}
		for k, t := range d.months[month] {
			if sum[k] == nil {
				sum[k] = &Tally{}
			}
			sum[k].add(t.N, t.First, t.Last, t.Newest, t.Hourly)
		}
	}
	out := make([]Row, 0, len(sum))
	for k, t := range sum {
		out = append(out, Row{k, *t})
	}
	order := Sections()
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Section), slices.Index(order, b.Section)), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Section gives the numbers of one section.
func (d *Digest) Section(begin, section string) []Row {
	return slices.DeleteFunc(d.Rows(begin), func(r Row) bool { return r.Section != section })
}

// Looks is a spot with how often.
type Looks struct {
	Spot
	Tally
}

// Spots gives the looks of the hours that begin with a text, newest first.
func (d *Digest) Spots(begin string) []Looks {
	var out []Looks
	for s, t := range d.spots {
		if strings.HasPrefix(s.Hour, begin) {
			out = append(out, Looks{s, *t})
		}
	}
	slices.SortFunc(out, func(a, b Looks) int {
		return cmp.Or(cmp.Compare(b.Hour, a.Hour), cmp.Compare(a.Cell, b.Cell), cmp.Compare(b.Last, a.Last))
	})
	return out
}
