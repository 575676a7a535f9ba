package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"atalaya/desk/authority"
	"atalaya/web"
)

type authorityCmd struct {
	Draft  authorityDraftCmd  `cmd:"" help:"Draft an authority from a file, for two people to sign."`
	List   authorityListCmd   `cmd:"" help:"Authorities, and how far they have come."`
	Show   authorityShowCmd   `cmd:"" help:"One authority: its text, which people sign, and who did."`
	Sign   authoritySignCmd   `cmd:"" help:"Sign a draft with this device's key. The second person's signature puts it in force."`
	Review authorityReviewCmd `cmd:"" help:"Review an emergency that another person signed. Two people do, within 24 hours."`
	Revoke authorityRevokeCmd `cmd:"" help:"End an authority, or a draft, now. One person does."`
	Key    keyCmd             `cmd:"" help:"Keys of devices, with which people sign."`
}

// authoritiesAPI is where authorities are.
const authoritiesAPI = "/api/authorities"

// yes answers what would be asked.
type yes struct {
	Yes bool `help:"Sign without being asked."`
}

func (y yes) ask(x *client, question string) error {
	if y.Yes {
		return nil
	}
	return x.sure(question)
}

type authorityDraftCmd struct {
	signedIn
	File string `arg:"" type:"existingfile" help:"Its terms, as JSON: see docs/authority.md."`
}

// Run drafts.
func (d *authorityDraftCmd) Run(ctx context.Context, c *cli, std streams) error {
	text, err := os.ReadFile(d.File)
	if err != nil {
		return fmt.Errorf("read the draft: %w", err)
	}
	var terms json.RawMessage
	if err := json.Unmarshal(text, &terms); err != nil {
		return fmt.Errorf("read the draft %s: %w", d.File, err)
	}
	return d.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var a web.ShownAuthority
		if err := x.call(ctx, http.MethodPost, authoritiesAPI, terms, &a); err != nil {
			return err
		}
		return d.shown(std, a)
	})
}

type authorityListCmd struct {
	signedIn
	Open bool `help:"Only drafts, and those that are or will be in force."`
}

// Run lists.
func (l *authorityListCmd) Run(ctx context.Context, c *cli, std streams) error {
	return l.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var all web.AuthorityList
		if err := x.call(ctx, http.MethodGet, fmt.Sprintf("%s?open=%t", authoritiesAPI, l.Open), nil, &all); err != nil {
			return err
		}
		return l.shown(std, all.Authorities...)
	})
}

// shown prints authorities, a line each.
func (s *signedIn) shown(std streams, all ...web.ShownAuthority) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, a := range all {
		if s.JSON {
			if err := printJSON(std, a); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s to %s\t%s\t%v\tsigned by %s\n", a.ID, a.State, a.From.Format(time.RFC3339), a.Until.Format(time.RFC3339), a.Place, a.Purposes, signers(a.Signed))
	}
	return w.Flush()
}

func signers(all []authority.Signature) string {
	if len(all) == 0 {
		return "nobody"
	}
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = fmt.Sprintf("%s (%s)", s.Name, s.Unit)
	}
	return strings.Join(out, ", ")
}

type authorityShowCmd struct {
	signedIn
	Name string `arg:"" help:"As A1."`
}

// Run shows.
func (s *authorityShowCmd) Run(ctx context.Context, c *cli, std streams) error {
	return s.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var a web.ShownAuthority
		if err := x.call(ctx, http.MethodGet, below(authoritiesAPI, s.Name), nil, &a); err != nil {
			return err
		}
		if s.JSON {
			return printJSON(std, a)
		}
		fmt.Fprint(std.out, a.Text)
		fmt.Fprintf(std.out, "\n%s is %s; content %s\nsigned by %s\n", a.ID, a.State, a.Content, signers(a.Signed))
		if len(a.Reviews) > 0 {
			fmt.Fprintf(std.out, "reviewed by %s\n", signers(a.Reviews))
		}
		if a.Reason != "" {
			fmt.Fprintf(std.out, "ended by %s: %s\n", a.Ender.Name, a.Reason)
		}
		return nil
	})
}

type authoritySignCmd struct {
	signedIn
	keyFile
	yes
	Name string `arg:"" help:"As A1."`
}

// Run signs.
func (s *authoritySignCmd) Run(ctx context.Context, c *cli, std streams) error {
	return s.sign(ctx, c, std, authority.KindGrant, "signatures")
}

type authorityReviewCmd struct{ authoritySignCmd }

// Run reviews.
func (r *authorityReviewCmd) Run(ctx context.Context, c *cli, std streams) error {
	return r.sign(ctx, c, std, authority.KindReview, "reviews")
}

