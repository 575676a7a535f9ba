package feed_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/feed"
	"atalaya/sensor"
	"atalaya/track"
)

// runs is a feed that notes when it is run.
type runs struct {
	at  []time.Time
	run func(ctx context.Context, n int, emit func(track.Input)) error
}

func (r *runs) Run(ctx context.Context, emit func(track.Input)) error {
	r.at = append(r.at, time.Now())
	return r.run(ctx, len(r.at), emit)
}

var errGone = errors.New("connection refused")

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// supervised runs a feed under the supervisor until it has run n times.
func supervised(t *testing.T, n int, run func(ctx context.Context, n int) error) *runs {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &runs{run: func(ctx context.Context, i int, _ func(track.Input)) error {
		if i == n {
			cancel()
			return ctx.Err()
		}
		return run(ctx, i)
	}}
	feed.Supervise(ctx, r, feed.NewMeter(sensor.Feed{}, time.Now), quiet(), nil)
	return r
}

// TestPauses: they double from 500 ms to 30 s, each with a random part of at
// most its half taken off.
func TestPauses(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			r := supervised(t, 12, func(context.Context, int) error { return errGone })
			full := 500 * time.Millisecond
			for i := 1; i < len(r.at); i++ {
				pause := r.at[i].Sub(r.at[i-1])
				if pause < full/2 || pause > full {
					t.Errorf("pause %d is %v, not within %v and %v", i, pause, full/2, full)
				}
				if i == 11 {
					seen[pause] = true
				}
				full = min(2*full, 30*time.Second)
			}
		})
	}
	if len(seen) < 10 {
		t.Errorf("%d different pauses of 20: no jitter", len(seen))
	}
}

// TestPausesBeginAnew after a run that lasted, and not after a short one.
func TestPausesBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := supervised(t, 12, func(_ context.Context, n int) error {
			switch n {
			case 8:
				time.Sleep(31 * time.Second)
			default:
				time.Sleep(time.Second)
			}
			return errGone
		})
		if before := r.at[7].Sub(r.at[6]); before < 15*time.Second {
			t.Errorf("the seventh pause is %v", before)
		}
		if after := r.at[8].Sub(r.at[7]) - 31*time.Second; after > 500*time.Millisecond {
			t.Errorf("the pause after a long run is %v", after)
		}
	})
}

// TestStop: the end of the context ends a pause and a run at once, and counts
// as no failure.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, in := range []string{"run", "pause"} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			m := feed.NewMeter(sensor.Feed{}, time.Now)
			began := time.Now()
			r := &runs{run: func(ctx context.Context, _ int, _ func(track.Input)) error {
				if in == "run" {
					<-ctx.Done()
					return ctx.Err()
				}
				return errGone
			}}
			feed.Supervise(ctx, r, m, quiet(), nil)
			cancel()
			if took := time.Since(began); took != 20*time.Second {
				t.Errorf("in a %s: ended after %v", in, took)
			}
			if h := m.Health(); in == "run" && (h.Restarts != 0 || len(r.at) != 1) {
				t.Errorf("%d restarts, %d runs", h.Restarts, len(r.at))
			}
		}
	})
}

// TestEnd: a recording that ended is not run again.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := feed.NewMeter(sensor.Feed{Silent: time.Minute}, time.Now)
		r := &runs{run: func(context.Context, int, func(track.Input)) error { return nil }}
		feed.Supervise(t.Context(), r, m, quiet(), nil)
		if h := m.Health(); len(r.at) != 1 || h.Restarts != 0 || h.State != sensor.Silent || h.Why != "the recording has ended" {
			t.Errorf("%d runs, %d restarts, %s (%s)", len(r.at), h.Restarts, h.State, h.Why)
		}
	})
}

// flapping is a feed under the supervisor whose connection fails, or brings a
// message a second for some seconds and fails then.
func flapping(t *testing.T, seconds func() int) (m *feed.Meter, stop func()) {
	m = feed.NewMeter(sensor.Feed{Silent: 10 * time.Second}, time.Now)
	src := &feed.Source{
		Meter: m, Registered: func(time.Time) bool { return true },
		NewDecoder: func() feed.Decoder { return &words{log: new([]string)} },
		Transport: script(func(_ context.Context, emit func(feed.Chunk)) error {
			for range seconds() {
				emit(feed.Chunk{Data: []byte("plot"), Received: time.Now(), Stream: 1})
				time.Sleep(time.Second)
			}
			return errGone
		}),
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed.Supervise(ctx, src, m, quiet(), func(track.Input) {})
	}()
	return m, func() { cancel(); <-done }
}

// TestFailing: a feed whose connection fails says so from the first failure on,
// without a break between two tries; it is up as soon as frames come, and when
// nobody tries any more the failure is soon no explanation.
func TestFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lasts atomic.Int64
		m, stop := flapping(t, func() int { return int(lasts.Load()) })
		for range 1200 {
			time.Sleep(100 * time.Millisecond)
			if h := m.Health(); h.State != sensor.Silent || !strings.Contains(h.Why, errGone.Error()) {
				t.Fatalf("%s (%s)", h.State, h.Why)
			}
		}
		lasts.Store(100)
		time.Sleep(31 * time.Second)
		if h := m.Health(); h.State != sensor.Up || h.Restarts < 7 {
			t.Errorf("%s (%s), %d restarts", h.State, h.Why, h.Restarts)
		}
		stop()
		time.Sleep(2 * time.Minute)
		if h := m.Health(); h.State != sensor.Silent || strings.Contains(h.Why, errGone.Error()) {
			t.Errorf("long after: %s (%s)", h.State, h.Why)
		}
	})
}

// TestFlapping: frames come, but the connection is lost again and again.
func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, stop := flapping(t, func() int { return 1 })
		defer stop()
		time.Sleep(time.Millisecond)
		if h := m.Health(); h.State != sensor.Up {
			t.Errorf("at first %s (%s)", h.State, h.Why)
		}
		time.Sleep(9 * time.Second)
		if h := m.Health(); h.State != sensor.Degraded || !strings.Contains(h.Why, errGone.Error()) {
			t.Errorf("then %s (%s)", h.State, h.Why)
		}
	})
}

// TestFailureLog: repeated errors are one line a second, with a count.
func TestFailureLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		r := &runs{run: func(context.Context, int, func(track.Input)) error {
			if n++; n == 6 {
				cancel()
			}
			return errGone
		}}
		feed.Supervise(ctx, r, feed.NewMeter(sensor.Feed{ID: "ais-a"}, time.Now), slog.New(slog.NewTextHandler(&b, nil)), nil)
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) < 3 || len(lines) > 5 {
			t.Errorf("%d lines for five failures:\n%s", len(lines), &b)
		}
		for _, l := range lines {
			if !strings.Contains(l, "feed=ais-a") || !strings.Contains(l, errGone.Error()) {
				t.Errorf("line %s", l)
			}
		}
	})
}
