package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/store"
	"atalaya/store/content"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// The long history of tracks.
//
// The events of a step hold many tracks; to find one track's day among them
// every event of the day would have to be opened. So each track's points are
// also kept together, a minute in one chunk:
//
//  1. The points of a step are put into trails in memory: one trail for each
//     track and minute in the world, at most one point a second.
//  2. When the minute of receive time is over, all trails are closed and queued
//     in the order of minute and track.
//  3. Each step writes a share of the queue as chunks, in its own transaction,
//     so that the disk is never given a minute's work at once.
//  4. When the queue is empty, "trails" in meta says through which step all
//     points are in chunks. After a crash the points behind it are taken again
//     from the events; points that were written already come twice then, and
//     are dropped when they are read.

// maxPoints bounds the points in memory (72 bytes each); beyond it trails are
// closed early.
const maxPoints = 2 << 20

// flushSteps is over how many steps the queue is written: a quarter of the
// minute.
const flushSteps = 60

type trails struct {
	mu     sync.Mutex
	open   map[trailKey]*trail
	queue  []*trail // closed, in the order of minute and track
	share  int      // of the queue, to be written with each step
	closed uint64   // the step through which the queue holds everything
	noted  uint64   // what "trails" in meta says
	minute int64    // of receive time, of the open trails
	points int      // in open
	spare  [][]point
}

type trailKey struct {
	minute int64 // in the world
	track  track.ID
}

type trail struct {
	trailKey
	points []point
}

// point is store.Point without the parts that chunks do not keep, in few
// bytes.
type point struct {
	time, known      int64 // ns since 1970
	from             int64 // ns since 1970; 0: none
	lastSeq          uint64
	lat, lon         int32 // 1e-7 degrees
	height           int32 // cm
	east, north      int32 // cm/s
	climb            int32 // cm/s
	covEE, covEN     float32
	covNN            float32
	existence        uint32 // 1e-6
	revision         uint32
	datum            geo.Datum
	status           track.Status
	kind             obs.Kind
	distress         obs.Distress
	event            track.EventKind
	domain           track.Domain
	onGround, proven bool
}

// scaled32 gives x as an integer of 1/scale; what does not fit is cut.
func scaled32(x, scale float64) int32 {
	v := math.Round(x * scale)
	if math.IsNaN(v) {
		return 0
	}
	return int32(max(math.MinInt32, min(math.MaxInt32, v)))
}

func newPoint(known time.Time, e *track.Event) point {
	st := content.RoundState(e.Track.State)
	p := point{
		time: st.Time.UnixNano(), known: known.UnixNano(), lastSeq: e.Track.LastSeq,
		lat: scaled32(st.Position.Lat, 1e7), lon: scaled32(st.Position.Lon, 1e7),
		height: scaled32(st.Height.Metres, 100), datum: st.Height.Datum,
		east: scaled32(st.East, 100), north: scaled32(st.North, 100), climb: scaled32(st.Climb, 100),
		covEE: float32(st.Cov[0][0]), covEN: float32(st.Cov[0][1]), covNN: float32(st.Cov[1][1]),
		existence: uint32(scaled32(max(0, e.Track.Existence), 1e6)), revision: e.Track.Revision,
		status: e.Track.Status, kind: e.Track.Kind, distress: e.Track.Distress, event: e.Kind,
		domain: e.Track.Domain, onGround: e.Track.OnGround, proven: e.Track.Proven,
	}
	if !e.From.IsZero() {
		p.from = e.From.UnixNano()
	}
	return p
}

func (p *point) point() store.Point {
	out := store.Point{
		Known: time.Unix(0, p.known).UTC(), LastSeq: p.lastSeq, Status: p.status, Kind: p.kind, Domain: p.domain,
		Distress: p.distress, OnGround: p.onGround, Proven: p.proven, Existence: float64(p.existence) / 1e6,
		Revision: p.revision, Event: p.event,
	}
	st := &out.State
	st.Time = time.Unix(0, p.time).UTC()
	st.Position = geo.Position{Lat: float64(p.lat) / 1e7, Lon: float64(p.lon) / 1e7}
	st.Height = geo.Height{Metres: float64(p.height) / 100, Datum: p.datum}
	st.East, st.North, st.Climb = float64(p.east)/100, float64(p.north)/100, float64(p.climb)/100
	st.Cov[0][0], st.Cov[0][1], st.Cov[1][0], st.Cov[1][1] = float64(p.covEE), float64(p.covEN), float64(p.covEN), float64(p.covNN)
	if p.from != 0 {
		out.From = time.Unix(0, p.from).UTC()
	}
	return out
}

