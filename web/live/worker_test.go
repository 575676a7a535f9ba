package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
	"pgregory.net/rapid"

	"atalaya/internal/peer"
	"atalaya/web/wire"
)

// worker is the page's worker, in Node: its own code on a socket that we hold
// (web/ui/test/pictures.mjs).
type worker struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// reply is what the worker sent, and what it holds if it was asked.
type reply struct {
	Sent    []string
	What    *held
	Trouble string
}

// held is what the worker has.
type held struct {
	Live, Past *heldPicture
	Replay     *struct {
		At, Epoch float64
		Going     *float64
		Paused    bool
		Trouble   string
	}
	Shown bool
	Link  string
}

type heldPicture struct {
	Epoch, Sequence float64
	Missing, Behind float64
	Old             bool
	Rows            []struct {
		Numbers []float64
		Labels  map[string]string
	}
}

func startWorker(t *testing.T) *worker {
	// It ends by itself, when it is told nothing any more.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), peer.Command(t, "node"), "test/pictures.mjs")
	cmd.Dir, cmd.Stderr = peer.Interface(t), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error("the worker: ", err)
		}
	})
	return &worker{in, bufio.NewReader(out)}
}

// do tells the worker what happens.
func (k *worker) do(kind byte, content []byte) (r reply, err error) {
	m := binary.LittleEndian.AppendUint32(nil, uint32(1+len(content)))
	m = append(append(m, kind), content...)
	if _, err := k.in.Write(m); err != nil {
		return r, err
	}
	var head [4]byte
	if _, err := io.ReadFull(k.out, head[:]); err != nil {
		return r, fmt.Errorf("the worker is gone: %w", err)
	}
	text := make([]byte, binary.LittleEndian.Uint32(head[:]))
	if _, err := io.ReadFull(k.out, text); err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// mishap is what happens to the next frame on its way.
type mishap int

const (
	none mishap = iota
	lost
	cut
)

// room is a hub and a page's worker, with nothing between them but this test.
type room struct {
	*rapid.T
	node   *worker
	world  *world
	memory *memory
	hub    *Hub
	writer *writer // nil: no connection
	look   look
	mishap mishap
	part   int // bytes that the line takes at a time

	said      []string // by the worker, not heard yet
	request   uint64   // last wish heard
	replaying bool
}

// Writer implements line: what the server sends goes to the worker.
func (r *room) Writer(_ context.Context, kind websocket.MessageType) (io.WriteCloser, error) {
	return &letter{r: r, kind: kind}, nil
}

// letter is a message that is being written.
type letter struct {
	bytes.Buffer
	r    *room
	kind websocket.MessageType
}

func (l *letter) Close() error { return l.r.send(l.kind, l.Bytes()) }

func (r *room) send(kind websocket.MessageType, data []byte) error {
	if kind == websocket.MessageText {
		r.do('t', data)
		return nil
	}
	f, err := wire.Decode(data)
	if err != nil {
		return err
	}
	// A delta that ends with the sequence that it began with is missed by
	// nobody, and a snapshot comes on a line that loses nothing.
	what := r.mishap
	r.mishap = none
	switch {
	case what == lost && f.Kind == wire.Delta && f.Base != f.Sequence:
		r.writer.arrived() // nothing is lost on a real line
	case what == cut:
		r.do('b', data[:len(data)-1-len(data)/3])
	default:
		r.do('b', data)
	}
	return nil
}

// Read implements line; nobody reads.
func (*room) Read(context.Context) (websocket.MessageType, []byte, error) {
	return 0, nil, io.EOF
}

// Close implements line.
func (*room) Close(websocket.StatusCode, string) error { return nil }

func (r *room) do(kind byte, content []byte) *held {
	got, err := r.node.do(kind, content)
	if err != nil {
		r.Fatal(err)
	}
	if got.Trouble != "" {
		r.Fatalf("the worker: %s", got.Trouble)
	}
	r.said = append(r.said, got.Sent...)
	return got.What
}

func (r *room) doJSON(kind byte, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		r.Fatal(err)
	}
	r.do(kind, data)
}

// connect answers the worker's new socket.
func (r *room) connect() {
	r.said = nil // on the old one
	r.do('o', nil)
	r.writer = newWriter(newClient(r.hub, r))
	if err := r.writer.hello(r.Context()); err != nil {
		r.Fatal(err)
	}
}

func (r *room) disconnect() {
	r.writer.closeReplays()
	r.writer = nil
}

