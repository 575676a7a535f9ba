package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"atalaya/internal/trackfile"
)

// Autoferry gives a recording of the Autoferry sensor fusion dataset (2 to 6):
// a ferry with radar, lidar, and cameras that give bearings, and two boats
// whose receivers are the truth. With no sensors named it gives all four.
//
// What the files do not say is assumed:
//   - Measurements are north and east of the ferry, in the axes of the truth;
//     bearings are radians from north, clockwise. The truth fits that, and no
//     other reading.
//   - The order in the file is the order of arrival, and a scan arrives when the
//     newest before it was measured: the recordings give no times of arrival.
//   - Times count from the first whole second of the recording.
//   - The receivers' fixes are up to 0.2 s old; the truth of a scan lies between
//     two of them, and its velocity is the way from half a second before to half
//     a second after.
//   - Errors, detection probabilities and clutter are those of all five
//     recordings beside their truth, the same for all trackers: of cameras over
//     the whole circle, of which each sees a part that the files do not give; of
//     the lidar within 100 m, beyond which it sees little.
func Autoferry(data string, recording int, sensors ...string) (Scene, error) {
	r, err := readFerry(data, recording)
	if err != nil {
		return Scene{}, err
	}
	s := Scene{Name: fmt.Sprint("autoferry", recording), Run: 1, CutOff: 40, Knowledge: ferryKnowledge()}
	for _, name := range sensors {
		s.Name += "-" + name
	}
	wanted := func(name string) bool { return len(sensors) == 0 || slices.Contains(sensors, name) }
	for name := range s.Knowledge.Sensors {
		if !wanted(name) {
			delete(s.Knowledge.Sensors, name)
		}
	}
	s.Make = func(to Sink) error { return r.make(to, wanted) }
	return s, nil
}

// ferrySensors are the sensors by their number in the files, less one, with
// their standard deviations in metres or degrees.
func ferrySensors() []ferrySensor {
	return []ferrySensor{{"lidar", 3.5}, {"radar", 6.5}, {"eo", 4}, {"ir", 2.4}}
}

type ferrySensor struct {
	name string
	sd   float64
}

func ferryKnowledge() trackfile.Knowledge {
	of := func(pd, reach float64) trackfile.Sensor {
		return trackfile.Sensor{Kind: trackfile.Surveillance, Moving: true, DetectionProbability: pd, FieldOfView: []float64{0, 360, reach}}
	}
	ranged := func(pd, reach, clutter, within float64) trackfile.Sensor {
		s := of(pd, reach)
		s.Clutter = new(clutter / (math.Pi * within * within))
		return s
	}
	camera := func(pd, clutter float64) trackfile.Sensor {
		s := of(pd, 500)
		s.ClutterBearing = new(clutter / 360)
		return s
	}
	return trackfile.Knowledge{
		Prior: trackfile.Prior{Models: constantVelocity(), ProcessNoise: 0.1, SpeedSD: 4, Survival: 0.999, Birth: new(1e-7)},
		Sensors: map[string]trackfile.Sensor{
			"radar": ranged(0.92, 500, 3.5, 500), "lidar": ranged(0.95, 100, 1.1, 130),
			"eo": camera(0.6, 0.3), "ir": camera(0.72, 0.6),
		},
	}
}

// ferry is a recording as it stands in the files.
type ferry struct {
	scans []ferryScan
	fixes map[int][]ferryFix // of a boat, in time order, each once
	began float64
}

type ferryScan struct {
	Sensor      int             `json:"sensorID"`
	Ferry       [2]float64      `json:"ownshipPosition"` // north, east
	Time        float64         `json:"time"`            // s since 1970
	Measurement json.RawMessage `json:"measurement"`
}

type ferryFix struct {
	Target   int        `json:"targetID"`
	Position [3]float64 `json:"position"` // north, east, down
	Time     float64    `json:"time"`
}

