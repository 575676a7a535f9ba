package ais

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"regexp"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

var update = flag.Bool("update", false, "write the golden files anew")

// examples gives one message of each type that is written, as boats on Lake
// Titicaca would send it.
func examples() []Message {
	at := Kinematics{
		Position: codec.Some(geo.Position{Lat: -16.0321, Lon: -69.2174}),
		Accurate: true,
		Speed:    codec.Some(4.321),
		Course:   codec.Some(237.4),
		Heading:  codec.Some(240.0),
		Second:   codec.Some(uint8(17)),
	}
	moved := func(change func(*Kinematics)) Kinematics {
		k := at
		change(&k)
		return k
	}
	fixed := Kinematics{Position: at.Position, RAIM: true}
	noted := time.Date(2026, 3, 1, 12, 0, 17, 250e6, time.UTC)
	size := codec.Some(Size{Bow: 12, Stern: 6, Port: 2, Starboard: 3})
	return []Message{
		{Type: 1, MMSI: 720123456, Channel: "A", Report: &Position{
			Kinematics: at, Status: codec.Some(Fishing), TurnRate: codec.Some(-11.3), Maneuver: codec.Some(false), Radio: codec.Some(uint32(82419)),
		}},
		{Type: 2, MMSI: 720123457, Channel: "B", TagTime: noted, Station: "COPA1", Report: &Position{
			Kinematics: moved(func(k *Kinematics) { k.Second, k.Fix = codec.Opt[uint8]{}, DeadReckoning }), Turning: 1,
		}},
		{Type: 3, Repeat: 1, MMSI: 720123458, Own: true, Report: &Position{}},
		{Type: 4, MMSI: 7200001, Talker: "BS", Channel: "A", Report: &BaseStation{
			Kinematics: fixed, Time: codec.Some(noted.Truncate(time.Second)), Device: codec.Some(uint8(7)),
		}},
		{Type: 5, MMSI: 720123456, Channel: "B", TagTime: noted, Report: &Voyage{
			Version: 2, IMO: codec.Some(uint32(9266633)), CallSign: "CPA12", Name: "YAVARI", ShipType: codec.Some(ShipType(60)),
			Size: size, Device: codec.Some(uint8(1)),
			ETA:     ETA{Month: codec.Some(uint8(3)), Day: codec.Some(uint8(2)), Hour: codec.Some(uint8(0)), Minute: codec.Some(uint8(30))},
			Draught: codec.Some(1.5), Destination: "GUAQUI", Ready: codec.Some(true),
		}},
		{Type: 9, MMSI: 111720001, Channel: "A", Report: &SARAircraft{
			Kinematics: moved(func(k *Kinematics) { k.Speed, k.Heading = codec.Some(61.73), codec.Opt[float64]{} }), Altitude: codec.Some(4050.0), Ready: true,
		}},
		{Type: 11, MMSI: 720123456, Channel: "A", Report: &BaseStation{}},
		{Type: 12, MMSI: 720123456, Channel: "A", Report: &Text{Text: "ENGINE FAILURE", To: codec.Some(MMSI(7200001)), Sequence: 2}},
		{Type: 14, MMSI: 970123456, Channel: "A", Report: &Text{Text: "SART ACTIVE"}},
		{Type: 18, MMSI: 720654321, Channel: "B", Report: &ClassB{
			Kinematics: at, CarrierSense: true, DSC: true, WholeBand: true, Message22: true, Radio: codec.Some(uint32(917510)),
		}},
		{Type: 19, MMSI: 720654321, Channel: "B", Report: &ClassBExtended{
			Kinematics: at, Name: "SURIKI", ShipType: codec.Some(ShipType(30)), Size: size, Ready: true,
		}},
		{Type: 21, MMSI: 997200001, Channel: "A", Report: &AidToNavigation{
			Kinematics: moved(func(k *Kinematics) {
				k.Speed, k.Course, k.Heading = codec.Opt[float64]{}, codec.Opt[float64]{}, codec.Opt[float64]{}
			}),
			Kind: codec.Some(uint8(14)), Name: "ESTRECHO DE TIQUINA NORTE", OffPosition: codec.Some(true), Virtual: true,
		}},
		{Type: 24, MMSI: 720654321, Channel: "A", Report: &StaticA{Name: "SURIKI"}},
		{Type: 24, MMSI: 720654321, Channel: "A", Report: &StaticB{
			ShipType: codec.Some(ShipType(30)), Vendor: "SRT", Model: 2, Serial: 40961, CallSign: "CPB7", Size: size, Device: codec.Some(uint8(1)),
		}},
		{Type: 24, MMSI: 987200001, Channel: "A", Report: &StaticB{MotherShip: codec.Some(MMSI(720123456))}},
		{Type: 27, MMSI: 720123456, Channel: "A", Report: &LongRange{
			Kinematics: moved(func(k *Kinematics) { k.Heading, k.Second = codec.Opt[float64]{}, codec.Opt[uint8]{} }), Status: codec.Some(UnderWay), Late: true,
		}},
	}
}

func TestGolden(t *testing.T) {
	const file = "testdata/messages.golden"
	e := NewEncoder()
	d := New(Config{})
	var got []byte
	for _, m := range examples() {
		sentences, err := e.Encode(&m)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sentences {
			got = append(append(got, s...), '\n')
			for m, err := range d.Decode([]byte(s+"\r\n"), time.Date(2026, 3, 1, 12, 0, 18, 0, time.UTC)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(m.AppendJSON(got), '\n', '\n')
			}
		}
	}
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("other than %s (write it anew with -update):\n%s", file, got)
	}
}

// TestKeysAreDocumented: every key of every message stands in the table of the
// package comment.
func TestKeysAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(9, 10))
	var messages []Message
	for kind := range writable {
		for range 100 {
			messages = append(messages, randomReport(t, random, kind))
		}
	}
	m := randomReport(t, random, 1)
	m.Received, m.TagTime, m.TimeFrom, m.Station, m.Own = time.Now(), time.Now(), FromPrefix, "x", true
	keys := map[string]any{}
	for _, m := range append(messages, m) {
		if err := json.Unmarshal(m.AppendJSON(nil), &keys); err != nil {
			t.Fatal(err)
		}
	}
	for key := range keys {
		if !regexp.MustCompile(`\n//\t([a-z0-9_]+ )*` + key + `\s`).Match(doc) {
			t.Errorf("key %q is not documented", key)
		}
	}
}
