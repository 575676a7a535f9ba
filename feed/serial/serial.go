// Package serial reads a serial line.
package serial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.bug.st/serial"

	"atalaya/feed"
)

// Config of a serial line.
type Config struct {
	// Device is its path, as /dev/ttyUSB0.
	Device string
	// Baud is the bit rate. 0: 38400, that of AIS receivers (IEC 61162-2).
	Baud int
	// Now is the clock for receive times.
	Now func() time.Time
}

// Transport implements feed.Transport: Run opens the device and reads until
// it goes away. Characters have 8 bits, no parity and one stop bit.
type Transport struct {
	cfg  Config
	last uint64 // stream
}

// New makes a Transport. Run opens the device.
func New(cfg Config) *Transport {
	if cfg.Baud <= 0 {
		cfg.Baud = 38400
	}
	return &Transport{cfg: cfg}
}

// poll is how often a silent line looks whether its context has ended. To
// close the port while it is read would race with the read.
const poll = 50 * time.Millisecond

// Run implements feed.Transport. It is not to be called twice at a time.
func (t *Transport) Run(ctx context.Context, emit func(feed.Chunk)) error {
	port, err := serial.Open(t.cfg.Device, &serial.Mode{BaudRate: t.cfg.Baud, DataBits: 8})
	if err != nil {
		return fmt.Errorf("open serial line %s at %d baud: %w", t.cfg.Device, t.cfg.Baud, err)
	}
	t.last++
	err = t.read(ctx, port, emit)
	emit(feed.Chunk{Received: t.cfg.Now(), Stream: t.last, End: true})
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), port.Close())
	}
	return fmt.Errorf("read serial line %s: %w", t.cfg.Device, errors.Join(err, port.Close()))
}

func (t *Transport) read(ctx context.Context, port serial.Port, emit func(feed.Chunk)) error {
	if err := port.SetReadTimeout(poll); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	for ctx.Err() == nil {
		n, err := port.Read(buf)
		if err != nil {
			return err
		}
		if n > 0 {
			emit(feed.Chunk{Data: buf[:n], Received: t.cfg.Now(), Stream: t.last})
		}
	}
	return ctx.Err()
}
