package ais

import (
	"iter"
	"time"

	goais "github.com/BertoldVdb/go-ais"

	"atalaya/codec"
	"atalaya/codec/nmea"
)

// Config of a Decoder. The zero value is good for live streams and files.
type Config struct {
	// Timeout is how long the sentences of one message may lie apart, by the
	// received times that Decode is given. 0: ten seconds.
	Timeout time.Duration
	// MaxOpen is how many messages may wait for more sentences; beyond it the
	// oldest is given up. 0: 256.
	MaxOpen int
	// MaxApart is how many other AIS sentences may come between two of one
	// message: in a recording read at once time tells nothing. Sequence numbers
	// come again after ten messages. 0: 1000.
	MaxApart int
}

// Decoder reads messages from a stream of bytes, as package codec describes.
// Datagrams are chunks; where the last line of one has no end, give the decoder
// a line feed after it.
type Decoder struct {
	cfg     Config
	split   nmea.Splitter
	payload *goais.Codec
	waiting []*assembly // the oldest first
	count   int         // AIS sentences so far
	hint    hint

	bits, padded []byte // scratch
}

// New makes a decoder.
func New(cfg Config) *Decoder {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.MaxOpen <= 0 {
		cfg.MaxOpen = 256
	}
	if cfg.MaxApart <= 0 {
		cfg.MaxApart = 1000
	}
	return &Decoder{cfg: cfg, payload: rawCodec()}
}

// Decode yields the messages that end within chunk. Range over it to its end.
func (d *Decoder) Decode(chunk []byte, received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		d.run(d.split.Split(chunk), received, yield)
	}
}

// Flush yields what is left when the stream ends, and gives up the messages
// that wait for more.
func (d *Decoder) Flush(received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		if !d.run(d.split.Flush(), received, yield) {
			return
		}
		left := d.waiting
		d.waiting = nil
		for _, a := range left {
			if !yield(Message{}, a.incomplete("the stream ended")) {
				return
			}
		}
	}
}

func (d *Decoder) run(sentences iter.Seq2[*nmea.Sentence, error], received time.Time, yield func(Message, error) bool) bool {
	if !d.expire(received, yield) {
		return false
	}
	for s, err := range sentences {
		if err != nil {
			if !yield(Message{}, err) {
				return false
			}
			continue
		}
		if !d.sentence(s, received, yield) {
			return false
		}
	}
	return true
}

// part is one VDM or VDO sentence (IEC 61162-1).
type part struct {
	total, number int
	sequence      string
	channel       string
	armored       []byte
	fill          int
	own           bool
	talker        string
	raw           []byte // with the sentence that said the time
	stamp
	group nmea.Group
}

func (d *Decoder) sentence(s *nmea.Sentence, received time.Time, yield func(Message, error) bool) bool {
	switch string(s.Formatter()) {
	case "VDM", "VDO":
	case "GHP":
		d.hint.read(s)
		return true
	default:
		return yield(Message{}, codec.NewBad(codec.Unsupported, s.Raw, "%s", s.Address))
	}
	d.count++
	p, bad := d.part(s)
	if bad != nil {
		return yield(Message{}, bad)
	}
	if p.total > 1 {
		return d.assemble(&p, received, yield)
	}
	d.bits = unarmor(d.bits[:0], p.armored, p.fill)
	return d.message(&p, append([]byte(nil), p.raw...), d.bits, received, yield)
}

