package app

import (
	"context"
	"log/slog"

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
	for _, l := range p.elevation.LeftOut() {
		p.log.Error("elevation is left out", slog.String("dataset", l.Dataset), slog.String("error", l.Err.Error()))
	}
	p.relief = elevation.New(elevation.Config{})
	if err := p.raiseMountains(ctx); err != nil {
		p.log.Error("the simulated gear sees through the mountains", slog.Any("error", err))
	}
	return p.showElevation()
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
