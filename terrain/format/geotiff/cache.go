package geotiff

import (
	"container/list"
	"sync"
)

// cacheBytes is how much of a file's heights stays decoded: windows that are
// read one after the other share blocks.
const cacheBytes = 64 << 20

// cache keeps the blocks that were asked for last. Its zero value is ready.
type cache struct {
	mu     sync.Mutex
	blocks map[int]*list.Element // of *decoded
	recent list.List             // the one asked for last in front
	bytes  int
}

type decoded struct {
	block int
	once  sync.Once // who comes first decodes, the others wait
	z     []float32
	bytes int
	err   error
}

// get gives the heights of a block, which nobody may change.
func (c *cache) get(i int, by *decoder) ([]float32, error) {
	d := c.entry(i, 4*by.width*by.rowsOf(i))
	d.once.Do(func() { d.z, d.err = by.whole(i) })
	if d.err != nil {
		c.forget(d) // the next one tries again: the disk may be back
	}
	return d.z, d.err
}

func (c *cache) entry(i, bytes int) *decoded {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.blocks[i]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(*decoded)
	}
	for c.recent.Len() > 0 && c.bytes+bytes > cacheBytes {
		c.remove(c.recent.Back())
	}
	d := &decoded{block: i, bytes: bytes}
	if c.blocks == nil {
		c.blocks = map[int]*list.Element{}
	}
	c.blocks[i] = c.recent.PushFront(d)
	c.bytes += bytes
	return d
}

func (c *cache) forget(d *decoded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.blocks[d.block]; ok && e.Value.(*decoded) == d {
		c.remove(e)
	}
}

func (c *cache) remove(e *list.Element) {
	d := c.recent.Remove(e).(*decoded)
	delete(c.blocks, d.block)
	c.bytes -= d.bytes
}
