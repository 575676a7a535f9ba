package scenario

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/track"
	"atalaya/watch"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestScenarios runs every scenario of testdata, checks what it expects, and
// compares all that came out with its golden file.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			r := s.Run()
			for _, f := range r.Failures {
				t.Error(f)
			}
			sound(t, r)
			golden(t, strings.TrimSuffix(file, ".txt")+".golden", summary(r))
		})
	}
}

// sound holds what must be true of every scenario.
func sound(t interface{ Errorf(string, ...any) }, r *Result) {
	last := map[string]watch.Finding{}
	for _, f := range r.Findings {
		if old, ok := last[f.ID]; ok && f.Revision != old.Revision+1 || !ok && f.Revision != 1 {
			t.Errorf("%s: revision %d after %d", f.ID, f.Revision, old.Revision)
		}
		last[f.ID] = f
		if f.Why.ES == "" || f.Why.EN == "" || f.Expected.ES == "" || f.RuleVersion == 0 || len(f.Inputs) == 0 ||
			f.Belief.ID != f.Track || f.Probability < 0 || f.Probability > 1 {
			t.Errorf("%s is not complete: %+v", f.ID, f)
		}
	}
	alive := map[track.ID]bool{}
	for _, e := range r.Events {
		switch e.Kind {
		case track.Born:
			alive[e.Track.ID] = true
		case track.Died, track.Merged:
			alive[e.Track.ID] = false
		default:
			if !alive[e.Track.ID] {
				t.Errorf("%v %v, but it is not alive", e.Track.ID, e.Kind)
			}
		}
	}
}

// summary is what the golden file keeps: events by kind, every finding, the
// tracks, and the picture's hash.
func summary(r *Result) string {
	var b strings.Builder
	counts := map[track.EventKind]int{}
	for _, e := range r.Events {
		counts[e.Kind]++
	}
	for k := track.Born; k <= track.Distress; k++ {
		if counts[k] > 0 {
			fmt.Fprintf(&b, "event %v %d\n", k, counts[k])
		}
	}
	for name, n := range r.Stats.All() {
		if n > 0 {
			fmt.Fprintf(&b, "count %s %d\n", name, n)
		}
	}
	for _, f := range r.Findings {
		status := "raised"
		if f.Status == watch.Withdrawn {
			status = "withdrawn"
		}
		fmt.Fprintf(&b, "\nfinding %s revision %d %s, priority %d, alert %v, %s, probability %.6f, inputs %v\n  %s\n  %s\n",
			f.ID, f.Revision, status, f.Priority, f.Alert, f.Time.Sub(r.Start), f.Probability, f.Inputs, f.Why.ES, f.Why.EN)
	}
	b.WriteString("\n")
	for _, t := range r.Tracks {
		fmt.Fprintf(&b, "track %v %v %v %s (%.3f, %.3f) m/s existence %.4f claims %v sensors %v\n",
			t.ID, t.Status, t.Kind, t.State.Position, t.State.East, t.State.North, t.Existence, t.Claims, t.Sensors)
	}
	fmt.Fprintf(&b, "hash %s\n", hex.EncodeToString(r.Hash[:]))
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			t.Errorf("%s line %d (-update writes it anew):\nwas  %s\nis   %s", file, i+1, x, y)
			return
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "no run line"},
		{"run 1m\njump", `"jump" begins no line`},
		{"run 1m\nsensor a radar at=1", "no place"},
		{"run 1m\nsensor a radar colour=red", "colour= means nothing here"},
		{"run soon", "no duration"},
		{`run 1m` + "\n" + `area a border name="x`, "not closed"},
		{"run 1m\nthing a boat path=0s@0,0", "boat"},
		{"run 1m\nthing a vessel path=0,0", "no point of a path"},
		{"run 1m\nreport a sensor=b every=1s", `no thing "a"`},
		{"run 1m\nexpect event explosion", "explosion"},
		{"run 1m\nexpect weather", "cannot be expected"},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, not %q", c.text, err, c.want)
		}
	}
}

// An expectation that does not hold must be told, or no scenario tests
// anything.
func TestExpectationsFail(t *testing.T) {
	const base = `
origin -16.2 -68.9
sensor ais ais-receiver
area line border line=0,-5000:0,5000 left=PER right=BOL accuracy=5
thing boat vessel path=0s@1000,0/200s@-1000,0
report boat sensor=ais mmsi=760000001 every=10s
run 200s
`
	for _, c := range []struct{ line, want string }{
		{"expect finding border-crossing count=0", "1 findings border-crossing instead of 0"},
		{"expect finding border-crossing alert=no", "0 findings"},
		{"expect finding border-crossing text=weather", "there are others"},
		{"expect event born count=2", "1 events born instead of 2"},
		{"expect tracks count=3", "1 tracks instead of 3"},
		{"expect tracks count=0 at=100s", "1 tracks instead of 0"},
		{"expect track boat within=0.000001", "no track within"},
		{"expect track boat status=ended", "is confirmed"},
		{"expect count late 1..", "0 late instead of 1..+Inf"},
		{"expect count beer 1", "nothing is counted"},
	} {
		s, err := Parse(base + c.line)
		if err != nil {
			t.Fatal(err)
		}
		if r := s.Run(); len(r.Failures) == 0 || !strings.Contains(strings.Join(r.Failures, "\n"), c.want) {
			t.Errorf("%s: %q", c.line, r.Failures)
		}
	}
}
