package permits_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/permits"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/permit"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
)

// office is a book with a ledger and a registry in memory.
type office struct {
	t       *testing.T
	now     time.Time
	book    *permits.Book
	journal []desk.Record
	applied [][]track.Change
	fail    error // of Apply and of the ledger
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	o.book = permits.New(permits.Config{Apply: o.apply, About: about, Ledger: o, Clock: o})
	return o
}

func (o *office) Now() time.Time { return o.now }

func (o *office) apply(_ context.Context, _ desk.Who, changes []track.Change) error {
	if o.fail != nil {
		return o.fail
	}
	o.applied = append(o.applied, changes)
	for _, c := range changes {
		if err := o.book.Put(*c.Permit); err != nil {
			return err
		}
	}
	return nil
}

func (o *office) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if o.fail != nil {
		return o.fail
	}
	o.journal = append(o.journal, rec)
	return act(ctx)
}

func about(_ context.Context, id string) error {
	if id == "A1" {
		return nil
	}
	return desk.ErrNotFound
}

var (
	ana = desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer}
	eva = desk.Who{ID: "P2", Name: "Eva", Role: desk.Viewer}
)

func day(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }

func mmsi(v string) obs.Claim { return obs.Claim{Kind: obs.MMSI, Value: v} }

// licence is a fishing licence for the bay.
func licence() permit.Permit {
	return permit.Permit{
		ID: "PE-77", Kind: permit.Fishing, Issuer: "Gobernación de La Paz", Holder: "Juana Mamani",
		Valid: valid.Record{From: day(1), Until: day(11)}, Craft: []obs.Claim{mmsi("720000077")}, Name: "Peña María", Area: "bay",
	}
}

// areas are a bay, a lane of a ferry and a border.
func areas(id area.ID, _ time.Time) (area.Area, bool) {
	all := []area.Area{
		{ID: "bay", Name: "Bahía", Kind: area.FishingZone, Accuracy: 10, Polygon: geo.Polygon{{{Lat: -16.1, Lon: -69}, {Lat: -16.1, Lon: -68.9}, {Lat: -16, Lon: -68.9}, {Lat: -16, Lon: -69}}}},
		{ID: "lane", Kind: area.FerryLane, Buffer: 500, Line: geo.Line{{Lat: -16.3, Lon: -69}, {Lat: -16.3, Lon: -68.9}}},
		{ID: "line", Name: "Frontera", Kind: area.Border, Line: geo.Line{{Lat: -16.05, Lon: -70}, {Lat: -16.05, Lon: -68}}},
		{ID: "post", Kind: area.LegalPost, Buffer: 1000, Point: geo.Position{Lat: -16.5, Lon: -69}},
	}
	i := slices.IndexFunc(all, func(a area.Area) bool { return a.ID == id })
	if i < 0 {
		return area.Area{}, false
	}
	return all[i], true
}

// entry is a finding about a craft in the middle of the bay.
func entry(claims ...track.Belief) watch.Finding {
	t := track.Track{ID: 7, Claims: claims}
	t.State.Cov[0][0], t.State.Cov[1][1] = 100, 100
	return watch.Finding{Rule: watch.RuleEntry, Track: 7, Time: day(5), Area: "watched", Position: geo.Position{Lat: -16.05, Lon: -68.95}, Belief: t}
}

func says(kind obs.ClaimKind, value string, honest float64) track.Belief {
	return track.Belief{Claim: obs.Claim{Kind: kind, Value: value}, Honest: honest}
}

