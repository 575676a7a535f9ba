// Package onvif reaches a fixed pan-tilt-zoom camera by ONVIF: asks where it
// points, turns it, stops it.
//
//  1. The camera is asked for its clock, which needs no password, and then for
//     its services, profiles, heads and configurations.
//  2. Every other message is signed (WS-UsernameToken, digest) with the time by
//     the camera's clock: many cameras run minutes or years off. Where it
//     refuses the signature its clock is asked for anew, once.
//  3. Services are asked for at the host and port that the administrator named,
//     whatever address the camera tells: of that only the path is taken.
//  4. Answers are bounded in size and time, and redirects are not followed.
//
// Nothing is tried again but a message that was refused: a move whose answer
// does not come may have been done, and is told so.
package onvif

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	codec "atalaya/codec/onvif"
)

// ErrUnknown says that an answer did not come: what was asked for may have
// been done.
var ErrUnknown = errors.New("whether the camera did it is not known") //nolint:gochecknoglobals // sentinel

// ErrPassword says that the camera knows no such user, or another password.
var ErrPassword = errors.New("the camera refuses the user name or the password") //nolint:gochecknoglobals // sentinel

// Config is what a Camera is made from.
type Config struct {
	// Address of the device service: http://HOST[:PORT]/onvif/device_service.
	Address  string
	Username string
	Password string
	// Profile is the token of the media profile whose head is turned; empty: the
	// first that has one.
	Profile string
	// Timeout of one message; 0: three seconds.
	Timeout time.Duration
	Clock   func() time.Time
}

// Camera is one camera. Its methods may be called from several goroutines.
type Camera struct {
	cfg    Config
	device *url.URL
	client *http.Client

	mu     sync.Mutex
	offset time.Duration // of the camera's clock before ours
	timed  bool
	about  *About // nil: not asked yet
}

// About is what a camera says of itself.
type About struct {
	Profile string // token
	Name    string // of the profile
	PTZ     string // path of the service
	Degrees bool   // positions are in degrees, and not parts of the range
	// How far the head turns by its own scales, from and to; Zoom likewise.
	Pan, Tilt, Zoom [2]float64
	// ByDegrees: a translation can be told in degrees.
	ByDegrees bool
	// ClockOffset is how far its clock is before ours; false: it did not tell.
	ClockOffset time.Duration
	Timed       bool
}

// Preset is a stored position.
type Preset struct {
	Token, Name string
}

// New makes a camera; nothing is sent yet.
func New(cfg Config) (*Camera, error) {
	u, err := url.Parse(cfg.Address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("camera at %q: write http://HOST:PORT/onvif/device_service, without a password in it", cfg.Address)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 3 * time.Second
	}
	return &Camera{
		cfg: cfg, device: u,
		client: &http.Client{
			Timeout:       cfg.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			// No compression: what comes is as long as it says. No proxy: cameras
			// are on networks of their own.
			Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10},
		},
	}, nil
}

// Close gives idle connections back.
func (c *Camera) Close() { c.client.CloseIdleConnections() }

// About asks what the camera is and can, once.
func (c *Camera) About(ctx context.Context) (About, error) {
	c.mu.Lock()
	have := c.about
	c.mu.Unlock()
	if have == nil {
		found, err := c.explore(ctx)
		if err != nil {
			return About{}, err
		}
		have = &found
		c.mu.Lock()
		c.about = have
		c.mu.Unlock()
	}
	out := *have
	c.mu.Lock()
	out.ClockOffset, out.Timed = c.offset, c.timed
	c.mu.Unlock()
	return out, nil
}

// Presets gives the stored positions. They are for people to read: there is no
// move to one, because what it means can change without a record.
func (c *Camera) Presets(ctx context.Context) ([]Preset, error) {
	about, err := c.About(ctx)
	if err != nil {
		return nil, err
	}
	r, err := ask[*codec.GetPresetsResponse](ctx, c, about.PTZ, &codec.GetPresets{ProfileToken: about.Profile})
	if err != nil {
		return nil, err
	}
	out := make([]Preset, len(r.Preset))
	for i, p := range r.Preset {
		out[i] = Preset{Token: p.Token, Name: p.Name}
	}
	return out, nil
}

