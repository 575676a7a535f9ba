package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"atalaya/rule"
)

// Bounds of a page.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// Filter chooses alerts. Its zero value chooses all.
type Filter struct {
	Kinds       []rule.Kind   // none: all
	States      []State       // none: all
	MinPriority rule.Priority // 0: all
	Incident    AlertID       // only members of this incident; empty: all
	Shelved     bool          // only what lies on the shelf
	Since       time.Time     // raised at or after; zero: all
	Until       time.Time     // raised before; zero: all
	After       string        // the Next of the page before
	Limit       int           // 0: 100; at most 1000
}

// Page is one page of alerts.
type Page struct {
	Alerts []Alert
	Next   string // give it as After for the next page; empty: no more
}

// Wants reports whether the filter lets an alert through, paging apart.
func (f Filter) Wants(a *Alert) bool {
	return f.wantsState(a.State) && (len(f.Kinds) == 0 || slices.Contains(f.Kinds, a.Kind)) &&
		(f.Incident == "" || a.Incident == f.Incident) && (!f.Shelved || a.Shelved != nil) && a.Priority >= f.MinPriority &&
		!a.Raised.Before(f.Since) && (f.Until.IsZero() || a.Raised.Before(f.Until))
}

func (f Filter) wantsState(s State) bool {
	return len(f.States) == 0 || slices.Contains(f.States, s)
}

// wantsStored reports whether it asks for what is not in memory.
func (f Filter) wantsStored() bool {
	return !f.Shelved && (f.wantsState(Closed) || f.wantsState(Posted))
}

// Size is the limit in force.
func (f Filter) Size() int {
	if f.Limit <= 0 {
		return defaultLimit
	}
	return min(f.Limit, maxLimit)
}

// Cursors of List: which part of the list it was in, then the last alert seen.
const (
	cursorOpen   = "open:"
	cursorClosed = "closed:"
)

// List gives alerts: first the open ones from memory, then the closed ones
// from the store, each part newest first. The open ones can always be listed,
// whatever became of the disk.
func (d *Desk) List(ctx context.Context, f Filter) (Page, error) {
	rest, inClosed := strings.CutPrefix(f.After, cursorClosed)
	var page Page
	if !inClosed {
		id, ok := strings.CutPrefix(f.After, cursorOpen)
		if f.After != "" && !ok {
			return Page{}, fmt.Errorf("%w: cursor %q; begin the list again without one", ErrInvalid, f.After)
		}
		page = d.listOpen(f, AlertID(id))
		if page.Next != "" || !f.wantsStored() {
			return page, nil
		}
		if len(page.Alerts) == f.Size() {
			page.Next = cursorClosed
			return page, nil
		}
		rest = ""
	}
	if !f.wantsStored() {
		return page, nil
	}
	f.After, f.Limit = rest, f.Size()-len(page.Alerts)
	closed, err := d.cfg.Store.ClosedAlerts(ctx, f)
	if err != nil {
		return Page{}, fmt.Errorf("list closed alerts: %w", err)
	}
	page.Alerts = append(page.Alerts, closed.Alerts...)
	if closed.Next != "" {
		page.Next = cursorClosed + closed.Next
	}
	return page, nil
}

// listOpen goes through the open alerts, newest first, behind the one named
// after; when that was closed meanwhile, from where it would stand is unknown
// and the list begins again: an alert shown twice is better than one missed.
func (d *Desk) listOpen(f Filter, after AlertID) Page {
	d.mu.RLock()
	defer d.mu.RUnlock()
	from := len(d.order)
	if i := slices.Index(d.order, after); i >= 0 {
		from = i
	}
	var page Page
	for _, id := range slices.Backward(d.order[:from]) {
		a := d.alerts[id]
		if !f.Wants(a) {
			continue
		}
		if len(page.Alerts) == f.Size() {
			page.Next = cursorOpen + string(page.Alerts[len(page.Alerts)-1].ID)
			break
		}
		page.Alerts = append(page.Alerts, *a)
	}
	return page
}
