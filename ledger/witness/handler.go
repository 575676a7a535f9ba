package witness

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

const (
	// maxBody bounds a request: 63 hashes, and a checkpoint with signatures.
	maxBody = 64 << 10
	// maxBusy is how many requests are judged at a time.
	maxBusy = 64
	// patience is how long a client may take.
	patience = 10 * time.Second
)

// Handler serves the protocol of C2SP tlog-witness, and at GET /checkpoint with
// the parameter origin the head that was cosigned last.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.serveAdd)
	mux.HandleFunc("GET /checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		last, err := w.Last(r.URL.Query().Get("origin"))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusNotFound)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rw.Write(last) //nolint:errcheck // the client is gone
	})
	busy := make(chan struct{}, maxBusy)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
			mux.ServeHTTP(rw, r)
		default:
			http.Error(rw, "too many requests at a time", http.StatusServiceUnavailable)
		}
	})
}

// Server is an HTTP server for the handler, with bounds for slow clients.
func (w *Witness) Server() *http.Server {
	return &http.Server{
		Handler: w.Handler(), ReadTimeout: patience, WriteTimeout: patience, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(w.cfg.Log.Handler(), slog.LevelDebug),
	}
}

func (w *Witness) serveAdd(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	if err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			http.Error(rw, "the request is too large", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(rw, "the request cannot be read", http.StatusBadRequest)
		return
	}
	line, err := w.Add(r.Context(), body)
	var conflict *ConflictError
	status := 0
	switch {
	case err == nil:
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rw.Write(line) //nolint:errcheck // the client is gone
		return
	case errors.As(err, &conflict):
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", conflict.Size)
		return
	case errors.Is(err, ErrRequest):
		status = http.StatusBadRequest
	case errors.Is(err, ErrUnknown):
		status = http.StatusNotFound
	case errors.Is(err, ErrSignature):
		status = http.StatusForbidden
	case errors.Is(err, ErrRoot):
		status = http.StatusConflict
	case errors.Is(err, ErrProof):
		status = http.StatusUnprocessableEntity
	default:
		// Nothing of the inside to strangers.
		w.cfg.Log.Error("a checkpoint was not cosigned", slog.Any("error", err))
		http.Error(rw, "the witness cannot sign now", http.StatusInternalServerError)
		return
	}
	http.Error(rw, err.Error(), status)
}
