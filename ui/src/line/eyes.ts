import type { Accuracy, EyeMeasure, Eyes, EyeView } from "../api/client";
import type { Meaning } from "../components/Sign";
import { count } from "../words/figures";
import type { Code } from "../words/Language";
import type { Words } from "../words/words";
import type { Alarm } from "./health";

/** Frames are measured four times a second: after this long without one (ms) the state is old. */
export const oldAfter = 10_000;

/** A share that is better than at first alarms nobody where only a rise is bad. */
const away = (m: EyeMeasure, value = m.now) => (m.what === "score" ? Math.max(value, 0) : Math.abs(value));

/** How far a measure has come on its way to the limit, 0 to 1. */
export const share = (m: EyeMeasure, value = m.now) => Math.min(1, away(m, value) / m.limit);

const signed = new Set(["light", "focus", "scale", "dirt", "score"]);
const digits = (m: EyeMeasure) => (m.unit === "score" ? 2 : 1);

/** A value of a measure with its sign where it has one, and its unit. */
export function amount(m: EyeMeasure, value = m.now): string {
  const text = Math.abs(value).toFixed(digits(m));
  const zero = Number(text) === 0;
  const sign = zero || !signed.has(m.what) ? "" : value < 0 ? "−" : "+";
  return `${sign}${text}${unit(m)}`;
}

/** A warning or limit, which counts either way. */
export const bar = (m: EyeMeasure, value: number) => `${m.what === "score" ? "+" : signed.has(m.what) ? "±" : ""}${value.toFixed(digits(m))}${unit(m)}`;

const unit = (m: EyeMeasure) => (m.unit === "score" ? "" : m.unit === "dE" ? " ΔE" : ` ${m.unit}`);

/** The shape for a state: none while all is well. */
export const shape = (state: string): Meaning | undefined => (state === "limit" ? "high" : state === "warning" ? "medium" : undefined);

/** Of several views the worst of each measure, in their order. */
export function worst(views: EyeView[]): EyeMeasure[] {
  const out = new Map<string, EyeMeasure>();
  for (const m of views.flatMap((v) => v.measures)) {
    const had = out.get(m.what);
    if (!had || rank(m) > rank(had)) out.set(m.what, m);
  }
  return [...out.values()];
}

const rank = (m: EyeMeasure) => ["steady", "warning", "limit"].indexOf(m.state) + share(m);

/** How long ago a view was measured (ms), now; undefined if it never was. heard is when the page was told. */
export const age = (v: EyeView, heard: number, now: number) => (v.at ? v.age_ms + Math.max(0, now - heard) : undefined);

/** What of the eyes and the proof belongs to the top of the page: limits that are passed and known bad parts that would pass. */
export function eyeAlarms(eyes: Eyes | undefined, accuracy: Accuracy | undefined, t: Words, code: Code): Alarm[] {
  const out: Alarm[] = [];
  for (const v of eyes?.views ?? []) {
    for (const m of v.measures) {
      if (m.state === "limit") out.push({ key: `eyes ${v.view} ${m.what}`, level: "high", title: t.eyes.alarm(v.camera, t.eyes.measures[m.what] ?? m.what), why: m.why, what: m.what_to_do });
    }
  }
  const bad = accuracy?.state === "current" ? (accuracy.judged?.known_bad.wrong ?? 0) : 0;
  if (bad > 0) out.push({ key: "accuracy", level: "high", title: t.accuracy.alarm(count(bad, code)), what: t.accuracy.alarmWhat, since: accuracy?.judged?.at });
  return out;
}
