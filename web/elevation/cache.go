package elevation

import (
	"container/list"
	"sync"
)

// cache keeps the tiles that were asked for last.
type cache struct {
	most int // bytes

	mu    sync.Mutex
	size  int
	order *list.List // of *kept, the last used first
	at    map[Tile]*list.Element
}

type kept struct {
	tile    Tile
	picture Picture
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), at: map[Tile]*list.Element{}}
}

// overhead is what a tile without a picture takes, about.
const overhead = 200

func (k *kept) bytes() int { return len(k.picture.PNG) + overhead }

func (c *cache) get(t Tile) (Picture, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.at[t]
	if !ok {
		return Picture{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).picture, true //nolint:forcetypeassert // nothing else is in it
}

func (c *cache) put(t Tile, p Picture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.at[t]; ok {
		return
	}
	k := &kept{t, p}
	c.at[t] = c.order.PushFront(k)
	for c.size += k.bytes(); c.size > c.most && c.order.Len() > 1; {
		old := c.order.Remove(c.order.Back()).(*kept) //nolint:forcetypeassert // nothing else is in it
		delete(c.at, old.tile)
		c.size -= old.bytes()
	}
}
