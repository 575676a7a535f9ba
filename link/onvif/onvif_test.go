package onvif_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	codec "atalaya/codec/onvif"
	"atalaya/desk/looks"
	"atalaya/exercise"
	"atalaya/internal/peer"
	"atalaya/link/onvif"
)

// passage lies between a client and a camera, and notes what is said.
type passage struct {
	*httptest.Server
	mu    sync.Mutex
	asked [][]byte
	paths []string
	// change what the camera answers; nil: nothing.
	change func(path string, body []byte) []byte
}

func newPassage(t *testing.T, to string) *passage {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	p := &passage{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = u.Scheme, u.Host
			body, err := io.ReadAll(r.In.Body)
			if err != nil {
				t.Error(err)
			}
			r.Out.Body = io.NopCloser(bytes.NewReader(body))
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked, p.paths = append(p.asked, body), append(p.paths, r.In.URL.Path)
		},
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			if p.change != nil {
				body = p.change(r.Request.URL.Path, body)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Length")
			return nil
		},
	}
	p.Server = httptest.NewServer(proxy)
	t.Cleanup(p.Close)
	return p
}

func (p *passage) said() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func simulated(t *testing.T, clock func() time.Time) *exercise.Camera {
	t.Helper()
	c, err := exercise.NewCamera(t.Context(), exercise.CameraConfig{Listen: "127.0.0.1:0", Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func client(t *testing.T, cfg onvif.Config) *onvif.Camera {
	t.Helper()
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	c, err := onvif.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func rest(t *testing.T, c *onvif.Camera) looks.Head {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		h, err := c.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !h.Moving {
			return h
		}
	}
	t.Fatal("it does not come to rest")
	return looks.Head{}
}

// TestTurn: everything that the client can say is done by a camera, whose clock
// is wrong and which tells addresses of its own, and is valid by the schemas of
// onvif-zeep.
func TestTurn(t *testing.T) {
	cam := simulated(t, time.Now)
	way := newPassage(t, cam.Address())
	user, password := cam.Account()
	c := client(t, onvif.Config{Address: way.URL + "/onvif/device_service", Username: user, Password: password})
	ctx := t.Context()
	about, err := c.About(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !about.Timed || (about.ClockOffset+97*time.Second).Abs() > time.Second {
		t.Errorf("its clock is 97 s behind, and %s is believed", about.ClockOffset)
	}
	if about.Profile != "main" || about.Degrees || about.Pan != [2]float64{-1, 1} || about.Zoom != [2]float64{0, 1} {
		t.Errorf("about: %+v", about)
	}
	presets, err := c.Presets(ctx)
	if err != nil || len(presets) != 1 || presets[0].Name != "Muelle" {
		t.Errorf("presets %v, %v", presets, err)
	}
	near := func(what string, h looks.Head, pan, tilt, zoom float64, moves uint64) {
		t.Helper()
		if math.Abs(h.Pan-pan) > 1e-4 || math.Abs(h.Tilt-tilt) > 1e-4 || math.Abs(h.Zoom-zoom) > 1e-4 || h.Moves == nil || *h.Moves != moves {
			t.Errorf("%s: %+v", what, h)
		}
	}
	near("at first", rest(t, c), 0, 0, 0, 0)
	do := func(m looks.Move) {
		t.Helper()
		if err := c.MoveHead(ctx, m); err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
	}
	do(looks.Move{Kind: looks.Absolute, PanTilt: &[2]float64{0.05, -0.1}, Zoom: new(0.1)})
	near("absolute", rest(t, c), 0.05, -0.1, 0.1, 1)
	do(looks.Move{Kind: looks.Relative, PanTilt: &[2]float64{-0.02, 0}})
	near("relative", rest(t, c), 0.03, -0.1, 0.1, 2)
	do(looks.Move{Kind: looks.Absolute, Zoom: new(0.0)})
	near("zoom alone", rest(t, c), 0.03, -0.1, 0, 3)
	do(looks.Move{Kind: looks.Continuous, PanTilt: &[2]float64{1, 0}, For: 8 * time.Second})
	if h, err := c.Head(ctx); err != nil || !h.Moving {
		t.Errorf("%+v, %v", h, err)
	}
	if err := c.StopHead(ctx); err != nil {
		t.Fatal(err)
	}
	h, err := c.Head(ctx)
	if err != nil || h.Moving || h.Pan > 0.5 {
		t.Errorf("stopped: %+v, %v", h, err)
	}
	for _, p := range way.paths {
		if p != "/onvif/device_service" && p != "/onvif/media_service" && p != "/onvif/ptz_service" {
			t.Errorf("it asked at %s", p)
		}
	}
	if cam.Moves() != 4 {
		t.Errorf("%d moves", cam.Moves())
	}
	valid(t, way.said())
}

// valid: the messages are so by the schemas.
func valid(t *testing.T, messages [][]byte) {
	t.Helper()
	python := peer.Python(t)
	var in bytes.Buffer
	for _, m := range messages {
		in.WriteString(base64.StdEncoding.EncodeToString(m) + "\n")
	}
	cmd := exec.CommandContext(t.Context(), python, "../../codec/onvif/testdata/schemas.py")
	cmd.Stdin = &in
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(messages) || len(lines) < 12 {
		t.Fatalf("%d answers to %d messages", len(lines), len(messages))
	}
	for i, line := range lines {
		if line != "ok" {
			t.Errorf("%s\n%s", line, messages[i])
		}
	}
}

func TestRefusals(t *testing.T) {
	cam := simulated(t, time.Now)
	user, password := cam.Account()
	ctx := t.Context()
	for _, c := range []struct {
		name string
		cfg  onvif.Config
		is   error
		says string
	}{
		{"password", onvif.Config{Address: cam.Address(), Username: user, Password: "x"}, onvif.ErrPassword, "NotAuthorized"},
		{"nobody", onvif.Config{Address: cam.Address()}, onvif.ErrPassword, "NotAuthorized"},
		{"profile", onvif.Config{Address: cam.Address(), Username: user, Password: password, Profile: "still"}, nil, `no profile "still" that can be turned`},
		{"path", onvif.Config{Address: strings.TrimSuffix(cam.Address(), "device_service")}, nil, "HTTP 404"},
		{"nobody there", onvif.Config{Address: "http://127.0.0.1:1/x"}, nil, "cannot be reached"},
	} {
		_, err := client(t, c.cfg).Head(ctx)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		if errors.Is(err, onvif.ErrUnknown) {
			t.Errorf("%s: %v: nothing was done, and that is known", c.name, err)
		}
		if err != nil && password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("%s: the password stands in %v", c.name, err)
		}
	}
	for _, address := range []string{"", "camera", "ftp://x/", "http://user:secret@x/", "http://x/?a=b"} {
		if _, err := onvif.New(onvif.Config{Address: address}); err == nil || strings.Contains(err.Error(), "%!") {
			t.Errorf("%q: %v", address, err)
		}
	}
	good := client(t, onvif.Config{Address: cam.Address(), Username: user, Password: password})
	for _, m := range []looks.Move{
		{},
		{Kind: looks.Absolute},
		{Kind: "spin", Zoom: new(0.0)},
		{Kind: looks.Continuous, Zoom: new(1.0)},
		{Kind: looks.Continuous, Zoom: new(1.0), For: time.Hour},
		{Kind: looks.Absolute, PanTilt: &[2]float64{7, 0}},
		{Kind: looks.Absolute, PanTilt: &[2]float64{math.NaN(), 0}},
	} {
		if err := good.MoveHead(ctx, m); err == nil {
			t.Errorf("%+v is done", m)
		}
	}
	if cam.Moves() != 0 {
		t.Errorf("the camera moved %d times", cam.Moves())
	}
}

// TestClockSetAnew: a camera whose clock is set while we talk to it is asked
// for it again.
func TestClockSetAnew(t *testing.T) {
	var mu sync.Mutex
	var ahead time.Duration
	cam := simulated(t, func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(ahead)
	})
	user, password := cam.Account()
	c := client(t, onvif.Config{Address: cam.Address(), Username: user, Password: password})
	rest(t, c)
	mu.Lock()
	ahead = 400 * 24 * time.Hour
	mu.Unlock()
	rest(t, c)
}

// TestStranger: what answers strangely, much, late or not at all is an error
// soon, and never a move that is said to be done.
func TestStranger(t *testing.T) {
	var mode atomic.Value
	hang := make(chan struct{})
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { t.Error("a redirect was followed"); w.WriteHeader(500) }))
	t.Cleanup(other.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e, err := codec.Decode(body)
		if err != nil {
			t.Error(err)
		}
		_, moves := e.Message.(*codec.AbsoluteMove)
		if !moves {
			answerAsCamera(t, w, e.Message)
			return
		}
		switch mode.Load() {
		case "silence":
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		case "flood":
			_, _ = w.Write([]byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>`))
			for range 200 {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<16)); err != nil {
					return
				}
			}
		case "HTML":
			_, _ = io.WriteString(w, "<html>OK</html>")
		case "status":
			answerAsCamera(t, w, &codec.GetStatus{})
		case "gone":
			panic(http.ErrAbortHandler)
		case "redirect":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "fault":
			w.WriteHeader(http.StatusInternalServerError)
			out, _ := codec.Encode(codec.Envelope{Message: codec.NewFault("Receiver", "the motor is stuck", "Action")})
			_, _ = w.Write(out)
		case "401":
			w.Header().Set("WWW-Authenticate", `Digest realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(hang) })
	c := client(t, onvif.Config{Address: s.URL + "/onvif/device_service", Username: "a", Password: "b", Timeout: 500 * time.Millisecond})
	rest(t, c)
	for _, x := range []struct {
		mode, says string
		unknown    bool
	}{
		{"silence", "no answer in time", true},
		{"flood", "more than", true},
		{"HTML", "no SOAP message", true},
		{"status", "it answers GetStatusResponse", false},
		{"gone", "not known", true},
		{"redirect", "HTTP 307", false},
		{"fault", "the motor is stuck", false},
		{"401", "HTTP 401", false},
	} {
		mode.Store(x.mode)
		begun := time.Now()
		err := c.MoveHead(t.Context(), looks.Move{Kind: looks.Absolute, Zoom: new(0.0)})
		if err == nil || !strings.Contains(err.Error(), x.says) || errors.Is(err, onvif.ErrUnknown) != x.unknown {
			t.Errorf("%s: %v", x.mode, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: it took %s", x.mode, took)
		}
	}
}

// answerAsCamera answers what a client asks before it turns a camera, in
// degrees.
func answerAsCamera(t *testing.T, w io.Writer, asked codec.Message) {
	var answer codec.Message
	config := codec.PTZConfiguration{Token: "c", NodeToken: "n", DefaultAbsolutePantTiltPositionSpace: codec.PanTiltDegrees}
	switch asked.(type) {
	case *codec.GetSystemDateAndTime:
		answer = &codec.GetSystemDateAndTimeResponse{}
	case *codec.GetServices:
		answer = codec.NewFault("Sender", "an old one", codec.ActionNotSupported)
	case *codec.GetCapabilities:
		answer = &codec.GetCapabilitiesResponse{Capabilities: codec.Capabilities{
			PTZ: &codec.XAddr{XAddr: "http://10.255.255.1:81/ptz"}, Media: &codec.MediaXAddr{XAddr: codec.XAddr{XAddr: "http://10.255.255.1:81/media"}},
		}}
	case *codec.GetProfiles:
		answer = &codec.GetProfilesResponse{Profiles: []codec.Profile{{Token: "p", PTZConfiguration: &config}}}
	case *codec.GetConfigurations:
		answer = &codec.GetConfigurationsResponse{PTZConfiguration: []codec.PTZConfiguration{config}}
	case *codec.GetNodes:
		answer = &codec.GetNodesResponse{PTZNode: []codec.PTZNode{{Token: "n", SupportedPTZSpaces: codec.PTZSpaces{
			AbsolutePanTiltPositionSpace: []codec.Space2DDescription{{URI: codec.PanTiltDegrees, XRange: codec.FloatRange{Min: -170, Max: 170}, YRange: codec.FloatRange{Min: -90, Max: 20}}},
		}}}}
	case *codec.GetStatus:
		answer = &codec.GetStatusResponse{PTZStatus: codec.PTZStatus{Position: &codec.PTZVector{PanTilt: &codec.Vector2D{X: 120, Y: -5}}}}
	default:
		answer = codec.NewFault("Sender", fmt.Sprintf("%T", asked), codec.ActionNotSupported)
	}
	out, err := codec.Encode(codec.Envelope{Message: answer})
	if err != nil {
		t.Error(err)
	}
	if _, err := w.Write(out); err != nil {
		t.Log(err)
	}
}

// TestDegrees: an old camera that tells positions in degrees, without saying so
// in its status, and addresses of a network that is not ours.
func TestDegrees(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e, err := codec.Decode(body)
		if err != nil {
			t.Error(err)
		}
		if m, ok := e.Message.(*codec.AbsoluteMove); ok {
			if m.Position.PanTilt.Space != codec.PanTiltDegrees || m.Position.PanTilt.X != 90 {
				t.Errorf("%+v", m.Position.PanTilt)
			}
			out, _ := codec.Encode(codec.Envelope{Message: &codec.AbsoluteMoveResponse{}})
			_, _ = w.Write(out)
			return
		}
		answerAsCamera(t, w, e.Message)
	}))
	t.Cleanup(s.Close)
	c := client(t, onvif.Config{Address: s.URL + "/onvif/device_service", Username: "a", Password: "b"})
	h := rest(t, c)
	if !h.Degrees || h.Pan != 120 || h.Tilt != -5 || h.Moves != nil {
		t.Errorf("%+v", h)
	}
	if err := c.MoveHead(t.Context(), looks.Move{Kind: looks.Absolute, PanTilt: &[2]float64{90, 0}}); err != nil {
		t.Error(err)
	}
	if err := c.MoveHead(t.Context(), looks.Move{Kind: looks.Relative, PanTilt: &[2]float64{1, 0}}); err == nil || !strings.Contains(err.Error(), "by degrees") {
		t.Errorf("relative: %v", err)
	}
	about, err := c.About(t.Context())
	if err != nil || about.Timed || about.PTZ != "/ptz" {
		t.Errorf("%+v, %v", about, err)
	}
}
