// Package authority keeps the permissions to observe: which sensors, where,
// for what, how long, on which legal basis, and who signed.
//
//  1. Somebody drafts one. A draft that is not signed in time lapses.
//  2. Two people of different units sign it, each with the key of a device of
//     theirs: then it is in force, and never before it is on record.
//  3. In an emergency one signs, and it is in force at once; people are told,
//     and two others review it within 24 hours, or it ends.
//  4. It ends by its time, or is revoked by one person.
//
// Keys are kept here too (keys.go): the first two people's are taken as they
// are, for there is nobody yet who could approve them; two people approve each
// later one, and revoke it. Who has a key revokes it alone.
//
// Every transition goes through desk.Ledger, under the names of
// docs/ledger-format.md.
package authority

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/geo"
	"atalaya/policy"
	"atalaya/sensor"
	"atalaya/valid"
)

// Kinds of documents.
const (
	DocumentKind desk.DocumentKind = "authority"
	KeyDocument  desk.DocumentKind = "device-key"
)

// Kinds of records. Checkers judge grants, reviews and keys.
const (
	KindDraft  = "authority.draft"
	KindSign   = "authority.sign" // the first of two signatures
	KindGrant  = "authority"      // in force from here
	KindReview = "authority.review"
	KindEnd    = "authority.end"
	KindAsked  = "key.draft"
	KindKey    = "key"
	KindUnkey  = "key.sign" // the first of two signatures that revoke one
	KindKeyEnd = "key.end"
)

// Bounds.
const (
	Longest      = 30 * 24 * time.Hour // of an authority
	ReviewWithin = 24 * time.Hour      // of an emergency
	mostText     = 2000                // bytes of a text
	mostNames    = 200                 // sensors, recipients
	mostCorners  = 1000                // of an area
	mostOpen     = 500                 // authorities that are not ended
)

// State is how far an authority has come.
type State string

// States.
const (
	Draft      State = "draft"      // not signed by enough people
	Coming     State = "coming"     // signed, and its time has not begun
	InForce    State = "in-force"   // signed by two
	Emergency  State = "emergency"  // in force by one signature, to be reviewed
	Lapsed     State = "lapsed"     // not signed in time
	Ended      State = "ended"      // its time is over
	Revoked    State = "revoked"    // ended by a person
	Unreviewed State = "unreviewed" // an emergency that nobody reviewed in time: ended
)

// Terms are what an authority says: what is signed.
type Terms struct {
	Basis    string           `json:"basis" minLength:"1" maxLength:"2000" doc:"law, decree or order that it rests on"`
	Issuer   string           `json:"issuer" minLength:"1" maxLength:"2000" doc:"office that issues it"`
	Purposes []policy.Purpose `json:"purposes" enum:"border-crossing,smuggling,illegal-flight,illegal-fishing,illegal-mining,illegal-logging,search-and-rescue,disaster,environment,training" minItems:"1" maxItems:"10" doc:"what may be looked for; there are no other purposes than those of the program"`
	// Area is the outline of one area without holes: what observes, and what it
	// sees, stay inside.
	Area  geo.Ring    `json:"area" minItems:"3" maxItems:"1000" doc:"outline of where may be observed"`
	Place string      `json:"place" minLength:"1" maxLength:"2000" doc:"name of that area, for people"`
	Holds []sensor.ID `json:"sensors" minItems:"1" maxItems:"200" doc:"sensors that may be used"`
	From  time.Time   `json:"from" doc:"begin; it never holds before it is signed and on record"`
	Until time.Time   `json:"until" doc:"end, at most 30 days later"`
	// Hours at which it holds, inside From and Until.
	Hours valid.Schedule `json:"hours,omitzero" doc:"hours at which it holds; none: always"`
	// Flights and FlightHours are for aircraft. Nothing counts them yet: no
	// aircraft flies from here.
	Flights     int      `json:"flights" minimum:"0" maximum:"10000" doc:"most flights"`
	FlightHours float64  `json:"flight_hours" minimum:"0" maximum:"10000" doc:"most hours in the air"`
	Recipients  []string `json:"recipients,omitempty" maxItems:"200" doc:"who may be given what is seen"`
	Emergency   bool     `json:"emergency" doc:"one signature; two other people review it within 24 hours"`
}

