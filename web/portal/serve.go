package portal

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// receipt gives an entry as a bundle that the page, or atalaya-verify, checks.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) {
	s.give(w, r, "application/json", func(index uint64) ([]byte, error) { return s.cfg.Book.Receipt(r.Context(), index) })
}

// proof gives the tlog-proof of an entry.
func (s *Server) proof(w http.ResponseWriter, r *http.Request) {
	s.give(w, r, "text/plain; charset=utf-8", func(index uint64) ([]byte, error) { return s.cfg.Book.Proof(r.Context(), index) })
}

func (s *Server) give(w http.ResponseWriter, r *http.Request, kind string, get func(uint64) ([]byte, error)) {
	index, err := strconv.ParseUint(r.PathValue("index"), 10, 53)
	if err != nil {
		http.Error(w, ErrNone.Error(), http.StatusNotFound)
		return
	}
	b, err := get(index)
	switch {
	case errors.Is(err, ErrNone):
		http.Error(w, ErrNone.Error(), http.StatusNotFound)
	case errors.Is(err, ErrGone):
		http.Error(w, ErrGone.Error(), http.StatusGone)
	case err != nil:
		s.cfg.Log.Error("the portal cannot prove an entry", slog.Uint64("entry", index), slog.Any("error", err))
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(b) // the client may have gone
	}
}

// archive gives the public export, to one at a time.
func (s *Server) archive(w http.ResponseWriter, r *http.Request) {
	select {
	case s.export <- struct{}{}:
		defer func() { <-s.export }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, language(r).T("busy"), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="atalaya-export.zip"`)
	if err := s.cfg.Book.Export(r.Context(), w); err != nil {
		if r.Context().Err() == nil {
			s.cfg.Log.Error("the portal cannot export the ledger", slog.Any("error", err))
		}
		panic(http.ErrAbortHandler) // a half archive must not look whole
	}
}

// report gives the numbers of a year: "2026.csv", "2026.pdf".
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	year, format, _ := strings.Cut(r.PathValue("name"), ".")
	l := language(r)
	s.mu.RLock()
	known := slices.Contains(s.sum.Years(), year)
	rep := report{Language: l, Year: year, Exercise: s.cfg.Exercise, Version: s.cfg.Version, Made: s.cfg.Clock().UTC(), Rows: s.sum.Rows(year), Size: s.sum.Next()}
	s.mu.RUnlock()
	if !known || format != "csv" && format != "pdf" {
		http.NotFound(w, r)
		return
	}
	st, err := s.cfg.Book.State(r.Context())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	rep.Key = st.Key
	var out bytes.Buffer
	kind := "text/csv; charset=utf-8"
	if format == "csv" {
		err = rep.csv(&out)
	} else {
		kind, err = "application/pdf", rep.pdf(&out, true)
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="atalaya-`+year+`.`+format+`"`)
	_, _ = w.Write(out.Bytes()) // the client may have gone
}

// signature is a line of a signed note.
type signature struct {
	name string
	at   time.Time // of a cosignature (c2sp.org/tlog-cosignature); zero: the log's own
}

// parseNote gives the root of a checkpoint and who signed it. It verifies
// nothing: it says what the note says.
func parseNote(note []byte) (root string, out []signature) {
	head, block, _ := strings.Cut(string(note), "\n\n")
	if lines := strings.Split(head, "\n"); len(lines) >= 3 {
		root = lines[2]
	}
	for line := range strings.Lines(block) {
		name, b64, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		raw, err := base64.StdEncoding.DecodeString(b64)
		if !ok || err != nil {
			continue
		}
		x := signature{name: name}
		const id, stamp, ed25519 = 4, 8, 64
		if len(raw) == id+stamp+ed25519 {
			if sec := binary.BigEndian.Uint64(raw[id:]); sec < 1<<40 {
				x.at = time.Unix(int64(sec), 0).UTC()
			}
		}
		out = append(out, x)
	}
	return root, out
}
