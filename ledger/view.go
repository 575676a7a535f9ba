package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// View is who is shown what: "public", "ombudsman", "court", or a neighbour's
// "liaison:pe".
type View string

// Views.
const (
	Public    View = "public"
	Ombudsman View = "ombudsman"
	Court     View = "court"
	// LiaisonTo is before a neighbour's code (ISO 3166-1 alpha-2, lower case).
	LiaisonTo = "liaison:"
)

// Neighbours gives the codes of the states that have a liaison's view.
func Neighbours() []string { return []string{"ar", "br", "cl", "pe", "py"} }

// CodeOf gives the code by which the ledger names a neighbour: everywhere else
// states have the three capital letters of ISO 3166-1 alpha-3.
func CodeOf(state string) (code string, is bool) {
	code, is = map[string]string{"ARG": "ar", "BRA": "br", "CHL": "cl", "PER": "pe", "PRY": "py"}[state]
	return code, is
}

// ParseView checks a view's name.
func ParseView(s string) (View, error) {
	v := View(s)
	if v == Public || v == Ombudsman || v == Court {
		return v, nil
	}
	if to, ok := strings.CutPrefix(s, LiaisonTo); ok && slices.Contains(Neighbours(), to) {
		return v, nil
	}
	return "", fmt.Errorf("there is no view %q; there are public, ombudsman, court, and liaison: with one of %s", s, strings.Join(Neighbours(), ", "))
}

// ViewRow is what views open of one kind of record.
type ViewRow struct {
	// Kind is a kind, or a tree of kinds with ".*"; "*" is every record.
	Kind string
	// Public is open to everybody.
	Public []string
	// Liaison is open to a neighbour's liaison besides; "xx" in a name stands
	// for the neighbour's code.
	Liaison []string
	// Near is open to the liaison where field class.xx says that it was inside
	// or within 10 km of that neighbour.
	Near []string
	// Ombudsman is open to the ombudsman besides what is public.
	Ombudsman []string
}

