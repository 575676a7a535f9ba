package desk

import (
	"context"
	"time"
)

// DocumentKind is what a document is.
type DocumentKind string

// Document is one version of something that people write at the desk: a case,
// a report, a task, a line of the shift log. Versions are never edited; the
// newest holds.
type Document struct {
	Kind    DocumentKind
	ID      string
	Version uint64 // counts from 1
	At      time.Time
	Who     Who
	// Request is the client's name for its wish, unique to it; a retry has the
	// same. Empty: the program itself.
	Request string
	// Open says that somebody still has to do something about it.
	Open bool
	// Body is the content as JSON; the store seals it.
	Body []byte
}

// DocumentQuery asks for the newest versions of documents, the newest first.
type DocumentQuery struct {
	Kind     DocumentKind
	OpenOnly bool
	From, To time.Time // of the newest version; To is not included; zero: all
	Before   uint64    // the Number of the last one of the page before; 0: from the newest
	Limit    int       // 0: 100; at most 1000
}

// Filed is a document as it stands in the store.
type Filed struct {
	Number uint64 // order in which versions were kept
	Document
}

// DocumentStore keeps documents. Writes are durable when they return. Where
// there is no room they fail with ErrFull and change nothing.
type DocumentStore interface {
	// SaveDocument keeps a version. ErrConflict when its number does not follow
	// the last one, or its request is known already.
	SaveDocument(ctx context.Context, d Document) error
	// DocumentByID gives the newest version; ErrNotFound.
	DocumentByID(ctx context.Context, kind DocumentKind, id string) (Document, error)
	// DocumentByRequest gives the version that was made for a request;
	// ErrNotFound.
	DocumentByRequest(ctx context.Context, request string) (Document, error)
	// DocumentVersions gives every version, oldest first.
	DocumentVersions(ctx context.Context, kind DocumentKind, id string) ([]Document, error)
	// Documents gives the newest versions that a query asks for.
	Documents(ctx context.Context, q DocumentQuery) ([]Filed, error)
}
