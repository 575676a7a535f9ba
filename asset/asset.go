// Package asset describes things of ours: drones, boats, patrols, posts, as
// versioned records.
package asset

import (
	"atalaya/obs"
	"atalaya/valid"
)

// ID names an asset for ever.
type ID string

// Kind is what an asset is.
type Kind string

// The kinds of assets.
const (
	Drone  Kind = "drone"
	Boat   Kind = "boat"
	Patrol Kind = "patrol"
	Post   Kind = "post"
)

// Asset is one version of a thing of ours.
type Asset struct {
	ID    ID           `json:"id" doc:"name of the asset, for ever"`
	Name  string       `json:"name" doc:"name for people"`
	Kind  Kind         `json:"kind" doc:"what it is"`
	Valid valid.Record `json:"version" doc:"version and validity"`
	// Claims are the identities under which it reports itself; one that is
	// equal makes a track ours.
	Claims   []obs.Claim `json:"claims" doc:"identities under which it reports"`
	Exercise bool        `json:"exercise" doc:"belongs to the exercise"`
	Aircraft
}

// Aircraft is what a drone of ours is and can do. The ledger publishes all but
// registration and serial number. Versions of before it was asked for lack it.
type Aircraft struct {
	Maker        string  `json:"maker,omitempty" maxLength:"200" doc:"of a drone: who made it; published"`
	Model        string  `json:"model,omitempty" maxLength:"200" doc:"of a drone: published"`
	Supplier     string  `json:"supplier,omitempty" maxLength:"200" doc:"of a drone: who supplied it; published"`
	Payload      string  `json:"payload,omitempty" maxLength:"200" doc:"of a drone: the sensors that it carries; published"`
	Range        float64 `json:"range_km,omitempty" minimum:"0" maximum:"20000" doc:"of a drone: how far it flies, km; published"`
	Registration string  `json:"registration,omitempty" maxLength:"200" doc:"of a drone: its mark in the aircraft register"`
	Serial       string  `json:"serial,omitempty" maxLength:"200" doc:"of a drone: the maker's serial number"`
}

// Key implements valid.Versioned.
func (a Asset) Key() string { return string(a.ID) }

// Version implements valid.Versioned.
func (a Asset) Version() valid.Record { return a.Valid }
