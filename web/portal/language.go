package portal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"atalaya/web/portal/digest"
)

// Language of the pages.
type Language string

const (
	spanish Language = "es"
	english Language = "en"
)

// T gives a text. One that is not listed is given as it is: kinds that the
// ledger may have one day.
func (l Language) T(key string) string {
	pair, ok := texts[key]
	if !ok {
		for _, prefix := range []string{"kind.", "purpose.", "sensor.", "fence.", "role."} {
			if rest, cut := strings.CutPrefix(key, prefix); cut {
				return rest
			}
		}
		return key
	}
	if l == english {
		return pair[1]
	}
	return pair[0]
}

// f fills a text.
func (l Language) f(key string, args ...any) string { return fmt.Sprintf(l.T(key), args...) }

func (l Language) heads(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = l.T(k)
	}
	return out
}

// whole writes a number in groups of three.
func (l Language) whole(n uint64) string {
	s := strconv.FormatUint(n, 10)
	if len(s) < 5 { // both languages write four digits together
		return s
	}
	var out []byte
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			if l == english {
				out = append(out, ',')
			} else {
				out = append(out, "\u00a0"...)
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// count writes a number with its unit.
func (l Language) count(n uint64, unit string) string {
	if n == 1 {
		return "1 " + l.T("one."+unit)
	}
	return l.whole(n) + " " + l.T("unit."+unit)
}

// when writes a time, or an hour, in UTC.
func (l Language) when(t time.Time, hour bool) string {
	switch {
	case t.IsZero():
		return l.T("unknown")
	case hour:
		return t.UTC().Format("2006-01-02 15:00") + "–" + t.UTC().Add(time.Hour).Format("15:00 UTC")
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// span writes a length of time.
func (l Language) span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	const day = 24 * time.Hour
	return fmt.Sprintf("%d %s", d/day, l.T("unit.days"))
}

// ago writes how old something is.
func (l Language) ago(now, t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.After(now):
		return l.f("ago", l.span(0))
	}
	return l.f("ago", l.span(now.Sub(t)))
}

// age writes how old the newest of a number is.
func (l Language) age(now time.Time, t digest.Tally) string {
	hours := uint64(max(0, now.Sub(t.Newest).Hours()))
	switch {
	case t.Newest.IsZero() || !t.Hourly:
		return l.ago(now, t.Newest)
	case hours == 0:
		return l.T("within the hour")
	case hours < 48:
		return l.f("ago", l.whole(hours)+" h")
	}
	return l.ago(now, t.Newest)
}

// decimal writes a number that is a text with the language's decimal sign.
func (l Language) decimal(s string) string {
	if l == spanish {
		return strings.ReplaceAll(s, ".", ",")
	}
	return s
}

// degrees writes a latitude or a longitude to a tenth.
func (l Language) degrees(v float64, positive, negative string) string {
	side := positive
	if v < 0 {
		v, side = -v, negative
	}
	return l.decimal(strconv.FormatFloat(v, 'f', 1, 64)) + "° " + side
}

// name writes the name of a number.
func (l Language) name(section, name string) string {
	if name == "" {
		return l.T("not said")
	}
	switch section {
	case digest.Entries, digest.Late:
		return l.T("kind." + name)
	case digest.Outcomes:
		kind, outcome, _ := strings.Cut(name, " ")
		return l.T("kind."+kind) + ": " + l.T("outcome."+outcome)
	case digest.Purposes:
		return l.T("purpose." + name)
	case digest.Fences:
		return l.T("fence." + name)
	case digest.Access:
		return l.T("role." + name)
	case digest.Hours:
		if t, err := time.Parse("2006-01-02T15Z", name); err == nil {
			return l.when(t, true)
		}
	case digest.Cells:
		if lat, lon, ok := parseCell(name); ok {
			return l.f("cell.of", l.degrees(lat, "N", "S"), l.degrees(lon, "E", l.T("west")))
		}
	}
	return name
}
