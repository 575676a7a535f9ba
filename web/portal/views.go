package portal

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"atalaya/web/portal/digest"
)

// shownRows bounds a table of a page: the export has everything.
const shownRows = 500

func (s *Server) overview(r *http.Request, l Language, now time.Time) (*page, error) {
	st, err := s.cfg.Book.State(r.Context())
	if err != nil {
		return nil, err
	}
	if st.Refused, err = s.cfg.Book.Guard(r.Context()); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows := [][]cell{s.guardRow(l, st.Refused, st.Size)}
	if c, ok := s.sum.Last("count"); ok {
		at, _ := c.Time()
		rows = append(rows, []cell{text(l.T("last count")), text(l.ago(now, at)), text(l.when(at, false)), from(c.Index, c.Index)})
	}
	month := now.Format("2006-01")
	for _, section := range []string{digest.Entries, digest.Purposes, digest.Outcomes, digest.Late, digest.Access} {
		rows = append(rows, s.total(l, now, month, section))
	}
	return &page{Name: "overview", Parts: []part{{
		Heading: l.T("now"), Note: l.f("month", month), Heads: l.heads("what", "number", "newest", "source"), Rows: rows,
	}}}, nil
}

func (s *Server) guardRow(l Language, refused string, size uint64) []cell {
	if refused != "" {
		return []cell{text(l.T("guard")), {Text: l.T("guard.refused") + " " + refused, Class: "bad"}, text(""), text("")}
	}
	last := size - min(size, 1)
	return []cell{text(l.T("guard")), text(l.T("guard.well")), text(""), from(0, last)}
}

// total adds up a section.
func (s *Server) total(l Language, now time.Time, month, section string) []cell {
	var n uint64
	var newest digest.Tally
	var src source
	for i, row := range s.sum.Section(month, section) {
		if n += row.N; i == 0 {
			src = source{row.First, row.Last}
		}
		src = source{min(src.First, row.First), max(src.Last, row.Last)}
		if row.Newest.After(newest.Newest) {
			newest = row.Tally
		}
	}
	out := []cell{text(l.T("total." + section)), text(l.count(n, digest.Unit(section))), text(l.age(now, newest)), text("")}
	if n > 0 {
		out[3] = cell{Source: &src}
	}
	return out
}

func (s *Server) watched(_ *http.Request, l Language, now time.Time) (*page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := &page{Name: "watched"}
	sensors := part{Heading: l.T("sensors"), Note: l.T("sensors.note"), Heads: l.heads("sensor", "kind", "steerable", "newest", "source"), Empty: l.T("nothing")}
	if e, ok := s.sum.Last("sensors"); ok {
		at, _ := e.Time()
		for line := range strings.Lines(e.Values["sensors"]) {
			w := strings.Fields(line)
			if len(w) < 3 {
				continue
			}
			sensors.Rows = append(sensors.Rows, []cell{text(w[0]), text(l.T("sensor." + w[1])), text(l.T(w[2])), text(l.ago(now, at)), from(e.Index, e.Index)})
		}
	}
	why := part{Heading: l.T("purposes"), Note: l.T("purposes.note"), Heads: l.heads("purpose", "unit.looks", "newest", "source")}
	counted := map[string]digest.Row{}
	for _, row := range s.sum.Section("", digest.Purposes) {
		counted[row.Name] = row
	}
	names := slices.Clone(s.cfg.Purposes)
	for name := range counted {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[len(s.cfg.Purposes):])
	for _, name := range names {
		row, ok := counted[name]
		cells := []cell{text(l.T("purpose." + name)), l.amount(row.N), text(""), text("")}
		if ok {
			cells[2], cells[3] = text(l.age(now, row.Tally)), from(row.First, row.Last)
		}
		why.Rows = append(why.Rows, cells)
	}
	p.Parts = []part{sensors, s.aircraft(l, now), why, s.numbers(l, now, "", digest.Sensors, "sensor")}
	return p, nil
}

