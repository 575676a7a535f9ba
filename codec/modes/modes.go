package modes

import (
	"bytes"
	"iter"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

// UnknownAddress is the kind of a reply whose parity is overlaid with an
// address that was not heard in a DF11, DF17 or DF18 within AddressMemory: it
// may as well be noise.
const UnknownAddress codec.Kind = "unknown-address"

// AddressMemory is how long an address stays known after a frame that proves
// it.
const AddressMemory = time.Minute

// Container is how frames come.
type Container string

// The containers.
const (
	Beast Container = "beast" // binary with escapes, counter and signal level
	AVR   Container = "avr"   // hexadecimal text
	SBS   Container = "sbs"   // BaseStation text: decoded by somebody else
)

// Config of a Decoder.
type Config struct {
	Container Container // Beast when empty

	// Repair flips one wrong bit of DF11, DF17 and DF18. It is off by default:
	// with it noise passes for a frame a hundred times as often. A repaired
	// frame makes no address known.
	Repair bool

	// Receiver is where the antenna stands. It chooses among the eight places
	// that a surface position may mean.
	Receiver codec.Opt[geo.Position]
	// MaxRange is how far it hears, in metres; 0: not stated. Positions beyond
	// are refused. Where it is no more than 180 NM, one airborne position
	// message is enough for a position (ICAO Annex 10 Volume III, range
	// monitoring); else it takes two.
	MaxRange float64

	// GPSClock says that Beast counters are of the Radarcape's GPS kind until
	// a status message says otherwise.
	GPSClock bool
	// Recorded says that the bytes come from a recording without receive
	// times: then the time given to Decode is when it began, and frames are as
	// far apart as the container's counters or times say.
	Recorded bool
	// Zone is where the times of BaseStation text are from; UTC when nil.
	Zone *time.Location

	// Aircraft bounds how many senders are remembered; 8192 when 0. The one
	// not heard for longest is forgotten.
	Aircraft int
}

// Counts is what a Decoder counted beside messages and bad input.
type Counts struct {
	RefusedJump  uint64 // positions where nothing gets in the time
	RefusedRange uint64 // positions beyond Config.MaxRange
	Forgotten    uint64 // senders that fell out of the full table
	Repaired     uint64 // frames
	Heartbeats   uint64 // empty frames that keep a connection alive
}

// Decoder decodes one stream. It is not safe for concurrent use.
type Decoder struct {
	cfg    Config
	scan   framing.Scanner
	table  table
	counts Counts

	clock clock
	now   time.Duration // of the frame in hand, since the first
}

// New makes a Decoder.
func New(cfg Config) *Decoder {
	if cfg.Container == "" {
		cfg.Container = Beast
	}
	if cfg.Aircraft <= 0 {
		cfg.Aircraft = 8192
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	d := &Decoder{cfg: cfg, table: table{size: cfg.Aircraft, all: map[key]*aircraft{}}}
	d.clock = clock{gps: cfg.GPSClock, recorded: cfg.Recorded}
	d.scan = cfg.Container.scanner()
	return d
}

// Counts gives what was counted so far.
func (d *Decoder) Counts() Counts {
	d.counts.Forgotten = d.table.forgotten
	return d.counts
}

// Decode takes the next bytes of the stream and yields the messages that they
// complete, and what was bad, as *codec.Bad. The chunk may be reused after the
// sequence has ended; who breaks it off loses the rest of the chunk.
func (d *Decoder) Decode(chunk []byte, received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for len(chunk) > 0 {
			n, p, ok := d.scan.Next(chunk)
			chunk = chunk[n:]
			if ok && !d.packet(p, received, yield) {
				return
			}
		}
	}
}

// Flush yields what is left when the stream ends.
func (d *Decoder) Flush(received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		if p, ok := d.scan.Flush(); ok {
			d.packet(p, received, yield)
		}
	}
}

// packet decodes one packet and yields what comes of it.
func (d *Decoder) packet(p framing.Packet, received time.Time, yield func(Message, error) bool) bool {
	if p.Bad != nil {
		return yield(Message{}, p.Bad)
	}
	m := Message{Container: d.cfg.Container, Kind: p.Kind, Signal: p.Signal}
	if p.Heartbeat() {
		d.counts.Heartbeats++
		return true
	}
	if p.Kind == framing.Line {
		if bad := d.line(&m, p.Data, received); bad != nil {
			return yield(Message{}, bad)
		}
		return yield(m, nil)
	}
	d.clock.read(&m, p.Stamp, received)
	d.now = d.clock.since(m.Received)
	m.Raw = append([]byte(nil), p.Data...)
	switch p.Kind {
	case framing.ModeAC:
		m.modeAC()
	case framing.Status:
		d.clock.status(p.Data)
	default:
		if bad := d.frame(&m, p.Data); bad != nil {
			return yield(Message{}, bad)
		}
	}
	return yield(m, nil)
}

// modeAC reads a Mode A/C reply: four octal digits, one in each half byte.
func (m *Message) modeAC() {
	digits := uint16(m.Raw[0])<<8 | uint16(m.Raw[1])
	m.ModeAC = codec.Some(Squawk(digits>>12&7<<9 | digits>>8&7<<6 | digits>>4&7<<3 | digits&7))
}

// Detect tells by the first bytes of a stream which container it is.
func Detect(sample []byte) (Container, bool) {
	best, most := Container(""), 0
	for _, c := range []Container{Beast, AVR, SBS} {
		good := 0
		scan := c.scanner()
		for rest := sample; len(rest) > 0; {
			n, p, ok := scan.Next(rest)
			rest = rest[n:]
			if ok && p.Bad == nil && (c != SBS || bytes.HasPrefix(p.Data, []byte("MSG,"))) {
				good++
			}
		}
		if good > most {
			best, most = c, good
		}
	}
	return best, most > 0
}

// scanner gives the scanner of a container.
func (c Container) scanner() framing.Scanner {
	switch c {
	case AVR:
		return &framing.AVR{}
	case SBS:
		return &framing.Lines{}
	default:
		return &framing.Beast{}
	}
}
