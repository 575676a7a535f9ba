package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

// write writes a file of lines into a folder, which it makes.
func write(t *testing.T, dir, name string, lines ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cells gives the table as tracker, title -> cell, and what stands below it.
func cells(t *testing.T, out string) (map[string]map[string]string, string) {
	t.Helper()
	rows := map[string]map[string]string{}
	var head []string
	var rest []string
	for line := range strings.SplitSeq(out, "\n") {
		f := strings.Split(line, "|")
		switch {
		case len(f) < 3:
			rest = append(rest, line)
		case head == nil:
			head = f
		case !strings.HasPrefix(line, "|-"):
			row := map[string]string{}
			for i := range f {
				row[strings.TrimSpace(head[i])] = strings.TrimSpace(f[i])
			}
			rows[row["tracker"]] = row
		}
	}
	return rows, strings.Join(rest, "\n")
}

const planar = `{"header":{"frame":"planar","scenario":"small","c":10}}`

// small is one run: two targets at two times, none at the third.
func small(t *testing.T) (scenario, results string) {
	dir := t.TempDir()
	scenario, results = filepath.Join(dir, "small"), filepath.Join(dir, "results")
	write(t, scenario, "01.truth.jsonl", planar,
		`{"time":1,"id":"x","pos":[0,0],"vel":[1,0]}`,
		`{"time":1,"id":"y","pos":[50,0]}`,
		`{"time":2,"id":"x","pos":[1,0],"vel":[1,0]}`,
		`{"time":2,"id":"y","pos":[50,0]}`,
		`{"time":3}`)
	return scenario, results
}

func TestJudgePrintsWhatTrackersAreWorth(t *testing.T) {
	scenario, results := small(t)
	write(t, filepath.Join(results, "perfect"), "01.jsonl",
		`{"time":1,"id":"1","pos":[0,0],"vel":[1,0],"cov":[[1,0],[0,1]],"existence":0.9}`,
		`{"time":1,"id":"2","pos":[50,0]}`,
		`{"time":2,"id":"1","pos":[1,0],"vel":[1,0]}`,
		`{"time":2,"id":"2","pos":[50,0]}`)
	write(t, filepath.Join(results, "perfect"), "01.log", "tracking", `{"scans":3,"seconds":0.006,"scan_ms":[1,2,3]}`)
	write(t, filepath.Join(results, "blind"), "01.jsonl", "")
	if err := os.Truncate(filepath.Join(results, "blind", "01.jsonl"), 0); err != nil {
		t.Fatal(err)
	}
	// 3 m off on x, which becomes another track; y missed; a ghost at the end,
	// and a line between the scans.
	write(t, filepath.Join(results, "poor"), "01.jsonl", `{"header":{"frame":"planar","tracker":"poor"}}`,
		`{"time":1,"id":"1","pos":[0,3],"vel":[1,2]}`,
		`{"time":1.5,"id":"1","pos":[0,3]}`,
		`{"time":2,"id":"2","pos":[1,3],"vel":[1,2]}`,
		`{"time":3,"id":"3","pos":[1,3]}`)
	var out strings.Builder
	if err := run([]string{"judge", scenario, results}, &out); err != nil {
		t.Fatal(err)
	}
	rows, rest := cells(t, out.String())
	for tracker, want := range map[string]string{
		"perfect": "GOSPA m=0.00 missed=0.00 false=0.00 T-GOSPA m=0.00 switches=0.0 OSPA m=0.00 OSPA(2) m=0.00 complete=1.00 spurious=0.00 velocity m/s=0.00 longest=1.00 ms a scan=2 p50=2 p99=3",
		// sqrt(4 x 50 / 3); OSPA 10, 10 and 0; OSPA(2) 10.
		"blind": "GOSPA m=8.16 localisation=0.00 missed=8.16 false=0.00 T-GOSPA m=8.16 OSPA m=8.16 OSPA(2) m=10.00 complete=0.00 velocity m/s=- ms a scan=- p50=-",
		// Localisation 18, missed 100, false 50 over three scans, and one switch: 168/3, 169/3.
		"poor": "GOSPA m=7.48 localisation=2.45 missed=5.77 false=4.08 T-GOSPA m=7.51 switches=1.0 complete=0.50 ambiguous=1.00 spurious=0.33 position m=3.00 velocity m/s=2.00",
	} {
		for title, cell := range pairs(want) {
			if got := rows[tracker][title]; got != cell {
				t.Errorf("%s: %s is %q, want %q", tracker, title, got, cell)
			}
		}
	}
	if !strings.Contains(rest, "poor: 1 lines at times that are not judged") || !strings.Contains(rest, "small: 1 runs, 3 scans; c = 10 m, p = 2") {
		t.Errorf("beside the table stands\n%s", rest)
	}
	out.Reset()
	if err := run([]string{"judge", "-c", "2", scenario, results}, &out); err != nil {
		t.Fatal(err)
	}
	rows, _ = cells(t, out.String())
	if got := rows["poor"]["complete"]; got != "0.00" {
		t.Errorf("3 m off with a cut-off of 2 m is %s complete", got)
	}
}

// pairs reads "title=cell title=cell", where titles may hold spaces.
func pairs(s string) map[string]string {
	out := map[string]string{}
	f := strings.Split(s, "=")
	title := f[0]
	for _, part := range f[1:] {
		cell, next, _ := strings.Cut(part, " ")
		out[title] = cell
		title = next
	}
	return out
}

// Thirty metres east of one target and ten north of the other are those metres.
func TestDegreesAreJudgedInMetres(t *testing.T) {
	dir := t.TempDir()
	scenario, results := filepath.Join(dir, "lake"), filepath.Join(dir, "results")
	write(t, scenario, "01.truth.jsonl", `{"header":{"frame":"wgs84","c":100}}`,
		`{"time":1,"id":"x","pos":[-69,-16,3810]}`,
		`{"time":1,"id":"y","pos":[-68.9,-16]}`)
	// At 16 degrees south a degree is 107,036 m of longitude and 110,657 m of latitude.
	write(t, filepath.Join(results, "a"), "01.jsonl",
		fmt.Sprintf(`{"time":1,"id":"1","pos":[%.9f,-16]}`, -69+30/107036.0),
		fmt.Sprintf(`{"time":1,"id":"2","pos":[-68.9,%.9f]}`, -16+10/110657.0))
	var out strings.Builder
	if err := run([]string{"judge", scenario, results}, &out); err != nil {
		t.Fatal(err)
	}
	rows, _ := cells(t, out.String())
	if got := rows["a"]["position m"]; got != "20.00" {
		t.Errorf("mean error is %s m, want 20.00", got)
	}
}

func TestBadFilesAreNamed(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{`{"time":1,"id":"1","pos":[0]}`, "01.jsonl, line 1: pos has 1 values"},
		{`{"time":1,"pos":[0,0]}`, "id is missing"},
		{`{"id":"1","pos":[0,0]}`, "time is missing"},
		{`{"time":1,"id":"1","pos":[0,0],"vel":[1]}`, "vel has 1 values"},
		{`{"time":1,"id":"1","pos":[0,"x"]}`, "line 1: json"},
		{`{"time":2,"id":"1","pos":[0,0]}` + "\n" + `{"time":1,"id":"1","pos":[0,0]}`, "line 2: time 1 is before"},
		{`{"time":2,"id":"1","pos":[0,0]}` + "\n" + `{"time":2,"id":"1","pos":[5,0]}`, `id "1" comes twice at time 2`},
		{`{"header":{"frame":"wgs84"}}`, `"wgs84" is not that of the truth, "planar"`},
		{`{"header":{"frame":"mars"}}`, `frame "mars" is unknown`},
		{`{"time":1,"id":"1","pos":[0,0]}` + "\n" + planar, "a header stands in the first line only"},
	} {
		scenario, results := small(t)
		write(t, filepath.Join(results, "bad"), "01.jsonl", c.lines)
		write(t, filepath.Join(results, "good"), "01.jsonl", `{"time":1,"id":"1","pos":[0,0]}`)
		var out strings.Builder
		err := run([]string{"judge", scenario, results}, &out)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad: ") {
			t.Errorf("%s\ngives %v, want %q", c.lines, err, c.want)
		}
		if rows, _ := cells(t, out.String()); rows["good"] == nil || rows["bad"] != nil {
			t.Errorf("a bad tracker costs others their row, or has one:\n%s", out.String())
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	scenario, results := small(t)
	if err := os.MkdirAll(filepath.Join(results, "lazy"), 0o755); err != nil {
		t.Fatal(err)
	}
	bare := filepath.Join(t.TempDir(), "bare")
	write(t, bare, "01.truth.jsonl", `{"time":1,"id":"x","pos":[0,0]}`)
	uncut := filepath.Join(t.TempDir(), "uncut")
	write(t, uncut, "01.truth.jsonl", `{"header":{"frame":"planar"}}`, `{"time":1}`)
	logs := filepath.Join(t.TempDir(), "logs")
	write(t, filepath.Join(logs, "x"), "01.jsonl", `{"time":1,"id":"1","pos":[0,0]}`)
	write(t, filepath.Join(logs, "x"), "01.log", "panic: no")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"judge", scenario, results}, "01.jsonl: no such file"},
		{[]string{"judge", results, results}, "holds no file 01.truth.jsonl"},
		{[]string{"judge", scenario, scenario}, "holds no folder"},
		{[]string{"judge", bare, results}, "its first line is no header"},
		{[]string{"judge", uncut, results}, "c in the header of the truth, or -c"},
		{[]string{"judge", scenario, logs}, "its last line is no JSON object"},
		{[]string{"judge", scenario}, "give the folder of a scenario"},
		{[]string{"make", "s9"}, `"s9" is unknown`},
		{[]string{"make"}, "name scenarios"},
		{nil, "say what to do"},
	} {
		var out strings.Builder
		if err := run(c.args, &out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v gives %v, want %q", c.args, err, c.want)
		}
	}
}