func (t *trails) start() { t.open = map[trailKey]*trail{} }

// add puts the points of a step into their trails.
func (t *trails) add(step store.Step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range step.Events {
		e := &step.Events[i]
		key := trailKey{minuteIn(e.Track.State.Time, step.Now), e.Track.ID}
		tr := t.open[key]
		if tr == nil {
			tr = &trail{trailKey: key}
			if n := len(t.spare); n > 0 {
				tr.points, t.spare = t.spare[n-1], t.spare[:n-1]
			}
			t.open[key] = tr
		}
		p := newPoint(step.Now, e)
		if n := len(tr.points); n > 0 && e.Kind == track.Updated {
			last := tr.points[n-1]
			if last.revision == p.revision && last.event == track.Updated && p.time >= last.time && p.time-last.time < int64(time.Second) {
				continue // more often than once a second tells nothing new
			}
		}
		tr.points = append(tr.points, p)
		t.points++
	}
}

// minuteIn is the minute in which a point is kept: of its time in the world,
// unless that is more than a week before or an hour after it was known. Such a
// time is an error, and must not make chunks that never expire.
func minuteIn(world, known time.Time) int64 {
	const week, hour = 7 * 24 * time.Hour, time.Hour
	if d := known.Sub(world); d > week || d < -hour {
		world = known
	}
	return database.Minute(world)
}

// roll closes the trails when the step begins a new minute.
func (t *trails) roll(step store.Step) {
	t.mu.Lock()
	minute := database.Minute(step.Now)
	due := minute != t.minute || t.points >= maxPoints
	t.minute = minute
	t.mu.Unlock()
	if due {
		t.rollAll(step.N)
	}
}

// rollAll closes all trails; next is the first step that they do not hold.
func (t *trails) rollAll(next uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tr := range t.open {
		t.queue = append(t.queue, tr)
	}
	clear(t.open)
	t.points = 0
	slices.SortFunc(t.queue, func(a, b *trail) int {
		return cmp.Or(cmp.Compare(a.minute, b.minute), cmp.Compare(a.track, b.track))
	})
	t.share = (len(t.queue) + flushSteps - 1) / flushSteps
	t.closed = next - 1
}

// due gives the trails to write with this step.
func (t *trails) due() []*trail {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.queue[:min(t.share, len(t.queue))])
}

// through says through which step all points will be in chunks when n trails
// of the queue are written; 0: that does not change.
func (t *trails) through(n int) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < len(t.queue) || t.closed == t.noted {
		return 0
	}
	return t.closed
}

// done forgets n trails of the queue, which are written.
func (t *trails) done(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tr := range t.queue[:n] {
		t.spare = append(t.spare, tr.points[:0])
	}
	t.queue = slices.Delete(t.queue, 0, n)
	if len(t.queue) > 0 {
		return
	}
	t.noted = t.closed
	// No more memory than the tracks of this minute need.
	keep := min(len(t.spare), len(t.open))
	clear(t.spare[keep:])
	t.spare = t.spare[:keep]
}

// of gives the points of a track that are in memory.
func (t *trails) of(id track.ID) []store.Point {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []store.Point
	take := func(tr *trail) {
		if tr.track == id {
			for i := range tr.points {
				out = append(out, tr.points[i].point())
			}
		}
	}
	for _, tr := range t.queue {
		take(tr)
	}
	for _, tr := range t.open {
		take(tr)
	}
	return out
}

// chunk is a sealed trail.
type chunk struct {
	trailKey
	content []byte
}

