package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"atalaya/geo"
	"atalaya/internal/app"
	"atalaya/store/elevation/glo30"
)

// terrainFetchCmd downloads elevation.
type terrainFetchCmd struct {
	BBox box `name:"bbox" required:"" placeholder:"W,S,E,N" help:"West, south, east, north in degrees: -69.7,-22.9,-57.4,-9.6 is Bolivia."`

	Dir    string `type:"path" placeholder:"DIR" help:"Folder for the files (glo30 in the data folder)."`
	From   string `placeholder:"URL" help:"A copy of the bucket, such as http://mirror.example/glo30."`
	Import bool   `default:"true" negatable:"" help:"Bring them into the store."`
	JSON   bool   `help:"Print one JSON object a tile, and one an imported file."`
	terrainStore
}

// Run fetches, then imports.
func (t *terrainFetchCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := t.load(c)
	if err != nil {
		return err
	}
	show := bar(std.err, "fetch")
	in := app.ElevationFetch{Box: geo.Box(t.BBox), Dir: t.Dir, From: t.From}
	if show != nil {
		in.Progress = func(p glo30.Progress) { show(thousandths(p), 1000*int64(p.Tiles)) }
	}
	files, err := app.FetchElevation(ctx, cfg, in)
	if told := t.tell(files, std); err == nil {
		err = told
	}
	if err != nil {
		return err
	}
	var paths []string
	for _, f := range files {
		if f.Path != "" {
			paths = append(paths, f.Path)
		}
	}
	if !t.Import || len(paths) == 0 {
		return nil
	}
	return (&terrainImportCmd{Files: paths, JSON: t.JSON, terrainStore: t.terrainStore}).Run(ctx, c, std)
}

// thousandths of tiles are here.
func thousandths(p glo30.Progress) int64 {
	done := 1000 * int64(p.Done)
	if p.Size > 0 {
		done += 1000 * p.Bytes / p.Size
	}
	return done
}

func (t *terrainFetchCmd) tell(files []glo30.File, std streams) error {
	fetched, here, none, bytes := 0, 0, 0, int64(0)
	for _, f := range files {
		if t.JSON {
			if err := lastLine(std.out, f); err != nil {
				return err
			}
		}
		switch {
		case f.Path == "":
			none++
		case f.Already:
			here++
		default:
			fetched++
			bytes += f.Bytes
		}
	}
	if t.JSON || len(files) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(std.out, "tiles: %d fetched (%.1f MB), %d were here, %d are not there (ocean, or not public)\n",
		fetched, float64(bytes)/1e6, here, none)
	return err
}

// box is a range on the command line: W,S,E,N in degrees.
type box geo.Box

// Decode implements kong.MapperValue. West and south are negative and no flags.
func (b *box) Decode(ctx *kong.DecodeContext) error {
	const help = "give west, south, east, north in degrees, as -69.7,-22.9,-57.4,-9.6"
	v, err := numbers(ctx, 4)
	if err != nil {
		return fmt.Errorf("%w: %s", err, help)
	}
	w := geo.Box{West: v[0], South: v[1], East: v[2], North: v[3]}
	if _, err := glo30.Tiles(w); err != nil {
		return fmt.Errorf("%w: %s", err, help)
	}
	*b = box(w)
	return nil
}