// The truth of S1, as made, is a perfect tracker of itself.
func TestMadeFilesCanBeJudged(t *testing.T) {
	data := peer.Data(t, ".")
	dir := t.TempDir()
	var out strings.Builder
	if err := run([]string{"make", "-data", data, "-runs", "2", "-o", dir, "s1", "s4"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"s1", "s4"} {
		results := filepath.Join(dir, "results-"+s)
		for _, n := range []string{"01", "02"} {
			b, err := os.ReadFile(filepath.Join(dir, s, n+".truth.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(results, "truth"), n+".jsonl", strings.TrimSpace(string(b)))
		}
		out.Reset()
		if err := run([]string{"judge", filepath.Join(dir, s), results}, &out); err != nil {
			t.Fatal(err)
		}
		row, rest := cells(t, out.String())
		if r := row["truth"]; r["GOSPA m"] != "0.00" || r["T-GOSPA m"] != "0.00" || r["complete"] != "1.00" || !strings.Contains(rest, s+": 2 runs") {
			t.Errorf("the truth of %s is judged\n%s", s, out.String())
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{7}, 0.99, 7},
		{[]float64{1, 2, 3, 4}, 0.5, 2},
		{[]float64{1, 2, 3}, 0.5, 2},
		{[]float64{1, 2, 3, 4}, 0.99, 4},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile %g of %v is %g, want %g", c.q, c.values, got, c.want)
		}
	}
}
