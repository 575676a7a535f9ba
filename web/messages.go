package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/sensor"
)

// maxWatching bounds the requests that wait for a feed's messages.
const maxWatching = 32

// messageRoutes shows what a feed brings, message by message.
func (s *Server) messageRoutes() {
	watching := make(chan struct{}, maxWatching)
	huma.Register(s.api, operation("watch-feed", http.MethodGet, "/api/feeds/{id}/messages",
		"What a feed brings: raw, decoded, and what became of it. Messages are kept while somebody asks", officer, 401, 403, 404, 422, 503),
		func(ctx context.Context, in *struct {
			ThingPath
			After uint64 `query:"after" maximum:"9007199254740991" doc:"next of the answer before"`
			Wait  uint8  `query:"wait" maximum:"25" default:"0" doc:"seconds to wait for a message"`
		},
		) (*body[sensor.Tapped], error) {
			select {
			case watching <- struct{}{}:
				defer func() { <-watching }()
			default:
				return nil, problem(http.StatusServiceUnavailable, "too-many-watching", "too many watch feeds now: close other windows, and try again")
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(s.stopped, cancel)()
			got, ok := s.cfg.Messages(ctx, sensor.FeedID(in.ID), in.After, time.Duration(in.Wait)*time.Second)
			if !ok {
				return nil, problem(http.StatusNotFound, "not-found", "no feed "+in.ID+" is in force now: ask for the list")
			}
			return &body[sensor.Tapped]{got}, nil
		})
}
