import { useState } from "react";

import type { Watch, WatchAlert, WatchPicture } from "../api/client";
import type { Received } from "../api/stream";
import { Veil } from "../camera/Veil";
import { Sign } from "../components/Sign";
import { clock, span } from "../words/figures";
import { useWords } from "../words/Language";
import { AcceptView } from "./AcceptView";
import { Overlay } from "./Overlay";
import { level, sightFreshness } from "./sight";

/** Faults against the scene that was learnt: a person may say that the new one is right. */
const ofScene = ["moved", "covered", "blurred"];

/** What is wrong with a camera, each with what to do. */
function Wrong({ watch, zone }: { watch: Watch; zone: string }) {
  const { t, told } = useWords();
  const [accepting, accept] = useState(false);
  return (
    <ul className="wrong">
      {watch.state === "blind" && (
        <li className="is-high">
          <Sign meaning="high" size={28} />
          <p>
            <b>{t.watch.blind(told(watch.why ?? ""))}</b> {t.watch.blindWhat}
          </p>
        </li>
      )}
      {watch.state === "short" && (
        <li className="is-medium">
          <Sign meaning="medium" size={28} />
          <p>
            <b>{t.watch.short(watch.seen_fps.toFixed(1), String(watch.wanted_fps))}</b> {t.watch.shortWhat[watch.short_by ?? "box"]}
          </p>
        </li>
      )}
      {watch.faults.map((f) => (
        <li key={f.what} className="is-medium">
          <Sign meaning="medium" size={28} />
          <p>
            <b>
              {t.watch.faults[f.what] ?? f.what} {t.since(clock(f.since, zone))}
            </b>{" "}
            {told(f.text)}
          </p>
          {ofScene.includes(f.what) && (
            <button type="button" className="button" onClick={() => accept(true)}>
              {t.watch.viewRight}
            </button>
          )}
        </li>
      ))}
      {accepting && <AcceptView camera={watch.camera} close={() => accept(false)} />}
      {watch.sights.map((s) => (
        <li key={`${s.what} ${s.since}`} className="is-high">
          <Sign meaning="high" size={28} />
          <p>
            <b>
              {t.watch.sights[s.what] ?? s.what} {t.since(clock(s.since, zone))}
            </b>
          </p>
        </li>
      ))}
    </ul>
  );
}

/** How many are in each zone; of a blind camera nobody knows. */
function ZoneCounts({ watch, known }: { watch: Watch; known: boolean }) {
  const { t } = useWords();
  const rows = [...watch.zones.map((z) => ({ name: z.name, people: z.people, vehicles: z.vehicles })), { name: t.watch.whole, people: watch.people, vehicles: watch.vehicles }];
  return (
    <dl className={`zone-counts${known ? "" : " is-unknown"}`}>
      {rows.map((z) => (
        <div key={z.name}>
          <dt>{z.name}</dt>
          <dd>
            {known ? z.people : "?"}
            <span>{known ? t.watch.people : t.watch.unknown}</span>
          </dd>
          {known && z.vehicles > 0 && (
            <dd>
              {z.vehicles}
              <span>{t.watch.vehicles}</span>
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

/** One safety camera: its picture with who is where, how many, and what is wrong. */
export function WatchTile(p: { watch: Watch; alerts: WatchAlert[]; got: Received<WatchPicture> | undefined; now: number; lag: number; silence: number; zone: string }) {
  const { t, code } = useWords();
  const { watch, got } = p;
  const ageMS = got && got.value.age_ms + (p.now - got.at);
  const silent = p.silence > 0;
  const fresh = sightFreshness({ silent, ageMS, lag: p.lag });
  const wrong = level(watch) ?? (fresh === "stale" ? "medium" : undefined);
  const where = new Set(p.alerts.map((a) => a.zone ?? ""));
  const known = !silent && watch.state !== "blind";
  return (
    <section className={`panel watch${wrong && !silent ? ` is-${wrong}` : ""}`} aria-label={watch.camera}>
      <header className="panel-head">
        <h2>{watch.camera}</h2>
        <span className="panel-aside">
          {!silent && (
            <>
              {t.watch.states[watch.state] ?? watch.state}
              {watch.state === "resting" && ` · ${t.watch.resting}`}
              {(watch.state === "seeing" || watch.state === "short") && ` · ${t.watch.perSecond(watch.seen_fps.toFixed(1), String(watch.wanted_fps))}`}
              {fresh === "live" && ageMS !== undefined && ` · ${t.age(span(ageMS, code))}`}
            </>
          )}
        </span>
      </header>
      <div className={`screen is-${fresh}${watch.state === "blind" && fresh !== "stale" && fresh !== "noData" ? " is-blind" : ""}`}>
        {got && (
          <div className="sight">
            <img src={`data:image/jpeg;base64,${got.value.jpeg}`} alt={watch.camera} width={got.value.width} height={got.value.height} />
            <Overlay watch={watch} picture={got.value} wrong={where} />
          </div>
        )}
        <Veil fresh={fresh} ageMS={ageMS} status={undefined} silence={p.silence} />
      </div>
      {!silent && <Wrong watch={watch} zone={p.zone} />}
      <ZoneCounts watch={watch} known={known} />
      {watch.people_px && watch.people_px.too_small > 0.2 && <p className="watch-note">{t.watch.tooSmall(watch.people_px.height.toFixed(0), (100 * watch.people_px.too_small).toFixed(0))}</p>}
    </section>
  );
}
