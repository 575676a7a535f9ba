// Package powercut is test support: a disk that remembers every write and every
// flush, so that a test can look at what a power cut would have left at any
// point.
//
// The disk is a file that this process serves over FUSE (the kernel's
// include/uapi/linux/fuse.h, protocol 7.31) without any cache of writes. A loop
// device on it with a file system is what a program writes to: the file system's
// writes to the device arrive here as writes, and its flushes as fsync.
package powercut

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// event is a write, or, without data, a flush.
type event struct {
	off  int64
	data []byte
}

// Disk is such a disk.
type Disk struct {
	dir  string
	fuse int // /dev/fuse, read by a thread of its own
	done chan struct{}

	mu     sync.Mutex
	now    []byte // content
	start  []byte // content when Record began
	record bool
	events []event
}

// New mounts a folder with the file Path, of size bytes. It needs root.
func New(dir string, size int) (*Disk, error) {
	fuse, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/fuse: %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fuse)
	if err := syscall.Mount("atalaya-powercut", dir, "fuse", 0, options); err != nil {
		return nil, errors.Join(fmt.Errorf("mount %s: %w", dir, err), syscall.Close(fuse))
	}
	d := &Disk{dir: dir, fuse: fuse, done: make(chan struct{}), now: make([]byte, size)}
	go d.serve()
	return d, nil
}

// Path is the file that is the disk.
func (d *Disk) Path() string { return filepath.Join(d.dir, fileName) }

// Close unmounts it. Nothing may use it any more.
func (d *Disk) Close() error {
	err := syscall.Unmount(d.dir, 0)
	if err != nil {
		err = errors.Join(err, syscall.Unmount(d.dir, syscall.MNT_DETACH))
	}
	<-d.done
	return errors.Join(err, syscall.Close(d.fuse))
}

// Record begins to remember.
func (d *Disk) Record() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.start, d.record, d.events = slices.Clone(d.now), true, nil
}

// Stop ends it.
func (d *Disk) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.record = false
}

// At is the number of writes and flushes that came so far.
func (d *Disk) At() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events)
}

// Flushes gives the numbers of the flushes.
func (d *Disk) Flushes() (out []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, e := range d.events {
		if e.data == nil {
			out = append(out, i)
		}
	}
	return out
}

// Cuts gives, for flushes in ascending order, what a power cut before the next
// flush may have left: all that was written before the flush, and of what came
// after it any sectors, the last write torn.
func (d *Disk) Cuts(flushes []int, r *rand.Rand, look func(flush, next int, image []byte) error) error {
	d.mu.Lock()
	events, image := d.events, slices.Clone(d.start)
	d.mu.Unlock()
	at := 0
	for _, f := range flushes {
		for ; at < f; at++ {
			copy(image[events[at].off:], events[at].data)
		}
		next := f + 1
		for next < len(events) && events[next].data != nil {
			next++
		}
		left := slices.Clone(image)
		// The disk had written up to somewhere, in its own order.
		part := events[f+1 : next]
		mode := r.IntN(3)
		for i, e := range part {
			for from := 0; from < len(e.data); from += sector {
				keep := mode == 0 && r.IntN(2) == 0 || // any of them
					mode == 1 && i < len(part)/2 || // the first half
					mode == 2 && (i < len(part)-1 || from < len(e.data)/2) // the last one torn
				if keep {
					copy(left[e.off+int64(from):], e.data[from:min(from+sector, len(e.data))])
				}
			}
		}
		if err := look(f, next, left); err != nil {
			return err
		}
	}
	return nil
}

// The part of FUSE that one file needs.

const (
	fileName = "disk"
	rootNode = 1
	fileNode = 2

	opLookup    = 1
	opForget    = 2
	opGetAttr   = 3
	opSetAttr   = 4
	opOpen      = 14
	opRead      = 15
	opWrite     = 16
	opStatFS    = 17
	opRelease   = 18
	opFsync     = 20
	opFlush     = 25
	opInit      = 26
	opInterrupt = 36
	opDestroy   = 38
	opForgets   = 42

	inHeader   = 40
	outHeader  = 16
	mostData   = 128 << 10
	flagBig    = 1 << 5  // writes of more than a page
	flagPages  = 1 << 22 // of so many
	writeInLen = 40
)

