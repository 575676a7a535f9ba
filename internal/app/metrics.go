package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"atalaya/desk"
	"atalaya/sensor"
	"atalaya/web"
)

// Vitals is what metrics are read from at every scrape.
type Vitals struct {
	Feeds  func() []sensor.Health
	System func() web.System
	Counts func() Counts
}

// Metrics serves the vitals in Prometheus' text format.
func Metrics(v Vitals) (http.Handler, error) {
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{v, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{}), nil
}

// Describe implements prometheus.Collector; the metrics are made at each
// scrape, so nothing is said beforehand.
func (v Vitals) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (v Vitals) Collect(out chan<- prometheus.Metric) {
	emit := func(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
		var names, values []string
		for i := 0; i+1 < len(labels); i += 2 {
			names, values = append(names, labels[i]), append(values, labels[i+1])
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("atalaya_"+name, help, names, nil), kind, value, values...)
	}
	counter := func(name, help string, n uint64, labels ...string) {
		emit(prometheus.CounterValue, name, help, float64(n), labels...)
	}
	gauge := func(name, help string, x float64, labels ...string) {
		emit(prometheus.GaugeValue, name, help, x, labels...)
	}
	for _, f := range v.Feeds() {
		l := []string{"feed", string(f.Feed), "sensor", string(f.Sensor)}
		counter("feed_good_total", "Good messages of a feed.", f.Good, l...)
		counter("feed_bytes_total", "Bytes of a feed.", f.Bytes, l...)
		counter("feed_duplicate_total", "Messages that another receiver brought before.", f.Duplicate, l...)
		counter("feed_late_total", "Observations more than ten seconds old when they came.", f.Late, l...)
		counter("feed_refused_total", "Datagrams or pieces of streams that may not enter.", f.Refused, l...)
		counter("feed_lost_total", "Datagrams that the kernel dropped before they were read.", f.Lost, l...)
		counter("feed_restarts_total", "Times that the feed's source failed.", f.Restarts, l...)
		for kind, n := range f.Bad {
			counter("feed_bad_total", "Bad messages of a feed, by kind.", n, append(l, "kind", kind)...)
		}
		for _, state := range []sensor.State{sensor.Starting, sensor.Up, sensor.Degraded, sensor.Silent, sensor.Refused} {
			gauge("feed_state", "1 for the feed's state.", truth(f.State == state), append(l, "state", string(state))...)
		}
	}
	c := v.Counts()
	counter("loop_steps_total", "Steps of the loop.", c.Steps)
	counter("loop_unkept_total", "Steps that the store did not take.", c.Unkept)
	counter("observations_total", "Observations.", c.Inputs)
	counter("echoes_total", "Observations of messages that had come over another receiver.", c.Echoes)
	counter("findings_total", "Findings, revisions included.", c.Findings)
	counter("alerts_total", "Alerts raised.", c.Alerts)
	for name, n := range c.Tracker.All() {
		counter("tracker_total", "What the tracker did with observations.", n, "what", name)
	}
	s := v.System()
	gauge("tracker_shed_tiles", "Tiles of ground in which the tracker left something out within the last minute.", float64(s.ShedTiles))
	gauge("tracks", "Tracks of the picture.", float64(s.Tracks))
	gauge("waiting", "Inputs that wait for the next step.", float64(s.Waiting))
	gauge("step_seconds", "Time that the last step took.", s.StepMillis/1e3)
	gauge("lag_seconds", "From when the last step should have closed to its publication.", s.Lag/1e3)
	gauge("clients", "Live connections.", float64(s.Clients))
	counter("bus_shed_total", "Steps that the live picture lost on the bus and made good by a snapshot.", s.BusShed)
	gauge("storage_used_bytes", "Bytes of our files.", float64(s.Storage.Used))
	gauge("storage_free_bytes", "Bytes free on the disk.", float64(s.Storage.Free))
	for _, state := range []desk.StorageState{desk.StorageOK, desk.StorageFull, desk.StorageFailing} {
		gauge("storage_state", "1 for the storage's state.", truth(s.Storage.State == state), "state", string(state))
	}
	if w := s.Witnesses; w != nil {
		gauge("ledger_quorum", "1 where the head that was shown last has the witnesses' cosignatures that the policy asks for.", truth(w.Held))
		gauge("ledger_quorum_entries", "Entries of the newest head that has them.", float64(w.Size))
		for _, x := range w.Witnesses {
			gauge("ledger_witness_entries", "Entries of the head that a witness cosigned last.", float64(x.Size), "witness", x.Name)
			gauge("ledger_witness_failing", "1 where a witness does not sign.", truth(x.Error != ""), "witness", x.Name)
		}
	}
	gauge("clock_stepped_seconds", "Sum of the jumps of the system's clock since the start.", s.Clock.Stepped)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
