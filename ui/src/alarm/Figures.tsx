import { useQuery } from "@tanstack/react-query";

import { fetchKPIs, type AlarmKPIs } from "../api/client";
import { Sign } from "../components/Sign";
import { count, percent, span } from "../words/figures";
import { useWords } from "../words/Language";
import { severities } from "./state";

const dayMS = 24 * 3_600_000;

/** A rate to two digits that count; what is more than nothing never reads as 0. */
export const rate = (n: number) => (n === 0 ? "0" : n < 0.01 ? "<0.01" : n.toFixed(n < 10 ? 2 : 1));

function Counts({ title, rows, none, note }: { title: string; rows: { key: string; count: number }[]; none: string; note?: string }) {
  const { code } = useWords();
  const most = Math.max(1, ...rows.map((r) => r.count));
  return (
    <section className="kpi-list" aria-label={title}>
      <h3>
        {title} {note && <span>{note}</span>}
      </h3>
      {rows.length === 0 && <p className="nothing">{none}</p>}
      <ol>
        {rows.map((r) => (
          <li key={r.key}>
            <span>{r.key}</span>
            <meter min={0} max={most} value={r.count} aria-hidden="true" />
            <b>{count(r.count, code)}</b>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Body({ kpis: k }: { kpis: AlarmKPIs }) {
  const { t, code, told } = useWords();
  const over = k.per_10_minutes > k.target_per_10_minutes;
  const now = Date.parse(k.to);
  return (
    <>
      <dl className="kpis">
        <div className={over ? "is-medium" : undefined}>
          <dt>{t.alarm.rate}</dt>
          <dd>
            {over && <Sign meaning="medium" size={28} label={t.alarm.over} />}
            {rate(k.per_10_minutes)}
          </dd>
          <dd className="kpi-note">{over ? `${t.alarm.over} · ${t.alarm.rateNote(String(k.target_per_10_minutes))}` : t.alarm.rateNote(String(k.target_per_10_minutes))}</dd>
        </div>
        <div>
          <dt>{t.alarm.raised}</dt>
          <dd>{count(k.raised, code)}</dd>
          <dd className="kpi-note">
            {severities
              .filter((s) => k.by_severity[s])
              .map((s) => t.alarm.counts(count(k.by_severity[s] ?? 0, code), t.watch.severities[s] ?? s))
              .join(t.watch.and) || t.alarm.lastDay}
          </dd>
        </div>
        <div>
          <dt>{t.alarm.most}</dt>
          <dd>{count(k.most_in_10_minutes, code)}</dd>
          <dd className="kpi-note">{t.alarm.lastDay}</dd>
        </div>
        <div className={k.flood_share > 0 ? "is-medium" : undefined}>
          <dt>{t.alarm.floodShare}</dt>
          <dd>
            {k.flood_share > 0 && <Sign meaning="medium" size={28} />}
            {percent(k.flood_share, 1)} %
          </dd>
          <dd className="kpi-note">{t.alarm.floods(count(k.floods, code))}</dd>
        </div>
        <div>
          <dt>{t.alarm.taken}</dt>
          <dd>{k.acknowledged ? span(1000 * k.median_acknowledged_s, code) : "–"}</dd>
          <dd className="kpi-note">{t.alarm.ofAcked(count(k.acknowledged, code))}</dd>
        </div>
      </dl>
      <div className="kpi-lists">
        <Counts title={t.alarm.top} rows={k.top} none={t.alarm.noHistory} />
        <Counts title={t.alarm.chattering} rows={k.chattering} none={t.alarm.noChattering} />
        <section className="kpi-list" aria-label={t.alarm.staleAlarms}>
          <h3>
            {t.alarm.staleAlarms} <span>{t.alarm.staleNote(span(1000 * k.stale_after_s, code))}</span>
          </h3>
          {k.stale.length === 0 && <p className="nothing">{t.alarm.noStale}</p>}
          <ol>
            {k.stale.map((a) => (
              <li key={a.id}>
                <span>{told(a.text)}</span>
                <b>{span(now - Date.parse(a.raised), code)}</b>
              </li>
            ))}
          </ol>
        </section>
      </div>
    </>
  );
}

/** How the alarms do, after ISA-18.2 and EEMUA 191, over the last day. */
export function Figures() {
  const { t, told } = useWords();
  const kpis = useQuery({
    queryKey: ["alarm-kpis"],
    queryFn: () => {
      const to = Date.now();
      return fetchKPIs(new Date(to - dayMS).toISOString(), new Date(to).toISOString());
    },
    refetchInterval: 15_000,
  });
  if (kpis.data) return <Body kpis={kpis.data} />;
  return (
    <p className="nothing" role="status">
      {kpis.isError ? told(kpis.error.message) : t.alarm.loading}
    </p>
  );
}
