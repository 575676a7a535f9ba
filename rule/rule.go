// Package rule describes what the desk makes of a detector's findings: which
// of them ask somebody to act, by when, and who answers for that. Rules are
// versioned records.
package rule

import (
	"errors"
	"fmt"
	"time"

	"atalaya/area"
	"atalaya/valid"
)

// ID names a rule for ever.
type ID string

// Detector names what makes the findings that a rule is about, as in a
// finding's Rule: "border-crossing", "area-entry".
type Detector string

// Kind keeps four things apart that must never look the same (ISA-18.2,
// EEMUA 191).
type Kind string

// The kinds of rules.
const (
	Alert   Kind = "alert"   // somebody must act, by a stated time
	Notice  Kind = "notice"  // worth knowing; nobody has to act
	Health  Kind = "health"  // the system itself
	Insight Kind = "insight" // for analysts; not shown at the desk
)

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return k == Alert || k == Notice || k == Health || k == Insight }

// Priority orders what asks for attention.
type Priority uint8

// Priorities.
const (
	Low Priority = iota + 1
	Medium
	High
	Top // life is in danger
)

// Text is a sentence in the languages of the screen.
type Text struct {
	ES string `json:"es" toml:"es" maxLength:"2000" doc:"in Spanish"`
	EN string `json:"en" toml:"en" maxLength:"2000" doc:"in English"`
}

// Rule is one version of a rule. Of the rules in force whose scope holds a
// finding, the one with the narrowest scope decides: an area before a kind of
// area before none.
type Rule struct {
	ID    ID           `json:"id" doc:"name of the rule, for ever"`
	Name  Text         `json:"name" doc:"name for people"`
	Valid valid.Record `json:"version" doc:"version and validity"`

	// Scope: which findings it is about.
	Detector Detector  `json:"detector" doc:"what makes its findings, such as border-crossing"`
	Area     area.ID   `json:"area,omitempty" doc:"only of this area; empty: any"`
	AreaKind area.Kind `json:"area_kind,omitempty" doc:"only of areas of this kind; empty: any"`

	Kind     Kind     `json:"kind" enum:"alert,notice,health,insight" doc:"alert, notice, health or insight"`
	Priority Priority `json:"priority" minimum:"1" maximum:"4" doc:"1 low to 4 top"`

	// A rule that asks for something says who answers for it, why it is there,
	// what is expected and by when, and when it is to be looked at again.
	Owner     string        `json:"owner" maxLength:"200" doc:"who answers for the rule"`
	Rationale Text          `json:"rationale" doc:"why it is there"`
	Response  Text          `json:"response" doc:"what is expected of the officer"`
	Deadline  time.Duration `json:"deadline_ns" doc:"an alert is to be acknowledged within this time; then the supervisor is told"`
	Review    time.Time     `json:"review" doc:"the rule expires then and must be looked at again"`

	// On is how long a finding must stand before it is told, Off how long the
	// same subject must be quiet before it is told anew.
	On  time.Duration `json:"on_delay_ns" doc:"a finding must stand so long before it is told"`
	Off time.Duration `json:"off_delay_ns" doc:"the same track and place must be quiet so long before it is told anew"`
}

// Key implements valid.Versioned.
func (r Rule) Key() string { return string(r.ID) }

// Version implements valid.Versioned.
func (r Rule) Version() valid.Record { return r.Valid }

// maxOn bounds the time for which a finding may be held back.
const maxOn = 10 * time.Minute

// Check says what a rule lacks.
func (r Rule) Check() error {
	var errs []error
	lack := func(missing bool, format string, args ...any) {
		if missing {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if err := valid.CheckKey(string(r.ID)); err != nil {
		errs = append(errs, err)
	}
	lack(r.Detector == "", "it names no detector")
	lack(!r.Kind.Valid(), "kind %q: choose alert, notice, health or insight", r.Kind)
	lack(r.Priority < Low || r.Priority > Top, "priority %d: 1 low to 4 top", r.Priority)
	lack(r.Owner == "", "nobody answers for it: name an owner")
	lack(r.Rationale == Text{}, "it does not say why it is there: write a rationale")
	lack(r.Response == Text{}, "it does not say what is expected of the officer")
	lack(r.Kind == Alert && r.Deadline <= 0, "an alert needs a deadline")
	lack(r.Review.IsZero(), "it does not say when it expires: name a date of review")
	lack(r.On < 0 || r.Off < 0 || r.Deadline < 0, "delays and deadlines are not negative")
	lack(r.On > maxOn, "the on delay is longer than %s: nothing would be told in time", maxOn)
	lack(r.Kind.Valid() && (r.Kind == Health) != r.Detector.System(), "detector %q and kind %q do not go together: health is for the system's own detectors", r.Detector, r.Kind)
	lack(r.Detector == Flood && r.Kind != Alert, "an incident is an alert")
	lack(r.Area != "" && r.AreaKind != "", "its scope is one area or areas of a kind, not both")
	// Life goes before everything: this rule can be reworded, not weakened.
	lack(r.Detector == Distress && (r.Kind != Alert || r.Priority != Top || r.On != 0 || !r.Valid.Until.IsZero() || r.Area != "" || r.AreaKind != ""),
		"a call for help is an alert of top priority, everywhere, at once and always")
	if len(errs) > 0 {
		return fmt.Errorf("rule %q: %w", r.ID, errors.Join(errs...))
	}
	return nil
}