// part reads the fields of a sentence.
func (d *Decoder) part(s *nmea.Sentence) (part, *codec.Bad) {
	p := part{
		own:    s.Address[len(s.Address)-1] == 'O',
		talker: talker(s.Talker()),
		raw:    s.Raw,
		stamp:  stampOf(s),
		group:  s.Tag.Group,
	}
	d.hint.apply(s, &p)
	if len(s.Fields) < 6 {
		return p, codec.NewBad(codec.Malformed, s.Raw, "%d fields, not 6", len(s.Fields))
	}
	p.total, p.number = digit(s.Fields[0]), digit(s.Fields[1])
	if p.total < 1 || p.number < 1 || p.number > p.total {
		return p, codec.NewBad(codec.Malformed, s.Raw, "sentence %s of %s", s.Fields[1], s.Fields[0])
	}
	if p.total > 1 {
		p.sequence = string(s.Fields[2])
	}
	p.channel = channel(s.Fields[3])
	p.armored = s.Fields[4]
	if p.fill = digit(s.Fields[5]); p.fill < 0 || p.fill > 5 {
		return p, codec.NewBad(codec.Malformed, s.Raw, "%q fill bits", s.Fields[5])
	}
	for _, c := range p.armored {
		if c < '0' || c > 'w' || c > 'W' && c < '`' {
			return p, codec.NewBad(codec.Malformed, s.Raw, "%q in the payload", c)
		}
	}
	if 6*len(p.armored) > maxBits {
		return p, codec.NewBad(codec.Overlong, s.Raw, "%d bits", 6*len(p.armored))
	}
	return p, nil
}

// message yields the message that bits hold.
func (d *Decoder) message(p *part, raw, bits []byte, received time.Time, yield func(Message, error) bool) bool {
	bad := func(kind codec.Kind, format string, args ...any) bool {
		return yield(Message{}, codec.NewBad(kind, raw, format, args...))
	}
	if len(bits) < 38 {
		return bad(codec.Truncated, "%d bits: too short for any message", len(bits))
	}
	m := Message{
		Received: received,
		Raw:      raw,
		Talker:   p.talker,
		Own:      p.own,
		Channel:  p.channel,
		TagTime:  p.time,
		TimeFrom: p.from,
		Station:  p.station,

		Type:        uint8(unsigned(bits[:6])),
		Repeat:      uint8(unsigned(bits[6:8])),
		MMSI:        MMSI(unsigned(bits[8:38])),
		PayloadBits: len(bits),
	}
	least, most := lengths(m.Type, bits)
	switch {
	case most < 0:
		return bad(codec.Unsupported, "type %d", m.Type)
	case len(bits) < least:
		return bad(codec.Truncated, "type %d of %d bits, not %d", m.Type, len(bits), least)
	case len(bits) > most:
		return bad(codec.Overlong, "type %d of %d bits, not %d", m.Type, len(bits), most)
	}
	report, err := d.unpack(m.Type, bits)
	if err != nil {
		return bad(err.Kind, "%s", err.Detail)
	}
	m.Report = report
	m.Payload = packBits(bits)
	return yield(m, nil)
}

// unarmor appends the bits of a payload, one a byte (IEC 61162-1, six-bit
// field type), without the fill bits at its end.
func unarmor(bits, armored []byte, fill int) []byte {
	start := len(bits)
	for _, c := range armored {
		c -= '0'
		if c > 40 {
			c -= 8
		}
		bits = append(bits, c>>5&1, c>>4&1, c>>3&1, c>>2&1, c>>1&1, c&1)
	}
	return bits[:max(start, len(bits)-fill)]
}

// packBits puts eight bits into a byte.
func packBits(bits []byte) []byte {
	out := make([]byte, 0, (len(bits)+7)/8)
	for ; len(bits) >= 8; bits = bits[8:] {
		out = append(out, bits[0]<<7|bits[1]<<6|bits[2]<<5|bits[3]<<4|bits[4]<<3|bits[5]<<2|bits[6]<<1|bits[7])
	}
	if len(bits) > 0 {
		out = append(out, byte(unsigned(bits)<<(8-len(bits))))
	}
	return out
}

func unsigned(bits []byte) uint64 {
	var v uint64
	for _, b := range bits {
		v = v<<1 | uint64(b)
	}
	return v
}

// digit gives -1 for anything but one decimal digit.
func digit(b []byte) int {
	if len(b) != 1 || b[0] < '0' || b[0] > '9' {
		return -1
	}
	return int(b[0] - '0')
}

// channel names the radio channel A or B; some receivers number them.
func channel(b []byte) string {
	switch string(b) {
	case "A", "1":
		return "A"
	case "B", "2":
		return "B"
	}
	return string(b)
}

// talker spares the usual ones an allocation.
func talker(b []byte) string {
	switch string(b) {
	case "AI":
		return "AI"
	case "AB":
		return "AB"
	case "BS":
		return "BS"
	}
	return string(b)
}
