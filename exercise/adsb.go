package exercise

import (
	"context"
	"math"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

// squitters is how often aircraft broadcast.
const squitters = 500 * time.Millisecond

// runADSB serves what the aircraft broadcast, as a receiver passes it on in
// Beast frames: position and velocity twice a second, identification every
// five seconds (ICAO Annex 10 Volume IV, 5.1.1.4).
func (w *World) runADSB(ctx context.Context) error {
	return each(ctx, squitters, w.cfg.Clock, w.aloft(w.beast.out))
}

// aloft receives what is broadcast.
func (w *World) aloft(out func([]byte) error) func(time.Time) error {
	n := 0
	return func(now time.Time) error {
		n++
		var b []byte
		// The receiver counts at 12 MHz since its start.
		ticks := uint64(now.Sub(w.begin).Microseconds()) * 12
		for _, m := range w.movers {
			if m.icao == 0 {
				continue
			}
			p, course, speed := w.where(m, now)
			rad := course * math.Pi / 180
			address := modes.Address(m.icao)
			const airborne, signal = 5, 120
			frames := [][]byte{
				modes.Squitter(address, airborne, modes.AirbornePosition{
					Position: p, Height: geo.PressureHeight(m.height).Height(), TypeCode: 11, Odd: m.odd,
				}.ME()),
				modes.Squitter(address, airborne, modes.Velocity{
					East: speed * math.Sin(rad), North: speed * math.Cos(rad), Climb: codec.Some(0.0), ClimbFrom: geo.DatumPressure, NACv: 2,
				}.ME()),
			}
			m.odd = !m.odd
			if n%10 == 1 {
				frames = append(frames,
					modes.Squitter(address, airborne, modes.Identification{CallSign: m.name, Category: "A1"}.ME()),
					modes.Squitter(address, airborne, modes.OperationalStatus{NACp: 9, SIL: 3, SDA: 2, GVA: 2}.ME()))
			}
			if !w.atCalvario(m, p) {
				continue
			}
			for _, f := range frames {
				b = framing.AppendBeast(b, f, ticks, signal)
				ticks += 2000
			}
		}
		if len(b) > 0 {
			return out(b)
		}
		return nil
	}
}
