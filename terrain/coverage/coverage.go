// Package coverage says what many sensors see together over terrain: how many
// see a place, which sees it best, how low a target can pass.
//
// Each sensor is a unit of work of its own: one viewshed, of which the answer
// for each cell of the area is kept and the rest thrown away. Units are joined
// by counting and by taking the best or the lowest, with ties decided by the
// sensors' order, so that neither the number of goroutines nor the order in
// which units are done changes a bit. A unit's result can be kept over a
// restart.
//
// Shares are of area: each cell counts with its own size on the ellipsoid,
// taken in the middle of its block of 8 x 8 cells.
package coverage

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Config says what is asked.
type Config struct {
	// Area is where it is asked. Its elevation is looked over.
	Area *Area
	// Sensors, in the order that decides ties.
	Sensors []Sensor
	// Target is the height above ground, in metres, of what is to be seen.
	Target float64
	// Air are further heights above ground for which shares are wanted, as of
	// aircraft.
	Air []float64
	// Floor asks for the lowest height seen in each cell.
	Floor bool
	// Best asks for the best sensor of each cell: the one with the highest
	// probability of detection, of equals the nearest, of those the first.
	Best bool
	// Band asks what is seen at the ends of the range of k, too: three times
	// the viewsheds.
	Band bool
	// Exact asks for the reference method (sight.View).
	Exact bool
	// Workers is how many viewsheds are made at a time; 0 is one for each
	// processor. The answer does not depend on it. Memory grows with it.
	Workers int
	// Keeper, where given, keeps the results of units over a restart.
	Keeper Keeper
	// Progress, where given, is told of each unit done. Calls come one at a
	// time, in no order of sensors.
	Progress func(done, total int)
}

// Keeper keeps results of units: a folder, a table, a map. Calls come one at a
// time. A key names all on which a result depends, the heights looked over
// included, so what is kept never grows stale.
type Keeper interface {
	// Load gives what was saved; nil where there is nothing.
	Load(key string) ([]byte, error)
	Save(key string, data []byte) error
}

func (c *Config) check() error {
	if c.Area == nil || len(c.Area.Blocks) == 0 {
		return fmt.Errorf("coverage of no area")
	}
	if len(c.Sensors) == 0 {
		return fmt.Errorf("coverage of no sensor: give one at least")
	}
	if len(c.Sensors) > MaxSensors {
		return fmt.Errorf("coverage of %d sensors: at most %d", len(c.Sensors), MaxSensors)
	}
	for _, h := range c.heights() {
		if !(h >= 0 && h <= 100e3) {
			return fmt.Errorf("a target %g m above ground: it must be from 0 to 100,000 m", h)
		}
	}
	for i := range c.Sensors {
		if err := c.Sensors[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// MaxSensors is how many sensors can be asked about at once.
const MaxSensors = math.MaxUint16

// heights are those above ground for which units keep sets.
func (c *Config) heights() []float64 { return append([]float64{c.Target}, c.Air...) }

// scan makes the units, several at a time, and hands them to join: one at a
// time, in any order.
func scan(ctx context.Context, c Config, join func(i int, u *unit)) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := c.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	maker := newMaker(&c)
	var next atomic.Int64
	var group sync.WaitGroup
	var joining sync.Mutex
	done := 0
	for range min(workers, len(c.Sensors)) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(c.Sensors) || ctx.Err() != nil {
					return
				}
				u, err := maker.make(ctx, i)
				if err != nil {
					cancel(err)
					return
				}
				joining.Lock()
				join(i, u)
				done++
				if c.Progress != nil {
					c.Progress(done, len(c.Sensors))
				}
				joining.Unlock()
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// Sets gives what each sensor sees of a target, for siting. Nothing else of
// the configuration's questions is answered.
func Sets(ctx context.Context, c Config) ([]Set, error) {
	c.Air, c.Floor, c.Best, c.Band = nil, false, false, false
	sets := make([]Set, len(c.Sensors))
	if err := scan(ctx, c, func(i int, u *unit) { sets[i] = u.sets[0] }); err != nil {
		return nil, err
	}
	return sets, nil
}
