package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
)

// Problem is an error as RFC 9457 describes it, with a code for programs.
type Problem struct {
	Type   string              `json:"type" doc:"urn:atalaya:problem: and the code" format:"uri"`
	Title  string              `json:"title" doc:"name of the status"`
	Status int                 `json:"status" doc:"HTTP status"`
	Code   string              `json:"code" doc:"what went wrong, for programs"`
	Detail string              `json:"detail" doc:"what went wrong and what to do next"`
	Errors []*huma.ErrorDetail `json:"errors,omitempty" doc:"what is wrong with the request, one by one"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "urn:atalaya:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		return // the client went
	}
}

//nolint:gochecknoglobals // huma's hook for errors is a global; it is set once
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := problem(status, codeOf(status), msg)
		for _, err := range errs {
			if err == nil {
				continue
			}
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				// Without the value: it may be a password.
				detail := *d.ErrorDetail()
				detail.Value = nil
				p.Errors = append(p.Errors, &detail)
			} else {
				p.Errors = append(p.Errors, &huma.ErrorDetail{Message: err.Error()})
			}
		}
		return p
	}
})

// codeOf makes a code of a status: 422 is "unprocessable-entity".
func codeOf(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "-")
}

// refusal makes a problem of what the desk or the store says. What neither
// foresaw is for the log, not for the browser.
func (s *Server) refusal(ctx context.Context, err error) error {
	var state *desk.StateError
	switch {
	case errors.Is(err, desk.ErrFull):
		return problem(http.StatusInsufficientStorage, "storage-full",
			"the disk is full and nothing was changed: free space or tell an administrator, then try again")
	case errors.Is(err, desk.ErrLedger):
		return problem(http.StatusServiceUnavailable, "ledger-refuses",
			"the ledger takes no records and nothing was changed: tell an administrator; 'atalaya ledger status' says why")
	case errors.As(err, &state):
		return problem(http.StatusConflict, "alert-state", state.Error())
	case errors.Is(err, desk.ErrSecondPerson):
		return problem(http.StatusForbidden, "second-person", err.Error())
	case errors.Is(err, desk.ErrRequestReused):
		return problem(http.StatusConflict, "request-reused", err.Error())
	case errors.Is(err, desk.ErrConflict):
		return problem(http.StatusConflict, "conflict", err.Error())
	case errors.Is(err, desk.ErrNotFound):
		return problem(http.StatusNotFound, "not-found", err.Error())
	case errors.Is(err, desk.ErrForbidden):
		return problem(http.StatusForbidden, "forbidden", err.Error())
	case errors.Is(err, desk.ErrInvalid):
		return problem(http.StatusUnprocessableEntity, "invalid", err.Error())
	}
	if ctx.Err() == nil { // else the browser went
		s.cfg.Log.Error("a request failed", slog.Any("error", err))
	}
	return internal("the request could not be done: try again, or tell an administrator")
}

func internal(detail string) *Problem {
	return problem(http.StatusInternalServerError, "internal-server-error", detail)
}

// schemaName names a type in the API's description by package and type, as
// "DeskAlert".
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	path := t.PkgPath()
	pkg := path[strings.LastIndexByte(path, '/')+1:]
	if pkg == "" || pkg == "web" || pkg == "huma" {
		return name
	}
	return string(unicode.ToUpper(rune(pkg[0]))) + pkg[1:] + name
}
