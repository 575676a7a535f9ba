package app

import (
	"fmt"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/geo"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/valid"
)

// SensorSeed registers a sensor in an empty store.
type SensorSeed struct {
	ID         string   `toml:"id" doc:"name, for ever"`
	Name       string   `toml:"name" doc:"name for people"`
	Kind       string   `toml:"kind" doc:"ais-receiver, adsb-receiver, radar, marine-radar, drone, camera, person or neighbour"`
	Lat        float64  `toml:"lat" doc:"degrees, north positive"`
	Lon        float64  `toml:"lon" doc:"degrees, east positive"`
	Height     float64  `toml:"height_m" doc:"antenna, metres above mean sea level"`
	Moving     bool     `toml:"moving" doc:"on a platform that reports its own position"`
	PositionSD float64  `toml:"position_sd_m" doc:"metres, 1 sigma, where a report says nothing better"`
	RangeSD    float64  `toml:"range_sd_m" doc:"metres, 1 sigma"`
	BearingSD  float64  `toml:"bearing_sd_deg" doc:"degrees, 1 sigma"`
	MaxRange   float64  `toml:"max_range_m" doc:"metres; 0: not stated"`
	SectorFrom float64  `toml:"sector_from_deg" doc:"it looks from here clockwise, degrees from true north"`
	SectorTo   float64  `toml:"sector_to_deg" doc:"to here; equal: all round"`
	Detection  float64  `toml:"detection" doc:"probability to see a target in range in one scan"`
	TimeOffset Duration `toml:"time_offset" doc:"its clock minus true time"`
	ScanPeriod Duration `toml:"scan_period" doc:"time of one turn of a radar"`
	SAC        uint8    `toml:"sac" doc:"ASTERIX system area code"`
	SIC        uint8    `toml:"sic" doc:"ASTERIX system identification code"`
	SystemID   uint8    `toml:"system_id" doc:"MAVLink system id of a drone"`
}

// FeedSeed registers a feed in an empty store.
type FeedSeed struct {
	ID       string   `toml:"id" doc:"name of the feed"`
	Sensor   string   `toml:"sensor" doc:"the registered sensor that it serves"`
	Format   string   `toml:"format" doc:"ais, beast, avr, sbs, asterix, nmea or mavlink"`
	Source   string   `toml:"source" doc:"udp://ADDR:PORT, tcp://HOST:PORT, tcp-listen://ADDR:PORT, serial:///dev/NAME?baud=N or file:///PATH?speed=N"`
	Allowed  []string `toml:"allowed" doc:"addresses or networks that may send; none: anybody who reaches the socket"`
	Proven   bool     `toml:"proven" doc:"the transport proves its sender (a serial line; not a plain network)"`
	Silent   Duration `toml:"silent" doc:"no good frame for so long means silent; default 60s"`
	MAVLink1 bool     `toml:"mavlink1" doc:"accept MAVLink version 1 frames, which can never be signed"`
	Repair   bool     `toml:"repair" doc:"repair one-bit errors of Mode S frames"`
	// Editions of ASTERIX categories.
	Editions map[string]string `toml:"editions" doc:"ASTERIX edition by category, {\"048\" = \"1.27\"}, or by category and source, {\"048/25/201\" = \"1.27\"}; newest where not named"`
}

// AreaSeed registers an area in an empty store.
type AreaSeed struct {
	ID            string      `toml:"id" doc:"name of the area, for ever"`
	Name          string      `toml:"name" doc:"name for people"`
	Kind          string      `toml:"kind" doc:"border, border-strip, legal-post, ferry-lane, fishing-zone, anchorage, no-look, corridor or watched"`
	Points        [][]float64 `toml:"points" doc:"[[lon, lat], ...]: a line for borders and lanes, a ring for zones, one point for a post"`
	Buffer        float64     `toml:"buffer_m" doc:"metres to each side of a line or around a post"`
	Left          string      `toml:"left" doc:"state left of a border's direction, ISO 3166-1 alpha-3"`
	Right         string      `toml:"right" doc:"state right of it"`
	Source        string      `toml:"source" doc:"who says that the line runs there"`
	Dated         string      `toml:"dated" doc:"date of the source, YYYY-MM-DD"`
	Accuracy      float64     `toml:"accuracy_m" doc:"metres, 1 sigma, of the line's place"`
	Demonstration bool        `toml:"demonstration" doc:"not fit for any claim: a crossing is only 'possible'"`
}

