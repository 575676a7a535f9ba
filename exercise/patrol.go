package exercise

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"atalaya/codec"
	"atalaya/codec/nmea"
	"atalaya/geo"
)

// patrolRange is how far the patrol boat's radar tracks targets, metres.
const patrolRange = 5500.0

// runPatrol connects the patrol boat's radar: own position and heading once a
// second, tracked targets every three (IEC 61162-1: RMC, HDT, TTM). When
// nobody listens it tries again, as a modem does.
func (w *World) runPatrol(ctx context.Context) error {
	r := rand.New(rand.NewPCG(w.cfg.Seed, 3)) //nolint:gosec // a world, no secret
	for ctx.Err() == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.port(5))
		if err == nil {
			err = w.patrol(ctx, conn, r)
			if cerr := conn.Close(); cerr != nil && err == nil {
				err = cerr
			}
		}
		if err != nil {
			w.cfg.Log.Debug("exercise: the patrol boat's modem", slog.Any("error", err))
		}
		const pause = time.Second
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

func (w *World) patrol(ctx context.Context, conn net.Conn, r *rand.Rand) error {
	stop := context.AfterFunc(ctx, func() {
		conn.SetWriteDeadline(time.Unix(1, 0)) //nolint:errcheck // it may be closed already
	})
	defer stop()
	return each(ctx, time.Second, w.cfg.Clock, w.bridge(r, func(b []byte) error {
		if _, err := conn.Write(b); err != nil {
			return fmt.Errorf("patrol boat: %w", err)
		}
		return nil
	}))
}

// bridge is what the patrol boat's instruments say every second.
func (w *World) bridge(r *rand.Rand, out func([]byte) error) func(time.Time) error {
	n := 0
	return func(now time.Time) error {
		data := w.navigation(now)
		if n%3 == 0 {
			data = append(data, w.targets(now, r)...)
		}
		n++
		for _, d := range data {
			talker := "GP"
			if d.Formatter() == "TTM" {
				talker = "RA"
			}
			line, err := nmea.Encode(&nmea.Message{Talker: talker, Data: d})
			if err != nil {
				return fmt.Errorf("encode a sentence: %w", err)
			}
			if err := out([]byte(line + "\r\n")); err != nil {
				return err
			}
		}
		return nil
	}
}

func (w *World) navigation(now time.Time) []nmea.Data {
	p, course, speed := w.where(w.patroler, now)
	return []nmea.Data{
		&nmea.RMC{
			Time: now.UTC(), Clock: codec.Some(ofDay(now)), Valid: true, Position: codec.Some(p),
			Speed: codec.Some(speed), Course: codec.Some(course), Mode: 'A',
		},
		&nmea.HDT{Heading: codec.Some(course)},
	}
}

func (w *World) targets(now time.Time, r *rand.Rand) []nmea.Data {
	own, _, _ := w.where(w.patroler, now)
	var out []nmea.Data
	for i, m := range w.movers {
		if m == w.patroler || m.class == plane {
			continue
		}
		p, course, speed := w.where(m, now)
		rng, bearing, _ := geo.Inverse(own, p)
		if rng > patrolRange {
			continue
		}
		t := &nmea.TTM{
			Target: codec.Some(i % 1000), Distance: codec.Some(max(rng+40*r.NormFloat64(), 1)),
			Bearing: codec.Some(geo.WrapBearing(bearing + 0.8*r.NormFloat64())),
			Speed:   codec.Some(speed), Course: codec.Some(course), Status: nmea.Tracking, Acquired: nmea.Automatic,
		}
		if w.atBridge(own, p) {
			out = append(out, t)
		}
	}
	return out
}
