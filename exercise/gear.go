package exercise

import (
	"fmt"
	"net/netip"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/valid"
)

// Gear is what an administrator would register so that the exercise is seen.
type Gear struct {
	Sensors []sensor.Sensor
	Feeds   []sensor.Feed
	Areas   []area.Area
	Assets  []asset.Asset
}

// Codes of the radar, and system id of the drone.
const (
	radarSAC = 25
	radarSIC = 201
	droneID  = 7
)

const (
	turn       = 2500 * time.Millisecond // of the radar
	radarRange = 30_000.0                // m
	radarSeen  = 0.92                    // detection probability
	rangeSD    = 25.0                    // m
	bearingSD  = 0.15                    // degrees
	gnssSD     = 4.0                     // m
	cameraSD   = 2.0                     // m
)

// Gear gives the registrations.
func (w *World) Gear() Gear {
	rec := valid.Record{Number: 1, Known: w.begin, By: "exercise", Reason: "gear of the exercise"}
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	feed := func(id, sens string, format sensor.Format, source string, silent time.Duration) sensor.Feed {
		return sensor.Feed{
			ID: sensor.FeedID(id), Sensor: sensor.ID(sens), Valid: rec, Format: format,
			Source: source, Allowed: loopback, Silent: silent, Exercise: true,
		}
	}
	at := func(p geo.Position, h float64) (geo.Position, geo.Height) {
		return p, geo.SeaHeight(h + mast).Height()
	}
	var g Gear
	add := func(s sensor.Sensor, p geo.Position, ground float64) {
		s.Position, s.Height = at(p, ground)
		s.Valid, s.Exercise = rec, true
		g.Sensors = append(g.Sensors, s)
	}
	add(sensor.Sensor{ID: "ais-a", Name: "AIS Copacabana", Kind: sensor.AISReceiver, PositionSD: 8}, harbourSite, harbourGround)
	add(sensor.Sensor{ID: "ais-b", Name: "AIS Calvario", Kind: sensor.AISReceiver, PositionSD: 8}, radarSite, radarGround)
	add(sensor.Sensor{
		ID: "radar-1", Name: "Radar Calvario", Kind: sensor.Radar, RangeSD: rangeSD, BearingSD: bearingSD,
		MaxRange: radarRange, Detection: radarSeen, ScanPeriod: turn, SAC: radarSAC, SIC: radarSIC,
	}, radarSite, radarGround)
	add(sensor.Sensor{ID: "adsb-1", Name: "ADS-B Calvario", Kind: sensor.ADSBReceiver, MaxRange: 300_000}, radarSite, radarGround)
	add(sensor.Sensor{ID: "drone-7", Name: "Dron 7", Kind: sensor.Drone, Moving: true, PositionSD: gnssSD, SystemID: droneID}, harbourSite, harbourGround)
	add(sensor.Sensor{
		ID: "patrol-radar", Name: "Radar Patrulla 1", Kind: sensor.MarineRadar, Moving: true,
		RangeSD: 40, BearingSD: 0.8, MaxRange: 6000,
	}, harbourSite, harbourGround)
	add(sensor.Sensor{
		ID: cameraID, Name: "Cámara muelle Copacabana", Kind: sensor.Camera, PositionSD: cameraSD, MaxRange: cameraRange,
		Mount: &sensor.Mount{
			North: cameraNorth, Pan: [2]float64{-panHalf, panHalf}, Tilt: [2]float64{tiltFrom, tiltTo},
			Wide: zoomWidths(), Aspect: aspect, PanSpeed: panRate, TiltSpeed: tiltRate, SD: aimSD,
		},
	}, harbourSite, harbourGround)
	udp := func(n int) string { return "udp://" + w.port(n) }
	tcp := func(n int) string { return "tcp://" + w.port(n) }
	const soon, slow = 10 * time.Second, 30 * time.Second
	g.Feeds = []sensor.Feed{
		feed("ais-a", "ais-a", sensor.FormatAIS, udp(0), slow),
		feed("ais-b", "ais-b", sensor.FormatAIS, tcp(1), slow),
		feed("radar-1", "radar-1", sensor.FormatASTERIX, udp(2), soon),
		feed("adsb-1", "adsb-1", sensor.FormatBeast, tcp(3), slow),
		feed("drone-7", "drone-7", sensor.FormatMAVLink, udp(4), soon),
		feed("patrol-radar", "patrol-radar", sensor.FormatNMEA, fmt.Sprintf("tcp-listen://%s", w.port(5)), soon),
	}
	g.Areas = w.areas(rec)
	claim := func(kind obs.ClaimKind, v any) []obs.Claim { return []obs.Claim{{Kind: kind, Value: fmt.Sprint(v)}} }
	g.Assets = []asset.Asset{
		{
			ID: "drone-7", Name: "Dron 7", Kind: asset.Drone, Valid: rec, Exercise: true, Claims: claim(obs.SystemID, droneID),
			Aircraft: asset.Aircraft{
				Maker: "Atalaya", Model: "Simulado 1", Supplier: "Atalaya", Payload: "ninguna: solo telemetría", Range: 40, Serial: "EJ-7",
			},
		},
		{ID: "patrol-1", Name: "Patrulla 1", Kind: asset.Boat, Valid: rec, Exercise: true, Claims: claim(obs.MMSI, w.patroler.mmsi)},
	}
	return g
}

// lineSD is how well the exercise knows its own line: it is the line that the
// simulated world goes by.
const lineSD = 30.0 // m

func (w *World) areas(rec valid.Record) []area.Area {
	b := w.geo.border
	dated, err := b.Date()
	if err != nil {
		dated = time.Time{} // the source has no date
	}
	const laneWidth, postReach = 500.0, 400.0
	return []area.Area{
		{
			ID: "border-bol-per", Name: "Frontera Bolivia-Perú (DEMOSTRACIÓN)", Kind: area.Border, Valid: rec,
			Line: b.Line, Left: b.Left, Right: b.Right, Source: b.Source + "; línea propia del ejercicio", Dated: dated,
			Accuracy: lineSD, Demonstration: true,
		},
		{
			ID: "lane-ferries", Name: "Ruta de transbordadores", Kind: area.FerryLane, Valid: rec,
			Line: w.lane, Buffer: laneWidth, Source: "exercise", Dated: rec.Known, Accuracy: lineSD,
		},
		{
			ID: "post-kasani", Name: "Puesto Kasani", Kind: area.LegalPost, Valid: rec,
			Point: geo.Position{Lat: -16.2280, Lon: -69.0990}, Buffer: postReach, Source: "exercise", Dated: rec.Known, Accuracy: lineSD,
		},
	}
}
