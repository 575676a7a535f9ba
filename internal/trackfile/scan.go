package trackfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// Scan is what one sensor said of one moment. One without detections saw
// nothing, which is evidence.
type Scan struct {
	Line   int // of the file, from 1
	Sensor string
	// Time is when it measured, Arrival when the tracker gets it: not before
	// Time, and Time where the file does not say.
	Time, Arrival int64 // ns
	// Platform is where a moving sensor was.
	Platform    Place
	HasPlatform bool
	// Where it looked, as far as the file says: a sector around the sensor, a
	// polygon, or neither.
	Sector     Sector
	HasSector  bool
	Footprint  []Place
	Detections []Detection
}

// Claims says whether a detection of the scan says what it is.
func (s *Scan) Claims() bool {
	for i := range s.Detections {
		if s.Detections[i].Claim != "" {
			return true
		}
	}
	return false
}

// Sector is a part of a circle around the sensor.
type Sector struct {
	From, To float64 // degrees from north, clockwise; all round is from 0 to 360
	Range    float64 // m
}

// Width is the angle of the sector in degrees, above 0 and at most 360.
func (s Sector) Width() float64 {
	w := s.To - s.From
	for w <= 0 {
		w += 360
	}
	return min(w, 360)
}

// Form says what a detection measured.
type Form uint8

// Forms of a detection.
const (
	Position     Form = iota // Place, with Cov
	RangeBearing             // Range and Bearing from the sensor
	BearingOnly              // Bearing from the sensor
)

// Detection is a position, a range and bearing, or a bearing alone. An error of
// 0 was not given (Knowledge.Complete knows better).
type Detection struct {
	Form  Form
	Place Place
	// Cov of Place in m2: x, y and, if it has one, z; east, north, up in WGS84.
	Cov                [3][3]float64
	Range, RangeSD     float64 // m
	Bearing, BearingSD float64 // degrees from north, clockwise
	// Elevation above the horizon in degrees, if HasElevation.
	Elevation, ElevationSD float64
	Speed                  float64 // m/s, if HasSpeed
	Course                 float64 // degrees from north, clockwise, if HasCourse

	HasElevation, HasSpeed, HasCourse bool

	Claim string // what it says it is, "mmsi:123456789", or nothing
}

// Bounds of a scan.
const (
	maxDetections = 250_000
	maxName       = 256 // bytes of a sensor's name or a claim
)

// scanForm is a line as it stands in the file.
type scanForm struct {
	Header     json.RawMessage `json:"header"`
	Sensor     string          `json:"sensor"`
	Time       *float64        `json:"time"`
	Arrival    *float64        `json:"arrival"`
	Platform   numbers         `json:"platform"`
	Sector     numbers         `json:"sector"`
	Footprint  []numbers       `json:"footprint"`
	Detections json.RawMessage `json:"detections"`
}

type detectionForm struct {
	Pos         numbers   `json:"pos"`
	Cov         []numbers `json:"cov"`
	Range       *float64  `json:"range"`
	RangeSD     *float64  `json:"range_sd"`
	Bearing     *float64  `json:"bearing"`
	BearingSD   *float64  `json:"bearing_sd"`
	Elevation   *float64  `json:"elevation"`
	ElevationSD *float64  `json:"elevation_sd"`
	Speed       *float64  `json:"speed"`
	Course      *float64  `json:"course"`
	Claim       string    `json:"claim"`
}

// numbers are read by themselves, because package json takes a null among them
// for a 0.
type numbers []float64

func (n *numbers) UnmarshalJSON(b []byte) error {
	inside, list := bytes.CutPrefix(b, []byte("["))
	if !list {
		if string(b) == "null" { // as if the key was not there
			return nil
		}
		return noNumbers()
	}
	inside = bytes.TrimSpace(bytes.TrimSuffix(inside, []byte("]")))
	*n = make(numbers, 0, 3)
	if len(inside) == 0 {
		return nil
	}
	for part := range bytes.SplitSeq(inside, []byte(",")) {
		v, err := strconv.ParseFloat(string(bytes.TrimSpace(part)), 64)
		if err != nil {
			return noNumbers()
		}
		*n = append(*n, v)
	}
	return nil
}

// noNumbers lets package json name the key.
func noNumbers() error {
	return &json.UnmarshalTypeError{Value: "value that is no list of numbers", Type: reflect.TypeFor[numbers]()}
}

