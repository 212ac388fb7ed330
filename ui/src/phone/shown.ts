import type { Alarm, Notice } from "../api/client";
import { ordered, wants } from "../alarm/state";

/** What is shown large: an alarm, and the notice by whose token it can be acknowledged. */
export interface Shown {
  alarm?: Alarm;
  notice?: Notice;
}

const names = (n: Notice, id: string) => n.alarm === id || n.alarms.includes(id);

/**
 * Chooses what a phone shows large: what was asked for; else the newest that
 * wants somebody and was told to this phone; else the gravest that wants
 * somebody. While nothing is known of what stands, the newest notice. asOf is
 * when the alarms were, by the box's clock (ms): a notice that is younger is
 * shown though they do not have it.
 */
export function choose(alarms: Alarm[] | undefined, notices: Notice[], asked: string | undefined, asOf = Infinity): Shown | undefined {
  if (!alarms) return notices[0] && { notice: notices[0] };
  const of = (alarm: Alarm): Shown => {
    const notice = notices.find((n) => names(n, alarm.id));
    return notice ? { alarm, notice } : { alarm };
  };
  const wanted = alarms.find((a) => a.id === asked);
  if (wanted) return of(wanted);
  for (const n of notices) {
    const alarm = alarms.find((a) => names(n, a.id) && wants(a));
    if (alarm) return { alarm, notice: n };
    if (Date.parse(n.raised) > asOf && !alarms.some((a) => names(n, a.id))) return { notice: n };
  }
  const [first] = ordered(alarms.filter((a) => wants(a) && !a.drill));
  return first && of(first);
}
