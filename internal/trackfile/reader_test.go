package trackfile

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

const planarHeader = `{"header":{"frame":"planar"}}` + "\n"

// read gives what a file holds.
func read(t *testing.T, file string) (scans []Scan, bad []*Bad, fatal error) {
	t.Helper()
	r, err := NewReader(strings.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	for s, err := range r.Scans() {
		if fatal != nil {
			t.Fatalf("after %v comes %v, %v", fatal, s, err)
		}
		if b, ok := errors.AsType[*Bad](err); ok {
			bad = append(bad, b)
		} else if err != nil {
			fatal = err
		} else {
			scans = append(scans, s)
		}
	}
	return scans, bad, fatal
}

func TestEveryForm(t *testing.T) {
	const us = int64(1000)
	for _, c := range []struct {
		name, line string
		want       Scan
	}{
		{
			"nothing seen", `{"sensor":"a","time":12,"arrival":12.4,"detections":[]}`,
			Scan{Time: 12_000_000 * us, Arrival: 12_400_000 * us},
		},
		{
			"before the origin, to the microsecond, arrives at once", `{"sensor":"a","time":-0.0000014,"detections":[]}`,
			Scan{Time: -us, Arrival: -us},
		},
		{
			"unknown keys", `{"sensor":"a","time":1e-3,"weather":{"rain":[1]},"detections":[]}`,
			Scan{Time: 1000 * us, Arrival: 1000 * us},
		},
		{
			"position", `{"sensor":"a","time":0,"detections":[{"pos":[1,2],"cov":[[4,1],[1,9]],"colour":"red"}]}`,
			Scan{Detections: []Detection{{Place: Place{X: 1, Y: 2}, Cov: [3][3]float64{{4, 1}, {1, 9}}}}},
		},
		{
			"position with a height", `{"sensor":"a","time":0,"detections":[{"pos":[1,2,3],"cov":[[4,0,0],[0,9,1],[0,1,16]]}]}`,
			Scan{Detections: []Detection{{Place: Place{1, 2, 3, true}, Cov: [3][3]float64{{4}, {0, 9, 1}, {0, 1, 16}}}}},
		},
		{
			"position without an error", `{"sensor":"a","time":0,"detections":[{"pos":[1,2],"speed":3,"course":-90,"claim":"mmsi:123456789"}]}`,
			Scan{Detections: []Detection{{Place: Place{X: 1, Y: 2}, Speed: 3, HasSpeed: true, Course: 270, HasCourse: true, Claim: "mmsi:123456789"}}},
		},
		{
			"range and bearing", `{"sensor":"a","time":0,"detections":[{"range":100,"bearing":360,"range_sd":5,"bearing_sd":0.5,"elevation":2,"elevation_sd":1}]}`,
			Scan{Detections: []Detection{{Form: RangeBearing, Range: 100, RangeSD: 5, BearingSD: 0.5, Elevation: 2, ElevationSD: 1, HasElevation: true}}},
		},
		{
			"bearing", `{"sensor":"a","time":0,"detections":[{"bearing":7,"bearing_sd":0.5},{"bearing":8}]}`,
			Scan{Detections: []Detection{{Form: BearingOnly, Bearing: 7, BearingSD: 0.5}, {Form: BearingOnly, Bearing: 8}}},
		},
		{
			"where it looked", `{"sensor":"a","time":0,"platform":[1,2,3],"sector":[350,10,500],"footprint":[[0,0],[1,0],[0,1]],"detections":[]}`,
			Scan{
				Platform: Place{1, 2, 3, true}, HasPlatform: true, Sector: Sector{350, 10, 500}, HasSector: true,
				Footprint: []Place{{}, {X: 1}, {Y: 1}},
			},
		},
		{
			"nulls are nothing", `{"sensor":"a","time":0,"arrival":null,"platform":null,"detections":[{"pos":[1,2],"cov":null,"range":null,"claim":null}]}`,
			Scan{Detections: []Detection{{Place: Place{X: 1, Y: 2}}}},
		},
	} {
		c.want.Line, c.want.Sensor = 2, "a"
		scans, bad, err := read(t, planarHeader+c.line)
		if err != nil || len(bad) > 0 || len(scans) != 1 || !reflect.DeepEqual(scans[0], c.want) {
			t.Errorf("%s: %v %v\n%+v\nwant\n%+v", c.name, bad, err, scans, c.want)
		}
	}
}

func TestBadLinesAreNamedAndPassed(t *testing.T) {
	with := func(detection string) string {
		return `{"sensor":"a","time":1,"detections":[{"bearing":1},` + detection + `]}`
	}
	for _, c := range []struct{ line, want string }{
		{`{"sensor":"a"`, "it is no JSON object"},
		{`[1]`, "it is a JSON array"},
		{`{"sensor":"a","time":NaN,"detections":[]}`, "it is no JSON object"},
		{`{"sensor":"a","time":"noon","detections":[]}`, "time is a JSON string"},
		{`{"sensor":"a","time":1e999,"detections":[]}`, "time is a JSON number 1e999"},
		{`{"time":1,"detections":[]}`, "sensor is missing"},
		{`{"sensor":"` + strings.Repeat("a", 257) + `","time":1,"detections":[]}`, "longer than 256 bytes"},
		{`{"sensor":"a","detections":[]}`, "time is missing"},
		{`{"sensor":"a","time":1e10,"detections":[]}`, "time is 1e+10: give seconds"},
		{`{"sensor":"a","time":1,"arrival":-1e10,"detections":[]}`, "arrival is -1e+10: give seconds"},
		{`{"sensor":"a","time":1,"arrival":0.999999,"detections":[]}`, "arrival 0.999999 is before time 1"},
		{`{"sensor":"a","time":1}`, "detections is missing"},
		{`{"sensor":"a","time":1,"detections":null}`, "detections is missing"},
		{`{"sensor":"a","time":1,"detections":{}}`, "detections is missing or no list"},
		{`{"sensor":"a","time":1,"platform":[1],"detections":[]}`, "platform has 1 values"},
		{`{"sensor":"a","time":1,"platform":[1,1e999],"detections":[]}`, "platform is a JSON value that is no list of numbers"},
		{`{"sensor":"a","time":1,"sector":[0,360],"detections":[]}`, "sector has 2 values"},
		{`{"sensor":"a","time":1,"sector":[7,7,10],"detections":[]}`, "sector begins and ends at 7"},
		{`{"sensor":"a","time":1,"sector":[0,400,10],"detections":[]}`, "sector is from 0 to 400"},
		{`{"sensor":"a","time":1,"sector":[0,40,-10],"detections":[]}`, "sector is -10: give a value above 0"},
		{`{"sensor":"a","time":1,"footprint":[[0,0],[1,1]],"detections":[]}`, "footprint has 2 corners"},
		{`{"sensor":"a","time":1,"footprint":[[0,0],[1,1],[2]],"detections":[]}`, "footprint: corner 3 has 1 values"},
		{planarHeader, "a header stands in the first line only"},
		{with(`{}`), "detection 2: it has neither pos nor bearing"},
		{with(`7`), "detection 2: it is a JSON number"},
		{with(`{"range":5}`), "it has a range and no bearing"},
		{with(`{"pos":[1,2],"bearing":5}`), "it has both pos and range or bearing"},
		{with(`{"pos":[]}`), "pos has 0 values"},
		{with(`{"pos":[1,2,3,4]}`), "pos has 4 values"},
		{with(`{"pos":[1,null]}`), "pos is a JSON value that is no list of numbers"},
		{with(`{"pos":[1,"2"]}`), "pos is a JSON value that is no list of numbers"},
		{with(`{"pos":[1,[2]]}`), "pos is a JSON value that is no list of numbers"},
		{with(`{"pos":"here"}`), "pos is a JSON value that is no list of numbers"},
		{with(`{"pos":[1,2],"cov":[[1,null],[0,1]]}`), "cov is a JSON value that is no list of numbers"},
		{with(`{"pos":[1,2],"cov":[[1,0],null]}`), "cov has 0 values in row 2"},
		{with(`{"pos":[1,1e300]}`), "pos is 1, 1e+300: give metres"},
		{with(`{"pos":[1,1,1e9]}`), "pos has the height 1e+09"},
		{with(`{"pos":[1,2],"cov":[[1]]}`), "cov has 1 rows"},
		{with(`{"pos":[1,2],"cov":[[1],[1]]}`), "cov has 1 values in row 1"},
		{with(`{"pos":[1,2,3],"cov":[[1,0],[0,1]]}`), "cov has 2 rows: give as many as pos has values, 3"},
		{with(`{"pos":[1,2],"cov":[[1,0.5],[0,1]]}`), "cov is not symmetric"},
		{with(`{"pos":[1,2],"cov":[[-1,0],[0,1]]}`), "cov is not positive definite"},
		{with(`{"pos":[1,2],"cov":[[0,0],[0,1]]}`), "cov is not positive definite"},
		{with(`{"pos":[1,2],"cov":[[1,1],[1,1]]}`), "cov is not positive definite"},
		{with(`{"pos":[1,2,3],"cov":[[1,0,0],[0,1,2],[0,2,1]]}`), "cov is not positive definite"},
		{with(`{"pos":[1,2],"cov":[[1e300,0],[0,1]]}`), "cov is not positive definite"},
		{with(`{"range":0,"bearing":5}`), "range is 0: give a value above 0"},
		{with(`{"range":1,"bearing":5,"range_sd":-1}`), "range_sd is -1"},
		{with(`{"bearing":5,"bearing_sd":0}`), "bearing_sd is 0"},
		{with(`{"bearing":361}`), "bearing is 361: give degrees"},
		{with(`{"bearing":5,"elevation":91}`), "elevation is 91"},
		{with(`{"bearing":5,"elevation":9,"elevation_sd":-1}`), "elevation_sd is -1"},
		{with(`{"bearing":5,"speed":-1}`), "speed is -1"},
		{with(`{"bearing":5,"course":1e9}`), "course is 1e+09"},
		{with(`{"bearing":5,"claim":"` + strings.Repeat("a", 257) + `"}`), "claim has 257 bytes"},
	} {
		scans, bad, err := read(t, planarHeader+"\n"+c.line+"\n"+`{"sensor":"next","time":1,"detections":[]}`)
		if err != nil || len(bad) != 1 || bad[0].Line != 3 || !strings.Contains(bad[0].Error(), "line 3: ") || !strings.Contains(bad[0].What, c.want) {
			t.Errorf("%s\ngives %v %v, want %q", c.line, bad, err, c.want)
		}
		if len(scans) != 1 || scans[0].Sensor != "next" {
			t.Errorf("%s\ncosts the next line: %v", c.line, scans)
		}
	}
}

func TestAScanIsBounded(t *testing.T) {
	many := strings.Repeat(`{"bearing":1},`, maxDetections)
	_, bad, err := read(t, planarHeader+`{"sensor":"a","time":1,"detections":[`+many+`{"bearing":1}]}`)
	if err != nil || len(bad) != 1 || !strings.Contains(bad[0].What, "more than 250000 detections: split the scan") {
		t.Errorf("%v %v", bad, err)
	}
}

func TestDegrees(t *testing.T) {
	const header = `{"header":{"frame":"wgs84"}}` + "\n"
	scans, bad, err := read(t, header+
		`{"sensor":"a","time":1,"platform":[-69,-16,3810],"footprint":[[-69,-16],[-68,-16],[-68,-15]],"detections":[{"pos":[-69.1,-16.1]}]}`+"\n"+
		`{"sensor":"a","time":1,"detections":[{"pos":[-16.1,-169.1]}]}`+"\n"+
		`{"sensor":"a","time":1,"platform":[181,0],"detections":[]}`+"\n")
	if err != nil || len(scans) != 1 || scans[0].Detections[0].Place.Geo().Lat != -16.1 || scans[0].Platform.Z != 3810 {
		t.Errorf("%+v %v", scans, err)
	}
	if len(bad) != 2 || !strings.Contains(bad[0].What, "detection 1: pos is -16.1, -169.1: give longitude, then latitude") || bad[1].Line != 4 {
		t.Errorf("%v", bad)
	}
}

func TestNoHeaderIsFatal(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "the file is empty"},
		{"\n\r\n", "the file is empty"},
		{"hello", "the first line is no header"},
		{`{"sensor":"a","time":1,"detections":[]}`, "no header with a frame"},
		{`{"header":{}}`, "no header with a frame"},
		{`{"header":{"frame":"mars"}}`, `"mars" is none of`},
	} {
		if _, _, err := read(t, c.file); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "begin the file with") {
			t.Errorf("%q gives %v, want %q", c.file, err, c.want)
		}
	}
}

