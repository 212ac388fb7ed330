import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { fetchHours } from "../api/client";
import { Panel } from "../components/Panel";
import { clock, count, date, span } from "../words/figures";
import { useWords } from "../words/Language";
import { hourRows } from "./sight";

/** Where and when alarms were: zone and object by the hour of the day. Darker is longer; the figure is how often. */
export function Hours({ zone, now }: { zone: string; now: number }) {
  const { t, code, told } = useWords();
  const hours = useQuery({ queryKey: ["hours"], queryFn: fetchHours, refetchInterval: 30_000 });
  const [days, setDays] = useState(1);
  const rows = hourRows(hours.data?.cells ?? [], zone, now, days);
  const since = hours.data && now - Date.parse(hours.data.since) < (days * 24 - 1) * 3_600_000 ? hours.data.since : undefined;
  const shade = (seconds: number) => (seconds <= 0 ? 0 : seconds < 60 ? 1 : seconds < 600 ? 2 : 3);
  return (
    <Panel title={t.watch.hours} area="hours" aside={<span className="panel-aside">{t.watch.hoursNote}</span>}>
      <div className="order-acts" role="group" aria-label={t.watch.hours}>
        {[1, 7, 31].map((n) => (
          <button key={n} type="button" className="button" aria-pressed={n === days} onClick={() => setDays(n)}>
            {t.watch.lastDays(n)}
          </button>
        ))}
        {since && <span>{t.watch.hoursSince(`${date(since, zone)} ${clock(since, zone)}`)}</span>}
      </div>
      {rows.length === 0 ? (
        <p className="nothing" role="status">
          {hours.isError ? told(hours.error.message) : hours.data ? t.watch.noHours : t.loading}
        </p>
      ) : (
        <div className="hours">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.watch.camera}</th>
                <th scope="col">{t.watch.zone}</th>
                <th scope="col">{t.watch.object}</th>
                <th scope="col">{t.watch.total}</th>
                {Array.from({ length: 24 }, (_, h) => (
                  <th key={h} scope="col" className="hour">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.key}>
                  <th scope="row">{r.camera || "–"}</th>
                  <td>{r.zone || t.watch.whole}</td>
                  <td>{t.watch.labels[r.object] ?? r.object}</td>
                  <td>
                    {(r.raised > 0 || r.seconds > 0) && `${t.watch.raisedTimes(count(r.raised, code))} · ${span(1000 * r.seconds, code)}`}
                    {r.withheld > 0 && <span className="hours-withheld">{t.watch.withheldTimes(count(r.withheld, code))}</span>}
                  </td>
                  {r.hours.map((c, h) => (
                    <td key={h} className={`hour shade-${shade(c.seconds)}`} title={c.seconds > 0 ? span(1000 * c.seconds, code) : undefined}>
                      {c.raised > 0 ? count(c.raised, code) : c.seconds > 0 ? "·" : ""}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
