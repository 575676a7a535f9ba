package explain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
)

// Lang is a language that an account can be told in.
type Lang string

// Languages.
const (
	ES Lang = "es"
	EN Lang = "en"
)

// say chooses.
func (l Lang) say(es, en string) string {
	if l == ES {
		return es
	}
	return en
}

func (l Lang) text(t rule.Text) string { return l.say(t.ES, t.EN) }

// page writes lines and keeps the first error.
type page struct {
	w   io.Writer
	l   Lang
	err error
}

func (p *page) line(es, en string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, p.l.say(es, en)+"\n", args...)
	}
}

// table writes rows in columns.
func (p *page) table(rows [][]string) {
	if p.err != nil || len(rows) == 0 {
		return
	}
	t := tabwriter.NewWriter(p.w, 0, 8, 2, ' ', 0)
	for _, r := range rows {
		if _, p.err = fmt.Fprintln(t, "  "+strings.TrimRight(strings.Join(r, "\t"), " ")); p.err != nil {
			return
		}
	}
	p.err = t.Flush()
}

// Write tells an account in plain words and columns.
func (e *Account) Write(w io.Writer, l Lang) error {
	p := &page{w: w, l: l}
	e.believed(p)
	e.shares(p)
	e.updates(p)
	e.happenings(p)
	e.alerts(p)
	e.lack(p)
	return p.err
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func hour(t time.Time) string { return t.UTC().Format("15:04:05.0Z") }

// number writes numbers as the language does.
func (l Lang) number(format string, x ...any) string {
	s := fmt.Sprintf(format, x...)
	if l == ES {
		s = strings.ReplaceAll(s, ".", ",")
	}
	return s
}

func (l Lang) percent(x float64) string {
	switch {
	case x > 0 && x < 0.01:
		return l.number("%.2g %%", 100*x)
	case x < 1 && x > 0.995:
		return "> 99 %"
	}
	return l.number("%.0f %%", 100*x)
}

func (e *Account) believed(p *page) {
	p.line("Traza %s, de %s a %s", "Track %s, from %s to %s", e.Track, clockTime(e.From), clockTime(e.To))
	p.line("", "")
	if e.Belief == nil {
		p.line("No se conserva nada de ella en este tiempo. Pida otro con --at y --for.", "Nothing is kept of it in this time. Ask for another with --at and --for.")
		return
	}
	p.Believed(e.Belief)
}

// Believed writes what was believed.
func (p *page) Believed(b *Believed) {
	p.line("LO QUE SE CREE, a las %s", "WHAT IS BELIEVED, at %s", clockTime(b.Time))
	rows := [][]string{
		{p.l.say("existe", "exists"), p.l.percent(b.Existence), p.l.status(b.Status)},
		{p.l.say("qué es", "what it is"), p.l.kind(b.Kind, b.Domain)},
		{p.l.say("posición", "position"), p.l.place(b.Position), fmt.Sprintf("± %.0f m", b.Deviation)},
		{p.l.say("velocidad", "speed"), p.l.number("%.1f m/s", b.Speed), p.l.say("rumbo", "course") + fmt.Sprintf(" %03.0f°", b.Course)},
	}
	if b.Height.Known() {
		rows = append(rows, []string{p.l.say("altura", "height"), fmt.Sprintf("%.0f m", b.Height.Metres), b.Height.Datum.String()})
	}
	if len(b.Claims) == 0 {
		rows = append(rows, []string{p.l.say("identidad", "identity"), p.l.say("no dice quién es", "it does not say who it is")})
	}
	for _, c := range b.Claims {
		rows = append(rows, []string{p.l.say("dice ser", "says it is"), c.String(), p.l.say("cierto con ", "honest with ") + p.l.percent(c.Honest)})
	}
	rows = append(rows, []string{p.l.say("seguida desde", "followed since"), clockTime(b.Born)})
	if b.Revision > 0 {
		rows = append(rows, []string{p.l.say("reescrita", "rewritten"), fmt.Sprintf(p.l.say("%d veces, por datos tardíos", "%d times, by late data"), b.Revision)})
	}
	p.table(rows)
	p.line("", "")
}

func (l Lang) place(at geo.Position) string {
	return l.number("%.5f°", at.Lat) + "  " + l.number("%.5f°", at.Lon)
}

func (e *Account) shares(p *page) {
	if len(e.Sensors) == 0 {
		return
	}
	p.line("DE QUÉ SENSORES", "FROM WHICH SENSORS")
	rows := [][]string{{
		p.l.say("sensor", "sensor"), p.l.say("observaciones", "observations"), p.l.say("no vista", "missed"),
		p.l.say("distancia media", "mean distance"), p.l.say("peso medio", "mean weight"), p.l.say("última", "last"),
	}}
	for _, s := range e.Sensors {
		r := []string{string(s.Sensor), fmt.Sprint(s.Observations), fmt.Sprint(s.Misses), "", "", ""}
		if s.Observations > 0 {
			r[3], r[4], r[5] = p.l.number("%.1f σ", s.Distance), p.l.percent(s.Weight), hour(s.Last)
		}
		rows = append(rows, r)
	}
	p.table(rows)
	p.line("", "")
}

func (e *Account) updates(p *page) {
	if len(e.Updates) == 0 {
		return
	}
	p.line("DE QUÉ OBSERVACIONES: %d de %d actualizaciones, la más nueva primero", "FROM WHICH OBSERVATIONS: %d of %d updates, the newest first", len(e.Updates), e.Moved)
	rows := [][]string{{
		p.l.say("hora", "time"), p.l.say("sensor", "sensor"), p.l.say("observación", "observation"), p.l.say("edad", "age"),
		p.l.say("distancia", "distance"), p.l.say("tan lejos o más", "so far or farther"), p.l.say("verosimilitud", "likelihood"), p.l.say("peso", "weight"), p.l.say("rivales", "rivals"),
	}}
	for _, u := range e.Updates {
		if u.Thinned {
			rows = append(rows, []string{hour(u.Time), "", "", "", "", p.l.say("(linaje entresacado)", "(lineage thinned)"), "", "", ""})
		}
		for _, c := range u.Parts {
			if c.Observation == 0 {
				rows = append(rows, []string{hour(c.Time), string(c.Sensor), "", "", "", p.l.say("miró y no la vio", "looked and did not see it"), "", "", ""})
				continue
			}
			rows = append(rows, []string{
				hour(c.Time), string(c.Sensor), fmt.Sprint(c.Observation), p.l.number("%.1f s", c.Age), p.l.number("%.1f σ", c.Distance),
				p.l.percent(c.Chance) + ", " + p.l.fit(c.Fit), p.l.number("%.2g", c.Likelihood), p.l.percent(c.Weight), p.l.rivals(c.Rivals),
			})
		}
	}
	p.table(rows)
	if len(e.Models) > 0 {
		p.line("  modelo: %s", "  model: %s", strings.Join(e.Models, ", "))
	}
	p.line("", "")
}

func (l Lang) rivals(all []track.Rival) string {
	if len(all) == 0 {
		return "-"
	}
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = fmt.Sprintf("%s (%s)", r.Track, l.percent(r.Weight))
	}
	return strings.Join(out, ", ")
}

