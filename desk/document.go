package desk

import (
	"context"
	"time"

	"atalaya/track"
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

// MaxDocument bounds the body of a document, in bytes.
const MaxDocument = 8 << 20

// Rests is what a version of a document rests on. It does not expire: a
// document exists for ever.
type Rests struct {
	Inputs   []uint64 // sequences of observations
	Findings []string // their IDs
	Tracks   []TrackSpan
}

// TrackSpan is a part of a track's past.
type TrackSpan struct {
	Track    track.ID
	From, To time.Time
}

// DocumentQuery asks for the newest versions of documents, the newest first.
type DocumentQuery struct {
	Kind     DocumentKind
	OpenOnly bool
	From, To time.Time // of the newest version; To is not included; zero: all
	Before   uint64    // the Number of the last one of the page before; 0: from the newest
	Limit    int       // 0: 100; at most 1000
}

// Size is the limit in force.
func (q DocumentQuery) Size() int { return Filter{Limit: q.Limit}.Size() }

// Filed is a document as it stands in the store.
type Filed struct {
	Number uint64 // order in which versions were kept
	Document
}

// DocumentStore keeps documents. Writes are durable when they return. Where
// there is no room they fail with ErrFull and change nothing.
type DocumentStore interface {
	// SaveDocument keeps a version and what it rests on. ErrConflict when its
	// number does not follow the last one, or its request is known already.
	SaveDocument(ctx context.Context, d Document, rests Rests) error
	// DocumentByID gives the newest version; ErrNotFound.
	DocumentByID(ctx context.Context, kind DocumentKind, id string) (Document, error)
	// DocumentByRequest gives the version that was made for a request;
	// ErrNotFound.
	DocumentByRequest(ctx context.Context, request string) (Document, error)
	// DocumentVersions gives every version, oldest first; none where there is
	// no such document.
	DocumentVersions(ctx context.Context, kind DocumentKind, id string) ([]Document, error)
	// Documents gives the newest versions that a query asks for.
	Documents(ctx context.Context, q DocumentQuery) ([]Filed, error)
	// CountDocuments tells how many documents of a kind there are, open or not:
	// the next one's number follows.
	CountDocuments(ctx context.Context, kind DocumentKind) (uint64, error)
}
