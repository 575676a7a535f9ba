package app

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"atalaya/area"
	"atalaya/bus"
	"atalaya/desk"
	"atalaya/desk/registry"
	"atalaya/desk/safe"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web"
)

// lacking gives the built-in rules that are not among the records.
func lacking(have []track.Change, now time.Time) []track.Change {
	known := map[rule.ID]bool{}
	for i := range have {
		if r := have[i].Rule; r != nil {
			known[r.ID] = true
		}
	}
	var out []track.Change
	for _, r := range rule.BuiltIn(now) {
		if !known[r.ID] {
			out = append(out, track.Change{At: now, Rule: &r})
		}
	}
	return out
}

// addRules registers the built-in rules that the store lacks, because an older
// program filled it. What it has is never overwritten. Without room they hold
// for this run.
func (p *program) addRules(ctx context.Context, have []track.Change) error {
	for _, c := range lacking(have, p.begun) {
		_, err := p.registry.Apply(ctx, registry.Wish{Who: desk.Who{Name: "atalaya"}, Reason: "comes with the program", Change: c})
		switch {
		case desk.Unrecorded(err):
			p.log.Warn("a built-in rule holds without being kept", slog.String("rule", string(c.Rule.ID)), slog.Any("error", err))
			p.queue.put(ctx, track.Input{Change: &c})
		case err != nil:
			return fmt.Errorf("add a built-in rule: %w", err)
		}
	}
	return nil
}

// explain gives the permits that would explain a finding.
func (p *program) explain(_ context.Context, f watch.Finding) []desk.Explanation {
	var out []desk.Explanation
	for _, x := range p.permits.Explain(f, func(id area.ID, at time.Time) (area.Area, bool) { return p.registry.Areas.At(string(id), at) }) {
		out = append(out, desk.Explanation{Permit: x.Permit, Version: x.Version, Kind: x.Kind, Sure: x.Sure, Text: x.Text})
	}
	return out
}

// publishAlert tells the screens of an alert that came or changed.
func (p *program) publishAlert(a desk.Alert) {
	if err := bus.Publish(p.bus, alertSubject(), a); err != nil {
		p.log.Error("publish an alert", slog.Any("error", err))
	}
}

// watchHealth gives the desk what is wrong with the system now.
func (p *program) watchHealth(ctx context.Context) {
	changes, err := p.desk.Health(ctx, p.clock.Now(), p.conditions())
	for i := range changes {
		p.publishAlert(changes[i].Alert)
	}
	if err != nil { // kept in memory, and said again when the store takes it
		p.log.Warn("what is wrong with the system could not be kept", slog.Any("error", err))
	}
}

// conditions gives what is wrong with the system now. The sentences name
// nothing that changes from second to second.
func (p *program) conditions() []desk.Condition {
	var out []desk.Condition
	feeds := p.feeds.health()
	for i := range feeds {
		if c, wrong := feedCondition(&feeds[i]); wrong {
			out = append(out, c)
		}
	}
	switch s := p.store.Storage(); s.State {
	case desk.StorageFull:
		out = append(out, desk.Condition{Detector: rule.Storage, Subject: "full", Why: rule.Text{
			ES: "El disco está lleno desde las " + clockTime(s.Since) + ": no se guarda nada y no se puede decidir; la imagen sigue.",
			EN: "The disk has been full since " + clockTime(s.Since) + ": nothing is kept and nobody can decide; the picture goes on.",
		}})
	case desk.StorageFailing:
		out = append(out, desk.Condition{Detector: rule.Storage, Subject: "failing", Why: rule.Text{
			ES: "No se puede escribir en el disco desde las " + clockTime(s.Since) + ".",
			EN: "Writing to the disk has failed since " + clockTime(s.Since) + ".",
		}})
	case desk.StorageOK:
	}
	out = append(out, safeConditions(p.safe.State())...)
	out = append(out, clockConditions(p.clock.State(feeds))...)
	out = append(out, p.webhookConditions()...)
	const late = 2 * time.Second
	if at := p.driver.closed.Load(); at != 0 && p.clock.Now().Sub(time.Unix(0, at)) > late+p.driver.every {
		out = append(out, desk.Condition{Detector: rule.Lag, Why: rule.Text{
			ES: "La imagen va atrasada más de dos segundos.", EN: "The picture is more than two seconds behind.",
		}})
	}
	return out
}

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }

