package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/clocks"
)

// ClockList is notices to neighbours.
type ClockList struct {
	Notices []clocks.Notice `json:"notices" doc:"those changed last first"`
}

// ClockWish starts a clock.
type ClockWish struct {
	Clock clocks.Kind `json:"clock" enum:"flight,pursuit,breach,query" doc:"what it is about"`
	To    string      `json:"to" enum:"ar,br,cl,pe,py" doc:"the neighbour"`
	Text  string      `json:"text" minLength:"1" maxLength:"4000" doc:"what is to be told; of a sealed one public when it opens"`
	Event time.Time   `json:"event" doc:"when the flight begins, the pursuit or breach began, the query came"`
	Opens time.Time   `json:"opens,omitzero" doc:"it would betray a patrol: everybody sees that there is a notice, and what it was when it opens, at the latest then"`
}

// GivenNote says how a neighbour was told.
type GivenNote struct {
	How string `json:"how" minLength:"1" maxLength:"4000" doc:"how it was told, and to whom"`
}

// clocksPath is where notices to neighbours are; /api/notices are alerts that
// nobody has to act on.
const clocksPath = "/api/ledger/notices"

func (s *Server) clockRoutes() {
	answered := func(ctx context.Context, n clocks.Notice, err error) (*body[clocks.Notice], error) {
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return &body[clocks.Notice]{n}, nil
	}
	huma.Register(s.api, operation("list-clocks", http.MethodGet, clocksPath, "Notices that neighbours are to be given by a time", officer, 401, 403, 422),
		func(ctx context.Context, in *struct {
			Open bool `query:"open" doc:"only those about which something is left to do"`
		},
		) (*body[ClockList], error) {
			all, err := s.cfg.Clocks.List(ctx, in.Open)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[ClockList]{ClockList{all}}, nil
		})
	huma.Register(s.api, operation("start-clock", http.MethodPost, clocksPath, "Start the clock of a notice: everybody sees by when it is due, or, of a sealed one, when it opens", officer, 401, 403, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body ClockWish
		},
		) (*body[clocks.Notice], error) {
			b := &in.Body
			n, err := s.cfg.Clocks.Owe(ctx, clocks.Wish{Wish: s.paperWish(ctx, in.RequestKey), Clock: b.Clock, To: b.To, Text: b.Text, Event: b.Event, Opens: b.Opens})
			return answered(ctx, n, err)
		})
	huma.Register(s.api, operation("give-notice", http.MethodPost, clocksPath+"/{id}/given", "Note that the neighbour was told", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			ThingPath
			Body GivenNote
		},
		) (*body[clocks.Notice], error) {
			n, err := s.cfg.Clocks.Give(ctx, s.paperWish(ctx, in.RequestKey), in.ID, in.Body.How)
			return answered(ctx, n, err)
		})
	huma.Register(s.api, operation("open-notice", http.MethodPost, clocksPath+"/{id}/open", "Open a sealed notice: everybody sees what it was", officer, 401, 403, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			ThingPath
		},
		) (*body[clocks.Notice], error) {
			n, err := s.cfg.Clocks.Open(ctx, s.paperWish(ctx, in.RequestKey), in.ID)
			return answered(ctx, n, err)
		})
}