// serve hears the worker and sends what there is, once.
func (r *room) serve(due bool) {
	said := r.said
	r.said = nil
	for _, text := range said {
		o := r.writer.parse(websocket.MessageText, []byte(text))
		if o.wish != nil {
			r.request = o.wish.Request
		}
		if err := r.writer.obey(r.Context(), o); err != nil {
			r.Fatal(err)
		}
	}
	r.waitForPast()
	r.writer.part = r.part
	for _, l := range r.lanes() {
		l.full, l.last = time.Time{}, time.Now()
		if due {
			l.last = time.Time{}
		}
	}
	if _, err := r.writer.advance(r.Context()); err != nil {
		r.Fatal(err)
	}
}

func (r *room) lanes() []*lane { return append([]*lane{&r.writer.live}, r.writer.past...) }

// more reports whether parts of a picture are still to come.
func (r *room) more() bool {
	return slices.ContainsFunc(r.lanes(), func(l *lane) bool { return l.view.waiting })
}

// waitForPast waits until the replays have carried out what they were asked.
func (r *room) waitForPast() {
	for _, l := range r.writer.past {
		for {
			l.replay.mu.Lock()
			done := l.replay.wished == nil && (l.replay.state.Request == r.request || l.replay.trouble != nil)
			l.replay.mu.Unlock()
			if done {
				break
			}
			time.Sleep(20 * time.Microsecond)
		}
	}
}

// settle lets everything arrive, and compares.
func (r *room) settle() {
	r.mishap = none
	if r.writer == nil {
		r.connect()
	}
	if r.replaying {
		r.doJSON('w', map[string]any{"paused": true})
	}
	// Two rounds show a gap, two more bring the snapshot. A wish may wait for
	// the answer to another, and a picture comes in parts.
	for i := 0; i < 4 || len(r.said) > 0 || r.more(); i++ {
		if i == 500 {
			r.Fatal("there is no end")
		}
		r.serve(i%2 == 1)
	}
	got := r.do('d', nil)
	if got.Link != "live" {
		r.Fatalf("the line is %s", got.Link)
	}
	r.same("live", got.Live, r.hub.epoch, r.hub.step, r.world)
	if !r.replaying {
		if got.Past != nil || got.Shown {
			r.Fatal("a replay is shown")
		}
		return
	}
	if got.Past == nil || !got.Shown || !got.Replay.Paused || got.Replay.Going != nil || got.Replay.Trouble != "" {
		r.Fatalf("replay %+v", got.Replay)
	}
	at := time.UnixMilli(int64(got.Replay.At))
	x := r.memory.moments[r.memory.until(at)-1]
	r.same("replay", got.Past, uint64(got.Replay.Epoch), x.step, &world{tracks: x.tracks, alerts: x.alerts})
}

// same holds a picture of the worker against what it should see of a world.
func (r *room) same(what string, got *heldPicture, epoch, step uint64, w *world) {
	if got.Old || uint64(got.Epoch) != epoch || uint64(got.Sequence) != step {
		r.Fatalf("%s: old %v, epoch %.0f, sequence %.0f; want %d, %d", what, got.Old, got.Epoch, got.Sequence, epoch, step)
	}
	if got.Missing != 0 || got.Behind != 0 {
		r.Fatalf("%s: %.0f tracks are missing, and others %.0f ms behind", what, got.Missing, got.Behind)
	}
	want := w.expected(r.look)
	if len(got.Rows) != len(want) {
		r.Fatalf("%s: %d tracks, want %d", what, len(got.Rows), len(want))
	}
	names := []string{"name", "mmsi", "icao", "callsign", "squawk", "system"}
	for _, row := range got.Rows {
		x, ok := want[uint64(row.Numbers[0])]
		if !ok {
			r.Fatalf("%s: track %.0f should not be there", what, row.Numbers[0])
		}
		m, s := x.motion, x.state
		numbers := []float64{
			float64(m.ID), float64(m.Lat), float64(m.Lon), float64(x.at), float64(m.Speed), float64(m.Course), float64(m.Height),
			float64(m.SD), float64(m.Coast), float64(m.Datum), float64(s.Stale), float64(s.Existence), float64(s.Domain), float64(s.Kind),
			float64(s.Status), float64(s.Flags), float64(s.Priority), float64(s.Distress), float64(s.Sensors),
		}
		if !slices.Equal(row.Numbers, numbers) {
			r.Fatalf("%s: track %d is\n%v, want\n%v", what, m.ID, row.Numbers, numbers)
		}
		labels := map[string]string{}
		for k, v := range x.labels {
			labels[names[k]] = v
		}
		if !maps.Equal(row.Labels, labels) {
			r.Fatalf("%s: track %d is called %v, want %v", what, m.ID, row.Labels, labels)
		}
	}
}

