package live

import (
	"bytes"
	"encoding/json"
	"slices"

	"atalaya/desk"
	"atalaya/web/wire"
)

// Topics of the text messages that clients may ask for.
const (
	topicAlerts   = "alerts"
	topicFeeds    = "feeds"
	topicSystem   = "system"
	topicRegistry = "registry"
	topicCasework = "casework"
	topicNotices  = "notices"
	topicHealth   = "health"
)

// news are the text messages that clients follow: every change of an alert,
// and of the other topics the newest.
type news struct {
	no      uint64    // of the last message; the first is 1
	changes []message // the last ones, of alerts
	dropped uint64    // the last of those that are not kept any more
	latest  map[string]message
	papers  []message // the last changes of casework
	shed    uint64    // the last of those that are not kept any more
}

// message is one text message.
type message struct {
	no   uint64
	data []byte
}

// maxChanges bounds the changes of alerts that are kept. A client that is
// further behind gets all open alerts again.
const maxChanges = 1000

// alert takes a change of an alert.
func (n *news) alert(data []byte) {
	n.no++
	n.changes = append(n.changes, message{n.no, data})
	if len(n.changes) > maxChanges {
		n.dropped = n.changes[0].no
		n.changes = slices.Delete(n.changes, 0, 1)
	}
}

// paper takes a change of casework.
func (n *news) paper(data []byte) {
	n.no++
	n.papers = append(n.papers, message{n.no, data})
	if len(n.papers) > maxChanges {
		n.shed = n.papers[0].no
		n.papers = slices.Delete(n.papers, 0, 1)
	}
}

// casework gives what changed since a client read the topic; one that begins,
// or is too far behind, is told to read the lists again.
func (n *news) casework(at read) (out [][]byte) {
	if !at.begun || at.no < n.shed {
		return [][]byte{encode(map[string]any{"type": wire.TypeCasework})}
	}
	for _, c := range n.papers {
		if c.no > at.no {
			out = append(out, c.data)
		}
	}
	return out
}

// say takes another topic as it stands, and reports whether it is new.
func (n *news) say(topic string, data []byte) bool {
	if bytes.Equal(n.latest[topic].data, data) {
		return false
	}
	n.no++
	n.latest[topic] = message{n.no, data}
	return true
}

// read is how far a client has read a topic.
type read struct {
	begun bool
	no    uint64
}

// follow takes the topics that a client wants. Those that it wants already go
// on; a new one begins with all that there is.
func follow(have map[string]read, topics []string) map[string]read {
	next := map[string]read{}
	for _, t := range topics {
		if t == topicAlerts || t == topicFeeds || t == topicSystem || t == topicRegistry || t == topicCasework || t == topicNotices || t == topicHealth {
			next[t] = have[t]
		}
	}
	return next
}

// texts gives what came on the topics since the client read them.
func (h *Hub) texts(topics map[string]read) [][]byte {
	var out [][]byte
	h.mu.RLock()
	for _, topic := range [...]string{topicFeeds, topicSystem, topicRegistry, topicHealth, topicNotices} {
		at, wanted := topics[topic]
		if m := h.news.latest[topic]; wanted && m.no > at.no {
			out = append(out, m.data)
			topics[topic] = read{true, m.no}
		}
	}
	if at, wanted := topics[topicCasework]; wanted {
		out = append(out, h.news.casework(at)...)
		topics[topicCasework] = read{true, h.news.no}
	}
	at, wanted := topics[topicAlerts]
	var whole []desk.Alert
	if wanted {
		if !at.begun || at.no < h.news.dropped {
			whole = h.alerts.list()
		} else {
			for _, c := range h.news.changes {
				if c.no > at.no {
					out = append(out, c.data)
				}
			}
		}
		topics[topicAlerts] = read{true, h.news.no}
	}
	h.mu.RUnlock()
	if whole != nil {
		out = append(out, encode(map[string]any{"type": wire.TypeAlerts, "alerts": whole}))
	}
	return out
}

// encode makes JSON of our own messages, which always can be.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"type":"error","code":"internal","detail":"a message could not be encoded"}`)
	}
	return data
}