func TestExplain(t *testing.T) {
	ship := says(obs.MMSI, "720000077", 0.9)
	for name, tc := range map[string]struct {
		permit  func(*permit.Permit)
		finding func(*watch.Finding)
		claims  []track.Belief
		sure    float64 // 0: it explains nothing
		es      []string
	}{
		"identity, inside": {claims: []track.Belief{ship}, sure: 0.9, es: []string{
			"licencia de pesca n.º PE-77, de Gobernación de La Paz, titular Juana Mamani", "vigente del 2026-06-01 al 2026-06-10",
			"MMSI 720000077 (verdad con probabilidad 0,90)", "está en su zona «Bahía»", "Certeza 0,90",
		}},
		"somebody else":               {claims: []track.Belief{says(obs.MMSI, "720000078", 0.9)}},
		"nobody":                      {},
		"an identity in two places":   {claims: []track.Belief{says(obs.MMSI, "720000077", 0.5)}},
		"a proven sender":             {claims: []track.Belief{says(obs.MMSI, "720000077", 0.98)}, sure: 0.98},
		"name alone, without accents": {claims: []track.Belief{says(obs.Name, "PENA MARIA", 0.9)}, sure: 0.72, es: []string{"solo coincide el nombre"}},
		"another name":                {claims: []track.Belief{ship, says(obs.Name, "LUPITA", 0.9)}},
		"a name that was replaced":    {claims: []track.Belief{ship, says(obs.Name, "PENA MARIA", 0.9), says(obs.Name, "LUPITA", 0.3)}, sure: 0.9},
		"before it begins":            {claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Time = day(1).Add(-time.Second) }},
		"its last second":             {claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Time = day(11).Add(-time.Second) }, sure: 0.9},
		"after its end":               {claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Time = day(11) }},
		"outside its hours": {
			claims: []track.Belief{ship},
			permit: func(p *permit.Permit) {
				p.Schedule = valid.Schedule{OffsetMinutes: -240, Windows: []valid.Window{{From: 6 * 60, To: 18 * 60}}}
			},
		},
		"inside its hours": {
			claims: []track.Belief{ship},
			permit: func(p *permit.Permit) {
				p.Schedule = valid.Schedule{OffsetMinutes: -240, Windows: []valid.Window{{From: 18 * 60, To: 22 * 60}}}
			},
			sure: 0.9, es: []string{"dentro de su horario", "vigente del 2026-05-31"},
		},
		"outside its area": {claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Position.Lat = -16.2 }},
		"at its edge": {
			claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Position.Lat = -16.1002 },
			sure: 0.72, es: []string{"en el borde de su zona"},
		},
		"an area that is no more": {claims: []track.Belief{ship}, permit: func(p *permit.Permit) { p.Area = "old" }},
		"anywhere": {
			claims: []track.Belief{ship}, permit: func(p *permit.Permit) { p.Area = "" }, finding: func(f *watch.Finding) { f.Position.Lat = 3 },
			sure: 0.9, es: []string{"vale en cualquier lugar"},
		},
		"about its area, from outside": {
			claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Area, f.Position.Lat = "bay", -16.2 },
			sure: 0.9, es: []string{"es de su zona «Bahía»"},
		},
		"a licence to fish explains no crossing": {claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Rule = watch.RuleCrossing }},
		"a permit of transport does": {
			claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Rule, f.Area = watch.RuleCrossing, "line" },
			permit: func(p *permit.Permit) { p.Kind, p.Area = permit.CocaTransport, "line" }, sure: 0.9,
		},
		"of another border": {
			claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Rule, f.Area = watch.RuleCrossing, "other" },
			permit: func(p *permit.Permit) { p.Kind, p.Area = permit.CocaTransport, "line" },
		},
		"nothing explains a call for help": {claims: []track.Belief{ship}, finding: func(f *watch.Finding) { f.Rule = watch.RuleDistress }},
		"a market day holds for anybody": {
			permit: func(p *permit.Permit) { p.Kind, p.Craft, p.Name = permit.Market, nil, "" },
			sure:   1, es: []string{"vale para cualquiera"},
		},
		"inside a lane's buffer": {
			claims: []track.Belief{ship}, permit: func(p *permit.Permit) { p.Kind, p.Area = permit.Ferry, "lane" },
			finding: func(f *watch.Finding) { f.Position.Lat = -16.304 }, sure: 0.9,
		},
		"outside a lane's buffer": {
			claims: []track.Belief{ship}, permit: func(p *permit.Permit) { p.Kind, p.Area = permit.Ferry, "lane" },
			finding: func(f *watch.Finding) { f.Position.Lat = -16.306 },
		},
		"near a post": {
			claims: []track.Belief{ship}, permit: func(p *permit.Permit) { p.Area = "post" },
			finding: func(f *watch.Finding) { f.Position = geo.Position{Lat: -16.5, Lon: -69.005} }, sure: 0.9,
		},
		"retired": {claims: []track.Belief{ship}, permit: func(p *permit.Permit) { p.Valid.Until = p.Valid.From }},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			p := licence()
			p.Valid.Number = 1
			if tc.permit != nil {
				tc.permit(&p)
			}
			if err := o.book.Put(p); err != nil {
				t.Fatal(err)
			}
			f := entry(tc.claims...)
			if tc.finding != nil {
				tc.finding(&f)
			}
			got := o.book.Explain(f, areas)
			if tc.sure == 0 {
				if len(got) != 0 {
					t.Fatalf("it explains: %+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Sure < tc.sure-0.001 || got[0].Sure > tc.sure+0.001 || got[0].Permit != "PE-77" || got[0].Version != 1 {
				t.Fatalf("explanations %+v; want one, sure %.2f", got, tc.sure)
			}
			for _, want := range tc.es {
				if !strings.Contains(got[0].Text.ES, want) {
					t.Errorf("%q lacks %q", got[0].Text.ES, want)
				}
			}
			if strings.Contains(got[0].Text.ES+got[0].Text.EN, "%!") || got[0].Text.EN == "" {
				t.Errorf("texts: %+v", got[0].Text)
			}
		})
	}
}