func (e *Account) happenings(p *page) {
	if len(e.Changes) == 0 {
		return
	}
	p.line("QUÉ LE PASÓ", "WHAT HAPPENED TO IT")
	var rows [][]string
	for _, c := range e.Changes {
		r := []string{clockTime(c.Time), p.l.event(c.Event)}
		if c.Other != 0 {
			r = append(r, c.Other.String())
		}
		if c.From != nil {
			r = append(r, p.l.say("desde ", "since ")+hour(*c.From))
		}
		rows = append(rows, r)
	}
	p.table(rows)
	p.line("", "")
}

func (e *Account) alerts(p *page) {
	if len(e.Alerts) == 0 {
		return
	}
	p.line("ALERTAS QUE SE APOYAN EN ELLA", "ALERTS THAT REST ON IT")
	for _, a := range e.Alerts {
		fallen := ""
		if a.Withdrawn {
			fallen = p.l.say(" (retirada)", " (withdrawn)")
		}
		p.line("  %s  %s, %s%s", "  %s  %s, %s%s", clockTime(a.Raised), a.ID, a.Rule, fallen)
		p.line("      %s", "      %s", p.l.text(a.Why))
	}
	p.line("", "")
}

func (e *Account) lack(p *page) {
	p.line("QUÉ FALTA", "WHAT IS MISSING")
	none := true
	if e.KeptFrom != nil {
		none = false
		p.line("  Todo se conserva desde %s. De antes queda solo aquello en que se apoya una alerta o un caso.",
			"  Everything is kept since %s. Of before only what an alert or a case rests on is left.", clockTime(*e.KeptFrom))
	}
	for _, t := range e.Thinned {
		none = false
		p.line("  De %s a %s se quitaron %d de %d %s: %s.", "  From %s to %s, %d of %d %s were dropped: %s.",
			clockTime(t.From), clockTime(t.To), t.Dropped, t.Had, p.l.thinned(t.What), p.l.why(t.Why))
	}
	if e.Missing > 0 {
		none = false
		p.line("  Linajes de esta traza que faltan: %d. Sus posiciones están todas.", "  Lineages of this track that are missing: %d. Its positions are all there.", e.Missing)
	}
	if none {
		p.line("  Nada: de este tiempo está todo.", "  Nothing: all of this time is there.")
	}
}