// Signature is one person's, with a key of a device of theirs.
type Signature struct {
	Person    desk.PersonID `json:"person" doc:"who signed"`
	Name      string        `json:"name" doc:"name as it was then"`
	Pseudonym string        `json:"pseudonym" doc:"as the ledger has it"`
	Unit      string        `json:"unit" doc:"unit that they belong to"`
	Device    string        `json:"device" doc:"device that they signed on"`
	Key       string        `json:"key" doc:"its Ed25519 key, base64"`
	Signature string        `json:"signature" doc:"Ed25519, base64"`
	At        time.Time     `json:"at" doc:"when"`
}

// Authority is one version of a permission.
type Authority struct {
	ID      string `json:"id" doc:"name of the authority, for ever"`
	Version uint64 `json:"version" doc:"counts the changes, from 1"`
	Content string `json:"content" doc:"SHA-256 of its text, which is what people sign; hex"`
	// Salt hides the terms: everybody is shown the content.
	Salt    string    `json:"salt,omitempty" doc:"random, part of the text; for officers"`
	By      desk.Who  `json:"by" doc:"who drafted it"`
	Drafted time.Time `json:"drafted" doc:"when"`
	Lapses  time.Time `json:"lapses" doc:"a draft is to be signed until then"`
	Terms
	Signed  []Signature `json:"signed" doc:"who signed"`
	Reviews []Signature `json:"reviews,omitempty" doc:"who reviewed an emergency"`
	// Begins and Due are zero until it was granted.
	Begins time.Time `json:"begins" doc:"in force from then; zero: not granted"`
	Due    time.Time `json:"due" doc:"an emergency is to be reviewed until then"`
	Closed State     `json:"closed,omitempty" doc:"how it ended; empty: not noted yet"`
	Ender  desk.Who  `json:"ender" doc:"who revoked it"`
	Reason string    `json:"reason,omitempty" doc:"why"`
}

// State is how far the authority has come at a time.
func (a *Authority) State(now time.Time) State {
	switch {
	case a.Closed != "":
		return a.Closed
	case a.Begins.IsZero() && (!now.Before(a.Lapses) || !now.Before(a.Until)):
		return Lapsed
	case a.Begins.IsZero():
		return Draft
	case a.waits() && !now.Before(a.Due) && a.Due.Before(a.Until):
		return Unreviewed
	case !now.Before(a.Until):
		return Ended
	case now.Before(a.Begins):
		return Coming
	case a.waits():
		return Emergency
	}
	return InForce
}

// waits reports whether an emergency waits for its review.
func (a *Authority) waits() bool { return a.Emergency && len(a.Reviews) < two }

// reviewable reports whether there is still time for that.
func (a *Authority) reviewable(now time.Time) bool {
	return a.waits() && !a.Begins.IsZero() && now.Before(a.Due)
}

const two = 2 // people

// Open reports whether somebody can still do something about it.
func (s State) Open() bool {
	return s == Draft || s == Coming || s == InForce || s == Emergency
}

// Policy is the state as policies know it.
func (s State) Policy() policy.State {
	switch s {
	case InForce:
		return policy.Signed
	case Emergency:
		return policy.Emergency
	case Draft, Coming:
		return policy.Draft
	default:
		return policy.Expired
	}
}

// Text is what an authority's content is the hash of: a line each.
func (t *Terms) Text(id, salt string) string {
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s %s\n", key, value) }
	line("form", "atalaya.authority.v1")
	line("authority", id)
	line("salt", salt)
	line("basis", t.Basis)
	line("issuer", t.Issuer)
	line("purpose", t.purposes())
	line("place", t.Place)
	line("area", t.Shape())
	line("sensors", joined(t.Holds))
	line("from", stamp(t.From))
	line("until", stamp(t.Until))
	line("hours", hours(t.Hours))
	line("flights", strconv.Itoa(t.Flights))
	line("flight-hours", strconv.FormatFloat(t.FlightHours, 'f', 3, 64))
	for _, r := range t.Recipients {
		line("recipient", r)
	}
	line("emergency", strconv.FormatBool(t.Emergency))
	return b.String()
}

