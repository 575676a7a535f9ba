// Package rule describes what the desk makes of a detector's findings: which
// of them ask somebody to act, by when, and who answers for that. Rules are
// versioned records.
package rule

import (
	"fmt"
	"strings"
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

// blank reports whether it says nothing in any language.
func (t Text) blank() bool { return strings.TrimSpace(t.ES) == "" && strings.TrimSpace(t.EN) == "" }

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

// Lack is what is wrong with one field of a rule.
type Lack struct {
	Field string // as in JSON
	Why   string
}

// LackError says all that a rule lacks, so that whoever writes it sees it at once.
type LackError struct {
	Rule  ID
	Lacks []Lack
}

func (e *LackError) Error() string {
	why := make([]string, len(e.Lacks))
	for i, l := range e.Lacks {
		why[i] = l.Why
	}
	return fmt.Sprintf("rule %q: %s", e.Rule, strings.Join(why, "; "))
}

// Check says what a rule lacks, by a *LackError.
func (r Rule) Check() error {
	var lacks []Lack
	lack := func(missing bool, field, format string, args ...any) {
		if missing {
			lacks = append(lacks, Lack{field, fmt.Sprintf(format, args...)})
		}
	}
	if err := valid.CheckKey(string(r.ID)); err != nil {
		lack(true, "id", "%v", err)
	}
	lack(r.Detector == "", "detector", "it names no detector")
	lack(!r.Kind.Valid(), "kind", "kind %q: choose alert, notice, health or insight", r.Kind)
	lack(r.Priority < Low || r.Priority > Top, "priority", "priority %d: 1 low to 4 top", r.Priority)
	lack(strings.TrimSpace(r.Owner) == "", "owner", "nobody answers for it: name an owner")
	lack(r.Rationale.blank(), "rationale", "it does not say why it is there: write a rationale")
	lack(r.Response.blank(), "response", "it does not say what is expected of the officer")
	lack(r.Kind == Alert && r.Deadline <= 0, "deadline_ns", "an alert needs a deadline")
	lack(r.Review.IsZero(), "review", "it does not say when it expires: name a date of review")
	lack(r.Deadline < 0, "deadline_ns", "a deadline is not negative")
	lack(r.On < 0, "on_delay_ns", "a delay is not negative")
	lack(r.Off < 0, "off_delay_ns", "a delay is not negative")
	lack(r.On > maxOn, "on_delay_ns", "the on delay is longer than %s: nothing would be told in time", maxOn)
	lack(r.Kind.Valid() && (r.Kind == Health) != r.Detector.System(), "kind", "detector %q and kind %q do not go together: health is for the system's own detectors", r.Detector, r.Kind)
	lack(r.Detector == Flood && r.Kind != Alert, "kind", "an incident is an alert")
	lack(r.Area != "" && r.AreaKind != "", "area", "its scope is one area or areas of a kind, not both")
	// Life goes before everything: this rule can be reworded, not weakened.
	lack(r.Detector == Distress && (r.Kind != Alert || r.Priority != Top || r.On != 0 || !r.Valid.Until.IsZero() || r.Area != "" || r.AreaKind != ""),
		"detector", "a call for help is an alert of top priority, everywhere, at once and always")
	if len(lacks) > 0 {
		return &LackError{Rule: r.ID, Lacks: lacks}
	}
	return nil
}
