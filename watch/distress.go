package watch

import (
	"slices"

	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
)

// Rules about what tracks say of themselves.
const (
	RuleDistress      = "distress"
	RuleDistressEnded = "distress-ended"
	RuleConflict      = "identity-conflict"

	versionDistress = 1
	versionConflict = 1
)

// distress: a call for help is always an alert of the highest priority, of
// whomever it is. That it ended is told beside it; the alert stays until an
// officer closes it.
func (w *Watch) distress(m *memory, e *track.Event) {
	t := &e.Track
	f := Finding{
		Rule: RuleDistress, RuleVersion: versionDistress, Priority: rule.Top, Alert: true,
		Track: t.ID, Time: e.Time, Position: t.State.Position, Probability: 1, Belief: *t,
	}
	for _, c := range e.Lineage {
		if c.Observation != 0 {
			f.Inputs = append(f.Inputs, c.Observation)
		}
	}
	if len(f.Inputs) == 0 {
		f.Inputs = []uint64{t.LastSeq}
	}
	es, en := textES(), textEN()
	kind := distressText(t.Distress)
	subject := t.Distress.String()
	if t.Distress == obs.NoDistress {
		f.Rule, f.Priority, f.Alert = RuleDistressEnded, rule.Medium, false
		subject = "end"
		f.Why.ES = es.join(es.label(t)+" ya no pide auxilio", es.at(e.Time)+".", es.whereabouts(t))
		f.Why.EN = en.join(en.label(t)+" does not call for help any more", en.at(e.Time)+".", en.whereabouts(t))
		f.Expected = rule.Text{ES: "Confirmar que están a salvo antes de cerrar la alerta.", EN: "Confirm that they are safe before closing the alert."}
	} else {
		f.Why.ES = es.join(es.label(t)+" pide auxilio: "+kind.ES, es.at(e.Time)+".", es.whereabouts(t), es.motion(t))
		f.Why.EN = en.join(en.label(t)+" calls for help: "+kind.EN, en.at(e.Time)+".", en.whereabouts(t), en.motion(t))
		f.Expected = rule.Text{ES: "Iniciar el rescate ahora: confirmar la posición, avisar a búsqueda y salvamento.", EN: "Begin the rescue now: confirm the position, tell search and rescue."}
	}
	f.Why.ES += es.sources(t)
	f.Why.EN += en.sources(t)
	w.raise(m, f, subject, slices.Max(f.Inputs), e.Time)
}

func distressText(d obs.Distress) rule.Text {
	switch d {
	case obs.SART:
		return text("transmisor AIS-SART (identidad 970)", "AIS-SART transmitter (identity 970)")
	case obs.ManOverboard:
		return text("hombre al agua (identidad 972)", "man overboard (identity 972)")
	case obs.EPIRB:
		return text("radiobaliza EPIRB-AIS (identidad 974)", "EPIRB-AIS beacon (identity 974)")
	case obs.SafetyText:
		return text("mensaje de seguridad AIS (tipo 14)", "AIS safety message (type 14)")
	case obs.Emergency:
		return text("emergencia (código 7700 o estado ADS-B)", "emergency (squawk 7700 or ADS-B state)")
	case obs.RadioFailure:
		return text("fallo de radio (código 7600)", "radio failure (squawk 7600)")
	case obs.Interference:
		return text("interferencia ilícita (código 7500)", "unlawful interference (squawk 7500)")
	case obs.InDistressStat:
		return text("estado de navegación 14 del AIS", "AIS navigational status 14")
	case obs.NoDistress:
	}
	return text(d.String(), d.String())
}

// conflict: an identity that is in two places, or that jumped. It proves
// nothing bad about either; it is on record, once for a track and partner.
func (w *Watch) conflict(m *memory, e *track.Event) {
	t := &e.Track
	subject := "jump"
	if e.Other != 0 {
		subject = e.Other.String()
	}
	if slices.Contains(m.told, e.Other) || len(m.told) >= maxRaised {
		return
	}
	m.told = append(m.told, e.Other)
	es, en := textES(), textEN()
	f := Finding{
		Rule: RuleConflict, RuleVersion: versionConflict,
		Priority: rule.Low, Track: t.ID, Time: e.Time, Position: t.State.Position, Probability: 1, Inputs: []uint64{t.LastSeq}, Belief: *t,
		Expected: rule.Text{ES: "Tener en cuenta que la identidad es dudosa.", EN: "Bear in mind that the identity is doubtful."},
	}
	if e.Other != 0 {
		f.Why.ES = es.join(es.label(t)+" y "+e.Other.String()+" dicen ser lo mismo en dos lugares,", es.at(e.Time)+".", es.whereabouts(t), es.motion(t))
		f.Why.EN = en.join(en.label(t)+" and "+e.Other.String()+" claim one identity in two places,", en.at(e.Time)+".", en.whereabouts(t), en.motion(t))
	} else {
		f.Why.ES = es.join("La identidad de "+es.label(t)+" apareció", es.at(e.Time), "donde no pudo llegar.", es.whereabouts(t), es.motion(t))
		f.Why.EN = en.join("The identity of "+en.label(t)+" appeared", en.at(e.Time), "where it could not have gone.", en.whereabouts(t), en.motion(t))
	}
	f.Why.ES += es.sources(t)
	f.Why.EN += en.sources(t)
	w.raise(m, f, subject, t.LastSeq, e.Time)
}