// aircraft lists the drones: what each is, carries and reaches, and since when.
func (s *Server) aircraft(l Language, now time.Time) part {
	out := part{
		Heading: l.T("aircraft"), Note: l.T("aircraft.note"), Empty: l.T("nothing"),
		Heads: l.heads("aircraft.name", "maker", "model", "supplier", "payload", "range", "since", "state", "source"),
	}
	for _, e := range s.sum.NewestOf(digest.Aircraft, "data.aircraft") {
		row := []cell{text(e.Values["data.aircraft"])}
		for _, name := range []string{"maker", "model", "supplier", "payload"} {
			row = append(row, text(l.said(e.Values["data."+name])))
		}
		reach := l.said(e.Values["data.range"])
		if e.Values["data.range"] != "" {
			reach = l.decimal(reach) + "\u00a0km"
		}
		since := ""
		if from := stamped(e, "data.from"); !from.IsZero() {
			since = l.when(from, false)
		}
		out.Rows = append(out.Rows, append(row, text(reach), text(since), text(l.held(now, stamped(e, "data.until"))), from(e.Index, e.Index)))
	}
	return out
}

// instructors lists the accounts of instructors from abroad, without names.
func (s *Server) instructors(l Language, now time.Time) part {
	out := part{Heading: l.T("instructors"), Note: l.T("instructors.note"), Heads: l.heads("country", "since", "state", "source"), Empty: l.T("nothing")}
	for _, e := range slices.Backward(s.sum.Records(digest.Instructors)) {
		out.Rows = append(out.Rows, []cell{
			text(e.Values["data.country"]), text(l.when(stamped(e, "data.from"), false)), text(l.held(now, stamped(e, "data.until"))), from(e.Index, e.Index),
		})
	}
	return out
}

// stamped gives a time that an entry says; zero: it does not.
func stamped(e digest.Entry, field string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, e.Values[field])
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// held says until when something holds, or held.
func (l Language) held(now, until time.Time) string {
	switch {
	case until.IsZero():
		return l.T("held")
	case until.After(now):
		return l.f("held.until", l.when(until, false))
	}
	return l.f("held.ended", l.when(until, false))
}

// said gives a text, or that there is none.
func (l Language) said(s string) string {
	if s == "" {
		return l.T("not said")
	}
	return s
}

// numbers is a table of a section.
func (s *Server) numbers(l Language, now time.Time, month, section, head string) part {
	out := part{Heading: l.T("section." + section), Heads: []string{l.T(head), l.T("unit." + digest.Unit(section)), l.T("newest"), l.T("source")}, Empty: l.T("nothing")}
	for _, row := range s.sum.Section(month, section) {
		out.Rows = append(out.Rows, []cell{text(l.name(section, row.Name)), l.amount(row.N), text(l.age(now, row.Tally)), from(row.First, row.Last)})
	}
	return out
}

func (s *Server) looks(r *http.Request, l Language, now time.Time) (*page, error) {
	month := s.month(r)
	s.mu.RLock()
	defer s.mu.RUnlock()
	spots := s.sum.Spots(month)
	note := l.T("delay.none")
	if s.cfg.Delay > 0 {
		note = l.f("delay", l.span(s.cfg.Delay))
	}
	if n := len(s.sum.Waiting()); n > 0 {
		note += " " + l.f("waiting", n)
	}
	cells := s.numbers(l, now, month, digest.Cells, "cell")
	cells.Note, cells.Map = note, s.draw(l, s.sum.Section(month, digest.Cells))
	hours := part{Heading: l.T("section.hours"), Heads: l.heads("hour", "cell", "kind", "purpose", "sensor", "fence", "unit.looks", "source"), Empty: l.T("nothing")}
	for i, x := range spots {
		if i == shownRows {
			hours.Note = l.f("newest only", shownRows)
			break
		}
		hours.Rows = append(hours.Rows, []cell{
			text(l.name(digest.Hours, x.Hour)), text(l.name(digest.Cells, x.Cell)), text(l.T("kind." + x.Kind)), text(l.name(digest.Purposes, x.Purpose)), text(x.Sensor),
			text(l.name(digest.Fences, x.Fence)), l.amount(x.N), from(x.First, x.Last),
		})
	}
	return &page{Name: "looks", Parts: []part{s.monthsPart(l, "/looks"), cells, hours, s.numbers(l, now, month, digest.Fences, "fence")}}, nil
}