// explore asks for services, profiles, heads and configurations.
func (c *Camera) explore(ctx context.Context) (About, error) {
	var about About
	if err := c.askClock(ctx); err != nil {
		return about, err
	}
	media, ptz, err := c.services(ctx)
	if err != nil {
		return about, err
	}
	about.PTZ = ptz
	profiles, err := ask[*codec.GetProfilesResponse](ctx, c, media, &codec.GetProfiles{})
	if err != nil {
		return about, err
	}
	configuration, err := c.choose(profiles.Profiles, &about)
	if err != nil {
		return about, err
	}
	// What stands in a profile may be cut; the service itself tells all.
	configurations, err := ask[*codec.GetConfigurationsResponse](ctx, c, ptz, &codec.GetConfigurations{})
	if err != nil {
		return about, err
	}
	for i := range configurations.PTZConfiguration {
		if configurations.PTZConfiguration[i].Token == configuration.Token {
			configuration = &configurations.PTZConfiguration[i]
		}
	}
	nodes, err := ask[*codec.GetNodesResponse](ctx, c, ptz, &codec.GetNodes{})
	if err != nil {
		return about, err
	}
	for i := range nodes.PTZNode {
		if nodes.PTZNode[i].Token == configuration.NodeToken {
			return about, about.reach(configuration, &nodes.PTZNode[i].SupportedPTZSpaces)
		}
	}
	return about, fmt.Errorf("ask the camera: it has %d heads, and none named %.64q as its configuration says", len(nodes.PTZNode), configuration.NodeToken)
}

// services gives the paths of the media and the PTZ service.
func (c *Camera) services(ctx context.Context) (media, ptz string, err error) {
	got, err := ask[*codec.GetServicesResponse](ctx, c, c.device.Path, &codec.GetServices{})
	if err == nil {
		for _, s := range got.Service {
			switch s.Namespace {
			case codec.MediaService:
				media = c.path(s.XAddr)
			case codec.PTZService:
				ptz = c.path(s.XAddr)
			}
		}
	} else if _, refused := errors.AsType[*codec.Fault](err); !refused || errors.Is(err, ErrPassword) {
		return "", "", err
	}
	if media == "" || ptz == "" { // a camera from before ONVIF 2.1
		old, err := ask[*codec.GetCapabilitiesResponse](ctx, c, c.device.Path, &codec.GetCapabilities{Category: []string{"All"}})
		if err != nil {
			return "", "", err
		}
		if m := old.Capabilities.Media; m != nil && media == "" {
			media = c.path(m.XAddr.XAddr)
		}
		if p := old.Capabilities.PTZ; p != nil && ptz == "" {
			ptz = c.path(p.XAddr)
		}
	}
	switch {
	case media == "":
		return "", "", errors.New("ask the camera: it has no media service of ONVIF (ver10)")
	case ptz == "":
		return "", "", errors.New("ask the camera: it cannot be turned: it has no PTZ service")
	}
	return media, ptz, nil
}

// path gives the path of an address that the camera told.
func (c *Camera) path(xaddr string) string {
	u, err := url.Parse(strings.TrimSpace(xaddr))
	if err != nil || u.Path == "" {
		return ""
	}
	return u.Path
}

// choose finds the profile that is turned.
func (c *Camera) choose(profiles []codec.Profile, about *About) (*codec.PTZConfiguration, error) {
	for i := range profiles {
		p := &profiles[i]
		if c.cfg.Profile != "" && p.Token != c.cfg.Profile || p.PTZConfiguration == nil {
			continue
		}
		about.Profile, about.Name = p.Token, p.Name
		return p.PTZConfiguration, nil
	}
	if c.cfg.Profile != "" {
		return nil, fmt.Errorf("ask the camera: it has no profile %q that can be turned; it has %d profiles", c.cfg.Profile, len(profiles))
	}
	return nil, fmt.Errorf("ask the camera: none of its %d profiles can be turned", len(profiles))
}

// reach says in what scales the head is told, and how far it goes.
func (a *About) reach(conf *codec.PTZConfiguration, spaces *codec.PTZSpaces) error {
	// The status is told in the default space, so that moves are told in it too.
	a.Degrees = conf.DefaultAbsolutePantTiltPositionSpace == codec.PanTiltDegrees
	space := codec.PanTiltGeneric
	if a.Degrees {
		space = codec.PanTiltDegrees
	}
	found := false
	for _, s := range spaces.AbsolutePanTiltPositionSpace {
		if s.URI == space {
			a.Pan, a.Tilt, found = span(s.XRange), span(s.YRange), true
		}
	}
	if !found {
		return fmt.Errorf("ask the camera: its head knows no positions in %s", space)
	}
	if l := conf.PanTiltLimits; l != nil && l.Range.URI == space {
		a.Pan, a.Tilt = span(l.Range.XRange), span(l.Range.YRange)
	}
	for _, s := range spaces.AbsoluteZoomPositionSpace {
		if s.URI == codec.ZoomGeneric {
			a.Zoom = span(s.XRange)
		}
	}
	if l := conf.ZoomLimits; l != nil && l.Range.URI == codec.ZoomGeneric {
		a.Zoom = span(l.Range.XRange)
	}
	for _, s := range spaces.RelativePanTiltTranslationSpace {
		a.ByDegrees = a.ByDegrees || s.URI == codec.PanTiltTranslationDegrees
	}
	return nil
}

