package fence

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/internal/peer"
)

// moved shifts all of a command.
func moved(c Command, bearing, metres float64) Command {
	shift := func(p geo.Position) geo.Position {
		q, _ := geo.Direct(p, bearing, metres)
		return q
	}
	all := func(ps []geo.Position) (out []geo.Position) {
		for _, p := range ps {
			out = append(out, shift(p))
		}
		return out
	}
	c.Pose.At, c.Way, c.Loss.Home = shift(c.Pose.At), all(c.Way), shift(c.Loss.Home)
	if c.Look != nil {
		l := *c.Look
		l.Outlines = nil
		for _, o := range c.Look.Outlines {
			l.Outlines = append(l.Outlines, Outline{Ring: all(o.Ring)})
		}
		c.Look = &l
	}
	return c
}

// edge is a command that just passes and one a hand's breadth on that does not.
type edge struct{ in, out Command }

// edges moves what passes towards where it does not, and halves the step until
// both are 2 cm apart.
func edges(r *rand.Rand, b *Bounds, n int, pass func(Command) bool) (out []edge) {
	for len(out) < n {
		c := scene(r, b)
		bearing := 360 * r.Float64()
		lo, hi := 0.0, 0.0
		if !pass(c) {
			continue
		}
		for step := 100.0; step < 1e5 && hi == 0; step *= 2 {
			if !pass(moved(c, bearing, lo+step)) {
				hi = lo + step
			} else {
				lo += step
			}
		}
		if hi == 0 {
			continue
		}
		for hi-lo > 0.02 {
			if mid := (lo + hi) / 2; pass(moved(c, bearing, mid)) {
				lo = mid
			} else {
				hi = mid
			}
		}
		out = append(out, edge{moved(c, bearing, lo), moved(c, bearing, hi)})
	}
	return out
}

// The adversarial set: what just passes is looked at from every side. Places of
// its regions are moved by the whole growth towards the nearest place of each
// bound, and none comes out. What is just refused is so for little.
func TestAdversary(t *testing.T) {
	n := min(max(15, poses(t)/100), 1000)
	for name, b := range worlds(t) {
		f := mustNew(t, b)
		r := rand.New(rand.NewPCG(11, 13))
		least := math.Inf(1)
		for _, judge := range []func(c Command) Verdict{f.Command, func(c Command) Verdict { return f.Report(reportOf(c)) }} {
			for _, e := range edges(r, &f.bounds, n, func(c Command) bool { return judge(c).Pass }) {
				v := judge(e.in)
				if left := v.Binding.Left; left < 0 || left > 0.2 && judge(e.out).Binding.Left < -0.3 {
					t.Errorf("%s: it passes with %.1f m left, and 2 cm on with %.1f m", name, left, judge(e.out).Binding.Left)
				}
				where, bound, spare := reached(r, f, &e.in, v)
				least = min(least, spare)
				if bound != "" {
					t.Errorf("%s: it passes and reaches %v, beyond %s\n%s%s", name, where, bound, e.in.Text(f.hash), v.Text())
				}
				if w := judge(e.out); w.Pass || len(w.Reasons) != 1 || w.Binding.Left < -0.3 {
					t.Errorf("%s: 2 cm on: %s", name, w.Text())
				}
			}
		}
		t.Logf("%s: %d that just pass, as commands and as reports; the nearest place reached is %.3f m inside", name, 2*n, least)
		// Not so far inside that the fence would be an idle one.
		if least > 1 {
			t.Errorf("%s: nothing comes nearer than %.1f m", name, least)
		}
	}
}

