package web

import (
	"atalaya/asset"
	"atalaya/desk/people"
	"atalaya/desk/registry"
	"atalaya/obs"
	"atalaya/track"
	"atalaya/valid"
)

// AssetWish is a thing of ours as somebody describes it.
type AssetWish struct {
	Validity
	Name   string     `json:"name" minLength:"1" maxLength:"200" doc:"name for people"`
	Kind   asset.Kind `json:"kind" enum:"drone,boat,patrol,post" doc:"what it is"`
	Claims []string   `json:"claims,omitempty" maxItems:"20" nullable:"false" doc:"identities under which it reports: mmsi:NNN, icao:XXX, mavlink:N, callsign:XXX"`
	asset.Aircraft
}

func (s *Server) assetRoutes() {
	registerNoun(s, noun[asset.Asset, AssetWish, asset.Asset]{
		kind: registry.Asset, many: "assets", book: s.cfg.Registry.Assets, scope: people.ReadPicture,
		make: func(id string, to *AssetWish) (asset.Asset, error) {
			claims, err := asset.ParseClaims(to.Claims)
			return asset.Asset{
				ID: asset.ID(id), Name: to.Name, Kind: to.Kind, Valid: to.record(), Claims: claims, Exercise: s.cfg.Exercise,
				Aircraft: to.Aircraft,
			}, valid.In("claims", err)
		},
		change: func(v *asset.Asset) track.Change { return track.Change{Asset: v} },
		show: func(v asset.Asset) asset.Asset {
			if v.Claims == nil {
				v.Claims = []obs.Claim{}
			}
			return v
		},
	})
}
