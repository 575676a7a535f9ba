package explain

import (
	"fmt"
	"io"
	"strings"
	"time"

	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/track"
)

// Without is what would have been believed of a thing without some sensors: the
// stored inputs, replayed with all sensors and without these.
type Without struct {
	Track   track.ID    `json:"track"`
	Without []sensor.ID `json:"without" doc:"the sensors left out"`
	From    time.Time   `json:"from" doc:"where the replay began"`
	To      time.Time   `json:"to"`
	Steps   int         `json:"steps" doc:"how many were replayed"`
	Dropped int         `json:"dropped" doc:"observations and scans that were left out"`

	Then    *Believed  `json:"then,omitempty" doc:"what was believed then, from the store"`
	With    Found      `json:"with" doc:"replayed with all sensors"`
	Left    Found      `json:"left" doc:"replayed without these"`
	Apart   float64    `json:"apart_m,omitempty" doc:"metres between the two beliefs"`
	Repeats float64    `json:"repeats_m,omitempty" doc:"metres between the replay with all sensors and what was believed then: how well it repeats"`
	Alerts  []Standing `json:"alerts" doc:"alerts about it in this time, and whether they would stand"`

	// What the replay cannot know.
	Begun   bool `json:"begun_before" doc:"the track was born before the replay begins: what these sensors had a part in begins anew there"`
	Alone   bool `json:"alone" doc:"the steps of this time have expired: only what an alert or a case rests on was replayed, the track's own observations, without those of others and without scans"`
	Thinned bool `json:"thinned" doc:"inputs of this time were thinned or have expired: the replay has less to go by than there was"`
}

// Compare fills in how far the beliefs lie apart.
func (w *Without) Compare() {
	if w.With.Belief == nil {
		return
	}
	if w.Left.Belief != nil {
		w.Apart = geo.Distance(w.With.Belief.Position, w.Left.Belief.Position)
	}
	if w.Then != nil {
		w.Repeats = geo.Distance(w.With.Belief.Position, w.Then.Position)
	}
}

// Write tells it in plain words.
func (w *Without) Write(out io.Writer, l Lang) error {
	p := &page{w: out, l: l}
	names := make([]string, len(w.Without))
	for i, s := range w.Without {
		names[i] = string(s)
	}
	p.line("Traza %s sin %s, repetida de %s a %s (%d pasos, %d observaciones o barridos menos)", "Track %s without %s, replayed from %s to %s (%d steps, %d observations or scans fewer)",
		w.Track, strings.Join(names, ", "), clockTime(w.From), clockTime(w.To), w.Steps, w.Dropped)
	p.line("", "")
	switch {
	case w.Left.Belief == nil:
		p.line("SIN ELLOS NO SE CREERÍA NADA de esta cosa al final.", "WITHOUT THEM NOTHING WOULD BE BELIEVED of this thing at the end.")
	case w.Left.Ended:
		p.line("SIN ELLOS SE HABRÍA PERDIDO: su traza termina antes.", "WITHOUT THEM IT WOULD HAVE BEEN LOST: its track ends before.")
		p.Believed(w.Left.Belief)
	default:
		p.line("SIN ELLOS SE SEGUIRÍA CREYENDO en ella (reconocida por %s), a %s de donde se la cree con todos.", "WITHOUT THEM IT WOULD STILL BE BELIEVED (recognised by %s), %s from where it is believed with all.",
			p.l.by(w.Left), p.l.metres(w.Apart))
		p.Believed(w.Left.Belief)
	}
	p.line("CON TODOS, repetido", "WITH ALL, replayed")
	if w.With.Belief == nil {
		p.line("  nada", "  nothing")
	} else {
		p.Believed(w.With.Belief)
	}
	w.standings(p)
	w.doubts(p)
	return p.err
}

func (w *Without) standings(p *page) {
	if len(w.Alerts) == 0 {
		p.line("En este tiempo no se levantó ninguna alerta sobre ella.", "No alert about it was raised in this time.")
		return
	}
	p.line("ALERTAS", "ALERTS")
	for i := range w.Alerts {
		a := &w.Alerts[i]
		p.line("  %s  %s, %s: %s", "  %s  %s, %s: %s", clockTime(a.At), a.ID, a.Rule, p.l.verdict(a))
		p.line("      %s", "      %s", p.l.text(a.Why))
		if len(a.Sensors) > 0 {
			names := make([]string, len(a.Sensors))
			for i, s := range a.Sensors {
				names[i] = string(s)
			}
			p.line("      se apoya en observaciones de %s", "      it rests on observations of %s", strings.Join(names, ", "))
		}
	}
}

func (w *Without) doubts(p *page) {
	p.line("", "")
	p.line("QUÉ TAN FIABLE ES ESTO", "HOW FAR TO TRUST THIS")
	if w.With.Belief != nil && w.Then != nil {
		p.line("  La repetición con todos los sensores queda a %s de lo que se creyó entonces.", "  The replay with all sensors ends %s from what was believed then.", p.l.metres(w.Repeats))
	}
	if w.Begun {
		p.line("  La traza nació antes de la repetición: aquello en que tomaron parte esos sensores empieza ahí de nuevo.", "  The track was born before the replay begins: what these sensors had a part in begins anew there.")
	}
	switch {
	case w.Alone:
		p.line("  Los pasos de este tiempo ya no se conservan: se repitió solo aquello en que se apoya una alerta o un caso, las observaciones de la propia traza, sin las de otras y sin barridos.",
			"  The steps of this time are no longer kept: only what an alert or a case rests on was replayed, the track's own observations, without those of others and without scans.")
	case w.Thinned:
		p.line("  Parte de las observaciones de este tiempo ya no está: la repetición sabe menos de lo que se supo.", "  Part of the observations of this time is gone: the replay knows less than was known.")
	}
	p.line("  Lo que las personas decidieron entonces no se repite.", "  What people decided then is not replayed.")
}

// metres writes a distance.
func (l Lang) metres(m float64) string {
	if m >= 1000 {
		return l.number("%.1f km", m/1000)
	}
	return fmt.Sprintf("%.0f m", m)
}

func (l Lang) by(f Found) string {
	if f.By == "place" {
		return l.say("su lugar", "its place")
	}
	return fmt.Sprintf(l.say("%d observaciones en común", "%d observations in common"), f.Shared)
}

func (l Lang) verdict(s *Standing) string {
	why := ""
	switch s.Reason {
	case "found":
		why = fmt.Sprintf(l.say("se hallaría a las %s con %s (fue con %s)", "it would be found at %s with %s (it was with %s)"), clockTime(s.Found), l.percent(s.Probability), l.percent(s.Had))
	case "no-track":
		why = l.say("nadie más vio la cosa", "nobody else saw the thing")
	case "not-found":
		why = l.say("la regla no la halla en la traza que queda", "the rule does not find it on the track that is left")
	case "withdrawn":
		why = l.say("se retiraría por datos tardíos", "it would be withdrawn by late data")
	case "ordinary":
		why = l.say("se hallaría, pero como algo corriente", "it would be found, but as something ordinary")
	default:
		why = l.say("la repetición tampoco la halla con todos los sensores", "the replay does not find it with all sensors either")
	}
	switch s.Verdict {
	case Stands:
		return l.say("SE SOSTIENE: ", "STANDS: ") + why
	case Falls:
		return l.say("CAE: ", "FALLS: ") + why
	case Milder:
		return l.say("NO PEDIRÍA ACTUAR: ", "WOULD ASK NOBODY TO ACT: ") + why
	case Undecided:
	}
	return l.say("NO SE PUEDE DECIR: ", "CANNOT BE SAID: ") + why
}
