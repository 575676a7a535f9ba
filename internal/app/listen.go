package app

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// listen opens the socket for browsers. What waits in the kernel to be sent to
// one of them is old when it leaves: so little waits there that over a weak
// line the newest picture is told, and not that of a minute ago.
func listen(ctx context.Context, address string) (net.Listener, error) {
	const unsent = 32 << 10 // bytes
	cfg := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		// Connections inherit it from the socket on which they come.
		if cerr := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent) //nolint:gosec // a file descriptor
		}); cerr != nil {
			return cerr
		}
		return err
	}}
	l, err := cfg.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for browsers: %w: another program has the port, or set web.listen", err)
	}
	return l, nil
}
