package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"atalaya/store"
	"atalaya/track"
)

// How the picture of an earlier time is found.
//
//  1. The keyframe before it, and the steps from there until then. Keyframes
//     are so close (loop) that few steps have to be opened.
//  2. The steps are read backwards, and of each track the newest event counts:
//     of older steps mostly only the numbers of their tracks need to be read.
//  3. A replay that plays takes only what changed since its last frame, by the
//     same way, without the keyframe.

// AsKnownAt gives the picture as it was known at a time: the keyframe before
// it, and the events since. Gap tells that steps in between were not kept or
// have expired.
func (h *History) AsKnownAt(ctx context.Context, t time.Time) (store.Keyframe, error) {
	k, err := h.keyframeAt(ctx, t)
	if err == nil {
		err = h.bringTo(ctx, &k, t)
	}
	if err != nil {
		return store.Keyframe{}, fmt.Errorf("picture at %s: %w", t.UTC().Format(time.RFC3339), err)
	}
	k.Gap = k.Gap || t.Sub(k.Known) > staleAfter
	return k, nil
}

// bringTo brings a keyframe forward to a time.
func (h *History) bringTo(ctx context.Context, k *store.Keyframe, t time.Time) error {
	rows, err := h.stepsUntil(ctx, k, t)
	if err != nil {
		return err
	}
	if k.Step == 0 {
		return fmt.Errorf("%w: nothing is kept from before", store.ErrNotFound)
	}
	newest, err := h.newest(rows)
	if err != nil {
		return err
	}
	k.Tracks = slices.DeleteFunc(k.Tracks, func(x track.Track) bool { return newest[x.ID] != nil })
	for _, e := range newest {
		if !over(e) {
			k.Tracks = append(k.Tracks, e.Track)
		}
	}
	sortTracks(k.Tracks)
	return nil
}

// tooMany steps are not opened one by one to go on from a picture: the nearest
// keyframe is quicker.
const tooMany = 600

// Since gives what was learned after a step until a time.
func (h *History) Since(ctx context.Context, after uint64, t time.Time) (store.Progress, error) {
	p, err := h.progress(ctx, after, t)
	if err != nil {
		return store.Progress{}, fmt.Errorf("picture from step %d to %s: %w", after, t.UTC().Format(time.RFC3339), err)
	}
	return p, nil
}

func (h *History) progress(ctx context.Context, after uint64, t time.Time) (store.Progress, error) {
	last, err := h.lastUntil(ctx, t)
	if err != nil {
		return store.Progress{}, err
	}
	k := store.Keyframe{Step: after}
	var rows []stepRow
	if last <= after+tooMany {
		if rows, err = h.stepsUntil(ctx, &k, t); err != nil {
			return store.Progress{}, err
		}
	}
	if k.Gap || last > after+tooMany {
		if k, err = h.AsKnownAt(ctx, t); err != nil {
			return store.Progress{}, err
		}
		if k.Step <= after { // nothing is kept from in between
			return store.Progress{Step: after}, nil
		}
		return store.Progress{Step: k.Step, Known: k.Known, Tracks: k.Tracks, Whole: true}, nil
	}
	newest, err := h.newest(rows)
	if err != nil {
		return store.Progress{}, err
	}
	p := store.Progress{Step: k.Step, Known: k.Known}
	for _, e := range newest {
		switch {
		case !over(e):
			p.Tracks = append(p.Tracks, e.Track)
		case e.Kind == track.Merged:
			p.Gone = append(p.Gone, store.Gone{ID: e.Track.ID, Into: e.Other})
		default:
			p.Gone = append(p.Gone, store.Gone{ID: e.Track.ID})
		}
	}
	sortTracks(p.Tracks)
	slices.SortFunc(p.Gone, func(a, b store.Gone) int { return cmp.Compare(a.ID, b.ID) })
	return p, nil
}

// over reports whether an event ended its track.
func over(e *store.News) bool {
	return e.Kind == track.Died || e.Kind == track.Merged || e.Track.Status == track.Ended
}

func sortTracks(all []track.Track) {
	slices.SortFunc(all, func(a, b track.Track) int { return cmp.Compare(a.ID, b.ID) })
}