func TestExplainGivesTheSurestFirst(t *testing.T) {
	o := newOffice(t)
	for _, p := range []permit.Permit{
		{ID: "a", Kind: permit.OtherReason, Issuer: "x", Name: "SANTA ROSA"},
		{ID: "b", Kind: permit.OtherReason, Issuer: "x", Craft: []obs.Claim{mmsi("720000001")}},
		{ID: "c", Kind: permit.OtherReason, Issuer: "x", Craft: []obs.Claim{{Kind: obs.CallSign, Value: "CP 1"}}},
	} {
		p.Valid.Number = 1
		if err := o.book.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	got := o.book.Explain(entry(says(obs.MMSI, "720000001", 0.9), says(obs.CallSign, "CP-1", 0.98), says(obs.Name, "Santa Rosa", 0.9)), areas)
	var ids []string
	for _, e := range got {
		ids = append(ids, string(e.Permit))
	}
	if fmt.Sprint(ids) != "[c b a]" {
		t.Errorf("order %v; want the surest first: c, b, a", ids)
	}
}

// TestVersionInForce: a finding of the past is explained by what held then.
func TestVersionInForce(t *testing.T) {
	o := newOffice(t)
	ship := says(obs.MMSI, "720000077", 0.9)
	by := func(request, reason string) permits.Wish {
		return permits.Wish{Request: request, Who: ana, Reason: reason}
	}
	got, err := o.book.Add(t.Context(), by("r1", "papel de la gobernación"), licence())
	if p := got.Permit; err != nil || got.Repeated || p.Valid.Number != 1 || p.Valid.By != "Ana" || !p.Valid.Known.Equal(o.now) {
		t.Fatalf("add: %+v, %v", got, err)
	}
	if got, err = o.book.Add(t.Context(), by("r1", "papel de la gobernación"), licence()); err != nil || !got.Repeated || got.Permit.Valid.Number != 1 {
		t.Errorf("added again: %+v, %v", got, err)
	}
	explains := func(at time.Time) bool {
		f := entry(ship)
		f.Time = at
		return len(o.book.Explain(f, areas)) > 0
	}
	// It is cut short; the older version does not come back behind its end.
	p := got.Permit
	p.Valid.Until = day(8)
	if _, err = o.book.Change(t.Context(), by("r1", "acortada"), p, 1); !errors.Is(err, desk.ErrRequestReused) {
		t.Errorf("a request for another wish: %v", err)
	}
	if got, err = o.book.Change(t.Context(), by("r2", "acortada"), p, 1); err != nil || got.Repeated || got.Permit.Valid.Number != 2 {
		t.Fatalf("change: %+v, %v", got, err)
	}
	if !explains(day(7)) || explains(day(9)) {
		t.Errorf("day 7: %v, day 9: %v; want the shortened validity", explains(day(7)), explains(day(9)))
	}
	o.now = day(6)
	if got, err = o.book.Retire(t.Context(), by("r3", "anulada"), "PE-77"); err != nil || got.Repeated || !got.Permit.Retired() {
		t.Fatalf("retire: %+v, %v", got, err)
	}
	if !explains(day(5)) || explains(day(6)) {
		t.Errorf("day 5: %v, day 6: %v; want it retired from day 6 on", explains(day(5)), explains(day(6)))
	}
	if got, err = o.book.Retire(t.Context(), by("r3", "anulada"), "PE-77"); err != nil || !got.Repeated {
		t.Errorf("retired again: %+v, %v", got, err)
	}
	if c := o.book.Counts(); len(c) != 1 || c[0] != (permits.Count{Kind: permit.Fishing, Total: 1}) {
		t.Errorf("counts: %+v", c)
	}
}

func TestEditIsRefused(t *testing.T) {
	o := newOffice(t)
	if _, err := o.book.Add(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, licence()); err != nil {
		t.Fatal(err)
	}
	other := licence()
	other.Holder = "Otra"
	for name, tc := range map[string]struct {
		do   func() error
		want error
	}{
		"a viewer": {func() error {
			_, err := o.book.Add(t.Context(), permits.Wish{Who: eva, Reason: "papel"}, licence())
			return err
		}, desk.ErrForbidden},
		"a viewer retires": {func() error {
			_, err := o.book.Retire(t.Context(), permits.Wish{Who: eva, Reason: "papel"}, "PE-77")
			return err
		}, desk.ErrForbidden},
		"no reason": {func() error { _, err := o.book.Add(t.Context(), permits.Wish{Who: ana, Reason: ""}, other); return err }, desk.ErrInvalid},
		"the number is taken": {func() error {
			_, err := o.book.Add(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, other)
			return err
		}, desk.ErrConflict},
		"another version is newest": {func() error {
			_, err := o.book.Change(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, other, 2)
			return err
		}, desk.ErrConflict},
		"no version": {func() error {
			_, err := o.book.Change(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, other, 0)
			return err
		}, desk.ErrInvalid},
		"nothing to change": {func() error {
			p := licence()
			p.ID = "PE-78"
			_, err := o.book.Change(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, p, 1)
			return err
		}, desk.ErrNotFound},
		"nothing to retire": {func() error {
			_, err := o.book.Retire(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, "PE-78")
			return err
		}, desk.ErrNotFound},
		"it would explain everything": {func() error {
			_, err := o.book.Add(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, permit.Permit{ID: "x", Kind: permit.Market, Issuer: "y"})
			return err
		}, desk.ErrInvalid},
		"no room": {func() error {
			o.fail = desk.ErrFull
			defer func() { o.fail = nil }()
			_, err := o.book.Change(t.Context(), permits.Wish{Who: ana, Reason: "papel"}, other, 1)
			return err
		}, desk.ErrFull},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.do(); !errors.Is(err, tc.want) {
				t.Errorf("%v; want %v", err, tc.want)
			}
			if len(o.applied) != 1 {
				t.Errorf("%d changes; want the first only", len(o.applied))
			}
		})
	}
}

