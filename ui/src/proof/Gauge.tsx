import type { Accuracy, SampleTally } from "../api/client";
import { Sign, type Meaning } from "../components/Sign";
import { bound, clock, count, date } from "../words/figures";
import { useWords } from "../words/Language";

/** The shape for what is proven: red where a known bad part would pass now, amber where the proof is of something else. */
export function proofShape(a: Accuracy | undefined): Meaning | undefined {
  if (a?.state === "stale") return "medium";
  if (a?.state !== "current") return undefined;
  return (a.judged?.known_bad.wrong ?? 0) > 0 ? "high" : undefined;
}

/** Of a tally, what proves something: the parts that the model was not taught from. */
const untaught = (tally: SampleTally) => ({ parts: tally.parts - (tally.taught ?? 0), wrong: tally.wrong - (tally.taught_wrong ?? 0) });

/** Both bounds with their counts, in two short rows. */
export function GaugeShort({ accuracy: a }: { accuracy: Accuracy | undefined }) {
  const { t, code } = useWords();
  if (!a) return null;
  const j = a.judged;
  if (!j) return <span className="eyes-word gauge-none">{t.accuracy.none}</span>;
  const row = (name: string, tally: SampleTally) => (
    <span className="gauge-row">
      <span className="gauge-name">{name}</span>
      <b>{tally.upper_95 ? t.accuracy.short(bound(tally.upper_95), count(untaught(tally).wrong, code), count(untaught(tally).parts, code)) : t.accuracy.unbound(count(untaught(tally).wrong, code), count(untaught(tally).parts, code))}</b>
    </span>
  );
  const wrong = proofShape(a);
  return (
    <span className={`gauge-short is-${a.state}`}>
      <span className="gauge-rows">
        {row(t.accuracy.bad, j.known_bad)}
        {row(t.accuracy.good, j.known_good)}
      </span>
      {wrong && (
        <span className="gauge-word">
          <Sign meaning={wrong} size={20} />
          {a.state === "stale" && t.accuracy.stale}
        </span>
      )}
    </span>
  );
}

/** Four powers of ten from "all may be wrong" to one in ten thousand: the longer, the more is proven. */
const decades = 4;
export const proven = (upper: number) => Math.max(0, Math.min(1, -Math.log10(upper) / decades));

function Scale({ tally }: { tally: SampleTally }) {
  return (
    <svg className="gauge-scale" viewBox="0 0 400 34" aria-hidden>
      <rect className="eye-track" width="400" height="14" rx="3" />
      {tally.upper_95 !== undefined && <rect className="gauge-fill" width={400 * proven(tally.upper_95)} height="14" rx="3" />}
      {["10 %", "1 %", "0.1 %", "0.01 %"].map((name, i) => (
        <g key={name}>
          <path className="gauge-tick" d={`M${100 * (i + 1) - 0.5} 0v16`} />
          <text x={100 * (i + 1) - 2} y="31" textAnchor="end">
            {name}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** What the limit samples prove of the line: both bounds with their counts, by what, and since when. */
export function Gauge({ accuracy: a, zone }: { accuracy: Accuracy | undefined; zone: string }) {
  const { t, code } = useWords();
  const j = a?.judged;
  const say = (tally: SampleTally, text: (parts: string, wrong: string, bound: string) => string, none: string) => {
    const [parts, wrong] = [count(untaught(tally).parts, code), count(untaught(tally).wrong, code)];
    const taught = tally.taught ? ` · ${t.accuracy.taught(count(tally.taught, code))}` : "";
    if (tally.parts === 0) return none;
    return (tally.upper_95 ? text(parts, wrong, bound(tally.upper_95)) : t.accuracy.noBound(parts, wrong)) + taught;
  };
  const level = proofShape(a);
  return (
    <section className="gauge" aria-label={t.accuracy.title}>
      <h3>
        {level && <Sign meaning={level} size={22} />}
        {t.accuracy.title}
        {a && j && <span>{a.state === "stale" ? t.accuracy.stale : level === "high" ? t.accuracy.wouldPass : t.accuracy.current}</span>}
      </h3>
      {a && !j && (
        <p>
          {t.accuracy.none} · {t.accuracy.noneWhat}
        </p>
      )}
      {a && j && (
        <>
          {a.why && <p className="gauge-why">{a.why}</p>}
          <div className={`gauge-two is-${a.state}`}>
            <div>
              <p className="gauge-say">{say(j.known_bad, t.accuracy.sayBad, t.accuracy.noBad)}</p>
              <Scale tally={j.known_bad} />
            </div>
            <div>
              <p className="gauge-say">{say(j.known_good, t.accuracy.sayGood, t.accuracy.noGood)}</p>
              <Scale tally={j.known_good} />
            </div>
          </div>
          <p>
            {t.accuracy.judged(`${date(j.at, zone)} ${clock(j.at, zone)}`, t.accuracy.whys[j.reason] ?? j.reason)}, {t.accuracy.by(j.recipe.name, j.model.name)}
            {j.unjudged > 0 && ` · ${t.accuracy.unjudged(count(j.unjudged, code))}`}
          </p>
          <p>{t.accuracy.note}</p>
        </>
      )}
    </section>
  );
}
