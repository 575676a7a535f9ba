package modes

import (
	"testing"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

// benchFrames is the traffic of 200 aircraft: per second two positions, two
// velocities, an identification, an all-call reply and three replies each.
func benchFrames() (frames [][]byte) {
	for second := range 4 {
		for n := range 200 {
			a := Address(0xE80000 + n)
			p := geo.Position{Lat: -20 + float64(n)*0.05, Lon: -68 + float64(second)*0.001}
			h := geo.PressureHeight(3000 + float64(n)*30).Height()
			v := Velocity{East: 100, North: float64(n), Climb: codec.Some(2.0)}
			frames = append(frames,
				AllCall(a, 5, Interrogator{}), Squitter(a, 5, Identification{CallSign: "BOV123", Category: "A3"}.ME()),
				Squitter(a, 5, AirbornePosition{Position: p, Height: h}.ME()), Squitter(a, 5, v.ME()), reply(a),
				Squitter(a, 5, AirbornePosition{Position: p, Height: h, Odd: true}.ME()), Squitter(a, 5, v.ME()), reply(a), reply(a),
			)
		}
	}
	return frames
}

func benchmarkDecode(b *testing.B, c Container, print bool) {
	var stream, line []byte
	frames := benchFrames()
	for i, f := range frames {
		if c == AVR {
			stream = framing.AppendAVR(stream, f)
		} else {
			stream = framing.AppendBeast(stream, f, uint64(i)*6000, 90)
		}
	}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	d := New(Config{Container: c})
	for b.Loop() {
		good := 0
		for m, err := range d.Decode(stream, start()) {
			if err != nil {
				b.Fatal(err)
			}
			good++
			if print {
				line = m.AppendJSON(line[:0])
			}
		}
		if good != len(frames) {
			b.Fatalf("%d of %d frames", good, len(frames))
		}
	}
	b.ReportMetric(float64(len(frames))*float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

func BenchmarkBeast(b *testing.B)     { benchmarkDecode(b, Beast, false) }
func BenchmarkAVR(b *testing.B)       { benchmarkDecode(b, AVR, false) }
func BenchmarkBeastJSON(b *testing.B) { benchmarkDecode(b, Beast, true) }
