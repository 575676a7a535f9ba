package app

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"atalaya/geo"
	"atalaya/obs"
)

// Units of other people's recordings.
const (
	foot  = 0.3048
	knot  = 1852.0 / 3600
	fpm   = foot / 60
	adsbP = 30.0 // m, one standard deviation: what a decoder's recording does not say
)

// ImportSummary tells what an import read and wrote.
type ImportSummary struct {
	Read    int       `json:"read"`
	Written int       `json:"written"`
	Skipped int       `json:"skipped"` // without address, time or position
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"`
}

// trafficRow is one row of the Python library traffic's JSON.
type trafficRow struct {
	Timestamp json.RawMessage `json:"timestamp"` // ms since 1970, or text
	ICAO      string          `json:"icao24"`
	CallSign  *string         `json:"callsign"`
	Squawk    modeA           `json:"squawk"`
	Lat       *float64        `json:"latitude"`
	Lon       *float64        `json:"longitude"`
	Altitude  *float64        `json:"altitude"`      // ft of pressure altitude
	Speed     *float64        `json:"groundspeed"`   // kt
	Track     *float64        `json:"track"`         // deg
	Climb     *float64        `json:"vertical_rate"` // ft/min
	OnGround  *bool           `json:"onground"`
}

// modeA is a squawk, which traffic writes as a number or as text.
type modeA string

// UnmarshalJSON implements json.Unmarshaler. What is no squawk is none.
func (m *modeA) UnmarshalJSON(b []byte) error {
	var n float64
	text := strings.Trim(string(b), `"`)
	if json.Unmarshal(b, &n) == nil {
		text = fmt.Sprintf("%04.0f", n)
	}
	const digits = 4
	if len(text) == digits && strings.Trim(text, "01234567") == "" {
		*m = modeA(text)
	}
	return nil
}

// ImportTraffic turns positions as the Python library traffic writes them (a
// JSON array, perhaps gzipped) into a recording of observations in order of
// time. One that lacks address, time or position is counted and left out.
func ImportTraffic(name string, w io.Writer) (sum ImportSummary, err error) {
	began := time.Now()
	f, err := os.Open(name)
	if err != nil {
		return sum, fmt.Errorf("import: %w", err)
	}
	defer f.Close()
	r := bufio.NewReader(f)
	var in io.Reader = r
	if magic, err := r.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if in, err = gzip.NewReader(r); err != nil {
			return sum, fmt.Errorf("import %s: %w", name, err)
		}
	}
	dec := json.NewDecoder(in)
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return sum, fmt.Errorf("import %s: no JSON array of positions: export it with traffic's to_json", name)
	}
	var all []obs.Observation
	for dec.More() {
		var row trafficRow
		if err := dec.Decode(&row); err != nil {
			return sum, fmt.Errorf("import %s: row %d: %w", name, sum.Read+1, err)
		}
		sum.Read++
		if o, ok := row.observation(); ok {
			all = append(all, o)
		} else {
			sum.Skipped++
		}
	}
	slices.SortStableFunc(all, func(a, b obs.Observation) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Claims[0].Value, b.Claims[0].Value))
	})
	if len(all) > 0 {
		sum.From, sum.To = all[0].Time, all[len(all)-1].Time
	}
	if err := writeObservations(w, all); err != nil {
		return sum, fmt.Errorf("import %s: %w", name, err)
	}
	sum.Written = len(all)
	sum.Seconds = math.Round(time.Since(began).Seconds()*1000) / 1000
	return sum, nil
}

func writeObservations(w io.Writer, all []obs.Observation) error {
	b := bufio.NewWriter(w)
	if _, err := b.WriteString(`{"atalaya":"observations","version":1}` + "\n"); err != nil {
		return err
	}
	enc := json.NewEncoder(b)
	for i := range all {
		if err := enc.Encode(&all[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

func (row *trafficRow) observation() (obs.Observation, bool) {
	at, err := row.time()
	if err != nil || len(row.ICAO) != 6 || row.Lat == nil || row.Lon == nil {
		return obs.Observation{}, false
	}
	p := geo.Position{Lat: *row.Lat, Lon: *row.Lon}
	if !p.Valid() {
		return obs.Observation{}, false
	}
	o := obs.Observation{
		Time: at, Received: at, Clock: obs.ClockStated, Kind: obs.Aircraft,
		Measure: obs.Place, Position: p.Normalize(), Cov: obs.Round(adsbP),
		Claims: []obs.Claim{{Kind: obs.ICAO, Value: strings.ToLower(row.ICAO)}},
	}
	if row.CallSign != nil && strings.TrimSpace(*row.CallSign) != "" {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: strings.TrimSpace(*row.CallSign)})
	}
	if row.Squawk != "" {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.Squawk, Value: string(row.Squawk)})
		switch row.Squawk {
		case "7500":
			o.Distress = obs.Interference
		case "7600":
			o.Distress = obs.RadioFailure
		case "7700":
			o.Distress = obs.Emergency
		}
	}
	if row.Altitude != nil {
		o.Height, o.HeightSD = geo.PressureHeight(*row.Altitude*foot).Height(), 25*foot
	}
	if row.Speed != nil && *row.Speed >= 0 {
		o.Speed, o.Has = *row.Speed*knot, o.Has|obs.HasSpeed
	}
	if row.Track != nil {
		o.Course, o.Has = geo.WrapBearing(*row.Track), o.Has|obs.HasCourse
	}
	if row.Climb != nil {
		o.Climb, o.Has = *row.Climb*fpm, o.Has|obs.HasClimb
	}
	if row.OnGround != nil && *row.OnGround {
		o.Has |= obs.OnGround
	}
	return o, true
}

var errNoTime = errors.New("no time") //nolint:gochecknoglobals // a sentinel

func (row *trafficRow) time() (time.Time, error) {
	var ms float64
	if err := json.Unmarshal(row.Timestamp, &ms); err == nil && ms > 0 {
		return time.UnixMilli(int64(ms)).UTC(), nil
	}
	var text string
	if err := json.Unmarshal(row.Timestamp, &text); err != nil {
		return time.Time{}, errNoTime
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05.000", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errNoTime
}
