import type { Alarm, AlarmDelivery, AlarmState, LogEvent, Severity } from "../api/client";

export const severities: Severity[] = ["critical", "high", "medium", "low", "info"];
const rank = (s: Severity) => severities.indexOf(s);

/** Whether it wants somebody: there or gone, nobody took it. */
export const wants = (a: Alarm) => a.state === "unacknowledged" || a.state === "returned";
/** Whether it is kept silent, by a person or by design. */
export const silent = (a: Alarm) => a.state === "shelved" || a.state === "suppressed" || a.state === "out of service";

const turn = (a: Alarm) => (wants(a) ? 0 : a.state === "acknowledged" ? 1 : silent(a) ? 2 : 3);

/** The alarms as they are shown: those that want somebody first, then by severity, then those that have waited longest. */
export function ordered(alarms: Alarm[]): Alarm[] {
  return [...alarms].sort((a, b) => turn(a) - turn(b) || rank(a.severity) - rank(b.severity) || Date.parse(a.opened) - Date.parse(b.opened));
}

/** How many want somebody, by severity, the gravest first. Drills count for nobody. */
export function wanting(alarms: Alarm[]): { severity: Severity; count: number }[] {
  const real = alarms.filter((a) => wants(a) && !a.drill);
  return severities.map((severity) => ({ severity, count: real.filter((a) => a.severity === severity).length })).filter((s) => s.count > 0);
}

/** How many are in each state, those that want somebody first. Drills are in a state as others are. */
export function states(alarms: Alarm[]): { state: AlarmState; count: number }[] {
  const all: AlarmState[] = ["unacknowledged", "returned", "acknowledged", "shelved", "suppressed", "out of service", "normal"];
  return all.map((state) => ({ state, count: alarms.filter((a) => a.state === state).length })).filter((s) => s.count > 0);
}

/** A step that a delivery came to, and how long after it was called for (s). */
export interface Step {
  step: "sent" | "received" | "opened" | "acknowledged" | "failed";
  seconds: number;
}

export function steps(d: AlarmDelivery): Step[] {
  const out: Step[] = [];
  for (const step of ["sent", "received", "opened", "acknowledged", "failed"] as const) {
    const at = d[step];
    if (at) out.push({ step, seconds: Math.max(0, (Date.parse(at) - Date.parse(d.pending)) / 1000) });
  }
  return out;
}

/** What is kept of an alarm. */
export interface Kept {
  picture?: string;
  clips: { sha256: string; from: string; to: string }[];
  missing: string[];
  /** It is about something seen, so that somebody can say whether that was real. */
  seen: boolean;
  /** Why its rule's alarms are raised whatever people say. */
  firm?: string;
  /** What somebody called it last. */
  label?: string;
}

const isHash = (v: unknown): v is string => typeof v === "string" && /^[0-9a-f]{64}$/.test(v);
const strings = (v: unknown) => (Array.isArray(v) ? v.filter((s): s is string => typeof s === "string") : []);

/** What the alarm's events say is kept of it: its picture, and later its clip. */
export function kept(events: LogEvent[]): Kept {
  const out: Kept = { clips: [], missing: [], seen: false };
  for (const e of events) {
    if (e.type === "linesman.alarm.labelled.v1") {
      const said = (e.data as { label?: unknown } | null)?.label;
      if (typeof said === "string" && said !== "none") out.label = said;
      else delete out.label;
    }
    if (e.type !== "linesman.alarm.recorded.v1" || typeof e.data !== "object" || e.data === null) continue;
    const data = e.data as { picture_sha256?: unknown; clips?: unknown; missing?: unknown; key?: unknown; firm?: unknown };
    if (typeof data.key === "string") out.seen = true;
    if (typeof data.firm === "string") out.firm = data.firm;
    if (isHash(data.picture_sha256)) out.picture = data.picture_sha256;
    for (const c of Array.isArray(data.clips) ? (data.clips as { sha256?: unknown; from?: unknown; to?: unknown }[]) : []) {
      if (isHash(c.sha256)) out.clips.push({ sha256: c.sha256, from: String(c.from), to: String(c.to) });
    }
    out.missing.push(...strings(data.missing));
  }
  return out;
}

/** Whether its clip may be shown: it shows faces, so somebody must have acknowledged. */
export const clipOpen = (a: Alarm) => a.acknowledged !== undefined;
