package web

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// refuseEmpty refuses times and numbers that are named but empty: read as "not
// named" they would mean something else than was meant.
func refuseEmpty(ctx huma.Context, next func(huma.Context)) {
	r, w := unwrap(ctx)
	q := r.URL.Query()
	refuse := func(where, detail, give string) {
		refused := problem(http.StatusUnprocessableEntity, "unprocessable-entity", detail)
		refused.Errors = []*huma.ErrorDetail{{Location: where, Message: give + ", or leave it out"}}
		writeProblem(w, refused)
	}
	for _, p := range ctx.Operation().Parameters {
		switch {
		case p.Schema == nil:
		case p.In == "query" && p.Schema.Format == "date-time" && q.Has(p.Name) && q.Get(p.Name) == "":
			refuse("query."+p.Name, "a time is empty", "give a time such as 2026-01-02T03:04:05Z")
			return
		case p.In == "header" && p.Schema.Type == huma.TypeInteger && len(r.Header.Values(p.Name)) > 0 && r.Header.Get(p.Name) == "":
			refuse("header."+p.Name, "a number is empty", "give a number")
			return
		}
	}
	next(ctx)
}

// nullIsAbsent describes what the API does: a field of a request's body that
// may be left out may be null as well.
func nullIsAbsent(api *huma.OpenAPI) {
	seen := map[*huma.Schema]bool{}
	var walk func(*huma.Schema)
	walk = func(s *huma.Schema) {
		for s != nil && s.Ref != "" {
			s = api.Components.Schemas.SchemaFromRef(s.Ref)
		}
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		walk(s.Items)
		for name, field := range s.Properties {
			walk(field)
			if field.Ref != "" || field.Type == "" || field.Nullable || slices.Contains(s.Required, name) {
				continue
			}
			field.Nullable = true
			if len(field.Enum) > 0 {
				field.Enum = append(slices.Clip(field.Enum), nil)
			}
		}
	}
	for _, path := range api.Paths {
		for _, op := range []*huma.Operation{path.Post, path.Put} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			for _, content := range op.RequestBody.Content {
				walk(content.Schema)
			}
		}
	}
}
