package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/desk/authority"
)

// ShownKey is a device's key as it stands now.
type ShownKey struct {
	authority.Key
	State  authority.KeyState `json:"state" enum:"waits,signs,revoked" doc:"how far it has come"`
	Sign   string             `json:"sign,omitempty" doc:"what a device signs to approve it"`
	Revoke string             `json:"revoke,omitempty" doc:"what a device of another person signs to revoke it"`
}

// KeyList is the devices' keys.
type KeyList struct {
	Keys []ShownKey `json:"keys" doc:"that first which changed last longest ago"`
}

// KeyEnd revokes a key. Who has it says why; two others sign it.
type KeyEnd struct {
	Reason    string  `json:"reason,omitempty" maxLength:"2000" doc:"why, in one line; the second of two may leave it out"`
	Key       string  `json:"key,omitempty" maxLength:"60" doc:"of another's: the device's Ed25519 key, base64"`
	Signature string  `json:"signature,omitempty" maxLength:"100" doc:"of another's: over its revoke, base64"`
	Passkey   *Answer `json:"passkey,omitempty" doc:"as for a signature"`
}

// ShownPolicy is who may do what, and who said so.
type ShownPolicy struct {
	Text    string `json:"text" doc:"that of this program, in Cedar"`
	Hash    string `json:"hash" doc:"its SHA-256, hex"`
	Adopted string `json:"adopted" doc:"hash of the one that is in force; empty: two people have signed none"`
	InForce bool   `json:"in_force" doc:"that of this program is: else nothing is turned"`
	Sign    string `json:"sign,omitempty" doc:"what a device signs to adopt it; absent: it is in force"`
	// Versions are texts that at least one person signed.
	Versions []authority.Adopted `json:"versions" doc:"that first which changed last longest ago"`
}

// Where devices' keys and the policy are.
const (
	keysPath   = "/api/authority-keys"
	policyPath = "/api/policy"
)

func (s *Server) signingRoutes() {
	huma.Register(s.api, operation("list-authority-keys", http.MethodGet, keysPath, "Keys of devices, with which people sign", officer, 401, 403, 422),
		func(ctx context.Context, _ *struct{}) (*body[KeyList], error) {
			all, err := s.cfg.Authorities.Keys(ctx)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			out := KeyList{Keys: []ShownKey{}}
			for _, k := range all {
				out.Keys = append(out.Keys, shownKey(k))
			}
			return &body[KeyList]{out}, nil
		})
	huma.Register(s.api, operation("add-authority-key", http.MethodPost, keysPath, "Bring the key of a device of yours: two people approve it, but those of the first two", officer, 401, 403, 409, 422, 507),
		func(ctx context.Context, in *struct {
			RequestKey
			Body authority.NewKey
		},
		) (*body[ShownKey], error) {
			w := s.paperWish(ctx, in.RequestKey)
			k, err := s.cfg.Authorities.AddKey(ctx, w.Who, in.Body, w.Request)
			return s.keyShown(ctx, k, err)
		})
	huma.Register(s.api, operation("approve-authority-key", http.MethodPost, keysPath+"/{id}/signatures", "Approve another person's key: with two signatures it signs", officer, 401, 403, 404, 409, 422, 429, 507),
		func(ctx context.Context, in *signing) (*body[ShownKey], error) {
			k, err := s.cfg.Authorities.Key(ctx, in.ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if err := s.confirmed(ctx, in, k.ToApprove()); err != nil {
				return nil, err
			}
			w := s.paperWish(ctx, in.RequestKey)
			k, err = s.cfg.Authorities.SignKey(ctx, w.Who, in.ID, in.Body.Pen, w.Request)
			return s.keyShown(ctx, k, err)
		})
	huma.Register(s.api, operation("revoke-authority-key", http.MethodPost, keysPath+"/{id}/revoke", "Revoke a key: your own alone, another's with a second person", officer, 401, 403, 404, 409, 422, 429, 507), s.revokeKey)
	huma.Register(s.api, operation("get-policy", http.MethodGet, policyPath, "Who may do what, and who signed that", signedIn, 401),
		func(ctx context.Context, _ *struct{}) (*body[ShownPolicy], error) { return s.shownPolicy(ctx) })
	huma.Register(s.api, operation("sign-policy", http.MethodPost, policyPath+"/signatures", "Sign the policy of this program: with the second person's signature it is in force", officer, 401, 403, 409, 422, 429, 507),
		func(ctx context.Context, in *struct {
			sender
			RequestKey
			Body Signing
		},
		) (*body[ShownPolicy], error) {
			text := s.cfg.Policy()
			id, content, err := s.cfg.Authorities.PolicyApproval(ctx, text)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			given := &signing{sender: in.sender, RequestKey: in.RequestKey, Body: in.Body}
			if err := s.confirmed(ctx, given, string(authority.ApprovalText(authority.KindPolicy, id, content))); err != nil {
				return nil, err
			}
			w := s.paperWish(ctx, in.RequestKey)
			if _, err := s.cfg.Authorities.SignPolicy(ctx, w.Who, text, in.Body.Pen, w.Request); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return s.shownPolicy(ctx)
		})
}

func (s *Server) revokeKey(ctx context.Context, in *struct {
	sender
	RequestKey
	ThingPath
	Body KeyEnd
},
) (*body[ShownKey], error) {
	k, err := s.cfg.Authorities.Key(ctx, in.ID)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	w, pen := s.paperWish(ctx, in.RequestKey), authority.Pen{Key: in.Body.Key, Signature: in.Body.Signature}
	if k.Person != w.Who.ID {
		given := &signing{sender: in.sender, RequestKey: in.RequestKey, Body: Signing{Pen: pen, Passkey: in.Body.Passkey}}
		if err := s.confirmed(ctx, given, k.ToRevoke()); err != nil {
			return nil, err
		}
	}
	k, err = s.cfg.Authorities.RevokeKey(ctx, w.Who, in.ID, in.Body.Reason, pen, w.Request)
	return s.keyShown(ctx, k, err)
}

func (s *Server) keyShown(ctx context.Context, k authority.Key, err error) (*body[ShownKey], error) {
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &body[ShownKey]{shownKey(k)}, nil
}

func shownKey(k authority.Key) ShownKey {
	return ShownKey{Key: k, State: k.State(), Sign: k.ToApprove(), Revoke: k.ToRevoke()}
}

func (s *Server) shownPolicy(ctx context.Context) (*body[ShownPolicy], error) {
	text := s.cfg.Policy()
	id, content, err := s.cfg.Authorities.PolicyApproval(ctx, text)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	out := ShownPolicy{Text: text, Hash: content}
	if out.Adopted, err = s.cfg.Authorities.Adopted(ctx); err != nil {
		return nil, s.refusal(ctx, err)
	}
	if out.Versions, err = s.cfg.Authorities.Policies(ctx); err != nil {
		return nil, s.refusal(ctx, err)
	}
	if out.Versions == nil {
		out.Versions = []authority.Adopted{}
	}
	for i := range out.Versions {
		if out.Versions[i].Signed == nil {
			out.Versions[i].Signed = []authority.Signature{}
		}
	}
	if out.InForce = out.Adopted == out.Hash; !out.InForce {
		out.Sign = string(authority.ApprovalText(authority.KindPolicy, id, content))
	}
	return &body[ShownPolicy]{out}, nil
}