func TestLookupIsOnRecord(t *testing.T) {
	o := newOffice(t)
	for i := range 30 {
		p := licence()
		p.ID, p.Craft = permit.ID(fmt.Sprintf("PE-%02d", i)), []obs.Claim{mmsi(fmt.Sprintf("7200000%02d", i))}
		if i == 7 {
			p.Holder, p.Kind = "Pedro Núñez", permit.OtherReason
		}
		p.Valid.Number = 1
		if err := o.book.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	ask := permits.Lookup{Who: ana, About: "A1", Reason: "quién es", Text: "nunez"}
	got, err := o.book.Search(t.Context(), ask)
	if err != nil || got.Total != 1 || len(got.Permits) != 1 || got.Permits[0].ID != "PE-07" {
		t.Fatalf("search: %+v, %v", got, err)
	}
	if len(o.journal) != 1 {
		t.Fatalf("%d records", len(o.journal))
	}
	r := o.journal[0]
	if r.ID != got.Record || r.Kind != "permit.lookup" || r.Subject != "A1" || r.Who != ana || fmt.Sprint(r.Fields) != "[{text nunez} {kind } {reason quién es}]" {
		t.Errorf("record: %+v", r)
	}
	ask.Text = "720000"
	if got, err = o.book.Search(t.Context(), ask); err != nil || got.Total != 30 || len(got.Permits) != 20 {
		t.Errorf("many: %d of %d, %v", len(got.Permits), got.Total, err)
	}
	ask.Kind, ask.At = permit.OtherReason, day(5)
	if got, err = o.book.Search(t.Context(), ask); err != nil || got.Total != 1 {
		t.Errorf("of a kind: %+v, %v", got, err)
	}
	ask.At = day(20)
	if got, err = o.book.Search(t.Context(), ask); err != nil || got.Total != 0 {
		t.Errorf("after all ended: %+v, %v", got, err)
	}
	if vs, err := o.book.Versions(t.Context(), ana, "PE-07", "corregir"); err != nil || len(vs) != 1 {
		t.Errorf("versions: %+v, %v", vs, err)
	}
	n := len(o.journal)
	for name, tc := range map[string]struct {
		change func(*permits.Lookup)
		want   error
	}{
		"a viewer":                {func(q *permits.Lookup) { q.Who = eva }, desk.ErrForbidden},
		"about nothing":           {func(q *permits.Lookup) { q.About = "" }, desk.ErrInvalid},
		"about what is not there": {func(q *permits.Lookup) { q.About = "A2" }, desk.ErrNotFound},
		"no reason":               {func(q *permits.Lookup) { q.Reason = "" }, desk.ErrInvalid},
		"everything":              {func(q *permits.Lookup) { q.Text = " - . " }, desk.ErrInvalid},
		"no record":               {func(*permits.Lookup) { o.fail = desk.ErrFull }, desk.ErrFull},
	} {
		q := permits.Lookup{Who: ana, About: "A1", Reason: "quién es", Text: "nunez"}
		tc.change(&q)
		if got, err := o.book.Search(t.Context(), q); !errors.Is(err, tc.want) || len(got.Permits) != 0 {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, tc.want)
		}
	}
	if _, err := o.book.Versions(t.Context(), ana, "PE-07", "corregir"); !errors.Is(err, desk.ErrFull) {
		t.Errorf("versions without a record: %v", err)
	}
	if len(o.journal) != n {
		t.Errorf("refused look-ups are on record: %+v", o.journal[n:])
	}
}

