package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"atalaya/desk/authority"
	"atalaya/web"
)

type keyCmd struct {
	Make   keyMakeCmd   `cmd:"" help:"Make the key of this device, in a new file that only you can read."`
	Add    keyAddCmd    `cmd:"" help:"Bring the key of a device of yours: two people approve it, but those of the first two."`
	List   keyListCmd   `cmd:"" help:"All keys, and which sign."`
	Sign   keySignCmd   `cmd:"" help:"Approve another person's key. Two people of different units do."`
	Revoke keyRevokeCmd `cmd:"" help:"Revoke a key: your own alone, another's with a second person."`
}

// deviceKey is a device's key in its file: PKCS #8 in PEM, as 'ledger explain
// sign' takes it too, with unit and device as headers.
type deviceKey struct {
	unit, device string
	private      ed25519.PrivateKey
}

const (
	pemType    = "PRIVATE KEY"
	unitHeader = "Unit"
	nameHeader = "Device"
)

func (k *deviceKey) public() string {
	return base64.StdEncoding.EncodeToString(k.private[ed25519.SeedSize:])
}

func (k *deviceKey) sign(text []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, text))
}

func (k *deviceKey) pen(text []byte) authority.Pen {
	return authority.Pen{Key: k.public(), Signature: k.sign(text)}
}

// keyFile names a device's key.
type keyFile struct {
	Key string `required:"" type:"existingfile" placeholder:"FILE" env:"ATALAYA_KEY" help:"The key of this device, of 'authority key make'."`
}

func (f keyFile) read() (*deviceKey, error) { return readDeviceKey(f.Key) }

func readDeviceKey(name string) (*deviceKey, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read the device's key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: 'chmod 600' it, and think of whether somebody has it", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the device's key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Headers[unitHeader] == "" || block.Headers[nameHeader] == "" {
		return nil, fmt.Errorf("%s is no key that 'atalaya authority key make' made, or is damaged", name)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is no Ed25519 key", name)
	}
	return &deviceKey{block.Headers[unitHeader], block.Headers[nameHeader], private}, nil
}

type keyMakeCmd struct {
	File   string `arg:"" type:"path" help:"A new file."`
	Unit   string `required:"" placeholder:"UNIT" help:"Unit that you belong to: letters, digits and hyphens."`
	Device string `required:"" placeholder:"NAME" help:"Name of this device: letters, digits and hyphens."`
}

// Run makes a key.
func (m *keyMakeCmd) Run(std streams) error {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return fmt.Errorf("make the key: %w", err)
	}
	k := deviceKey{m.Unit, m.Device, private}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("make the key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemType, Headers: map[string]string{unitHeader: m.Unit, nameHeader: m.Device}, Bytes: der})
	if text == nil {
		return errors.New("unit and device: use letters, digits and hyphens")
	}
	f, err := os.OpenFile(m.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	fmt.Fprintf(std.out, "%s: key %s of %s on %s. Bring it with 'atalaya authority key add'\n", m.File, k.public(), k.unit, k.device)
	return nil
}

type keyAddCmd struct {
	signedIn
	keyFile
}

// Run brings a key.
func (a *keyAddCmd) Run(ctx context.Context, c *cli, std streams) error {
	k, err := a.read()
	if err != nil {
		return err
	}
	return a.with(ctx, c, std, func(ctx context.Context, x *client) error {
		n := authority.NewKey{Unit: k.unit, Device: k.device, Key: k.public()}
		n.Proof = k.sign(n.ProofText())
		var got web.ShownKey
		if err := x.call(ctx, http.MethodPost, keysAPI, n, &got); err != nil {
			return err
		}
		return a.told(std, got)
	})
}

const keysAPI = "/api/authority-keys"

type keyListCmd struct{ signedIn }

// Run lists.
func (l *keyListCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var all web.KeyList
		if err := x.call(ctx, http.MethodGet, keysAPI, nil, &all); err != nil {
			return err
		}
		return l.told(std, all.Keys...)
	})
}

// told prints keys.
func (s *signedIn) told(std streams, all ...web.ShownKey) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, k := range all {
		if s.JSON {
			if err := printJSON(std, k); err != nil {
				return err
			}
			continue
		}
		state := string(k.State)
		switch {
		case k.State == authority.KeyWaits:
			state = fmt.Sprintf("waits, %d of 2 approved it", len(k.Signed))
		case k.State == authority.KeyRevoked:
			state = fmt.Sprintf("revoked since %s: %s", k.Ended.Format(time.RFC3339), k.Reason)
		case len(k.Revoking) > 0:
			state = fmt.Sprintf("signs; %d of 2 revoke it", len(k.Revoking))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Unit, k.Device, k.Key.Key, state)
	}
	return w.Flush()
}

type keySignCmd struct {
	signedIn
	keyFile
	yes
	Name string `arg:"" help:"As K3."`
}

// Run approves.
func (s *keySignCmd) Run(ctx context.Context, c *cli, std streams) error {
	mine, err := s.read()
	if err != nil {
		return err
	}
	return s.with(ctx, c, std, func(ctx context.Context, x *client) error {
		k, err := x.key(ctx, s.Name)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.err, "%s is of %s, unit %s, device %s, key %s\n", k.ID, k.Name, k.Unit, k.Device, k.Key.Key)
		if err := s.ask(x, "That is theirs, and may sign from now on?"); err != nil {
			return err
		}
		var got web.ShownKey
		text := authority.ApprovalText(authority.KindKey, authority.KindKey+"/"+k.ID, k.Content)
		if err := x.call(ctx, http.MethodPost, below(keysAPI, k.ID)+"/signatures", web.Signing{Pen: mine.pen(text)}, &got); err != nil {
			return err
		}
		return s.told(std, got)
	})
}

// key gives one key, whose content is that of what it shows.
func (x *client) key(ctx context.Context, id string) (web.ShownKey, error) {
	var all web.KeyList
	if err := x.call(ctx, http.MethodGet, keysAPI, nil, &all); err != nil {
		return web.ShownKey{}, err
	}
	for _, k := range all.Keys {
		if k.ID != id {
			continue
		}
		if authority.Hash(k.Text()) != k.Content {
			return k, fmt.Errorf("what is to be signed is not what the program shows of %s: sign nothing, and tell an administrator", id)
		}
		return k, nil
	}
	return web.ShownKey{}, fmt.Errorf("there is no key %s", id)
}

type keyRevokeCmd struct {
	signedIn
	Name   string `arg:"" help:"As K3."`
	Reason string `placeholder:"TEXT" help:"Why; the second of two may leave it out."`
	Key    string `type:"existingfile" placeholder:"FILE" env:"ATALAYA_KEY" help:"For another's: the key of this device."`
}

// Run revokes.
func (r *keyRevokeCmd) Run(ctx context.Context, c *cli, std streams) error {
	return r.with(ctx, c, std, func(ctx context.Context, x *client) error {
		k, err := x.key(ctx, r.Name)
		if err != nil {
			return err
		}
		end := web.KeyEnd{Reason: r.Reason}
		if r.Key != "" {
			mine, err := readDeviceKey(r.Key)
			if err != nil {
				return err
			}
			p := mine.pen(authority.ApprovalText(authority.KindKeyEnd, authority.KindKeyEnd+"/"+k.ID, k.Content))
			end.Key, end.Signature = p.Key, p.Signature
		}
		var got web.ShownKey
		if err := x.call(ctx, http.MethodPost, below(keysAPI, k.ID)+"/revoke", end, &got); err != nil {
			return err
		}
		return r.told(std, got)
	})
}
