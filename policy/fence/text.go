package fence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/geo"
)

// Text forms: a line each, "key value", in one order; no line is left out. What
// is judged is what the text says, so the verdict can be made again from it.
const (
	boundsForm  = "atalaya.fence.bounds.v1"
	commandForm = "atalaya.fence.command.v1"
	reportForm  = "atalaya.fence.report.v1"
	verdictForm = "atalaya.fence.verdict.v1"

	timeForm = "2006-01-02T15:04:05.000000000Z"
)

func hash(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// Text is the bounds' text form.
func (b Bounds) Text() string {
	b = b.rounded()
	var f form
	f.bounds(&b)
	return f.out.String()
}

// Text is the command's text form, under bounds of that hash.
func (c Command) Text(bounds string) string {
	c = c.rounded()
	var f form
	f.command(&bounds, &c)
	return f.out.String()
}

// Text is the report's text form, under bounds of that hash.
func (r Report) Text(bounds string) string {
	r = r.rounded()
	var f form
	f.report(&bounds, &r)
	return f.out.String()
}

// ParseBounds reads what Text wrote.
func ParseBounds(text string) (Bounds, error) {
	var b Bounds
	f := reading(text)
	f.bounds(&b)
	if err := f.end(); err != nil {
		return b, fmt.Errorf("bounds of a fence: %w", err)
	}
	return b, f.same(b.Text())
}

// ParseCommand reads what Text wrote.
func ParseCommand(text string) (c Command, bounds string, err error) {
	f := reading(text)
	f.command(&bounds, &c)
	if err := f.end(); err != nil {
		return c, bounds, fmt.Errorf("command for a fence: %w", err)
	}
	return c, bounds, f.same(c.Text(bounds))
}

// ParseReport reads what Text wrote.
func ParseReport(text string) (r Report, bounds string, err error) {
	f := reading(text)
	f.report(&bounds, &r)
	if err := f.end(); err != nil {
		return r, bounds, fmt.Errorf("report for a fence: %w", err)
	}
	return r, bounds, f.same(r.Text(bounds))
}

// Text is the verdict's text form.
func (v Verdict) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "form %s\njudge %s\nbounds %s\ninput %s\n", verdictForm, v.Judge, v.Bounds, v.Input)
	word := "refuse"
	if v.Pass {
		word = "pass"
	}
	fmt.Fprintf(&b, "verdict %s\nreasons", word)
	if len(v.Reasons) == 0 {
		b.WriteString(" -")
	}
	for _, r := range v.Reasons {
		fmt.Fprintf(&b, " %s", r)
	}
	if m := v.Binding; m == nil {
		b.WriteString("\nbinding -\nleft_m -\n")
	} else {
		fmt.Fprintf(&b, "\nbinding %s %s %s\nleft_m %.1f\n", m.Of, m.Bound, m.Name, m.Left)
	}
	for _, m := range v.Margins {
		fmt.Fprintf(&b, "margin %s %s %s clearance_m %.1f growth_m %.3f needed_m %.3f left_m %.1f\n", m.Of, m.Bound, m.Name, m.Clearance, m.Growth, m.Needed, m.Left)
	}
	for _, c := range v.Classes {
		fmt.Fprintf(&b, "class %s %s %s\n", c.State, c.Class, c.Version)
	}
	for _, g := range v.Flight {
		fmt.Fprintf(&b, "growth flight %s %.3f\n", g.Name, g.Metres)
	}
	for _, g := range v.Look {
		fmt.Fprintf(&b, "growth look %s %.3f\n", g.Name, g.Metres)
	}
	return b.String()
}

// form writes a text, or reads one: what it says once holds for both.
type form struct {
	out  strings.Builder
	read bool
	text string
	rest []string // lines to be read
	line int
	err  error
}

func reading(text string) *form {
	f := &form{read: true, text: text, rest: strings.Split(text, "\n")}
	if len(text) > 1<<24 {
		f.err = errors.New("more than 16 MiB")
	}
	return f
}

// end makes sure that nothing comes after.
func (f *form) end() error {
	if f.err == nil && (len(f.rest) != 1 || f.rest[0] != "") {
		f.err = fmt.Errorf("line %d: there is more than there should be", f.line+1)
	}
	return f.err
}

