package config

import (
	"errors"
	"fmt"
	"time"
)

// Keep says how long what is kept. What is left out keeps its default.
type Keep struct {
	PassDays        int     `yaml:"pass_days"`         // events of parts that pass; default 7. After that they are counts by the minute
	RecordDays      int     `yaml:"record_days"`       // every other event; default 1825
	PassPictureDays int     `yaml:"pass_picture_days"` // pictures of parts that pass; default 30
	PicturesGB      float64 `yaml:"pictures_gb"`       // of all pictures and clips; default 20. Passes make room first
	FreeGB          float64 `yaml:"free_gb"`           // to leave free on the disk; default 2
}

// Validate fills defaults and refuses what can not be meant.
func (k *Keep) Validate() error {
	fill(&k.PassDays, 7)
	fill(&k.RecordDays, 1825)
	fill(&k.PassPictureDays, 30)
	fill(&k.PicturesGB, 20)
	fill(&k.FreeGB, 2)
	var errs []error
	for name, days := range map[string]int{"pass_days": k.PassDays, "record_days": k.RecordDays, "pass_picture_days": k.PassPictureDays} {
		if days < 1 || days > 36500 {
			errs = append(errs, fmt.Errorf("keep.%s %d: want 1 to 36500 days", name, days))
		}
	}
	if k.RecordDays < k.PassDays {
		errs = append(errs, fmt.Errorf("keep.record_days %d is less than pass_days %d: rejects would go before passes", k.RecordDays, k.PassDays))
	}
	if !(k.PicturesGB > 0 && k.PicturesGB < 1e6) || !(k.FreeGB > 0 && k.FreeGB < 1e6) {
		errs = append(errs, fmt.Errorf("keep.pictures_gb %g and free_gb %g: want more than 0", k.PicturesGB, k.FreeGB))
	}
	return errors.Join(errs...)
}

func fill[T ~int | ~int64 | float64](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}

// Days is so many days.
func Days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// GB is so many bytes.
func GB(n float64) int64 { return int64(n * 1e9) }
