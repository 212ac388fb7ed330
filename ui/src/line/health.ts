import type { Words } from "../words/words";
import type { Live } from "./live";

/** After this long without news (ms) nothing may be taken for live any more. */
export const staleAfter = 3000;
/** A picture or figure older than this (ms) when it comes is late. */
export const lateAfter = 1500;

export interface Alarm {
  key: string;
  level: "high" | "medium";
  title: string;
  why?: string | undefined;
  what?: string | undefined;
  /** ISO time since when, where that is known. */
  since?: string | undefined;
}

/** How long the page has heard nothing (ms). */
export const silence = (live: Live, now: number) => now - (live.state?.at ?? live.began);

/** Whether what is shown may be taken for the present. */
export const noData = (live: Live, now: number) => silence(live, now) > staleAfter;

/** Whether the line itself has ceased to say anything, though the appliance answers. */
export const lineSilent = (live: Live, now: number) => live.state !== undefined && live.state.value.line.age_ms + (now - live.state.at) > staleAfter;

/** What is wrong, the worst first. An empty list is a grey page. */
export function alarms(live: Live, now: number, t: Words): Alarm[] {
  const out: Alarm[] = [];
  const high = (a: Omit<Alarm, "level">) => out.push({ level: "high", ...a });
  const medium = (a: Omit<Alarm, "level">) => out.push({ level: "medium", ...a });

  if (noData(live, now)) {
    // All else is hearsay by now.
    high({ key: "no-data", title: t.alarms.noData, what: t.alarms.noDataWhat, since: live.state?.value.now });
    return out;
  }
  const state = live.state?.value;
  if (!state) return out;
  const { line } = state;

  if (lineSilent(live, now)) high({ key: "silent", title: t.alarms.silent, what: t.alarms.silentWhat, since: line.at });
  if (!line.plc.connected) high({ key: "plc", title: t.alarms.plc(line.plc.name), why: line.plc.error, what: t.alarms.plcWhat, since: line.plc.since });
  if (line.state === "blind") high({ key: "blind", title: t.alarms.blind, why: line.why, what: line.what_to_do });
  else if (line.state === "held" || line.plc.held) high({ key: "held", title: t.alarms.held, why: line.why, what: line.what_to_do ?? t.alarms.heldWhat });
  if (line.ledger.mismatch) high({ key: "ledger", title: t.alarms.ledger, why: line.ledger.mismatch, what: t.alarms.ledgerWhat });
  for (const c of line.cameras) {
    if (c.status === "live" || c.status === "ended") continue;
    high({ key: `camera ${c.camera}`, title: t.alarms.camera(c.camera, t.cameraStates[c.status] ?? c.status), why: c.error, what: c.status === "frozen" ? t.alarms.frozenWhat : t.alarms.cameraWhat, since: c.since });
  }
  for (const c of state.cameras) {
    if (c.status === "live" || c.status === "ended") continue;
    medium({ key: `camera ${c.camera}`, title: t.alarms.camera(c.camera, t.cameraStates[c.status] ?? c.status), why: c.error, what: c.status === "frozen" ? t.alarms.frozenWhat : t.alarms.cameraWhat, since: c.since });
  }
  if (live.lag > lateAfter) medium({ key: "late", title: t.alarms.late, what: t.alarms.lateWhat });
  return out;
}

/** What may be said of a picture. Only "live" goes without a word on it. */
export type Freshness = "live" | "none" | "late" | "stale" | "frozen" | "standing" | "noData" | "down";

/**
 * Judges a picture. ageMS is its age now, at the appliance's clock; moving says
 * whether new pictures are to be expected at all.
 */
export function freshness(p: { silent: boolean; status: string | undefined; ageMS: number | undefined; lag: number; moving: boolean }): Freshness {
  if (p.silent) return "noData";
  if (p.status === "down" || p.status === "stalled" || p.status === "connecting") return "down";
  if (p.ageMS === undefined) return "none";
  if (p.status === "frozen") return "frozen";
  if (p.ageMS > staleAfter) return p.moving ? "stale" : "standing";
  if (p.ageMS + p.lag > lateAfter) return "late";
  return "live";
}