// scan reads a line.
func (f Frame) scan(line []byte) (Scan, error) {
	var form scanForm
	var s Scan
	if err := json.Unmarshal(line, &form); err != nil {
		return s, unreadable(err)
	}
	switch {
	case form.Header != nil:
		return s, errors.New("a header stands in the first line only: begin a new file")
	case form.Sensor == "" || len(form.Sensor) > maxName:
		return s, fmt.Errorf("sensor is missing or longer than %d bytes: name the sensor of the scan", maxName)
	case form.Time == nil:
		return s, errors.New("time is missing: give seconds")
	}
	s.Sensor = form.Sensor
	var err error
	if s.Time, err = nanoseconds(*form.Time); err != nil {
		return s, fmt.Errorf("time %w", err)
	}
	s.Arrival = s.Time
	if form.Arrival != nil {
		if s.Arrival, err = nanoseconds(*form.Arrival); err != nil {
			return s, fmt.Errorf("arrival %w", err)
		}
	}
	if s.Arrival < s.Time {
		return s, fmt.Errorf("arrival %g is before time %g: a scan arrives when it was measured or later", *form.Arrival, *form.Time)
	}
	if err := f.looked(&s, &form); err != nil {
		return s, err
	}
	s.Detections, err = f.detections(form.Detections)
	return s, err
}

// looked takes from where and where the sensor looked.
func (f Frame) looked(s *Scan, form *scanForm) (err error) {
	if form.Platform != nil {
		if s.Platform, err = f.place(form.Platform); err != nil {
			return fmt.Errorf("platform %w", err)
		}
		s.HasPlatform = true
	}
	if form.Sector != nil {
		if s.Sector, err = sector(form.Sector); err != nil {
			return fmt.Errorf("sector %w", err)
		}
		s.HasSector = true
	}
	if form.Footprint == nil {
		return nil
	}
	if len(form.Footprint) < 3 {
		return fmt.Errorf("footprint has %d corners: give three or more, or leave it out", len(form.Footprint))
	}
	s.Footprint = make([]Place, len(form.Footprint))
	for i, corner := range form.Footprint {
		if s.Footprint[i], err = f.place(corner); err != nil {
			return fmt.Errorf("footprint: corner %d %w", i+1, err)
		}
	}
	return nil
}

func sector(v []float64) (Sector, error) {
	if len(v) != 3 {
		return Sector{}, fmt.Errorf("has %d values: give from and to in degrees, and metres", len(v))
	}
	s := Sector{From: v[0], To: v[1], Range: v[2]}
	switch {
	case !(math.Abs(s.From) <= 360 && math.Abs(s.To) <= 360):
		return s, fmt.Errorf("is from %g to %g: give degrees from north, clockwise, -360 to 360", s.From, s.To)
	case s.From == s.To:
		return s, fmt.Errorf("begins and ends at %g: all round is from 0 to 360", s.From)
	}
	return s, above0(s.Range, maxMetres)
}

// detections reads the list of a scan, one after the other: what is wrong in it
// ends it before it takes room.
func (f Frame) detections(list json.RawMessage) ([]Detection, error) {
	d := json.NewDecoder(bytes.NewReader(list))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.New("detections is missing or no list: a scan that saw nothing has an empty one, []")
	}
	var out []Detection
	for d.More() {
		if len(out) == maxDetections {
			return nil, fmt.Errorf("more than %d detections: split the scan", maxDetections)
		}
		var form detectionForm
		err := d.Decode(&form)
		if err != nil {
			err = unreadable(err)
		}
		var one Detection
		if err == nil {
			one, err = f.detection(&form)
		}
		if err != nil {
			return nil, fmt.Errorf("detection %d: %w", len(out)+1, err)
		}
		out = append(out, one)
	}
	return out, nil
}

func (f Frame) detection(form *detectionForm) (d Detection, err error) {
	switch {
	case form.Pos != nil && (form.Range != nil || form.Bearing != nil):
		return d, errors.New("it has both pos and range or bearing: give one of them")
	case form.Pos != nil:
		err = f.position(&d, form)
	case form.Bearing == nil && form.Range != nil:
		err = errors.New("it has a range and no bearing: give both, or the bearing alone")
	case form.Bearing == nil:
		err = errors.New("it has neither pos nor bearing: say where it is")
	default:
		err = d.polar(form)
	}
	if err != nil {
		return d, err
	}
	return d, d.rest(form)
}

