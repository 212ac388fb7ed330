import { useState } from "react";

import { Act } from "../alarm/Act";
import { Crop } from "../alarm/Crop";
import { labelAlarm, type WatchAlert } from "../api/client";
import { Panel } from "../components/Panel";
import { span } from "../words/figures";
import { useWords } from "../words/Language";

/** An alert that a second look keeps back. */
type Kept = WatchAlert & { withheld: NonNullable<WatchAlert["withheld"]> };

export const isWithheld = (a: WatchAlert): a is Kept => a.withheld !== undefined;

function One({ alert: a, now }: { alert: Kept; now: number }) {
  const { t, code, told } = useWords();
  const [saying, say] = useState(false);
  const [token, setToken] = useState("");
  return (
    <li>
      <div className="withheld-what">
        <div className="look-crops">
          {a.withheld.sights.map((s) => (
            <Crop key={s.crop_sha256} sha256={s.crop_sha256} label={t.watch.labels[s.label] ?? s.label} />
          ))}
        </div>
        <div>
          <p className="standing-rule">{told(a.text)}</p>
          <p className="standing-facts">
            {[t.watch.severities[a.severity], a.camera, a.zone].filter(Boolean).join(" · ")} · {t.watch.since(span(now - Date.parse(a.withheld.since), code))} · {a.withheld.by}
          </p>
        </div>
      </div>
      {saying ? (
        <Act acting={{ title: t.alarm.wasReal, effect: t.alarm.missedEffect, says: "note", act: (note, by) => labelAlarm(a.withheld.id, "real", note, by) }} token={token} setToken={setToken} close={() => say(false)} />
      ) : (
        <button type="button" className="button" onClick={() => say(true)}>
          {t.watch.wasReal}
        </button>
      )}
    </li>
  );
}

/** Alerts that hold and are no alarm, since they look like what people called mistaken: apart from those that stand, and calm. Nothing kept back, nothing here. */
export function Withheld({ alerts, now }: { alerts: WatchAlert[]; now: number }) {
  const { t } = useWords();
  const kept = alerts.filter(isWithheld);
  if (kept.length === 0) return null;
  return (
    <Panel title={t.watch.withheld} area="withheld" aside={<span className="panel-aside">{kept.length}</span>}>
      <p className="watch-note">{t.watch.withheldNote}</p>
      <ul className="standing withheld">
        {kept.map((a) => (
          <One key={a.withheld.id} alert={a} now={now} />
        ))}
      </ul>
    </Panel>
  );
}
