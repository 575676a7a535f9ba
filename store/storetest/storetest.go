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

// Run runs the suite. Each test has a place of its own, so they run beside each
// other: they wait for the disk more than they count.
func Run(t *testing.T, place Place) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Place)
	}{
		{"alerts", testAlerts},
		{"decisions", testDecisions},
		{"closed alerts", testClosed},
		{"incident", testIncident},
		{"waiting findings", testWaiting},
		{"kinds of alerts", testKinds},
		{"findings", testFindings},
		{"journal", testJournal},
		{"people", testPeople},
		{"sessions", testSessions},
		{"tokens", testTokens},
		{"registry", testRegistry},
		{"documents", testDocuments},
		{"lists of documents", testDocumentLists},
		{"what documents rest on", testKept},
		{"journal entries", testJournalEntries},
		{"desk", testDesk},
		{"steps", testSteps},
		{"picture", testPicture},
		{"gaps", testGaps},
		{"alerts of the past", testPastAlerts},
		{"progress", testProgress},
		{"extent", testExtent},
		{"track history", testTrackHistory},
		{"revisions", testRevisions},
		{"numbers", testNumbers},
		{"evidence", testEvidence},
		{"thinning", testThinning},
		{"told", testTold},
		{"pinned", testPinned},
		{"room", testRoom},
		{"expiry", testExpiry},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, place)
		})
	}
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
