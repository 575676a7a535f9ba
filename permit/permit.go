// Package permit describes lawful reasons: fishing licences, coca-leaf
// transport permits, ferry timetables, market days, and craft that are known to
// carry no transponder. Permits are versioned records. A permit explains and
// lowers a priority; it never hides anything.
package permit

import (
	"fmt"

	"atalaya/area"
	"atalaya/obs"
	"atalaya/valid"
)

// ID names a permit for ever.
type ID string

// Kind is what a permit is for.
type Kind string

// The kinds of permits.
const (
	Fishing       Kind = "fishing-licence"
	CocaTransport Kind = "coca-transport"
	Ferry         Kind = "ferry-timetable"
	Market        Kind = "market-day"
	NoTransponder Kind = "no-transponder" // a known craft that does not say who it is
	OtherReason   Kind = "other"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Fishing, CocaTransport, Ferry, Market, NoTransponder, OtherReason}
}

// Permit is one version of a permit.
type Permit struct {
	ID     ID           `json:"id" doc:"name of the permit, for ever: the issuer's number"`
	Kind   Kind         `json:"kind" enum:"fishing-licence,coca-transport,ferry-timetable,market-day,no-transponder,other" doc:"what it is for"`
	Issuer string       `json:"issuer" doc:"who issued it"`
	Holder string       `json:"holder,omitempty" doc:"who holds it"`
	Valid  valid.Record `json:"version" doc:"version and validity"`

	// Craft is the identities of the craft that it is for; none: anybody, such
	// as on a market day.
	Craft []obs.Claim `json:"craft,omitempty" doc:"identities of the craft; none: anybody"`
	// Name of the craft, as painted, for one without a transponder.
	Name string `json:"name,omitempty" doc:"name of the craft as painted"`
	// Area is where it holds; empty: anywhere.
	Area area.ID `json:"area,omitempty" doc:"where it holds; empty: anywhere"`
	// Schedule is when it holds, inside its validity.
	Schedule valid.Schedule `json:"schedule,omitzero" doc:"hours at which it holds"`
	Note     string         `json:"note,omitempty" doc:"what else it says"`
}

// Key implements valid.Versioned.
func (p Permit) Key() string { return string(p.ID) }

// Version implements valid.Versioned.
func (p Permit) Version() valid.Record { return p.Valid }

// Check says what a permit lacks.
func (p Permit) Check() error {
	known := false
	for _, k := range Kinds() {
		known = known || k == p.Kind
	}
	switch {
	case p.ID == "":
		return fmt.Errorf("a permit of %q has no id: give the issuer's number", p.Issuer)
	case !known:
		return fmt.Errorf("permit %q: kind %q: choose one of %v", p.ID, p.Kind, Kinds())
	case p.Issuer == "":
		return fmt.Errorf("permit %q: nobody issued it: name the issuer", p.ID)
	case len(p.Craft) == 0 && p.Name == "" && p.Area == "":
		return fmt.Errorf("permit %q: it names no craft and no area: it would explain everything", p.ID)
	}
	if err := p.Schedule.Check(); err != nil {
		return fmt.Errorf("permit %q: %w", p.ID, err)
	}
	return nil
}
