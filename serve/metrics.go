package serve

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is what /metrics shows. They are the handler's own: several handlers in a
// program do not mix.
type metrics struct {
	handler  http.Handler
	inFlight prometheus.Gauge
	requests *prometheus.CounterVec   // by path and status
	seconds  *prometheus.HistogramVec // by path
	texts    *prometheus.CounterVec   // by model
	tokens   *prometheus.CounterVec   // by model
	reloads  *prometheus.CounterVec   // by result
}

func newMetrics() *metrics {
	m := &metrics{
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "m2v_requests_in_flight", Help: "Requests that are not answered yet."}),
		requests: counter("m2v_requests_total", "Requests, by path and status.", "path", "status"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "m2v_request_seconds", Help: "Seconds from a request's headers to the end of its answer, by path.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"path"}),
		texts:   counter("m2v_texts_total", "Texts that were embedded, by model.", "model"),
		tokens:  counter("m2v_tokens_total", "Tokens of those texts, by model.", "model"),
		reloads: counter("m2v_reloads_total", "Reloads of the models, by result.", "result"),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.inFlight, m.requests, m.seconds, m.texts, m.tokens, m.reloads,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func (m *metrics) serve(w http.ResponseWriter, r *http.Request, _ *record) error {
	m.handler.ServeHTTP(w, r)
	return nil
}

// observed counts the requests of one path, whose counters it keeps.
type observed struct {
	metrics *metrics
	path    string
	seconds prometheus.Observer
	byCode  sync.Map // status → prometheus.Counter
}

// observe returns what counts a path; "" stands for all that there are not.
func (m *metrics) observe(path string) *observed {
	if path == "" {
		path = "other"
	}
	return &observed{metrics: m, path: path, seconds: m.seconds.WithLabelValues(path)}
}

func (o *observed) done(status int, elapsed time.Duration, rec record) {
	o.seconds.Observe(elapsed.Seconds())
	c, ok := o.byCode.Load(status)
	if !ok {
		c, _ = o.byCode.LoadOrStore(status, o.metrics.requests.WithLabelValues(o.path, strconv.Itoa(status)))
	}
	c.(prometheus.Counter).Inc()
	if rec.texts > 0 {
		o.metrics.texts.WithLabelValues(rec.model).Add(float64(rec.texts))
		o.metrics.tokens.WithLabelValues(rec.model).Add(float64(rec.tokens))
	}
}
