package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// body is a response with nothing but a body.
type body[T any] struct{ Body T }

func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }

// operation describes one operation of the API and who may use it.
func operation(id, method, path, summary, role string, errs ...int) huma.Operation {
	if method == http.MethodPost || method == http.MethodPut {
		errs = append(errs, http.StatusBadRequest) // no body, or no JSON
	}
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary,
		Errors: append(errs, http.StatusInternalServerError), Metadata: map[string]any{roleKey: role},
	}
	if role != anybody {
		op.Errors = append(op.Errors, http.StatusLocked)
		op.Security = []map[string][]string{{"session": {}}}
	}
	return op
}

// System is how the program itself does.
type System struct {
	Now         time.Time    `json:"now" doc:"the server's clock"`
	Started     time.Time    `json:"started"`
	Version     string       `json:"version"`
	Exercise    bool         `json:"exercise"`
	Step        uint64       `json:"step" doc:"number of the last step"`
	StepMillis  float64      `json:"step_ms" doc:"time that the last step took"`
	Lag         float64      `json:"lag_ms" doc:"from the time that a step should have closed to its publication"`
	Waiting     int          `json:"waiting" doc:"inputs that wait for the next step"`
	Tracks      int          `json:"tracks" doc:"tracks of the picture"`
	Inputs      uint64       `json:"inputs" doc:"observations since the start"`
	Clients     int          `json:"clients" doc:"live connections"`
	BusShed     uint64       `json:"bus_shed" doc:"steps that the live picture lost on the bus and made good by a snapshot"`
	Storage     desk.Storage `json:"storage"`
	OwedAlerts  int          `json:"owed_alerts" doc:"alerts that wait for room on the disk"`
	Clock       HostClock    `json:"clock"`
	MemoryBytes uint64       `json:"memory_bytes" doc:"memory that the program holds from the system"`
	ShedTiles   int          `json:"shed_tiles" doc:"tiles of ground in which the tracker left something out within the last minute, to keep up"`
	Shed        []ShedTile   `json:"shed,omitempty" doc:"these, those with most first; at most 50"`
	Witnesses   *Witnesses   `json:"witnesses,omitempty" doc:"who cosigns the ledger's checkpoints; absent: nobody is asked to"`
}

// Witnesses is how the ledger's witnesses do.
type Witnesses struct {
	Held      bool      `json:"held" doc:"the head that was shown last has the cosignatures that the policy asks for"`
	Since     time.Time `json:"since" doc:"when it became so; zero: nobody was asked yet"`
	Size      int64     `json:"size" doc:"entries of the newest head that has them"`
	Asked     int64     `json:"asked" doc:"entries of the head that was shown last"`
	Witnesses []Witness `json:"witnesses"`
}

// Witness is one of them.
type Witness struct {
	Name    string    `json:"name"`
	Size    int64     `json:"size" doc:"entries of the head that it cosigned last"`
	At      time.Time `json:"at" doc:"when; zero: never"`
	Error   string    `json:"error,omitempty" doc:"why it does not sign"`
	Failing time.Time `json:"failing,omitzero" doc:"since when"`
}

// ShedTile is a tile of ground in which the tracker left something out to keep up:
// what is told there is less than what was seen.
type ShedTile struct {
	Corners [][2]float64 `json:"corners,omitempty" doc:"longitude and latitude in degrees, from the south-west counterclockwise; absent: of no place, or of more places than are told apart"`
	Last    time.Time    `json:"last" doc:"when something was left out last"`
	What    []ShedCount  `json:"what" doc:"what was left out, those with most first"`
}

// ShedCount is how much of something was left out.
type ShedCount struct {
	Kind   string `json:"kind" enum:"pairs,gates,bearings,names,late,tracks" doc:"pairs of track and plot: too dense; gates: pairs too far apart to be tried, one of them being uncertain; bearings: not crossed with all; names: too many say that they are one; late: updates not told; tracks: no room for them"`
	Minute uint64 `json:"minute" doc:"how many in the last minute; what is weighed anew for late data counts again"`
}

// HostClock is what is known of the computer's clock.
type HostClock struct {
	Synchronized bool      `json:"synchronized" doc:"the system says that it follows a time source"`
	ErrorSeconds float64   `json:"error_s" doc:"the system's own bound of its error; 0: not stated"`
	Stepped      float64   `json:"stepped_s" doc:"sum of the jumps of the system's clock since the start; the program's own clock does not follow them"`
	SteppedAt    time.Time `json:"stepped_at" doc:"the last jump; zero: none"`
	Sensors      *float64  `json:"sensors_s,omitempty" doc:"median of how far the sensors' own clocks lie behind ours"`
}

// TrackList is one page of tracks.
type TrackList struct {
	Tracks []track.Track `json:"tracks" doc:"in order of id"`
	Next   uint64        `json:"next,omitempty" doc:"give it as after for the next page; absent: no more"`
}

// TrackDetail is all that is known of one track now.
type TrackDetail struct {
	Track   track.Track   `json:"track"`
	Own     bool          `json:"own" doc:"a thing of ours"`
	Lineage track.Lineage `json:"lineage" doc:"what the last update rests on"`
}

// PastQuery asks for a track's past.
type PastQuery struct {
	Track    track.ID
	From, To time.Time
	KnownAt  time.Time // only what was known then; zero: what is known now
	Limit    int
}

