package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"atalaya/internal/app"
	"atalaya/terrain"
)

type serveCmd struct {
	Exercise bool     `help:"Start the simulated world and mark everything EXERCISE."`
	Data     string   `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
	Listen   string   `placeholder:"ADDR" help:"Address of the screens and the API (web.listen)."`
	Portal   string   `placeholder:"ADDR" help:"Address of the overseers' portal, or off (portal.listen)."`
	Port     int      `placeholder:"PORT" help:"First port of the exercise's gear (exercise.port)."`
	Boats    *int     `placeholder:"N" help:"Boats with AIS in the exercise (exercise.boats)."`
	Report   duration `placeholder:"TIME" help:"Every boat reports so often, for load (exercise.report)."`
	Relief   *bool    `negatable:"" help:"Make the exercise's mountains at its first start (exercise.relief)."`
}

// duration is a time.Duration on the command line.
type duration = time.Duration

// apply puts the flags over the file.
func (s *serveCmd) apply(cfg *app.Config) {
	if s.Exercise {
		cfg.Exercise.Enabled = true
	}
	if s.Data != "" {
		cfg.Data = s.Data
	}
	if s.Listen != "" {
		cfg.Web.Listen = s.Listen
	}
	if s.Portal != "" {
		cfg.Portal.Listen = s.Portal
	}
	if s.Port != 0 {
		cfg.Exercise.Port = s.Port
	}
	if s.Boats != nil {
		cfg.Exercise.Boats = *s.Boats
	}
	if s.Relief != nil {
		cfg.Exercise.Relief = *s.Relief
	}
	if s.Report != 0 {
		cfg.Exercise.Report = app.Duration(s.Report)
	}
}

// Run serves until it is told to stop.
func (s *serveCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	s.apply(&cfg)
	return app.Serve(ctx, cfg, std.out, logger(cfg.Log, std.err))
}

type exerciseCmd struct {
	Gear   exerciseGearCmd   `cmd:"" default:"withargs" help:"Run the simulated world alone, as gear on loopback sockets; what 'atalaya exercise' does."`
	Relief exerciseReliefCmd `cmd:"" help:"Write the exercise's made-up mountains to a file, a GeoTIFF labelled SYNTHETIC."`
}

type exerciseReliefCmd struct {
	Out  string `short:"o" required:"" type:"path" placeholder:"FILE.tif" help:"The file."`
	Seed uint64 `placeholder:"N" help:"Seed of the mountains (exercise.seed)."`
}

// Run makes the mountains. A file is there when it is whole.
func (e *exerciseReliefCmd) Run(c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if e.Seed == 0 {
		e.Seed = cfg.Exercise.Seed
	}
	part := e.Out + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644) //nolint:gosec // no secret
	if err != nil {
		return fmt.Errorf("write the relief: %w", err)
	}
	if err := errors.Join(app.WriteRelief(f, e.Seed), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the relief: %w", err), os.Remove(part))
	}
	if err := os.Rename(part, e.Out); err != nil {
		return fmt.Errorf("write the relief: %w", err)
	}
	_, err = fmt.Fprintf(std.out, "%s: %s relief of the exercise, seed %d\n", e.Out, terrain.Synthetic, e.Seed)
	return err
}

type exerciseGearCmd struct {
	Port  int    `placeholder:"PORT" help:"First port of the gear (exercise.port)."`
	Seed  uint64 `placeholder:"N" help:"Seed of the world (exercise.seed)."`
	Boats *int   `placeholder:"N" help:"Boats with AIS (exercise.boats)."`
}

// Run runs the world until it is told to stop.
func (e *exerciseGearCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if e.Port != 0 {
		cfg.Exercise.Port = e.Port
	}
	if e.Seed != 0 {
		cfg.Exercise.Seed = e.Seed
	}
	if e.Boats != nil {
		cfg.Exercise.Boats = *e.Boats
	}
	if _, err := fmt.Fprintf(std.out, "EXERCISE: gear on ports %d to %d of the loopback\n", cfg.Exercise.Port, cfg.Exercise.Port+6); err != nil {
		return err
	}
	return app.Exercise(ctx, cfg, logger(cfg.Log, std.err))
}

type userCmd struct {
	Invite userInviteCmd `cmd:"" help:"Make a one-time sign-in link. Stop the program first: one program has the store at a time."`
	List   userListCmd   `cmd:"" help:"Who may sign in."`
}

type userInviteCmd struct {
	Role       string    `enum:"viewer,officer,supervisor,administrator,overseer" default:"officer" help:"viewer, officer, supervisor, administrator, or overseer (of the portal)."`
	Instructor string    `placeholder:"COUNTRY" help:"An instructor from abroad instead, with --exercise and --until: the three letters of the country (ISO 3166-1)."`
	Until      time.Time `placeholder:"TIME" help:"When the instructor's account ends, at most 90 days ahead: 2026-12-24T18:00:00Z."`
	Exercise   bool      `help:"For the exercise's store."`
	Data       string    `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
}

// Run makes a link.
func (u *userInviteCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: u.Exercise, Data: u.Data}).apply(&cfg)
	var link string
	if u.Instructor != "" || !u.Until.IsZero() {
		link, err = app.InviteInstructor(ctx, cfg, u.Instructor, u.Until, logger(cfg.Log, std.err))
	} else {
		link, err = app.Invite(ctx, cfg, u.Role, logger(cfg.Log, std.err))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, link)
	return err
}

type userListCmd struct {
	Exercise bool   `help:"Of the exercise's store."`
	Data     string `type:"path" placeholder:"DIR" help:"Folder of the store (data)."`
}

// Run lists.
func (u *userListCmd) Run(ctx context.Context, c *cli, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	(&serveCmd{Exercise: u.Exercise, Data: u.Data}).apply(&cfg)
	people, err := app.People(ctx, cfg, logger(cfg.Log, std.err))
	if err != nil {
		return err
	}
	for _, p := range people {
		if _, err := fmt.Fprintf(std.out, "%s\t%s\t%s\t%t\n", p.ID, p.Name, p.Role, !p.Disabled); err != nil {
			return err
		}
	}
	return nil
}
