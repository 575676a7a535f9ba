package elevation

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// ErrUnknown says that a store has no dataset of a name.
var ErrUnknown = errors.New("there is no such dataset") //nolint:gochecknoglobals // a sentinel

// Removed is a dataset that was removed.
type Removed struct {
	Dataset string `json:"dataset"`
	// Files are those that were imported into it; none, where it could not be
	// read, or its first import was not done.
	Files []File `json:"files"`
}

// Remove takes a dataset out of the store, also one that was left out or whose
// first import is not done. What says that it is there goes first: interrupted,
// nobody reads what is left, and it can be removed again. Who holds the
// dataset keeps it. No import runs meanwhile.
func (s *Store) Remove(name string) (out Removed, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("remove %q: %w", name, err)
		}
	}()
	store, err := os.OpenRoot(s.cfg.Dir)
	if isMissing(err) {
		return out, s.unknown()
	}
	if err != nil {
		return out, err
	}
	defer store.Close()
	if info, err := store.Lstat(name); !validName(name) || err != nil || !info.IsDir() {
		if err != nil && !isMissing(err) && validName(name) {
			return out, err
		}
		return out, s.unknown()
	}
	lock, err := lockStore(store)
	if err != nil {
		return out, err
	}
	defer unlock(lock)
	if err := s.Reload(); err != nil { // what another program imported goes too
		return out, err
	}
	out = Removed{Dataset: name, Files: []File{}}
	if d, ok := s.Dataset(name); ok {
		out.Files = d.Files()
	}
	dataset, err := store.OpenRoot(name)
	if err != nil {
		return out, err
	}
	if err = dataset.Remove(manifestName); err == nil || isMissing(err) {
		err = syncDir(dataset)
	}
	if err = errors.Join(err, dataset.Close()); err != nil {
		return out, err
	}
	if err := errors.Join(store.RemoveAll(name), syncDir(store)); err != nil {
		return out, err
	}
	return out, s.Reload()
}

// unknown says which datasets there are.
func (s *Store) unknown() error {
	var names []string
	for _, d := range s.Datasets() {
		names = append(names, d.Name())
	}
	for _, l := range s.LeftOut() {
		names = append(names, l.Dataset)
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: there is none at all in %s", ErrUnknown, s.cfg.Dir)
	}
	slices.Sort(names)
	return fmt.Errorf("%w in %s: there is %s", ErrUnknown, s.cfg.Dir, strings.Join(names, ", "))
}
