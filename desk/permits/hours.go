package permits

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/valid"
)

// Hours in a file: windows apart by ; or |, each with the days on which it
// begins, if not all, and from when to when:
//
//	lu-vi 06:00-08:00; sa 10:00-12:00
//
// Days are known by their first two letters, Spanish or English, and stand
// alone, apart by commas, or as a range.

// hours reads such a cell.
func hours(value string) ([]valid.Window, error) {
	var out []valid.Window
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ';' || r == '|' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		w, err := window(part)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func window(part string) (w valid.Window, err error) {
	days, span := "", part
	if i := strings.LastIndexAny(part, " \t"); i >= 0 {
		days, span = part[:i], part[i+1:]
	}
	from, to, ok := strings.Cut(span, "-")
	if w.From, err = minute(from); err == nil {
		w.To, err = minute(to)
	}
	if !ok || err != nil || w.From == 24*60 {
		return w, fmt.Errorf("%q are no hours: write them as in lu-vi 06:00-08:00; sa 10:00-12:00", part)
	}
	w.Days, err = weekdays(days)
	return w, err
}

func minute(s string) (int, error) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hour, err1 := strconv.ParseUint(h, 10, 8)
	past, err2 := strconv.ParseUint(m, 10, 8)
	if !ok || err1 != nil || err2 != nil || past > 59 || hour > 24 || (hour == 24 && past > 0) {
		return 0, fmt.Errorf("%q is no time of day: write HH:MM", s)
	}
	return int(hour*60 + past), nil
}

func weekdays(s string) ([]time.Weekday, error) {
	var out []time.Weekday
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		first, last, span := strings.Cut(part, "-")
		if !span {
			last = first
		}
		a, err := weekday(first)
		if err != nil {
			return nil, err
		}
		b, err := weekday(last)
		if err != nil {
			return nil, err
		}
		for d := a; ; d = (d + 1) % 7 {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
			if d == b {
				break
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

func weekday(s string) (time.Weekday, error) {
	name := letters(s)
	if len(name) >= 2 {
		for d, names := range [7][2]string{{"DO", "SU"}, {"LU", "MO"}, {"MA", "TU"}, {"MI", "WE"}, {"JU", "TH"}, {"VI", "FR"}, {"SA", "SA"}} {
			if name[:2] == names[0] || name[:2] == names[1] {
				return time.Weekday(d), nil
			}
		}
	}
	return 0, fmt.Errorf("%q is no day: write do lu ma mi ju vi sa, or su mo tu we th fr sa", s)
}
