import "./banner.css";

import { useEffect, useState } from "react";

import { useHash } from "../components/hash";
import { useNow } from "../components/now";
import { Sign } from "../components/Sign";
import { span } from "../words/figures";
import { useWords } from "../words/Language";
import { signOf } from "../watch/sight";
import { ordered, wanting, wants } from "./state";
import { unknownAfter, useAlarms } from "./useAlarms";

/** On every page: what wants somebody, by severity, and the gravest in words. Nothing wanting, nothing here. It makes no sound. */
export function AlarmBanner() {
  const { t, code, told } = useWords();
  const { hash, go } = useHash();
  const { alarms, none, heard, failed } = useAlarms();
  const [began] = useState(() => Date.now());
  useNow(1000);
  const age = Date.now() - (heard || began);
  const unknown = !none && (failed !== undefined || age > unknownAfter) && age > unknownAfter;
  const counts = wanting(alarms?.alarms ?? []);
  const [first] = ordered((alarms?.alarms ?? []).filter((a) => wants(a) && !a.drill));
  const shown = unknown || (first !== undefined && !hash.alarms);
  useEffect(() => {
    document.documentElement.classList.toggle("has-bar", shown);
    return () => document.documentElement.classList.remove("has-bar");
  }, [shown]);
  if (unknown) {
    return (
      <div className="alarm-bar bar-unknown" role="alert">
        <Sign meaning="medium" size={32} />
        <p className="bar-words">
          <b>{t.alarm.unknown(span(age, code))}</b> <span>{failed ?? t.alarm.unknownWhat}</span>
        </p>
      </div>
    );
  }
  if (!shown || !first || !alarms) return null;
  const waited = Math.max(0, Date.parse(alarms.now) + age - Date.parse(first.opened));
  const n = counts.reduce((sum, c) => sum + c.count, 0);
  return (
    <div className={`alarm-bar bar-${first.severity}`} role="alert">
      <Sign meaning={signOf(first.severity)} size={36} />
      <p className="bar-words">
        <b>
          {t.alarm.wants(String(n))}: {counts.map((c) => t.alarm.counts(String(c.count), t.watch.severities[c.severity] ?? c.severity)).join(t.watch.and)}
        </b>
        <span>
          {told(first.text)} · {t.watch.since(span(waited, code))}
        </span>
      </p>
      <button type="button" className="button" onClick={() => go({ alarms: true, alarm: first.id })}>
        {t.alarm.show}
      </button>
    </div>
  );
}
