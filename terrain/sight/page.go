package sight

// page gives the lines of a quadrant, outwards: the ground and where the answer
// goes. A line of ground may be read up to spare behind its end.
type page interface {
	line(line int) (z, need []float32)
	close()
}

// straight are rows, which lie in memory as they are.
type straight struct {
	z, need []float32
	lanes   int
	last    []float32 // the last row, with room behind it
}

func (s *straight) line(line int) (z, need []float32) {
	from, to := line*s.lanes, (line+1)*s.lanes
	if to+spare <= len(s.z) {
		return s.z[from : to+spare], s.need[from:to]
	}
	s.last = append(append(s.last[:0], s.z[from:to]...), make([]float32, spare)...)
	return s.last, s.need[from:to]
}

func (s *straight) close() {}

// strip is how many columns are turned at once: with a thousand posts each
// they stay in the second cache.
const strip = 32

// columns are turned into rows, a strip at a time, and their answers back.
type columns struct {
	q       *quadrant
	whole   []float32 // the answer, row by row
	z, need []float32 // a strip, column by column from the west
	stride  int
	west    int // the strip's westernmost column
	count   int // columns in the strip
}

func newColumns(q *quadrant, need []float32) *columns {
	stride := q.lanes + spare
	return &columns{q: q, whole: need, stride: stride, z: make([]float32, strip*stride), need: make([]float32, strip*stride)}
}

func (c *columns) line(line int) (z, need []float32) {
	if line < c.west || line >= c.west+c.count {
		c.close()
		c.open(line)
	}
	from := (line - c.west) * c.stride
	return c.z[from : from+c.stride], c.need[from : from+c.q.lanes]
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

// close turns the answers of a strip back: of each row those columns that are
// as far away as the row.
func (c *columns) close() {
	if c.count == 0 {
		return
	}
	q := c.q
	// Rows that all columns of the strip hold; and beside them those that only
	// the farther ones do.
	rows := q.span(q.away(c.near()))
	if rows.from < rows.to {
		turn(c.whole[rows.from*q.lines+c.west:], q.lines, c.need[rows.from:], c.stride, c.count, rows.to-rows.from)
	}
	for i := range c.count {
		column := c.west + i
		of := q.span(q.away(column))
		for row := of.from; row < rows.from; row++ {
			c.whole[row*q.lines+column] = c.need[i*c.stride+row]
		}
		for row := max(of.from, rows.to); row < of.to; row++ {
			c.whole[row*q.lines+column] = c.need[i*c.stride+row]
		}
	}
	c.count = 0
}

// turn copies so many rows of so many posts, at least one of each, as columns.
func turn(dst []float32, dstStride int, src []float32, srcStride, rows, posts int) {
	r := 0
	for ; r+8 <= rows; r += 8 {
		p := 0
		for ; p+8 <= posts; p += 8 {
			square(dst[p*dstStride+r:], dstStride, src[r*srcStride+p:], srcStride)
		}
		if p < posts {
			turnPlain(dst[p*dstStride+r:], dstStride, src[r*srcStride+p:], srcStride, 8, posts-p)
		}
	}
	if r < rows {
		turnPlain(dst[r:], dstStride, src[r*srcStride:], srcStride, rows-r, posts)
	}
}

func turnPlain(dst []float32, dstStride int, src []float32, srcStride, rows, posts int) {
	for r := range rows {
		for p := range posts {
			dst[p*dstStride+r] = src[r*srcStride+p]
		}
	}
}
