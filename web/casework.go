package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk"
	"atalaya/desk/casework"
)

// Wish is what every change of casework has.
type Wish struct {
	Key       string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"the client's name for this request; a retry has the same"`
	IfVersion uint64 `header:"If-Version" maximum:"9007199254740991" doc:"the version that you saw: another one is refused; absent: any"`
}

func (w *Wish) wish(ctx context.Context) casework.Wish {
	return casework.Wish{Request: w.Key, Who: who(ctx).Who(), IfVersion: w.IfVersion}
}

// PaperPath names a case, report or task.
type PaperPath struct {
	ID string `path:"id" minLength:"1" maxLength:"40" doc:"its name"`
}

// PaperQuery asks for a page of papers.
type PaperQuery struct {
	Span
	Open   bool   `query:"open" doc:"only open ones"`
	Before uint64 `query:"before" maximum:"9007199254740991" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"most of the page"`
}

// Span is a time from and to.
type Span struct {
	From time.Time `query:"from" doc:"first time; default: since ever"`
	To   time.Time `query:"to" doc:"end, not included; default: now"`
}

func (q *PaperQuery) query() desk.DocumentQuery {
	return desk.DocumentQuery{OpenOnly: q.Open, From: q.From, To: q.To, Before: q.Before, Limit: q.Limit}
}

// What became of wishes, and pages.
type (
	// CaseMade is a case after a wish.
	CaseMade struct {
		Case     casework.Case `json:"case" doc:"as it stands now"`
		Repeated bool          `json:"repeated" doc:"the same request had been done before"`
	}
	// ReportMade is a report after a wish.
	ReportMade struct {
		Report   casework.Report `json:"report" doc:"as it stands now"`
		Repeated bool            `json:"repeated" doc:"the same request had been done before"`
	}
	// TaskMade is a task after a wish.
	TaskMade struct {
		Task     casework.Task `json:"task" doc:"as it stands now"`
		Repeated bool          `json:"repeated" doc:"the same request had been done before"`
	}
	// NoteMade is a line of the shift log after a wish.
	NoteMade struct {
		Note     casework.Note `json:"note" doc:"what was written"`
		Repeated bool          `json:"repeated" doc:"the same request had been done before"`
	}
	// HandoverMade is a hand-over after a wish.
	HandoverMade struct {
		Handover casework.Handover `json:"handover" doc:"who has the desk now"`
		Repeated bool              `json:"repeated" doc:"the same request had been done before"`
	}
	// CaseList is a page of cases.
	CaseList struct {
		Items []casework.Case `json:"items" doc:"the newest change first"`
		Next  uint64          `json:"next,omitempty" doc:"give it as before for the next page; absent: no more"`
	}
	// ReportList is a page of reports.
	ReportList struct {
		Items []casework.Report `json:"items" doc:"the newest change first"`
		Next  uint64            `json:"next,omitempty" doc:"give it as before for the next page; absent: no more"`
	}
	// TaskList is a page of tasks.
	TaskList struct {
		Items []casework.Task `json:"items" doc:"the newest change first"`
		Next  uint64          `json:"next,omitempty" doc:"give it as before for the next page; absent: no more"`
	}
	// HandoverList is a page of hand-overs.
	HandoverList struct {
		Items []casework.Handover `json:"items" doc:"newest first"`
		Next  uint64              `json:"next,omitempty" doc:"give it as before for the next page; absent: no more"`
	}
	// PlaceList is what a search for places found.
	PlaceList struct {
		Places []casework.Place `json:"places" doc:"the best match first"`
	}
)

// answered makes the answer of a service that may fail.
func answered[T, B any](s *Server, ctx context.Context, v T, err error, wrap func(T) B) (*body[B], error) {
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[B]{wrap(v)}, nil
}

// change describes an operation that changes casework.
func change(id, path, summary string, errs ...int) huma.Operation {
	return operation(id, http.MethodPost, path, summary, officer, append(errs, 401, 403, 404, 409, 422, 507)...)
}

func (s *Server) caseworkRoutes() {
	s.caseRoutes()
	s.reportRoutes()
	s.taskRoutes()
	s.shiftRoutes()
}

// caseChange registers a change of a case.
func caseChange[B any](s *Server, id, verb, summary string, do func(context.Context, casework.Wish, string, B) (casework.Result[casework.Case], error)) {
	huma.Register(s.api, change(id, "/api/cases/{id}/"+verb, summary),
		func(ctx context.Context, in *struct {
			Wish
			PaperPath
			Body B
		},
		) (*body[CaseMade], error) {
			r, err := do(ctx, in.wish(ctx), in.ID, in.Body)
			return answered(s, ctx, r, err, caseMade)
		})
}

func caseMade(r casework.Result[casework.Case]) CaseMade { return CaseMade{r.Value, r.Repeated} }

// Text is a text that an officer writes.
type Text struct {
	Text string `json:"text" minLength:"1" maxLength:"4000" doc:"what you write"`
}

// CaseEvidence is evidence for a case.
type CaseEvidence struct {
	Evidence []casework.Evidence `json:"evidence" minItems:"1" maxItems:"50" doc:"what the case rests on"`
}

// CaseDecision is what was decided in a case.
type CaseDecision struct {
	Decision string `json:"decision" minLength:"1" maxLength:"4000" doc:"what was decided"`
	Why      string `json:"why" minLength:"1" maxLength:"4000" doc:"why"`
}

// CaseTitle is another title of a case.
type CaseTitle struct {
	Title string `json:"title" minLength:"1" maxLength:"200" doc:"for people"`
}

// CaseClosing is what a case came to.
type CaseClosing struct {
	Outcome desk.Outcome `json:"outcome" enum:"true,explained,false,unknown" doc:"what it came to"`
	Note    string       `json:"note,omitempty" maxLength:"4000" doc:"why"`
	Alerts  bool         `json:"alerts,omitempty" doc:"close those of its alerts that are open with the same outcome"`
}

// Reason is why something is done.
type Reason struct {
	Why string `json:"why" minLength:"1" maxLength:"4000" doc:"why"`
}

func (s *Server) caseRoutes() {
	c := s.cfg.Casework
	huma.Register(s.api, operation("list-cases", http.MethodGet, "/api/cases", "Cases, the newest change first", signedIn, 401, 422),
		func(ctx context.Context, in *PaperQuery) (*body[CaseList], error) {
			p, err := c.Cases(ctx, in.query())
			return answered(s, ctx, p, err, func(p casework.Page[casework.Case]) CaseList { return CaseList(p) })
		})
	huma.Register(s.api, operation("get-case", http.MethodGet, "/api/cases/{id}", "One case with all its entries", signedIn, 401, 404, 422),
		func(ctx context.Context, in *PaperPath) (*body[casework.CaseFile], error) {
			f, err := c.Case(ctx, in.ID)
			return answered(s, ctx, f, err, same[casework.CaseFile])
		})
	huma.Register(s.api, change("open-case", "/api/cases", "Open a case, from alerts or empty"),
		func(ctx context.Context, in *struct {
			Wish
			Body casework.CaseWish
		},
		) (*body[CaseMade], error) {
			r, err := c.OpenCase(ctx, in.wish(ctx), in.Body)
			return answered(s, ctx, r, err, caseMade)
		})
	caseChange(s, "add-evidence", "evidence", "Enter evidence into a case",
		func(ctx context.Context, w casework.Wish, id string, b CaseEvidence) (casework.Result[casework.Case], error) {
			return c.AddEvidence(ctx, w, id, b.Evidence)
		})
	caseChange(s, "note-case", "notes", "Write a note into a case",
		func(ctx context.Context, w casework.Wish, id string, b Text) (casework.Result[casework.Case], error) {
			return c.NoteCase(ctx, w, id, b.Text)
		})
	caseChange(s, "decide-case", "decisions", "Write down what was decided, and why",
		func(ctx context.Context, w casework.Wish, id string, b CaseDecision) (casework.Result[casework.Case], error) {
			return c.DecideCase(ctx, w, id, b.Decision, b.Why)
		})
	caseChange(s, "rename-case", "title", "Give a case another title",
		func(ctx context.Context, w casework.Wish, id string, b CaseTitle) (casework.Result[casework.Case], error) {
			return c.RenameCase(ctx, w, id, b.Title)
		})
	caseChange(s, "close-case", "close", "Say what a case came to",
		func(ctx context.Context, w casework.Wish, id string, b CaseClosing) (casework.Result[casework.Case], error) {
			return c.CloseCase(ctx, w, id, b.Outcome, b.Note, b.Alerts)
		})
	caseChange(s, "reopen-case", "reopen", "Go on with a closed case",
		func(ctx context.Context, w casework.Wish, id string, b Reason) (casework.Result[casework.Case], error) {
			return c.ReopenCase(ctx, w, id, b.Why)
		})
}

func same[T any](v T) T { return v }

func (s *Server) reportRoutes() {
	c := s.cfg.Casework
	made := func(r casework.Result[casework.Report]) ReportMade { return ReportMade{r.Value, r.Repeated} }
	huma.Register(s.api, operation("search-places", http.MethodGet, "/api/places", "Towns, areas, things of ours and sensors by name", signedIn, 401, 422),
		func(_ context.Context, in *struct {
			Q     string `query:"q" required:"true" minLength:"1" maxLength:"100" doc:"part of the name; case and accents do not matter"`
			Limit int    `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"most places"`
		},
		) (*body[PlaceList], error) {
			return &body[PlaceList]{PlaceList{s.cfg.Places.Search(in.Q, in.Limit)}}, nil
		})
	huma.Register(s.api, operation("list-reports", http.MethodGet, "/api/reports", "Reports, the newest change first", signedIn, 401, 422),
		func(ctx context.Context, in *PaperQuery) (*body[ReportList], error) {
			p, err := c.Reports(ctx, in.query())
			return answered(s, ctx, p, err, func(p casework.Page[casework.Report]) ReportList { return ReportList(p) })
		})
	huma.Register(s.api, operation("get-report", http.MethodGet, "/api/reports/{id}", "One report with every version", signedIn, 401, 404, 422),
		func(ctx context.Context, in *PaperPath) (*body[casework.ReportFile], error) {
			f, err := c.Report(ctx, in.ID)
			return answered(s, ctx, f, err, same[casework.ReportFile])
		})
	huma.Register(s.api, change("file-report", "/api/reports", "Enter a sighting that a person reported; it becomes an observation"),
		func(ctx context.Context, in *struct {
			Wish
			Body casework.Sighting
		},
		) (*body[ReportMade], error) {
			r, err := c.FileReport(ctx, in.wish(ctx), in.Body)
			return answered(s, ctx, r, err, made)
		})
	huma.Register(s.api, change("correct-report", "/api/reports/{id}/corrections", "Give a report another wording; what was said before stays"),
		func(ctx context.Context, in *struct {
			Wish
			PaperPath
			Body struct {
				Sighting casework.Sighting `json:"sighting" doc:"the whole sighting as it should read"`
				Why      string            `json:"why" minLength:"1" maxLength:"4000" doc:"why it is corrected"`
			}
		},
		) (*body[ReportMade], error) {
			r, err := c.CorrectReport(ctx, in.wish(ctx), in.ID, in.Body.Sighting, in.Body.Why)
			return answered(s, ctx, r, err, made)
		})
}

func (s *Server) taskRoutes() {
	c := s.cfg.Casework
	made := func(r casework.Result[casework.Task]) TaskMade { return TaskMade{r.Value, r.Repeated} }
	huma.Register(s.api, operation("list-tasks", http.MethodGet, "/api/tasks", "Tasks, the newest change first", signedIn, 401, 422),
		func(ctx context.Context, in *PaperQuery) (*body[TaskList], error) {
			p, err := c.Tasks(ctx, in.query())
			return answered(s, ctx, p, err, func(p casework.Page[casework.Task]) TaskList { return TaskList(p) })
		})
	huma.Register(s.api, operation("get-task", http.MethodGet, "/api/tasks/{id}", "One task with all its steps", signedIn, 401, 404, 422),
		func(ctx context.Context, in *PaperPath) (*body[casework.Task], error) {
			t, err := c.Task(ctx, in.ID)
			return answered(s, ctx, t, err, same[casework.Task])
		})
	huma.Register(s.api, change("order-task", "/api/tasks", "Write an order to a boat, patrol, drone or post of ours"),
		func(ctx context.Context, in *struct {
			Wish
			Body casework.TaskWish
		},
		) (*body[TaskMade], error) {
			r, err := c.OrderTask(ctx, in.wish(ctx), in.Body)
			return answered(s, ctx, r, err, made)
		})
	huma.Register(s.api, change("step-task", "/api/tasks/{id}/steps", "Enter a step of a task: sent, read back, accepted, on scene, done, failed"),
		func(ctx context.Context, in *struct {
			Wish
			PaperPath
			Body casework.StepWish
		},
		) (*body[TaskMade], error) {
			r, err := c.StepTask(ctx, in.wish(ctx), in.ID, in.Body)
			return answered(s, ctx, r, err, made)
		})
}

func (s *Server) shiftRoutes() {
	c := s.cfg.Casework
	huma.Register(s.api, operation("get-log", http.MethodGet, "/api/log", "The shift log, newest first", signedIn, 401, 422),
		func(ctx context.Context, in *struct {
			Span
			Kind   []string `query:"kind" maxItems:"50" doc:"only these kinds: whole, as alert.closed, or the part before the point; none: all"`
			Before uint64   `query:"before" maximum:"9007199254740991" doc:"next of the page before"`
			Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"most lines of the page"`
		},
		) (*body[casework.LogPage], error) {
			p, err := c.Log(ctx, desk.JournalQuery{From: in.From, To: in.To, Kinds: in.Kind, Before: in.Before, Limit: in.Limit})
			return answered(s, ctx, p, err, same[casework.LogPage])
		})
	huma.Register(s.api, change("write-log", "/api/log", "Write a free note into the shift log"),
		func(ctx context.Context, in *struct {
			Wish
			Body Text
		},
		) (*body[NoteMade], error) {
			r, err := c.WriteLog(ctx, in.wish(ctx), in.Body.Text)
			return answered(s, ctx, r, err, func(r casework.Result[casework.Note]) NoteMade { return NoteMade{r.Value, r.Repeated} })
		})
	huma.Register(s.api, operation("get-handover", http.MethodGet, "/api/handover", "Everything that waits for somebody, and who has the desk", signedIn, 401),
		func(ctx context.Context, _ *struct{}) (*body[casework.Standing], error) {
			st, err := c.Standing(ctx)
			return answered(s, ctx, st, err, same[casework.Standing])
		})
	huma.Register(s.api, change("hand-over", "/api/handover", "Give the desk to another officer"),
		func(ctx context.Context, in *struct {
			Wish
			Body struct {
				To   desk.PersonID `json:"to" minLength:"1" maxLength:"40" doc:"who comes: the id of an officer"`
				Note string        `json:"note,omitempty" maxLength:"4000" doc:"what they should know"`
			}
		},
		) (*body[HandoverMade], error) {
			r, err := c.HandOver(ctx, in.wish(ctx), in.Body.To, in.Body.Note)
			return answered(s, ctx, r, err, func(r casework.Result[casework.Handover]) HandoverMade { return HandoverMade{r.Value, r.Repeated} })
		})
	huma.Register(s.api, operation("list-handovers", http.MethodGet, "/api/handovers", "Hand-overs, newest first", signedIn, 401, 422),
		func(ctx context.Context, in *PaperQuery) (*body[HandoverList], error) {
			p, err := c.Handovers(ctx, in.query())
			return answered(s, ctx, p, err, func(p casework.Page[casework.Handover]) HandoverList { return HandoverList(p) })
		})
}
