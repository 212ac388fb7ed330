import { useState } from "react";

import { labelAlarm, type Alarm, type AlarmSays } from "../api/client";
import { useWords } from "../words/Language";
import { Act, type Acting } from "./Act";
import type { Kept } from "./state";

const mistaken = ["nothing there", "not wanted"] as const;

/** Says of an alarm about something seen whether it was real: two buttons, and the second asks what was false. */
export function AlarmSaid({ alarm, has, token, setToken }: { alarm: Alarm; has: Kept; token: string; setToken: (token: string) => void }) {
  const { t } = useWords();
  const [wanted, want] = useState<"real" | "false">();
  const [which, choose] = useState<AlarmSays>();
  if (!has.seen) return null;
  const close = () => {
    want(undefined);
    choose(undefined);
  };
  if (wanted) {
    const acting: Acting =
      wanted === "real"
        ? { title: t.alarm.wasReal, effect: t.alarm.wasRealEffect, says: "note", act: (note, by) => labelAlarm(alarm.id, "real", note, by) }
        : {
            title: t.alarm.wasFalse,
            effect: which === "not wanted" ? t.alarm.notWantedEffect : t.alarm.wasFalseEffect,
            says: "note",
            ready: which !== undefined,
            more: (
              <fieldset className="choices">
                <legend>{t.alarm.whatWasFalse}</legend>
                {mistaken.map((label) => (
                  <button key={label} type="button" className="button toggle" aria-pressed={which === label} onClick={() => choose(label)}>
                    {t.alarm.labels[label]}
                  </button>
                ))}
              </fieldset>
            ),
            act: (note, by) => labelAlarm(alarm.id, which ?? "not wanted", note, by),
          };
    return <Act key={wanted} acting={acting} token={token} setToken={setToken} close={close} />;
  }
  return (
    <div className="alarm-said">
      {has.label && <p>{t.alarm.called(t.alarm.labels[has.label] ?? has.label)}</p>}
      {has.firm && <p>{t.alarm.alwaysRaised}</p>}
      <div className="acts">
        <button type="button" className="button" onClick={() => want("false")}>
          {t.alarm.wasFalse}
        </button>
        <button type="button" className="button" onClick={() => want("real")}>
          {t.alarm.wasReal}
        </button>
      </div>
    </div>
  );
}
