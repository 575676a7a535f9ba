package sensor

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/valid"
)

// Bounds of what a sensor and a feed may say.
const (
	maxText     = 200 // bytes of a name
	maxSource   = 500 // bytes of a source
	maxMetres   = 2_000_000
	maxOffset   = 366 * 24 * time.Hour
	maxPeriod   = time.Hour
	maxSilent   = 7 * 24 * time.Hour
	maxAllowed  = 100
	maxEditions = 50
)

// Kinds lists every kind of sensor.
func Kinds() []Kind {
	return []Kind{AISReceiver, ADSBReceiver, Radar, MarineRadar, Drone, Camera, Person, Neighbour}
}

// Formats lists every format that a feed may speak.
func Formats() []Format {
	return []Format{FormatAIS, FormatBeast, FormatAVR, FormatSBS, FormatASTERIX, FormatNMEA, FormatMAVLink, FormatObservations, FormatReports}
}

// Check says what is wrong with a sensor.
func (s Sensor) Check() error {
	if err := s.check(); err != nil {
		return fmt.Errorf("sensor %q: %w", s.ID, err)
	}
	return nil
}

func (s Sensor) check() error {
	if err := valid.CheckKey(string(s.ID)); err != nil {
		return valid.In("id", err)
	}
	switch {
	case !slices.Contains(Kinds(), s.Kind):
		return fmt.Errorf("kind %q is unknown: choose one of %v", s.Kind, Kinds())
	case len(s.Name) > maxText:
		return fmt.Errorf("the name has %d bytes: use at most %d", len(s.Name), maxText)
	case !s.Position.Valid():
		return valid.In("position", fmt.Errorf("position %v is not on earth", s.Position))
	case !(s.Height.Metres > -1000 && s.Height.Metres < 100_000):
		return fmt.Errorf("a height of %g m: use metres above mean sea level", s.Height.Metres)
	case !(s.Detection >= 0 && s.Detection <= 1):
		return fmt.Errorf("detection %g: a probability is 0 to 1", s.Detection)
	case !metres(s.PositionSD) || !metres(s.RangeSD) || !metres(s.MaxRange):
		return fmt.Errorf("position_sd_m %g, range_sd_m %g and max_range_m %g must be 0 to %d", s.PositionSD, s.RangeSD, s.MaxRange, maxMetres)
	case !(s.BearingSD >= 0 && s.BearingSD <= 180):
		return fmt.Errorf("bearing_sd_deg %g: use 0 to 180", s.BearingSD)
	case !(s.SectorFrom >= 0 && s.SectorFrom <= 360 && s.SectorTo >= 0 && s.SectorTo <= 360):
		return fmt.Errorf("a sector from %g to %g degrees: use 0 to 360, clockwise from true north", s.SectorFrom, s.SectorTo)
	case s.TimeOffset.Abs() > maxOffset:
		return fmt.Errorf("a time offset of %s: at most a year", s.TimeOffset)
	case s.ScanPeriod < 0 || s.ScanPeriod > maxPeriod:
		return fmt.Errorf("a turn of %s: use 0s to %s", s.ScanPeriod, maxPeriod)
	case s.Mount != nil && (s.Kind != Camera || s.Moving):
		return valid.In("mount", errors.New("only a camera that stands somewhere has a mount"))
	}
	if s.Mount != nil {
		return valid.In("mount", s.Mount.check())
	}
	return nil
}

// metres reports whether m can be a deviation or a range.
func metres(m float64) bool { return m >= 0 && m <= maxMetres }

// Check says what is wrong with a feed, as far as its own words tell.
func (f Feed) Check() error {
	if err := f.check(); err != nil {
		return fmt.Errorf("feed %q: %w", f.ID, err)
	}
	return nil
}

func (f Feed) check() error {
	if err := valid.CheckKey(string(f.ID)); err != nil {
		return valid.In("id", err)
	}
	if err := valid.CheckKey(string(f.Sensor)); err != nil {
		return valid.In("sensor", fmt.Errorf("its sensor: %w: both need a name", err))
	}
	switch {
	case !slices.Contains(Formats(), f.Format):
		return fmt.Errorf("format %q is unknown: choose one of %v", f.Format, Formats())
	case f.Silent <= 0 || f.Silent > maxSilent:
		return fmt.Errorf("silent after %s: use more than 0s and at most %s", f.Silent, maxSilent)
	case len(f.Allowed) > maxAllowed:
		return fmt.Errorf("%d allowed senders: name networks, at most %d", len(f.Allowed), maxAllowed)
	case slices.ContainsFunc(f.Allowed, func(p netip.Prefix) bool { return !p.IsValid() }):
		return valid.In("allowed", errors.New("an allowed sender is neither an address nor a network: write 192.168.10.21 or 192.168.20.0/24"))
	case len(f.Editions) > maxEditions:
		return fmt.Errorf("%d editions: at most %d", len(f.Editions), maxEditions)
	}
	if err := f.checkSource(); err != nil {
		return valid.In("source", fmt.Errorf("source %q: %w", f.Source, err))
	}
	return nil
}

// ParseSender reads an address or a network that may send.
func ParseSender(text string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("allowed sender %q is neither an address nor a network", text)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// Scheme is how a feed's source is reached.
func (f Feed) Scheme() string {
	scheme, _, _ := strings.Cut(f.Source, ":")
	return scheme
}

func (f Feed) checkSource() error {
	const forms = "use udp://ADDR:PORT, tcp://HOST:PORT, tcp-listen://ADDR:PORT, serial:///dev/NAME?baud=N or file:///PATH?speed=N"
	if len(f.Source) > maxSource {
		return fmt.Errorf("it has %d bytes: at most %d", len(f.Source), maxSource)
	}
	u, err := url.Parse(f.Source)
	if err != nil {
		return fmt.Errorf("%w: %s", err, forms)
	}
	q := u.Query()
	switch u.Scheme {
	case "udp":
		if _, err := netip.ParseAddrPort(u.Host); err != nil {
			return fmt.Errorf("%w: udp listens on an address of this computer, or on a multicast group: udp://0.0.0.0:10110", err)
		}
	case "tcp", "tcp-listen":
		if n, err := strconv.Atoi(u.Port()); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("port %q: %s", u.Port(), forms)
		}
		if u.Scheme == "tcp" && u.Hostname() == "" {
			return fmt.Errorf("no host to connect to: %s", forms)
		}
	case "serial":
		if n, err := strconv.Atoi(q.Get("baud")); q.Has("baud") && (err != nil || n < 50 || n > 4_000_000) {
			return fmt.Errorf("baud %q: use 50 to 4000000", q.Get("baud"))
		}
		if !strings.HasPrefix(u.Path, "/dev/") {
			return errors.New("a serial line is a device below /dev: serial:///dev/ttyUSB0?baud=38400")
		}
	case "file":
		if u.Path == "" || u.Path == "/" {
			return fmt.Errorf("no path: %s", forms)
		}
		if v := q.Get("speed"); q.Has("speed") && v != "max" {
			if n, err := strconv.ParseFloat(v, 64); err != nil || !(n > 0 && n <= 1e6) {
				return fmt.Errorf("speed %q: use a number above 0, or max", v)
			}
		}
	case "desk":
		if f.Format != FormatReports {
			return errors.New("at the desk only reports are entered: the format is reports")
		}
	default:
		return fmt.Errorf("%q is no transport: %s", u.Scheme, forms)
	}
	return nil
}
