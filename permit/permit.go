// Package permit describes lawful reasons: fishing licences, coca-leaf
// transport permits, ferry timetables, market days, and craft that are known to
// carry no transponder. Permits are versioned records. A permit explains and
// lowers a priority; it never hides anything.
package permit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// Bounds of what a permit says, in bytes.
const (
	maxID    = 100
	maxText  = 200
	maxNote  = 2000
	maxCraft = 20
)

// Retired reports whether p is the last version of a permit that somebody
// ended: from then on it explains nothing.
func (p Permit) Retired() bool {
	return !p.Valid.Until.IsZero() && p.Valid.Until.Equal(p.Valid.From)
}

// Check says what a permit lacks.
func (p Permit) Check() error {
	switch {
	case p.ID == "":
		return fmt.Errorf("a permit of %q has no id: give the issuer's number", p.Issuer)
	case !slices.Contains(Kinds(), p.Kind):
		return fmt.Errorf("permit %q: kind %q: choose one of %v", p.ID, p.Kind, Kinds())
	case p.Issuer == "":
		return fmt.Errorf("permit %q: nobody issued it: name the issuer", p.ID)
	case len(p.Craft) == 0 && p.Name == "" && p.Area == "":
		return fmt.Errorf("permit %q: it names no craft and no area: it would explain everything", p.ID)
	case len(p.Craft) > maxCraft:
		return fmt.Errorf("permit %q: %d identities: at most %d", p.ID, len(p.Craft), maxCraft)
	}
	for _, t := range []struct {
		what, text string
		most       int
	}{
		{"the number", string(p.ID), maxID},
		{"the issuer", p.Issuer, maxText},
		{"the holder", p.Holder, maxText},
		{"the name of the craft", p.Name, maxText},
		{"the area", string(p.Area), maxText},
		{"the note", p.Note, maxNote},
	} {
		switch {
		case len(t.text) > t.most:
			return fmt.Errorf("permit %.50q: %s has %d bytes: at most %d", p.ID, t.what, len(t.text), t.most)
		case !utf8.ValidString(t.text) || strings.ContainsFunc(t.text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
			return fmt.Errorf("permit %.50q: %s is no plain text", p.ID, t.what)
		}
	}
	for _, c := range p.Craft {
		if err := checkClaim(c); err != nil {
			return fmt.Errorf("permit %q: %w", p.ID, err)
		}
	}
	if err := errors.Join(p.Valid.Check(), p.Schedule.Check()); err != nil {
		return fmt.Errorf("permit %q: %w", p.ID, err)
	}
	return nil
}

// checkClaim says why a permit cannot be for such an identity: those that a
// craft keeps can be written into one, a sensor's number or a squawk cannot.
func checkClaim(c obs.Claim) error {
	digits := func(s string, hex bool) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (!hex || r < 'a' || r > 'f') })
	}
	ok := false
	switch c.Kind {
	case obs.MMSI:
		ok = len(c.Value) == 9 && digits(c.Value, false)
	case obs.ICAO:
		ok = len(c.Value) == 6 && digits(c.Value, true)
	case obs.SystemID:
		ok = len(c.Value) > 0 && len(c.Value) <= 3 && digits(c.Value, false)
	case obs.CallSign:
		ok = len(c.Value) > 0 && len(c.Value) <= 20
	case obs.Name, obs.RadarTarget, obs.Squawk:
	}
	if !ok {
		return fmt.Errorf("%q is no identity for a permit: an MMSI has nine digits, an ICAO address six lower-case hexadecimal digits; names go into the name", c)
	}
	return nil
}
