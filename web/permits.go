package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/area"
	"atalaya/desk/permits"
	"atalaya/obs"
	"atalaya/permit"
	"atalaya/valid"
)

// PermitCounts tells how many permits there are.
type PermitCounts struct {
	Kinds []permits.Count `json:"kinds" doc:"by kind; only those of which there are some"`
}

// PermitKept is a permit as it stands in the book.
type PermitKept struct {
	Permit   permit.Permit `json:"permit"`
	Repeated bool          `json:"repeated" doc:"it was so already, and nothing was changed"`
}

// PermitVersions is every version of a permit.
type PermitVersions struct {
	Versions []permit.Permit `json:"versions" doc:"oldest first"`
}

// PermitCraft is an identity of a craft.
type PermitCraft struct {
	Kind  string `json:"kind" enum:"mmsi,icao,mavlink,callsign" doc:"sort of identity"`
	Value string `json:"value" minLength:"1" maxLength:"20" doc:"nine digits of an MMSI, six hexadecimal digits of an ICAO address, a call sign"`
}

// PermitText is what a permit says.
type PermitText struct {
	Kind     permit.Kind    `json:"kind" enum:"fishing-licence,coca-transport,ferry-timetable,market-day,no-transponder,other" doc:"what it is for"`
	Issuer   string         `json:"issuer" minLength:"1" maxLength:"200" doc:"who issued it"`
	Holder   string         `json:"holder,omitempty" maxLength:"200" doc:"who holds it"`
	Craft    []PermitCraft  `json:"craft,omitempty" maxItems:"20" doc:"identities of the craft that it is for"`
	Name     string         `json:"name,omitempty" maxLength:"200" doc:"name of the craft as painted; without craft and name it holds for anybody"`
	Area     string         `json:"area,omitempty" maxLength:"200" doc:"area where it holds; empty: anywhere"`
	From     time.Time      `json:"from,omitzero" doc:"in force from this time; absent: since ever"`
	Until    time.Time      `json:"until,omitzero" doc:"in force until before this time; absent: without end"`
	Schedule valid.Schedule `json:"schedule,omitzero" doc:"hours at which it holds"`
	Note     string         `json:"note,omitempty" maxLength:"2000" doc:"what else it says"`
	Reason   string         `json:"reason" minLength:"3" maxLength:"500" doc:"why it is entered or changed"`
}

func (t *PermitText) permit(id permit.ID) (permit.Permit, error) {
	p := permit.Permit{
		ID: id, Kind: t.Kind, Issuer: t.Issuer, Holder: t.Holder, Name: t.Name, Area: area.ID(t.Area),
		Schedule: t.Schedule, Note: t.Note, Valid: valid.Record{From: t.From.UTC(), Until: t.Until.UTC()},
	}
	for _, c := range t.Craft {
		var kind obs.ClaimKind
		if err := kind.UnmarshalText([]byte(c.Kind)); err != nil {
			return p, problem(http.StatusUnprocessableEntity, "invalid", "identity "+c.Kind+": choose mmsi, icao, mavlink or callsign")
		}
		p.Craft = append(p.Craft, obs.Claim{Kind: kind, Value: c.Value})
	}
	return p, nil
}

// PermitPath names a permit.
type PermitPath struct {
	ID string `path:"id" minLength:"1" maxLength:"100" doc:"number of the permit; a slash in it is written %2F"`
}

// upload is the part of an input that reads a file as it comes.
type upload struct {
	file io.Reader
}

// Resolve implements huma.Resolver.
func (u *upload) Resolve(ctx huma.Context) []error {
	u.file = ctx.BodyReader()
	return nil
}

// maxUpload bounds a file that is imported, in bytes.
const maxUpload = 16 << 20

// isUpload reports whether a path takes a file.
func isUpload(path string) bool {
	return strings.HasSuffix(path, "/import") || strings.HasSuffix(path, "/import/preview") || path == instrumentsPath
}

