package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/codec/asterix"
	"atalaya/codec/mavlink"
	"atalaya/codec/modes"
	"atalaya/codec/nmea"
	"atalaya/feed"
	"atalaya/feed/file"
)

// DecodeConfig says what to decode.
type DecodeConfig struct {
	Codec string // ais, modes, asterix, nmea or mavlink
	In    io.Reader
	// Container of the input: auto, raw, text, avr, beast, sbs, pcap or tlog.
	Container string
	Editions  map[string]string // of ASTERIX categories
	Repair    bool              // one-bit errors of Mode S
	MAVLink2  bool              // refuse MAVLink version 1
	Out       io.Writer
}

// DecodeSummary is the last line of a decoding.
type DecodeSummary struct {
	Good    uint64            `json:"good"`
	Bad     map[string]uint64 `json:"bad"`
	Bytes   int64             `json:"bytes"`
	Seconds float64           `json:"seconds"`
}

// message is what every codec's messages can do.
type message interface{ MarshalJSON() ([]byte, error) }

// stream decodes one stream of bytes.
type stream struct {
	decode func(feed.Chunk) iter.Seq2[message, error]
	flush  func(time.Time) iter.Seq2[message, error]
}

// Decode prints every good message as one line of JSON. However bad the
// content, it fails only when the input cannot be read or the output not
// written.
func Decode(cfg DecodeConfig) (DecodeSummary, error) {
	d := &decoding{cfg: cfg, sum: DecodeSummary{Bad: map[string]uint64{}}, out: bufio.NewWriterSize(cfg.Out, 64<<10)}
	began := time.Now()
	err := d.run()
	if ferr := d.out.Flush(); err == nil && ferr != nil {
		err = fmt.Errorf("write: %w", ferr)
	}
	d.sum.Seconds = math.Round(time.Since(began).Seconds()*1e6) / 1e6
	return d.sum, err
}

type decoding struct {
	cfg     DecodeConfig
	sum     DecodeSummary
	out     *bufio.Writer
	avr     modes.Container
	streams map[uint64]stream
}

// counted counts the bytes of the input.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (d *decoding) run() error {
	in := &counted{r: d.cfg.In}
	defer func() { d.sum.Bytes = in.n }()
	const head = 64 << 10
	r := bufio.NewReaderSize(in, head)
	if magic, err := r.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("unpack the input: %w", err)
		}
		r = bufio.NewReaderSize(z, head)
	}
	first, err := r.Peek(head)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the input: %w", err)
	}
	container, err := d.container(first)
	if err != nil {
		return err
	}
	d.streams = map[uint64]stream{}
	for c, err := range file.New(file.Config{Reader: r, Container: container}).Chunks() {
		var bad *codec.Bad
		switch {
		case errors.As(err, &bad):
			d.sum.Bad[string(bad.Kind)]++
			continue
		case err != nil:
			return fmt.Errorf("read the input: %w", err)
		}
		if err := d.chunk(c); err != nil {
			return err
		}
	}
	return nil
}

// container names the form of the input, by its first bytes or by the user's
// word.
func (d *decoding) container(first []byte) (file.Container, error) {
	word := d.cfg.Container
	if c, ok := modes.Detect(first); ok && d.cfg.Codec == "modes" && word == "" {
		word = string(c)
		if file.Detect(first) == file.PCAP {
			word = "pcap"
		}
	}
	d.avr = modes.Beast
	switch word {
	case "":
		c := file.Detect(first)
		if c == file.Tlog && d.cfg.Codec != "mavlink" {
			c = file.Binary
		}
		if (d.cfg.Codec == "ais" || d.cfg.Codec == "nmea") && c != file.PCAP {
			c = file.Lines
		}
		return c, nil
	case "raw", "beast":
		return file.Binary, nil
	case "text":
		return file.Lines, nil
	case "avr":
		d.avr = modes.AVR
		return file.Lines, nil
	case "sbs":
		d.avr = modes.SBS
		return file.Lines, nil
	case "pcap":
		return file.PCAP, nil
	case "tlog":
		return file.Tlog, nil
	}
	return "", fmt.Errorf("container %q is unknown: use raw, text, avr, beast, sbs, pcap or tlog", word)
}

