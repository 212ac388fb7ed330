import "./eyes.css";

import { useEffect, useRef, useState } from "react";

import type { Accuracy, EyeMeasure, Eyes, EyeView } from "../api/client";
import { Sign } from "../components/Sign";
import { Gauge } from "../proof/Gauge";
import { clock, count, date, span } from "../words/figures";
import { useWords } from "../words/Language";
import { AcceptOrigin } from "./AcceptOrigin";
import { EyeBar, EyeTrend } from "./EyeGraphs";
import { age, amount, bar, oldAfter, shape } from "./eyes";

function MeasureRow({ measure: m, now }: { measure: EyeMeasure; now: number }) {
  const { t, told } = useWords();
  const meaning = shape(m.state);
  return (
    <li className={`measure is-${m.state}`}>
      <div className="measure-words">
        <b>
          {meaning && <Sign meaning={meaning} size={22} label={t.eyes.states[m.state] ?? m.state} />}
          {t.eyes.measures[m.what] ?? m.what}
        </b>
        <span>{t.eyes.meanings[m.what]}</span>
      </div>
      <div className="measure-now">
        <b>{amount(m)}</b>
        <EyeBar measure={m} />
        <span>
          {t.eyes.warnAt} {bar(m, m.warn_at)} · {t.eyes.limit} {bar(m, m.limit)}
        </span>
      </div>
      {m.trend.length > 0 ? <EyeTrend measure={m} now={now} label={t.eyes.hour} /> : <span className="measure-none">{t.eyes.noTrend}</span>}
      {m.why && (
        <p className="measure-why">
          {told(m.why)} · {told(m.what_to_do ?? "")}
        </p>
      )}
    </li>
  );
}

function View(p: { line: string; view: EyeView; now: number; heard: number; zone: string; token: string; setToken: (token: string) => void }) {
  const { t, code } = useWords();
  const [accepting, accept] = useState(false);
  const { view: v } = p;
  const old = age(v, p.heard, Date.now());
  const when = (at: string) => `${date(at, p.zone)} ${clock(at, p.zone)}`;
  return (
    <section className="eyes-view" aria-label={v.view}>
      <header>
        <div>
          <h3>
            {shape(v.state) && <Sign meaning={shape(v.state) ?? "ok"} size={22} />}
            {v.view === v.camera ? v.view : `${v.view} · ${v.camera}`}
            <span>{t.eyes.states[v.state] ?? v.state}</span>
          </h3>
          <p>
            {v.state === "learning" && `${t.eyes.learning(count(v.frames, code), count(v.learn, code))} · `}
            {old === undefined ? t.eyes.never : old > oldAfter ? t.eyes.old(span(old, code)) : t.eyes.measured(span(old, code))}
            {v.origin && ` · ${t.eyes.origin(when(v.origin.from), count(v.origin.frames, code))}`}
            {v.origin?.carried && ` · ${t.eyes.carried}`}
          </p>
          {v.origin?.accepted && <p>{t.eyes.acceptedBy(v.origin.accepted.by, when(v.origin.accepted.at), v.origin.accepted.reason)}</p>}
        </div>
        <button type="button" className="button" disabled={accepting} onClick={() => accept(true)}>
          {t.eyes.accept}
        </button>
      </header>
      {accepting && <AcceptOrigin line={p.line} view={v} token={p.token} setToken={p.setToken} done={() => accept(false)} />}
      <ul className={old === undefined || old > oldAfter ? "measures is-old" : "measures"}>
        {v.measures.map((m) => (
          <MeasureRow key={m.what} measure={m} now={p.now} />
        ))}
      </ul>
    </section>
  );
}

/** Every measure of every view with its last hour, the proof, and the way to a new origin. */
export function EyesDialog(p: { line: string; eyes: Eyes | undefined; heard: number; accuracy: Accuracy | undefined; zone: string; error: string | undefined; close: () => void }) {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState("");
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="recipes eyes" onClose={p.close} aria-label={t.eyes.title}>
      <header className="recipes-head">
        <h2>{t.eyes.title}</h2>
        <nav className="recipes-nav">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t.close} ✕
          </button>
        </nav>
      </header>
      <div className="eyes-body">
        <Gauge accuracy={p.accuracy} zone={p.zone} />
        {p.error && (
          <p className="order-refused" role="alert">
            {p.error}
          </p>
        )}
        {p.eyes?.views.length === 0 && <p className="nothing">{t.eyes.none}</p>}
        {p.eyes?.views.map((v) => (
          <View key={v.view} line={p.line} view={v} now={Date.parse(p.eyes?.now ?? "")} heard={p.heard} zone={p.zone} token={token} setToken={setToken} />
        ))}
      </div>
    </dialog>
  );
}
