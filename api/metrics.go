package api

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"linesman/camera"
	"linesman/line"
)

// LogState is the health of the log, its hand-over ring and its disk.
type LogState struct {
	Oldest, Newest     uint64    // seq; 0 in an empty log
	Bytes              int64     // of its files
	Free               int64     // bytes free on its disk
	Sealed             time.Time // when a head was last put aside; zero: not known
	RingUsed, RingSize int       // bytes
	RingLost           uint64    // events lost and not yet told in the log
}

// collector reads what the appliance counts anyway, when it is asked: nothing
// stands in the way of a part.
type collector struct {
	config *Config
	about  map[string]*prometheus.Desc
}

// metric is one row of the table in docs/metrics.md.
type metric struct {
	name, help string
	labels     []string
}

var metrics = []metric{
	{"linesman_camera_up", "1 while the camera sends pictures that move.", labels("camera")},
	{"linesman_camera_frames_total", "Frames received.", labels("camera")},
	{"linesman_camera_dropped_frames_total", "Frames lost on the way.", labels("camera")},
	{"linesman_camera_damaged_frames_total", "Frames in which the decoder saw loss.", labels("camera")},
	{"linesman_camera_restarts_total", "Times the camera was connected again.", labels("camera")},
	{"linesman_camera_frames_per_second", "Frames a second at present.", labels("camera")},
	{"linesman_watch_seen_frames_per_second", "Frames a second of a safety camera that were seen, over ten seconds.", labels("camera")},
	{"linesman_watch_wanted_frames_per_second", "Frames a second that the site file asks for.", labels("camera")},
	{"linesman_watch_short", "1 while fewer than 4 in 5 of them are seen, by who is behind it: box or camera.", labels("camera", "by")},
	{"linesman_watch_skipped_frames_total", "Frames of a safety camera pushed out by newer ones before there was time for them.", labels("camera")},
	{"linesman_line_up", "1 while the line says anything: its figures are no older than 3 s.", labels("line")},
	{"linesman_line_parts", "Parts judged in the present batch, by outcome.", labels("line", "outcome")},
	{"linesman_line_late_parts", "Parts of the present batch that were answered too late, and so rejected.", labels("line")},
	{"linesman_line_parts_per_minute", "Parts a minute at present.", labels("line")},
	{"linesman_line_decision_median_seconds", "Trigger to acknowledged entry over the last minute: half of the parts took no longer.", labels("line")},
	{"linesman_line_decision_p99_seconds", "Trigger to acknowledged entry over the last minute: 99 in 100 parts took no longer.", labels("line")},
	{"linesman_line_decision_max_seconds", "Trigger to acknowledged entry over the last minute: the longest.", labels("line")},
	{"linesman_line_held", "1 while the line is held.", labels("line")},
	{"linesman_line_ledger_mismatch", "1 while the account of parts does not close.", labels("line")},
	{"linesman_plc_connected", "1 while the controller answers.", labels("line", "plc")},
	{"linesman_plc_held", "1 while the controller holds the belt.", labels("line", "plc")},
	{"linesman_plc_belt_speed_meters_per_second", "Speed of the belt.", labels("line", "plc")},
	{"linesman_log_newest_seq", "Seq of the newest event.", nil},
	{"linesman_log_oldest_seq", "Seq of the oldest event there is.", nil},
	{"linesman_log_size_bytes", "Size of the log's files.", nil},
	{"linesman_log_disk_free_bytes", "Room left on the log's disk.", nil},
	{"linesman_log_sealed_age_seconds", "Time since a signed head was last put aside; absent when not known.", nil},
	{"linesman_log_ring_used_bytes", "Of the hand-over ring: not yet in the log.", nil},
	{"linesman_log_ring_size_bytes", "Size of the hand-over ring.", nil},
	{"linesman_log_ring_lost_events", "Events that were lost and are not yet told of in the log.", nil},
}

func labels(w ...string) []string { return w }

func newCollector(c *Config) *collector {
	out := &collector{config: c, about: map[string]*prometheus.Desc{}}
	for _, m := range metrics {
		out.about[m.name] = prometheus.NewDesc(m.name, m.help, m.labels, nil)
	}
	return out
}

