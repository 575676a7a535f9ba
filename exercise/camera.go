package exercise

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"atalaya/codec/onvif"
	"atalaya/sensor"
)

// CameraConfig is what a Camera is made from.
type CameraConfig struct {
	Listen string // 127.0.0.1:PORT
	Clock  func() time.Time
	Log    *slog.Logger
}

// Camera is a simulated pan-tilt-zoom camera that speaks ONVIF over HTTP. It
// asks for signed messages and takes none twice, turns only so fast, and counts
// its own moves. It has no picture.
type Camera struct {
	cfg      CameraConfig
	address  string // of its device service
	username string
	password string // made anew at every start
	listener net.Listener
	server   *http.Server
	served   sync.WaitGroup

	mu     sync.Mutex
	head   head
	nonces map[string]time.Time // seen, with when they were made
}

// Names that the camera has for its things.
const (
	cameraID      = "camera-1"
	cameraUser    = "atalaya"
	profileToken  = "main"
	configToken   = "head-config"
	nodeToken     = "head"
	devicePath    = "/onvif/device_service"
	mediaPath     = "/onvif/media_service"
	ptzPath       = "/onvif/ptz_service"
	cameraBehind  = 97 * time.Second // its clock, as those of many cameras
	signedWithin  = 10 * time.Second // of its clock, either way
	mostNonces    = 4096
	mostBody      = 64 << 10
	presetHarbour = "1"
)

// NewCamera opens its port.
func NewCamera(ctx context.Context, cfg CameraConfig) (*Camera, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("serve a camera at %s: %w: choose another first port with exercise.port", cfg.Listen, err)
	}
	secret := make([]byte, 18)
	_, _ = rand.Read(secret) // it never fails
	c := &Camera{
		cfg: cfg, address: "http://" + l.Addr().String(), listener: l,
		username: cameraUser, password: base64.RawURLEncoding.EncodeToString(secret),
		head: head{at: cfg.Clock(), boot: rand.Text()}, nonces: map[string]time.Time{},
	}
	mux := http.NewServeMux()
	for _, path := range []string{devicePath, mediaPath, ptzPath} {
		mux.HandleFunc("POST "+path, c.answer)
	}
	const patience = 10 * time.Second
	c.server = &http.Server{Handler: mux, ReadTimeout: patience, WriteTimeout: patience, ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug)}
	c.served.Go(func() {
		if err := c.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			cfg.Log.Error("exercise: the camera serves no more", slog.Any("error", err))
		}
	})
	return c, nil
}

// Address of its device service.
func (c *Camera) Address() string { return c.address + devicePath }

// Sensor is under which it is registered.
func (c *Camera) Sensor() sensor.ID { return cameraID }

// Account gives the name and the password that it knows.
func (c *Camera) Account() (username, password string) { return c.username, c.password }

// Moves is how often it was told to move: what a person reads off its side.
func (c *Camera) Moves() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head.moves
}

// Close ends it.
func (c *Camera) Close() {
	if err := c.server.Close(); err != nil {
		c.cfg.Log.Debug("exercise: close the camera", slog.Any("error", err))
	}
	c.served.Wait()
}

// clock is the camera's own.
func (c *Camera) clock() time.Time { return c.cfg.Clock().Add(-cameraBehind) }

func (c *Camera) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	var answer onvif.Message
	if e, err := onvif.Decode(body); err != nil {
		answer = onvif.NewFault("Sender", err.Error(), onvif.ActionNotSupported)
	} else {
		c.mu.Lock()
		answer = c.do(e)
		c.mu.Unlock()
	}
	status := http.StatusOK
	if _, fault := answer.(*onvif.Fault); fault {
		status = http.StatusBadRequest // SOAP 1.2 part 2, 7.5.2.2, for a Sender's
	}
	data, err := onvif.Encode(onvif.Envelope{Message: answer})
	if err != nil {
		c.cfg.Log.Error("exercise: the camera's answer", slog.Any("error", err))
		http.Error(w, "no answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(data); err != nil {
		return // the client went
	}
}