func (l Lang) fit(f Fit) string {
	switch f {
	case Expected:
		return l.say("como se esperaba", "as expected")
	case Usual:
		return l.say("corriente", "usual")
	case Off:
		return l.say("algo lejos", "rather far")
	case Edge:
		return l.say("al borde de la ventana", "at the edge of the gate")
	case Miss:
	}
	return l.say("no vista", "not seen")
}

func (l Lang) thinned(what string) string {
	switch what {
	case desk.ThinObservations:
		return l.say("observaciones", "observations")
	case desk.ThinLineages:
		return l.say("linajes", "lineages")
	}
	return l.say("pasos enteros", "whole steps")
}

func (l Lang) why(why string) string {
	if why == desk.ThinRoom {
		return l.say("no había sitio (keep.max_bytes, keep.min_free_bytes)", "there was no room (keep.max_bytes, keep.min_free_bytes)")
	}
	return l.say("por su edad (keep.thin)", "for their age (keep.thin)")
}

func (l Lang) status(s track.Status) string {
	switch s {
	case track.Tentative:
		return l.say("tentativa", "tentative")
	case track.Confirmed:
		return l.say("confirmada", "confirmed")
	case track.Coasting:
		return l.say("predicha, sin observación reciente", "predicted, no recent observation")
	case track.Ended:
	}
	return l.say("terminada", "ended")
}

func (l Lang) kind(k obs.Kind, d track.Domain) string {
	if l == EN {
		return k.String() + ", " + d.String()
	}
	kinds := map[obs.Kind]string{
		obs.Unknown: "desconocida", obs.Vessel: "embarcación", obs.Aircraft: "avión", obs.Rotorcraft: "helicóptero", obs.Glider: "planeador",
		obs.Drone: "dron", obs.Vehicle: "vehículo", obs.Walker: "persona a pie", obs.BaseStation: "estación base",
		obs.AidToNavigation: "ayuda a la navegación", obs.DistressBeacon: "baliza de socorro",
	}
	domains := map[track.Domain]string{track.UnknownDomain: "dominio desconocido", track.Water: "agua", track.Land: "tierra", track.Air: "aire"}
	return kinds[k] + ", " + domains[d]
}

func (l Lang) event(k track.EventKind) string {
	switch k {
	case track.Born:
		return l.say("nace, tentativa", "born, tentative")
	case track.Promoted:
		return l.say("confirmada", "confirmed")
	case track.Coasted:
		return l.say("sin observaciones recientes: se predice", "no recent observation: predicted")
	case track.Died:
		return l.say("termina", "ended")
	case track.Merged:
		return l.say("era lo mismo que", "was the same thing as")
	case track.Split:
		return l.say("se separa de", "split from")
	case track.Stitched:
		return l.say("continúa", "continues")
	case track.Conflict:
		return l.say("identidad en conflicto", "identity in conflict")
	case track.Identity:
		return l.say("dice otra identidad, o cambia cuánto se le cree", "claims another identity, or is believed otherwise")
	case track.Revised:
		return l.say("datos tardíos reescriben su pasado", "late data rewrote its past")
	case track.Distress:
		return l.say("pide auxilio, o deja de pedirlo", "calls for help, or stops calling")
	case track.Updated:
	}
	return l.say("movida por una observación", "moved by an observation")
}
