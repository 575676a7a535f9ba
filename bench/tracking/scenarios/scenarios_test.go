package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"

	"atalaya/internal/trackfile"
)

// run keeps a run in memory.
type run struct {
	scans []Scan
	truth []Truth
}

func (r *run) Scan(s Scan) error   { r.scans = append(r.scans, s); return nil }
func (r *run) Truth(t Truth) error { r.truth = append(r.truth, t); return nil }

func made(t *testing.T, s Scene) run {
	t.Helper()
	var r run
	if err := s.Make(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func crowdOf(targets int, spacing float64) Crowd {
	return Crowd{Run: 1, Targets: targets, Spacing: spacing, Scans: 20, Late: true}
}

// The same run is the same bytes, here and on every processor.
func TestScenariosAreTheSameEachTime(t *testing.T) {
	for _, c := range []struct {
		scene Scene
		want  string
	}{
		{StarBurst(1), "73154c0eb37d2e0d"},
		{Convergence(1), "fce0bde0de8bbb50"},
		{Irregular(1, true), "8dc6ee6bf0a90900"},
		{crowdOf(1000, 500).Scene(), "18bddc8b8c576475"},
	} {
		if got := digest(t, c.scene); got != c.want || got != digest(t, c.scene) {
			t.Errorf("%s: %s, want %s", c.scene.Name, got, c.want)
		}
	}
	if digest(t, StarBurst(1)) == digest(t, StarBurst(2)) {
		t.Error("two runs are the same")
	}
}

func digest(t *testing.T, s Scene) string {
	t.Helper()
	h := sha256.New()
	if err := s.encode(h, h); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// What is written is what was made.
func TestFilesHoldTheScenario(t *testing.T) {
	for _, scene := range []Scene{Convergence(3), crowdOf(200, 100).Scene()} {
		names, err := scene.Write(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		want := made(t, scene)
		if got := read[Scan](t, names.Measurements, scene, 0); !reflect.DeepEqual(got, filled(want.scans)) {
			t.Errorf("%s: the scans of the file differ", scene.Name)
		}
		if got := read[Truth](t, names.Truth, scene, scene.CutOff); !reflect.DeepEqual(got, want.truth) {
			t.Errorf("%s: the truth of the file differs", scene.Name)
		}
		var said struct{ Sensors map[string]map[string]any }
		if _, err := toml.DecodeFile(names.Knowledge, &said); err != nil {
			t.Error(err)
		} else if ais, ok := said.Sensors["ais"]; ok && len(ais) != 1 {
			t.Errorf("%s: of AIS more is known than that it is cooperative: %v", scene.Name, ais)
		}
		var k trackfile.Knowledge
		if _, err := toml.DecodeFile(names.Knowledge, &k); err != nil || !reflect.DeepEqual(k, scene.Knowledge) {
			t.Errorf("%s: %v: knowledge %+v, want %+v", scene.Name, err, k, scene.Knowledge)
		}
		for _, s := range want.scans {
			if _, ok := k.Sensors[s.Sensor]; !ok {
				t.Errorf("%s: nothing is known of the sensor %s", scene.Name, s.Sensor)
			}
		}
	}
}

// filled has an empty list where nothing was seen, as in the file.
func filled(scans []Scan) []Scan {
	for i := range scans {
		if scans[i].Detections == nil {
			scans[i].Detections = []Detection{}
		}
	}
	return scans
}

func read[T any](t *testing.T, name string, s Scene, cutOff float64) []T {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	var h first
	if err := d.Decode(&h); err != nil || h.Header != (header{planar, s.Name, s.Run, cutOff}) {
		t.Errorf("%s: %v: header %+v", name, err, h.Header)
	}
	var out []T
	for {
		var line T
		if err := d.Decode(&line); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
}

func TestStarBurst(t *testing.T) {
	r := made(t, StarBurst(1))
	if len(r.scans) != 80 || len(r.truth) != 6*80 {
		t.Fatalf("%d scans, %d truths", len(r.scans), len(r.truth))
	}
	for _, at := range r.truth[:6] {
		if at.Time != 0 || at.Pos[0] != 0 || at.Pos[1] != 0 {
			t.Errorf("%s starts at %v at %v s", at.ID, at.Pos, at.Time)
		}
	}
	total := 0
	for _, s := range r.scans {
		total += len(s.Detections)
	}
	near(t, "detections a scan", float64(total)/80, 6*0.9+20, 1.6)
}

// All five meet at the centre after 100 s, and appear and end one by one.
func TestConvergence(t *testing.T) {
	r := made(t, Convergence(1))
	alive := map[float64]int{}
	for _, at := range r.truth {
		alive[at.Time]++
		if from := math.Hypot(at.Pos[0], at.Pos[1]); math.Abs(from-math.Abs(1000-10*at.Time)) > 0.01 {
			t.Errorf("%s is %.3f m from the centre at %v s", at.ID, from, at.Time)
		}
		if math.Abs(math.Hypot(at.Vel[0], at.Vel[1])-10) > 0.01 {
			t.Errorf("%s: velocity %v", at.ID, at.Vel)
		}
	}
	for at, want := range map[float64]int{0: 1, 10: 2, 40: 5, 160: 5, 161: 4, 199: 1} {
		if alive[at] != want {
			t.Errorf("%d targets at %v s, want %d", alive[at], at, want)
		}
	}
	total := 0
	for _, s := range r.scans {
		total += len(s.Detections)
		for _, d := range s.Detections {
			off := math.Mod(*d.Bearing-s.Sector[0]+360, 360)
			if d.Range == nil || d.Pos != nil || off > 31.5 && off < 358.5 {
				t.Errorf("%s looks at %v and sees %+v", s.Sensor, s.Sector, d)
			}
		}
	}
	near(t, "detections a scan", float64(total)/200, float64(len(r.truth))/200*0.9+40, 1.5)
}

func TestEachFifthScanOfTheIrregularRunIsLate(t *testing.T) {
	late, inOrder := made(t, Irregular(1, true)), made(t, Irregular(1, false))
	if n := overtaken(t, late.scans); n != len(late.scans)/5 {
		t.Errorf("%d scans of %d come after later ones", n, len(late.scans))
	}
	if n := overtaken(t, inOrder.scans); n != 0 {
		t.Errorf("%d scans of the run in order come after later ones", n)
	}
	// Apart from the arrival they are one run.
	slices.SortFunc(late.scans, func(a, b Scan) int { return compare(a.Time, b.Time) })
	for i := range late.scans {
		late.scans[i].Arrival = late.scans[i].Time
	}
	if !reflect.DeepEqual(late, inOrder) {
		t.Error("the run in order is another run")
	}
	mean := late.scans[len(late.scans)-1].Time / float64(len(late.scans))
	near(t, "mean interval", mean, 1, 0.2)
}

// overtaken counts the scans that stand after one that was measured later, and
// checks that the file is in the order of arrival.
func overtaken(t *testing.T, scans []Scan) int {
	t.Helper()
	n, newest := 0, math.Inf(-1)
	for i, s := range scans {
		if i > 0 && s.Arrival < scans[i-1].Arrival || s.Arrival < s.Time {
			t.Errorf("scan %d of %v arrives at %v after one of %v", i, s.Time, s.Arrival, scans[max(i-1, 0)].Arrival)
		}
		if s.Time < newest {
			n++
		}
		newest = max(newest, s.Time)
	}
	return n
}

func TestCrowd(t *testing.T) {
	for _, spacing := range []float64{100, 500, 2000} {
		c := crowdOf(1000, spacing)
		r := made(t, c.Scene())
		var late, radar, ais, seen int
		claimed := map[string]int{} // of a moment's identity
		double := map[string]bool{}
		for _, s := range r.scans {
			if s.Arrival > s.Time {
				late++
			}
			switch s.Sensor {
			case "radar":
				radar++
				seen += len(s.Detections)
			case "ais":
				ais += len(s.Detections)
				for _, d := range s.Detections {
					claimed[d.Claim]++
				}
			default:
				for _, d := range s.Detections {
					if d.Bearing == nil || d.Range != nil || d.Pos != nil {
						t.Errorf("%s: %+v is no bearing", s.Sensor, d)
					}
				}
			}
		}
		overtaken(t, r.scans)
		if 5*late != len(r.scans) {
			t.Errorf("%d of %d scans are late, want a fifth", late, len(r.scans))
		}
		for claim, n := range claimed {
			// An honest identity comes each third scan of twenty.
			if n > 7 {
				double[claim] = true
			}
		}
		if honest := 600 - len(claimed); honest != 12 || len(double) == 0 || len(double) > 12 {
			t.Errorf("%d of 600 boats lie, %d identities come twice, want 12 and at most as many", honest, len(double))
		}
		if radar != 20 || ais != 20*200 || len(r.truth) != 20*1000 {
			t.Errorf("%d radar scans, %d AIS reports, %d truths", radar, ais, len(r.truth))
		}
		near(t, "radar detections a scan", float64(seen)/20, 0.9*1000+500, 30)
		area := c.side() * c.side()
		near(t, "clutter known a scan", *c.Scene().Knowledge.Sensors["radar"].Clutter*area, 500, 1e-6)
		near(t, "targets a spacing squared", 1000*spacing*spacing/area, 1, 0.05)
	}
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s: %v, want %v within %v", what, got, want, within)
	}
}

func TestChanceHasTheMomentsItShould(t *testing.T) {
	c := newChance(1)
	const n = 20000
	var sum, squares, counts, spread float64
	for range n {
		x := c.normal()
		sum += x
		squares += x * x
		k := float64(c.poisson(7))
		counts += k
		spread += (k - 7) * (k - 7)
	}
	near(t, "mean", sum/n, 0, 0.03)
	near(t, "variance", squares/n, 1, 0.04)
	near(t, "Poisson mean", counts/n, 7, 0.1)
	near(t, "Poisson variance", spread/n, 7, 0.3)
}
