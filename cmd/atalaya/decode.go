package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"atalaya/internal/app"
)

type decodeCmd struct {
	Codec     string            `arg:"" enum:"ais,modes,asterix,nmea,mavlink" help:"ais, modes, asterix, nmea or mavlink."`
	File      string            `arg:"" optional:"" default:"-" help:"File, or - for standard input."`
	Container string            `enum:",raw,text,avr,beast,sbs,pcap,tlog" default:"" help:"raw, text, avr, beast, sbs, pcap or tlog; recognised where not named."`
	Edition   map[string]string `placeholder:"048=1.27" help:"ASTERIX edition of a category, or of one of one source: 048/25/201=1.27."`
	Repair    bool              `help:"Repair one-bit errors of Mode S frames."`
	MAVLink2  bool              `name:"mavlink2" help:"Refuse MAVLink version 1."`
}

// Run decodes. The last line on standard error counts.
func (d *decodeCmd) Run(std streams) error {
	// A decoder keeps next to nothing: collecting it often is time lost.
	const rarely = 400 // percent
	debug.SetGCPercent(rarely)
	in := std.in
	if d.File != "-" {
		f, err := os.Open(d.File)
		if err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		defer f.Close()
		in = f
	}
	sum, err := app.Decode(app.DecodeConfig{
		Codec: d.Codec, In: in, Container: d.Container, Editions: d.Edition,
		Repair: d.Repair, MAVLink2: d.MAVLink2, Out: std.out,
	})
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return lastLine(std.err, sum)
}
