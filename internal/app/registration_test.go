package app

import (
	"math"
	"reflect"
	"testing"
	"time"

	"atalaya/fuse/registration"
	"atalaya/sensor"
)

// What people are told of a bias: nothing while too little is known; what is known
// well, in their units; and always why it is frozen.
func TestRegistrationOf(t *testing.T) {
	steady := registration.Report{
		Estimate: registration.Estimate{
			Bias: registration.Bias{math.Pi / 360, -40, 0.1},
			Cov:  registration.Matrix{{math.Pi / 1800 * math.Pi / 1800}, {1: 9}, {2: 0.04}},
		},
		State: registration.Steady, Used: 30, Refused: 2, Last: 5e9, Known: [registration.Parts]bool{true, true, false},
	}
	learning := steady
	learning.State, learning.Known = registration.Learning, [registration.Parts]bool{}
	frozen := learning
	frozen.State, frozen.Why, frozen.Since, frozen.Used = registration.Frozen, registration.Apart, 7e9, 0
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	for _, c := range []struct {
		what string
		is   registration.Report
		want *sensor.Registration
	}{
		{"learning", learning, nil},
		{"steady", steady, &sensor.Registration{
			State: sensor.Steady, Azimuth: &sensor.Offset{Off: 0.5, SD: 0.1}, Range: &sensor.Offset{Off: -40, SD: 3}, Pairs: 30, Refused: 2, Last: at(5),
		}},
		{"frozen", frozen, &sensor.Registration{State: sensor.Frozen, Why: "apart", Since: at(7), Refused: 2}},
	} {
		got := registrationOf(&c.is)
		if got != nil && got.Azimuth != nil { // to the last digit that people see
			for _, x := range []*float64{&got.Azimuth.Off, &got.Azimuth.SD} {
				*x = math.Round(*x*1e9) / 1e9
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
}