const file = "\ufeffNúmero;Tipo;Emisor;Titular;Embarcación;MMSI;Zona;Desde;Hasta;Horario;Color\r\n" +
	"PE-77;licencia de pesca;Gobernación de La Paz;Juana Mamani;Peña María;720000077;bay;01/06/2026;10/06/2026;;azul\r\n" +
	"FE-1;transbordador;Capitanía;;;720000001 720000002;lane;;;\"lu-vi 06:00-08:00; sa,do 22:00-02:00\";\r\n" +
	"\r\n" +
	"ME-1;Feria;Municipio;;;;bay;2026-06-07;;;\r\n"

func importing(text string) permits.Import {
	return permits.Import{Wish: permits.Wish{Who: ana, Reason: "lista de junio"}, File: strings.NewReader(text), OffsetMinutes: -240}
}

func TestImport(t *testing.T) {
	o := newOffice(t)
	got, err := o.book.Preview(importing(file))
	if err != nil || got.Lines != 3 || got.New != 3 || got.Wrong != 0 || got.Applied || fmt.Sprint(got.Unread) != "[Color]" ||
		fmt.Sprint(got.Changes) != "[{2 PE-77 new} {3 FE-1 new} {5 ME-1 new}]" {
		t.Fatalf("preview: %+v, %v", got, err)
	}
	if len(o.applied) != 0 {
		t.Fatal("a preview changed something")
	}
	if got, err = o.book.Import(t.Context(), importing(file)); err != nil || !got.Applied || len(o.applied) != 1 || len(o.applied[0]) != 3 {
		t.Fatalf("import: %+v, %v", got, err)
	}
	p := *o.applied[0][0].Permit
	want := permit.Permit{
		ID: "PE-77", Kind: permit.Fishing, Issuer: "Gobernación de La Paz", Holder: "Juana Mamani", Name: "Peña María", Area: "bay",
		Craft: []obs.Claim{mmsi("720000077")}, Schedule: valid.Schedule{OffsetMinutes: -240},
		Valid: valid.Record{Number: 1, From: day(1).Add(4 * time.Hour), Until: day(11).Add(4 * time.Hour), Known: o.now, By: "Ana", Reason: "lista de junio"},
	}
	if fmt.Sprintf("%+v", p) != fmt.Sprintf("%+v", want) {
		t.Errorf("permit\n%+v; want\n%+v", p, want)
	}
	ferry := *o.applied[0][1].Permit
	if fmt.Sprint(ferry.Schedule.Windows) != "[{[Monday Tuesday Wednesday Thursday Friday] 360 480} {[Sunday Saturday] 1320 120}]" || len(ferry.Craft) != 2 {
		t.Errorf("ferry: %+v", ferry)
	}

	// The same file again, in another writing, changes nothing.
	again := strings.NewReplacer("\ufeff", "", "\"lu-vi 06:00-08:00; sa,do 22:00-02:00\"", "Mon-Fri 06:00-08:00|sat sun 22:00-02:00", ";", ",",
		"Tipo", "KIND", "licencia de pesca", "fishing-licence", "01/06/2026", "2026-06-01").Replace(file)
	if got, err = o.book.Import(t.Context(), importing(again)); err != nil || got.Same != 3 || got.New+got.Changed+got.Wrong != 0 || len(o.applied) != 1 {
		t.Errorf("again: %+v, %v", got, err)
	}
	// And so does Latin-1.
	latin := make([]byte, 0, len(file))
	for _, r := range strings.TrimPrefix(file, "\ufeff") {
		latin = append(latin, byte(r))
	}
	if got, err = o.book.Preview(importing(string(latin))); err != nil || got.Same != 3 {
		t.Errorf("Latin-1: %+v, %v", got, err)
	}
	// What was retired stays so; what differs is changed.
	if _, err := o.book.Retire(t.Context(), permits.Wish{Who: ana, Reason: "ya no navega"}, "FE-1"); err != nil {
		t.Fatal(err)
	}
	if got, err = o.book.Import(t.Context(), importing(strings.Replace(file, "Juana", "Rosa", 1))); err != nil || got.Retired != 1 || got.Changed != 1 || got.Same != 1 {
		t.Errorf("after a change: %+v, %v", got, err)
	}
}

