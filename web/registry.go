package web

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/people"
	"atalaya/desk/registry"
	"atalaya/track"
	"atalaya/valid"
)

// What observations are judged by is registered, changed and ended in the same
// way, whatever it is.

// ThingPath names something that is registered.
type ThingPath struct {
	ID string `path:"id" minLength:"1" maxLength:"80" doc:"its name"`
}

// When says which versions are wanted.
type When struct {
	At  time.Time `query:"at" doc:"those in force then; default: now"`
	All bool      `query:"all" doc:"the last version of each, in force or not"`
}

// Addition is something new.
type Addition[B any] struct {
	ID     string `json:"id,omitempty" maxLength:"80" doc:"its name for ever: letters, digits, '-', '_' and '.'; absent: one is made"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"why; kept with the version"`
	To     B      `json:"to" doc:"what it shall be"`
}

// Edit is a change of something.
type Edit[B any] struct {
	Version uint32 `json:"version" minimum:"1" doc:"the version that you changed: another one in between is a conflict"`
	Reason  string `json:"reason" minLength:"1" maxLength:"1000" doc:"why; kept with the version"`
	To      B      `json:"to" doc:"what it shall be"`
}

// Changed is what became of a change.
type Changed[V any] struct {
	Now      *V                `json:"now,omitempty" doc:"the version that the request made; absent: it waits for a second person"`
	Repeated bool              `json:"repeated" doc:"the same request had been done before"`
	Waits    *approval.Request `json:"waits,omitempty" doc:"the request that a second person decides about"`
}

type changed[V any] struct {
	Status int
	Body   Changed[V]
}

// VersionList is every version of something.
type VersionList[V any] struct {
	Versions []V `json:"versions" doc:"oldest first"`
}

// Validity is the part of a version that its maker chooses.
type Validity struct {
	From  time.Time `json:"from,omitzero" doc:"in force from this time; absent: from now on"`
	Until time.Time `json:"until,omitzero" doc:"in force until before this time; absent: until replaced"`
}

func (v Validity) record() valid.Record { return valid.Record{From: v.From, Until: v.Until} }

// noun is a kind of things with its operations: T as it is kept, B as it is
// wished, V as it is shown.
type noun[T valid.Versioned, B, V any] struct {
	kind   registry.Kind
	many   string // as in /api/areas
	book   *registry.Book[T]
	scope  people.Scope
	make   func(id string, to *B) (T, error)
	change func(*T) track.Change
	show   func(T) V
	// listed has the list already: GET of the path is somebody else's.
	listed bool
}

// List is what is registered.
type List[V any] struct {
	Items []V `json:"items" doc:"ordered by name"`
}

// versions gives what a list is asked for.
func (n *noun[T, B, V]) versions(s *Server, when When) []V {
	var all []T
	switch {
	case when.All:
		all = n.book.Latest()
	case when.At.IsZero():
		all = n.book.AllAt(s.cfg.Clock())
	default:
		all = n.book.AllAt(when.At)
	}
	out := make([]V, len(all))
	for i, v := range all {
		out[i] = n.show(v)
	}
	return out
}

// registerNoun makes the operations of a noun.
func registerNoun[T valid.Versioned, B, V any](s *Server, n noun[T, B, V]) {
	one, path := string(n.kind), "/api/"+n.many
	least := string(registry.Least(n.kind))
	if !n.listed {
		huma.Register(s.api, scoped(operation("list-"+n.many, http.MethodGet, path, "Every "+one+" in force", signedIn, 401, 422), n.scope),
			func(_ context.Context, in *When) (*body[List[V]], error) {
				return &body[List[V]]{List[V]{n.versions(s, *in)}}, nil
			})
	}
	huma.Register(s.api, mayWait[Changed[V]](s, operation("add-"+one, http.MethodPost, path, "Register a new "+one, least, 401, 403, 409, 422, 507)),
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
			Body Addition[B]
		},
		) (*changed[V], error) {
			id := in.Body.ID
			if id == "" {
				id = madeID(one, in.Key)
			}
			return n.apply(ctx, s, in.Key, id, 0, in.Body.Reason, &in.Body.To)
		})
	huma.Register(s.api, scoped(operation("get-"+one, http.MethodGet, path+"/{id}", "One "+one+": as in force, or else its last version", signedIn, 401, 404, 422), n.scope),
		func(_ context.Context, in *struct {
			ThingPath
			When
		},
		) (*body[V], error) {
			if in.At.IsZero() {
				in.At = s.cfg.Clock()
			}
			v, ok := n.book.At(in.ID, in.At)
			if !ok {
				v, ok = n.book.At(in.ID, time.Time{})
			}
			if !ok {
				return nil, noThing(one, in.ID)
			}
			return &body[V]{n.show(v)}, nil
		})
	huma.Register(s.api, mayWait[Changed[V]](s, operation("change-"+one, http.MethodPut, path+"/{id}", "Change a "+one+" by a new version", least, 400, 401, 403, 404, 409, 422, 507)),
		func(ctx context.Context, in *struct {
			ThingPath
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
			Body Edit[B]
		},
		) (*changed[V], error) {
			return n.apply(ctx, s, in.Key, in.ID, in.Body.Version, in.Body.Reason, &in.Body.To)
		})
	huma.Register(s.api, mayWait[Changed[V]](s, operation("end-"+one, http.MethodDelete, path+"/{id}", "End a "+one+" now: its versions stay", least, 401, 403, 404, 409, 422, 507)),
		func(ctx context.Context, in *struct {
			ThingPath
			Key     string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
			Version uint32 `query:"version" required:"true" minimum:"1" doc:"the version that you saw: another one in between is a conflict"`
			Reason  string `query:"reason" required:"true" minLength:"1" maxLength:"1000" doc:"why; kept with the version"`
		},
		) (*changed[V], error) {
			v, ok := n.book.At(in.ID, time.Time{})
			if !ok {
				return nil, noThing(one, in.ID)
			}
			return n.changed(ctx, s)(s.cfg.Registry.Retire(ctx, registry.Wish{
				Request: in.Key, Who: who(ctx).Who(), Made: in.Version, Reason: in.Reason, Change: n.change(&v),
			}))
		})
	huma.Register(s.api, scoped(operation("list-"+one+"-versions", http.MethodGet, path+"/{id}/versions", "Every version of a "+one+": who changed what, when and why", signedIn, 401, 404, 422), n.scope),
		func(_ context.Context, in *ThingPath) (*body[VersionList[V]], error) {
			all := n.book.Versions(in.ID)
			if len(all) == 0 {
				return nil, noThing(one, in.ID)
			}
			out := make([]V, len(all))
			for i, v := range all {
				out[i] = n.show(v)
			}
			return &body[VersionList[V]]{VersionList[V]{out}}, nil
		})
}