// PastPoint is a track's belief at one time.
type PastPoint struct {
	Time      time.Time    `json:"time" doc:"in the world"`
	Known     time.Time    `json:"known" doc:"when it was believed"`
	Position  geo.Position `json:"position"`
	Height    geo.Height   `json:"height"`
	East      float64      `json:"east_mps"`
	North     float64      `json:"north_mps"`
	Deviation float64      `json:"sd_m" doc:"metres, one standard deviation of the position along its worst axis"`
	Status    track.Status `json:"status"`
	Foreign   bool         `json:"foreign,omitempty" doc:"only another tracker, a neighbour's, told of it"`
}

// Past is a track's past.
type Past struct {
	Points []PastPoint `json:"points" doc:"oldest first"`
}

// PastRequest asks for a track's past.
type PastRequest struct {
	TrackPath
	From  time.Time `query:"from" doc:"first time; default: an hour before to"`
	To    time.Time `query:"to" doc:"end, not included; default: known_at, or now"`
	Known time.Time `query:"known_at" doc:"only what was known then; default: what is known now"`
	Limit int       `query:"limit" minimum:"1" maximum:"10000" default:"2000" doc:"most points"`
}

// FeedList is the health of every feed.
type FeedList struct {
	Feeds      []sensor.Health `json:"feeds" doc:"health of those in force"`
	Registered []sensor.Feed   `json:"registered" doc:"their descriptions"`
	Regards    []Regard        `json:"regards" doc:"how much of what the sensors that look are to see the terrain leaves them"`
}

// TrackPath names a track.
type TrackPath struct {
	ID uint64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"number of the track"`
}

func (s *Server) pictureRoutes() {
	huma.Register(s.api, scoped(operation("list-tracks", http.MethodGet, "/api/tracks", "Tracks of the picture", signedIn, 401, 422), people.ReadPicture), s.listTracks)
	huma.Register(s.api, scoped(operation("get-track", http.MethodGet, "/api/tracks/{id}", "One track as believed now", signedIn, 401, 404, 422), people.ReadPicture),
		func(_ context.Context, in *TrackPath) (*body[TrackDetail], error) {
			t, own, ok := s.cfg.Hub.Track(track.ID(in.ID))
			if !ok {
				return nil, problem(http.StatusNotFound, "not-found", fmt.Sprintf("the picture has no track %d now: ask for its history", in.ID))
			}
			lineage, ok := s.cfg.Lineage(t.ID)
			if !ok || lineage == nil {
				lineage = track.Lineage{}
			}
			return &body[TrackDetail]{TrackDetail{t, own, lineage}}, nil
		})
	huma.Register(s.api, scoped(operation("get-track-history", http.MethodGet, "/api/tracks/{id}/history", "Where a track was", signedIn, 401, 404, 422, 507), people.ReadPicture),
		func(ctx context.Context, in *PastRequest) (*body[Past], error) {
			if in.To.IsZero() {
				in.To = in.Known
			}
			if in.To.IsZero() {
				in.To = s.cfg.Clock().UTC()
			}
			if in.From.IsZero() {
				in.From = in.To.Add(-time.Hour)
			}
			points, err := s.cfg.Past(ctx, PastQuery{track.ID(in.ID), in.From, in.To, in.Known, in.Limit})
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if points == nil {
				points = []PastPoint{}
			}
			return &body[Past]{Past{points}}, nil
		})
	huma.Register(s.api, scoped(operation("get-observation", http.MethodGet, "/api/observations/{seq}", "One observation, as evidence", signedIn, 401, 404, 422), people.ReadPicture),
		func(ctx context.Context, in *struct {
			Seq uint64 `path:"seq" minimum:"1" maximum:"9007199254740991" doc:"sequence of the observation"`
		},
		) (*body[obs.Observation], error) {
			o, err := s.cfg.Observation(ctx, in.Seq)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[obs.Observation]{o}, nil
		})
	huma.Register(s.api, scoped(operation("list-feeds", http.MethodGet, "/api/feeds", "Health of every feed, and what is registered", signedIn, 401, 422), people.ReadSystem),
		func(_ context.Context, in *When) (*body[FeedList], error) {
			n := s.feedNoun()
			out := FeedList{Feeds: s.cfg.Feeds(), Registered: n.versions(s, *in), Regards: []Regard{}}
			if s.cfg.Regards != nil {
				out.Regards = append(out.Regards, s.cfg.Regards.All()...)
			}
			return &body[FeedList]{out}, nil
		})
	huma.Register(s.api, scoped(operation("get-system", http.MethodGet, "/api/system", "How the program itself does", signedIn, 401), people.ReadSystem),
		func(context.Context, *struct{}) (*body[System], error) {
			return &body[System]{s.cfg.System()}, nil
		})
}

func (s *Server) listTracks(_ context.Context, in *struct {
	Limit    int    `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"most tracks of the page"`
	After    uint64 `query:"after" maximum:"9007199254740991" doc:"next of the page before"`
	Claim    string `query:"claim" maxLength:"100" doc:"only tracks that claim this: a whole identity such as mmsi:760123456"`
	Distress bool   `query:"distress" doc:"only tracks that call for help"`
},
) (*body[TrackList], error) {
	match := func(t *track.Track) bool {
		if in.Distress && t.Distress == obs.NoDistress {
			return false
		}
		if in.Claim == "" {
			return true
		}
		for i := range t.Claims {
			if t.Claims[i].String() == in.Claim {
				return true
			}
		}
		return false
	}
	tracks := s.cfg.Hub.Tracks(track.ID(in.After), in.Limit, match)
	out := TrackList{Tracks: tracks}
	if out.Tracks == nil {
		out.Tracks = []track.Track{}
	}
	if len(tracks) == in.Limit {
		out.Next = uint64(tracks[len(tracks)-1].ID)
	}
	return &body[TrackList]{out}, nil
}
