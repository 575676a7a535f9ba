package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/web/wire"
)

// Past is the picture as it was known at earlier times.
type Past interface {
	// Range tells what can be replayed now. It fails where nothing is kept.
	Range(ctx context.Context) (wire.Range, error)
	// At gives the whole picture as it was known at a time.
	At(ctx context.Context, t time.Time) (Scene, error)
	// On gives what changed after a scene until a time. Where steps are missing
	// in between it may give the whole picture.
	On(ctx context.Context, from Mark, t time.Time) (Scene, error)
}

// Mark is where a replay stands: the last step that it shows, and its time.
type Mark struct {
	Step uint64
	At   time.Time
}

// Scene is the picture as it was known at a time, or what changed in it since
// an earlier one. Update.Now is when its last step closed.
type Scene struct {
	Update
	Whole bool
	// Alerts as they stood: of a whole scene all that were open, otherwise
	// those that changed.
	Alerts []desk.Alert
}

// What bounds replays.
const (
	maxPast  = 2 // of a connection
	slowest  = 1
	fastest  = 60
	aMoment  = time.Minute             // so far ahead a wish is no jump
	edge     = 1500 * time.Millisecond // how far a clock may run ahead of the newest step
	newRange = time.Second             // how long a range is believed
	newWord  = 10 * time.Second        // how often the client is told how the replay stands
	// jumpPause is the least time between two frames of a time bar that is
	// dragged.
	jumpPause = 25 * time.Millisecond
)

// replay shows a client the past on one channel. It has a goroutine, run, that
// reads the history; the client's writer pulls: it says when it can take more,
// and only then the replay goes on. So a client that takes nothing makes no
// work, and of several wishes the last one is carried out.
type replay struct {
	past    Past
	channel uint8
	wake    func()        // tells the writer that there is something new
	signal  chan struct{} // there is a wish, or the client can take more
	done    chan struct{} // closed when run has ended
	stop    context.CancelFunc

	mu      sync.Mutex
	picture picture
	state   wire.Replay
	wished  *wire.Wish // that waits
	pulled  bool       // the client can take more
	words   uint64     // counts what is to be told of the state
	trouble []byte     // why the last wish was refused
	failed  bool       // it could not begin
	changes [][]byte   // of alerts, since the whole list

	// Owned by run.
	from   time.Time // where the clock was
	since  time.Time // when it was there
	ranged time.Time // when the range was read
	told   time.Time // when words was counted last
}

// checkWish says what is wrong with a wish.
func checkWish(w *wire.Wish) string {
	switch {
	case w.Channel == wire.Live:
		return "channel 0 is the live one: choose a channel from 1 to 255 for the replay"
	case w.Request > wire.MaxSafe:
		return "request is over 2^53"
	case w.Speed != nil && !(*w.Speed >= slowest && *w.Speed <= fastest):
		return fmt.Sprintf("speed is from %d to %d", slowest, fastest)
	}
	return ""
}

// refused is the answer to a wish that is not carried out.
func refused(w *wire.Wish, code, detail string) wire.Error {
	return wire.Error{Type: wire.TypeError, Code: code, Detail: detail, Channel: w.Channel, Request: w.Request}
}

func noChannel(channel uint8) []byte {
	return encode(wire.Error{
		Type: wire.TypeError, Code: "channel", Channel: channel,
		Detail: fmt.Sprintf("no replay is open on channel %d: open it by a replay message with a time", channel),
	})
}

// newEpoch draws the number of a jump.
func newEpoch() uint64 { return 1 + rand.Uint64N(wire.MaxSafe) }

// startReplay begins a replay. It stands nowhere until its first wish.
func startReplay(ctx context.Context, past Past, channel uint8, exercise bool, wake func()) *replay {
	r := &replay{
		past: past, channel: channel, wake: wake, signal: make(chan struct{}, 1), done: make(chan struct{}),
		picture: newPicture(channel, 0, exercise),
		state:   wire.Replay{Type: wire.TypeReplay, Channel: channel, Speed: slowest, Paused: true},
	}
	ctx, r.stop = context.WithCancel(ctx)
	go r.run(ctx)
	return r
}

// close ends the replay and waits for it.
func (r *replay) close() {
	r.stop()
	<-r.done
}

// want takes a wish; it is joined to one that waits.
func (r *replay) want(w wire.Wish) {
	r.mu.Lock()
	if have := r.wished; have != nil {
		if w.At == nil {
			w.At = have.At
		}
		if w.Speed == nil {
			w.Speed = have.Speed
		}
		if w.Paused == nil {
			w.Paused = have.Paused
		}
	}
	r.wished = &w
	r.mu.Unlock()
	r.call()
}

// pull says that the client can take more.
func (r *replay) pull() {
	r.mu.Lock()
	r.pulled = true
	r.mu.Unlock()
	r.call()
}

func (r *replay) call() {
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

func (r *replay) run(ctx context.Context) {
	defer close(r.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.signal:
		}
		r.mu.Lock()
		wished, state := r.wished, r.state
		r.wished, r.pulled = nil, false
		r.mu.Unlock()
		if wished != nil {
			r.obey(ctx, state, wished)
		} else if !state.Paused {
			r.goOn(ctx, state)
		}
		r.wake()
	}
}