// month is the one asked for, or every one.
func (s *Server) month(r *http.Request) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if m := r.URL.Query().Get("month"); slices.Contains(s.sum.Months(), m) {
		return m
	}
	return ""
}

// monthsPart leads to single months.
func (s *Server) monthsPart(l Language, path string) part {
	out := part{Heading: l.T("months"), Heads: l.heads("month.name", "entries", "source")}
	for _, m := range s.sum.Months() {
		t := s.total(l, time.Time{}, m, digest.Entries)
		out.Rows = append(out.Rows, []cell{{Text: m, Path: path + "?month=" + m}, t[1], t[3]})
	}
	return out
}

func (s *Server) authorities(_ *http.Request, l Language, _ time.Time) (*page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &page{Name: "authorities", Parts: []part{s.records(l, "authority")}}, nil
}

// records is a table of a family's entries, newest first, with all that is
// opened of them.
func (s *Server) records(l Language, family string) part {
	out := part{Heading: l.T("family." + family), Heads: l.heads("record", "when", "opened", "source"), Empty: l.T("nothing")}
	all := s.sum.Records(family)
	for i, e := range slices.Backward(all) {
		if len(all)-i > shownRows {
			out.Note = l.f("newest only", shownRows)
			break
		}
		out.Rows = append(out.Rows, []cell{text(l.T("kind." + e.Kind())), l.at(e), text(fields(e)), from(e.Index, e.Index)})
	}
	return out
}

