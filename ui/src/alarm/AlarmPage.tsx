import "./alarm.css";
import "../watch/watch.css";

import { useEffect, useRef, useState } from "react";

import { alarmService, type Alarms, type Site } from "../api/client";
import { useHash } from "../components/hash";
import { useNow } from "../components/now";
import { SiteHead } from "../components/SiteHead";
import { signOf } from "../watch/sight";
import { clock, date, span } from "../words/figures";
import { useWords } from "../words/Language";
import { Act } from "./Act";
import { AlarmDetail } from "./AlarmDetail";
import { Figures } from "./Figures";
import { History } from "./History";
import { PhoneList } from "./PhoneList";
import { SecondLook } from "./SecondLook";
import { StandingList } from "./StandingList";
import { wanting } from "./state";
import { unknownAfter, useAlarms } from "./useAlarms";

/** What is wrong with the alarms themselves. */
function Notes({ alarms }: { alarms: Alarms }) {
  const { t } = useWords();
  const notes = [...alarms.flood.map((roster) => t.alarm.flood(roster)), ...(alarms.unsaved > 0 ? [t.alarm.unsaved(String(alarms.unsaved))] : [])];
  if (notes.length === 0) return null;
  return (
    <ul className="alarm-notes">
      {notes.map((n) => (
        <li key={n}>{n}</li>
      ))}
    </ul>
  );
}

/** What is kept silent and by whom. */
function Silent({ alarms, zone, token, setToken }: { alarms: Alarms; zone: string; token: string; setToken: (token: string) => void }) {
  const { t } = useWords();
  const [back, putBack] = useState<string>();
  const at = (time: string) => `${date(time, zone)} ${clock(time, zone)}`;
  const notes = [
    ...alarms.shelves.map((s) => `${s.key}: ${t.alarm.shelvedUntil(at(s.until), s.by, s.reason)}`),
    ...alarms.suppressions.map((s) => `${s.keys.join(", ")}: ${t.alarm.suppressedBy(s.condition)}${s.reason ? ` (${s.reason})` : ""}`),
  ];
  if (notes.length === 0 && alarms.out_of_service.length === 0) return null;
  return (
    <div className="alarm-silent">
      <ul className="alarm-notes">
        {notes.map((n) => (
          <li key={n}>{n}</li>
        ))}
        {alarms.out_of_service.map((o) => (
          <li key={o.key}>
            {o.key}: {t.alarm.outWhy(`${o.reason} (${o.by})`)}
            <button type="button" className="button" onClick={() => putBack(o.key)}>
              {t.alarm.putBack}
            </button>
          </li>
        ))}
      </ul>
      {back !== undefined && (
        <Act key={back} acting={{ title: t.alarm.putBack, effect: t.alarm.putBackEffect(back), says: "note", act: (reason, by) => alarmService(back, false, reason, by) }} token={token} setToken={setToken} close={() => putBack(undefined)} />
      )}
    </div>
  );
}

type Tab = "active" | "history" | "figures" | "phones" | "look";

/** The alarms of the site: what stands, what was, how they do, and whom they reach. */
export function AlarmPage({ site }: { site: Site }) {
  const { t, code, told } = useWords();
  const { hash, go } = useHash();
  const [tab, setTab] = useState<Tab>("active");
  const [token, setToken] = useState("");
  const { alarms, none, heard, failed } = useAlarms();
  useNow(1000);
  const [began] = useState(() => Date.now());
  const age = Date.now() - (heard || began);
  const old = !none && age > unknownAfter;
  const now = alarms ? Date.parse(alarms.now) + (Date.now() - heard) : Date.now();
  const counts = wanting(alarms?.alarms ?? []);
  const says = old ? t.alarm.unknown(span(age, code)) : counts.map((c) => t.alarm.counts(String(c.count), t.watch.severities[c.severity] ?? c.severity)).join(t.watch.and) || (alarms ? t.alarm.none : t.alarm.loading);
  // On a phone an alarm takes the place of the list: who comes back is where he was.
  const place = useRef(0);
  const open = (id: string) => {
    if (!hash.alarm) place.current = window.scrollY;
    go({ alarms: true, alarm: id });
  };
  useEffect(() => {
    if (place.current > 0) window.scrollTo(0, hash.alarm ? 0 : place.current);
  }, [hash.alarm]);
  const list = alarms?.alarms ?? [];
  return (
    <div className={`alarms${hash.alarm ? " has-detail" : ""}${old ? " is-old" : ""}`}>
      <SiteHead site={site} here="alarms" title={t.alarm.title} state={says} meaning={old ? "high" : counts[0] ? signOf(counts[0].severity) : "ok"} time={alarms && now} old={old} />
      <div className="tabs" role="tablist">
        {(["active", "history", "figures", "phones", "look"] as const).map((name) => (
          <button key={name} type="button" role="tab" className="button toggle" aria-selected={tab === name} onClick={() => setTab(name)}>
            {t.alarm[name]}
          </button>
        ))}
      </div>
      <section className="panel alarms-main" aria-label={t.alarm[tab]}>
        {none && <p className="nothing">{t.alarm.noAlarms}</p>}
        {tab === "active" && !none && (
          <>
            {alarms && <Notes alarms={alarms} />}
            {alarms && <Silent alarms={alarms} zone={site.zone} token={token} setToken={setToken} />}
            {list.length === 0 && <p className="nothing">{old ? (failed ? told(failed) : t.alarm.unknownWhat) : alarms ? t.alarm.none : t.alarm.loading}</p>}
            <StandingList alarms={list} now={now} open={open} chosen={hash.alarm} zone={site.zone} />
          </>
        )}
        {tab === "history" && !none && <History zone={site.zone} now={now} open={open} chosen={hash.alarm} />}
        {tab === "figures" && !none && <Figures />}
        {tab === "phones" && !none && <PhoneList token={token} setToken={setToken} now={now} open={open} />}
        {tab === "look" && !none && <SecondLook zone={site.zone} token={token} setToken={setToken} />}
      </section>
      {hash.alarm ? (
        <AlarmDetail key={hash.alarm} id={hash.alarm} zone={site.zone} now={now} token={token} setToken={setToken} close={() => go({ alarms: true })} />
      ) : (
        tab !== "figures" && (
          <section className="panel alarm-detail alarm-choose">
            <p className="nothing">{t.alarm.choose}</p>
          </section>
        )
      )}
      <p className="advice">{t.watch.advice}</p>
    </div>
  );
}
