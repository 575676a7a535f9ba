package app

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"atalaya/internal/trackfile"
)

// TestTrackBias: a radar that is a degree and 60 m off is found out by the boats
// that say where they are.
func TestTrackBias(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var in strings.Builder
	in.WriteString(`{"header":{"frame":"planar"}}` + "\n")
	for s := range 400 {
		var radar, ais []string
		for i := range 4 {
			x, y := 2000+900*float64(i)+4*float64(s), 3000-700*float64(i)+3*float64(s)
			if s%2 == 0 {
				radar = append(radar, fmt.Sprintf(`{"range":%f,"bearing":%f,"range_sd":20,"bearing_sd":0.5}`,
					math.Hypot(x, y)+60+20*r.NormFloat64(), math.Mod(math.Atan2(x, y)*180/math.Pi+1+0.5*r.NormFloat64(), 360)))
			}
			if (s+i)%8 == 1 {
				ais = append(ais, fmt.Sprintf(`{"pos":[%f,%f],"claim":"mmsi:%d"}`, x+10*r.NormFloat64(), y+10*r.NormFloat64(), i))
			}
		}
		if s%2 == 0 {
			fmt.Fprintf(&in, `{"sensor":"radar","time":%d,"detections":[%s]}`+"\n", s, strings.Join(radar, ","))
		}
		if len(ais) > 0 {
			fmt.Fprintf(&in, `{"sensor":"ais","time":%d,"detections":[%s]}`+"\n", s, strings.Join(ais, ","))
		}
	}
	known, err := trackfile.ReadKnowledge(strings.NewReader("[sensors.radar]\nbearing_bias_sd = 1\nrange_bias_sd = 50\n"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sum, err := Track(t.Context(), TrackConfig{
		Measurements: strings.NewReader(in.String()), Knowledge: known, Tracks: &out, Lag: 10 * time.Second,
		Bad: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	b, ok := sum.Biases["radar"]
	t.Logf("%+v", b)
	if !ok || len(sum.Biases) != 1 || b.State != "steady" || b.Pairs < 50 || b.TimeSD != 0 {
		t.Errorf("%+v", sum.Biases)
	}
	if math.Abs(b.Bearing-1) > 3*b.BearingSD || math.Abs(b.Range-60) > 3*b.RangeSD || b.BearingSD > 0.2 || b.RangeSD > 10 {
		t.Errorf("%+v", b)
	}
	last := out.String()
	if n := strings.Count(last, `"time":390,`); n != 4 {
		t.Errorf("%d tracks of four boats", n)
	}
}