// fields writes what is opened of an entry besides its head.
func fields(e digest.Entry) string {
	var out []string
	for name, v := range e.Values {
		if slices.Contains([]string{"format", "kind", "phase", "hour", "at", "of"}, name) {
			continue
		}
		const most = 200
		if len(v) > most {
			v = strings.ToValidUTF8(v[:most], "") + "…"
		}
		out = append(out, name+": "+v)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func (s *Server) ledger(r *http.Request, l Language, now time.Time) (*page, error) {
	st, err := s.cfg.Book.State(r.Context())
	if err != nil {
		return nil, err
	}
	if st.Refused, err = s.cfg.Book.Guard(r.Context()); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	state := part{Heading: l.T("checkpoint"), Heads: l.heads("what", "number", "newest", "source")}
	add := func(what, value, age string, src *source) {
		state.Rows = append(state.Rows, []cell{text(l.T(what)), text(value), text(age), {Source: src}})
	}
	var last *source
	if st.Size > 0 {
		last = &source{st.Size - 1, st.Size - 1}
	}
	at, _ := s.sum.Newest().Time()
	add("size", l.count(st.Size, "entries"), l.ago(now, at), last)
	add("key", st.Key, "", nil)
	head, signatures := parseNote(st.Checkpoint)
	add("root", head, l.ago(now, at), last)
	state.Rows = append(state.Rows, s.guardRow(l, st.Refused, st.Size))
	add("copies", l.count(uint64(st.Copies), "places"), "", nil) //nolint:gosec // not negative
	if e, ok := s.sum.Last("system.start"); ok && e.Values["software"] != "" {
		at, _ := e.Time()
		add("software", e.Values["version"]+", SHA-256 "+e.Values["software"], l.ago(now, at), &source{e.Index, e.Index})
	}
	for _, kind := range []string{"system.start", "system.stop", "count", "policy"} {
		if e, ok := s.sum.Last(kind); ok {
			at, _ := e.Time()
			add("last."+kind, l.when(at, false), l.ago(now, at), &source{e.Index, e.Index})
		}
	}
	signed := part{Heading: l.T("signed"), Note: l.T("signed.note"), Heads: l.heads("signer", "as", "when", "newest"), Empty: l.T("nothing")}
	for _, x := range signatures {
		row := []cell{text(x.name), text(l.T("log")), text(""), text("")}
		if !x.at.IsZero() {
			row[1], row[2], row[3] = text(l.T("witness")), text(l.when(x.at, false)), text(l.ago(now, x.at))
		}
		signed.Rows = append(signed.Rows, row)
	}
	keep := part{Heading: l.T("retention"), Note: l.T("retention.note"), Heads: l.heads("class", "keep", "purged until", "newest", "source"), Empty: l.T("nothing")}
	for _, e := range s.sum.Lasts("retention") {
		class := e.Values["class"]
		row := []cell{text(class), text(e.Values["keep"] + " " + l.T("unit.days")), text(l.T("never")), text(""), from(e.Index, e.Index)}
		if p, ok := s.sum.Last("purge " + class); ok {
			at, _ := p.Time()
			until, err := time.Parse(time.RFC3339Nano, p.Values["until"])
			if err != nil {
				until = time.Time{}
			}
			row[2], row[3], row[4] = text(l.when(until, false)), text(l.ago(now, at)), from(e.Index, p.Index)
		}
		keep.Rows = append(keep.Rows, row)
	}
	return &page{Name: "ledger", Parts: []part{state, signed, keep, s.numbers(l, now, "", digest.Purged, "class"), s.records(l, "key"), s.records(l, "succession"), s.records(l, "explain"), s.records(l, "correction")}}, nil
}

func (s *Server) statistics(r *http.Request, l Language, now time.Time) (*page, error) {
	month := s.month(r)
	s.mu.RLock()
	defer s.mu.RUnlock()
	alerts := s.numbers(l, now, month, digest.Entries, "kind")
	all := alerts
	alerts.Heading, alerts.Rows = l.T("alerts"), nil
	for _, row := range s.sum.Section(month, digest.Entries) {
		if digest.Family(row.Name) == "alert" {
			alerts.Rows = append(alerts.Rows, []cell{text(l.name(digest.Entries, row.Name)), l.amount(row.N), text(l.age(now, row.Tally)), from(row.First, row.Last)})
		}
	}
	return &page{Name: "statistics", Parts: []part{
		s.monthsPart(l, "/statistics"), s.numbers(l, now, month, digest.Access, "role"), alerts, s.days(l), s.instructors(l, now), s.records(l, "disclosure"),
		s.numbers(l, now, month, digest.Outcomes, "kind"), s.numbers(l, now, month, digest.Late, "kind"), all,
	}}, nil
}

// days are the statistics that the program enters once a day.
func (s *Server) days(l Language) part {
	names := []string{"acts", "alerts", "shelved", "shelved.minutes", "shelved.longest", "shelved.returned", "sessions", "refused", "tokens", "exports", "disclosures"}
	out := part{Heading: l.T("days"), Note: l.T("days.note"), Heads: l.heads("day"), Empty: l.T("nothing")}
	for _, name := range names {
		out.Heads = append(out.Heads, l.T("day."+name))
	}
	out.Heads = append(out.Heads, l.T("source"))
	all := s.sum.Records("statistics")
	for i, e := range slices.Backward(all) {
		if len(all)-i > shownRows {
			out.Note += " " + l.f("newest only", shownRows)
			break
		}
		row := []cell{text(e.Values["day"])}
		for _, name := range names {
			row = append(row, cell{Text: e.Values[name], Number: true})
		}
		out.Rows = append(out.Rows, append(row, from(e.Index, e.Index)))
	}
	return out
}

func (s *Server) instruments(_ *http.Request, l Language, now time.Time) (*page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &page{Name: "instruments", Parts: []part{
		s.promises(l, now, promise{family: "instrument", name: "instrument", made: "instrument", kept: "instrument.open", about: []string{"type", "parties", "date"}}),
		s.promises(l, now, promise{family: "notice", name: "notice", made: "notice", kept: "notice.given", about: []string{"clock", "to"}}),
		s.records(l, "instrument"), s.records(l, "notice"),
	}}, nil
}

func (s *Server) audit(_ *http.Request, l Language, now time.Time) (*page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &page{Name: "audit", Parts: []part{
		s.promises(l, now, promise{family: "audit", name: "draw", made: "audit.reveal", kept: "audit.answer", about: nil}), s.records(l, "audit"),
	}}, nil
}

// promise is what must be followed by another entry in its time: an instrument
// by its opening, a notice by word that it was given, a draw by its answer.
type promise struct {
	family, name string // of the field that both entries are known by
	made, kept   string // kinds
	about        []string
}

// promises says of each whether it was kept, and by when it must be.
func (s *Server) promises(l Language, now time.Time, p promise) part {
	out := part{
		Heading: l.T("promise." + p.family), Note: l.T("promise.note"), Heads: l.heads("record", "about", "when", "due", "state", "source"), Empty: l.T("nothing"),
	}
	all := s.sum.Records(p.family)
	kept := map[string]digest.Entry{}
	for _, e := range all {
		if _, before := kept[e.Values[p.name]]; !before && e.Kind() == p.kept {
			kept[e.Values[p.name]] = e
		}
	}
	for _, e := range slices.Backward(all) {
		if e.Kind() != p.made {
			continue
		}
		var about []string
		for _, name := range p.about {
			if v := e.Values[name]; v != "" {
				about = append(about, v)
			}
		}
		due, at := dueOf(e), cell{}
		if !due.IsZero() {
			at = text(l.when(due, false))
		}
		state, src := text(l.T("promise.open."+p.family)), from(e.Index, e.Index)
		switch k, ok := kept[e.Values[p.name]]; {
		case ok:
			when, _ := k.Time()
			state, src = text(l.T("promise.kept."+p.family)+" "+l.when(when, false)), from(e.Index, k.Index)
			if !due.IsZero() && when.After(due) {
				state = cell{Text: state.Text + ": " + l.T("late"), Class: "bad"}
			}
		case !due.IsZero() && now.After(due):
			state = cell{Text: l.T("overdue"), Class: "bad"}
		}
		out.Rows = append(out.Rows, []cell{text(e.Values[p.name]), text(strings.Join(about, ", ")), l.at(e), at, state, src})
	}
	return out
}

// dueOf gives by when a promise is to be kept; zero: it is not said.
func dueOf(e digest.Entry) time.Time {
	for _, name := range []string{"due", "opens"} {
		if due, err := time.Parse(time.RFC3339Nano, e.Values[name]); err == nil {
			return due.UTC()
		}
	}
	return time.Time{}
}

func (s *Server) receipts(r *http.Request, _ Language, _ time.Time) (*page, error) {
	st, err := s.cfg.Book.State(r.Context())
	if err != nil {
		return nil, err
	}
	entry := r.URL.Query().Get("entry")
	if strings.Trim(entry, "0123456789") != "" {
		entry = ""
	}
	return &page{Name: "receipts", Receipts: &lookup{st.Key, entry}}, nil
}

func (s *Server) downloads(r *http.Request, l Language, _ time.Time) (*page, error) {
	st, err := s.cfg.Book.State(r.Context())
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	export := part{Heading: l.T("export"), Note: l.f("export.note", st.Size), Links: []item{{Path: "/export.zip", Text: l.f("export.link", st.Size)}}}
	reports := part{Heading: l.T("report"), Note: l.T("report.note"), Empty: l.T("nothing")}
	for _, y := range s.sum.Years() {
		for _, format := range []string{"pdf", "csv"} {
			reports.Links = append(reports.Links, item{Path: "/report/" + y + "." + format, Text: l.f("report.link", y, strings.ToUpper(format))})
		}
	}
	if len(reports.Links) > 0 {
		reports.Empty = ""
	}
	return &page{Name: "downloads", Parts: []part{export, reports}}, nil
}
