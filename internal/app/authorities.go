package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/gate"
	"atalaya/desk/judge"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/internal/basemap"
	"atalaya/policy"
	"atalaya/policy/fence"
	"atalaya/sensor"
)

// FenceConfig says whose sensors they are, and how far they keep off.
type FenceConfig struct {
	Home     string  `toml:"home" doc:"our state, ISO 3166-1 alpha-3: what lies on the other side of its borders is foreign"`
	Standoff float64 `toml:"standoff_m" doc:"metres that sensors keep from foreign territory, besides all that is uncertain"`
}

// openAuthorities makes who may use what, and the judge of looks.
func (p *program) openAuthorities(ctx context.Context) error {
	p.authorities = p.authoritiesOf(p.store, p.ledger)
	p.holds = newHolds(p.purger, p.authorities, p.ledger)
	p.purger.settle = p.holds.Settle
	var err error
	if p.policy, err = policy.New(); err != nil {
		return err
	}
	borders, err := knownBorders(p.cfg.Fence.Home)
	if err != nil {
		return err
	}
	p.judge = judge.New(judge.Config{
		Authorities: p.authorities, Policy: p.policy, Home: p.cfg.Fence.Home, Borders: borders, Standoff: p.cfg.Fence.Standoff,
		Areas: func() ([]area.Area, uint64) {
			// A version may come into force by its time alone.
			now := p.clock.Now()
			return p.registry.Areas.AllAt(now), p.registry.Revisions()[registry.Area]<<32 + uint64(now.Unix()/60)
		},
		Picture: p.pictured, Now: p.clock.Now,
		Note: func(ctx context.Context, s ...gate.Single) error { return p.books.gate.Note(ctx, s...) },
	})
	if p.world == nil {
		return nil
	}
	if err := p.exercisePeople(ctx); err != nil {
		// Without it nothing is turned; all else goes on.
		p.log.Error("the exercise has no authority", slog.Any("error", err))
	}
	return nil
}

func (p *program) authoritiesOf(s desk.DocumentStore, l desk.Ledger) *authority.Service {
	return authority.New(authority.Config{
		Store: s, Ledger: l, Clock: p.clock, Log: p.log,
		Pseudonym: func(id desk.PersonID) string { return p.books.log.Pseudonym(string(id)) },
		Granted: func(a authority.Authority) {
			if !a.Emergency {
				return
			}
			p.log.Warn("an emergency authority is in force by one signature: two others review it within 24 hours", slog.String("authority", a.ID))
			select {
			case p.emergency <- struct{}{}:
			default: // it is about to look
			}
		},
	})
}

// knownBorders are the base map's, of every neighbour: each look says how near
// it came to each. They are DEMONSTRATION lines, which serve no real vehicle.
func knownBorders(home string) ([]fence.Border, error) {
	all, err := basemap.Borders()
	if err != nil {
		return nil, fmt.Errorf("base map: %w", err)
	}
	var areas []area.Area
	seen := map[string]int{}
	for _, b := range all {
		seen[b.Name]++
		id := fmt.Sprintf("basemap-%s-%d", b.Name, seen[b.Name])
		areas = append(areas, area.Area{ID: area.ID(id), Kind: area.Border, Line: b.Line, Left: b.Left, Right: b.Right, Accuracy: b.Accuracy, Demonstration: true})
	}
	return fence.Borders(home, areas)
}

// exerciseDevice is one of the two people of the exercise who sign, with the key
// of their device.
type exerciseDevice struct {
	ID   desk.PersonID `json:"id"`
	Name string        `json:"name"`
	Unit string        `json:"unit"`
	Seed []byte        `json:"seed"`
}

func (d *exerciseDevice) who() desk.Who {
	return desk.Who{ID: d.ID, Name: d.Name, Role: desk.Supervisor}
}

func (d *exerciseDevice) key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(d.Seed) }

func (d *exerciseDevice) public() string {
	k := d.key()
	return base64.StdEncoding.EncodeToString(k[ed25519.PublicKeySize:])
}

func (d *exerciseDevice) pen(kind, id, content string) authority.Pen {
	return authority.Pen{Key: d.public(), Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(d.key(), authority.ApprovalText(kind, id, content)))}
}

// exerciseKeys is the file of their keys, in the exercise's folder: nothing else
// has them, and a live program never asks for them.
const exerciseKeys = "exercise-people.json"

// exerciseDevices gives the two, made at the first start.
func exerciseDevices(dir string) (out [2]exerciseDevice, err error) {
	name := filepath.Join(dir, exerciseKeys)
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &out)
		if err != nil || len(out[0].Seed) != ed25519.SeedSize || len(out[1].Seed) != ed25519.SeedSize {
			return out, errors.Join(fmt.Errorf("%s is damaged", name), err)
		}
		return out, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return out, err
	}
	out = [2]exerciseDevice{{ID: "EXERCISE-1", Name: "Jefa del ejercicio (EXERCISE)", Unit: "exercise-command"}, {ID: "EXERCISE-2", Name: "Asesor legal del ejercicio (EXERCISE)", Unit: "exercise-law"}}
	for i := range out {
		out[i].Seed = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(out[i].Seed) // it never fails
	}
	if text, err = json.Marshal(out); err != nil {
		return out, err
	}
	return out, os.WriteFile(name, text, 0o600)
}

