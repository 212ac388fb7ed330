import type { LogEvent, Verdict } from "../api/client";
import type { Words } from "../words/words";

export interface Step {
  name: string;
  at: string;
  /** Milliseconds after the exposure. */
  after: number;
  bad: boolean;
}

const text = (data: unknown, key: string): string => {
  const value = typeof data === "object" && data !== null ? (data as Record<string, unknown>)[key] : undefined;
  return typeof value === "string" ? value : "";
};

/** What happened to a part, in order: the stages of its verdict, then what the controller saw. */
export function story(v: Verdict, events: LogEvent[], t: Words): Step[] {
  const { timing } = v;
  const begin = Date.parse(timing.exposure);
  const out: Step[] = [];
  const step = (name: string, at: string | undefined, bad = false) => {
    if (at) out.push({ name, at, after: Date.parse(at) - begin, bad });
  };
  step(t.exposure, timing.exposure);
  step(t.located, timing.located);
  step(t.judged, timing.judged);
  step(t.acked, timing.acked, v.late);
  step(t.deadline, timing.deadline);
  for (const e of events) {
    if (e.type.includes(".part.gated.")) step(t.gated[text(e.data, "result")] ?? text(e.data, "result"), e.time, text(e.data, "result") === "too late");
    if (e.type.includes(".part.confirmed.")) {
      const went = text(e.data, "went");
      step(t.went[went] ?? went, e.time, went === "exited" && v.outcome !== "pass");
    }
    if (e.type.includes(".part.lost.")) step(`${t.lostPart}: ${text(e.data, "why")}`, e.time, true);
    if (e.type.includes(".part.suspect.")) step(`${t.suspect}: ${text(e.data, "why")}`, e.time, true);
  }
  return out.sort((a, b) => a.after - b.after);
}
