import type { Alarm } from "../api/client";
import { Sign } from "../components/Sign";
import { signOf } from "../watch/sight";
import { clock, date, span } from "../words/figures";
import { useWords } from "../words/Language";
import { wants } from "./state";

/** One alarm in a list: its severity as a shape, its state in a word, how long it has stood. */
export function AlarmRow({ alarm: a, now, open, chosen, zone, past }: { alarm: Alarm; now: number; open: () => void; chosen: boolean; zone: string; past?: boolean }) {
  const { t, code, told } = useWords();
  return (
    <li>
      <button type="button" className={`alarm-row${wants(a) ? ` wants-${a.severity}` : ""}`} aria-current={chosen} onClick={open}>
        <span className={wants(a) ? "row-sign" : "row-sign is-taken"}>
          <Sign meaning={signOf(a.severity)} size={34} label={t.watch.severities[a.severity] ?? a.severity} />
        </span>
        <span className="row-words">
          <b>
            {a.drill && <em>{t.alarm.drill}: </em>}
            {told(a.text)}
          </b>
          <span>{told(a.what_to_do ?? "")}</span>
          <span className="row-facts">
            {[t.watch.severities[a.severity], a.camera, a.zone, a.line].filter(Boolean).join(" · ")}
            {a.came_back > 0 && ` · ${t.alarm.again(String(a.came_back))}`}
          </span>
        </span>
        <span className="row-state">
          <b>{t.alarm.states[a.state] ?? a.state}</b>
          <span>{past ? `${date(a.opened, zone)} ${clock(a.opened, zone)}` : span(now - Date.parse(a.opened), code)}</span>
        </span>
      </button>
    </li>
  );
}

/** Alarms in the order given. */
export function AlarmList({ alarms, now, open, chosen, zone, past }: { alarms: Alarm[]; now: number; open: (id: string) => void; chosen: string | undefined; zone: string; past?: boolean }) {
  return (
    <ul className="alarm-list">
      {alarms.map((a) => (
        <AlarmRow key={a.id} alarm={a} now={now} open={() => open(a.id)} chosen={a.id === chosen} zone={zone} {...(past ? { past } : {})} />
      ))}
    </ul>
  );
}