// newest gives the newest event of each track in some steps.
func (h *History) newest(rows []stepRow) (map[track.ID]*store.News, error) {
	newest := map[track.ID]*store.News{}
	for _, r := range slices.Backward(rows) {
		if r.events == nil {
			continue
		}
		b, err := h.sealer.Open(store.ClassEvent, time.Unix(r.sec, 0), r.events)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", r.n, err)
		}
		if len(newest) > 0 {
			ids, err := h.tables.EventTracks(uint64(r.n), b)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(ids, func(id track.ID) bool { return newest[id] == nil }) {
				continue
			}
		}
		events, err := h.tables.EventNews(uint64(r.n), b)
		if err != nil {
			return nil, err
		}
		for i := range slices.Backward(events) {
			if id := events[i].Track.ID; newest[id] == nil {
				newest[id] = &events[i]
			}
		}
	}
	return newest, nil
}

// lastUntil gives the last step that closed until the second of a time, as far
// as the clear columns tell; 0: none.
func (h *History) lastUntil(ctx context.Context, t time.Time) (uint64, error) {
	var n uint64
	err := h.db.Read().QueryRowContext(ctx, "SELECT n FROM step WHERE sec <= ? ORDER BY sec DESC, n DESC LIMIT 1", t.Unix()).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// stepsUntil reads the steps from a keyframe to a time, without opening their
// events, and notes in the keyframe where they end and whether any is missing.
func (h *History) stepsUntil(ctx context.Context, k *store.Keyframe, t time.Time) (out []stepRow, err error) {
	last, err := h.lastUntil(ctx, t)
	if err != nil {
		return nil, err
	}
	const query = `SELECT s.n, s.sec, s.thinned, s.head, NULL, e.content FROM step s LEFT JOIN events e ON e.n = s.n
		WHERE s.n > ? AND s.n <= ? AND +s.sec <= ? ORDER BY s.n LIMIT ?`
	for {
		page, err := h.stepPage(ctx, query, k.Step, last, t.Unix(), batch)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			head, err := h.head(r)
			if err != nil {
				return nil, err
			}
			if head.Now.After(t) {
				return out, nil
			}
			expired := r.events == nil && head.Events > 0
			k.Gap = k.Gap || expired || head.N != k.Step+1
			k.Step, k.Known, k.LastSeq = head.N, head.Now, head.LastSeq
			out = append(out, r)
		}
		if len(page) < batch {
			return out, nil
		}
	}
}

// staleAfter is how long after the last step that was kept a picture holds. A
// step closes several times a second (loop.step); more than this means that the
// program did not run, or that steps were lost.
const staleAfter = 2 * time.Second

// keyframeAt gives the last keyframe known at t; without one, the empty
// picture before the first step.
func (h *History) keyframeAt(ctx context.Context, t time.Time) (store.Keyframe, error) {
	// The same second may hold later ones.
	rows, err := h.db.Read().QueryContext(ctx, "SELECT n, sec, content FROM keyframe WHERE sec <= ? ORDER BY sec DESC, n DESC LIMIT 8", t.Unix())
	if err != nil {
		return store.Keyframe{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var n uint64
		var sec int64
		var sealed []byte
		if err := rows.Scan(&n, &sec, &sealed); err != nil {
			return store.Keyframe{}, err
		}
		// Those of before there were data keys are sealed as events.
		b, err := h.sealer.Open(store.ClassTrack, time.Unix(sec, 0), sealed)
		if err != nil {
			var older error
			if b, older = h.sealer.Open(store.ClassEvent, time.Unix(sec, 0), sealed); older != nil {
				return store.Keyframe{}, fmt.Errorf("keyframe %d: %w", n, err)
			}
		}
		k, err := h.tables.Picture(n, b)
		if err != nil {
			return store.Keyframe{}, err
		}
		if !k.Known.After(t) {
			return k, nil
		}
	}
	return store.Keyframe{}, rows.Err()
}

// Pictures gives keyframes from a time back to an earlier one, the newest
// first, each at least so long before the one that came first. What tracks were
// called is sealed, so who looks for a name has to open pictures: each is opened
// when it is asked for.
func (h *History) Pictures(ctx context.Context, from, to time.Time, apart time.Duration) iter.Seq2[store.Keyframe, error] {
	return func(yield func(store.Keyframe, error) bool) {
		for at := to; !at.Before(from); {
			k, err := h.keyframeAt(ctx, at)
			if err != nil {
				yield(k, fmt.Errorf("picture before %s: %w", at.UTC().Format(time.RFC3339), err))
				return
			}
			if k.Step == 0 || k.Known.Before(from) || !yield(k, nil) {
				return
			}
			at = k.Known.Add(-apart)
		}
	}
}
