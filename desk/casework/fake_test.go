package casework_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
)

// radioRoom is a desk with its store and ledger in memory, and the picture around
// it. A service that is started on it again finds what was kept.
type radioRoom struct {
	t *testing.T
	*casework.Service
	mu       sync.Mutex
	now      time.Time
	docs     []desk.Document
	journal  []desk.Record
	full     bool // no room on the disk
	torn     bool // the next version is kept, and its answer is lost
	alerts   map[desk.AlertID]desk.Alert
	told     []casework.News
	raised   []watch.Finding
	refuse   bool // the loop has no room for observations, nor the desk for findings
	observed []obs.Observation
}

func newRadioRoom(t *testing.T) *radioRoom {
	t.Helper()
	r := &radioRoom{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), alerts: map[desk.AlertID]desk.Alert{}}
	r.start()
	return r
}

// start begins anew with what is in the store.
func (r *radioRoom) start() {
	r.t.Helper()
	s, err := casework.Start(r.t.Context(), casework.Config{
		Store: r, Ledger: r, Clock: r, Alerts: r, Picture: waters{}, Log: slog.New(slog.DiscardHandler),
		Feeds: func() []sensor.Health { return nil }, Exercise: true,
		Observe: func(_ context.Context, o obs.Observation) bool {
			if !r.refuse {
				r.observed = append(r.observed, o)
			}
			return !r.refuse
		},
		Raise: func(_ context.Context, f watch.Finding) error {
			if r.refuse {
				return desk.ErrFull
			}
			r.raised = append(r.raised, f)
			return nil
		},
		Changed: func(n casework.News) { r.told = append(r.told, n) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.Service = s
}

func (r *radioRoom) Now() time.Time { return r.now }

func (r *radioRoom) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	r.mu.Lock()
	if r.full {
		r.mu.Unlock()
		return desk.ErrFull
	}
	r.journal = append(r.journal, rec)
	r.mu.Unlock()
	return act(ctx)
}

var errTorn = errors.New("the line broke")

func (r *radioRoom) SaveDocument(_ context.Context, d desk.Document, _ desk.Rests) error {
	last := uint64(0)
	for _, x := range r.docs {
		if x.Kind == d.Kind && x.ID == d.ID {
			last = x.Version
		}
		if d.Request != "" && x.Request == d.Request {
			return desk.ErrConflict
		}
	}
	if d.Version != last+1 {
		return desk.ErrConflict
	}
	r.docs = append(r.docs, d)
	if r.torn {
		r.torn = false
		return errTorn
	}
	return nil
}

func (r *radioRoom) DocumentByID(ctx context.Context, kind desk.DocumentKind, id string) (desk.Document, error) {
	all, err := r.DocumentVersions(ctx, kind, id)
	if err != nil || len(all) == 0 {
		return desk.Document{}, desk.ErrNotFound
	}
	return all[len(all)-1], nil
}

func (r *radioRoom) DocumentByRequest(_ context.Context, request string) (desk.Document, error) {
	if i := slices.IndexFunc(r.docs, func(d desk.Document) bool { return d.Request == request }); i >= 0 {
		return r.docs[i], nil
	}
	return desk.Document{}, desk.ErrNotFound
}

func (r *radioRoom) DocumentVersions(_ context.Context, kind desk.DocumentKind, id string) (out []desk.Document, err error) {
	for _, d := range r.docs {
		if d.Kind == kind && d.ID == id {
			out = append(out, d)
		}
	}
	return out, nil
}

func (r *radioRoom) Documents(_ context.Context, q desk.DocumentQuery) (out []desk.Filed, err error) {
	seen := map[string]bool{}
	for i, d := range slices.Backward(r.docs) {
		if d.Kind != q.Kind || seen[d.ID] {
			continue
		}
		seen[d.ID] = true
		if n := uint64(i) + 1; (q.Before == 0 || n < q.Before) && (d.Open || !q.OpenOnly) && len(out) < q.Size() {
			out = append(out, desk.Filed{Number: n, Document: d})
		}
	}
	return out, nil
}

func (r *radioRoom) CountDocuments(_ context.Context, kind desk.DocumentKind) (n uint64, err error) {
	for _, d := range r.docs {
		if d.Kind == kind && d.Version == 1 {
			n++
		}
	}
	return n, nil
}

func (r *radioRoom) Alert(_ context.Context, id desk.AlertID) (desk.Alert, error) {
	a, ok := r.alerts[id]
	if !ok {
		return a, desk.ErrNotFound
	}
	return a, nil
}

func (r *radioRoom) List(context.Context, desk.Filter) (desk.Page, error) { return desk.Page{}, nil }

func (r *radioRoom) Acknowledge(context.Context, desk.Decision) (desk.Result, error) {
	return desk.Result{}, desk.ErrConflict
}

func (r *radioRoom) AttachCase(context.Context, desk.Decision) (desk.Result, error) {
	return desk.Result{}, desk.ErrConflict
}

func (r *radioRoom) Close(context.Context, desk.Decision) (desk.Result, error) {
	return desk.Result{}, desk.ErrConflict
}

// kinds gives the kinds of what the ledger recorded.
func (r *radioRoom) kinds() (out []string) {
	for _, rec := range r.journal {
		out = append(out, rec.Kind)
	}
	return out
}

// waters is a picture with a boat of ours, a town and one track.
type waters struct{}

func copacabana() geo.Position { return geo.Position{Lat: -16.166, Lon: -69.085} }

func (waters) Track(id track.ID) (track.Track, track.Lineage, bool) {
	t := track.Track{ID: id, LastSeq: 9}
	t.State.Position = geo.Position{Lat: -16, Lon: -69}
	return t, nil, id == 17
}

func (waters) Past(context.Context, desk.TrackSpan, int) ([]casework.PastPoint, error) {
	return nil, nil
}

func (waters) Observation(context.Context, uint64) (obs.Observation, error) {
	return obs.Observation{}, desk.ErrNotFound
}

func (waters) Finding(context.Context, string) (watch.Finding, error) {
	return watch.Finding{}, desk.ErrNotFound
}

func (waters) Asset(id asset.ID) (asset.Asset, bool) {
	return asset.Asset{ID: id, Name: "Patrulla 1", Kind: asset.Boat}, id == "patrol-1"
}

func (waters) Place(kind casework.PlaceKind, id string) (casework.Place, bool) {
	switch {
	case kind == casework.Town && id == "Copacabana/BO":
		return casework.Place{Kind: kind, ID: id, Name: "Copacabana", Position: copacabana(), Radius: 700}, true
	case kind == casework.AssetPlace && id == "patrol-1":
		return casework.Place{Kind: kind, ID: id, Name: "Patrulla 1", Position: geo.Position{Lat: -16.2, Lon: -68.9}}, true
	}
	return casework.Place{}, false
}

func ana() desk.Who { return desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer} }

// wish is one of Ana's.
func wish(request string) casework.Wish { return casework.Wish{Request: request, Who: ana()} }

// refusal fails unless an error is of a kind and says what to do.
func refusal(t *testing.T, err, kind error, says string) {
	t.Helper()
	if !errors.Is(err, kind) || !contains(err, says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}
