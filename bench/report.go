package bench

import (
	"math"
	"slices"
	"time"

	"linesman/models/panel"
	"linesman/part"
)

// Report is what `bench line` found. Counts of parts are the simulated gate's.
type Report struct {
	Product            string              `json:"product"`
	RatePerHour        float64             `json:"rate_per_hour"`
	TimesPace          float64             `json:"times_pace,omitempty"` // of the product's own rate
	SpeedMMs           float64             `json:"belt_mm_s"`
	Seed               uint64              `json:"seed"`
	Paced              bool                `json:"paced"`
	GoodDrawn          int                 `json:"good_drawn"`
	DefectiveDrawn     int                 `json:"defective_drawn"`
	PartsJudged        int                 `json:"parts_judged"`
	Escapes            int                 `json:"escapes"`
	FalseRejects       int                 `json:"false_rejects"`
	Collateral         int                 `json:"collateral"`
	Inconclusive       int                 `json:"inconclusive"`
	EscapeUpper95      float64             `json:"escape_upper_95"`
	FalseRejectUpper95 float64             `json:"false_reject_upper_95"`
	FalseRejectsBy     map[string]int      `json:"false_rejects_by"` // what was found, "inconclusive", or the controller
	ByKind             map[string]OfKind   `json:"by_kind"`
	Stated             *StatedReport       `json:"stated,omitempty"` // nil where no sizes are: in a recording
	Curves             map[string]Curve    `json:"curves"`           // by defective kind
	TrivialAUROC       map[string]*float64 `json:"trivial_auroc"`
	AUROC              *float64            `json:"auroc"`
	DeadlineMS         float64             `json:"deadline_ms"`
	GateRoomMS         float64             `json:"exposure_to_gate_ms"` // of the foremost part of a picture, less the valve's response
	MissedDeadlines    int                 `json:"missed_deadlines"`
	NotAsked           int                 `json:"not_asked"` // of these: rejected in time, without the model, which would have answered too late
	TriggerToEntryMS   *Percentiles        `json:"trigger_to_entry_ms"`
	Stretches          int                 `json:"stretches"`         // of belt time between which pictures were drawn with the clock standing
	LongestStretchS    float64             `json:"longest_stretch_s"` // of belt time
	BeltStepMostMS     float64             `json:"belt_step_most_ms"` // paced: the longest that the belt and its controller were not served
	GatesOpened        int                 `json:"gates_opened"`
	GateOffMM          float64             `json:"gate_off_tick_mm"` // the most that a gate was commanded off its tick
	Holds              map[string]int      `json:"holds"`            // by reason
	LedgerBalanced     bool                `json:"ledger_balanced"`
	Ledger             []string            `json:"ledger_differences,omitempty"`
	Account            part.Ledger         `json:"ledger"`
	Samples            []Sample            `json:"samples,omitempty"`
	Unplanned          int                 `json:"pictures_drawn_live"`
	FullSpeedParts     int                 `json:"full_speed_parts"`
	FullSpeedPerS      float64             `json:"full_speed_parts_per_s"`
	BareONNXPerS       float64             `json:"bare_onnx_parts_per_s"`
	Bare               Bare                `json:"bare_onnx"`
	Efficiency         float64             `json:"efficiency"`
	OutsideMS          float64             `json:"outside_inference_ms_per_part"`
	Processor          *Processor          `json:"processor,omitempty"` // nil: no full speed was run
	TeachSeconds       float64             `json:"teach_s"`
	Model              string              `json:"model"`
	ModelHash          string              `json:"model_sha256"`
	Escaped            []Escape            `json:"escaped"`        // the first of them
	FalselyRejected    []Escape            `json:"false_rejected"` // the first of them
}

// Percentiles are of one latency, in milliseconds.
type Percentiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func percentiles(d []time.Duration) *Percentiles {
	if len(d) == 0 {
		return nil
	}
	d = slices.Sorted(slices.Values(d))
	at := func(share float64) float64 { return float64(d[min(len(d)-1, int(share*float64(len(d))))]) / 1e6 }
	return &Percentiles{at(0.5), at(0.99), at(0.999), float64(d[len(d)-1]) / 1e6}
}

// fill fills in what a run's account and its halted plant say.
func (b *lineBench) fill(t *account, p *plant) {
	r, st := &b.report, p.station.Status()
	r.GoodDrawn, r.DefectiveDrawn, r.PartsJudged = t.good, t.defective, t.judged
	r.Escapes, r.FalseRejects, r.Collateral, r.Inconclusive = t.escapes, t.falseRejects, t.collateral, t.undecidable
	r.EscapeUpper95, r.FalseRejectUpper95 = Upper95(t.escapes, t.defective), Upper95(t.falseRejects, t.good)
	r.FalseRejectsBy, r.ByKind = t.why, map[string]OfKind{}
	for k, v := range t.byKind {
		if c := t.curves[k]; c != nil {
			all := c.tell().All
			v.Lower95, v.Upper95 = &all.Lower95, &all.Upper95
		}
		r.ByKind[string(k)] = *v
	}
	r.Stated, r.Curves = t.statedReport(), map[string]Curve{}
	for k, c := range t.curves {
		r.Curves[string(k)] = c.tell()
	}
	r.TrivialAUROC = map[string]*float64{}
	if b.trivial != nil {
		for name, v := range b.trivial.AUROC() {
			r.TrivialAUROC[name] = number(v)
		}
	}
	r.AUROC = number(t.auroc())
	r.TriggerToEntryMS = percentiles(p.entries.took)
	if !b.NoPace {
		for _, d := range p.entries.took {
			if d > b.Deadline {
				r.MissedDeadlines++
			}
		}
		r.MissedDeadlines += t.good + t.defective - len(p.entries.took)
		for _, d := range t.entered { // in time, but without having been looked at: no time was left for that
			if d <= b.Deadline {
				r.NotAsked++
			}
		}
		r.MissedDeadlines += r.NotAsked
	}
	r.GatesOpened, r.GateOffMM, r.Holds = t.opened, t.firedOffMM, t.told.holds
	r.Stretches, r.LongestStretchS, r.BeltStepMostMS = p.stretches, p.longest.Seconds(), float64(p.unserved)/1e6
	r.Ledger, r.Account = st.Ledger.Check(), st.Ledger
	r.LedgerBalanced, r.Unplanned = len(r.Ledger) == 0, p.odd
	r.Escaped = append([]Escape{}, t.escaped...)
	r.FalselyRejected = append([]Escape{}, t.rejected...)
	if f, err := panel.Read(b.site.recipe.ModelDir(), b.site.recipe.OtherDirs()); err == nil {
		m := f.Model()
		r.Model, r.ModelHash = m.Name+"@"+m.Version, m.SHA256
	}
}

// number makes a figure that JSON can carry: nil where there is none.
func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
