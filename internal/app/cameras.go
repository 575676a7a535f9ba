package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/looks"
	"atalaya/desk/safe"
	"atalaya/link/onvif"
	"atalaya/sensor"
	"atalaya/store/reserve"
	"atalaya/terrain/footprint"
	"atalaya/web/elevation"
)

// CameraConfig is the connection to a camera that can be turned.
type CameraConfig struct {
	Sensor   string `toml:"sensor" doc:"the registered sensor that it is; how its head stands (mount) is in the registry"`
	Address  string `toml:"address" doc:"of its ONVIF device service, as http://192.0.2.7/onvif/device_service"`
	Username string `toml:"username" doc:"account that may turn it"`
	Password string `toml:"password_file" doc:"file with the account's password, for its owner alone (mode 0600)"`
	Profile  string `toml:"profile" doc:"token of the media profile whose head is turned; empty: the first that has one"`
}

// connect makes the connection; nothing is sent yet.
func (c *CameraConfig) connect(clock func() time.Time) (*onvif.Camera, error) {
	info, err := os.Stat(c.Password)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = fmt.Errorf("others can read %s: chmod 600", c.Password)
	}
	if err != nil {
		return nil, fmt.Errorf("password_file: %w", err)
	}
	password, err := os.ReadFile(c.Password)
	if err != nil {
		return nil, fmt.Errorf("password_file: %w", err)
	}
	return onvif.New(onvif.Config{Address: c.Address, Username: c.Username, Password: strings.TrimRight(string(password), "\r\n"), Profile: c.Profile, Clock: clock})
}

// connectCameras makes the connections to the cameras that the configuration
// names. An exercise turns no real camera, and nothing but its own.
func (p *program) connectCameras() error {
	for _, c := range p.cfg.Cameras {
		id := sensor.ID(c.Sensor)
		switch {
		case p.cfg.Exercise.Enabled:
			p.log.Info("an exercise does not connect to a real camera", slog.String("sensor", c.Sensor))
			continue
		case p.cameras[id] != nil:
			return fmt.Errorf("camera: two connections to the sensor %q", id)
		}
		link, err := c.connect(p.clock.Now)
		if err != nil {
			return fmt.Errorf("camera %q: %w", id, err)
		}
		p.cameras[id] = link
	}
	return nil
}

// openCameras makes the connections to cameras that can be turned.
func (p *program) openCameras(ctx context.Context) error {
	p.cameras = map[sensor.ID]*onvif.Camera{}
	if err := p.connectCameras(); err != nil {
		return err
	}
	if p.world != nil {
		c := p.world.Camera()
		user, password := c.Account()
		link, err := onvif.New(onvif.Config{Address: c.Address(), Username: user, Password: password, Clock: p.clock.Now})
		if err != nil {
			return err
		}
		p.cameras[c.Sensor()] = link
	}
	if err := p.openAuthorities(ctx); err != nil {
		return err
	}
	p.openSafe()
	p.looks = looks.New(looks.Config{
		Safe: p.safe, Ledger: p.ledger, Clock: p.clock, Log: p.log,
		Sensor: func(id sensor.ID) (sensor.Sensor, bool) { return p.registry.Sensors.At(string(id), p.clock.Now()) },
		Link: func(id sensor.ID) (looks.Link, bool) {
			c, ok := p.cameras[id]
			return c, ok
		},
		Picture: p.pictured, Judge: p.judge, Count: p.countLooks,
	})
	return nil
}

// openSafe makes what does the safe acts. Without its reserve they leave all the
// same.
func (p *program) openSafe() {
	cfg := safe.Config{
		Ledger: p.ledger, Clock: p.clock, Log: p.log, Entered: p.store.Entered,
		Enter: map[string]safe.Enter{looks.Kind: func(ctx context.Context, rec desk.Record, still func() bool, act func(context.Context) error) error {
			return p.looks.Enter(ctx, rec, still, act)
		}},
	}
	var err error
	if p.reserve, err = reserve.Open(reserve.Config{Dir: p.cfg.dir(), Sealer: p.store.Sealer(), Now: p.clock.Now(), Log: p.log}); err != nil {
		p.log.Error("safe acts have no reserve for their records: they leave all the same, but those that the ledger does not take are lost when the program ends; put it right and start again", slog.Any("error", err))
	} else {
		cfg.Reserve = p.reserve
	}
	p.safe = safe.New(cfg)
}

// pictured works out what a camera sees of the ground.
func (p *program) pictured(s *sensor.Sensor, d sensor.Direction) (*looks.Picture, error) {
	// far is how far a camera is followed that states no range.
	const far, sigma = 15_000.0, 2.0
	src, about, err := p.relief.At(s.Position)
	if err != nil {
		if errors.Is(err, elevation.ErrNone) {
			return nil, errors.New("there is no elevation at the camera: import some with 'atalaya terrain import'")
		}
		return nil, err
	}
	reach := s.MaxRange
	if reach <= 0 {
		reach = far
	}
	f, err := footprint.Of(src, footprint.Camera{
		At: s.Position, Height: s.Height, Yaw: d.Azimuth, Tilt: d.Elevation, Wide: d.Wide, High: s.Mount.High(d.Wide),
		Errors: footprint.Errors{Position: s.PositionSD, Yaw: s.Mount.SD, Tilt: s.Mount.SD},
	}, footprint.Config{Range: reach, K: opticalK, Edge: 8, Sigma: sigma})
	if err != nil {
		return nil, err
	}
	out := &looks.Picture{
		Outline: f.Polygon, Outer: f.Outer, Sigma: f.Sigma, Open: f.Open || f.OuterOpen, Range: reach,
		Elevation: about.Name, Synthetic: about.Synthetic,
	}
	if f.Centre.Outcome == footprint.Ground {
		out.Centre, out.Away = &f.Centre.At, f.Centre.Range
	}
	return out, nil
}

// opticalK is the coefficient of refraction of light, as package sight has it.
const opticalK = 0.13

// countLooks gives the number of the last look of a camera that stands in the
// ledger. The journal has more: acts whose record did not come there.
func (p *program) countLooks(ctx context.Context, id sensor.ID) (uint64, error) {
	const page = 1000
	for q := (desk.JournalQuery{Kinds: []string{looks.Kind}, Limit: page}); ; {
		entries, err := p.store.JournalEntries(ctx, q)
		if err != nil {
			return 0, fmt.Errorf("read the ledger: %w", err)
		}
		for i := range entries {
			if entries[i].Record.Subject != "sensor:"+string(id) {
				continue
			}
			for _, f := range entries[i].Record.Fields {
				if f.Name != "seq.sensor" {
					continue
				}
				there, err := p.store.Stands(ctx, entries[i].Number)
				if err != nil {
					return 0, err
				}
				if there {
					return strconv.ParseUint(f.Value, 10, 64)
				}
			}
		}
		if len(entries) < page {
			return 0, nil
		}
		q.Before = entries[len(entries)-1].Number
	}
}
