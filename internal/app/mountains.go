package app

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"atalaya/exercise/relief"
	"atalaya/store/elevation"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/cog"
)

// reliefPrefix begins the name of every dataset that makeMountains made.
const reliefPrefix = "relief-"

// WriteRelief writes the exercise's made-up mountains as a GeoTIFF.
func WriteRelief(w io.Writer, seed uint64) error {
	cfg := relief.Config{Seed: seed}
	g, err := relief.Make(cfg)
	if err != nil {
		return err
	}
	const none = -9999
	return cog.Write(w, cog.Raster{
		Lattice: g.Lattice(), Values: g.Z, NoData: none, Overviews: cog.Max, Unit: "m", Heights: true, Elevation: g.About(),
		Description: terrain.Synthetic + " relief of the exercise, " + cfg.Key(), Software: "Atalaya " + Version,
	})
}

// mountains is the name of the dataset of the exercise's relief.
func (c *Config) mountains() string {
	return reliefPrefix + relief.Config{Seed: c.Exercise.Seed}.Key()
}

// makeMountains makes the exercise's relief and brings it into the exercise's
// store of elevation, if it is not there: once for each seed and version. It
// reports whether the store has changed.
func (c *Config) makeMountains(ctx context.Context, s *elevation.Store, log *slog.Logger) (changed bool, err error) {
	want := relief.Config{Seed: c.Exercise.Seed}
	name := c.mountains()
	if _, ok := s.Dataset(name); ok {
		return false, nil
	}
	began := time.Now()
	log.Info("making the exercise's mountains, this once", slog.String("dataset", name), slog.Uint64("seed", want.Seed))
	g, err := relief.Make(want)
	if err != nil {
		return false, err
	}
	made := time.Since(began)
	posts := len(g.Z)
	_, err = s.Import(ctx, elevation.Import{
		Source: g, Name: g.About().Name, SHA256: hashHeights(g.Z), Bytes: int64(posts) * 4, Dataset: name, Replace: true,
		Progress: func() func(done, total int64) {
			const parts = 4
			next := int64(1)
			return func(done, total int64) {
				for ; next < parts && done*parts >= total*next; next++ {
					log.Info("the exercise's mountains are being kept", slog.Int64("percent", 100*next/parts))
				}
			}
		}(),
	})
	if err != nil {
		return false, err
	}
	log.Info("the exercise's mountains are made", slog.String("dataset", name), slog.Int("posts", posts),
		slog.Duration("made_in", made), slog.Duration("kept_in", time.Since(began)-made))
	return true, forgetMountains(s, name)
}

// forgetMountains removes the relief of other seeds and versions: one is in
// force.
func forgetMountains(s *elevation.Store, keep string) error {
	for _, d := range s.Datasets() {
		old := d.Name()
		if old == keep || !strings.HasPrefix(old, reliefPrefix) || !d.About().Synthetic {
			continue
		}
		if _, err := s.Remove(old); err != nil {
			return err
		}
	}
	return nil
}

// hashHeights is the hash of heights as bytes, in the order of the posts.
func hashHeights(z []float32) string {
	h := sha256.New()
	const at = 1 << 14
	buffer := make([]byte, 0, 4*at)
	for len(z) > 0 {
		n := min(at, len(z))
		for _, v := range z[:n] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		h.Write(buffer)
		buffer, z = buffer[:0], z[n:]
	}
	return hex.EncodeToString(h.Sum(nil))
}

// raiseMountains lets the simulated gear see no further than its mountains
// allow, where they are made.
func (p *program) raiseMountains(ctx context.Context) error {
	d, made := p.elevation.Dataset(p.cfg.mountains())
	if p.world == nil || !p.cfg.Exercise.Relief || !made {
		return nil
	}
	if err := p.world.Raise(ctx, d); err != nil {
		return err
	}
	p.log.Info("the simulated gear looks no further than its mountains allow", slog.String("dataset", d.Name()))
	return nil
}

// runMountains makes the mountains while the program runs already.
func (p *program) runMountains(ctx context.Context) {
	if !p.cfg.Exercise.Enabled || !p.cfg.Exercise.Relief {
		return
	}
	changed, err := p.cfg.makeMountains(ctx, p.elevation, p.log)
	if changed {
		err = errors.Join(err, p.raiseMountains(ctx))
		select {
		case p.fieldsBegun <- struct{}{}: // there is elevation to be taken up
		default:
		}
		debug.FreeOSMemory() // 170 MB, not needed again
	}
	if err != nil && ctx.Err() == nil {
		p.log.Error("the exercise has no mountains; the next start tries again", slog.Any("error", err))
	}
}
