package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/ledger"
)

// Names of the fields that docs/ledger-format.md describes.
const (
	fieldOperator = "operator"
	fieldSecond   = "second"
	fieldRole     = "role"
	fieldSubject  = "subject"
	fieldData     = "data"
	fieldDetail   = "detail"
)

// actRecord makes the record that an act's entry commits to.
func (g *Gate) actRecord(rec desk.Record) (ledger.Record, error) {
	fields := append([]ledger.Field{ledger.Hour(rec.At)}, g.who(rec.Who)...)
	if rec.Subject != "" {
		fields = append(fields, ledger.Text(fieldSubject, rec.Subject))
	}
	const head = 5
	room := ledger.Places - head - len(fields) - 1
	var rest []desk.Field
	at := map[string]int{}
	for _, f := range rec.Fields {
		name := plainName(f.Name)
		if !slices.Contains(ownKinds(), rec.Kind) || slices.Contains(ownFields(), name) {
			name = fieldData + "." + name
		}
		i, twice := at[name]
		switch {
		case twice:
			fields[i].Value = append(append(fields[i].Value, '\n'), f.Value...)
		case len(at) == room:
			rest = append(rest, f)
		default:
			at[name] = len(fields)
			fields = append(fields, ledger.Text(name, f.Value))
		}
	}
	if len(rest) > 0 {
		more, err := json.Marshal(rest)
		if err != nil {
			return ledger.Record{}, fmt.Errorf("record %s: %w", rec.ID, err)
		}
		fields = append(fields, ledger.Field{Name: fieldData, Value: more})
	}
	return ledger.NewRecord(g.cfg.Random, ledger.Head{Kind: rec.Kind, At: rec.At, ID: rec.ID, Phase: ledger.Act}, fields...)
}

// ownKinds are kinds whose records name their fields as the ledger's format
// does: views and checks go by them.
func ownKinds() []string {
	return []string{
		"look", "turn", "task", "command", "breach", "policy", "policy.sign", "key", "key.draft", "key.sign", "key.end", "disclosure",
		"authority", "authority.draft", "authority.sign", "authority.review", "authority.end", "instrument", "instrument.open",
		"audit.draw", "audit.reveal", "audit.answer", "notice", "notice.given", "notice.open", "correction", "statistics", "outpost", "purge",
		"hold", "hold.draft", "hold.sign", "hold.lift", "hold.lift.sign", "hold.read", "retention", "retention.sign", "safe.missing",
	}
}

// ownFields are names that mean something else than what an act says of itself.
func ownFields() []string {
	return []string{
		ledger.FieldFormat, ledger.FieldKind, ledger.FieldAt, ledger.FieldID, ledger.FieldPhase, ledger.FieldOf, ledger.FieldOutcome, ledger.FieldHour,
		fieldOperator, fieldSecond, fieldRole, fieldSubject, fieldData, fieldDetail, "who.id", "who.name", "who.second", "who.second-name",
	}
}

// uses notes the number of a sensor's or an aircraft's use that a record says.
func (g *Gate) uses(r ledger.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, of := range []string{"sensor", "aircraft"} {
		name := r.Text(of)
		n, err := strconv.ParseUint(r.Text("seq."+of), 10, 64)
		if err != nil || name == "" || strings.ContainsAny(name, "= ") {
			continue
		}
		if g.last[of] == nil {
			g.last[of] = map[string]uint64{}
		}
		g.last[of][name] = max(g.last[of][name], n)
	}
}

// lastUses gives the fields of a count that say the last number of each.
func (g *Gate) lastUses() (out []ledger.Field) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, of := range []string{"aircraft", "sensor"} {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(g.last[of])) {
			all = append(all, fmt.Sprintf("%s=%d", name, g.last[of][name]))
		}
		if len(all) > 0 {
			out = append(out, ledger.Text("last."+of, strings.Join(all, " ")))
		}
	}
	return out
}

// who gives the fields that say who did it.
func (g *Gate) who(w desk.Who) []ledger.Field {
	if w.ID == "" {
		return nil
	}
	out := []ledger.Field{ledger.Text(fieldOperator, g.cfg.Pseudonym(w.ID))}
	if w.Second != "" {
		out = append(out, ledger.Text(fieldSecond, g.cfg.Pseudonym(w.Second)))
	}
	out = append(out, ledger.Text(fieldRole, string(w.Role)), ledger.Text("who.id", string(w.ID)), ledger.Text("who.name", w.Name))
	if w.Second != "" {
		out = append(out, ledger.Text("who.second", string(w.Second)), ledger.Text("who.second-name", w.SecondName))
	}
	return out
}

// plainName makes a name that the format allows: "invited by" is "invited.by".
func plainName(s string) string {
	parts := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
	var out []string
	for _, p := range parts {
		if p = strings.TrimLeft(p, "-"); p != "" {
			out = append(out, p)
		}
	}
	const longest = 200
	name := strings.Join(out, ".")
	switch {
	case name == "":
		return "unnamed"
	case len(name) > longest:
		return strings.TrimRight(name[:longest], ".")
	}
	return name
}

// outcomeRecord makes the record of how an act ended.
func (g *Gate) outcomeRecord(e Ending) (ledger.Record, error) {
	fields := []ledger.Field{
		ledger.Text(ledger.FieldOf, strconv.FormatUint(e.Act.Index, 10)), ledger.Text(ledger.FieldOutcome, string(e.Outcome)), ledger.Hour(e.Ended),
	}
	if e.Detail != "" {
		fields = append(fields, ledger.Text(fieldDetail, e.Detail))
	}
	return ledger.NewRecord(g.cfg.Random, ledger.Head{
		Kind: e.Act.Record.Text(ledger.FieldKind), At: e.Ended, ID: e.Act.Record.Text(ledger.FieldID), Phase: ledger.Outcome,
	}, fields...)
}

func (g *Gate) singleRecords(s []Single) ([]ledger.Record, error) {
	out := make([]ledger.Record, len(s))
	for i, x := range s {
		r, err := ledger.NewRecord(g.cfg.Random, ledger.Head{Kind: x.Kind, At: x.At, ID: x.ID, Phase: ledger.Single}, append([]ledger.Field{ledger.Hour(x.At)}, x.Fields...)...)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// noteCount says that the ledger goes on, and how far it is.
func (g *Gate) noteCount(ctx context.Context, from, until time.Time) error {
	size, err := g.cfg.Log.Size(ctx)
	if err != nil {
		return err
	}
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	return g.Note(ctx, Single{Kind: "count", ID: "count/" + at(until), At: until, Fields: append([]ledger.Field{
		ledger.Text("from", at(from)), ledger.Text("until", at(until)), ledger.Text("size", strconv.FormatUint(size, 10)),
	}, g.lastUses()...)})
}