// safeConditions tells what is wrong with the records of safe acts.
func safeConditions(s safe.State) (out []desk.Condition) {
	if s.Waiting > 0 || s.Lost > 0 {
		out = append(out, desk.Condition{Detector: rule.Storage, Subject: "safe-acts", Why: rule.Text{
			ES: fmt.Sprintf("Registros de actos seguros que esperan al libro: %d (%d solo en memoria); perdidos: %d. Los actos salieron igual.", s.Waiting, s.Memory, s.Lost),
			EN: fmt.Sprintf("Records of safe acts that wait for the ledger: %d (%d only in memory); lost: %d. The acts left all the same.", s.Waiting, s.Memory, s.Lost),
		}})
	}
	if s.Failing != nil {
		out = append(out, desk.Condition{Detector: rule.Storage, Subject: "reserve", Why: rule.Text{
			ES: "La reserva para los registros de actos seguros no guarda: salen igual, pero sus registros se pierden si el programa termina.",
			EN: "The reserve for the records of safe acts keeps nothing: they leave all the same, but their records are lost if the program ends.",
		}})
	}
	return out
}

// feedCondition tells what is wrong with a feed.
func feedCondition(h *sensor.Health) (desk.Condition, bool) {
	c := desk.Condition{Subject: string(h.Feed)}
	name := fmt.Sprintf("%s (%s)", h.Feed, h.Sensor)
	since := clockTime(h.Since)
	switch h.State {
	case sensor.Silent:
		c.Detector = rule.FeedSilent
		c.Why = rule.Text{ES: "La fuente " + name + " calla desde las " + since + ".", EN: "The feed " + name + " has been silent since " + since + "."}
	case sensor.Degraded:
		c.Detector = rule.FeedDegraded
		c.Why = rule.Text{ES: "La fuente " + name + " falla desde las " + since + ".", EN: "The feed " + name + " has been degraded since " + since + "."}
	case sensor.Refused:
		c.Detector = rule.FeedRefused
		c.Why = rule.Text{ES: "Lo que envía la fuente " + name + " se rechaza desde las " + since + ".", EN: "What the feed " + name + " sends has been refused since " + since + "."}
	default:
		return c, false
	}
	return c, true
}

// clockConditions tells what is wrong with the computer's clock.
func clockConditions(c web.HostClock) []desk.Condition {
	const far = 2.0 // seconds
	var out []desk.Condition
	if !c.Synchronized {
		out = append(out, desk.Condition{Detector: rule.Clock, Subject: "source", Why: rule.Text{
			ES: "El reloj del equipo no sigue ninguna fuente de hora.", EN: "The computer's clock follows no time source.",
		}})
	}
	if c.Stepped != 0 {
		out = append(out, desk.Condition{Detector: rule.Clock, Subject: "jump", Why: rule.Text{
			ES: "El reloj del equipo saltó a las " + clockTime(c.SteppedAt) + "; Atalaya sigue con el suyo hasta que se reinicie.",
			EN: "The computer's clock jumped at " + clockTime(c.SteppedAt) + "; Atalaya goes on with its own until it is restarted.",
		}})
	}
	if c.Sensors != nil && math.Abs(*c.Sensors) > far {
		out = append(out, desk.Condition{Detector: rule.Clock, Subject: "sensors", Why: rule.Text{
			ES: "El reloj del equipo difiere más de dos segundos del de la mayoría de los sensores.",
			EN: "The computer's clock differs by more than two seconds from that of most sensors.",
		}})
	}
	return out
}