// sign signs what is shown, and nothing else that the program may give.
func (s *authoritySignCmd) sign(ctx context.Context, c *cli, std streams, kind, where string) error {
	k, err := s.read()
	if err != nil {
		return err
	}
	return s.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var a web.ShownAuthority
		if err := x.call(ctx, http.MethodGet, below(authoritiesAPI, s.Name), nil, &a); err != nil {
			return err
		}
		if authority.Hash(a.Text) != a.Content || a.ID != s.Name || !strings.HasPrefix(a.Text, "form atalaya.authority.v1\nauthority "+s.Name+"\n") {
			return fmt.Errorf("what is to be signed is not the text of %s: sign nothing, and tell an administrator", s.Name)
		}
		fmt.Fprint(std.err, a.Text)
		if err := s.ask(x, "Sign that?"); err != nil {
			return err
		}
		var got web.ShownAuthority
		pen := k.pen(authority.ApprovalText(kind, kind+"/"+a.ID, a.Content))
		if err := x.call(ctx, http.MethodPost, below(authoritiesAPI, a.ID)+"/"+where, web.Signing{Pen: pen}, &got); err != nil {
			return err
		}
		return s.shown(std, got)
	})
}

type authorityRevokeCmd struct {
	signedIn
	Name   string `arg:"" help:"As A1."`
	Reason string `required:"" placeholder:"TEXT" help:"Why, in one line."`
}

// Run revokes.
func (r *authorityRevokeCmd) Run(ctx context.Context, c *cli, std streams) error {
	return r.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var got web.ShownAuthority
		if err := x.call(ctx, http.MethodPost, below(authoritiesAPI, r.Name)+"/revoke", web.Why{Reason: r.Reason}, &got); err != nil {
			return err
		}
		return r.shown(std, got)
	})
}

type policyCmd struct {
	Show policyShowCmd `cmd:"" help:"Who may do what: the program's text, and whether two people signed it."`
	Sign policySignCmd `cmd:"" help:"Sign the program's policy with this device's key. The second person's signature puts it in force."`
}

// policyAPI is where the policy is.
const policyAPI = "/api/policy"

type policyShowCmd struct{ signedIn }

// Run shows.
func (s *policyShowCmd) Run(ctx context.Context, c *cli, std streams) error {
	return s.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var p web.ShownPolicy
		if err := x.call(ctx, http.MethodGet, policyAPI, nil, &p); err != nil {
			return err
		}
		if s.JSON {
			return printJSON(std, p)
		}
		fmt.Fprint(std.out, p.Text)
		return adopted(std, p)
	})
}

// adopted says how the policy stands.
func adopted(std streams, p web.ShownPolicy) error {
	state := "not in force: nothing is turned"
	if p.InForce {
		state = "in force"
	}
	var signed []authority.Signature
	for _, v := range p.Versions {
		if v.Hash == p.Hash {
			signed = v.Signed
		}
	}
	_, err := fmt.Fprintf(std.out, "policy %s is %s; signed by %s\n", p.Hash, state, signers(signed))
	return err
}

type policySignCmd struct {
	signedIn
	keyFile
	yes
}

// Run signs.
func (s *policySignCmd) Run(ctx context.Context, c *cli, std streams) error {
	k, err := s.read()
	if err != nil {
		return err
	}
	return s.with(ctx, c, std, func(ctx context.Context, x *client) error {
		var p web.ShownPolicy
		if err := x.call(ctx, http.MethodGet, policyAPI, nil, &p); err != nil {
			return err
		}
		if p.InForce {
			return adopted(std, p)
		}
		text, err := policyApproval(p)
		if err != nil {
			return err
		}
		fmt.Fprint(std.err, p.Text)
		if err := s.ask(x, "Sign that?"); err != nil {
			return err
		}
		if err := x.call(ctx, http.MethodPost, policyAPI+"/signatures", web.Signing{Pen: k.pen(text)}, &p); err != nil {
			return err
		}
		if s.JSON {
			return printJSON(std, p)
		}
		return adopted(std, p)
	})
}

// policyApproval is what the program gives to sign, where it is the approval of
// the text that is shown and of nothing else.
func policyApproval(p web.ShownPolicy) ([]byte, error) {
	hash := authority.Hash(p.Text)
	lines := strings.Split(p.Sign, "\n")
	const id = 2
	if len(lines) > id && strings.HasPrefix(lines[id], authority.KindPolicy+"/"+authority.PolicyID(hash)+"/") {
		if text := authority.ApprovalText(authority.KindPolicy, lines[id], hash); bytes.Equal(text, []byte(p.Sign)) {
			return text, nil
		}
	}
	return nil, fmt.Errorf("what is to be signed is not the policy that is shown: sign nothing, and tell an administrator")
}