// metrics serves the figures in Prometheus' form.
func (s *server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(newCollector(&s.Config))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Describe lists what there may be.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range metrics {
		out <- c.about[m.name]
	}
}

// Collect reads the present state.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	send := func(name string, kind prometheus.ValueType, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(c.about["linesman_"+name], kind, value, labels...)
	}
	gauge := func(name string, value float64, labels ...string) {
		send(name, prometheus.GaugeValue, value, labels...)
	}
	count := func(name string, value uint64, labels ...string) {
		send(name, prometheus.CounterValue, float64(value), labels...)
	}
	seen := map[string]bool{}
	cameras := func(all []camera.State) {
		for _, s := range all {
			id := string(s.Camera)
			if seen[id] { // two lines may judge by one camera
				continue
			}
			seen[id] = true
			gauge("camera_up", truth(s.Status == camera.Live), id)
			count("camera_frames_total", s.Frames, id)
			count("camera_dropped_frames_total", s.Dropped, id)
			count("camera_damaged_frames_total", s.Damaged, id)
			count("camera_restarts_total", s.Restarts, id)
			gauge("camera_frames_per_second", s.FPS, id)
		}
	}
	for _, l := range c.config.Lines() {
		lineMetrics(gauge, l)
		cameras(l.Cameras)
	}
	cameras(c.config.Cameras())
	if c.config.Watches != nil {
		for _, st := range c.config.Watches.Statuses() {
			id := string(st.Camera)
			gauge("watch_seen_frames_per_second", st.SeenFPS, id)
			gauge("watch_wanted_frames_per_second", st.WantedFPS, id)
			count("watch_skipped_frames_total", st.Skipped, id)
			for _, by := range []string{"box", "camera"} {
				gauge("watch_short", truth(st.Short == by), id, by)
			}
		}
	}
	if c.config.LogState != nil {
		logMetrics(gauge, c.config.LogState())
	}
}

// staleAfter is the age at which a line's figures are called old.
const staleAfter = 3 * time.Second

func lineMetrics(gauge func(string, float64, ...string), l line.Status) {
	id := string(l.Line)
	gauge("line_up", truth(time.Since(l.At) <= staleAfter), id)
	gauge("line_parts", float64(l.Counts.Pass), id, "pass")
	gauge("line_parts", float64(l.Counts.Fail), id, "fail")
	gauge("line_parts", float64(l.Counts.Inconclusive), id, "inconclusive")
	gauge("line_late_parts", float64(l.Counts.Late), id)
	gauge("line_parts_per_minute", l.PerMin, id)
	gauge("line_decision_median_seconds", l.Latency.P50/1e3, id)
	gauge("line_decision_p99_seconds", l.Latency.P99/1e3, id)
	gauge("line_decision_max_seconds", l.Latency.Max/1e3, id)
	gauge("line_held", truth(l.State == "held"), id)
	gauge("line_ledger_mismatch", truth(l.Ledger.Mismatch != ""), id)
	gauge("plc_connected", truth(l.PLC.Connected), id, l.PLC.Name)
	gauge("plc_held", truth(l.PLC.Held), id, l.PLC.Name)
	gauge("plc_belt_speed_meters_per_second", l.PLC.SpeedMMs/1e3, id, l.PLC.Name)
}

func logMetrics(gauge func(string, float64, ...string), s LogState) {
	gauge("log_newest_seq", float64(s.Newest))
	gauge("log_oldest_seq", float64(s.Oldest))
	gauge("log_size_bytes", float64(s.Bytes))
	gauge("log_disk_free_bytes", float64(s.Free))
	if !s.Sealed.IsZero() {
		gauge("log_sealed_age_seconds", time.Since(s.Sealed).Seconds())
	}
	gauge("log_ring_used_bytes", float64(s.RingUsed))
	gauge("log_ring_size_bytes", float64(s.RingSize))
	gauge("log_ring_lost_events", float64(s.RingLost))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
