package watch

import (
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
)

// Sentences. They name the numbers that a finding rests on, so that an officer
// can check it without another screen. Times are UTC.

const clock = "15:04:05"

// language is what the two languages of the screen differ in.
type language struct {
	decimal       string // point or comma
	open, close   string // quotes
	probability   string
	before        string
	atWord        string
	knots         string
	speedWord     string
	courseWord    string
	unknownCourse string
	whereWord     string
	withinWord    string
	sourceWord    string
	unproven      string
	foreign       string
}

func textES() language {
	return language{
		decimal: ",", open: "«", close: "»", probability: "con probabilidad", before: "antes de ella", atWord: "a las", knots: "nudos",
		speedWord: "Velocidad", courseWord: "rumbo", unknownCourse: "casi quieto",
		whereWord: "Posición", withinWord: "a menos de", sourceWord: "Fuentes", unproven: "emisor sin comprobar",
		foreign: "ajena: ningún sensor nuestro la ha visto",
	}
}

func textEN() language {
	return language{
		decimal: ".", open: "“", close: "”", probability: "with probability", before: "before it", atWord: "at", knots: "knots",
		speedWord: "Speed", courseWord: "course", unknownCourse: "almost still",
		whereWord: "Position", withinWord: "within", sourceWord: "Sources", unproven: "sender unproven",
		foreign: "foreign: no sensor of ours has seen it",
	}
}

// quoted gives a name in quotes, or the id where there is none.
func (l language) quoted(name, id string) string {
	if name == "" {
		name = id
	}
	return l.open + name + l.close
}

// label names a track for people: its number, and what it is known by.
func (l language) label(t *track.Track) string {
	for _, k := range []obs.ClaimKind{obs.Name, obs.CallSign, obs.MMSI, obs.ICAO} {
		v, ok := t.Claimed(k)
		switch {
		case !ok:
		case k == obs.MMSI || k == obs.ICAO:
			return t.ID.String() + " (" + strings.ToUpper(k.String()) + " " + v + ")"
		default:
			return t.ID.String() + " (" + l.quoted(v, "") + ")"
		}
	}
	return t.ID.String()
}

func (l language) join(parts ...string) string { return strings.Join(parts, " ") }

func (l language) number(v float64, places int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', places, 64), ".", l.decimal, 1)
}

// metres gives metres below ten kilometres, kilometres above.
func (l language) metres(v float64) string {
	if math.Abs(v) >= 10e3 {
		return l.number(v/1000, 1) + " km"
	}
	return l.number(v, 0) + " m"
}

func (l language) at(t time.Time) string { return l.atWord + " " + t.UTC().Format(clock) + " UTC" }

func (l language) position(p geo.Position) string {
	return l.number(p.Lat, 5) + "°, " + l.number(p.Lon, 5) + "°"
}

// metresPerKnot is the speed of one knot (BIPM: 1852 m an hour).
const metresPerKnot = 1852.0 / 3600

// motion tells speed and course, on land in km/h.
func (l language) motion(t *track.Track) string {
	s := &t.State
	v := math.Sqrt(float64(s.East*s.East) + float64(s.North*s.North))
	speed := l.number(v/metresPerKnot, 1) + " " + l.knots
	if t.Domain == track.Land {
		speed = l.number(v*3.6, 1) + " km/h"
	}
	sd := math.Sqrt(max(s.Cov[2][2], s.Cov[3][3], 0))
	if v < 2*sd || v < 0.3 {
		return l.speedWord + " " + speed + ", " + l.unknownCourse + "."
	}
	course := int(math.Round(geo.WrapBearing(fmath.Atan2Degrees(s.East, s.North)))) % 360
	return l.speedWord + " " + speed + ", " + l.courseWord + " " + strconv.Itoa(course) + "°."
}

// whereabouts tells the place with its uncertainty: two deviations.
func (l language) whereabouts(t *track.Track) string {
	return l.whereWord + " " + l.position(t.State.Position) + ", " + l.withinWord + " " + l.metres(2*math.Sqrt(max(t.State.Cov[0][0], t.State.Cov[1][1], 0))) + "."
}

func (l language) sources(t *track.Track) string {
	names := make([]string, len(t.Sensors))
	for i, s := range t.Sensors {
		names[i] = string(s)
	}
	out := " " + l.sourceWord + ": " + strings.Join(names, ", ")
	if !t.Proven {
		out += " (" + l.unproven + ")"
	}
	if t.Foreign {
		out += " (" + l.foreign + ")"
	}
	return out + "."
}

// ownSentences tell the crew of something of ours what they should know.
func ownSentences(t *track.Track, own string, s *shape, now lineFix, over, possible bool, p float64) (why, expected rule.Text) {
	es, en := textES(), textEN()
	stateES, stateEN := "está cerca de la línea", "is near the line"
	if over {
		stateES, stateEN = "está al otro lado de la línea", "is beyond the line"
		if possible {
			stateES, stateEN = "posiblemente "+stateES, "is possibly beyond the line"
		}
	}
	why.ES = es.join("Nuestro "+es.quoted(own, "")+" ("+t.ID.String()+")", stateES, es.quoted(s.Name, string(s.ID)), es.probability, es.number(p, 2)+":",
		es.at(now.at), "a", es.metres(math.Abs(now.metres)), "(±"+es.metres(now.sd)+"), exactitud de la línea ±"+es.metres(s.Accuracy)+".", es.motion(t)) + es.sources(t)
	why.EN = en.join("Our "+en.quoted(own, "")+" ("+t.ID.String()+")", stateEN, en.quoted(s.Name, string(s.ID)), en.probability, en.number(p, 2)+":",
		en.at(now.at), en.metres(math.Abs(now.metres)), "from it (±"+en.metres(now.sd)+"), the line is accurate to ±"+en.metres(s.Accuracy)+".", en.motion(t)) + en.sources(t)
	if over {
		return why, rule.Text{ES: "Hacerlo volver y avisar al enlace del vecino.", EN: "Bring it back, and tell the neighbour's liaison."}
	}
	return why, rule.Text{ES: "Avisar a la tripulación.", EN: "Tell the crew."}
}

func text(es, en string) rule.Text { return rule.Text{ES: es, EN: en} }

func withdrawnText(t rule.Text, now time.Time) rule.Text {
	at := now.UTC().Format(clock)
	return rule.Text{
		ES: "RETIRADO a las " + at + " UTC, porque datos tardíos cambiaron el pasado. Decía: " + t.ES,
		EN: "WITHDRAWN at " + at + " UTC, because late data changed the past. It said: " + t.EN,
	}
}
