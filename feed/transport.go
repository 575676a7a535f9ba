package feed

import (
	"context"
	"net/netip"
	"time"
)

// Chunk is a piece of a stream, or one datagram, as it came.
type Chunk struct {
	Data     []byte // valid only during the call
	Received time.Time
	// From is the sender; zero where the transport has none (serial, file).
	From netip.AddrPort
	// Stream is a new number for each connection or sender, so that decoders
	// keep their states apart.
	Stream   uint64
	Datagram bool // Data is one datagram, whole
	End      bool // the stream ends here: flush and forget it
}

// Transport runs until ctx ends or the source fails. It never retries: the
// supervisor does. It calls emit from one goroutine at a time, and not any more
// when Run has returned. Run returns nil only where a source has an end (a
// file); when ctx ends, it returns the error of ctx.
type Transport interface {
	Run(ctx context.Context, emit func(Chunk)) error
}
