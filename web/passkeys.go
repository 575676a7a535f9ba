package web

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"atalaya/desk"
	"atalaya/desk/people"
)

// Purposes of questions to passkeys. What follows one says whose it is.
const (
	toSignIn = "sign-in"
	toAdd    = "add:"   // and the person
	toEnrol  = "enrol:" // and the link
	toSign   = "sign:"  // and the person, and what a device of theirs signs
)

// SignInOptions tells a page how people come in here.
type SignInOptions struct {
	Passkeys    bool   `json:"passkeys" doc:"passkeys are possible at the address by which this request came"`
	Why         string `json:"why,omitempty" enum:"number,other,insecure" doc:"why they are not: the address is in numbers, it is another one than web.url, it is http"`
	Address     string `json:"address,omitempty" doc:"where they are possible; absent: nowhere"`
	Fingerprint string `json:"fingerprint,omitempty" doc:"SHA-256 of the certificate that the program made for itself"`
	Exercise    bool   `json:"exercise" doc:"everything shown is simulated"`
}

// Question is what a page gives to navigator.credentials.
type Question struct {
	Ceremony string `json:"ceremony" doc:"give it back with the answer, within five minutes"`
	Options  any    `json:"options" doc:"for PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON"`
}

// Answer is what a passkey made of a question.
type Answer struct {
	Ceremony   string          `json:"ceremony,omitempty" maxLength:"8192" doc:"of the question"`
	Credential json.RawMessage `json:"credential,omitempty" doc:"what PublicKeyCredential.toJSON gives"`
}

func (a *Answer) given() bool { return a.Ceremony != "" && len(a.Credential) > 0 }

// PasskeyList is somebody's passkeys.
type PasskeyList struct {
	Passkeys []people.Passkey `json:"passkeys" doc:"oldest first"`
}

// noPasskeys answers where the address cannot hold passkeys.
func (s *Server) noPasskeys(why string) *Problem {
	detail := map[string]string{
		whyNumber:   "an address in numbers cannot hold passkeys",
		whyOther:    "passkeys are for one address only, and this is another one",
		whyInsecure: "passkeys need https",
	}[why]
	if at := s.passkeyAddress(); at != "" {
		return problem(http.StatusConflict, "no-passkeys", detail+": open "+at)
	}
	return problem(http.StatusConflict, "no-passkeys", detail+": set web.url to an https address with a name")
}

// passkeyAddress is where passkeys are possible.
func (s *Server) passkeyAddress() string {
	if rp, _ := s.relying(strings.TrimPrefix(strings.TrimPrefix(s.cfg.URL, "https://"), "http://")); rp != nil {
		return s.cfg.URL
	}
	return ""
}

