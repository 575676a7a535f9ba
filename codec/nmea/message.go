package nmea

import (
	"iter"
	"time"

	"atalaya/codec"
)

// Message is one sentence that was understood.
type Message struct {
	Received time.Time
	Raw      []byte // as Sentence.Raw
	Tag      Tag
	Talker   string // "RA" radar, "GP" GPS, ...
	Data     Data
}

// Data is what a sentence says: *TTM, *TLL, *RSD, *OSD, *RMC, *GGA, *GLL,
// *VTG, *HDT or *THS.
type Data interface {
	// Formatter gives the three letters of the sentence.
	Formatter() string
	read(f *fields)
	write(o *codec.Object)
}

// newData gives an empty value for a formatter, or nil.
func newData(formatter []byte) Data {
	switch string(formatter) {
	case "TTM":
		return &TTM{}
	case "TLL":
		return &TLL{}
	case "RSD":
		return &RSD{}
	case "OSD":
		return &OSD{}
	case "RMC":
		return &RMC{}
	case "GGA":
		return &GGA{}
	case "GLL":
		return &GLL{}
	case "VTG":
		return &VTG{}
	case "HDT":
		return &HDT{}
	case "THS":
		return &THS{}
	}
	return nil
}

// AppendJSON appends the message as the JSON object that the package comment
// describes.
func (m *Message) AppendJSON(b []byte) []byte {
	o := codec.NewObject(b)
	o.Text("formatter", m.Data.Formatter())
	o.Text("talker", m.Talker)
	o.Time("received", m.Received)
	o.Time("tag_time", m.Tag.Time)
	o.Text("tag_source", m.Tag.Source)
	m.Data.write(o)
	o.Text("raw", string(m.Raw))
	return o.Close()
}

// MarshalJSON implements json.Marshaler.
func (m *Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// Config of a Decoder.
type Config struct{}

// Decoder reads messages from a stream of bytes, as package codec describes.
// Datagrams are chunks; where the last line of one has no end, give the
// decoder a line feed after it.
type Decoder struct {
	split Splitter
}

// New makes a decoder.
func New(Config) *Decoder { return &Decoder{} }

// Decode yields the messages that end within chunk. Range over it to its end.
func (d *Decoder) Decode(chunk []byte, received time.Time) iter.Seq2[Message, error] {
	return messages(d.split.Split(chunk), received)
}

// Flush yields what is left when the stream ends.
func (d *Decoder) Flush(received time.Time) iter.Seq2[Message, error] {
	return messages(d.split.Flush(), received)
}

func messages(sentences iter.Seq2[*Sentence, error], received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for s, err := range sentences {
			var m Message
			if err == nil {
				m, err = read(s, received)
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func read(s *Sentence, received time.Time) (Message, error) {
	d := newData(s.Formatter())
	if d == nil || s.Start != '$' {
		return Message{}, codec.NewBad(codec.Unsupported, s.Raw, "%s", s.Address)
	}
	f := fields{s: s}
	d.read(&f)
	if f.bad != "" {
		return Message{}, codec.NewBad(codec.Malformed, s.Raw, "%s: %s", s.Address, f.bad)
	}
	return Message{
		Received: received,
		Raw:      append([]byte(nil), s.Raw...),
		Tag:      s.Tag,
		Talker:   string(s.Talker()),
		Data:     d,
	}, nil
}
