package permit

import (
	"strings"
	"testing"
	"time"

	"atalaya/obs"
	"atalaya/valid"
)

func TestCheck(t *testing.T) {
	good := Permit{ID: "PE-1", Kind: Fishing, Issuer: "Gobernación", Craft: []obs.Claim{{Kind: obs.MMSI, Value: "720000001"}}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for name, change := range map[string]func(*Permit){
		"no id":            func(p *Permit) { p.ID = "" },
		"kind":             func(p *Permit) { p.Kind = "boat" },
		"no issuer":        func(p *Permit) { p.Issuer = "" },
		"everything":       func(p *Permit) { p.Craft = nil },
		"turned validity":  func(p *Permit) { p.Valid = valid.Record{From: at, Until: at.Add(-1)} },
		"long holder":      func(p *Permit) { p.Holder = strings.Repeat("x", 201) },
		"control":          func(p *Permit) { p.Name = "a\x1b[2J" },
		"no text":          func(p *Permit) { p.Note = "\xff" },
		"many craft":       func(p *Permit) { p.Craft = make([]obs.Claim, 21) },
		"short MMSI":       func(p *Permit) { p.Craft[0].Value = "72000000" },
		"MMSI of letters":  func(p *Permit) { p.Craft[0].Value = "72000000a" },
		"ICAO in capitals": func(p *Permit) { p.Craft[0] = obs.Claim{Kind: obs.ICAO, Value: "E94ABC"} },
		"a squawk":         func(p *Permit) { p.Craft[0] = obs.Claim{Kind: obs.Squawk, Value: "7000"} },
		"hours":            func(p *Permit) { p.Schedule.Windows = []valid.Window{{From: 1440}} },
	} {
		p := good
		p.Craft = append([]obs.Claim{}, good.Craft...)
		change(&p)
		if p.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
