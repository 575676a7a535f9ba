package app

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"atalaya/feed/file"
	"atalaya/sensor"
)

// formats are the words for --format.
func formats() []sensor.Format {
	return []sensor.Format{
		sensor.FormatAIS, sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS,
		sensor.FormatASTERIX, sensor.FormatNMEA, sensor.FormatMAVLink, sensor.FormatObservations,
	}
}

// recognise tells the format of a recording by its first bytes, or takes the
// one that is named.
func recognise(name, named string) (sensor.Format, error) {
	if named != "" {
		f := sensor.Format(named)
		if !slices.Contains(formats(), f) {
			return "", fmt.Errorf("format %q is unknown: use one of %v", named, formats())
		}
		return f, nil
	}
	head, err := headOf(name)
	if err != nil {
		return "", fmt.Errorf("read the recording: %w", err)
	}
	if f, ok := sniff(name, head); ok {
		return f, nil
	}
	if file.Detect(head) == file.PCAP {
		for c, err := range file.New(file.Config{Reader: bytes.NewReader(head), Container: file.PCAP}).Chunks() {
			if err != nil {
				break // the head ends inside a packet
			}
			if f, ok := sniff("", c.Data); ok {
				return f, nil
			}
		}
	}
	return "", fmt.Errorf("%s: nothing known in its first %d bytes: name its format with --format", name, len(head))
}

// headOf reads the first bytes of a file, unpacked.
func headOf(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	const size = 64 << 10
	head := make([]byte, size)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	if !bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return head, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil, err
	}
	out := make([]byte, size)
	n, err = io.ReadFull(z, out)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return out[:n], nil
}

func sniff(name string, head []byte) (sensor.Format, bool) {
	base := strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch {
	case file.Detect(head) == file.PCAP:
		return "", false
	case strings.HasSuffix(base, ".tlog"):
		return sensor.FormatMAVLink, true
	case bytes.HasPrefix(head, []byte(`{"atalaya":"observations"`)):
		return sensor.FormatObservations, true
	case bytes.Contains(head, []byte("VDM,")) || bytes.Contains(head, []byte("VDO,")):
		return sensor.FormatAIS, true
	case bytes.HasPrefix(head, []byte("MSG,")) || bytes.Contains(head, []byte("\nMSG,")):
		return sensor.FormatSBS, true
	case bytes.Contains(head, []byte("TTM,")) || bytes.Contains(head, []byte("TLL,")) || bytes.Contains(head, []byte("RMC,")):
		return sensor.FormatNMEA, true
	case len(head) > 1 && (head[0] == '*' || head[0] == '@') && bytes.Contains(head, []byte(";")):
		return sensor.FormatAVR, true
	case len(head) > 1 && head[0] == 0x1a && head[1] >= '1' && head[1] <= '4':
		return sensor.FormatBeast, true
	case file.Detect(head) == file.Tlog, len(head) > 8 && (head[0] == 0xfd || head[0] == 0xfe):
		return sensor.FormatMAVLink, true
	case len(head) > 3 && slices.Contains([]byte{21, 34, 48, 62}, head[0]) && int(head[1])<<8|int(head[2]) >= 4:
		return sensor.FormatASTERIX, true
	}
	return "", false
}