func (h *History) packTrails(due []*trail) ([]chunk, error) {
	out := make([]chunk, 0, len(due))
	var points []store.Point
	for _, tr := range due {
		points = points[:0]
		for i := range tr.points {
			points = append(points, tr.points[i].point())
		}
		c, err := h.packChunk(tr.trailKey, points)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (h *History) packChunk(key trailKey, points []store.Point) (chunk, error) {
	b, err := h.packer.Points(key.track, points)
	if err != nil {
		return chunk{}, fmt.Errorf("pack the history of track %s: %w", key.track, err)
	}
	sealed, err := h.sealer.Seal(store.ClassTrack, database.Day(key.minute), b)
	return chunk{key, sealed}, err
}

// saveTrails writes chunks; through, when it is not 0, is the step through
// which all points are in chunks then.
func (h *History) saveTrails(ctx context.Context, tx *sql.Tx, chunks []chunk, through uint64) (err error) {
	if len(chunks) > 0 {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO chunk (hour, minute, track, content) VALUES (0, ?, ?, ?)")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		for _, c := range chunks {
			if _, err := insert.ExecContext(ctx, c.minute, c.track, c.content); err != nil {
				return err
			}
		}
	}
	if through == 0 {
		return nil
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('trails', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", through)
	return err
}

// closeTrails writes all points that are in memory.
func (h *History) closeTrails(ctx context.Context) error {
	h.trails.rollAll(h.used.Step + 1)
	for {
		due := h.trails.due()
		chunks, err := h.packTrails(due)
		if err != nil {
			return err
		}
		err = h.db.Change(ctx, "write the tracks' history", func(tx *sql.Tx) error {
			return h.saveTrails(ctx, tx, chunks, h.trails.through(len(chunks)))
		})
		if err != nil || len(due) == 0 {
			return err
		}
		h.trails.done(len(chunks))
	}
}

// refillTrails takes the points that were in memory when the last run ended
// from the events.
func (h *History) refillTrails(ctx context.Context) error {
	var through uint64
	err := h.db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'trails'").Scan(&through)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read how far the tracks' history is: %w", err)
	}
	for step, err := range h.eventSteps(ctx, through, math.MaxInt64, math.MaxInt64) {
		if err != nil {
			return fmt.Errorf("complete the tracks' history: %w", err)
		}
		h.trails.add(step)
	}
	return nil
}

// TrackHistory gives a track's past, by the time in the world. What a later
// revision made void is left out.
func (h *History) TrackHistory(ctx context.Context, q store.HistoryQuery) ([]store.Point, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 10_000
	}
	// Memory first: what is written meanwhile is then seen twice, not missed.
	points := h.trails.of(q.Track)
	kept, err := h.chunks(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("history of track %s: %w", q.Track, err)
	}
	points = append(points, kept...)
	points = slices.DeleteFunc(points, func(p store.Point) bool {
		return !q.KnownAt.IsZero() && p.Known.After(q.KnownAt)
	})
	slices.SortStableFunc(points, func(a, b store.Point) int {
		return cmp.Or(a.State.Time.Compare(b.State.Time), a.Known.Compare(b.Known), cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Event, b.Event))
	})
	points = slices.Compact(points)
	points = standing(points)
	points = slices.DeleteFunc(points, func(p store.Point) bool {
		return p.State.Time.Before(q.From) || (!q.To.IsZero() && !p.State.Time.Before(q.To))
	})
	return points[:min(limit, len(points))], nil
}

// standing leaves out the points that a revision made void.
func standing(points []store.Point) []store.Point {
	var revised []store.Point
	for _, p := range points {
		if p.Event == track.Revised {
			revised = append(revised, p)
		}
	}
	return slices.DeleteFunc(points, func(p store.Point) bool {
		return slices.ContainsFunc(revised, func(r store.Point) bool {
			return p.Revision < r.Revision && !p.State.Time.Before(r.From)
		})
	})
}

// chunks reads a track's chunks: one search for each minute and each hour that
// has any. That is cheaper than an index in the order of tracks, which would
// touch a page for each track and minute when writing.
func (h *History) chunks(ctx context.Context, q store.HistoryQuery) (out []store.Point, err error) {
	from, to := database.Minute(q.From), int64(math.MaxInt64)
	if !q.To.IsZero() {
		to = database.Minute(q.To)
	}
	for _, span := range [...]struct{ hour, from int64 }{{1, hourOf(from)}, {0, from}} {
		rows, err := h.db.Read().QueryContext(ctx, `WITH RECURSIVE at (minute) AS (
				SELECT min(minute) FROM chunk WHERE hour = ?1 AND minute >= ?2
				UNION ALL
				SELECT (SELECT min(minute) FROM chunk WHERE hour = ?1 AND minute > at.minute) FROM at WHERE at.minute <= ?3)
			SELECT c.minute, c.content FROM at CROSS JOIN chunk c
			WHERE c.hour = ?1 AND c.minute = at.minute AND c.minute <= ?3 AND c.track = ?4`,
			span.hour, span.from, to, q.Track)
		if err != nil {
			return nil, err
		}
		if out, err = h.readChunks(rows, q.Track, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// hourOf gives the first minute of a minute's hour.
func hourOf(minute int64) int64 { return database.FloorDiv(minute, 60) * 60 }

func (h *History) readChunks(rows *sql.Rows, id track.ID, out []store.Point) ([]store.Point, error) {
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var sealed []byte
		if err := rows.Scan(&minute, &sealed); err != nil {
			return nil, err
		}
		b, err := h.sealer.Open(store.ClassTrack, database.Day(minute), sealed)
		if err != nil {
			return nil, err
		}
		points, err := h.tables.Points(id, b)
		if err != nil {
			return nil, err
		}
		out = append(out, points...)
	}
	return out, rows.Err()
}