// Views is the table of what is opened to whom. All rows that match a record
// hold together. The court is shown everything.
func Views() []ViewRow {
	watched := ViewRow{
		Public:    []string{"purpose", "cell", "fence", "sensor", "seq.sensor", "aircraft", "seq.aircraft", "command", "policy", "late"},
		Liaison:   []string{"class.xx", "line.xx"},
		Near:      []string{"at", "look.pose", "look.footprint", "look.grow"},
		Ombudsman: []string{"authority"},
	}
	of := func(kind string) ViewRow {
		r := watched
		r.Kind = kind
		return r
	}
	return []ViewRow{
		{
			Kind:      "*",
			Public:    []string{FieldFormat, FieldKind, FieldPhase, FieldHour, FieldOf, FieldOutcome},
			Ombudsman: []string{FieldAt, "operator", "second", "role"},
		},
		{Kind: "system.*", Public: []string{FieldAt, "version", "software", "exercise", "policy"}},
		{Kind: "count", Public: []string{FieldAt, "from", "until", "size", "last.sensor", "last.aircraft"}},
		{Kind: "purge", Public: []string{FieldAt, "class", "day", "until", "items", "key", "hold"}},
		{Kind: "retention", Public: []string{FieldAt, FieldID, "class", "keep", "since", "content", "signed.1", "signed.2", "signed.at.1", "signed.at.2"}},
		{
			Kind:      "hold",
			Public:    []string{FieldAt, FieldID, "hold", "content", "classes", "from", "until", "items", "key", "signed.1", "signed.2", "signed.at.1", "signed.at.2"},
			Ombudsman: []string{"chosen", "reason"},
		},
		{Kind: "hold.*", Public: []string{FieldAt, FieldID, "hold", "content", "signed.1", "signed.2", "signed.at.1", "signed.at.2"}, Ombudsman: []string{"chosen", "reason"}},
		{Kind: "policy", Public: []string{FieldAt, FieldID, "content", "policy", "signed.1", "signed.2"}, Ombudsman: []string{"text"}},
		{
			Kind:      "authority",
			Public:    []string{FieldAt, FieldID, "content", "authority", "purpose", "issued", "from", "until", "emergency", "signed.1", "signed.2", "signed.at.1", "signed.at.2"},
			Ombudsman: []string{"basis", "issuer", "place", "area", "sensors", "hours", "flights", "flight-hours", "recipients"},
		},
		{Kind: "authority.*", Public: []string{FieldAt, FieldID, "content", "authority", "signed.1", "signed.2", "signed.at.1", "signed.at.2", "why"}, Ombudsman: []string{"reason"}},
		{Kind: "area", Public: []string{FieldAt, "area", "use", "standoff"}, Ombudsman: []string{"shape"}},
		{Kind: "border", Public: []string{FieldAt, "state", "version", "standoff", "demonstration"}, Liaison: []string{"shape"}},
		{Kind: "instrument", Public: []string{FieldAt, "instrument", "type", "parties", "date", "content", "sealed.by", "opens"}},
		{Kind: "instrument.open", Public: []string{FieldAt, "instrument", "title", "content", "salt", "document"}},
		{Kind: "audit.draw", Public: []string{FieldAt, "draw", "overseer", "content", "first", "draws", "within"}},
		{Kind: "audit.reveal", Public: []string{FieldAt, "draw", "entry", "seed", "opens"}},
		{Kind: "audit.answer", Public: []string{FieldAt, "draw", "items", "gone"}},
		{Kind: "notice", Public: []string{FieldAt, "notice", "clock", "to", "due", "content", "opens"}, Ombudsman: []string{"hidden.clock", "hidden.to", "hidden.due", "text"}},
		{Kind: "notice.given", Public: []string{FieldAt, "notice", "content"}, Ombudsman: []string{"how"}},
		{Kind: "notice.open", Public: []string{FieldAt, "notice", "clock", "to", "due", "text", "salt", "content"}},
		{Kind: "correction", Public: []string{FieldAt, "corrects", "entry"}, Ombudsman: []string{"ordered.by", "value", "reason"}},
		{Kind: "statistics", Public: []string{FieldAt, "day", "acts", "alerts", "shelved", "shelved.minutes", "shelved.longest", "sessions", "refused", "tokens", "exports", "disclosures"}},
		{Kind: "disclosure", Public: []string{"view", "count", "content"}, Ombudsman: []string{"recipient", "entries"}},
		{Kind: "key", Public: []string{FieldAt, FieldID, "person", "unit", "device", "key", "content", "signed.1", "signed.2"}},
		{Kind: "key.end", Public: []string{FieldAt, FieldID, "person", "unit", "device", "key", "content", "by", "signed.1", "signed.2"}, Ombudsman: []string{"reason"}},
		{Kind: "explain", Public: []string{FieldAt, FieldID, "content", "signed.1", "signed.2", "lost.size", "lost.root", "size", "root", "why"}},
		{Kind: "outpost", Public: []string{FieldAt, "origin", "size", "root", "checkpoint"}},
		{Kind: "safe.missing", Public: []string{FieldAt, "count", "late"}},
		{Kind: "succession", Public: []string{FieldAt, FieldID, "content", "signed.1", "signed.2", "old", "new", "size", "root", "why"}},
		{Kind: "sensors", Public: []string{FieldAt, "sensors"}},
		{Kind: "person.enrol", Public: []string{"data.country", "data.from", "data.until"}},
		{Kind: "session.in", Public: []string{"role"}},
		{Kind: "registry.*", Public: []string{"data.version"}, Ombudsman: []string{"subject"}},
		{
			Kind:      "registry.asset",
			Public:    []string{"data.aircraft", "data.maker", "data.model", "data.supplier", "data.payload", "data.range", "data.from", "data.until"},
			Ombudsman: []string{"data.registration", "data.serial"},
		},
		{Kind: "alert.*", Ombudsman: []string{"subject", "data.outcome", "data.until"}},
		{Kind: "case.*", Ombudsman: []string{"subject"}},
		{Kind: "breach", Public: []string{"sensor", "purpose"}, Liaison: watched.Liaison, Near: watched.Near, Ombudsman: []string{"under", "why"}},
		of("look"), of("task"), of("command"), of("turn"),
	}
}

func (r ViewRow) holds(kind string) bool {
	if tree, ok := strings.CutSuffix(r.Kind, "*"); ok {
		return strings.HasPrefix(kind, tree)
	}
	return r.Kind == kind
}

// Names gives the names of the fields that a view opens of r.
func (v View) Names(r Record) []string {
	kind := r.Text(FieldKind)
	code, liaison := strings.CutPrefix(string(v), LiaisonTo)
	var out []string
	for _, f := range r.Fields {
		open := v == Court
		for _, row := range Views() {
			if open {
				break
			}
			if !row.holds(kind) {
				continue
			}
			open = slices.Contains(row.Public, f.Name)
			if v == Ombudsman {
				open = open || slices.Contains(row.Ombudsman, f.Name)
			}
			if liaison {
				open = open || slices.Contains(row.Liaison, generic(f.Name, code)) || near(r, code) && slices.Contains(row.Near, f.Name)
			}
		}
		if open {
			out = append(out, f.Name)
		}
	}
	return out
}

// Show opens what a view may have of the record at index.
func (v View) Show(index uint64, r Record) Group {
	names := v.Names(r)
	return r.Show(index, func(name string) bool { return slices.Contains(names, name) })
}

// generic puts "xx" for a neighbour's code at the end of a name.
func generic(name, code string) string {
	if before, ok := strings.CutSuffix(name, "."+code); ok {
		return before + ".xx"
	}
	return name
}

// near reports whether the record says that it was inside or within 10 km of a
// neighbour.
func near(r Record, code string) bool {
	return slices.Contains([]string{"inside", "<2", "2-10"}, r.Text("class."+code))
}
