package main

import (
	"context"
	"time"

	"linesman/config"
	"linesman/event/evidence"
	"linesman/event/sqlite"
)

// retainEvery is how often files are looked at whose time may be over.
const retainEvery = time.Hour

// retain removes what the site keeps no longer, now and then every hour. What
// can not be removed is tried again, and costs room alone.
func (a *appliance) retain(ctx context.Context) error {
	k := a.site.Keep
	keep := sqlite.Keep{Parts: config.Days(k.PassDays), Record: config.Days(k.RecordDays), MinFree: config.GB(k.FreeGB)}
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		gone, err := a.store.Retain(ctx, keep)
		if len(gone) > 0 {
			a.log.Info("event log: files whose time was over were removed", "files", gone)
		}
		if err != nil && ctx.Err() == nil {
			a.log.Error("event log: files whose time is over can not be removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// pictureAges are how long pictures of a class are kept. Those of parts that
// were rejected have no age: a clock that jumped would remove them all. They
// make room when there is none.
func pictureAges(k config.Keep) map[evidence.Class]time.Duration {
	return map[evidence.Class]time.Duration{evidence.Pass: config.Days(k.PassPictureDays)}
}