// AssetSeed registers a thing of ours in an empty store.
type AssetSeed struct {
	ID     string   `toml:"id" doc:"name of the asset, for ever"`
	Name   string   `toml:"name" doc:"name for people"`
	Kind   string   `toml:"kind" doc:"drone, boat, patrol or post"`
	Claims []string `toml:"claims" doc:"identities under which it reports: mmsi:NNN, icao:XXX, mavlink:N, callsign:XXX"`
	// Of a drone; all but registration and serial are required, and published.
	Maker        string  `toml:"maker" doc:"of a drone: who made it"`
	Model        string  `toml:"model" doc:"of a drone"`
	Supplier     string  `toml:"supplier" doc:"of a drone: who supplied it"`
	Payload      string  `toml:"payload" doc:"of a drone: the sensors that it carries"`
	Range        float64 `toml:"range_km" doc:"of a drone: how far it flies"`
	Registration string  `toml:"registration" doc:"of a drone: its mark in the aircraft register"`
	Serial       string  `toml:"serial" doc:"of a drone: the maker's serial number"`
}

// RuleSeed registers a rule of the desk in an empty store.
type RuleSeed struct {
	ID        string    `toml:"id" doc:"name of the rule, for ever; that of a built-in rule replaces it"`
	Name      rule.Text `toml:"name" doc:"name for people, {es = \"…\", en = \"…\"}"`
	Detector  string    `toml:"detector" doc:"what makes its findings: border-crossing, area-entry and the others of docs/alerts.md"`
	Area      string    `toml:"area" doc:"only of this area"`
	AreaKind  string    `toml:"area_kind" doc:"only of areas of this kind"`
	Kind      string    `toml:"kind" doc:"alert, notice, health or insight"`
	Priority  int       `toml:"priority" doc:"1 low to 4 top"`
	Owner     string    `toml:"owner" doc:"who answers for the rule"`
	Rationale rule.Text `toml:"rationale" doc:"why it is there"`
	Response  rule.Text `toml:"response" doc:"what is expected of the officer"`
	Deadline  Duration  `toml:"deadline" doc:"an alert is to be acknowledged within this time; then the supervisor is told"`
	Review    string    `toml:"review" doc:"date at which it is to be looked at again, YYYY-MM-DD"`
	On        Duration  `toml:"on_delay" doc:"a finding must stand so long before it is told"`
	Off       Duration  `toml:"off_delay" doc:"the same track and place must be quiet so long before it is told anew"`
}

func seeded(now time.Time) valid.Record {
	return valid.Record{Number: 1, Known: now, By: "configuration", Reason: "seeded into an empty store"}
}

// Sensor makes the record.
func (s SensorSeed) Sensor(now time.Time) (sensor.Sensor, error) {
	out := sensor.Sensor{
		ID: sensor.ID(s.ID), Name: s.Name, Kind: sensor.Kind(s.Kind), Valid: seeded(now),
		Position: geo.Position{Lat: s.Lat, Lon: s.Lon}, Height: geo.SeaHeight(s.Height).Height(), Moving: s.Moving,
		PositionSD: s.PositionSD, RangeSD: s.RangeSD, BearingSD: s.BearingSD, MaxRange: s.MaxRange, SectorFrom: s.SectorFrom, SectorTo: s.SectorTo, Detection: s.Detection,
		TimeOffset: time.Duration(s.TimeOffset), ScanPeriod: time.Duration(s.ScanPeriod),
		SAC: s.SAC, SIC: s.SIC, SystemID: s.SystemID,
	}
	return out, out.Check()
}