func TestALongLineIsFatal(t *testing.T) {
	line := `{"sensor":"a","time":1,"detections":[]}` + "\n"
	r, err := newReader(strings.NewReader(planarHeader+line+line+`{"sensor":"`+strings.Repeat("a", 100)), 60)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err = range r.Scans() {
		n++
	}
	if n != 3 || err == nil || !strings.Contains(err.Error(), "line 4 is longer than 60 bytes") {
		t.Errorf("after %d scans %v", n, err)
	}
}

func TestAFailingFileIsFatal(t *testing.T) {
	broken := errors.New("the disk is gone")
	r, err := NewReader(io.MultiReader(strings.NewReader(planarHeader+"{}\n"), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range r.Scans() {
		last = err
	}
	if !errors.Is(last, broken) || !strings.Contains(last.Error(), "after line 2") {
		t.Error(last)
	}
}

// Whoever stops goes on where he stopped.
func TestScansGoOn(t *testing.T) {
	line := `{"sensor":"a","time":1,"detections":[]}` + "\n"
	r, err := NewReader(strings.NewReader(planarHeader + line + line))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 3} {
		for s, err := range r.Scans() {
			if err != nil || s.Line != want {
				t.Errorf("%v %v, want line %d", s, err, want)
			}
			break
		}
	}
}

func TestSectorWidth(t *testing.T) {
	for _, c := range []struct{ from, to, want float64 }{
		{0, 360, 360}, {350, 10, 20}, {-15, 15, 30}, {10, 350, 340}, {-360, 360, 360}, {180, -180, 360},
	} {
		if got := (Sector{From: c.from, To: c.to}).Width(); got != c.want {
			t.Errorf("from %g to %g is %g wide, want %g", c.from, c.to, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(planarHeader + `{"sensor":"a","time":1,"arrival":2,"sector":[0,10,5],"detections":[{"pos":[1,2],"cov":[[1,0],[0,1]]},{"range":1,"bearing":2}]}`))
	f.Add([]byte(`{"header":{"frame":"wgs84"}}` + "\n\n" + `{"sensor":"a","time":-1e-7,"platform":[1,2,3],"detections":[{"bearing":-1e-300,"claim":"x"}]}` + "\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		scans, bad, err := read(t, string(b))
		if err != nil {
			return // no header
		}
		lines := strings.Count(string(b), "\n") + 1
		if len(scans)+len(bad) >= lines {
			t.Errorf("%d scans and %d bad lines in %d lines", len(scans), len(bad), lines)
		}
		for _, s := range scans {
			if s.Sensor == "" || s.Arrival < s.Time || s.Time%1000 != 0 {
				t.Errorf("%+v", s)
			}
			for _, d := range s.Detections {
				if !(d.Bearing >= 0 && d.Bearing < 360) || d.RangeSD < 0 || d.Cov != ([3][3]float64{}) && !(d.Cov[0][0] > 0) {
					t.Errorf("%+v", d)
				}
			}
		}
	})
}
