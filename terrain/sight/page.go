package sight

// page gives the lines of a quadrant, outwards: the ground and where the answer
// goes. A line of ground may be read up to spare behind its end.
type page interface {
	// sd is nil where no standard deviations are asked for.
	line(line int) (z, need, sd []float32)
	close()
}

func (q *quadrant) page(need, sd []float32) page {
	if q.turned {
		return newColumns(q, need, sd)
	}
	return &straight{z: q.scene.grid.Z, need: need, sd: sd, lanes: q.lanes}
}

// straight are rows, which lie in memory as they are.
type straight struct {
	z, need, sd []float32
	lanes       int
}

func (s *straight) line(line int) (z, need, sd []float32) {
	from, to := line*s.lanes, (line+1)*s.lanes
	if s.sd != nil {
		sd = s.sd[from:to]
	}
	if to+spare <= len(s.z) {
		return s.z[from : to+spare], s.need[from:to], sd
	}
	last := make([]float32, s.lanes+spare)
	copy(last, s.z[from:to])
	return last, s.need[from:to], sd
}

func (s *straight) close() {}

// strip is how many columns are turned at once: three lines of cache to a row, and
// with two thousand posts to a column they stay in the second cache.
const strip = 48

// columns are turned into rows, a strip at a time, and their answers back.
type columns struct {
	q       *quadrant
	z       []float32 // a strip, column by column from the west
	answers []answer  // least heights, and standard deviations where asked for
	stride  int
	west    int // the strip's westernmost column
	count   int // columns in the strip
}

type answer struct {
	whole []float32 // row by row
	strip []float32 // column by column
}

func newColumns(q *quadrant, need, sd []float32) *columns {
	stride := q.lanes + spare
	c := &columns{q: q, stride: stride, z: make([]float32, strip*stride)}
	c.answers = append(c.answers, answer{need, make([]float32, strip*stride)})
	if sd != nil {
		c.answers = append(c.answers, answer{sd, make([]float32, strip*stride)})
	}
	return c
}

func (c *columns) line(line int) (z, need, sd []float32) {
	if line < c.west || line >= c.west+c.count {
		c.close()
		c.open(line)
	}
	from := (line - c.west) * c.stride
	if len(c.answers) > 1 {
		sd = c.answers[1].strip[from : from+c.q.lanes]
	}
	return c.z[from : from+c.stride], c.answers[0].strip[from : from+c.q.lanes], sd
}

// open turns the strip that begins with a column.
func (c *columns) open(line int) {
	q := c.q
	c.west, c.count = line, min(strip, q.lines-line)
	if q.outward < 0 {
		c.west, c.count = max(0, line+1-strip), min(strip, line+1)
	}
	rows := q.span(q.away(c.far()))
	// Rays beside the outermost cells meet posts a little farther on.
	rows = span{max(0, rows.from-4), min(q.lanes, rows.to+4)}
	turn(c.z[rows.from:], c.stride, q.scene.grid.Z[rows.from*q.lines+c.west:], q.lines, rows.to-rows.from, c.count)
}

// near and far are the columns of the strip nearest to the observer and
// farthest from him.
func (c *columns) near() int {
	if c.q.outward > 0 {
		return c.west
	}
	return c.west + c.count - 1
}

func (c *columns) far() int {
	if c.q.outward > 0 {
		return c.west + c.count - 1
	}
	return c.west
}

// close turns the answers of a strip back.
func (c *columns) close() {
	if c.count > 0 {
		for _, a := range c.answers {
			c.back(a)
		}
	}
	c.count = 0
}

// back copies of each row those columns that are as far away as the row.
func (c *columns) back(a answer) {
	q := c.q
	// Rows that all columns of the strip hold; and beside them those that only
	// the farther ones do.
	rows := q.span(q.away(c.near()))
	if rows.from < rows.to {
		turn(a.whole[rows.from*q.lines+c.west:], q.lines, a.strip[rows.from:], c.stride, c.count, rows.to-rows.from)
	}
	for i := range c.count {
		column := c.west + i
		of := q.span(q.away(column))
		for _, beside := range []span{{of.from, rows.from}, {rows.to, of.to}} {
			for row := beside.from; row < beside.to; row++ {
				a.whole[row*q.lines+column] = a.strip[i*c.stride+row]
			}
		}
	}
}

// turn copies so many rows of so many posts, at least one of each, as columns:
// squares of eight by eight, and the rest. The long side is walked once, since
// each of its steps is a page of memory.
func turn(dst []float32, dstStride int, src []float32, srcStride, rows, posts int) {
	wholeRows, wholePosts := rows&^7, posts&^7
	if rows >= posts {
		for r := 0; r < wholeRows; r += 8 {
			for p := 0; p < wholePosts; p += 8 {
				square(dst[p*dstStride+r:], dstStride, src[r*srcStride+p:], srcStride)
			}
		}
	} else {
		for p := 0; p < wholePosts; p += 8 {
			for r := 0; r < wholeRows; r += 8 {
				square(dst[p*dstStride+r:], dstStride, src[r*srcStride+p:], srcStride)
			}
		}
	}
	turnPlain(dst, dstStride, src, srcStride, span{0, wholeRows}, span{wholePosts, posts})
	turnPlain(dst, dstStride, src, srcStride, span{wholeRows, rows}, span{0, posts})
}

func turnPlain(dst []float32, dstStride int, src []float32, srcStride int, rows, posts span) {
	for r := rows.from; r < rows.to; r++ {
		for p := posts.from; p < posts.to; p++ {
			dst[p*dstStride+r] = src[r*srcStride+p]
		}
	}
}
