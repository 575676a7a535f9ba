package desk

import (
	"context"
	"log/slog"
	"time"

	"atalaya/watch"
)

// Store keeps findings and alerts. Writes are durable when they return. Where
// there is no room they fail with ErrFull and change nothing.
type Store interface {
	// OpenAlerts gives all alerts that are not closed, in the order of raising.
	OpenAlerts(ctx context.Context) ([]Alert, error)
	// AlertByID gives one alert; ErrNotFound.
	AlertByID(ctx context.Context, id AlertID) (Alert, error)
	// ClosedAlerts gives closed alerts, newest first.
	ClosedAlerts(ctx context.Context, f Filter) (Page, error)
	// SaveFindings keeps revisions of findings and the alerts that changed
	// with them, all or nothing. Saving the same again changes nothing.
	SaveFindings(ctx context.Context, known time.Time, findings []watch.Finding, alerts []Alert) error
	// SaveDecision keeps the alert as it is after its last change, which is a
	// decision. ErrConflict when the alert in the store is not one version
	// behind, or the change's request id is known already.
	SaveDecision(ctx context.Context, a Alert) error
	// DecisionByRequest gives the decision that was made for a request id;
	// ErrNotFound.
	DecisionByRequest(ctx context.Context, request string) (AlertID, Change, error)
}

// Config is what a Desk is made from.
type Config struct {
	Store  Store
	Ledger Ledger
	Clock  Clock
	Log    *slog.Logger
}

// Decision is what an officer wants done about an alert.
type Decision struct {
	// Request is the client's name for this wish, unique to it: a retry has
	// the same, and is done once.
	Request string
	Alert   AlertID
	Who     Who
	Note    string
	Outcome Outcome // when closing
	// IfVersion refuses the decision when the alert has another version; 0:
	// any.
	IfVersion uint64
}

// Result is what became of a decision.
type Result struct {
	Change   Change // what was done; for a repeated request, then
	Alert    Alert  // as it stands now
	Repeated bool   // the request had been done before
}

// Desk keeps the alerts and takes the officers' decisions. Its methods may be
// called from several goroutines.
type Desk struct {
	cfg Config
}
