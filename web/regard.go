package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// Regard is where a sensor sees: its range and sector, cut by terrain.
type Regard struct {
	Sensor  sensor.ID `json:"sensor"`
	Version uint32    `json:"version" doc:"of the sensor, in force now"`
	State   string    `json:"state" enum:"made,making,none" doc:"making: nothing is known yet of what it sees; none: all of its range is taken to be seen"`
	Why     string    `json:"why,omitempty" doc:"why there is none"`
	// The rest of one that is made.
	Shares     []RegardShare     `json:"shares,omitempty" doc:"how much of range and sector it sees, by height"`
	Covered    float64           `json:"covered,omitempty" doc:"part of range and sector with elevation, 0 to 1; of the rest nothing is known"`
	Half       *float64          `json:"half_m,omitempty" doc:"metres above the ground below which it does not see in half of range and sector; 0: the ground shows in half of it and more"`
	Refraction *sight.Refraction `json:"refraction,omitempty" doc:"coefficient k that it was made with, and its range"`
	Elevation  *coverage.Grounds `json:"elevation,omitempty" doc:"what it rests on, and how far that goes"`
	Imported   time.Time         `json:"imported,omitzero" doc:"when the newest of that elevation was imported"`
	Coarsened  bool              `json:"coarsened,omitempty" doc:"the range is too large for the finest elevation: a coarser level was taken"`
}

// RegardShare is how much of range and sector a sensor sees.
type RegardShare struct {
	Above float64 `json:"above_m" doc:"metres above the ground"`
	Seen  float64 `json:"seen" doc:"part in which a thing so high shows, 0 to 1, of where there is elevation"`
}

// Blind is below what one sensor does not see at a place.
type Blind struct {
	Sensor sensor.ID `json:"sensor"`
	State  string    `json:"state" enum:"seen,blind,unknown" doc:"seen: the ground itself shows; blind: not below below_m; unknown: there is no elevation, or the field is being worked out"`
	Below  float64   `json:"below_m" doc:"metres above the ground below which it does not see; 0: the ground shows"`
	SD     float64   `json:"sd_m" doc:"one standard deviation of that, from the error of the elevation and from refraction"`
}

// BlindAt is what the sensors do not see at a place.
type BlindAt struct {
	Place   geo.Position `json:"place"`
	Sensors []Blind      `json:"sensors" doc:"those that stand somewhere and look, in whose range and sector the place lies"`
	// Least of all sensors; absent where none is known to see there.
	Least *Blind `json:"least,omitempty" doc:"the one that sees lowest"`
}

// Regards answers for the fields of regard.
type Regards interface {
	Of(id sensor.ID) (Regard, bool)
	// All are of the sensors that look, in the order of their names.
	All() []Regard
	At(p geo.Position) []Blind
}

func (s *Server) regardRoutes() {
	huma.Register(s.api, operation("get-regard", http.MethodGet, "/api/sensors/{id}/regard", "Where a sensor sees: its range and sector, cut by terrain", signedIn, 401, 404, 422),
		func(_ context.Context, in *ThingPath) (*body[Regard], error) {
			if s.cfg.Regards == nil {
				return nil, noThing("sensor", in.ID)
			}
			r, ok := s.cfg.Regards.Of(sensor.ID(in.ID))
			if !ok {
				return nil, noThing("sensor", in.ID)
			}
			return &body[Regard]{r}, nil
		})
	huma.Register(s.api, operation("get-blind", http.MethodGet, "/api/terrain/blind", "Below what height sensors do not see at a place", signedIn, 401, 422),
		func(_ context.Context, in *struct {
			Lat float64 `query:"lat" required:"true" minimum:"-90" maximum:"90" doc:"degrees"`
			Lon float64 `query:"lon" required:"true" minimum:"-180" maximum:"180" doc:"degrees"`
		},
		) (*body[BlindAt], error) {
			out := BlindAt{Place: geo.Position{Lat: in.Lat, Lon: in.Lon}, Sensors: []Blind{}}
			if s.cfg.Regards != nil {
				out.Sensors = append(out.Sensors, s.cfg.Regards.At(out.Place)...)
			}
			for i := range out.Sensors {
				if b := &out.Sensors[i]; b.State != "unknown" && (out.Least == nil || b.Below < out.Least.Below) {
					out.Least = b
				}
			}
			return &body[BlindAt]{out}, nil
		})
}
