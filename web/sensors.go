package web

import (
	"fmt"
	"net/netip"
	"time"

	"atalaya/desk/people"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// SensorWish is a sensor as somebody describes it.
type SensorWish struct {
	Validity
	Name     string       `json:"name" minLength:"1" maxLength:"200" doc:"name for people"`
	Kind     sensor.Kind  `json:"kind" enum:"ais-receiver,adsb-receiver,radar,marine-radar,drone,camera,person,neighbour" doc:"what it is"`
	Position geo.Position `json:"position" doc:"of the antenna, WGS84 degrees; for one on a moving platform the last known"`
	Height   float64      `json:"height_m" minimum:"-999" maximum:"99999" doc:"of the antenna, metres above mean sea level"`
	Moving   bool         `json:"moving,omitempty" doc:"on a platform that reports its own position"`

	PositionSD float64 `json:"position_sd_m,omitempty" minimum:"0" maximum:"2000000" doc:"metres, 1 sigma, where a report says nothing better"`
	RangeSD    float64 `json:"range_sd_m,omitempty" minimum:"0" maximum:"2000000" doc:"metres, 1 sigma"`
	BearingSD  float64 `json:"bearing_sd_deg,omitempty" minimum:"0" maximum:"180" doc:"degrees, 1 sigma"`
	MaxRange   float64 `json:"max_range_m,omitempty" minimum:"0" maximum:"2000000" doc:"metres; 0: not stated"`
	SectorFrom float64 `json:"sector_from_deg,omitempty" minimum:"0" maximum:"360" doc:"degrees from true north: it looks from here clockwise"`
	SectorTo   float64 `json:"sector_to_deg,omitempty" minimum:"0" maximum:"360" doc:"to here; equal: all round"`
	Detection  float64 `json:"detection,omitempty" minimum:"0" maximum:"1" doc:"probability to see a target in range in one scan"`

	TimeOffset float64 `json:"time_offset_s,omitempty" minimum:"-31622400" maximum:"31622400" doc:"its clock minus true time, seconds"`
	ScanPeriod float64 `json:"scan_period_s,omitempty" minimum:"0" maximum:"3600" doc:"time of one turn of a radar, seconds"`

	SAC      uint8 `json:"sac,omitempty" doc:"ASTERIX system area code"`
	SIC      uint8 `json:"sic,omitempty" doc:"ASTERIX system identification code"`
	SystemID uint8 `json:"system_id,omitempty" doc:"MAVLink system id of a drone"`

	Mount *sensor.Mount `json:"mount,omitempty" doc:"how a camera that can be turned stands; absent: as it was"`
}

// FeedWish is a feed as somebody describes it.
type FeedWish struct {
	Validity
	Sensor   sensor.ID         `json:"sensor" minLength:"1" maxLength:"80" doc:"the registered sensor that it serves"`
	Format   sensor.Format     `json:"format" enum:"ais,beast,avr,sbs,asterix,nmea,mavlink,observations" doc:"the language it speaks"`
	Source   string            `json:"source" minLength:"1" maxLength:"500" doc:"udp://ADDR:PORT, tcp://HOST:PORT, tcp-listen://ADDR:PORT, serial:///dev/NAME?baud=N or file:///PATH?speed=N"`
	Allowed  []string          `json:"allowed,omitempty" maxItems:"100" nullable:"false" doc:"addresses or networks that may send; none: anybody who reaches the socket"`
	Proven   bool              `json:"proven,omitempty" doc:"the transport proves its sender (a serial line; not a plain network)"`
	Silent   float64           `json:"silent_after_s,omitempty" minimum:"1" maximum:"604800" default:"60" doc:"no good frame for so long means silent, seconds"`
	Editions map[string]string `json:"editions,omitempty" doc:"ASTERIX edition by category, {\"048\": \"1.27\"}"`
	MAVLink1 bool              `json:"mavlink1,omitempty" doc:"accept MAVLink version 1 frames, which can never be signed"`
	Repair   bool              `json:"repair,omitempty" doc:"repair one-bit errors of Mode S frames"`
}

func (s *Server) sensorRoutes() {
	registerNoun(s, noun[sensor.Sensor, SensorWish, sensor.Sensor]{
		kind: registry.Sensor, many: "sensors", book: s.cfg.Registry.Sensors, scope: people.ReadSystem,
		make:   s.wishedSensor,
		change: func(v *sensor.Sensor) track.Change { return track.Change{Sensor: v} },
		show:   func(v sensor.Sensor) sensor.Sensor { return v },
	})
	registerNoun(s, s.feedNoun())
}

func (s *Server) feedNoun() noun[sensor.Feed, FeedWish, sensor.Feed] {
	return noun[sensor.Feed, FeedWish, sensor.Feed]{
		kind: registry.Feed, many: "feeds", book: s.cfg.Registry.Feeds, scope: people.ReadSystem, listed: true,
		make:   s.wishedFeed,
		change: func(v *sensor.Feed) track.Change { return track.Change{Feed: v} },
		show: func(v sensor.Feed) sensor.Feed {
			if v.Allowed == nil {
				v.Allowed = []netip.Prefix{}
			}
			return v
		},
	}
}

func (s *Server) wishedSensor(id string, to *SensorWish) (sensor.Sensor, error) {
	mount := to.Mount
	if all := s.cfg.Registry.Sensors.Versions(id); len(all) > 0 && mount == nil && to.Kind == sensor.Camera && !to.Moving {
		mount = all[len(all)-1].Mount
	}
	return sensor.Sensor{
		ID: sensor.ID(id), Name: to.Name, Kind: to.Kind, Valid: to.record(),
		Position: to.Position.Normalize(), Height: geo.SeaHeight(to.Height).Height(), Moving: to.Moving,
		PositionSD: to.PositionSD, RangeSD: to.RangeSD, BearingSD: to.BearingSD, MaxRange: to.MaxRange, SectorFrom: to.SectorFrom, SectorTo: to.SectorTo, Detection: to.Detection,
		TimeOffset: seconds(to.TimeOffset), ScanPeriod: seconds(to.ScanPeriod),
		SAC: to.SAC, SIC: to.SIC, SystemID: to.SystemID, Mount: mount, Exercise: s.cfg.Exercise,
	}, nil
}

func (s *Server) wishedFeed(id string, to *FeedWish) (sensor.Feed, error) {
	f := sensor.Feed{
		ID: sensor.FeedID(id), Sensor: to.Sensor, Valid: to.record(), Format: to.Format, Source: to.Source,
		Proven: to.Proven, Silent: seconds(to.Silent), Editions: to.Editions, MAVLink1: to.MAVLink1, Repair: to.Repair,
		Exercise: s.cfg.Exercise,
	}
	for _, text := range to.Allowed {
		p, err := sensor.ParseSender(text)
		if err != nil {
			return f, valid.In("allowed", fmt.Errorf("%w: write 192.168.10.21 or 192.168.20.0/24", err))
		}
		f.Allowed = append(f.Allowed, p)
	}
	return f, nil
}

// seconds makes a duration of what its bounds have let in, to the millisecond.
func seconds(v float64) time.Duration {
	return time.Duration(v * float64(time.Second)).Round(time.Millisecond)
}