// step lets the world go on, and the history remember it.
func (r *room) step(t *rapid.T) Update {
	u := drawn{t}.step(r.world)
	r.memory.mu.Lock()
	defer r.memory.mu.Unlock()
	r.memory.moments = append(r.memory.moments, moment{r.world.step, r.world.now, maps.Clone(r.world.tracks), u.Gone, maps.Clone(r.world.alerts)})
	return u
}

func (r *room) newHub(epoch uint64) {
	r.hub = NewHub(Config{Epoch: epoch, Past: r.memory, Replays: 1, Clock: func() time.Time { return r.world.now }})
	for _, a := range r.world.alerts {
		r.hub.Alert(a)
	}
	r.hub.Reset(r.world.update())
}

// wish draws what the officer wants of the replay.
func (r *room) wish(t *rapid.T) {
	w := map[string]any{}
	span := r.world.now.Sub(start)
	if !r.replaying || rapid.Bool().Draw(t, "go") {
		// To the millisecond, as the page has it; before and behind the ends, too.
		ms := rapid.Int64Range(-2000, span.Milliseconds()+2000).Draw(t, "to")
		w["at"] = start.UnixMilli() + ms
	}
	if rapid.Bool().Draw(t, "play") {
		w["paused"] = rapid.Bool().Draw(t, "paused")
		w["speed"] = rapid.SampledFrom([]int{1, 8, 60}).Draw(t, "speed")
	}
	r.replaying = true
	r.doJSON('w', w)
}

// TestWorker: whatever happens to the tracks, the alerts, the view, the replay
// and the line, and in whatever order, what the page's worker holds is in the
// end what the hub and the history know and the page asked for.
func TestWorker(t *testing.T) {
	node := startWorker(t)
	rounds := 20 // of a hundred sequences
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		rapid.Check(t, func(rt *rapid.T) { testWorker(rt, node) })
		if t.Failed() {
			return
		}
	}
}

func testWorker(rt *rapid.T, node *worker) {
	r := &room{T: rt, node: node, world: newWorld(), memory: &memory{}, part: firstPart}
	r.step(rt)
	r.newHub(7)
	r.do('n', nil)
	r.doJSON('v', map[string]any{"bbox": [4]float64{-180, -90, 180, 90}})
	r.look = look{box: &[4]float64{-180, -90, 180, 90}}
	r.do('u', nil)
	r.connect()
	defer func() {
		if r.writer != nil {
			r.disconnect()
		}
	}()
	epoch := uint64(7)
	connected := func(do func(*rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) {
			if r.writer == nil {
				r.connect()
			}
			do(t)
		}
	}
	rt.Repeat(map[string]func(*rapid.T){
		"step": func(t *rapid.T) { r.hub.Apply(r.step(t)) },
		"steps": connected(func(t *rapid.T) {
			for range rapid.IntRange(2, 8).Draw(t, "many") {
				r.hub.Apply(r.step(t))
				r.serve(false)
			}
		}),
		"alert": func(t *rapid.T) { r.hub.Alert(drawn{t}.alert(r.world)) },
		"reset": func(t *rapid.T) {
			r.step(t)
			r.hub.Reset(r.world.update())
		},
		"view": func(t *rapid.T) {
			r.look = drawn{t}.look()
			if r.look.box == nil {
				r.look = look{box: &[4]float64{-180, -90, 180, 90}}
			}
			r.doJSON('v', map[string]any{"bbox": r.look.box, "follow": r.look.follow})
		},
		"serve": connected(func(*rapid.T) { r.serve(false) }),
		"beat":  connected(func(*rapid.T) { r.serve(true) }),
		"line": func(t *rapid.T) {
			r.part = rapid.SampledFrom([]int{1, 100, 300, firstPart}).Draw(t, "part")
		},
		"lose": func(*rapid.T) { r.mishap = lost },
		"cut":  func(*rapid.T) { r.mishap = cut },
		"line breaks": connected(func(*rapid.T) {
			r.disconnect()
			r.do('c', []byte("1006"))
			r.do('p', []byte("9000"))
		}),
		"line is dead": connected(func(*rapid.T) {
			r.disconnect()
			r.do('p', []byte("20000"))
		}),
		"server starts again": connected(func(*rapid.T) {
			r.disconnect()
			r.do('c', []byte("1001"))
			r.do('p', []byte("9000"))
			epoch++
			r.newHub(epoch)
		}),
		"wish": func(t *rapid.T) { r.wish(t) },
		"leave": func(*rapid.T) {
			r.replaying = false
			r.do('l', nil)
		},
		"history forgets": func(*rapid.T) {
			r.memory.mu.Lock()
			r.memory.forgets = !r.memory.forgets
			r.memory.mu.Unlock()
		},
		"settle": func(*rapid.T) { r.settle() },
	})
	r.settle()
}
