package authority

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
)

// PolicyDocument is the kind of the policies that people signed.
const PolicyDocument desk.DocumentKind = "policy"

// Kinds of records about policies.
const (
	KindPolicySign = "policy.sign" // the first of two signatures
	KindPolicy     = "policy"      // in force from here
)

// Adopted is a text of the policy with who signed it.
type Adopted struct {
	ID      string      `json:"id" doc:"the first 16 digits of its hash"`
	Version uint64      `json:"version" doc:"counts the changes, from 1"`
	Hash    string      `json:"hash" doc:"SHA-256 of its text, hex: what is signed"`
	Text    string      `json:"text"`
	Signed  []Signature `json:"signed" doc:"who signed it"`
	Since   time.Time   `json:"since" doc:"in force from then; zero: two people have not signed it"`
	Times   uint64      `json:"times" doc:"how often it was adopted"`
}

// PolicyID names a policy in records, and in what people sign.
func PolicyID(hash string) string { return hash[:min(len(hash), 16)] }

// SignPolicy signs a text of the policy: that of the program that runs. With two
// signatures it is the one in force.
func (s *Service) SignPolicy(ctx context.Context, who desk.Who, text string, with Pen, request string) (Adopted, error) {
	if err := who.Needs(desk.Supervisor, "sign the policy"); err != nil {
		return Adopted{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if p, done, err := repeated[Adopted](ctx, s, PolicyDocument, who, request); err != nil || done {
		return p, err
	}
	hash := hashed(text)
	now, err := s.adopted(ctx)
	if err != nil {
		return Adopted{}, err
	}
	if now.Hash == hash {
		return Adopted{}, fmt.Errorf("%w: this policy is in force already", desk.ErrConflict)
	}
	p, err := stored[Adopted](ctx, s, PolicyDocument, PolicyID(hash))
	switch {
	case errors.Is(err, desk.ErrNotFound):
		p = Adopted{ID: PolicyID(hash), Hash: hash, Text: text}
	case err != nil:
		return Adopted{}, err
	case !p.Since.IsZero(): // it was in force before: two people sign it anew
		p.Since, p.Signed, p.Times = time.Time{}, nil, p.times()
	}
	// What is signed holds for one adoption only: its id counts them.
	id := p.approval()
	if p.Signed, err = s.signed(ctx, who, KindPolicy, id, p.Hash, with, p.Signed); err != nil {
		return Adopted{}, err
	}
	at := p.Signed[len(p.Signed)-1].At
	p.Version++
	rec := desk.Record{ID: fmt.Sprintf("%s/%s/%d", KindPolicySign, p.ID, p.Version), Kind: KindPolicySign, At: at, Who: who, Subject: "policy:" + p.ID}
	if len(p.Signed) >= two {
		p.Since = at
		p.Times++
		rec.ID, rec.Kind = id, KindPolicy
	}
	rec.Fields = append([]desk.Field{{Name: "policy", Value: p.Hash}, {Name: "content", Value: p.Hash}, {Name: "text", Value: p.Text}}, signedFields(p.Signed)...)
	body, err := json.Marshal(p)
	if err != nil {
		return Adopted{}, fmt.Errorf("write the policy: %w", err)
	}
	return p, s.do(ctx, rec, desk.Document{Kind: PolicyDocument, ID: p.ID, Version: p.Version, Open: p.Since.IsZero(), Body: body}, request)
}

// times counts how often a text was adopted. Those that were kept before they
// were counted took two versions each.
func (p *Adopted) times() uint64 {
	if p.Times == 0 && !p.Since.IsZero() {
		return p.Version / two
	}
	return p.Times
}

// approval is the id of the next adoption.
func (p *Adopted) approval() string { return fmt.Sprintf("%s/%s/%d", KindPolicy, p.ID, p.times()+1) }

// PolicyApproval gives what a device signs to adopt a text.
func (s *Service) PolicyApproval(ctx context.Context, text string) (id, content string, err error) {
	hash := hashed(text)
	p, err := stored[Adopted](ctx, s, PolicyDocument, PolicyID(hash))
	if errors.Is(err, desk.ErrNotFound) {
		p, err = Adopted{ID: PolicyID(hash)}, nil
	}
	return p.approval(), hash, err
}

// Adopted gives the hash of the policy in force; empty: none was signed by two
// people.
func (s *Service) Adopted(ctx context.Context) (string, error) {
	p, err := s.adopted(ctx)
	return p.Hash, err
}

// Policies gives the policies that people signed, that first which changed last
// longest ago.
func (s *Service) Policies(ctx context.Context) ([]Adopted, error) {
	return all[Adopted](ctx, s, PolicyDocument, false)
}

func (s *Service) adopted(ctx context.Context) (Adopted, error) {
	have, err := s.Policies(ctx)
	if err != nil {
		return Adopted{}, err
	}
	var last Adopted
	for _, p := range have {
		if p.Since.After(last.Since) {
			last = p
		}
	}
	return last, nil
}
