package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Disk is the room on the disk for us, and its size.
func Disk(dir *os.Root) (free, size uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir.Name(), &st); err != nil {
		return 0, 0, fmt.Errorf("free space of %s: %w", dir.Name(), err)
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// Used is what files of these names take.
func Used(dir *os.Root, names ...string) (uint64, error) {
	var sum uint64
	for _, db := range names {
		for _, suffix := range []string{".db", ".db-wal", ".db-shm"} {
			st, err := dir.Stat(db + suffix)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return 0, fmt.Errorf("size of %s%s: %w", db, suffix, err)
			}
			sum += uint64(st.Size())
		}
	}
	return sum, nil
}

// Lock makes sure that no second program uses the folder, until Unlock or the
// program's end.
func Lock(dir *os.Root) (*os.File, error) {
	f, err := dir.OpenFile("lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = fmt.Errorf("another atalaya uses the data folder %s: stop it, or choose another folder (%w)", dir.Name(), err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Unlock lets the folder go. Closing the file would not do: a program that is
// just being started by this one has the file too, for a moment.
func Unlock(f *os.File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}
