import "./watch.css";

import type { Site } from "../api/client";
import { useNow } from "../components/now";
import { SiteHead } from "../components/SiteHead";
import { Sign } from "../components/Sign";
import { staleAfter } from "../line/health";
import { clock, span } from "../words/figures";
import { useWords } from "../words/Language";
import { Hours } from "./Hours";
import { useWatches } from "./live";
import { level } from "./sight";
import { Spaces } from "./Spaces";
import { Standing } from "./Standing";
import { WatchTile } from "./WatchTile";
import { isWithheld, Withheld } from "./Withheld";

/** All safety cameras of the site: who is seen where, and what that means. */
export function SafetyPage({ site }: { site: Site }) {
  const { t, code } = useWords();
  const live = useWatches();
  const now = useNow();
  const state = live.state?.value;
  const silence = now - (live.state?.at ?? live.began);
  const silent = silence > staleAfter;
  const time = live.state && Date.parse(live.state.value.now) + (silent ? 0 : now - live.state.at);
  const watches = state?.watches ?? [];
  const alerts = state?.alerts ?? [];
  const standing = alerts.filter((a) => !isWithheld(a));
  const worst = silent || watches.some((w) => level(w) === "high") || standing.some((a) => a.severity === "high" || a.severity === "critical") ? "high" : watches.some((w) => level(w)) || standing.length ? "medium" : "ok";
  const blind = watches.filter((w) => w.state === "blind").length;
  const says = silent ? (state ? t.asOf(clock(state.now, site.zone)) : t.noDataFor(span(silence, code))) : blind ? `${blind} × ${t.watch.states["blind"] ?? ""}` : (t.watch.states["seeing"] ?? "");
  return (
    <div className={`safety${silent ? " is-silent" : ""}`}>
      <SiteHead site={site} here="safety" title={t.watch.page} state={says} meaning={worst} time={time} old={silent} />
      {silent && (
        <div className="banner" role="alert">
          <div className="alarm alarm-high alarm-first">
            <Sign meaning="high" size={44} />
            <div>
              <p className="alarm-title">
                {t.alarms.noData} · {t.noDataFor(span(silence, code))}
              </p>
              <p className="alarm-what">{t.alarm.unknownWhat}</p>
            </div>
          </div>
        </div>
      )}
      {!silent && state && watches.length === 0 && <p className="nothing">{t.watch.none}</p>}
      <div className={`watches watches-${Math.min(watches.length, 3)}`}>
        {watches.map((w) => (
          <WatchTile key={w.camera} watch={w} alerts={standing.filter((a) => a.camera === w.camera)} got={live.pictures[w.camera]} now={now} lag={live.lag} silence={silent ? silence : 0} zone={site.zone} />
        ))}
      </div>
      <div className="safety-side">
        <Standing alerts={standing} now={time ?? 0} />
        <Withheld alerts={alerts} now={time ?? 0} />
        <Spaces spaces={state?.spaces ?? []} zone={site.zone} />
      </div>
      <Hours zone={site.zone} now={time ?? Date.now()} />
      <p className="advice">{t.watch.advice}</p>
    </div>
  );
}
