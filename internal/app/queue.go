package app

import (
	"context"
	"sync"

	"atalaya/track"
)

// queue holds the inputs that wait for the next step. Feeds wait when it is
// full, so that TCP senders are slowed down and the kernel counts what
// datagrams it drops.
type queue struct {
	limit int
	mu    sync.Mutex
	in    []track.Input
	weigh int
	room  chan struct{} // closed and replaced when inputs are taken
}

func newQueue(limit int) *queue { return &queue{limit: limit, room: make(chan struct{})} }

// weight of an input. A change never waits: each of them was written to the
// disk before, so they come slowly, and at the start all of them at once.
func weight(in *track.Input) int {
	switch {
	case in.Change != nil:
		return 0
	case in.Scan != nil:
		return 1 + len(in.Scan.Observations)
	}
	return 1
}

// put adds one input; it waits for room until ctx ends.
func (q *queue) put(ctx context.Context, in track.Input) {
	w := weight(&in)
	for {
		q.mu.Lock()
		if q.weigh == 0 || w == 0 || q.weigh+w <= q.limit {
			q.in = append(q.in, in)
			q.weigh += w
			q.mu.Unlock()
			return
		}
		room := q.room
		q.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return
		}
	}
}

// take gives those that have waited longest, up to a weight but at least one,
// and tells whether more wait.
func (q *queue) take(most int) (in []track.Input, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, taken := 0, 0
	for n < len(q.in) {
		w := weight(&q.in[n])
		if n > 0 && taken+w > most {
			break
		}
		n, taken = n+1, taken+w
	}
	in, q.in = q.in[:n:n], q.in[n:]
	q.weigh -= taken
	if len(q.in) == 0 {
		q.in = nil // the array belongs to the one who took it
	}
	close(q.room)
	q.room = make(chan struct{})
	return in, len(q.in) > 0
}

// waiting tells how many observations wait.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.weigh
}
