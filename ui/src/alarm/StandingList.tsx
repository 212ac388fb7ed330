import { useState } from "react";

import type { Alarm, AlarmState } from "../api/client";
import { useWords } from "../words/Language";
import { AlarmList } from "./AlarmList";
import { ordered, states } from "./state";

/** How many alarms are shown at first, and how many more at a touch. */
export const pageSize = 20;

/** The alarms that stand: how many are in each state, and of all or of one state the first, more at a touch. */
export function StandingList({ alarms, now, open, chosen, zone }: { alarms: Alarm[]; now: number; open: (id: string) => void; chosen: string | undefined; zone: string }) {
  const { t } = useWords();
  const [state, choose] = useState<AlarmState>();
  const [most, setMost] = useState(pageSize);
  const counts = states(alarms);
  const wanted = counts.some((c) => c.state === state) ? state : undefined; // the last one in it may be gone
  const list = ordered(alarms).filter((a) => wanted === undefined || a.state === wanted);
  const left = list.length - most;
  const pick = (to: AlarmState | undefined) => {
    choose(to);
    setMost(pageSize);
  };
  return (
    <>
      {counts.length > 1 && (
        <div className="states" role="group" aria-label={t.alarm.byState}>
          <button type="button" className="button toggle" aria-pressed={wanted === undefined} onClick={() => pick(undefined)}>
            {t.alarm.all} <b>{alarms.length}</b>
          </button>
          {counts.map((c) => (
            <button key={c.state} type="button" className="button toggle" aria-pressed={wanted === c.state} onClick={() => pick(c.state)}>
              {t.alarm.states[c.state] ?? c.state} <b>{c.count}</b>
            </button>
          ))}
        </div>
      )}
      <AlarmList alarms={list.slice(0, most)} now={now} open={open} chosen={chosen} zone={zone} />
      {left > 0 && (
        <button type="button" className="button more" onClick={() => setMost(most + pageSize)}>
          {t.alarm.showMore(String(Math.min(left, pageSize)), String(left))}
        </button>
      )}
    </>
  );
}
