//go:build !linux

package udp

func options(int, Config) error { return nil }

func drops([]byte) (count uint32, ok bool) { return 0, false }
