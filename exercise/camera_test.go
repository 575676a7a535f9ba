package exercise

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/codec/onvif"
	"atalaya/internal/peer"
)

// stepped is a clock that goes when it is told to.
type stepped struct {
	mu  sync.Mutex
	now time.Time
}

func (s *stepped) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stepped) step(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func newCamera(t *testing.T, clock func() time.Time) *Camera {
	t.Helper()
	c, err := NewCamera(t.Context(), CameraConfig{Listen: "127.0.0.1:0", Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// post sends an envelope as it is, and gives what comes.
func sendTo(t *testing.T, c *Camera, e onvif.Envelope) onvif.Message {
	t.Helper()
	data, err := onvif.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Post(c.address+ptzPath, "application/soap+xml", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := onvif.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if _, fault := got.Message.(*onvif.Fault); fault != (r.StatusCode == http.StatusBadRequest) {
		t.Errorf("HTTP %d with %T", r.StatusCode, got.Message)
	}
	return got.Message
}

func TestCameraAsksWhoAndTakesNothingTwice(t *testing.T) {
	clock := &stepped{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	c := newCamera(t, clock.Now)
	where := &onvif.GetStatus{ProfileToken: profileToken}
	refused := func(what string, token *onvif.UsernameToken) {
		t.Helper()
		f, ok := sendTo(t, c, onvif.Envelope{Token: token, Message: where}).(*onvif.Fault)
		if !ok || !f.Has(onvif.NotAuthorized) {
			t.Errorf("%s is taken", what)
		}
	}
	refused("nobody", nil)
	refused("another user", onvif.Sign("x", c.password, []byte("1"), c.clock()))
	refused("another password", onvif.Sign(c.username, "x", []byte("2"), c.clock()))
	refused("our time instead of the camera's", onvif.Sign(c.username, c.password, []byte("3"), clock.Now()))
	refused("an old time", onvif.Sign(c.username, c.password, []byte("4"), c.clock().Add(-signedWithin-time.Second)))
	refused("no nonce", onvif.Sign(c.username, c.password, nil, c.clock()))
	good := onvif.Sign(c.username, c.password, []byte("5"), c.clock())
	if m := sendTo(t, c, onvif.Envelope{Token: good, Message: where}); m == nil {
		t.Fatal("nothing")
	} else if f, bad := m.(*onvif.Fault); bad {
		t.Fatalf("a good one is refused: %v", f)
	}
	refused("the same again", good)
	changed := *good
	changed.Nonce = []byte("6")
	refused("the same with another nonce", &changed)
	clock.step(signedWithin + time.Second)
	refused("the same when its nonce is forgotten", good)
	for i := range 3 { // nonces do not pile up
		clock.step(signedWithin)
		sendTo(t, c, onvif.Envelope{Token: onvif.Sign(c.username, c.password, []byte{byte(i)}, c.clock()), Message: where})
	}
	if len(c.nonces) > 2 {
		t.Errorf("%d nonces are kept", len(c.nonces))
	}
}

// TestCameraTurnsOnlySoFast: and counts, and stops by itself.
func TestCameraTurnsOnlySoFast(t *testing.T) {
	clock := &stepped{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	c := newCamera(t, clock.Now)
	nonce := byte(0)
	send := func(m onvif.Message) onvif.Message {
		nonce++
		return sendTo(t, c, onvif.Envelope{Token: onvif.Sign(c.username, c.password, []byte{nonce}, c.clock()), Message: m})
	}
	at := func(what string, pan, tilt, zoom float64, moves uint64, panTilt string) {
		t.Helper()
		s := send(&onvif.GetStatus{ProfileToken: profileToken}).(*onvif.GetStatusResponse).PTZStatus //nolint:forcetypeassert // a test
		for _, p := range [][2]float64{{float64(s.Position.PanTilt.X), pan}, {float64(s.Position.PanTilt.Y), tilt}, {float64(s.Position.Zoom.X), zoom}} {
			if math.Abs(p[0]-p[1]) > 1e-4 {
				t.Errorf("%s: it is at %g, %g, %g and not at %g, %g, %g", what, s.Position.PanTilt.X, s.Position.PanTilt.Y, s.Position.Zoom.X, pan, tilt, zoom)
				break
			}
		}
		if *s.Moves != moves || s.MoveStatus.PanTilt != panTilt {
			t.Errorf("%s: %d moves, %s, and not %d, %s", what, *s.Moves, s.MoveStatus.PanTilt, moves, panTilt)
		}
	}
	at("at first", 0, 0, 0, 0, onvif.Idle)
	if f, ok := send(&onvif.AbsoluteMove{ProfileToken: profileToken, Position: *generic(1.5, 0, 0)}).(*onvif.Fault); !ok || !f.Has(onvif.InvalidPosition) {
		t.Error("it turns where it cannot")
	}
	if f, ok := send(&onvif.AbsoluteMove{ProfileToken: "still", Position: *generic(0.5, 0, 0)}).(*onvif.Fault); !ok || !f.Has(onvif.NoProfile) {
		t.Error("it turns for another profile")
	}
	send(&onvif.AbsoluteMove{ProfileToken: profileToken, Position: *generic(0.5, 0, 0.2)})
	clock.step(time.Second)
	at("on its way", rateX, 0, 0.2, 1, onvif.Moving)
	clock.step(time.Minute)
	at("there", 0.5, 0, 0.2, 1, onvif.Idle)
	send(&onvif.RelativeMove{ProfileToken: profileToken, Translation: onvif.PTZVector{PanTilt: &onvif.Vector2D{X: -0.25, Y: 0.1}}})
	clock.step(time.Minute)
	at("by so much", 0.25, 0.1, 0.2, 2, onvif.Idle)
	two := onvif.Duration(2 * time.Second)
	send(&onvif.ContinuousMove{ProfileToken: profileToken, Velocity: onvif.PTZVector{PanTilt: &onvif.Vector2D{X: 0.5}}, Timeout: &two})
	clock.step(time.Second)
	at("on", 0.25+rateX/2, 0.1, 0.2, 3, onvif.Moving)
	clock.step(time.Minute)
	at("it ends by itself", 0.25+rateX, 0.1, 0.2, 3, onvif.Idle)
	send(&onvif.AbsoluteMove{ProfileToken: profileToken, Position: *generic(-1, 0.1, 0.2)})
	clock.step(time.Second)
	send(&onvif.Stop{ProfileToken: profileToken})
	clock.step(time.Minute)
	at("stopped", 0.25, 0.1, 0.2, 4, onvif.Idle)
	if c.Moves() != 4 {
		t.Errorf("its side says %d moves", c.Moves())
	}
	if f, ok := send(&onvif.AbsoluteMoveResponse{}).(*onvif.Fault); !ok || !f.Has(onvif.ActionNotSupported) {
		t.Error("it takes an answer")
	}
}

// TestOnvifZeepDrivesTheCamera: a client of others finds its way, turns and
// stops it, and is refused with a wrong password.
func TestOnvifZeepDrivesTheCamera(t *testing.T) {
	python := peer.Python(t)
	c := newCamera(t, time.Now)
	host, port, _ := strings.Cut(strings.TrimPrefix(c.address, "http://"), ":")
	cmd := exec.CommandContext(t.Context(), python, "testdata/drive.py", host, port, c.username, c.password)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, trouble.String())
	}
	var said struct {
		Model                          string
		Profiles, Spaces               []string
		Presets                        []string
		Start, Absolute, Relative, End [3]float64
		Continuous, Stopped            [2]float64
		MovedAfterStop                 float64
		Status                         []string
		Wrong, Unsynchronised, Nowhere string
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	near := func(what string, got, want [3]float64) {
		t.Helper()
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-4 {
				t.Errorf("%s: %v and not %v", what, got, want)
				return
			}
		}
	}
	near("at first", said.Start, [3]float64{})
	near("absolute", said.Absolute, [3]float64{0.1, -0.2, 0.1})
	near("relative", said.Relative, [3]float64{0.05, -0.2, 0.1})
	if said.Stopped[0] <= 0.05 || said.Continuous[0] <= 0.05 || said.MovedAfterStop != 0 {
		t.Errorf("continuous: %v, stopped at %v, after that %g", said.Continuous, said.Stopped, said.MovedAfterStop)
	}
	if said.Model != "simulated camera" || len(said.Profiles) != 2 || len(said.Presets) != 1 || said.Presets[0] != "Muelle" || len(said.Spaces) != 1 {
		t.Errorf("it says %+v", said)
	}
	if !strings.Contains(said.Wrong, "another password") || !strings.Contains(said.Unsynchronised, "signed at") || !strings.Contains(said.Nowhere, "outside of its range") {
		t.Errorf("refusals: %q, %q, %q", said.Wrong, said.Unsynchronised, said.Nowhere)
	}
	if got := c.Moves(); got != 3 {
		t.Errorf("it counts %d moves, and was told 3", got)
	}
}
