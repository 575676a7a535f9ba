package fence

import "math"

// Growth is one thing that may be off, in metres.
type Growth struct {
	Name   string
	Metres float64
}

// Growths are summed as they stand: nothing is taken to cancel out.
//
//	position   sigma x the pose's accuracy (flight; the outlines of a look hold it)
//	outline    sigma x what the outlines do not hold (look)
//	between    what pictures between two outlines reach beyond their hull (look)
//	age        ground speed x (age of the pose + its clock's error + latency)
//	stop       ground speed² / 2 braking, or 2 radius + wind x pi radius / speed
//	wind       wind x the seconds it pushes uncorrected
//	loss       hold: 2 x its radius; land: wind x height / descent; else 0
//
// Ground speed is the vehicle's speed and the wind's. What stands still has
// position, outline and between only.
const (
	growPosition = "position"
	growOutline  = "outline"
	growBetween  = "between"
	growAge      = "age"
	growStop     = "stop"
	growWind     = "wind"
	growLoss     = "loss"
)

func sum(gs []Growth) float64 {
	var s float64
	for _, g := range gs {
		s += g.Metres
	}
	return s
}

// carried is how far the vehicle may be from where it is said to be; age in
// seconds, with the clock's error.
func (c *Command) carried(age float64) []Growth {
	v, w := c.Vehicle, c.Wind
	if v.Speed == 0 {
		return nil
	}
	ground := v.Speed + w.Speed
	stop := ground * ground / (2 * v.Braking)
	if v.Braking == 0 {
		stop = float64(2*v.Radius) + float64(w.Speed*float64(math.Pi*v.Radius))/v.Speed
	}
	var loss float64
	switch c.Loss.Act {
	case LossHold:
		loss = 2 * c.Loss.Radius
	case LossLand:
		loss = float64(w.Speed*c.Loss.Height) / c.Loss.Descent
	default:
	}
	return []Growth{
		{growAge, ground * (age + v.Latency)},
		{growStop, stop},
		{growWind, w.Speed * w.Drift},
		{growLoss, loss},
	}
}

// ofLook gives what a look grows by, beside what carries the vehicle.
func (f *Fence) ofLook(l *Look) []Growth {
	return []Growth{
		{growOutline, f.bounds.Sigma * l.Error},
		{growBetween, l.Between},
	}
}
