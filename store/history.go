package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"atalaya/store/content"
	"atalaya/track"
)

// Tables are the forms in which the history is kept. They are safe for
// concurrent use.
type Tables struct {
	inputs *content.Table[track.Input]
	events *content.Table[track.Event]
	tracks *content.Table[track.Track]
	points *content.Table[Point]
	whose  *content.Table[whose]
	news   *content.Table[News]
	told   *content.Table[Told]
	unzip  *zstd.Decoder

	mu    sync.RWMutex
	known map[uint32]content.Schema
}

// whose is the part of an event that says which track it is of.
type whose struct {
	Track struct{ ID track.ID }
}

// News is what the picture takes of an event: all but how it came about.
type News struct {
	Kind  track.EventKind
	Track track.Track // as believed after the event
	Other track.ID
}

// maxPlain bounds a blob before compression, in bytes.
const maxPlain = 256 << 20

// NewTables learns the forms from the types.
func NewTables() (*Tables, error) {
	t := &Tables{}
	var err1, err2, err3, err4, err5, err6, err7, err8 error
	t.inputs, err1 = content.NewTable[track.Input]("inputs")
	t.events, err2 = content.NewTable[track.Event]("events")
	t.tracks, err3 = content.NewTable[track.Track]("tracks")
	t.points, err4 = content.NewTable[Point]("points")
	t.whose, err6 = content.NewTable[whose]("events")
	t.news, err7 = content.NewTable[News]("events")
	t.told, err8 = content.NewTable[Told]("told")
	t.unzip, err5 = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxPlain))
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		return nil, fmt.Errorf("prepare the forms of the history: %w", err)
	}
	t.known = t.Schemas()
	return t, nil
}

// Schemas gives the schemas that this program writes, by ID. A backend keeps
// them beside the content.
func (t *Tables) Schemas() map[uint32]content.Schema {
	out := map[uint32]content.Schema{}
	for _, s := range []content.Schema{t.inputs.Schema(), t.events.Schema(), t.tracks.Schema(), t.points.Schema(), t.told.Schema()} {
		out[s.ID()] = s
	}
	return out
}

// Learn makes content readable that was written with another schema.
func (t *Tables) Learn(s content.Schema) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[s.ID()] = s
}

func (t *Tables) schema(id uint32) (content.Schema, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s, ok := t.known[id]
	return s, ok
}

// head is what stands before the rows of a blob: whose they are.
type head struct {
	n        uint64    // step, or the number of a chunk
	at       time.Time // when the step closed; UTC, to the nanosecond
	firstSeq uint64
	lastSeq  uint64
}

const headSize = 32

func (h head) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, h.n)
	b = binary.BigEndian.AppendUint64(b, uint64(h.at.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, h.firstSeq)
	return binary.BigEndian.AppendUint64(b, h.lastSeq)
}

func (h *head) read(b []byte) ([]byte, error) {
	if len(b) < headSize {
		return nil, fmt.Errorf("%w: too short", ErrDamaged)
	}
	h.n = binary.BigEndian.Uint64(b)
	h.at = time.Unix(0, int64(binary.BigEndian.Uint64(b[8:]))).UTC()
	h.firstSeq = binary.BigEndian.Uint64(b[16:])
	h.lastSeq = binary.BigEndian.Uint64(b[24:])
	return b[headSize:], nil
}

// Head is what is kept of every step, empty ones too.
type Head struct {
	N                 uint64
	Now               time.Time
	FirstSeq, LastSeq uint64
	Inputs, Events    uint32 // how many the step had
}

// PackHead gives a step's head as bytes.
func PackHead(s Step) []byte {
	b := head{s.N, s.Now, s.FirstSeq, s.LastSeq}.append(nil)
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.Inputs)))
	return binary.BigEndian.AppendUint32(b, uint32(len(s.Events)))
}

// UnpackHead reads what PackHead gave for step n.
func UnpackHead(n uint64, b []byte) (Head, error) {
	var h head
	rest, err := h.read(b)
	if err != nil {
		return Head{}, fmt.Errorf("step %d: %w", n, err)
	}
	if h.n != n || len(rest) != 8 {
		return Head{}, fmt.Errorf("%w: content of step %d stands at %d", ErrDamaged, h.n, n)
	}
	return Head{
		N: n, Now: h.at, FirstSeq: h.firstSeq, LastSeq: h.lastSeq,
		Inputs: binary.BigEndian.Uint32(rest), Events: binary.BigEndian.Uint32(rest[4:]),
	}, nil
}

// Packer turns the parts of a step into blobs, ready to be sealed. It keeps
// its memory between calls and is not safe for concurrent use. Every blob is
// valid until the next call.
type Packer struct {
	inputs *content.Encoder[track.Input]
	events *content.Encoder[track.Event]
	tracks *content.Encoder[track.Track]
	points *content.Encoder[Point]
	told   *content.Encoder[Told]
	round  content.Rounder
	zip    *zstd.Encoder
	plain  []byte
	packed []byte
}