func (d *Disk) serve() {
	defer close(d.done)
	buf := make([]byte, mostData+8<<10)
	for {
		n, err := syscall.Read(d.fuse, buf)
		switch {
		case errors.Is(err, syscall.ENODEV): // unmounted
			return
		case err != nil || n < inHeader: // a request that was given up
			continue
		}
		op := binary.NativeEndian.Uint32(buf[4:])
		unique := binary.NativeEndian.Uint64(buf[8:])
		node := binary.NativeEndian.Uint64(buf[16:])
		if op == opForget || op == opForgets || op == opInterrupt {
			continue
		}
		body, failed := d.answer(op, node, buf[inHeader:n])
		out := binary.NativeEndian.AppendUint32(nil, uint32(outHeader+len(body)))
		out = binary.NativeEndian.AppendUint32(out, uint32(-int32(failed)))
		out = append(binary.NativeEndian.AppendUint64(out, unique), body...)
		// Nobody waits any more for the answer to a request that was given up.
		if _, err := syscall.Write(d.fuse, out); errors.Is(err, syscall.ENODEV) {
			return
		}
	}
}

func (d *Disk) answer(op uint32, node uint64, in []byte) (out []byte, failed syscall.Errno) {
	e := binary.NativeEndian
	d.mu.Lock()
	defer d.mu.Unlock()
	switch op {
	case opInit:
		out = e.AppendUint32(out, 7)
		out = e.AppendUint32(out, 31)
		out = e.AppendUint32(out, e.Uint32(in[8:])) // as much ahead as it likes
		out = e.AppendUint32(out, (flagBig|flagPages)&e.Uint32(in[12:]))
		out = e.AppendUint16(e.AppendUint16(out, 16), 12) // requests in the background
		out = e.AppendUint32(out, mostData)
		out = e.AppendUint32(out, 1) // times to the nanosecond
		out = e.AppendUint16(out, mostData>>12)
		return append(out, make([]byte, 64-len(out))...), 0
	case opLookup:
		if node != rootNode || string(in) != fileName+"\x00" {
			return nil, syscall.ENOENT
		}
		out = e.AppendUint64(out, fileNode)
		out = append(out, make([]byte, 32)...)
		return append(out, d.attributes(fileNode)...), 0
	case opGetAttr, opSetAttr:
		return append(make([]byte, 16), d.attributes(node)...), 0
	case opOpen:
		return make([]byte, 16), 0
	case opRead:
		from, n := int(e.Uint64(in[8:])), int(e.Uint32(in[16:])) //nolint:gosec // of a small file
		from = min(from, len(d.now))
		return slices.Clone(d.now[from:min(from+n, len(d.now))]), 0
	case opWrite:
		off, n := int64(e.Uint64(in[8:])), int64(e.Uint32(in[16:])) //nolint:gosec // of a small file
		if off+n > int64(len(d.now)) || int64(len(in)) < writeInLen+n {
			return nil, syscall.EFBIG
		}
		data := slices.Clone(in[writeInLen : writeInLen+n])
		copy(d.now[off:], data)
		if d.record {
			d.events = append(d.events, event{off, data})
		}
		return e.AppendUint64(nil, uint64(n)), 0
	case opFsync:
		if d.record {
			d.events = append(d.events, event{})
		}
		return nil, 0
	case opFlush, opRelease, opDestroy:
		return nil, 0
	case opStatFS:
		return make([]byte, 80), 0
	default:
		return nil, syscall.ENOSYS
	}
}

func (d *Disk) attributes(node uint64) []byte {
	e := binary.NativeEndian
	size, mode := uint64(0), uint32(syscall.S_IFDIR|0o700)
	if node == fileNode {
		size, mode = uint64(len(d.now)), syscall.S_IFREG|0o600
	}
	out := e.AppendUint64(nil, node)
	out = e.AppendUint64(out, size)
	out = e.AppendUint64(out, size/sector)
	out = append(out, make([]byte, 36)...) // times
	out = e.AppendUint32(out, mode)
	out = e.AppendUint32(out, 1)
	return append(out, make([]byte, 88-len(out))...)
}
