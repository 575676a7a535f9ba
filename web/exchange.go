package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/area"
	"atalaya/codec"
	"atalaya/codec/geofile"
	"atalaya/desk"
	"atalaya/desk/areas"
	"atalaya/desk/people"
	"atalaya/track"
)

// Files that go to other programs and come from them: areas, and where tracks
// were.

// AreaFile is a file of areas.
type AreaFile struct {
	upload
	Kind area.Kind `query:"kind" enum:"border,border-strip,legal-post,ferry-lane,fishing-zone,anchorage,no-look,corridor,watched" doc:"of areas of which the file says none"`
}

// TracksWanted asks for a file of tracks.
type TracksWanted struct {
	Tracks []uint64  `query:"tracks" required:"true" minItems:"1" maxItems:"100" minimum:"1" maximum:"9007199254740991" doc:"numbers of the tracks"`
	From   time.Time `query:"from" doc:"first time; default: a day before to"`
	To     time.Time `query:"to" doc:"end, not included; default: now"`
	Format string    `query:"format" enum:"geojson,csv,kml,gpx" default:"geojson" doc:"kind of file"`
}

func (s *Server) exchangeRoutes() {
	huma.Register(s.api, asFile(scoped(operation("export-areas", http.MethodGet, "/api/areas/export", "Areas in force, as a file", signedIn, 401, 422), people.ReadPicture), geofile.GeoJSON, geofile.KML),
		func(_ context.Context, in *struct {
			Format string    `query:"format" enum:"geojson,kml" default:"geojson" doc:"kind of file"`
			At     time.Time `query:"at" doc:"those in force then; default: now"`
		},
		) (*huma.StreamResponse, error) {
			features := s.cfg.Exchange.Features(in.At)
			return s.file("areas", geofile.Format(in.Format), func(w io.Writer) error {
				if in.Format == string(geofile.KML) {
					return geofile.WriteKML(w, "Atalaya", features)
				}
				return geofile.WriteGeoJSON(w, features)
			}), nil
		})
	media := []string{geofile.GeoJSON.Media(), geofile.KML.Media()}
	huma.Register(s.api, ofFile(operation("preview-areas", http.MethodPost, "/api/areas/import/preview", "What a file of areas would change, and which shapes cannot be areas", officer, 401, 403, 413, 422), media...),
		func(ctx context.Context, in *AreaFile) (*body[areas.Preview], error) {
			return s.areasImported(ctx)(s.readAreas(in, areas.Import{Who: who(ctx).Who(), Kind: in.Kind}, func(im areas.Import) (areas.Preview, error) {
				return s.cfg.Exchange.Preview(im)
			}))
		})
	huma.Register(s.api, ofFile(operation("import-areas", http.MethodPost, "/api/areas/import", "Do what a file of areas says, all or nothing", officer, 401, 403, 409, 413, 422, 507), media...),
		func(ctx context.Context, in *struct {
			AreaFile
			RequestKey
			Reason string `query:"reason" required:"true" minLength:"1" maxLength:"500" doc:"where the file comes from"`
		},
		) (*body[areas.Preview], error) {
			wish := areas.Import{Who: who(ctx).Who(), Request: in.Key, Reason: in.Reason, Kind: in.Kind}
			return s.areasImported(ctx)(s.readAreas(&in.AreaFile, wish, func(im areas.Import) (areas.Preview, error) {
				return s.cfg.Exchange.Import(ctx, im)
			}))
		})
	all := []geofile.Format{geofile.GeoJSON, geofile.CSV, geofile.KML, geofile.GPX}
	huma.Register(s.api, asFile(scoped(operation("export-tracks", http.MethodGet, "/api/export", "Where tracks were, as a file", signedIn, 401, 422), people.ReadPicture), all...),
		s.exportTracks)
}

// readAreas reads a file, whose first character tells what it is.
func (s *Server) readAreas(in *AreaFile, wish areas.Import, then func(areas.Import) (areas.Preview, error)) (areas.Preview, error) {
	file := bufio.NewReader(in.file)
	read := geofile.ReadGeoJSON
	if head, err := file.Peek(512); err == nil || errors.Is(err, io.EOF) {
		text := strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n")
		if strings.HasPrefix(text, "<") || strings.HasPrefix(text, "PK") {
			read = geofile.ReadKML
		}
	}
	var err error
	if wish.Features, err = read(file); err != nil {
		return areas.Preview{}, err
	}
	return then(wish)
}

func (s *Server) areasImported(ctx context.Context) func(areas.Preview, error) (*body[areas.Preview], error) {
	return func(p areas.Preview, err error) (*body[areas.Preview], error) {
		if wrong, ok := errors.AsType[*areas.WrongFile](err); ok {
			out := problem(http.StatusUnprocessableEntity, "wrong-shapes", wrong.Error())
			const told = 100
			for _, l := range p.Lines {
				if l.Detail != "" && len(out.Errors) < told {
					out.Errors = append(out.Errors, &huma.ErrorDetail{Location: fmt.Sprintf("feature %d", l.Feature), Message: l.Detail})
				}
			}
			return nil, out
		}
		if bad, ok := errors.AsType[*codec.Bad](err); ok {
			if bad.Kind == codec.Overlong {
				return nil, problem(http.StatusRequestEntityTooLarge, "file-too-long", bad.Detail)
			}
			return nil, problem(http.StatusUnprocessableEntity, "unreadable-file", bad.Detail)
		}
		if err != nil {
			return nil, s.fileRefusal(ctx, err)
		}
		return &body[areas.Preview]{p}, nil
	}
}