func TestImportTellsWhatIsWrong(t *testing.T) {
	const head = "numero;tipo;emisor;embarcacion;mmsi;zona;desde;hasta;horario\n"
	o := newOffice(t)
	for name, tc := range map[string]struct {
		file string
		want string // of the errors
	}{
		"kind":          {head + "1;barco;x;a;;;;;\n", "[{2 tipo barco"},
		"no number":     {head + ";pesca;x;a;;;;;\n", "[{2   a permit of \"x\" has no id"},
		"date":          {head + "1;pesca;x;a;;;31/02/2026;;\n", "[{2 desde 31/02/2026 no date"},
		"dates turned":  {head + "1;pesca;x;a;;;02/06/2026;01/05/2026;\n", "before it begins"},
		"mmsi":          {head + "1;pesca;x;;72;;;;\n", "mmsi:72"},
		"hours":         {head + "1;pesca;x;a;;;;;mañana\n", "{2 horario mañana \"mañana\" are no hours"},
		"day":           {head + "1;pesca;x;a;;;;;xx 06:00-07:00\n", "\"xx\" is no day"},
		"minutes":       {head + "1;pesca;x;a;;;;;06:60-07:00\n", "are no hours"},
		"everything":    {head + "1;pesca;x;;;;;;\n", "it would explain everything"},
		"too long":      {head + "1;pesca;x;a;;;;;;;;\n", "the line has 12 cells and the header row 9"},
		"quotes":        {head + "1;pesca;\"x\"y;a;;;;;\n2;pesca;x;a;;;;;\n", "[{2   extraneous or missing \""},
		"twice":         {head + "1;pesca;x;a;;;;;\n1;pesca;x;b;;;;;\n", "[{3  1 line 2 has the same permit"},
		"two in a line": {head + "1;barco;x;a;;;ayer;;\n", "{2 desde ayer"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := o.book.Preview(importing(tc.file))
			if err != nil || got.Wrong != 1 || !strings.Contains(fmt.Sprint(got.Errors), tc.want) {
				t.Errorf("preview: %+v, %v; want %s", got, err, tc.want)
			}
			_, err = o.book.Import(t.Context(), importing(tc.file))
			var wrong *permits.WrongFile
			if !errors.As(err, &wrong) || !errors.Is(err, desk.ErrInvalid) || wrong.Preview.Wrong != 1 || len(o.applied) != 0 {
				t.Errorf("import: %v, %d applied", err, len(o.applied))
			}
		})
	}
	for name, tc := range map[string]struct {
		file io.Reader
		want error
		text string
	}{
		"empty":              {strings.NewReader(""), desk.ErrInvalid, "is empty"},
		"no header":          {strings.NewReader("1;pesca;x\n"), desk.ErrInvalid, "numero"},
		"a column twice":     {strings.NewReader("numero;id;tipo;emisor\n"), desk.ErrInvalid, "\"id\" is the second"},
		"UTF-16":             {strings.NewReader("\xff\xfen\x00u\x00"), desk.ErrInvalid, "UTF-16"},
		"a workbook":         {strings.NewReader("PK\x03\x04"), desk.ErrInvalid, "workbook"},
		"the line went":      {io.MultiReader(strings.NewReader(head), torn{}), io.ErrUnexpectedEOF, ""},
		"too many lines":     {io.MultiReader(strings.NewReader(head), strings.NewReader(strings.Repeat("1;pesca;x;a;;;;;\n", 50_001))), desk.ErrInvalid, "in parts"},
		"a cell without end": {strings.NewReader(head + "\"" + strings.Repeat("x;\n", 10_000)), nil, ""},
	} {
		in := importing("")
		in.File = tc.file
		_, err := o.book.Preview(in)
		if !errors.Is(err, tc.want) || (err != nil && !strings.Contains(err.Error(), tc.text)) {
			t.Errorf("%s: %v; want %v with %q", name, err, tc.want, tc.text)
		}
	}
	in := importing(file)
	in.Who = eva
	if _, err := o.book.Preview(in); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a viewer: %v", err)
	}
	in = importing(file)
	in.OffsetMinutes = 1000
	if _, err := o.book.Preview(in); !errors.Is(err, desk.ErrInvalid) {
		t.Errorf("an offset of 1000 minutes: %v", err)
	}
	o.fail = desk.ErrFull
	if got, err := o.book.Import(t.Context(), importing(file)); !errors.Is(err, desk.ErrFull) || got.Applied || len(o.book.Counts()) != 0 {
		t.Errorf("a full disk: %+v, %v", got, err)
	}
}

// torn is a connection that breaks.
type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzImport(f *testing.F) {
	f.Add(file)
	f.Add("id,kind,issuer,name,hours\n1,ferry,x,y,\"mo-su 00:00-24:00\"\n")
	f.Add("id\tkind\tissuer\tmmsi\n\"1\"\"\tferry\tx\t1\n")
	f.Fuzz(func(t *testing.T, text string) {
		o := newOffice(t)
		got, err := o.book.Import(t.Context(), importing(text))
		if err != nil {
			return
		}
		if got.Lines != got.New || got.Wrong != 0 || !got.Applied {
			t.Fatalf("imported, but %+v", got)
		}
		again, err := o.book.Import(t.Context(), importing(text))
		if err != nil || again.Same != got.New || again.New+again.Changed != 0 {
			t.Fatalf("again: %+v, %v", again, err)
		}
	})
}
