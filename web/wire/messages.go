package wire

import (
	"encoding/json"
	"time"
)

// Type names a text message.
type Type string

// Messages of the server.
const (
	TypeHello  Type = "hello"  // Hello: first of all
	TypePong   Type = "pong"   // Pong: answers a ping
	TypeAlert  Type = "alert"  // {"alert": …}: an alert came or changed
	TypeAlerts Type = "alerts" // {"alerts": […]}: all that are not closed, after a subscription
	// TypeEscalation is {"alert": …}, after the alert itself: nobody took care of
	// it in time. It has come by the topic alerts.
	TypeEscalation Type = "escalation"
	TypeNotices    Type = "notices" // {"notices": […]}: the last 20, newest first
	TypeHealth     Type = "health"  // {"health": […]}: all that is wrong with the system now
	TypeFeeds      Type = "feeds"   // {"feeds": […]}: the health of every feed
	TypeSystem     Type = "system"  // {"system": …}: clock, storage, loop
	// TypeRegistry is {"revisions": {"area": n, …}}: how often things of each
	// kind changed.
	TypeRegistry Type = "registry"

	// Of the topic casework.
	TypeCasework Type = "casework" // read the lists again: after a subscription, or when too much was missed
	TypeCase     Type = "case"     // {"case": …}: a case was opened or changed
	TypeReport   Type = "report"   // {"report": …}
	TypeTask     Type = "task"     // {"task": …}
	TypeHandover Type = "handover" // {"handover": …}: somebody else has the desk
	TypeLog      Type = "log"      // {"line": …}: a line of the shift log

	TypeError  Type = "error"  // Error: a message of the client was refused
	TypeReplay Type = "replay" // Replay: how one stands; of the client, Wish
)

// Messages of the client.
const (
	TypeSubscribe Type = "subscribe" // Subscribe
	TypeSnapshot  Type = "snapshot"  // {"channel": n}: send everything again
	TypePing      Type = "ping"      // Ping
	TypeAck       Type = "ack"       // a frame of AckedSize or more is here
)

// Close codes of the WebSocket beside the standard's.
const (
	CloseSession = 4401 // the session is over: sign in again
	CloseVersion = 4406 // the client speaks another version: load the page again
	CloseSlow    = 4408 // the client took nothing for too long: connect again
)

// AckedSize is from how many bytes on a client acknowledges a frame.
const AckedSize = 8 << 10

// Hello is the first message of the server.
type Hello struct {
	Type     Type      `json:"type"`
	Protocol int       `json:"protocol"` // Version
	Version  string    `json:"version"`  // of the program
	Exercise bool      `json:"exercise"`
	Epoch    uint64    `json:"epoch"` // of the live channel
	Now      time.Time `json:"now"`   // the server's clock
}

// Subscribe says what the client wants to see. A later one on the same
// connection replaces it: what comes into view follows in the next delta, and
// what left it as tombstones.
type Subscribe struct {
	Type    Type  `json:"type"`
	Channel uint8 `json:"channel"`
	// BBox is west, south, east, north in degrees; west > east goes across the
	// antimeridian. None means everything.
	BBox *[4]float64 `json:"bbox,omitempty"`
	Zoom float64     `json:"zoom"`
	// Follow lists tracks that are sent wherever they are, at most 64.
	Follow []uint64 `json:"follow,omitempty"`
	// MaxHz is how many deltas a second the client wants at most; 0 means 4.
	MaxHz float64 `json:"max_hz,omitempty"`
	// Topics are the text messages that are wanted: alerts, feeds, system,
	// casework.
	Topics []string `json:"topics,omitempty"`
	// Acks says that the client acknowledges large frames, on all channels: the
	// next one is sent when it has the one before.
	Acks bool `json:"acks,omitempty"`
	// Resume is what the client holds from an earlier connection. The server
	// may continue from there with a delta, or send a snapshot.
	Resume *Resume `json:"resume,omitempty"`
}

// Resume is where a client stopped.
type Resume struct {
	Epoch    uint64 `json:"epoch"`
	Sequence uint64 `json:"sequence"`
}

// SnapshotRequest asks for everything again, after a gap.
type SnapshotRequest struct {
	Type    Type  `json:"type"`
	Channel uint8 `json:"channel"`
}

// Ping measures the connection; Sent is the client's own clock and comes back
// untouched.
type Ping struct {
	Type Type            `json:"type"`
	Sent json.RawMessage `json:"sent"`
}

// Pong answers a ping.
type Pong struct {
	Type Type            `json:"type"`
	Sent json.RawMessage `json:"sent"`
	Now  time.Time       `json:"now"`
}

// Error tells why a message of the client was refused, and what to do.
type Error struct {
	Type   Type   `json:"type"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// Channel and Request are of a replay.
	Channel uint8  `json:"channel,omitempty"`
	Request uint64 `json:"request,omitempty"`
}
