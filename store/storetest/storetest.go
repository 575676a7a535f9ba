// Package storetest is one suite of tests for every storage backend.
package storetest

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/store"
	"atalaya/track"
	"atalaya/watch"
)

// Store is what a backend offers: what the desk declares, and the history.
type Store interface {
	desk.Store
	people.Store
	desk.RegistryStore
	desk.DocumentStore
	desk.JournalStore
	desk.Ledger

	Journal(ctx context.Context, after uint64, limit int) ([]desk.Entry, error)
	Findings(ctx context.Context, q store.FindingQuery) ([]store.Kept, error)
	AlertsAsKnown(ctx context.Context, since, t time.Time) ([]desk.Alert, error)
	Tally(ctx context.Context, from time.Time, minutes int64, bins int) ([]store.Tally, error)
	NextAlert(ctx context.Context, t time.Time, back bool, least rule.Priority) (desk.Alert, error)
	NextFinding(ctx context.Context, t time.Time, back bool, least rule.Priority) (store.Kept, error)
	FindingByID(ctx context.Context, id string) (watch.Finding, error)
	Registry(ctx context.Context) (store.Registry, error)
	Seed(ctx context.Context, changes []track.Change) (bool, error)

	Append(ctx context.Context, s store.Step) error
	Sync(ctx context.Context) error
	Resume() store.Resume
	Steps(ctx context.Context, from, to time.Time) iter.Seq2[store.Step, error]
	AsKnownAt(ctx context.Context, t time.Time) (store.Keyframe, error)
	Since(ctx context.Context, after uint64, t time.Time) (store.Progress, error)
	Extent(ctx context.Context) (store.Extent, error)
	TrackHistory(ctx context.Context, q store.HistoryQuery) ([]store.Point, error)
	TracksBetween(ctx context.Context, from, to time.Time, after track.ID, limit int) ([]track.ID, error)
	Observation(ctx context.Context, seq uint64) (obs.Observation, error)
	Told(ctx context.Context, id track.ID, from, to time.Time, limit int) ([]store.Told, error)
	LastTold(ctx context.Context, id track.ID) (time.Time, error)
	Thinnings(ctx context.Context, from, to time.Time) ([]store.Thinning, error)

	Storage() desk.Storage
	Retention() store.Retention
	Close() error
}

// Config is what a test wants of a store.
type Config struct {
	Clock  desk.Clock
	Policy store.Policy
}

// Place makes an empty place for a store, and gives a function that opens the
// store in it: called again after Close, it opens the same data.
type Place func(t *testing.T, cfg Config) (open func() Store)

// Run runs the suite.
func Run(t *testing.T, place Place) {
	t.Run("alerts", func(t *testing.T) { testAlerts(t, place) })
	t.Run("decisions", func(t *testing.T) { testDecisions(t, place) })
	t.Run("closed alerts", func(t *testing.T) { testClosed(t, place) })
	t.Run("incident", func(t *testing.T) { testIncident(t, place) })
	t.Run("waiting findings", func(t *testing.T) { testWaiting(t, place) })
	t.Run("kinds of alerts", func(t *testing.T) { testKinds(t, place) })
	t.Run("findings", func(t *testing.T) { testFindings(t, place) })
	t.Run("journal", func(t *testing.T) { testJournal(t, place) })
	t.Run("people", func(t *testing.T) { testPeople(t, place) })
	t.Run("sessions", func(t *testing.T) { testSessions(t, place) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, place) })
	t.Run("registry", func(t *testing.T) { testRegistry(t, place) })
	t.Run("documents", func(t *testing.T) { testDocuments(t, place) })
	t.Run("lists of documents", func(t *testing.T) { testDocumentLists(t, place) })
	t.Run("what documents rest on", func(t *testing.T) { testKept(t, place) })
	t.Run("journal entries", func(t *testing.T) { testJournalEntries(t, place) })
	t.Run("desk", func(t *testing.T) { testDesk(t, place) })
	t.Run("steps", func(t *testing.T) { testSteps(t, place) })
	t.Run("picture", func(t *testing.T) { testPicture(t, place) })
	t.Run("gaps", func(t *testing.T) { testGaps(t, place) })
	t.Run("alerts of the past", func(t *testing.T) { testPastAlerts(t, place) })
	t.Run("progress", func(t *testing.T) { testProgress(t, place) })
	t.Run("extent", func(t *testing.T) { testExtent(t, place) })
	t.Run("track history", func(t *testing.T) { testTrackHistory(t, place) })
	t.Run("revisions", func(t *testing.T) { testRevisions(t, place) })
	t.Run("numbers", func(t *testing.T) { testNumbers(t, place) })
	t.Run("evidence", func(t *testing.T) { testEvidence(t, place) })
	t.Run("thinning", func(t *testing.T) { testThinning(t, place) })
	t.Run("told", func(t *testing.T) { testTold(t, place) })
	t.Run("pinned", func(t *testing.T) { testPinned(t, place) })
	t.Run("room", func(t *testing.T) { testRoom(t, place) })
	t.Run("expiry", func(t *testing.T) { testExpiry(t, place) })
}

// Clock is a clock that tests set.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts a clock at a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now implements desk.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// epoch is when the tests' world begins.
func epoch() time.Time { return time.Date(2026, 3, 1, 11, 59, 30, 0, time.UTC) }