// apply makes a version of what is wished.
func (n *noun[T, B, V]) apply(ctx context.Context, s *Server, key, id string, version uint32, reason string, to *B) (*changed[V], error) {
	v, err := n.make(id, to)
	if err != nil {
		return nil, s.registryRefusal(ctx, fmt.Errorf("%w: %s %q: %w", desk.ErrInvalid, n.kind, id, err))
	}
	return n.changed(ctx, s)(s.cfg.Registry.Apply(ctx, registry.Wish{
		Request: key, Who: who(ctx).Who(), Made: version, Reason: reason, Change: n.change(&v),
	}))
}

// changed answers with what became of a change.
func (n *noun[T, B, V]) changed(ctx context.Context, s *Server) func(registry.Result, error) (*changed[V], error) {
	return func(r registry.Result, err error) (*changed[V], error) {
		if need, ok := errors.AsType[*approval.Needed](err); ok {
			q, err := s.cfg.Approvals.Ask(ctx, who(ctx).Who(), need.Wish)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &changed[V]{http.StatusAccepted, Changed[V]{Waits: &q}}, nil
		}
		if err != nil {
			return nil, s.registryRefusal(ctx, err)
		}
		_, key, made := desk.Subject(r.Change)
		for _, v := range n.book.Versions(key) {
			if v.Version().Number == made.Number {
				return &changed[V]{http.StatusOK, Changed[V]{Now: new(n.show(v)), Repeated: r.Repeated}}, nil
			}
		}
		return nil, s.refusal(ctx, fmt.Errorf("%s %s has no version %d", n.kind, key, made.Number))
	}
}

// registryRefusal is refusal with what the screens need to help: who was
// faster, which point of a shape is wrong, or which field.
func (s *Server) registryRefusal(ctx context.Context, err error) error {
	var version *registry.VersionError
	var shape *area.ShapeError
	var field *valid.FieldError
	switch {
	case errors.As(err, &version):
		p := problem(http.StatusConflict, "version-conflict", version.Error())
		p.Errors = []*huma.ErrorDetail{{Location: "body.version", Message: "somebody else changed it in between", Value: version.Now}}
		return p
	case errors.As(err, &shape):
		p := problem(http.StatusUnprocessableEntity, "shape", err.Error())
		p.Errors = []*huma.ErrorDetail{{Location: shapeLocation(shape), Message: shape.Why}}
		return p
	case errors.As(err, &field):
		p := problem(http.StatusUnprocessableEntity, "invalid", err.Error())
		location := "body.to." + field.Field
		if field.Field == "id" {
			location = "body.id"
		}
		p.Errors = []*huma.ErrorDetail{{Location: location, Message: field.Error()}}
		return p
	}
	return s.refusal(ctx, err)
}

// shapeLocation points into the coordinates of a geometry.
func shapeLocation(e *area.ShapeError) string {
	at := "body.to.geometry.coordinates"
	if e.Ring > 0 {
		at += fmt.Sprintf("[%d]", e.Ring-1)
	}
	if e.Point > 0 {
		at += fmt.Sprintf("[%d]", e.Point-1)
	}
	return at
}

func noThing(one, id string) *Problem {
	return problem(http.StatusNotFound, "not-found", fmt.Sprintf("there is no %s %q: ask for the list", one, id))
}

// madeID makes a name of a request's, so that a retry makes the same.
func madeID(one, key string) string {
	sum := sha256.Sum256([]byte(one + "/" + key))
	const length = 10
	return one + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:length])
}
