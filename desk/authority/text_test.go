package authority_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"atalaya/desk/authority"
	"atalaya/geo"
	"atalaya/policy"
	"atalaya/sensor"
	"atalaya/valid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Screens make the text of an authority anew before it is signed there: they
// are held to the same file (web/ui/src/lib/signed.test.ts).
func TestTextsAreThoseThatScreensMake(t *testing.T) {
	type entry struct {
		ID      string `json:"id"`
		Salt    string `json:"salt"`
		Content string `json:"content"`
		authority.Terms
		Text string `json:"text"`
	}
	from := time.Date(2026, 11, 24, 12, 30, 0, 0, time.UTC)
	plain := authority.Terms{
		Basis: "DS 5000, art. 3", Issuer: "Comando «Sur»", Purposes: []policy.Purpose{policy.Smuggling, policy.SearchRescue},
		// The second is as near to ...2 as to ...3: the even one is written.
		Area: geo.Ring{{Lat: -16.5, Lon: -69.25}, {Lat: 1.0 / 256, Lon: 3.0 / 256}, {Lat: -1e-9, Lon: -70.123456789}}, Place: "Península de Copacabana",
		Holds: []sensor.ID{"camera-1", "radar-1"}, From: from, Until: from.Add(36*time.Hour + 250*time.Millisecond),
	}
	whole := plain
	whole.Hours = valid.Schedule{OffsetMinutes: -240, Windows: []valid.Window{{Days: []time.Weekday{time.Monday, time.Friday}, From: 0, To: 360}, {From: 1200, To: 1440}}}
	whole.Flights, whole.FlightHours, whole.Recipients, whole.Emergency = 3, 1.0/16, []string{"Armada", "Defensoría <del> Pueblo"}, true
	east := plain
	east.Hours = valid.Schedule{OffsetMinutes: 330, Windows: []valid.Window{{From: 60, To: 30}}}
	all := make([]entry, 0, 3)
	for _, terms := range []authority.Terms{plain, whole, east} {
		e := entry{ID: "A7", Salt: "SALT", Terms: terms, Text: terms.Text("A7", "SALT")}
		h := sha256.Sum256([]byte(e.Text))
		e.Content = hex.EncodeToString(h[:])
		all = append(all, e)
	}
	got, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/texts.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the texts changed: look at the difference, run with -update, and see that the screen's test holds:\n%s", got)
	}
}