func (f Frame) position(d *Detection, form *detectionForm) (err error) {
	if d.Place, err = f.place(form.Pos); err != nil {
		return fmt.Errorf("pos %w", err)
	}
	if form.Cov == nil {
		return nil
	}
	if err := covariance(&d.Cov, form.Cov, len(form.Pos)); err != nil {
		return fmt.Errorf("cov %w", err)
	}
	return nil
}

// polar takes a bearing, and a range if there is one.
func (d *Detection) polar(form *detectionForm) (err error) {
	d.Form = BearingOnly
	if d.Bearing, err = degrees(*form.Bearing); err != nil {
		return fmt.Errorf("bearing %w", err)
	}
	if d.BearingSD, err = deviation(form.BearingSD, 360); err != nil {
		return fmt.Errorf("bearing_sd %w", err)
	}
	if form.Range == nil {
		return nil
	}
	d.Form, d.Range = RangeBearing, *form.Range
	if err := above0(d.Range, maxMetres); err != nil {
		return fmt.Errorf("range %w", err)
	}
	if d.RangeSD, err = deviation(form.RangeSD, maxMetres); err != nil {
		return fmt.Errorf("range_sd %w", err)
	}
	return nil
}

// rest takes what every form may have.
func (d *Detection) rest(form *detectionForm) (err error) {
	if form.Elevation != nil {
		d.Elevation, d.HasElevation = *form.Elevation, true
		if !(math.Abs(d.Elevation) <= 90) {
			return fmt.Errorf("elevation is %g: give degrees above the horizon, -90 to 90", d.Elevation)
		}
		if d.ElevationSD, err = deviation(form.ElevationSD, 180); err != nil {
			return fmt.Errorf("elevation_sd %w", err)
		}
	}
	if form.Speed != nil {
		d.Speed, d.HasSpeed = *form.Speed, true
		if !(d.Speed >= 0 && d.Speed <= maxSpeed) {
			return fmt.Errorf("speed is %g: give m/s, 0 to %g", d.Speed, maxSpeed)
		}
	}
	if form.Course != nil {
		d.HasCourse = true
		if d.Course, err = degrees(*form.Course); err != nil {
			return fmt.Errorf("course %w", err)
		}
	}
	if d.Claim = form.Claim; len(d.Claim) > maxName {
		return fmt.Errorf("claim has %d bytes: give at most %d", len(d.Claim), maxName)
	}
	return nil
}

// covariance takes a matrix of n by n.
func covariance(to *[3][3]float64, rows []numbers, n int) error {
	if len(rows) != n {
		return fmt.Errorf("has %d rows: give as many as pos has values, %d", len(rows), n)
	}
	for i, row := range rows {
		if len(row) != n {
			return fmt.Errorf("has %d values in row %d: give as many as pos has values, %d", len(row), i+1, n)
		}
		copy(to[i][:], row)
	}
	for i := range n {
		for j := range i {
			if off := math.Abs(to[i][j] - to[j][i]); !(off <= 1e-6*math.Abs(to[i][j])) {
				return fmt.Errorf("is not symmetric: %g and %g", to[i][j], to[j][i])
			}
			to[i][j] = to[j][i]
		}
	}
	if !definite(*to, n) {
		return errors.New("is not positive definite: give variances above 0 in m2, and correlations below 1")
	}
	return nil
}

// definite tries to take the Cholesky root; what is left of a variance must be
// more than rounding.
func definite(m [3][3]float64, n int) bool {
	for i := range n {
		for j := range i + 1 {
			sum := m[i][j]
			for k := range j {
				sum -= float64(m[i][k] * m[j][k])
			}
			if i != j {
				m[i][j] = sum / m[j][j]
				continue
			}
			if v := m[i][i]; !(v > 0 && v <= maxMetres*maxMetres && sum > 1e-12*v) {
				return false
			}
			m[i][i] = math.Sqrt(sum)
		}
	}
	return true
}

// deviation takes a standard deviation, 0 if there is none.
func deviation(v *float64, most float64) (float64, error) {
	if v == nil {
		return 0, nil
	}
	return *v, above0(*v, most)
}

func above0(v, most float64) error {
	if !(v > 0 && v <= most) {
		return fmt.Errorf("is %g: give a value above 0, at most %g", v, most)
	}
	return nil
}

// unreadable says what JSON could not be read.
func unreadable(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is a JSON %s: docs/tracking-files.md says what belongs there", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	return fmt.Errorf("it is no JSON object: %w", err)
}
