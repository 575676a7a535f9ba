package ogc

import "net/http"

// openAPI describes this API (OpenAPI 3.0.3), as the requirement class oas30
// asks for.
func (s *Server) openAPI(r *http.Request) (answer, error) {
	paths := map[string]any{
		"/":            operation("landing", "Landing page", mediaJSON, false),
		"/api":         operation("api", "This description", mediaOpenAPI, false),
		"/conformance": operation("conformance", "Requirement classes that are met", mediaJSON, false),
		"/collections": operation("collections", "Collections of features", mediaJSON, false),
	}
	for i := range s.collections {
		c := &s.collections[i]
		path := "/collections/" + c.id
		paths[path] = operation("describe-"+c.id, c.title+": what it is", mediaJSON, false)
		paths[path+"/schema"] = operation("schema-"+c.id, c.title+": properties of its features", mediaSchema, false)
		paths[path+"/items"] = operation("list-"+c.id, c.description, mediaGeoJSON, false, paramLimit, paramBox, paramTime, paramAfter)
		paths[path+"/items/{item}"] = operation("get-"+c.id, c.title+": one feature", mediaGeoJSON, true, "item")
	}
	return answer{mediaOpenAPI, map[string]any{
		"openapi": "3.0.3",
		"info": map[string]any{
			"title": title, "description": description, "version": s.cfg.Version,
			"license": map[string]any{"name": "Apache-2.0"},
		},
		"servers": []any{map[string]any{"url": s.href(r, "", nil)}},
		"paths":   paths,
		"security": []any{
			map[string]any{"session": []string{}}, map[string]any{"token": []string{}},
		},
		"components": map[string]any{
			"parameters": parameters(),
			"schemas":    map[string]any{"problem": problemSchema(), "document": map[string]any{"type": "object"}},
			"securitySchemes": map[string]any{
				"session": map[string]any{"type": "apiKey", "in": "cookie", "name": "atalaya_session"},
				"token":   map[string]any{"type": "http", "scheme": "bearer", "description": "a token with the scope ogc"},
			},
		},
	}}, nil
}

func operation(id, summary, media string, one bool, params ...string) map[string]any {
	response := func(description, media, schema string) map[string]any {
		return map[string]any{"description": description, "content": map[string]any{
			media: map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/" + schema}},
		}}
	}
	responses := map[string]any{
		"200": response("the document", media, "document"),
		"400": response("a parameter is not valid, or not known", mediaProblem, "problem"),
		"401": response("nobody is signed in, and there is no good token", mediaProblem, "problem"),
		"403": response("the token lacks the scope ogc", mediaProblem, "problem"),
		"500": response("it failed", mediaProblem, "problem"),
	}
	if one {
		responses["404"] = response("there is no such feature now", mediaProblem, "problem")
	}
	get := map[string]any{"operationId": id, "summary": summary, "responses": responses}
	if len(params) > 0 {
		refs := make([]any, len(params))
		for i, p := range params {
			refs[i] = map[string]any{"$ref": "#/components/parameters/" + p}
		}
		get["parameters"] = refs
	}
	return map[string]any{"get": get}
}

func problemSchema() map[string]any {
	text := map[string]any{"type": "string"}
	return map[string]any{
		"type": "object", "required": []string{"type", "title", "status", "code", "detail"},
		"properties": map[string]any{"type": text, "title": text, "code": text, "detail": text, "status": map[string]any{"type": "integer"}},
	}
}

func parameters() map[string]any {
	query := func(name, description string, schema map[string]any) map[string]any {
		return map[string]any{
			"name": name, "in": "query", "required": false, "description": description, "schema": schema, "style": "form", "explode": false,
		}
	}
	return map[string]any{
		paramLimit: query(paramLimit, "most features of the page; more than the maximum counts as the maximum", map[string]any{
			"type": "integer", "minimum": 1, "maximum": maxLimit, "default": defaultLimit,
		}),
		paramBox: query(paramBox, "west, south, east, north in degrees of CRS84; over the antimeridian west is more than east", map[string]any{
			"type": "array", "items": map[string]any{"type": "number"}, "minItems": 4, "maxItems": 6,
		}),
		paramTime:  query(paramTime, "a time of RFC 3339, or an interval of two apart by a slash, both included, of which one may be '..'", map[string]any{"type": "string"}),
		paramAfter: query(paramAfter, "from the link to the next page", map[string]any{"type": "string", "maxLength": 200}),
		"item": map[string]any{
			"name": "item", "in": "path", "required": true, "description": "id of the feature", "schema": map[string]any{"type": "string"},
		},
	}
}
