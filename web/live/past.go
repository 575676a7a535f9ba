package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"atalaya/web/wire"
)

// wish opens, moves or ends one of the client's replays.
func (w *writer) wish(ctx context.Context, x *wire.Wish) error {
	l := w.lane(x.Channel)
	switch {
	case x.Close && l != nil:
		w.closeReplay(l)
		return nil
	case x.Close:
		return nil // it ended by itself
	case l != nil:
		l.replay.want(*x)
		return nil
	case x.At == nil:
		return w.text(ctx, noChannel(x.Channel))
	case w.hub.cfg.Past == nil:
		return w.text(ctx, encode(refused(x, "history", "no history is kept here")))
	case len(w.past) == maxPast:
		return w.text(ctx, encode(refused(x, "replays", fmt.Sprintf("this connection has %d replays already: close one", maxPast))))
	}
	select {
	case w.hub.places <- struct{}{}:
	default:
		return w.text(ctx, encode(refused(x, "replays", fmt.Sprintf("all %d places for replays are taken: try again when somebody has gone back to live", cap(w.hub.places)))))
	}
	add := newLane()
	add.replay = startReplay(ctx, w.hub.cfg.Past, x.Channel, w.hub.cfg.Exercise, func() {
		select {
		case w.replayed <- struct{}{}:
		default:
		}
	})
	w.past = append(w.past, &add)
	add.replay.want(*x)
	return nil
}

// closeReplay ends a replay and frees its place.
func (w *writer) closeReplay(l *lane) {
	l.replay.close()
	w.past = slices.DeleteFunc(w.past, func(x *lane) bool { return x == l })
	<-w.hub.places
}

func (w *writer) closeReplays() {
	for len(w.past) > 0 {
		w.closeReplay(w.past[0])
	}
}

// advancePast sends what has to be sent now of a replay, and tells when there
// will be more.
func (w *writer) advancePast(ctx context.Context, l *lane) (wait time.Duration, err error) {
	now, beat := time.Now(), w.hub.limits.beat
	due := l.pause > 0 && now.Sub(l.last) >= beat
	l.view.part = w.part
	texts, framed, rest, failed := l.replay.take(l, &w.frame, now, due, w.free())
	for _, data := range texts {
		if err := w.text(ctx, data); err != nil {
			return 0, err
		}
	}
	if failed {
		w.closeReplay(l)
		return 0, nil
	}
	if framed {
		if err := w.send(ctx, l); err != nil {
			return 0, err
		}
	}
	if l.pause == 0 {
		return 0, nil
	}
	if now.Sub(l.pulled) >= l.pause && w.free() {
		l.pulled = now
		l.replay.pull()
	}
	wait = min(l.pause-time.Since(l.pulled), beat-time.Since(l.last))
	if !w.free() {
		wait = beat - time.Since(l.last) // or what it takes to arrive
	}
	if rest > 0 {
		wait = min(wait, rest)
	}
	if l.view.waiting && w.free() {
		wait = 0
	}
	return max(wait, time.Millisecond), nil
}

// take gives what the client has to get of the replay: first how it stands,
// then alerts, then a frame. They belong together: a state that tells of a jump
// comes before the first frame of its epoch. rest is how long a frame has still
// to wait; free, whether the line can take one.
func (r *replay) take(l *lane, f *wire.Frame, now time.Time, due, free bool) (texts [][]byte, framed bool, rest time.Duration, failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trouble != nil {
		texts = append(texts, r.trouble)
		r.trouble = nil
	}
	if r.state.Epoch == 0 {
		return texts, false, 0, r.failed
	}
	if l.words != r.words {
		l.words, l.prompt = r.words, true
		texts = append(texts, encode(r.state))
	}
	if l.pause == 0 {
		return texts, false, 0, false
	}
	texts = append(texts, r.alerts(l)...)
	pause := l.pause
	if l.prompt || l.view.life != r.picture.life {
		pause = min(pause, jumpPause)
	}
	if l.view.waiting {
		pause = 0
	}
	rest = pause - now.Sub(l.full)
	switch {
	case rest <= 0 && free && r.picture.frame(&l.view, f, r.state.At, due):
		l.full, l.prompt = now, false
		return texts, true, 0, false
	case due:
		r.picture.beat(&l.view, f, r.state.At)
		return texts, true, rest, false
	}
	return texts, false, rest, false
}

// alerts gives what is to be told of the alerts: all of them after a jump, and
// then those that changed. r.mu is held.
func (r *replay) alerts(l *lane) [][]byte {
	out := r.changes
	r.changes = nil
	at, wanted := l.topics[topicAlerts]
	if !wanted {
		return nil
	}
	if at.begun && at.no == r.picture.life {
		return out
	}
	l.topics[topicAlerts] = read{true, r.picture.life}
	return [][]byte{encode(pastAlerts{wire.TypeAlerts, r.channel, r.state.Epoch, r.picture.alerts.list()})}
}
