package policy

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden table anew")

// The whole request space is asked. The golden table has all that is allowed and
// no safe act, a line for each; a change of policy shows as its difference.
func TestWholeRequestSpace(t *testing.T) {
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	asked := requests()
	for _, r := range asked {
		d := p.Decide(r.subject, r.act, r.thing, r.facts)
		switch {
		case len(d.Reasons) == 0:
			t.Fatalf("no reason for %+v", r)
		case Safe(r.act) != (d.Allowed && d.Reasons[0] == "safe-act"):
			t.Fatalf("safe act %q: %+v", r.act, d)
		case d.Allowed && !Safe(r.act) && (!r.facts.Inside || !Lawful(string(r.facts.Purpose)) || r.facts.Authority != Signed && r.facts.Authority != Emergency):
			t.Errorf("%+v is allowed", r)
		}
	}
	table := p.Table()
	t.Logf("%d requests, %d allowed", len(asked), len(table))
	text := strings.Join(table, "\n") + "\n"
	const golden = "testdata/allowed"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		for _, l := range Difference(strings.Split(string(want), "\n"), strings.Split(text, "\n")) {
			t.Error(l)
		}
	}
}
