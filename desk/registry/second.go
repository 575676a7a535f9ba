package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/track"
)

// The acts that may take two people (desk.Policy).
const (
	changeRule   = "rule.change"  // what alerts are judged by
	changeNoLook = "area.no-look" // where nobody may look, before or after the change
)

// secondAct is what a second person approves.
type secondAct struct {
	Wish   Wish `json:"wish"`
	Retire bool `json:"retire,omitempty"`
}

// act names the act that a change is; empty: one that never takes two people.
func (r *Registry) act(c track.Change) string {
	switch {
	case c.Rule != nil:
		return changeRule
	case c.Area == nil:
		return ""
	case c.Area.Kind == area.NoLook:
		return changeNoLook
	}
	if old, ok := r.latest(Area, c.Area.Key()); ok && old.Area.Kind == area.NoLook {
		return changeNoLook
	}
	return ""
}

// second refuses, with an approval.Needed, a change that takes two people. c is
// the version as it would be.
func (r *Registry) second(w Wish, c track.Change, retire bool) error {
	act := r.act(c)
	allowed := r.cfg.Policy.Allows(w.Who, act)
	if allowed == nil {
		return nil
	}
	body, err := json.Marshal(secondAct{w, retire})
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	kind, key, _ := desk.Subject(c)
	did := "change"
	switch {
	case retire:
		did = "end"
	case w.Made == 0:
		did = "new"
	}
	return approval.Need(allowed, approval.Wish{
		Kind: act, Subject: kind + ":" + key, Reason: w.Reason, Act: body, Request: w.Request,
		Fields: map[string]string{"what": did, "name": nameOf(c), "made from version": fmt.Sprint(w.Made)},
	})
}

// nameOf gives what people call a rule or an area.
func nameOf(c track.Change) string {
	if c.Rule != nil {
		return c.Rule.Name.ES
	}
	return c.Area.Name
}

// Kinds are the changes that can wait for a second person.
func (r *Registry) Kinds() map[string]approval.Kind {
	do := func(ctx context.Context, who desk.Who, act json.RawMessage) error {
		var a secondAct
		if err := json.Unmarshal(act, &a); err != nil {
			return fmt.Errorf("change what was approved: %w", err)
		}
		a.Wish.Who = who
		how := r.Apply
		if a.Retire {
			how = r.Retire
		}
		_, err := how(ctx, a.Wish)
		return err
	}
	return map[string]approval.Kind{
		changeRule:   {Least: Least(Rule), Do: do},
		changeNoLook: {Least: Least(Area), Do: do},
	}
}