// do is what the camera does for a message.
func (c *Camera) do(e onvif.Envelope) onvif.Message {
	switch e.Message.(type) { // before anybody says who they are: Core Specification, 5.9.4.3
	case *onvif.GetSystemDateAndTime:
		return &onvif.GetSystemDateAndTimeResponse{SystemDateAndTime: onvif.SystemDateTime{DateTimeType: "Manual", UTCDateTime: onvif.Clock(c.clock())}}
	case *onvif.GetServices:
		version := onvif.Version{Major: 2, Minor: 60}
		return &onvif.GetServicesResponse{Service: []onvif.Service{
			{Namespace: onvif.DeviceService, XAddr: c.address + devicePath, Version: version},
			{Namespace: onvif.MediaService, XAddr: c.address + mediaPath, Version: version},
			{Namespace: onvif.PTZService, XAddr: c.address + ptzPath, Version: version},
		}}
	case *onvif.GetCapabilities:
		return &onvif.GetCapabilitiesResponse{Capabilities: onvif.Capabilities{
			Device: &onvif.XAddr{XAddr: c.address + devicePath},
			Media:  &onvif.MediaXAddr{XAddr: onvif.XAddr{XAddr: c.address + mediaPath}},
			PTZ:    &onvif.XAddr{XAddr: c.address + ptzPath},
		}}
	}
	if why := c.refuses(e.Token); why != "" {
		return onvif.NewFault("Sender", why, onvif.NotAuthorized)
	}
	switch m := e.Message.(type) {
	case *onvif.GetDeviceInformation:
		return &onvif.GetDeviceInformationResponse{Manufacturer: "Atalaya", Model: "simulated camera", FirmwareVersion: "1", SerialNumber: "EXERCISE-1", HardwareID: "none"}
	case *onvif.GetProfiles:
		return &onvif.GetProfilesResponse{Profiles: []onvif.Profile{
			{Token: "still", Name: "without a head"},
			{Token: profileToken, Name: "main", PTZConfiguration: headConfiguration()},
		}}
	case *onvif.GetConfigurations:
		return &onvif.GetConfigurationsResponse{PTZConfiguration: []onvif.PTZConfiguration{*headConfiguration()}}
	case *onvif.GetNodes:
		return &onvif.GetNodesResponse{PTZNode: []onvif.PTZNode{{Token: nodeToken, Name: "head", SupportedPTZSpaces: headSpaces(), MaximumNumberOfPresets: 1}}}
	case *onvif.GetPresets:
		if m.ProfileToken != profileToken {
			return noProfile()
		}
		return &onvif.GetPresetsResponse{Preset: []onvif.PTZPreset{{Token: presetHarbour, Name: "Muelle", PTZPosition: generic(0, 0, 0)}}}
	case *onvif.GetStatus, *onvif.AbsoluteMove, *onvif.RelativeMove, *onvif.ContinuousMove, *onvif.Stop:
		return c.head.do(m, c.cfg.Clock(), c.clock())
	}
	return onvif.NewFault("Sender", "this camera does not do that", onvif.ActionNotSupported)
}

// refuses says why a token is not taken; empty: it is.
func (c *Camera) refuses(t *onvif.UsernameToken) string {
	if t == nil {
		return "who asks? (WS-UsernameToken with a digest)"
	}
	made, err := t.At()
	now := c.clock()
	switch {
	case t.Username != c.username || !t.Signed(c.password):
		return "no such user, or another password"
	case err != nil:
		return "no time that can be read"
	case now.Sub(made).Abs() > signedWithin:
		return fmt.Sprintf("signed at %s, and it is %s", t.Created, now.UTC().Format(time.RFC3339))
	}
	for n, at := range c.nonces {
		if now.Sub(at).Abs() > signedWithin {
			delete(c.nonces, n)
		}
	}
	if _, seen := c.nonces[string(t.Nonce)]; seen || len(t.Nonce) == 0 {
		return "this was sent before"
	}
	if len(c.nonces) >= mostNonces {
		return "too many at once"
	}
	c.nonces[string(t.Nonce)] = made
	return ""
}