// Packer gives a new one.
func (t *Tables) Packer() (*Packer, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	return &Packer{
		inputs: t.inputs.Encoder(), events: t.events.Encoder(),
		tracks: t.tracks.Encoder(), points: t.points.Encoder(), told: t.told.Encoder(), zip: zip,
	}, nil
}

func pack[T any](p *Packer, e *content.Encoder[T], h head, rows []T) ([]byte, error) {
	var err error
	if p.plain, err = e.Append(h.append(p.plain[:0]), rows); err != nil {
		return nil, err
	}
	p.packed = p.zip.EncodeAll(p.plain, p.packed[:0])
	return p.packed, nil
}

// Inputs packs a step's inputs, exactly.
func (p *Packer) Inputs(s Step) ([]byte, error) {
	return pack(p, p.inputs, head{s.N, s.Now, s.FirstSeq, s.LastSeq}, s.Inputs)
}

// Events packs a step's events, to the precision of the history.
func (p *Packer) Events(s Step) ([]byte, error) {
	return pack(p, p.events, head{s.N, s.Now, s.FirstSeq, s.LastSeq}, p.round.Events(s.Events))
}

// Picture packs a step's keyframe, to the precision of the history.
func (p *Packer) Picture(s Step) ([]byte, error) {
	return pack(p, p.tracks, head{s.N, s.Now, s.FirstSeq, s.LastSeq}, p.round.Tracks(s.Picture))
}

// Points packs a chunk of a track's long history. The points have the
// precision of the history already.
func (p *Packer) Points(id track.ID, points []Point) ([]byte, error) {
	return pack(p, p.points, head{n: uint64(id), at: time.Unix(0, 0)}, points)
}

// Told packs what happened to a track in a minute. It has the precision of the
// history already.
func (p *Packer) Told(id track.ID, told []Told) ([]byte, error) {
	return pack(p, p.told, head{n: uint64(id), at: time.Unix(0, 0)}, told)
}

func unpack[T any](t *Tables, table *content.Table[T], blob []byte, want uint64) (head, []T, error) {
	plain, err := t.unzip.DecodeAll(blob, nil)
	if err != nil {
		return head{}, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var h head
	rest, err := h.read(plain)
	if err != nil {
		return head{}, nil, err
	}
	if h.n != want {
		return head{}, nil, fmt.Errorf("%w: content of %d stands at %d", ErrDamaged, h.n, want)
	}
	rows, err := table.Decode(rest, t.schema)
	if err != nil {
		return head{}, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return h, rows, nil
}

// Inputs reads what Packer.Inputs packed for step n.
func (t *Tables) Inputs(n uint64, blob []byte) ([]track.Input, error) {
	_, rows, err := unpack(t, t.inputs, blob, n)
	if err != nil {
		return nil, fmt.Errorf("inputs of step %d: %w", n, err)
	}
	return rows, nil
}

// Events reads what Packer.Events packed for step n.
func (t *Tables) Events(n uint64, blob []byte) ([]track.Event, error) {
	_, rows, err := unpack(t, t.events, blob, n)
	if err != nil {
		return nil, fmt.Errorf("events of step %d: %w", n, err)
	}
	return rows, nil
}

// EventNews reads of what Packer.Events packed for step n only what the picture
// takes.
func (t *Tables) EventNews(n uint64, blob []byte) ([]News, error) {
	_, rows, err := unpack(t, t.news, blob, n)
	if err != nil {
		return nil, fmt.Errorf("events of step %d: %w", n, err)
	}
	return rows, nil
}

// EventTracks reads of what Packer.Events packed for step n only the tracks
// that the events are of.
func (t *Tables) EventTracks(n uint64, blob []byte) ([]track.ID, error) {
	_, rows, err := unpack(t, t.whose, blob, n)
	if err != nil {
		return nil, fmt.Errorf("events of step %d: %w", n, err)
	}
	out := make([]track.ID, len(rows))
	for i := range rows {
		out[i] = rows[i].Track.ID
	}
	return out, nil
}

// Picture reads what Packer.Picture packed for step n.
func (t *Tables) Picture(n uint64, blob []byte) (Keyframe, error) {
	h, rows, err := unpack(t, t.tracks, blob, n)
	if err != nil {
		return Keyframe{}, fmt.Errorf("keyframe of step %d: %w", n, err)
	}
	return Keyframe{Step: n, Known: h.at, LastSeq: h.lastSeq, Tracks: rows}, nil
}

// Points reads what Packer.Points packed for a track.
func (t *Tables) Points(id track.ID, blob []byte) ([]Point, error) {
	_, rows, err := unpack(t, t.points, blob, uint64(id))
	if err != nil {
		return nil, fmt.Errorf("history of track %s: %w", id, err)
	}
	return rows, nil
}

// Told reads what Packer.Told packed for a track.
func (t *Tables) Told(id track.ID, blob []byte) ([]Told, error) {
	_, rows, err := unpack(t, t.told, blob, uint64(id))
	if err != nil {
		return nil, fmt.Errorf("what is kept of track %s: %w", id, err)
	}
	return rows, nil
}