func (s *Server) passkeyRoutes() {
	huma.Register(s.api, operation("sign-in-options", http.MethodGet, "/api/session/options", "How people come in here", anybody),
		func(_ context.Context, in *sender) (*body[SignInOptions], error) {
			rp, why := s.relying(in.host)
			o := SignInOptions{Passkeys: rp != nil, Why: why, Address: s.passkeyAddress(), Exercise: s.cfg.Exercise}
			if s.cfg.Fingerprint != nil {
				o.Fingerprint = s.cfg.Fingerprint()
			}
			return &body[SignInOptions]{o}, nil
		})
	huma.Register(s.api, operation("ask-passkey", http.MethodPost, "/api/session/passkey/start", "A question for a passkey, to sign in or to unlock", anybody, 409), s.askPasskey)
	huma.Register(s.api, operation("sign-in-passkey", http.MethodPost, "/api/session/passkey", "Sign in with a passkey", anybody, 401, 403, 409, 422, 429, 507), s.signInPasskey)
	huma.Register(s.api, operation("list-passkeys", http.MethodGet, "/api/passkeys", "Your passkeys", signedIn, 401),
		func(ctx context.Context, _ *struct{}) (*body[PasskeyList], error) {
			list, err := s.cfg.People.Passkeys(ctx, who(ctx).ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			if list == nil {
				list = []people.Passkey{}
			}
			return &body[PasskeyList]{PasskeyList{list}}, nil
		})
	huma.Register(s.api, operation("ask-new-passkey", http.MethodPost, "/api/passkeys/start", "A question that makes a new passkey", signedIn, 401, 409),
		func(ctx context.Context, in *sender) (*body[Question], error) {
			keys, err := s.cfg.People.Passkeys(ctx, who(ctx).ID)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			q, err := s.askNew(in.host, toAdd+string(who(ctx).ID), newHolder(who(ctx).Name, keys))
			return &body[Question]{q}, err
		})
	huma.Register(s.api, operation("add-passkey", http.MethodPost, "/api/passkeys", "Add a passkey", signedIn, 401, 403, 409, 422, 507),
		func(ctx context.Context, in *struct {
			sender
			Body struct {
				Answer
				Name string `json:"name" minLength:"1" maxLength:"100" doc:"for you to tell it from others"`
			}
		},
		) (*body[people.Passkey], error) {
			k, err := s.newPasskey(in.host, toAdd+string(who(ctx).ID), in.Body.Answer, who(ctx).Name)
			if err != nil {
				return nil, err
			}
			k.Name = in.Body.Name
			if k, err = s.cfg.People.AddPasskey(ctx, who(ctx).Who(), k); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[people.Passkey]{k}, nil
		})
	huma.Register(s.api, operation("name-passkey", http.MethodPut, "/api/passkeys/{id}/name", "Give a passkey another name", signedIn, 401, 404, 422, 507),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"64" doc:"name of the passkey"`
			Body struct {
				Name string `json:"name" minLength:"1" maxLength:"100" doc:"for you to tell it from others"`
			}
		},
		) (*body[people.Passkey], error) {
			k, err := s.cfg.People.NamePasskey(ctx, who(ctx).Who(), in.ID, in.Body.Name)
			if err != nil {
				return nil, s.refusal(ctx, err)
			}
			return &body[people.Passkey]{k}, nil
		})
	huma.Register(s.api, operation("end-passkey", http.MethodDelete, "/api/passkeys/{id}", "Remove a passkey", signedIn, 401, 404, 409, 422, 507),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64" doc:"name of the passkey"`
		},
		) (*struct{}, error) {
			if err := s.cfg.People.EndPasskey(ctx, who(ctx).Who(), in.ID); err != nil {
				return nil, s.refusal(ctx, err)
			}
			return nil, nil //nolint:nilnil // 204
		})
}

// askNew makes the question for a new passkey of somebody.
func (s *Server) askNew(host, purpose string, h *holder) (Question, error) {
	rp, why := s.relying(host)
	if rp == nil {
		return Question{}, s.noPasskeys(why)
	}
	creation, session, err := rp.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		s.cfg.Log.Error("ask for a new passkey", slog.Any("error", err))
		return Question{}, internal("the passkey cannot be asked for: try again, or tell an administrator")
	}
	sealed, err := s.ceremonies.ask(purpose, session)
	if err != nil {
		return Question{}, internal("the passkey cannot be asked for: try again")
	}
	return Question{sealed, creation.Response}, nil
}

// newPasskey gives the passkey that answers the question of askNew.
func (s *Server) newPasskey(host, purpose string, a Answer, name string) (people.Passkey, error) {
	rp, why := s.relying(host)
	if rp == nil {
		return people.Passkey{}, s.noPasskeys(why)
	}
	session, err := s.ceremonies.open(purpose, a.Ceremony)
	if err != nil {
		return people.Passkey{}, problem(http.StatusUnprocessableEntity, "passkey", err.Error())
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(a.Credential)
	if err != nil {
		return people.Passkey{}, s.badPasskey(err)
	}
	c, err := rp.CreateCredential(&holder{handle: session.UserID, name: name}, session, parsed)
	if err != nil {
		return people.Passkey{}, s.badPasskey(err)
	}
	content, err := json.Marshal(c)
	if err != nil {
		return people.Passkey{}, s.badPasskey(err)
	}
	return people.Passkey{Hash: sha256.Sum256(c.ID), Name: name, Handle: session.UserID, Credential: content}, nil
}

// badPasskey answers what a passkey did not answer rightly. Why is for the log.
func (s *Server) badPasskey(err error) *Problem {
	log := s.cfg.Log.With(slog.Any("error", err))
	if p, ok := errors.AsType[*protocol.Error](err); ok {
		log = log.With(slog.String("info", p.DevInfo))
	}
	log.Debug("a passkey was refused")
	return problem(http.StatusUnprocessableEntity, "passkey", "the passkey did not answer the question: try again, or use another one")
}

func (s *Server) askPasskey(_ context.Context, in *sender) (*body[Question], error) {
	return s.askFor(in.host, toSignIn)
}

// askFor makes the question for a passkey that somebody has, for a purpose.
func (s *Server) askFor(host, purpose string) (*body[Question], error) {
	rp, why := s.relying(host)
	if rp == nil {
		return nil, s.noPasskeys(why)
	}
	assertion, session, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		s.cfg.Log.Error("ask for a passkey", slog.Any("error", err))
		return nil, internal("the passkey cannot be asked for: try again, or tell an administrator")
	}
	sealed, err := s.ceremonies.ask(purpose, session)
	if err != nil {
		return nil, internal("the passkey cannot be asked for: try again")
	}
	return &body[Question]{Question{sealed, assertion.Response}}, nil
}