// layers lets people who signed in, and programs with a token for it, read the
// layers.
func (s *Server) layers(w http.ResponseWriter, r *http.Request) {
	if _, refused := s.allow(r, desk.Viewer, people.OGC); refused != nil {
		refuse(w, refused, []people.Scope{people.OGC})
		return
	}
	s.cfg.Layers.ServeHTTP(w, r)
}

// asFile describes an operation that answers with a file.
func asFile(op huma.Operation, formats ...geofile.Format) huma.Operation {
	content := map[string]*huma.MediaType{}
	for _, f := range formats {
		content[f.Media()] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		if f == geofile.GeoJSON {
			content[f.Media()].Schema = &huma.Schema{Type: huma.TypeObject}
		}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "the file", Content: content}}
	return op
}

// file answers with a file in a stream. Where that fails in the middle, the
// connection is cut, so that nobody takes the part for the whole.
func (s *Server) file(name string, format geofile.Format, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		at := s.cfg.Clock().UTC().Format("20060102T150405Z")
		ctx.SetHeader("Content-Type", format.Media())
		ctx.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "atalaya-"+name+"-"+at+"."+string(format)))
		if err := write(ctx.BodyWriter()); err != nil {
			if ctx.Context().Err() == nil {
				s.cfg.Log.Error("a file could not be written to its end", slog.String("file", name), slog.Any("error", err))
			}
			panic(http.ErrAbortHandler) // the server's way to cut a connection
		}
	}}
}

// Bounds of an export: of its days, summed up over its tracks.
const maxTrackDays = 100

func (s *Server) exportTracks(ctx context.Context, in *TracksWanted) (*huma.StreamResponse, error) {
	const day = 24 * time.Hour
	if in.To.IsZero() {
		in.To = s.cfg.Clock().UTC()
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-day)
	}
	slices.Sort(in.Tracks)
	in.Tracks = slices.Compact(in.Tracks)
	span := in.To.Sub(in.From)
	switch most := maxTrackDays * day / time.Duration(len(in.Tracks)); {
	case span <= 0:
		return nil, problem(http.StatusUnprocessableEntity, "invalid", "from must lie before to")
	case span > most:
		return nil, problem(http.StatusUnprocessableEntity, "invalid",
			fmt.Sprintf("%d tracks over %s are more than %d days in all: ask for at most %s, or for fewer tracks", len(in.Tracks), span, maxTrackDays, most))
	}
	format := geofile.Format(in.Format)
	return s.file("tracks", format, func(w io.Writer) error {
		return geofile.WriteTrails(w, format, func(yield func(geofile.Trail) bool) {
			for _, id := range in.Tracks {
				if !yield(s.trail(ctx, track.ID(id), in.From, in.To)) {
					return
				}
			}
		})
	}), nil
}

// exportStep is how much of a track's past is read at once.
const exportStep = 6 * time.Hour

// trail gives a track's past, step by step. It is known as now, or, when it has
// ended, as it was at its last point.
func (s *Server) trail(ctx context.Context, id track.ID, from, to time.Time) geofile.Trail {
	out := geofile.Trail{Track: s.known(ctx, id, from, to)}
	out.Fixes = func(yield func(geofile.Fix, error) bool) {
		for begin := from; begin.Before(to); begin = begin.Add(exportStep) {
			end := begin.Add(exportStep)
			if end.After(to) {
				end = to
			}
			// At most one point a second is kept; revisions add some.
			points, err := s.cfg.Past(ctx, PastQuery{Track: id, From: begin, To: end, Limit: 2 * int(exportStep/time.Second)})
			if err != nil {
				yield(geofile.Fix{}, err)
				return
			}
			for _, p := range points {
				f := geofile.Fix{
					Time: p.Time, Known: p.Known, Position: p.Position, Height: p.Height,
					East: p.East, North: p.North, Deviation: p.Deviation, Status: p.Status, Foreign: p.Foreign,
				}
				if !yield(f, nil) {
					return
				}
			}
		}
	}
	return out
}

// known gives what a track is or was known as; of one that nobody knows any
// more, its number.
func (s *Server) known(ctx context.Context, id track.ID, from, to time.Time) track.Track {
	if t, _, ok := s.cfg.Hub.Track(id); ok {
		return t
	}
	t, err := s.cfg.Ended(ctx, id, from, to)
	if err != nil {
		if !errors.Is(err, desk.ErrNotFound) {
			s.cfg.Log.Warn("what a track was known as cannot be read", slog.String("track", id.String()), slog.Any("error", err))
		}
		return track.Track{ID: id}
	}
	return t
}
