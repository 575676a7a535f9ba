package policy

import (
	"bytes"
	"flag"
	"fmt"
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
	var table bytes.Buffer
	asked, allowed := 0, 0
	acts := []string{string(Turn), string(Look), string(Record), string(Fly), "fire", "arm", "release", ""}
	for _, a := range SafeActs() {
		acts = append(acts, string(a))
	}
	purposes := append(Purposes(), "protest", "assembly", "union", "party", "press", "")
	for _, role := range []string{"viewer", "officer", "supervisor", "administrator", "auditor", ""} {
		for _, instructor := range []bool{false, true} {
			for _, act := range acts {
				for _, exercise := range []bool{false, true} {
					for _, state := range []State{NoAuthority, Draft, Signed, Emergency, Expired, "", "invented"} {
						for _, purpose := range purposes {
							for _, inside := range []bool{true, false} {
								d := p.Decide(Subject{role, instructor}, act, Thing{exercise}, Facts{state, purpose, inside})
								asked++
								if len(d.Reasons) == 0 {
									t.Fatalf("no reason for %s %s", role, act)
								}
								if Safe(act) != (d.Allowed && d.Reasons[0] == "safe-act") {
									t.Fatalf("safe act %q: %+v", act, d)
								}
								if !d.Allowed || Safe(act) {
									continue
								}
								allowed++
								if !inside || !Lawful(string(purpose)) || state != Signed && state != Emergency {
									t.Errorf("%s may %s for %q under %s authority, inside the fence: %v", role, act, purpose, state, inside)
								}
								fmt.Fprintf(&table, "%s instructor=%v %s exercise=%v %s %s: %s\n", role, instructor, act, exercise, state, purpose, strings.Join(d.Reasons, " "))
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d requests, %d allowed", asked, allowed)
	const golden = "testdata/allowed"
	if *update {
		if err := os.WriteFile(golden, table.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]int{}
	for line := range strings.Lines(table.String()) {
		have[line]++
	}
	for line := range strings.Lines(string(want)) {
		have[line]--
	}
	for line, n := range have {
		if n > 0 {
			t.Errorf("+ %s", line)
		} else if n < 0 {
			t.Errorf("- %s", line)
		}
	}
}
