package footprint

import (
	"cmp"
	"math"
	"slices"

	"atalaya/geo"
)

// spot follows a ray with all inputs as they are, and with each off to both
// sides. What it meets goes into the hull, if there is one.
func (l *looker) spot(right, down float64, out *hull) Spot {
	hit := l.cast(&l.camera, l.height, right, down)
	s := Spot{Hit: hit, Bounded: hit.Outcome == Ground}
	plane := geo.NewPlane(hit.At)
	out.add(hit.At)
	var cov Covariance
	for _, off := range l.offsets() {
		var moved [2]geo.Vector
		met := [2]bool{}
		for i, by := range [2]float64{l.sigma, -l.sigma} {
			c, height := l.camera, l.height
			off(&c, &height, by)
			h := l.cast(&c, height, right, down)
			met[i] = h.Outcome == Ground
			moved[i].X, moved[i].Y = plane.XY(h.At)
			out.add(h.At)
			s.Bounded = s.Bounded && met[i]
		}
		// Where one side meets no ground, the other counts alone.
		e, n := moved[0].X-moved[1].X, moved[0].Y-moved[1].Y
		scale := 2 * l.sigma
		switch {
		case met[0] && met[1]:
		case met[0]:
			e, n, scale = moved[0].X, moved[0].Y, l.sigma
		case met[1]:
			e, n, scale = moved[1].X, moved[1].Y, l.sigma
		default:
			continue
		}
		e, n = e/scale, n/scale
		cov.EE += float64(e * e)
		cov.EN += float64(e * n)
		cov.NN += float64(n * n)
	}
	if hit.Outcome == Ground {
		s.Covariance = &cov
		out.ellipse(plane, cov, l.sigma)
	}
	return s
}

// offsets move one input each, by so many standard deviations.
func (l *looker) offsets() []func(c *Camera, height *geo.EllipsoidHeight, by float64) {
	e := l.camera.Errors
	all := []struct {
		sd   float64
		move func(c *Camera, height *geo.EllipsoidHeight, by float64)
	}{
		{e.Position, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.At, _ = geo.Direct(c.At, 90, by*e.Position) }},
		{e.Position, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.At, _ = geo.Direct(c.At, 0, by*e.Position) }},
		{e.Height, func(_ *Camera, h *geo.EllipsoidHeight, by float64) { *h += geo.EllipsoidHeight(by * e.Height) }},
		{e.Yaw, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.Yaw += float64(by * e.Yaw) }},
		{e.Pitch, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.Pitch += float64(by * e.Pitch) }},
		{e.Roll, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.Roll += float64(by * e.Roll) }},
		{e.Pan, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.Pan += float64(by * e.Pan) }},
		{e.Tilt, func(c *Camera, _ *geo.EllipsoidHeight, by float64) { c.Tilt += float64(by * e.Tilt) }},
	}
	var out []func(c *Camera, height *geo.EllipsoidHeight, by float64)
	for _, o := range all {
		if o.sd > 0 {
			out = append(out, o.move)
		}
	}
	return out
}

// hull collects places of which the convex hull is asked for.
type hull struct{ at []geo.Position }

func (h *hull) add(p geo.Position) {
	if h != nil {
		h.at = append(h.at, p)
	}
}

// ellipse adds an octagon round the ellipse of so many standard deviations.
func (h *hull) ellipse(plane geo.Plane, c Covariance, sigma float64) {
	if h == nil {
		return
	}
	// c = L Lt; L turns the octagon round the unit circle into one round the
	// ellipse.
	const tan = math.Sqrt2 - 1 // of 22.5 degrees
	var l11, l21, l22 float64
	if l11 = math.Sqrt(c.EE); l11 > 0 {
		l21 = c.EN / l11
	}
	l22 = math.Sqrt(max(0, c.NN-float64(l21*l21)))
	for _, v := range [8][2]float64{{1, tan}, {tan, 1}, {-tan, 1}, {-1, tan}, {-1, -tan}, {-tan, -1}, {tan, -1}, {1, -tan}} {
		x, y := sigma*v[0], sigma*v[1]
		h.add(plane.Position(float64(l11*x), float64(l21*x)+float64(l22*y)))
	}
}

// ring gives the convex hull, counter-clockwise (Andrew's monotone chain), in
// the plane round its first place.
func (h *hull) ring() geo.Ring {
	type point struct {
		x, y float64
		at   geo.Position
	}
	plane := geo.NewPlane(h.at[0])
	points := make([]point, len(h.at))
	for i, p := range h.at {
		points[i].x, points[i].y = plane.XY(p)
		points[i].at = p
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	half := func(turned []point, p point, from int) []point {
		for len(turned) >= from+2 {
			a, b := turned[len(turned)-2], turned[len(turned)-1]
			if float64((b.x-a.x)*(p.y-a.y))-float64((b.y-a.y)*(p.x-a.x)) > 0 {
				break
			}
			turned = turned[:len(turned)-1]
		}
		return append(turned, p)
	}
	var turned []point
	for _, p := range points {
		turned = half(turned, p, 0)
	}
	lower := len(turned) - 1
	for i := len(points) - 2; i >= 0; i-- {
		turned = half(turned, points[i], lower)
	}
	var ring geo.Ring
	for _, p := range turned[:max(1, len(turned)-1)] {
		ring = append(ring, p.at)
	}
	return ring
}