// exercisePeople signs what an exercise needs before a camera is turned: the
// policy, and an authority. Two people of the exercise do, as two people would.
func (p *program) exercisePeople(ctx context.Context) error {
	two, err := exerciseDevices(p.cfg.dir())
	if err != nil {
		return err
	}
	have, err := p.authorities.Keys(ctx)
	if err != nil {
		return err
	}
	for i := range two {
		d := &two[i]
		if slices.ContainsFunc(have, func(k authority.Key) bool { return k.Key == d.public() }) {
			continue
		}
		n := authority.NewKey{Unit: d.Unit, Device: d.Unit + "-device", Key: d.public()}
		n.Proof = base64.StdEncoding.EncodeToString(ed25519.Sign(d.key(), n.ProofText()))
		if _, err := p.authorities.AddKey(ctx, d.who(), n, ""); err != nil {
			return err
		}
	}
	adopted, err := p.authorities.Adopted(ctx)
	if err != nil {
		return err
	}
	if adopted != p.policy.Hash() {
		id, content, err := p.authorities.PolicyApproval(ctx, p.policy.Text())
		if err != nil {
			return err
		}
		for i := range two {
			if _, err := p.authorities.SignPolicy(ctx, two[i].who(), p.policy.Text(), two[i].pen(authority.KindPolicy, id, content), ""); err != nil {
				return err
			}
		}
	}
	return p.exerciseAuthority(ctx, two)
}

// exerciseAuthority has an authority over the exercise's cameras for the next
// days.
func (p *program) exerciseAuthority(ctx context.Context, two [2]exerciseDevice) error {
	const ahead = 3 * 24 * time.Hour
	now := p.clock.Now()
	for id := range p.cameras {
		s, ok := p.registry.Sensors.At(string(id), now)
		if !ok {
			continue
		}
		have, err := p.authorities.Covering(ctx, authority.Use{Sensor: id, Purpose: policy.Training, At: now})
		if err != nil && !errors.Is(err, desk.ErrForbidden) {
			return err
		}
		if slices.ContainsFunc(have, func(a authority.Authority) bool { return a.Until.After(now.Add(ahead)) }) {
			continue
		}
		a, err := p.authorities.Draft(ctx, two[0].who(), authority.Terms{
			Basis: "EXERCISE: no law; the exercise's own rules", Issuer: "EXERCISE", Purposes: policy.Purposes(), Place: "Copacabana (EXERCISE)",
			Area: around(s.Position), Holds: []sensor.ID{id}, From: now, Until: now.Add(authority.Longest), Recipients: []string{"EXERCISE"},
		}, "")
		if err != nil {
			return err
		}
		for i := range two {
			if _, err := p.authorities.Sign(ctx, two[i].who(), a.ID, two[i].pen(authority.KindGrant, authority.KindGrant+"/"+a.ID, a.Content), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// around is an area about a place that a camera of the exercise can look at.
func around(at geo.Position) geo.Ring {
	const corners, far = 24, 9000.0
	var out geo.Ring
	for i := range corners {
		p, _ := geo.Direct(at, float64(i)*360/corners, far)
		out = append(out, p)
	}
	return out
}

// keepAuthorities records what ends, and in the exercise has its two people
// approve the keys that people bring, until ctx ends.
func (p *program) keepAuthorities(ctx context.Context) {
	var others sync.WaitGroup
	others.Go(func() { p.authorities.Run(ctx) })
	others.Go(func() { p.watchEmergencies(ctx) })
	defer others.Wait()
	if p.world == nil {
		return
	}
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.exerciseApproves(ctx); err != nil {
				p.log.Warn("the exercise's people do not sign", slog.Any("error", err))
			}
		}
	}
}

// exerciseApproves signs the keys that wait, and renews what runs out.
func (p *program) exerciseApproves(ctx context.Context) error {
	two, err := exerciseDevices(p.cfg.dir())
	if err != nil {
		return err
	}
	keys, err := p.authorities.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.State() != authority.KeyWaits {
			continue
		}
		for i := range two {
			d := &two[i]
			if slices.ContainsFunc(k.Signed, func(s authority.Signature) bool { return s.Person == d.ID }) {
				continue
			}
			if k, err = p.authorities.SignKey(ctx, d.who(), k.ID, d.pen(authority.KindKey, authority.KindKey+"/"+k.ID, k.Content), ""); err != nil {
				return err
			}
		}
	}
	return p.exerciseAuthority(ctx, two)
}