// same refuses texts that say the same in other words: they have another hash.
func (f *form) same(text string) error {
	if text != f.text {
		return errors.New("the text of a fence is not in its one form: numbers, order of positions or of lines differ")
	}
	return nil
}

func (f *form) value(key, value string) string {
	if !f.read {
		fmt.Fprintf(&f.out, "%s %s\n", key, value)
		return value
	}
	if f.err != nil {
		return ""
	}
	f.line++
	if len(f.rest) < 2 { // the last one has no end
		f.err = fmt.Errorf("line %d: %q is missing", f.line, key)
		return ""
	}
	got, rest, _ := strings.Cut(f.rest[0], " ")
	f.rest = f.rest[1:]
	if got != key {
		f.err = fmt.Errorf("line %d: %q, want %q", f.line, got, key)
	}
	return rest
}

func (f *form) fail(err error) {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("line %d: %w", f.line, err)
	}
}

func (f *form) title(name string) {
	if got := f.value("form", name); f.read && got != name {
		f.fail(fmt.Errorf("form %q, want %q", got, name))
	}
}

func (f *form) word(key string, s *string) { *s = f.value(key, *s) }

func (f *form) number(key string, x *float64) {
	got := f.value(key, strconv.FormatFloat(*x, 'f', 3, 64))
	if f.read && f.err == nil {
		var err error
		*x, err = strconv.ParseFloat(got, 64)
		f.fail(err)
	}
}

func (f *form) version(key string, n *uint32) {
	got := f.value(key, strconv.FormatUint(uint64(*n), 10))
	if f.read && f.err == nil {
		u, err := strconv.ParseUint(got, 10, 32)
		f.fail(err)
		*n = uint32(u)
	}
}

// count is the number of lines or groups that follow.
func (f *form) count(key string, n int) int {
	u := uint32(min(n, math.MaxUint32))
	f.version(key, &u)
	if f.read && int(u) > len(f.rest) {
		f.fail(fmt.Errorf("%d %s in %d lines", u, key, len(f.rest)))
	}
	if f.err != nil {
		return 0
	}
	return int(u)
}

func (f *form) flag(key string, b *bool, yes, no string) {
	word := no
	if *b {
		word = yes
	}
	switch got := f.value(key, word); {
	case !f.read:
	case got != yes && got != no:
		f.fail(fmt.Errorf("%q is neither %s nor %s", got, yes, no))
	default:
		*b = got == yes
	}
}

func (f *form) time(key string, t *time.Time) {
	got := f.value(key, t.UTC().Format(timeForm))
	if f.read && f.err == nil {
		var err error
		*t, err = time.Parse(timeForm, got)
		f.fail(err)
	}
}

func (f *form) position(key string, p *geo.Position) {
	got := f.value(key, p.String())
	if f.read && f.err == nil {
		var err error
		*p, err = parsePosition(got)
		f.fail(err)
	}
}

// positions are joined by spaces; none is a "-". A ring ends as it begins.
func (f *form) positions(key string, ps []geo.Position, ring bool) []geo.Position {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.String() + " ")
	}
	switch {
	case len(ps) == 0:
		b.WriteString("-")
	case ring:
		b.WriteString(ps[0].String())
	}
	got := f.value(key, strings.TrimSuffix(b.String(), " "))
	if !f.read {
		return ps
	}
	if f.err != nil || got == "-" {
		return nil
	}
	var out []geo.Position
	for word := range strings.SplitSeq(got, " ") {
		p, err := parsePosition(word)
		if err != nil {
			f.fail(err)
			return nil
		}
		out = append(out, p)
	}
	if ring {
		if out[0].String() != out[len(out)-1].String() || len(out) < 2 {
			f.fail(errors.New("a ring that does not end as it begins"))
		}
		out = out[:len(out)-1]
	}
	return out
}

func parsePosition(s string) (p geo.Position, err error) {
	lat, lon, ok := strings.Cut(s, ",")
	if !ok {
		return p, fmt.Errorf("%q is no position", s)
	}
	if p.Lat, err = strconv.ParseFloat(lat, 64); err != nil {
		return p, err
	}
	p.Lon, err = strconv.ParseFloat(lon, 64)
	return p, err
}