// reached looks for a place of a verdict's regions, grown, that a bound
// forbids, and says how far inside the nearest one is.
func reached(r *rand.Rand, f *Fence, c *Command, v Verdict) (where geo.Position, bound string, spare float64) {
	q := c.rounded()
	var regions []region
	if v.Judge == JudgeCommand {
		regions = q.flight(sum(v.Flight))
	} else {
		regions = []region{newRegion(ofFlight, []geo.Position{q.Pose.At}, sum(v.Flight))}
	}
	if q.Look != nil {
		regions = append(regions, q.Look.regions(sum(v.Look))...)
	}
	spare = math.Inf(1)
	// side is how far p is on the allowed side, less what is needed there.
	try := func(name string, needed float64, reg *region, p geo.Position, nearest func(geo.Position) geo.Position, side func(geo.Position) float64) {
		on := nearest(p)
		to := geo.Bearing(p, on)
		far := min(reg.grow, geo.Distance(p, on)+1)
		moved, _ := geo.Direct(p, to, far)
		if s := side(moved) - needed; s < spare {
			if spare = s; s < 0 {
				where, bound = moved, name
			}
		}
	}
	for i := range regions {
		reg := &regions[i]
		for k := range 60 + len(reg.at) {
			var p geo.Position
			switch {
			case k < len(reg.at):
				p = reg.at[k]
			case reg.closed:
				p = between(r, along(r, reg.at), along(r, reg.at))
			default:
				p = between(r, reg.at[0], reg.at[len(reg.at)-1])
			}
			for _, ring := range f.bounds.Area.Polygon {
				try("the area", f.bounds.Sigma*f.bounds.Area.Accuracy, reg, p,
					func(p geo.Position) geo.Position { on, _, _ := ring.Nearest(p); return on },
					func(p geo.Position) float64 { return -f.bounds.Area.Polygon.Distance(p) })
			}
			for _, z := range f.bounds.NoLook {
				if q.Look != nil {
					try("a no-look zone", f.bounds.Sigma*z.Accuracy, reg, p,
						func(p geo.Position) geo.Position { on, _, _ := z.Polygon[0].Nearest(p); return on }, z.Polygon.Distance)
				}
			}
			for _, b := range f.bounds.Borders {
				if slices.ContainsFunc(v.Classes, func(c Class) bool { return c.State == b.State && c.Class == ClassOver50 }) {
					continue // no growth reaches it
				}
				l := nearestLine(b.Lines, p)
				if _, d, _ := l.Nearest(p); math.Abs(d) < 1e5 {
					try(b.State, f.bounds.Standoff+f.bounds.Sigma*b.Accuracy, reg, p,
						func(p geo.Position) geo.Position { on, _, _ := l.Nearest(p); return on },
						func(p geo.Position) float64 { _, d, _ := nearestLine(b.Lines, p).Nearest(p); return d })
				}
			}
		}
	}
	return where, bound, spare
}

func nearestLine(lines []geo.Line, p geo.Position) geo.Line {
	var best geo.Line
	least := math.Inf(1)
	for _, l := range lines {
		if _, d, _ := l.Nearest(p); math.Abs(d) < least {
			best, least = l, math.Abs(d)
		}
	}
	return best
}

// Python with geographiclib, written from docs/fence.md, makes the same verdicts
// from the texts: growths, hulls, clearances, classes. It shares no code.
func TestPythonMakesTheSameVerdicts(t *testing.T) {
	python := peer.Python(t)
	n := 2
	if poses(t) > 1e6 { // make soak
		n = 30
	}
	type question struct{ Bounds, Input, Verdict string }
	var in bytes.Buffer
	asked := 0
	for _, name := range []string{"lake", "antimeridian", "pole"} {
		b := worlds(t)[name]
		f := mustNew(t, b)
		r := rand.New(rand.NewPCG(17, 19))
		ask := func(input string, v Verdict) {
			if err := json.NewEncoder(&in).Encode(question{f.bounds.Text(), input, v.Text()}); err != nil {
				t.Fatal(err)
			}
			asked++
		}
		for _, e := range edges(r, &f.bounds, n, func(c Command) bool { return f.Command(c).Pass }) {
			for _, c := range []Command{e.in, e.out} {
				ask(c.Text(f.hash), f.Command(c))
				ask(reportOf(c).Text(f.hash), f.Report(reportOf(c)))
			}
		}
		for range 2 * n {
			c := scene(r, &f.bounds)
			ask(c.Text(f.hash), f.Command(c))
			ask(reportOf(c).Text(f.hash), f.Report(reportOf(c)))
		}
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "fence_peer.py"))
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if len(lines) != asked {
		t.Fatalf("%d answers to %d questions", len(lines), asked)
	}
	for i, l := range lines {
		if l != "same" {
			t.Errorf("question %d: %s", i+1, l)
		}
	}
	t.Logf("%d verdicts made again by geographiclib", asked)
}