func (d *decoding) chunk(c feed.Chunk) error {
	s, ok := d.streams[c.Stream]
	if !ok {
		var err error
		if s, err = d.stream(c.Data); err != nil {
			return err
		}
		d.streams[c.Stream] = s
	}
	if err := d.print(s.decode(c)); err != nil {
		return err
	}
	if !c.End {
		return nil
	}
	delete(d.streams, c.Stream)
	return d.print(s.flush(c.Received))
}

func (d *decoding) print(messages iter.Seq2[message, error]) error {
	for m, err := range messages {
		if err != nil {
			kind := codec.Malformed
			if bad, ok := errors.AsType[*codec.Bad](err); ok {
				kind = bad.Kind
			}
			d.sum.Bad[string(kind)]++
			continue
		}
		line, err := m.MarshalJSON()
		if err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
		d.sum.Good++
		if _, err := d.out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
	}
	return nil
}

// stream makes the decoder of one stream; first is what it begins with.
func (d *decoding) stream(first []byte) (stream, error) {
	switch d.cfg.Codec {
	case "ais":
		dec := ais.New(ais.Config{})
		return plainStream(dec.Decode, dec.Flush, func(m *ais.Message) message { return m }, true), nil
	case "nmea":
		dec := nmea.New(nmea.Config{})
		return plainStream(dec.Decode, dec.Flush, func(m *nmea.Message) message { return m }, true), nil
	case "modes":
		kind := d.avr
		if c, ok := modes.Detect(first); ok && d.cfg.Container == "" || d.cfg.Container == "pcap" {
			kind = c
		}
		dec := modes.New(modes.Config{Container: kind, Repair: d.cfg.Repair})
		return plainStream(dec.Decode, dec.Flush, func(m *modes.Message) message { return m }, false), nil
	case "mavlink":
		dec := mavlink.New(mavlink.Config{MAVLink1: !d.cfg.MAVLink2})
		return plainStream(dec.Decode, dec.Flush, func(m *mavlink.Message) message { return m }, false), nil
	case "asterix":
		cfg := asterix.Config{Editions: d.cfg.Editions}
		if err := cfg.Check(); err != nil {
			return stream{}, err
		}
		dec := asterix.New(cfg)
		as := func(m *asterix.Message) message { return m }
		s := plainStream(dec.Decode, dec.Flush, as, false)
		plain := s.decode
		s.decode = func(c feed.Chunk) iter.Seq2[message, error] {
			if c.Datagram {
				return each(dec.Datagram(c.Data, c.Received), as)
			}
			return plain(c)
		}
		return s, nil
	}
	return stream{}, fmt.Errorf("codec %q is unknown: use ais, modes, asterix, nmea or mavlink", d.cfg.Codec)
}

// plainStream makes a stream of a codec's decoder. Datagrams of text end their
// line whether or not they say so.
func plainStream[M any](decode func([]byte, time.Time) iter.Seq2[M, error], flush func(time.Time) iter.Seq2[M, error], as func(*M) message, text bool) stream {
	return stream{
		decode: func(c feed.Chunk) iter.Seq2[message, error] {
			data := c.Data
			if text && c.Datagram && !bytes.HasSuffix(data, []byte("\n")) {
				data = append(bytes.Clone(data), '\n')
			}
			return each(decode(data, c.Received), as)
		},
		flush: func(at time.Time) iter.Seq2[message, error] { return each(flush(at), as) },
	}
}

func each[M any](in iter.Seq2[M, error], as func(*M) message) iter.Seq2[message, error] {
	return func(yield func(message, error) bool) {
		for m, err := range in {
			if !yield(as(&m), err) {
				return
			}
		}
	}
}
