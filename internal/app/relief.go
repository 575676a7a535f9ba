package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	store "atalaya/store/elevation"
	"atalaya/web/elevation"
)

// openRelief opens the elevation store, and shows it to browsers and to the
// simulated world.
func (p *program) openRelief(ctx context.Context) error {
	var err error
	if p.elevation, err = p.cfg.openElevation(); err != nil {
		return err
	}
	p.tellLeftOut()
	p.relief = elevation.New(elevation.Config{})
	if err := p.raiseMountains(ctx); err != nil {
		p.log.Error("the simulated gear sees through the mountains", slog.Any("error", err))
	}
	return p.showElevation()
}

func (p *program) tellLeftOut() {
	for _, l := range p.elevation.LeftOut() {
		p.log.Error("elevation is left out", slog.String("dataset", l.Dataset), slog.String("error", l.Err.Error()))
	}
}

// elevationWatch is what was last seen of the store's folder, and what of it
// is in use.
type elevationWatch struct {
	seen   string
	used   []*store.Dataset
	failed string // what was told last
}

// takeUpElevation puts to use what was imported or removed meanwhile, also by
// another program: for browsers and for fields of regard. It waits until
// the folder was left alone from one call to the next, so that an import of
// many files counts once.
func (p *program) takeUpElevation(w *elevationWatch) {
	stamp, loaded, err := p.elevation.Stamp()
	if err == nil && !loaded && stamp == w.seen {
		if err = p.elevation.Reload(); err == nil {
			p.tellLeftOut()
		}
	}
	w.seen = stamp
	if now := p.elevation.Datasets(); !slices.Equal(now, w.used) {
		err = errors.Join(err, p.showElevation())
		p.log.Info("elevation is taken up", slog.Any("datasets", datasetNames(now)))
		w.used = now
		p.beginFields()
	}
	switch {
	case err == nil:
		w.failed = ""
	case err.Error() != w.failed: // it comes again every time
		w.failed = err.Error()
		p.log.Error("elevation that was imported meanwhile is not taken up", slog.Any("error", err))
	}
}

func datasetNames(all []*store.Dataset) []string {
	out := []string{}
	for _, d := range all {
		out = append(out, d.Name())
	}
	return out
}

// showElevation lets browsers see what is in the store now.
func (p *program) showElevation() error {
	var models []elevation.Model
	for _, d := range p.elevation.Datasets() {
		models = append(models, elevationModel(d))
	}
	return p.relief.Use(models...)
}

// elevationModel is a dataset with its pyramid; of many posts the highest is
// shown.
func elevationModel(d *store.Dataset) elevation.Model { return elevation.Model{Levels: levels(d)} }