// ofFile describes an operation whose body is a file.
func ofFile(op huma.Operation, media ...string) huma.Operation {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, m := range media {
		op.RequestBody.Content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return op
}

// PermitFile is a file of permits.
type PermitFile struct {
	upload
	Offset int `query:"utc_offset_min" minimum:"-840" maximum:"840" doc:"local time of the file's dates and hours minus UTC, minutes"`
}

func (s *Server) permitRoutes() {
	book := s.cfg.Permits
	huma.Register(s.api, operation("count-permits", http.MethodGet, "/api/permits", "How many permits there are; to see some, search for an alert, a finding or a case", signedIn, 401),
		func(context.Context, *struct{}) (*body[PermitCounts], error) {
			return &body[PermitCounts]{PermitCounts{book.Counts()}}, nil
		})
	huma.Register(s.api, operation("search-permits", http.MethodPost, "/api/permits/search", "Look into the permit book, on record", officer, 401, 403, 404, 422, 507),
		s.searchPermits)
	huma.Register(s.api, operation("add-permit", http.MethodPost, "/api/permits", "Enter a permit", officer, 401, 403, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body struct {
				ID string `json:"id" minLength:"1" maxLength:"100" doc:"the issuer's number, for ever"`
				PermitText
			}
		},
		) (*body[PermitKept], error) {
			p, err := in.Body.permit(permit.ID(in.Body.ID))
			if err != nil {
				return nil, err
			}
			return s.kept(ctx)(book.Add(ctx, wish(ctx, in.Key, in.Body.Reason), p))
		})
	huma.Register(s.api, operation("change-permit", http.MethodPut, "/api/permits/{id}", "Enter a new version of a permit", officer, 400, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			PermitPath
			RequestKey
			Body struct {
				Edited uint32 `json:"edited" minimum:"1" doc:"number of the version that was edited: refused when there is a newer one"`
				PermitText
			}
		},
		) (*body[PermitKept], error) {
			p, err := in.Body.permit(permit.ID(in.ID))
			if err != nil {
				return nil, err
			}
			return s.kept(ctx)(book.Change(ctx, wish(ctx, in.Key, in.Body.Reason), p, in.Body.Edited))
		})
	huma.Register(s.api, operation("retire-permit", http.MethodPost, "/api/permits/{id}/retire", "End a permit", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			PermitPath
			RequestKey
			Body struct {
				Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"why it ends"`
			}
		},
		) (*body[PermitKept], error) {
			return s.kept(ctx)(book.Retire(ctx, wish(ctx, in.Key, in.Body.Reason), permit.ID(in.ID)))
		})
	huma.Register(s.api, operation("list-permit-versions", http.MethodGet, "/api/permits/{id}/versions", "Every version of a permit; on record", officer, 401, 403, 404, 422, 507),
		func(ctx context.Context, in *struct {
			PermitPath
			Reason string `query:"reason" required:"true" minLength:"3" maxLength:"500" doc:"why you look"`
		},
		) (*body[PermitVersions], error) {
			all, err := book.Versions(ctx, who(ctx).Who(), permit.ID(in.ID), in.Reason)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[PermitVersions]{PermitVersions{all}}, nil
		})
	huma.Register(s.api, ofFile(operation("preview-permits", http.MethodPost, "/api/permits/import/preview", "What a file of permits would change, and what is wrong with its lines", officer, 401, 403, 413, 422), "text/csv"),
		func(ctx context.Context, in *PermitFile) (*body[permits.Preview], error) {
			return s.imported(ctx)(book.Preview(permits.Import{Wish: wish(ctx, "", ""), File: in.file, OffsetMinutes: in.Offset}))
		})
	huma.Register(s.api, ofFile(operation("import-permits", http.MethodPost, "/api/permits/import", "Do what a file of permits says, all or nothing", officer, 401, 403, 409, 413, 422, 507), "text/csv"),
		func(ctx context.Context, in *struct {
			PermitFile
			RequestKey
			Reason string `query:"reason" required:"true" minLength:"3" maxLength:"500" doc:"where the file comes from"`
		},
		) (*body[permits.Preview], error) {
			return s.imported(ctx)(book.Import(ctx, permits.Import{Wish: wish(ctx, in.Key, in.Reason), File: in.file, OffsetMinutes: in.Offset}))
		})
}

// wish is a wish of who makes the request.
func wish(ctx context.Context, request, reason string) permits.Wish {
	return permits.Wish{Request: request, Who: who(ctx).Who(), Reason: reason}
}

func (s *Server) searchPermits(ctx context.Context, in *struct {
	Body struct {
		About  string      `json:"about" minLength:"1" maxLength:"300" doc:"id of the alert, finding or case that the look-up is about"`
		Reason string      `json:"reason" minLength:"3" maxLength:"500" doc:"why you look"`
		Text   string      `json:"text" minLength:"3" maxLength:"100" doc:"part of the number, the holder, the craft's name or identity: three letters or digits at least"`
		Kind   permit.Kind `json:"kind,omitempty" enum:"fishing-licence,coca-transport,ferry-timetable,market-day,no-transponder,other" doc:"only of this kind"`
		At     time.Time   `json:"at,omitzero" doc:"only what holds at this time"`
	}
},
) (*body[permits.Found], error) {
	found, err := s.cfg.Permits.Search(ctx, permits.Lookup{
		Who: who(ctx).Who(), About: in.Body.About, Reason: in.Body.Reason, Text: in.Body.Text, Kind: in.Body.Kind, At: in.Body.At,
	})
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[permits.Found]{found}, nil
}

// kept answers with what became of a permit.
func (s *Server) kept(ctx context.Context) func(permits.Result, error) (*body[PermitKept], error) {
	return func(r permits.Result, err error) (*body[PermitKept], error) {
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return &body[PermitKept]{PermitKept(r)}, nil
	}
}

// imported answers with what a file changes or would change; of a file with
// wrong lines that was to be applied, with what is wrong.
func (s *Server) imported(ctx context.Context) func(permits.Preview, error) (*body[permits.Preview], error) {
	return func(p permits.Preview, err error) (*body[permits.Preview], error) {
		var wrong *permits.WrongFile
		switch {
		case errors.As(err, &wrong):
			out := problem(http.StatusUnprocessableEntity, "wrong-lines", wrong.Error())
			const told = 100
			for _, w := range p.Errors[:min(len(p.Errors), told)] {
				out.Errors = append(out.Errors, &huma.ErrorDetail{Location: location(w), Message: w.Detail})
			}
			return nil, out
		case err != nil:
			return nil, s.fileRefusal(ctx, err)
		}
		return &body[permits.Preview]{p}, nil
	}
}

// fileRefusal is refusal where a file was read from the request.
func (s *Server) fileRefusal(ctx context.Context, err error) error {
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return problem(http.StatusRequestEntityTooLarge, "file-too-long", "the file is too long: import it in parts")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return problem(http.StatusBadRequest, "bad-request", "the file ended before its end: send it again")
	}
	return s.refusal(ctx, err)
}

// location names a place of a file.
func location(w permits.Wrong) string {
	if w.Column == "" {
		return fmt.Sprintf("line %d", w.Line)
	}
	return fmt.Sprintf("line %d, %s", w.Line, w.Column)
}
