package app

import (
	"context"
	"fmt"
	"path/filepath"

	"atalaya/geo"
	"atalaya/store/elevation/glo30"
)

// ElevationFetch says which Copernicus tiles are wanted.
type ElevationFetch struct {
	Box geo.Box
	// Dir is the folder for the files; empty: glo30 in the data folder.
	Dir string
	// From is the URL of the bucket or of a copy of it; empty: the public one.
	From string
	// Progress hears how far it is; nil: nobody asks.
	Progress func(glo30.Progress)
}

// FetchElevation downloads the tiles that are not here yet. It gives what it
// has when it fails.
func FetchElevation(ctx context.Context, cfg Config, in ElevationFetch) ([]glo30.File, error) {
	if in.Dir == "" {
		in.Dir = filepath.Join(cfg.dir(), "glo30")
	}
	files, err := glo30.Fetch(ctx, glo30.Config{Base: in.From, Dir: in.Dir, Progress: in.Progress}, in.Box)
	if ctx.Err() != nil {
		return files, fmt.Errorf("interrupted after %d tiles: run the same command again, and it goes on there: %w", len(files), ctx.Err())
	}
	return files, err
}
