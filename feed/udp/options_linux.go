package udp

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// options asks the kernel for the whole receive buffer, where we have the
// right to it, to count what it drops, and not to give us the traffic of
// groups that other programs joined on the same port.
func options(fd int, cfg Config) error {
	// Without the right the limit of the system (net.core.rmem_max) stays.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, cfg.Buffer)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1); err != nil {
		return fmt.Errorf("SO_RXQ_OVFL: %w", err)
	}
	listen := cfg.Listen.Addr()
	if !listen.IsMulticast() {
		return nil
	}
	if listen.Is4() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0); err != nil {
			return fmt.Errorf("IP_MULTICAST_ALL: %w", err)
		}
		return nil
	}
	const ipv6MulticastAll = 29 // since Linux 4.20
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, ipv6MulticastAll, 0); err != nil {
		return fmt.Errorf("IPV6_MULTICAST_ALL: %w", err)
	}
	return nil
}

// drops reads how many datagrams the kernel has dropped on the socket so far.
func drops(control []byte) (count uint32, ok bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0, false
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_RXQ_OVFL && len(m.Data) >= 4 {
			return binary.NativeEndian.Uint32(m.Data), true
		}
	}
	return 0, false
}