// clock gives the time that the replay should show now.
func (r *replay) clock(s *wire.Replay) time.Time {
	if s.Paused {
		return s.At
	}
	return r.from.Add(time.Duration(float64(time.Since(r.since)) * s.Speed))
}

// obey carries out a wish.
func (r *replay) obey(ctx context.Context, s wire.Replay, w *wire.Wish) {
	at := r.clock(&s)
	if w.At != nil {
		at = w.At.UTC()
	}
	s.Request, s.End = w.Request, false
	if w.Speed != nil {
		s.Speed = *w.Speed
	}
	if w.Paused != nil {
		s.Paused = *w.Paused
	}
	var err error
	if s.Range, err = r.past.Range(ctx); err != nil {
		r.refuse(ctx, w, err)
		return
	}
	r.ranged = time.Now()
	at = within(at, s.Oldest, s.Newest)
	jump := w.At != nil && (s.Epoch == 0 || at.Before(s.At) || at.Sub(s.At) > aMoment)
	scene := Scene{Update: Update{Step: r.step()}}
	switch {
	case jump:
		s.Epoch = newEpoch()
		scene, err = r.past.At(ctx, at)
	case !at.Equal(s.At):
		scene, err = r.past.On(ctx, Mark{r.step(), s.At}, at)
	}
	if err != nil {
		r.refuse(ctx, w, err)
		return
	}
	s.End = s.Paused && !at.Before(s.Newest)
	r.from, r.since = at, time.Now()
	r.show(s, at, scene, true)
}

// goOn shows what was known next.
func (r *replay) goOn(ctx context.Context, s wire.Replay) {
	at := r.clock(&s)
	if at.After(s.Newest) || time.Since(r.ranged) >= newRange {
		var err error
		if s.Range, err = r.past.Range(ctx); err != nil {
			r.stumble(ctx, s, err)
			return
		}
		r.ranged = time.Now()
	}
	if over := at.Sub(s.Newest); over > 0 {
		at = s.Newest
		if over > edge {
			s.Paused, s.End = true, true
		}
	}
	if at.Before(s.At) {
		at = s.At // the oldest expire, the newest never goes back
	}
	scene, err := r.past.On(ctx, Mark{r.step(), s.At}, at)
	if err != nil {
		r.stumble(ctx, s, err)
		return
	}
	r.show(s, at, scene, s.End)
}

// step is the last one in the picture. Only run changes it.
func (r *replay) step() uint64 { return r.picture.step }

// show takes a scene into the picture.
func (r *replay) show(s wire.Replay, at time.Time, scene Scene, tell bool) {
	was := s.Gap
	s.At, s.Gap = at, gapAt(s.Gaps, at)
	coarse, thinned := s.Coarse, s.Thinned
	s.Coarse, s.Thinned = at.Before(s.Detail), at.Before(s.Observations)
	if !scene.Now.IsZero() {
		s.Known = scene.Now
	}
	tell = tell || (was == nil) != (s.Gap == nil) || coarse != s.Coarse || thinned != s.Thinned || time.Since(r.told) >= newWord
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = s
	r.picture.epoch = s.Epoch
	if scene.Whole {
		r.picture.alerts = newAlerts()
		for _, a := range scene.Alerts {
			r.picture.alerts.put(a)
		}
		r.picture.reset(scene.Update)
		r.changes = nil
	} else {
		r.picture.apply(scene.Update)
		for _, a := range scene.Alerts {
			if r.picture.alert(a) {
				r.changes = append(r.changes, encode(pastAlert{wire.TypeAlert, r.channel, s.Epoch, a}))
			}
		}
	}
	if tell {
		r.words++
		r.told = time.Now()
	}
}

// refuse tells why a wish is not carried out. The replay stays where it was;
// one that never began ends.
func (r *replay) refuse(ctx context.Context, w *wire.Wish, err error) {
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trouble = encode(refused(w, "history", unreadable(err)))
	r.failed = r.state.Epoch == 0
}

// stumble stops a replay that cannot go on.
func (r *replay) stumble(ctx context.Context, s wire.Replay, err error) {
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Paused = true
	r.state = s
	r.words++
	r.trouble = encode(refused(&wire.Wish{Channel: r.channel, Request: s.Request}, "history", unreadable(err)))
}

func unreadable(err error) string {
	return "this time cannot be shown: " + err.Error()
}

// within brings t between two times.
func within(t, oldest, newest time.Time) time.Time {
	if t.After(newest) {
		t = newest
	}
	if t.Before(oldest) {
		t = oldest
	}
	return t
}

// gapAt gives the gap that a time lies in.
func gapAt(gaps []wire.Gap, t time.Time) *wire.Gap {
	i := slices.IndexFunc(gaps, func(g wire.Gap) bool { return t.After(g.From) && t.Before(g.To) })
	if i < 0 {
		return nil
	}
	return &gaps[i]
}

// pastAlert is an alert as it stood at the time of a replay.
type pastAlert struct {
	Type    wire.Type  `json:"type"`
	Channel uint8      `json:"channel"`
	Epoch   uint64     `json:"epoch"`
	Alert   desk.Alert `json:"alert"`
}

// pastAlerts are all that were open.
type pastAlerts struct {
	Type    wire.Type    `json:"type"`
	Channel uint8        `json:"channel"`
	Epoch   uint64       `json:"epoch"`
	Alerts  []desk.Alert `json:"alerts"`
}
