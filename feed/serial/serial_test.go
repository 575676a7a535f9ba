package serial_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"atalaya/feed/serial"
	"atalaya/feed/transporttest"
)

// pty opens a pseudo terminal: what is written to the one side comes out of
// the device at path.
func pty(t *testing.T) (side *os.File, path string) {
	t.Helper()
	side, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = side.Close() })
	fd := int(side.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return side, fmt.Sprintf("/dev/pts/%d", n)
}

// TestLine: every byte comes unchanged, also those that mean something to a
// terminal; the context ends a silent line.
func TestLine(t *testing.T) {
	side, path := pty(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := transporttest.Start(t, serial.New(serial.Config{Device: path, Baud: 115200, Now: func() time.Time { return at }}))
	data := make([]byte, 256)
	for i := range data {
		data[i] = byte(i)
	}
	// Until the line is open and raw, the terminal changes what is written.
	r.Until("the open line", func() bool {
		_, err := side.Write([]byte("."))
		time.Sleep(5 * time.Millisecond)
		return err == nil && len(r.Bytes()) > 0
	})
	if _, err := side.Write(data); err != nil {
		t.Fatal(err)
	}
	r.Until("the data", func() bool { return bytes.Contains(r.Bytes(), data) })
	t.Logf("stopped after %v", r.Stop())
	chunks := r.Chunks()
	for i, c := range chunks {
		if c.Stream != 1 || c.From.IsValid() || c.Datagram || !c.Received.Equal(at) || c.End != (i == len(chunks)-1) {
			t.Fatalf("chunk %+v", c)
		}
	}
}

// TestUnplugged: a device that goes away is an error, and a new run is a new
// stream.
func TestUnplugged(t *testing.T) {
	side, path := pty(t)
	tr := serial.New(serial.Config{Device: path, Now: time.Now})
	r := transporttest.Start(t, tr)
	r.Until("the open line", func() bool {
		_, err := side.Write([]byte("."))
		return err == nil && len(r.Bytes()) > 0
	})
	_ = side.Close()
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if last := r.Chunks()[len(r.Chunks())-1]; !last.End || last.Stream != 1 {
		t.Errorf("the stream did not end: %+v", last)
	}
}

// TestErrors: what is no serial line is refused.
func TestErrors(t *testing.T) {
	for _, path := range []string{"/dev/none", "/dev/null"} {
		err := transporttest.Start(t, serial.New(serial.Config{Device: path, Now: time.Now})).Err()
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
