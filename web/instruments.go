package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/instruments"
	"atalaya/desk/papers"
)

// InstrumentList is all instruments.
type InstrumentList struct {
	Instruments []instruments.Instrument `json:"instruments" doc:"those changed last first"`
}

// InstrumentWish is an instrument that is to be sealed.
type InstrumentWish struct {
	Type     instruments.Type `json:"type" enum:"agreement,annex,directive,supply" doc:"what it is"`
	Title    string           `json:"title" minLength:"1" maxLength:"300" doc:"for people; hidden until it is open"`
	Parties  []string         `json:"parties" minItems:"1" maxItems:"20" doc:"between whom; public"`
	Date     string           `json:"date" format:"date" doc:"of the instrument; public"`
	SealedBy string           `json:"sealed_by" minLength:"1" maxLength:"300" doc:"which office seals it; public"`
	Opens    time.Time        `json:"opens" doc:"when it is open at the latest; it cannot be moved"`
	Text     []byte           `json:"text" doc:"its text, base64; at most 4 MiB"`
}

// instrumentsPath is where instruments are.
const instrumentsPath = "/api/ledger/instruments"

func (s *Server) instrumentRoutes() {
	huma.Register(s.api, operation("list-instruments", http.MethodGet, instrumentsPath, "Agreements, annexes, directives and contracts of supply, sealed and open", signedIn, 401, 422),
		func(ctx context.Context, _ *struct{}) (*body[InstrumentList], error) {
			all, err := s.cfg.Instruments.List(ctx)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[InstrumentList]{InstrumentList{all}}, nil
		})
	seal := operation("seal-instrument", http.MethodPost, instrumentsPath, "Seal an instrument: all but its text and title is public from now on", administrator, 401, 403, 409, 422, 507)
	seal.MaxBodyBytes = maxUpload
	huma.Register(s.api, seal,
		func(ctx context.Context, in *struct {
			RequestKey
			Body InstrumentWish
		},
		) (*body[instruments.Instrument], error) {
			b := &in.Body
			got, err := s.cfg.Instruments.Seal(ctx, instruments.Wish{
				Wish: s.paperWish(ctx, in.RequestKey), Type: b.Type, Title: b.Title, Parties: b.Parties, Date: b.Date, SealedBy: b.SealedBy, Opens: b.Opens, Text: b.Text,
			})
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[instruments.Instrument]{got}, nil
		})
	huma.Register(s.api, operation("open-instrument", http.MethodPost, instrumentsPath+"/{id}/open", "Open a sealed instrument: its title and what its text is checked with are public from now on", administrator, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			ThingPath
		},
		) (*body[instruments.Instrument], error) {
			got, err := s.cfg.Instruments.Open(ctx, s.paperWish(ctx, in.RequestKey), in.ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[instruments.Instrument]{got}, nil
		})
	op := operation("get-instrument-text", http.MethodGet, instrumentsPath+"/{id}/text", "The text of an open instrument", signedIn, 401, 403, 404, 422)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "the file that was sealed",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	huma.Register(s.api, op, func(ctx context.Context, in *ThingPath) (*struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}, error,
	) {
		text, err := s.cfg.Instruments.Text(ctx, in.ID)
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return &struct {
			ContentType string `header:"Content-Type"`
			Body        []byte
		}{"application/octet-stream", text}, nil
	})
}

// paperWish is a wish of who asks, under their own name for it.
func (s *Server) paperWish(ctx context.Context, k RequestKey) papers.Wish {
	w := who(ctx)
	return papers.Wish{Who: w.Who(), Request: string(w.ID) + "/" + k.Key}
}
