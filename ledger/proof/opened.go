package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// record is what a view shows of one record, after its opening was checked.
type record struct {
	index  int64
	whole  bool
	values map[string]string
	order  []string // names, as they stand in the record
}

func newRecord(o Opening) record {
	r := record{index: o.Index, whole: o.Whole, values: make(map[string]string, len(o.Fields))}
	for _, f := range o.Fields {
		r.values[f.Name] = string(f.Value)
		r.order = append(r.order, f.Name)
	}
	return r
}

// get gives a field; false where it is not opened, or not there.
func (r record) get(name string) (string, bool) {
	v, ok := r.values[name]
	return v, ok
}

func (r record) kind() string { return r.values["kind"] }

// outcome says whether the record tells how an act ended.
func (r record) outcome() bool { return r.values["phase"] == "outcome" }

// span gives the time of the record: between two instants, an hour apart where
// only the hour is opened.
func (r record) span() (from, until time.Time, ok bool) {
	if s, has := r.get("at"); has {
		at, err := parseTime(s)
		return at, at, err == nil
	}
	if s, has := r.get("hour"); has && len(s) == len("2006-01-02T15Z") {
		h, err := parseTime(s[:len(s)-1] + ":00:00" + s[len(s)-1:])
		return h, h.Add(time.Hour), err == nil
	}
	return time.Time{}, time.Time{}, false
}

// parseTime reads a time as records have it: RFC 3339 in UTC, or a day. Package
// time alone would also take hours of one digit and a comma.
func parseTime(s string) (time.Time, error) {
	if len(s) == len("2006-01-02") {
		s += "T00:00:00Z"
	}
	main, _ := strings.CutSuffix(s, "Z")
	main, part, point := strings.Cut(main, ".")
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z", s)
	if err != nil || len(main) != len("2006-01-02T15:04:05") || point && (part == "" || len(part) > 9) {
		return time.Time{}, fmt.Errorf("%.40q is no time in UTC", s)
	}
	return t, nil
}

// time reads a field that is a time.
func (r record) time(name string) (time.Time, bool) {
	s, ok := r.get(name)
	if !ok {
		return time.Time{}, false
	}
	t, err := parseTime(s)
	return t, err == nil
}

// count reads a field that is a whole number.
func (r record) count(name string) (int64, bool) {
	s, ok := r.get(name)
	if !ok {
		return 0, false
	}
	n, err := parseCount(s)
	return n, err == nil
}

// number reads a field that is a decimal number.
func (r record) number(name string) (float64, bool) {
	s, ok := r.get(name)
	if !ok || !isDecimal(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// isDecimal says whether s is digits with at most a sign and one point: what
// every language reads alike.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, part, point := strings.Cut(s, ".")
	digits := func(s string) bool {
		return s != "" && len(s) <= 18 && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' })
	}
	return digits(whole) && (!point || digits(part))
}

// isPosition says whether a field is where something was seen or looked.
func isPosition(name string) bool {
	return slices.Contains([]string{"position", "look.pose", "look.footprint"}, name)
}

// isSafe says whether a command is a safe act: one that is never refused.
func isSafe(command string) bool {
	return slices.Contains([]string{"hold", "return", "land", "stow", "stop-recording"}, command)
}

// isCommand says whether a command is in the closed set. There is no weapon
// command in it, and none that drops or switches what a vehicle carries.
func isCommand(command string) bool {
	return isSafe(command) || slices.Contains([]string{
		"take-off", "fly", "route", "orbit", "speed", "resume",
		"point", "turn", "zoom", "look", "record",
	}, command)
}
