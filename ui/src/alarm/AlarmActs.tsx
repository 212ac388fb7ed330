import { useState } from "react";

import { acknowledgeAlarm, alarmService, shelveAlarm, unshelveAlarm, type Alarm } from "../api/client";
import { clock, date } from "../words/figures";
import { useWords } from "../words/Language";
import { Act, type Acting } from "./Act";
import { wants } from "./state";

/** How long a shelf may be chosen to be, minutes; the site's limit refuses what is longer. */
const lengths = [15, 30, 60, 120, 240, 480];

function Shelving({ alarm, zone, token, setToken, close }: { alarm: Alarm; zone: string; token: string; setToken: (token: string) => void; close: () => void }) {
  const { t } = useWords();
  const [minutes, setMinutes] = useState<number>();
  const until = new Date(Date.now() + (minutes ?? 0) * 60_000);
  const acting: Acting = {
    title: t.alarm.shelve,
    effect: t.alarm.shelveEffect(alarm.key, minutes ? `${date(until, zone)} ${clock(until, zone)}` : "…"),
    says: "reason",
    ready: minutes !== undefined,
    more: (
      <fieldset className="choices">
        <legend>{t.alarm.until}</legend>
        {lengths.map((n) => (
          <button key={n} type="button" className="button toggle" aria-pressed={minutes === n} onClick={() => setMinutes(n)}>
            {n < 60 ? t.alarm.minutes(String(n)) : t.alarm.hours(String(n / 60))}
          </button>
        ))}
      </fieldset>
    ),
    act: (reason, by) => shelveAlarm(alarm.id, new Date(Date.now() + (minutes ?? 0) * 60_000).toISOString(), reason, by),
  };
  return <Act acting={acting} token={token} setToken={setToken} close={close} />;
}

/** What can be done about an alarm in its state. */
export function AlarmActs({ alarm, zone, token, setToken }: { alarm: Alarm; zone: string; token: string; setToken: (token: string) => void }) {
  const { t } = useWords();
  const [wanted, want] = useState<"acknowledge" | "shelve" | "unshelve" | "out" | "back">();
  const close = () => want(undefined);
  const key = alarm.key;
  if (wanted === "shelve") return <Shelving alarm={alarm} zone={zone} token={token} setToken={setToken} close={close} />;
  if (wanted) {
    const acting: Record<Exclude<typeof wanted, "shelve">, Acting> = {
      acknowledge: { title: t.alarm.acknowledge, effect: t.alarm.ackEffect, says: "note", act: (note, by) => acknowledgeAlarm(alarm.id, note, by) },
      unshelve: { title: t.alarm.unshelve, effect: t.alarm.unshelveEffect(key), says: "note", act: (reason, by) => unshelveAlarm(alarm.id, reason, by) },
      out: { title: t.alarm.takeOut, effect: t.alarm.takeOutEffect(key), says: "reason", act: (reason, by) => alarmService(key, true, reason, by) },
      back: { title: t.alarm.putBack, effect: t.alarm.putBackEffect(key), says: "note", act: (reason, by) => alarmService(key, false, reason, by) },
    };
    return <Act key={wanted} acting={acting[wanted]} token={token} setToken={setToken} close={close} />;
  }
  const normal = alarm.state === "normal";
  return (
    <div className="acts">
      {wants(alarm) && (
        <button type="button" className="button act-first" onClick={() => want("acknowledge")}>
          {t.alarm.acknowledge}
        </button>
      )}
      {alarm.shelved ? (
        <button type="button" className="button" onClick={() => want("unshelve")}>
          {t.alarm.unshelve}
        </button>
      ) : (
        !normal && (
          <button type="button" className="button" onClick={() => want("shelve")}>
            {t.alarm.shelve}
          </button>
        )
      )}
      {alarm.out_of_service_why !== undefined ? (
        <button type="button" className="button" onClick={() => want("back")}>
          {t.alarm.putBack}
        </button>
      ) : (
        !normal && (
          <button type="button" className="button" onClick={() => want("out")}>
            {t.alarm.takeOut}
          </button>
        )
      )}
    </div>
  );
}
