package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"atalaya/desk"
)

// maxPasskeys bounds the passkeys of one person.
const maxPasskeys = 20

// Passkey is a key pair whose secret half never leaves a person's device.
type Passkey struct {
	Hash   TokenHash     `json:"-" cbor:"hash"` // SHA-256 of the credential's id
	ID     string        `json:"id" doc:"name of the passkey, for ever"`
	Person desk.PersonID `json:"person" doc:"whose it is"`
	Name   string        `json:"name" doc:"that the person gave it"`
	// Handle is what the device knows the person by. Credential is the public
	// half, its counter and its kind, as the WebAuthn library writes them.
	Handle     []byte    `json:"-" cbor:"handle"`
	Credential []byte    `json:"-" cbor:"credential"`
	Created    time.Time `json:"created" doc:"when it was added"`
	Used       time.Time `json:"used" doc:"last sign-in with it; zero: never"`
	Cloned     time.Time `json:"cloned" doc:"when its counter went back, so that there may be a copy; zero: never"`
}

// AddPasskey adds a passkey to the person who asks.
func (r *Roll) AddPasskey(ctx context.Context, by desk.Who, k Passkey) (Passkey, error) {
	r.write.Lock()
	defer r.write.Unlock()
	mine, err := r.Passkeys(ctx, by.ID)
	if err != nil {
		return Passkey{}, err
	}
	if len(mine) >= maxPasskeys {
		return Passkey{}, fmt.Errorf("%w: a person has at most %d passkeys; remove one", desk.ErrConflict, maxPasskeys)
	}
	if k, err = r.prepare(k); err != nil {
		return Passkey{}, err
	}
	k.Person = by.ID
	err = r.do(ctx, desk.Record{
		ID: "passkey.add/" + k.ID, Kind: "passkey.add", At: k.Created, Who: by, Subject: "passkey:" + k.ID,
		Fields: []desk.Field{{Name: "name", Value: k.Name}},
	}, func(ctx context.Context) error { return r.cfg.Store.SavePasskey(ctx, k) })
	if err != nil {
		return Passkey{}, fmt.Errorf("add the passkey: %w", err)
	}
	return k, nil
}

// prepare completes a new passkey.
func (r *Roll) prepare(k Passkey) (Passkey, error) {
	name, err := CleanName(k.Name)
	k.ID, k.Name, k.Created = k.Hash.short(), name, r.now()
	return k, err
}

// Passkeys gives the passkeys of a person, in the order of adding.
func (r *Roll) Passkeys(ctx context.Context, id desk.PersonID) ([]Passkey, error) {
	all, err := r.cfg.Store.Passkeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	return slices.DeleteFunc(all, func(k Passkey) bool { return k.Person != id }), nil
}

// PasskeyByHash gives a passkey and its person; ErrNotFound.
func (r *Roll) PasskeyByHash(ctx context.Context, hash TokenHash) (Passkey, Person, error) {
	k, err := r.cfg.Store.PasskeyByHash(ctx, hash)
	if err != nil {
		return Passkey{}, Person{}, fmt.Errorf("passkey: %w", err)
	}
	x, err := r.ByID(ctx, k.Person)
	return k, x, err
}

// UsePasskey notes a sign-in with a passkey and its new counter. A passkey of
// which there may be a copy is marked, on record: it signs nobody in.
func (r *Roll) UsePasskey(ctx context.Context, k Passkey, credential []byte, cloned bool) error {
	now := r.now()
	use := func(ctx context.Context) error {
		return r.cfg.Store.EditPasskey(ctx, k.Hash, func(k *Passkey) {
			if cloned {
				k.Cloned = now
				return
			}
			k.Used, k.Credential = now, credential
		})
	}
	if !cloned {
		if err := use(ctx); err != nil && !errors.Is(err, desk.ErrFull) {
			return fmt.Errorf("note the use of the passkey: %w", err)
		}
		return nil
	}
	err := r.do(ctx, desk.Record{
		ID: fmt.Sprintf("passkey.cloned/%s/%d", k.ID, now.UnixNano()), Kind: "passkey.cloned", At: now, Subject: "passkey:" + k.ID,
		Fields: []desk.Field{{Name: "person", Value: string(k.Person)}, {Name: "name", Value: k.Name}},
	}, use)
	if err != nil {
		return fmt.Errorf("mark the passkey: %w", err)
	}
	return nil
}

// NamePasskey gives a passkey of the person who asks another name.
func (r *Roll) NamePasskey(ctx context.Context, by desk.Who, id, name string) (Passkey, error) {
	name, err := CleanName(name)
	if err != nil {
		return Passkey{}, err
	}
	k, err := r.own(ctx, by, id)
	if err != nil {
		return Passkey{}, err
	}
	if err := r.cfg.Store.EditPasskey(ctx, k.Hash, func(k *Passkey) { k.Name = name }); err != nil {
		return Passkey{}, fmt.Errorf("name passkey %s: %w", id, err)
	}
	k.Name = name
	return k, nil
}

// EndPasskey removes a passkey of the person who asks. The last one stays where
// they have no password: they could not come in again.
func (r *Roll) EndPasskey(ctx context.Context, by desk.Who, id string) error {
	r.write.Lock()
	defer r.write.Unlock()
	k, err := r.own(ctx, by, id)
	if err != nil {
		return err
	}
	x, err := r.ByID(ctx, by.ID)
	if err != nil {
		return err
	}
	mine, err := r.Passkeys(ctx, by.ID)
	if err != nil {
		return err
	}
	if len(mine) == 1 && x.PasswordHash == "" {
		return fmt.Errorf("%w: you have no password, and this is your last passkey: add another, or set a password first", desk.ErrConflict)
	}
	err = r.do(ctx, desk.Record{
		ID: "passkey.end/" + k.ID, Kind: "passkey.end", At: r.now(), Who: by, Subject: "passkey:" + k.ID,
		Fields: []desk.Field{{Name: "name", Value: k.Name}},
	}, func(ctx context.Context) error { return r.cfg.Store.EndPasskey(ctx, k.Hash) })
	if err != nil {
		return fmt.Errorf("remove passkey %s: %w", id, err)
	}
	return nil
}

func (r *Roll) own(ctx context.Context, by desk.Who, id string) (Passkey, error) {
	mine, err := r.Passkeys(ctx, by.ID)
	if err != nil {
		return Passkey{}, err
	}
	i := slices.IndexFunc(mine, func(k Passkey) bool { return k.ID == id })
	if i < 0 {
		return Passkey{}, fmt.Errorf("passkey %s: %w: look at the list again", id, desk.ErrNotFound)
	}
	return mine[i], nil
}