func span(r codec.FloatRange) [2]float64 { return [2]float64{float64(r.Min), float64(r.Max)} }

// askClock learns how far the camera's clock is before ours. One that tells
// none is taken to be right.
func (c *Camera) askClock(ctx context.Context) error {
	begun := c.cfg.Clock()
	m, err := c.send(ctx, c.device.Path, &codec.GetSystemDateAndTime{}, nil)
	if err != nil {
		return err
	}
	var at time.Time
	told := false
	if r, ok := m.(*codec.GetSystemDateAndTimeResponse); ok {
		at, told = r.SystemDateAndTime.UTCDateTime.Time()
	}
	ended := c.cfg.Clock()
	middle := begun.Add(ended.Sub(begun) / 2)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed = told; !told {
		c.offset = 0
		return nil
	}
	// It tells whole seconds, cut: on average it is half a second later.
	c.offset = at.Add(time.Second / 2).Sub(middle)
	return nil
}

func (c *Camera) sign() *codec.UsernameToken {
	if c.cfg.Username == "" {
		return nil
	}
	nonce := make([]byte, 20)
	_, _ = rand.Read(nonce) // it never fails
	c.mu.Lock()
	at := c.cfg.Clock().Add(c.offset)
	c.mu.Unlock()
	return codec.Sign(c.cfg.Username, c.cfg.Password, nonce, at)
}

// ask sends a signed message and gives the answer, which must be an R.
func ask[R codec.Message](ctx context.Context, c *Camera, path string, m codec.Message) (R, error) {
	var none R
	for again := false; ; again = true {
		answer, err := c.send(ctx, path, m, c.sign())
		if err != nil {
			return none, err
		}
		switch a := answer.(type) {
		case R:
			return a, nil
		case *codec.Fault:
			if !a.Has(codec.NotAuthorized) {
				return none, fmt.Errorf("ask the camera for %s: it refuses: %w", name(m), a)
			}
			if again {
				return none, fmt.Errorf("ask the camera for %s: %w: %w", name(m), ErrPassword, a)
			}
			// Its clock may have been set since, or it started anew.
			if err := c.askClock(ctx); err != nil {
				return none, err
			}
		default:
			return none, fmt.Errorf("ask the camera for %s: it answers %s", name(m), name(answer))
		}
	}
}

func name(m codec.Message) string { return strings.TrimPrefix(fmt.Sprintf("%T", m), "*onvif.") }

// send sends one message and gives its answer.
func (c *Camera) send(ctx context.Context, path string, m codec.Message, token *codec.UsernameToken) (codec.Message, error) {
	data, err := codec.Encode(codec.Envelope{Token: token, Message: m})
	if err != nil {
		return nil, err
	}
	to := *c.device
	to.Path, to.RawPath = path, ""
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("ask the camera for %s: %w", name(m), err)
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	r, err := c.client.Do(req)
	if err != nil {
		if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" { // it never heard of it
			return nil, fmt.Errorf("ask the camera for %s: it cannot be reached: %w", name(m), plain(err))
		}
		return nil, fmt.Errorf("ask the camera for %s: %w: %w", name(m), ErrUnknown, plain(err))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, codec.MaxBytes+1))
	if cerr := r.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, fmt.Errorf("read the camera's answer to %s: %w: %w", name(m), ErrUnknown, plain(err))
	}
	e, err := codec.Decode(body)
	switch {
	case err == nil:
		return e.Message, nil
	case r.StatusCode == http.StatusUnauthorized:
		return nil, fmt.Errorf("ask the camera for %s: %w: it answers HTTP 401 (a camera that wants HTTP digest instead of WS-UsernameToken does that too; this program has the latter only)", name(m), ErrPassword)
	case r.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask the camera for %s: it answers HTTP %d and no SOAP message: is %s the path of its service?", name(m), r.StatusCode, path)
	default:
		return nil, fmt.Errorf("read the camera's answer to %s: %w: %w", name(m), ErrUnknown, err)
	}
}

// plain leaves the address out of an error of net/http: it is told elsewhere.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		if u.Timeout() {
			return errors.New("no answer in time")
		}
		return u.Err
	}
	return err
}