// Hash is the content of a text: what people sign.
func Hash(text string) string { return hashed(text) }

func hashed(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

func (t *Terms) purposes() string { return joined(t.Purposes) }

func joined[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return strings.Join(out, " ")
}

// Shape is the area's outline in the ledger's form, which looks name by its
// hash: closed, seven decimals.
func (t *Terms) Shape() string {
	var b strings.Builder
	for i, p := range append(slices.Clip(t.Area), t.Area[0]) {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%.7f,%.7f", p.Lat, p.Lon)
	}
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// hours is "always", or the windows: days, minutes after midnight, UTC offset.
func hours(s valid.Schedule) string {
	if len(s.Windows) == 0 {
		return "always"
	}
	out := make([]string, 0, len(s.Windows))
	for _, w := range s.Windows {
		days := make([]string, len(w.Days))
		for i, d := range w.Days {
			days[i] = strconv.Itoa(int(d))
		}
		out = append(out, fmt.Sprintf("%s:%d-%d", strings.Join(days, ","), w.From, w.To))
	}
	return fmt.Sprintf("%+d %s", s.OffsetMinutes, strings.Join(out, " "))
}

// Check says what is wrong with terms.
func (t *Terms) Check(now time.Time) error {
	bad := func(field, format string, args ...any) error {
		return fmt.Errorf("%w: %w", desk.ErrInvalid, valid.In(field, fmt.Errorf(format, args...)))
	}
	for field, s := range map[string]string{"basis": t.Basis, "issuer": t.Issuer, "place": t.Place} {
		if !oneLine(s) {
			return bad(field, "%s: write one line of at most %d bytes", field, mostText)
		}
	}
	if len(t.Purposes) == 0 {
		return bad("purposes", "nothing says what it is for: choose of %v", policy.Purposes())
	}
	for _, p := range t.Purposes {
		if !policy.Lawful(string(p)) {
			return bad("purposes", "%q is no purpose for which anything may be looked at: choose of %v", p, policy.Purposes())
		}
	}
	if len(t.Area) < 3 || len(t.Area) > mostCorners {
		return bad("area", "an area of %d positions: use 3 to %d", len(t.Area), mostCorners)
	}
	if t.Area[0] == t.Area[len(t.Area)-1] {
		return bad("area", "the area's first position stands at its end again: leave it out")
	}
	if err := (area.Area{ID: "area", Kind: area.Watched, Polygon: geo.Polygon{t.Area}}).Check(); err != nil {
		return bad("area", "%w", err)
	}
	if len(t.Holds) == 0 || len(t.Holds) > mostNames || len(t.Recipients) > mostNames {
		return bad("sensors", "%d sensors and %d recipients: name 1 to %d sensors and at most as many recipients", len(t.Holds), len(t.Recipients), mostNames)
	}
	for _, s := range t.Holds {
		if err := valid.CheckKey(string(s)); err != nil {
			return bad("sensors", "%w", err)
		}
	}
	for _, r := range t.Recipients {
		if !oneLine(r) {
			return bad("recipients", "a recipient: write one line of at most %d bytes", mostText)
		}
	}
	switch d := t.Until.Sub(t.From); {
	case t.From.IsZero() || d <= 0:
		return bad("until", "it ends before it begins")
	case d > Longest:
		return bad("until", "it would hold for %.1f days: 30 at most", d.Hours()/24)
	case !t.Until.After(now):
		return bad("until", "its time is over already")
	case t.Flights < 0 || math.IsNaN(t.FlightHours) || t.FlightHours < 0 || t.FlightHours > 1e4:
		return bad("flight_hours", "a quota below 0 or above 10000")
	}
	if err := t.Hours.Check(); err != nil {
		return bad("hours", "%w", err)
	}
	return nil
}

// oneLine reports whether a text can stand in a line of what is signed.
func oneLine(s string) bool {
	return s != "" && len(s) <= mostText && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) // tells broken UTF-8, line ends and what is not seen
	}) && !strings.ContainsRune(s, unicode.ReplacementChar)
}
