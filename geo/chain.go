package geo

// chain is a Line or a Ring as its queries see it: positions, of which the
// last may join the first, and boxes over them when somebody made an index.
type chain struct {
	at     []Position
	closed bool
	// boxes[0] has a box for each leg, boxes[k+1] one for each fanOut boxes of
	// boxes[k]; empty without an index.
	boxes [][]Box
}

const fanOut = 8

// legs is the number of legs; a lone position counts as one leg of length 0.
func (c *chain) legs() int {
	switch {
	case len(c.at) == 1:
		return 1
	case c.closed || len(c.at) == 0:
		return len(c.at)
	default:
		return len(c.at) - 1
	}
}

// leg gives the ends of leg i.
func (c *chain) leg(i int) (from, to Position) {
	if i+1 < len(c.at) {
		return c.at[i], c.at[i+1]
	}
	return c.at[i], c.at[0]
}

// index makes the boxes.
func (c *chain) index() {
	level := make([]Box, c.legs())
	for i := range level {
		level[i] = legBox(c.leg(i))
	}
	for len(level) > 0 {
		c.boxes = append(c.boxes, level)
		if len(level) == 1 {
			return
		}
		above := make([]Box, 0, (len(level)+fanOut-1)/fanOut)
		for i := 0; i < len(level); i += fanOut {
			b := level[i]
			for _, o := range level[i+1 : min(i+fanOut, len(level))] {
				b = b.Union(o)
			}
			above = append(above, b)
		}
		level = above
	}
}

// visit calls leg for every leg whose box may says yes to, in order.
func (c *chain) visit(may func(Box) bool, leg func(i int)) {
	if len(c.boxes) == 0 {
		for i := range c.legs() {
			if may(legBox(c.leg(i))) {
				leg(i)
			}
		}
		return
	}
	c.descend(len(c.boxes)-1, 0, may, leg)
}

func (c *chain) descend(level, i int, may func(Box) bool, leg func(i int)) {
	if !may(c.boxes[level][i]) {
		return
	}
	if level == 0 {
		leg(i)
		return
	}
	for j := i * fanOut; j < min((i+1)*fanOut, len(c.boxes[level-1])); j++ {
		c.descend(level-1, j, may, leg)
	}
}