func readFerry(data string, recording int) (*ferry, error) {
	name := fmt.Sprint("scenario", recording)
	dir := filepath.Join(data, "tracking", "autoferry", name)
	r := &ferry{fixes: map[int][]ferryFix{}}
	var truth [][]ferryFix
	for file, into := range map[string]any{"_detections.json": &r.scans, "_groundTruth.json": &truth} {
		b, err := os.ReadFile(filepath.Join(dir, name+file))
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			return nil, fmt.Errorf("read the Autoferry recording %d: %w", recording, err)
		}
	}
	for _, fixes := range truth {
		for _, f := range fixes {
			r.fixes[f.Target] = append(r.fixes[f.Target], f)
		}
	}
	for boat, fixes := range r.fixes {
		slices.SortStableFunc(fixes, func(a, b ferryFix) int { return compare(a.Time, b.Time) })
		r.fixes[boat] = slices.CompactFunc(fixes, func(a, b ferryFix) bool { return a.Time == b.Time })
	}
	r.began = math.Inf(1)
	for _, s := range r.scans {
		if s.Sensor < 1 || s.Sensor > len(ferrySensors()) {
			return nil, fmt.Errorf("read the Autoferry recording %d: sensor %d is unknown", recording, s.Sensor)
		}
		r.began = min(r.began, math.Floor(s.Time))
	}
	return r, nil
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (r *ferry) make(to Sink, wanted func(string) bool) error {
	var times []float64
	newest := 0.0
	for _, s := range r.scans {
		sensor := ferrySensors()[s.Sensor-1]
		if !wanted(sensor.name) {
			continue
		}
		scan := Scan{Sensor: sensor.name, Time: r.time(s.Time), Platform: []float64{milli(s.Ferry[1]), milli(s.Ferry[0])}}
		newest = max(newest, scan.Time)
		scan.Arrival = newest
		times = append(times, scan.Time)
		var err error
		if scan.Detections, err = s.detections(sensor.sd); err != nil {
			return err
		}
		if err := to.Scan(scan); err != nil {
			return err
		}
	}
	slices.Sort(times)
	for _, t := range slices.Compact(times) {
		for boat := 1; boat <= len(r.fixes); boat++ {
			fixes := r.fixes[boat]
			last := len(fixes) - 1
			now := t + r.began
			from, until := max(now-0.5, fixes[0].Time), min(now+0.5, fixes[last].Time)
			x, y := where(fixes, now)
			x0, y0 := where(fixes, from)
			x1, y1 := where(fixes, until)
			state := target{x, y, (x1 - x0) / (until - from), (y1 - y0) / (until - from)}
			if err := to.Truth(state.truth(t, fmt.Sprint(boat))); err != nil {
				return err
			}
		}
	}
	return nil
}

// time counts from the beginning, in whole microseconds.
func (r *ferry) time(t float64) float64 { return math.Round((t-r.began)*1e6) / 1e6 }

// where gives east and north of a boat: between its fixes, or at the first or
// last of them.
func where(fixes []ferryFix, t float64) (east, north float64) {
	i, found := slices.BinarySearchFunc(fixes, t, func(f ferryFix, t float64) int { return compare(f.Time, t) })
	if found || i == 0 {
		return fixes[i].Position[1], fixes[i].Position[0]
	}
	a := fixes[i-1]
	if i == len(fixes) {
		return a.Position[1], a.Position[0]
	}
	b := fixes[i]
	part := (t - a.Time) / (b.Time - a.Time)
	between := func(axis int) float64 {
		return a.Position[axis] + float64((b.Position[axis]-a.Position[axis])*part)
	}
	return between(1), between(0)
}

// detections reads a measurement: a number, a list, or two lists, as many as
// MATLAB had rows and columns.
func (s ferryScan) detections(sd float64) ([]Detection, error) {
	var one float64
	var flat []float64
	var rows [][]float64
	if json.Unmarshal(s.Measurement, &one) == nil {
		flat = []float64{one}
	} else if json.Unmarshal(s.Measurement, &flat) != nil {
		flat = nil
		if err := json.Unmarshal(s.Measurement, &rows); err != nil {
			return nil, fmt.Errorf("read a measurement of sensor %d at %f: %w", s.Sensor, s.Time, err)
		}
	}
	var out []Detection
	if name := ferrySensors()[s.Sensor-1].name; name == "eo" || name == "ir" {
		for _, rad := range flat {
			deg := wrap(rad * 180 / math.Pi)
			out = append(out, Detection{Bearing: &deg, BearingSD: sd})
		}
		return out, nil
	}
	switch {
	case len(flat) == 0 && len(rows) == 0:
		return nil, nil
	case len(flat) == 2:
		rows = [][]float64{flat[:1], flat[1:]}
	case len(rows) != 2 || len(rows[0]) != len(rows[1]):
		return nil, fmt.Errorf("read a measurement of sensor %d at %f: it is not as many norths as easts", s.Sensor, s.Time)
	}
	for i := range rows[0] {
		out = append(out, at(s.Ferry[1]+rows[1][i], s.Ferry[0]+rows[0][i], sd))
	}
	return out, nil
}
