// Package file replays recordings: lines of text, tlogs, packet captures, and
// any other bytes, compressed with gzip or not, at their own pace, faster, or
// as fast as they can be read.
//
// # Times
//
// Chunks have the time at which they were recorded:
//
//	lines     of AIS: the time that the AIS decoder finds (tag block, before or
//	          behind the sentence, $PGHP); of other NMEA sentences the tag
//	          block's; of BaseStation (SBS) the fields "generated", as UTC. A
//	          line that has none has the time of the last line that had one;
//	          before that, the first time of the first 64 KiB
//	tlog      the time before each frame
//	captures  the time of the packet
//
// Where a recording has no times, they are made up, the same at every reading:
// the first piece comes at Config.Start (2000-01-01 00:00 UTC), and each next
// one a millisecond later; a piece is a line of text, or 1024 bytes of anything
// else.
//
// # Streams
//
// A recording is one stream, of number 1; in a capture, every flow of UDP and
// every direction of a TCP connection is one, numbered as they begin. Fragments
// of IPv4 are put together, and TCP segments in order.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"time"

	"atalaya/codec"
	"atalaya/feed"
)

// Config of a recording.
type Config struct {
	// Path of a regular file; inside Root, where that is given.
	Path string
	Root *os.Root
	// Reader is read instead of a file, once. A read that waits for something
	// is not interrupted.
	Reader io.Reader
	// Container is the form of the recording. Auto: it is recognised.
	Container Container

	// Speed is how much faster than recorded Run delivers. 0: as fast as it
	// can.
	Speed float64
	// LongestGap cuts what Run waits for, in recorded time: a wrong time in the
	// recording must not stop it for ever. 0: one hour.
	LongestGap time.Duration
	// Live puts the time of delivery into the chunks that Run delivers, not the
	// recorded one.
	Live bool
	// Start is the first made-up time.
	Start time.Time
	// Now is the clock for Live and for Speed.
	Now func() time.Time

	// Progress, if given, is told how many bytes of the file (compressed, if it
	// is) have been read; total is 0 where it is not known.
	Progress func(done, total int64)
	// Bad, if given, is told of every damage of the container itself while Run
	// goes on. Else Run returns the first at the end.
	Bad func(*codec.Bad)
}

// File implements feed.Transport.
type File struct {
	cfg Config
}

// New makes a File. Run and Chunks open it.
func New(cfg Config) *File {
	if cfg.LongestGap <= 0 {
		cfg.LongestGap = time.Hour
	}
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return &File{cfg: cfg}
}

// Chunks yields the whole recording with recorded times, and at last the end
// of its streams. An error that is a *codec.Bad is damage of the container, and
// more may follow; any other is the last: the file cannot be read. The data of
// a chunk is valid until the next.
func (f *File) Chunks() iter.Seq2[feed.Chunk, error] {
	return func(yield func(feed.Chunk, error) bool) {
		s, err := f.open()
		if err != nil {
			yield(feed.Chunk{}, err)
			return
		}
		defer s.close()
		d := &delivery{yield: yield, open: map[uint64]feed.Chunk{}}
		err = f.read(s, d)
		if d.stopped {
			return
		}
		if s.failure != nil {
			yield(feed.Chunk{}, fmt.Errorf("read %s: %w", f.name(), s.failure))
			return
		}
		if err != nil && !d.bad(damage(err)) {
			return
		}
		d.end()
	}
}

// read delivers what a source holds. Its error is damage, unless the source
// failed.
func (f *File) read(s *source, d *delivery) error {
	kind := f.cfg.Container
	if kind == Auto {
		head, err := s.buf.Peek(headSize)
		if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
			return err
		}
		kind = Detect(head)
	}
	switch kind {
	case Lines:
		return readLines(s.buf, f.cfg.Start, d)
	case Tlog:
		return readTlog(s.buf, f.cfg.Start, d)
	case PCAP:
		return readPackets(s.buf, d)
	case Binary:
		return readBinary(s.buf, f.cfg.Start, d)
	default:
		return fmt.Errorf("container %q is not known", kind)
	}
}

func (f *File) name() string {
	if f.cfg.Reader != nil {
		return "the input"
	}
	return f.cfg.Path
}

// Run implements feed.Transport. It returns nil at the end of the recording.
func (f *File) Run(ctx context.Context, emit func(feed.Chunk)) error {
	pace := pacer{speed: f.cfg.Speed, longest: f.cfg.LongestGap, now: f.cfg.Now}
	var first error
	for c, err := range f.Chunks() {
		var bad *codec.Bad
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &bad):
			if f.cfg.Bad != nil {
				f.cfg.Bad(bad)
			} else if first == nil {
				first = fmt.Errorf("read %s: %w", f.name(), bad)
			}
			continue
		case err != nil:
			return err
		}
		if err := pace.wait(ctx, c.Received); err != nil {
			return err
		}
		if f.cfg.Live {
			c.Received = f.cfg.Now()
		}
		emit(c)
	}
	return first
}

// pacer waits as long as the recording took.
type pacer struct {
	speed   float64
	longest time.Duration
	now     func() time.Time

	recorded, played time.Time // the moment from which on time runs; zero: none yet
	last             time.Time // recorded time before
}

// wait waits until a recorded time has come. Times that run backwards, and gaps
// that are too long, begin anew.
func (p *pacer) wait(ctx context.Context, recorded time.Time) error {
	if p.speed <= 0 {
		return nil
	}
	gap := recorded.Sub(p.last)
	switch {
	case p.recorded.IsZero() || gap < 0:
		p.recorded, p.played = recorded, p.now()
	case gap > p.longest:
		// As if only the longest gap lay between.
		p.recorded = p.recorded.Add(gap - p.longest)
	}
	p.last = recorded
	due := p.played.Add(time.Duration(float64(recorded.Sub(p.recorded)) / p.speed))
	left := due.Sub(p.now())
	if left <= 0 {
		return nil
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// delivery hands chunks on, and knows which streams have not ended.
type delivery struct {
	yield   func(feed.Chunk, error) bool
	stopped bool                  // who takes them wants no more
	open    map[uint64]feed.Chunk // the ends that are still to come
}

// chunk delivers one, and reports whether more are wanted.
func (d *delivery) chunk(c feed.Chunk) bool {
	if d.stopped {
		return false
	}
	if c.End {
		delete(d.open, c.Stream)
	} else {
		d.open[c.Stream] = feed.Chunk{Received: c.Received, From: c.From, Stream: c.Stream, Datagram: c.Datagram, End: true}
	}
	d.stopped = !d.yield(c, nil)
	return !d.stopped
}

// bad delivers damage, and reports whether more is wanted.
func (d *delivery) bad(b *codec.Bad) bool {
	if !d.stopped {
		d.stopped = !d.yield(feed.Chunk{}, b)
	}
	return !d.stopped
}

// end ends the streams that have not ended, in the order in which they began.
func (d *delivery) end() {
	for _, id := range slices.Sorted(maps.Keys(d.open)) {
		if !d.chunk(d.open[id]) {
			return
		}
	}
}

// damage says what is wrong with a container.
func damage(err error) *codec.Bad {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return codec.NewBad(codec.Truncated, nil, "the recording ends too early: %v", err)
	}
	return codec.NewBad(codec.Malformed, nil, "%v", err)
}
