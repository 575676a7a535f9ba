package web

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/casefile"
	"atalaya/desk/casework"
)

// ExportWish asks for a case as a file.
type ExportWish struct {
	Format   casework.Format   `json:"format" enum:"json,html" doc:"json: everything, for programs; html: to read and to print"`
	Language casefile.Language `json:"language" enum:"es,en" doc:"of a file to read"`
}

func (s *Server) casefileRoutes() {
	op := change("export-case", "/api/cases/{id}/exports", "A case as one self-contained file. It is on record, with the file's hash, before it is given; a retry gives the same file")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "the file",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}},
			"text/html":        {Schema: &huma.Schema{Type: huma.TypeString}},
		},
		Headers: map[string]*huma.Param{
			"Content-Disposition": {Description: "the name of the file, with the name of the export", Schema: &huma.Schema{Type: huma.TypeString}},
			"Repr-Digest":         {Description: "SHA-256 of the file (RFC 9530)", Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}}
	huma.Register(s.api, op, func(ctx context.Context, in *struct {
		Wish
		PaperPath
		Body ExportWish
	},
	) (*huma.StreamResponse, error) {
		f, err := s.cfg.Casefiles.Export(ctx, in.wish(ctx), in.ID, casefile.Want(in.Body))
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		return s.given(f), nil
	})
}

// given answers with a file that was made of a case.
func (s *Server) given(f casefile.File) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		media := "application/json"
		if f.Format == casework.HTML {
			media = "text/html; charset=utf-8"
		}
		ctx.SetHeader("Content-Type", media)
		ctx.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("atalaya-%s-%s.%s", f.Case, f.ID, f.Format)))
		if sum, err := hex.DecodeString(f.SHA256); err == nil {
			ctx.SetHeader("Repr-Digest", fmt.Sprintf("sha-256=:%s:", base64.StdEncoding.EncodeToString(sum)))
		}
		if _, err := ctx.BodyWriter().Write(f.Content); err != nil {
			panic(http.ErrAbortHandler) // the client went, and must not take the part for the whole
		}
	}}
}
