package fuse

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// A day of real air traffic over Switzerland: transports, rescue helicopters,
// gliders. Nothing in it lies about its identity.
func TestSwitzerland(t *testing.T) {
	f, err := os.Open(peer.Data(t, "adsb/traffic/collections/switzerland.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Timestamp   int64    `json:"timestamp"` // milliseconds since 1970
		Altitude    *float64 `json:"altitude"`  // feet
		CallSign    string   `json:"callsign"`
		GroundSpeed *float64 `json:"groundspeed"` // knots
		ICAO        string   `json:"icao24"`
		Latitude    *float64 `json:"latitude"`
		Longitude   *float64 `json:"longitude"`
		Track       *float64 `json:"track"`
	}
	var rows []row
	if err := json.NewDecoder(z).Decode(&rows); err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	tr := New(Config{})
	in := []track.Input{{Change: &track.Change{Sensor: &sensor.Sensor{ID: "adsb", Kind: sensor.ADSBReceiver, PositionSD: 50, Valid: valid.Record{Number: 1}}}}}
	sums, flown, last := map[track.EventKind]int{}, 0, map[string]int64{}
	for i, r := range rows {
		when := time.UnixMilli(r.Timestamp)
		if before, ok := last[r.ICAO]; !ok || r.Timestamp-before >= 60_000 {
			flown++ // a flight, or the next part of one after a minute of silence
		}
		last[r.ICAO] = r.Timestamp
		o := obs.Observation{
			Seq: uint64(i + 1), Sensor: "adsb", Time: when, Received: when, Clock: obs.ClockStated, Kind: obs.Aircraft,
			Claims: []obs.Claim{{Kind: obs.ICAO, Value: r.ICAO}},
		}
		if r.Latitude != nil && r.Longitude != nil {
			o.Measure, o.Position = obs.Place, geo.Position{Lat: *r.Latitude, Lon: *r.Longitude}
		}
		if c := strings.TrimSpace(r.CallSign); c != "" {
			o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: c})
		}
		if r.GroundSpeed != nil && r.Track != nil {
			o.Has |= obs.HasSpeed | obs.HasCourse
			o.Speed, o.Course = *r.GroundSpeed*1852/3600, *r.Track
		}
		if r.Altitude != nil {
			o.Height = geo.PressureHeight(*r.Altitude * 0.3048).Height()
		}
		in = append(in, track.Input{Seq: o.Seq, Observation: &o})
		if i == len(rows)-1 || rows[i+1].Timestamp != r.Timestamp {
			for _, e := range tr.Step(when, in) {
				sums[e.Kind]++
				sound(t, &e.Track)
			}
			in = in[:0]
		}
	}
	st := tr.Stats()
	t.Logf("%d positions, %d parts of flights, %v, %+v", len(rows), flown, sums, st)
	if births := sums[track.Born]; births < flown || births > flown+flown/100 {
		t.Errorf("%d tracks of %d parts of flights", births, flown)
	}
	if sums[track.Conflict] > 0 || st.Conflicts > 0 {
		t.Errorf("%d conflicts", sums[track.Conflict])
	}
	// Every twentieth position is some seconds old (the recording resamples what
	// the network handed on): those are held back.
	if held := st.GatedOut + st.Stale; held > uint64(len(rows)/20) {
		t.Errorf("%d positions were held back", held)
	}
	if st.Observations != uint64(len(rows)) || st.Updates+st.Births+st.GatedOut+st.Stale-st.Resets < st.Observations-st.Resets {
		t.Errorf("not everything is counted: %+v", st)
	}
}