// Feed makes the record.
func (s FeedSeed) Feed(now time.Time) (sensor.Feed, error) {
	const silent = 60 * time.Second
	out := sensor.Feed{
		ID: sensor.FeedID(s.ID), Sensor: sensor.ID(s.Sensor), Valid: seeded(now), Format: sensor.Format(s.Format),
		Source: s.Source, Proven: s.Proven, Silent: time.Duration(s.Silent), MAVLink1: s.MAVLink1, Repair: s.Repair,
		Editions: s.Editions,
	}
	if out.Silent == 0 {
		out.Silent = silent
	}
	for _, a := range s.Allowed {
		p, err := sensor.ParseSender(a)
		if err != nil {
			return out, fmt.Errorf("feed %q: %w", s.ID, err)
		}
		out.Allowed = append(out.Allowed, p)
	}
	return out, out.Check()
}

// Area makes the record.
func (s AreaSeed) Area(now time.Time) (area.Area, error) {
	out := area.Area{
		ID: area.ID(s.ID), Name: s.Name, Kind: area.Kind(s.Kind), Valid: seeded(now), Buffer: s.Buffer,
		Left: s.Left, Right: s.Right, Source: s.Source, Accuracy: s.Accuracy, Demonstration: s.Demonstration,
	}
	if s.Dated != "" {
		t, err := time.Parse(time.DateOnly, s.Dated)
		if err != nil {
			return out, fmt.Errorf("area %q: dated %q: write YYYY-MM-DD", s.ID, s.Dated)
		}
		out.Dated = t
	}
	points := make([]geo.Position, len(s.Points))
	for i, p := range s.Points {
		if len(p) != 2 {
			return out, fmt.Errorf("area %q: point %d has %d numbers: write [lon, lat]", s.ID, i+1, len(p))
		}
		points[i] = geo.Position{Lat: p[1], Lon: p[0]}
	}
	switch out.Kind.Shape() {
	case area.ALine:
		out.Line = points
	case area.APoint:
		if len(points) != 1 {
			return out, fmt.Errorf("area %q: a post has one point", s.ID)
		}
		out.Point = points[0]
	case area.APolygon:
		if len(points) > 1 && points[0] == points[len(points)-1] {
			points = points[:len(points)-1]
		}
		out.Polygon = geo.Polygon{geo.Ring(points)}
	}
	return out, out.Check()
}

// Asset makes the record.
func (s AssetSeed) Asset(now time.Time) (asset.Asset, error) {
	claims, err := asset.ParseClaims(s.Claims)
	if err != nil {
		return asset.Asset{}, fmt.Errorf("asset %q: %w", s.ID, err)
	}
	out := asset.Asset{
		ID: asset.ID(s.ID), Name: s.Name, Kind: asset.Kind(s.Kind), Valid: seeded(now), Claims: claims,
		Aircraft: asset.Aircraft{
			Maker: s.Maker, Model: s.Model, Supplier: s.Supplier, Payload: s.Payload, Range: s.Range, Registration: s.Registration, Serial: s.Serial,
		},
	}
	return out, out.Check()
}

// Rule makes the record.
func (s RuleSeed) Rule(now time.Time) (rule.Rule, error) {
	review, err := time.Parse(time.DateOnly, s.Review)
	if err != nil {
		return rule.Rule{}, fmt.Errorf("rule %q: review %q: write YYYY-MM-DD", s.ID, s.Review)
	}
	if s.Priority < 0 || s.Priority > int(rule.Top) {
		return rule.Rule{}, fmt.Errorf("rule %q: priority %d: 1 low to 4 top", s.ID, s.Priority)
	}
	out := rule.Rule{
		ID: rule.ID(s.ID), Name: s.Name, Valid: seeded(now),
		Detector: rule.Detector(s.Detector), Area: area.ID(s.Area), AreaKind: area.Kind(s.AreaKind),
		Kind: rule.Kind(s.Kind), Priority: rule.Priority(s.Priority), Owner: s.Owner, Rationale: s.Rationale, Response: s.Response,
		Deadline: time.Duration(s.Deadline), Review: review, On: time.Duration(s.On), Off: time.Duration(s.Off),
	}
	return out, out.Check()
}
