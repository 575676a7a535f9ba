package permits

import (
	"fmt"
	"strings"
	"time"

	"atalaya/obs"
	"atalaya/permit"
	"atalaya/rule"
)

// sentence tells what a permit is and how it matches, in both languages.
func sentence(p *permit.Permit, m *matched) rule.Text {
	es, en := spanish(), english()
	return rule.Text{ES: es.sentence(p, m), EN: en.sentence(p, m)}
}

// language is what the two languages of the screen differ in.
type language struct {
	decimal, open, close string
	permit               string // of the kind and number, and of the issuer
	kinds                map[permit.Kind]string
	claims               map[obs.ClaimKind]string
	holder               string
	valid                string
	between              string // from and to
	from, until          string
	hours                string // the permit has some, and it is within them
	always               string
	anybody              string
	claimed              string // of an identity and its honesty
	nameOnly             string
	inside, about, edge  string // of an area's name
	anywhere             string
	differs              string
	differ               string // of identity, permit's value, craft's value
	sure                 string
}

func spanish() language {
	return language{
		decimal: ",", open: "«", close: "»",
		permit: "Lo explica %s n.º %s, de %s",
		kinds: map[permit.Kind]string{
			permit.Fishing: "la licencia de pesca", permit.CocaTransport: "el permiso de transporte de hoja de coca",
			permit.Ferry: "el horario de transbordador", permit.Market: "el día de feria",
			permit.NoTransponder: "el registro de embarcación sin transpondedor", permit.OtherReason: "el permiso",
		},
		claims: map[obs.ClaimKind]string{
			obs.MMSI: "MMSI", obs.ICAO: "dirección OACI", obs.SystemID: "sistema MAVLink", obs.RadarTarget: "blanco de radar",
			obs.CallSign: "indicativo", obs.Name: "nombre", obs.Squawk: "código de transpondedor",
		},
		holder: "titular %s", valid: "vigente %s", between: "del %s al %s", from: "desde el %s", until: "hasta el %s", always: "sin plazo",
		hours:   "y dentro de su horario",
		anybody: "vale para cualquiera", claimed: "la nave dice ser %s (verdad con probabilidad %s)",
		nameOnly: "solo coincide el nombre, que otra nave puede llevar",
		inside:   "está en su zona %s", about: "es de su zona %s", edge: "está en el borde de su zona %s, dentro de la incertidumbre",
		anywhere: "vale en cualquier lugar", differs: "No coincide: ", differ: "%s: el permiso dice %s y la nave %s",
		sure: "Certeza %s.",
	}
}

func english() language {
	return language{
		decimal: ".", open: "“", close: "”",
		permit: "Explained by %s no. %s, issued by %s",
		kinds: map[permit.Kind]string{
			permit.Fishing: "fishing licence", permit.CocaTransport: "coca-leaf transport permit",
			permit.Ferry: "ferry timetable", permit.Market: "market day",
			permit.NoTransponder: "the register of craft without transponder", permit.OtherReason: "permit",
		},
		claims: map[obs.ClaimKind]string{
			obs.MMSI: "MMSI", obs.ICAO: "ICAO address", obs.SystemID: "MAVLink system", obs.RadarTarget: "radar target",
			obs.CallSign: "call sign", obs.Name: "name", obs.Squawk: "squawk",
		},
		holder: "held by %s", valid: "valid %s", between: "from %s to %s", from: "from %s", until: "until %s", always: "without end",
		hours:   "and within its hours",
		anybody: "it holds for anybody", claimed: "the craft claims to be %s (true with probability %s)",
		nameOnly: "only the name matches, and another craft may bear it",
		inside:   "it is inside the permit's area %s", about: "it is about the permit's area %s", edge: "it is at the edge of the permit's area %s, within the uncertainty",
		anywhere: "it holds anywhere", differs: "Does not match: ", differ: "%s: the permit says %s and the craft %s",
		sure: "Sureness %s.",
	}
}

func (l *language) sentence(p *permit.Permit, m *matched) string {
	head := []string{fmt.Sprintf(l.permit, l.kinds[p.Kind], p.ID, p.Issuer)}
	if p.Holder != "" {
		head = append(head, fmt.Sprintf(l.holder, p.Holder))
	}
	valid := fmt.Sprintf(l.valid, l.validity(p))
	if len(p.Schedule.Windows) > 0 {
		valid += " " + l.hours
	}
	head = append(head, valid)
	var how []string
	switch {
	case m.anybody:
		how = append(how, l.anybody)
	default:
		how = append(how, fmt.Sprintf(l.claimed, l.identity(m.claim.Claim), l.number(m.claim.Honest)))
		if m.byName {
			how = append(how, l.nameOnly)
		}
	}
	switch m.place {
	case inside:
		how = append(how, fmt.Sprintf(l.inside, l.area(m)))
	case about:
		how = append(how, fmt.Sprintf(l.about, l.area(m)))
	case edge:
		how = append(how, fmt.Sprintf(l.edge, l.area(m)))
	case anywhere, outside:
		how = append(how, l.anywhere)
	}
	out := strings.Join(head, ", ") + ": " + strings.Join(how, "; ") + ". "
	if len(m.differs) > 0 {
		parts := make([]string, len(m.differs))
		for i, d := range m.differs {
			parts[i] = fmt.Sprintf(l.differ, l.claims[d.permit.Kind], l.quoted(d.permit.Value), l.quoted(d.craft.Value))
		}
		out += l.differs + strings.Join(parts, "; ") + ". "
	}
	return out + fmt.Sprintf(l.sure, l.number(m.sure))
}

// validity writes the first and the last day, in the permit's local time.
func (l *language) validity(p *permit.Permit) string {
	day := func(t time.Time) string {
		return t.UTC().Add(time.Duration(p.Schedule.OffsetMinutes) * time.Minute).Format(time.DateOnly)
	}
	from, until := p.Valid.From, p.Valid.Until
	last := until.Add(-time.Nanosecond) // until is not included
	switch {
	case from.IsZero() && until.IsZero():
		return l.always
	case until.IsZero():
		return fmt.Sprintf(l.from, day(from))
	case from.IsZero():
		return fmt.Sprintf(l.until, day(last))
	}
	return fmt.Sprintf(l.between, day(from), day(last))
}

func (l *language) identity(c obs.Claim) string {
	value := c.Value
	if c.Kind == obs.Name || c.Kind == obs.CallSign {
		value = l.quoted(value)
	}
	return l.claims[c.Kind] + " " + value
}

func (l *language) area(m *matched) string {
	if m.area.Name != "" {
		return l.quoted(m.area.Name)
	}
	return l.quoted(string(m.area.ID))
}

func (l *language) quoted(s string) string { return l.open + s + l.close }

func (l *language) number(v float64) string {
	return strings.Replace(fmt.Sprintf("%.2f", v), ".", l.decimal, 1)
}
