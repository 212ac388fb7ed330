import "./eyes.css";

import type { Accuracy, Eyes } from "../api/client";
import { Panel } from "../components/Panel";
import { Sign } from "../components/Sign";
import { GaugeShort, proofShape } from "../proof/Gauge";
import { count, span } from "../words/figures";
import { useWords } from "../words/Language";
import { EyeBar, EyeTrend } from "./EyeGraphs";
import { age, amount, oldAfter, shape, worst } from "./eyes";

/** What the cameras show of themselves, and what is proven, at a glance; a touch shows all of it. */
export function EyesPanel({ eyes, heard, accuracy, open }: { eyes: Eyes | undefined; heard: number; accuracy: Accuracy | undefined; open: () => void }) {
  const { t, code } = useWords();
  const views = eyes?.views ?? [];
  const all = worst(views);
  const state = all.some((m) => m.state === "limit") ? "limit" : all.some((m) => m.state === "warning") ? "warning" : "steady";
  const learning = views.find((v) => v.state === "learning");
  const ages = views.map((v) => age(v, heard, Date.now()));
  const oldest = Math.max(0, ...ages.map((a) => a ?? 0));
  const old = ages.some((a) => a === undefined) || oldest > oldAfter;
  const word = learning ? t.eyes.states["learning"] : t.eyes.states[state];
  const level = proofShape(accuracy) === "high" ? "high" : shape(state);
  return (
    <Panel
      title={t.eyes.title}
      area="eyes"
      abnormal={level === "high" || level === "medium" ? level : undefined}
      aside={
        views.length > 0 && (
          <span className="panel-aside verdict-word">
            {old ? ages.some((a) => a === undefined) ? t.eyes.never : t.eyes.old(span(oldest, code)) : <Sign meaning={shape(state) ?? "ok"} size={20} />}
            {!old && word}
          </span>
        )
      }
    >
      <button type="button" className="eyes-open" aria-label={t.eyes.open} onClick={open}>
        {eyes && views.length === 0 && <span className="eyes-word">{t.eyes.none}</span>}
        {learning && <span className="eyes-word">{t.eyes.learning(count(learning.frames, code), count(learning.learn, code))}</span>}
        {all.length > 0 && (
          <span className={`eyes-short${old ? " is-old" : ""}`}>
            {all.map((m) => (
              <span key={m.what} className={`eye is-${m.state}`}>
                <span className="eye-name">
                  {t.eyes.measures[m.what] ?? m.what}
                  <b>{amount(m)}</b>
                </span>
                <EyeBar measure={m} />
                <EyeTrend measure={m} now={Date.parse(eyes?.now ?? "")} />
              </span>
            ))}
          </span>
        )}
        <GaugeShort accuracy={accuracy} />
      </button>
    </Panel>
  );
}