type passkeyInput struct {
	sender
	Body Answer
}

func (s *Server) signInPasskey(ctx context.Context, in *passkeyInput) (*sessionOutput, error) {
	p, err := s.holderOf(ctx, in.sender, toSignIn, in.Body, http.StatusUnauthorized, "")
	if err != nil {
		return nil, err
	}
	return s.open(ctx, p, in.sender, people.ByPasskey)
}

// holderOf gives the person whose passkey answered the question for a purpose.
// What failed is noted, and answered with a status. Where only is not empty it
// must be that person.
func (s *Server) holderOf(ctx context.Context, from sender, purpose string, a Answer, status int, only desk.PersonID) (people.Person, error) {
	try := from.attempt("", people.ByPasskey, people.Wrong)
	if err := s.limit(ctx, try); err != nil {
		return people.Person{}, err
	}
	rp, why := s.relying(from.host)
	if rp == nil {
		return people.Person{}, s.noPasskeys(why)
	}
	session, err := s.ceremonies.open(purpose, a.Ceremony)
	if err != nil {
		return people.Person{}, problem(http.StatusUnprocessableEntity, "passkey", err.Error())
	}
	k, p, c, err := s.checkPasskey(ctx, rp, session, a)
	if err == nil && only != "" && p.ID != only {
		err = errors.New("it is another person's")
	}
	if err == nil {
		err = s.ceremonies.once(session.Challenge)
	}
	switch {
	case err != nil:
		s.cfg.Log.Debug("a passkey was refused", slog.Any("error", err))
	case p.Disabled:
		try.Outcome = people.ShutOut
	case c.Authenticator.CloneWarning || !k.Cloned.IsZero():
		try.Outcome = people.Cloned
		s.cfg.Log.Warn("the counter of a passkey went back: there may be a copy of it", slog.String("person", string(p.ID)), slog.String("passkey", k.ID))
		if err := s.cfg.People.UsePasskey(ctx, k, nil, true); err != nil {
			return people.Person{}, s.refusal(ctx, err)
		}
	default:
		content, err := json.Marshal(c)
		if err != nil {
			return people.Person{}, s.refusal(ctx, err)
		}
		if err := s.cfg.People.UsePasskey(ctx, k, content, false); err != nil {
			return people.Person{}, s.refusal(ctx, err)
		}
		s.refund(try)
		return p, nil
	}
	try.Name, try.Person = p.Name, p.ID
	if err := s.cfg.People.Note(ctx, try); err != nil {
		return people.Person{}, s.refusal(ctx, err)
	}
	return people.Person{}, problem(status, "wrong-credentials", "this passkey lets nobody in: use another one, or your password, or ask an administrator for a new link")
}

// checkPasskey verifies the answer of a passkey.
func (s *Server) checkPasskey(ctx context.Context, rp *webauthn.WebAuthn, session webauthn.SessionData, a Answer) (k people.Passkey, p people.Person, c *webauthn.Credential, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(a.Credential)
	if err != nil {
		return k, p, nil, fmt.Errorf("read the answer: %w", err)
	}
	c, err = rp.ValidateDiscoverableLogin(func(id, _ []byte) (webauthn.User, error) {
		var err error
		if k, p, err = s.cfg.People.PasskeyByHash(ctx, sha256.Sum256(id)); err != nil {
			return nil, err
		}
		return &holder{handle: k.Handle, name: p.Name, keys: []people.Passkey{k}}, nil
	}, session, parsed)
	return k, p, c, err
}
