import { useQuery } from "@tanstack/react-query";

import { evidence, fetchAlarm, type Alarm } from "../api/client";
import { useKept } from "../api/kept";
import { Sign } from "../components/Sign";
import { signOf } from "../watch/sight";
import { clock, date, span } from "../words/figures";
import { useWords } from "../words/Language";
import { AlarmActs } from "./AlarmActs";
import { AlarmSaid } from "./AlarmSaid";
import { Deliveries } from "./Deliveries";
import { clipOpen, kept, type Kept } from "./state";

function Clip({ sha256 }: { sha256: string }) {
  const { t } = useWords();
  const src = useKept(evidence(sha256));
  if (src === undefined) return <p className="nothing">{t.alarm.loading}</p>;
  return <video src={src} controls muted playsInline preload="metadata" aria-label={t.alarm.clips} />;
}

function Evidence({ alarm, has, now }: { alarm: Alarm; has: Kept; now: number }) {
  const { t } = useWords();
  const picture = useKept(has.picture && evidence(has.picture));
  return (
    <div className="alarm-evidence">
      <figure>
        {has.picture ? <img src={picture} alt={t.alarm.picture} /> : <p className="nothing">{t.alarm.noPicture}</p>}
        {has.picture && (
          <figcaption>
            {t.alarm.picture}: {t.alarm.pictureWhen}
          </figcaption>
        )}
      </figure>
      <figure>
        {!clipOpen(alarm) ? (
          <p className="nothing">{t.alarm.clipLocked}</p>
        ) : has.clips.length === 0 ? (
          <p className="nothing">{now - Date.parse(alarm.opened) < 120_000 && has.picture ? t.alarm.clipComing : t.alarm.noClip}</p>
        ) : (
          has.clips.map((c) => <Clip key={c.sha256} sha256={c.sha256} />)
        )}
        {has.missing.map((m) => (
          <figcaption key={m}>{t.alarm.missing(m)}</figcaption>
        ))}
      </figure>
    </div>
  );
}

/** One alarm with all that is known of it and all that can be done. */
export function AlarmDetail(p: { id: string; zone: string; now: number; token: string; setToken: (token: string) => void; close: () => void }) {
  const { t, code, told } = useWords();
  const detail = useQuery({ queryKey: ["alarm", p.id], queryFn: () => fetchAlarm(p.id), refetchInterval: 2000 });
  const at = (time: string) => `${date(time, p.zone)} ${clock(time, p.zone)}`;
  if (!detail.data) {
    return (
      <section className="panel alarm-detail">
        <p className="nothing" role="status">
          {detail.isError ? told(detail.error.message) : t.alarm.loading}
        </p>
      </section>
    );
  }
  const a = detail.data.alarm;
  const has = kept(detail.data.events);
  return (
    <section className={`panel alarm-detail${detail.isError ? " is-old" : ""}`} aria-label={told(a.text)}>
      <header className="alarm-detail-head">
        <Sign meaning={signOf(a.severity)} size={44} label={t.watch.severities[a.severity] ?? a.severity} />
        <div>
          {a.drill && <p className="alarm-drill">{t.alarm.drillTitle}</p>}
          <h2>{told(a.text)}</h2>
          <p>
            <b>{t.watch.severities[a.severity]}</b> · <b>{t.alarm.states[a.state] ?? a.state}</b> · {t.alarm.since(at(a.opened))} ({span(p.now - Date.parse(a.opened), code)})
          </p>
        </div>
        <button type="button" className="button" onClick={p.close} aria-label={t.close}>
          ✕
        </button>
      </header>
      <div className="alarm-detail-body">
        {a.what_to_do && (
          <p className="alarm-whatto">
            <span>{t.alarm.whatTo}</span> {told(a.what_to_do)}
          </p>
        )}
        <AlarmActs key={`${a.id} ${a.state}`} alarm={a} zone={p.zone} token={p.token} setToken={p.setToken} />
        <AlarmSaid key={`said ${a.id}`} alarm={a} has={has} token={p.token} setToken={p.setToken} />
        <ul className="alarm-story">
          <li>{t.alarm.meanings[a.state]}</li>
          {a.acknowledged && (
            <li>
              {t.alarm.ackBy(a.acknowledged.by, at(a.acknowledged.at))}
              {a.acknowledged.channel && ` ${t.alarm.byLink(a.acknowledged.channel)}`}
              {a.acknowledged.note && `: ${a.acknowledged.note}`}
            </li>
          )}
          {a.cleared && <li>{t.alarm.cleared(at(a.cleared))}</li>}
          {a.shelved && <li>{t.alarm.shelvedUntil(at(a.shelved.until), a.shelved.by, a.shelved.reason)}</li>}
          {a.suppressed_by && <li>{t.alarm.suppressedBy(a.suppressed_by)}</li>}
          {a.out_of_service_why !== undefined && <li>{t.alarm.outWhy(a.out_of_service_why)}</li>}
          <li>
            {[a.key, a.camera, a.zone, a.line].filter(Boolean).join(" · ")}
            {a.count > 1 && ` · ${t.alarm.raisedTimes(String(a.count))}`}
            {a.came_back > 0 && ` · ${t.alarm.again(String(a.came_back))}`}
            {a.latched && ` · ${t.alarm.latched}`}
          </li>
        </ul>
        <Evidence alarm={a} has={has} now={p.now} />
        <h3>{t.alarm.deliveries}</h3>
        <Deliveries deliveries={detail.data.deliveries} now={p.now} />
      </div>
    </section>
  );
}
