package timeline

import (
	"math/rand/v2"
	"testing"
)

// TestRares: what is taken stays what it is until it is given back, of nothing there
// are two, and what many had once takes no memory for ever.
func TestRares(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 91))
	var rs rares
	have := map[int32]uint64{}
	var in []int32
	check := func() {
		for n, v := range have {
			if got := rs.of(n).numbers[0].value; got != v {
				t.Fatalf("%d is %d, not %d", n, got, v)
			}
		}
	}
	room := func() (n int) {
		for i := range rs.slabs {
			n += len(rs.slabs[i].all)
		}
		return n
	}
	for _, most := range []int{20 * slab, slab, 3 * slab, 0, 2 * slab} {
		for len(in) != most {
			if len(in) < most || r.IntN(4) == 0 {
				n := rs.take()
				if _, twice := have[n]; twice || n < 1 {
					t.Fatalf("%d is taken already", n)
				}
				v := r.Uint64()
				*rs.of(n) = shared{rare: rare{numbers: numbers{{value: v}}}, by: 2}
				have[n], in = v, append(in, n)
				continue
			}
			k := r.IntN(len(in))
			n := in[k]
			rs.give(n)
			if _, ok := have[n]; !ok || rs.of(n).by != 1 {
				t.Fatalf("%d is not had by one", n)
			}
			rs.give(n)
			in[k] = in[len(in)-1]
			in = in[:len(in)-1]
			delete(have, n)
		}
		check()
		if rs.used != most || rs.used+rs.spare != room() {
			t.Errorf("%d used, %d spare, room for %d; there are %d", rs.used, rs.spare, room(), most)
		}
	}
	if got := room(); got > 10*slab {
		t.Errorf("room for %d", got)
	}
	rs.give(0)
}
