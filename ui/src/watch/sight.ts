import type { Severity, Watch, WatchHour, WatchTrack } from "../api/client";
import { lateAfter, staleAfter, type Freshness } from "../line/health";
import type { Words } from "../words/words";

/** A track's items of dress that are missing, in words; what nobody could see is not missing. */
export const missing = (track: WatchTrack, t: Words) => track.dress.filter((d) => d.worn === "missing").map((d) => t.watch.dress[d.item] ?? d.item);

/** What is written at a track's box. */
export function caption(track: WatchTrack, t: Words): string {
  const label = t.watch.labels[track.label] ?? track.label;
  const without = missing(track, t);
  const words = without.length ? `${label}: ${t.watch.without(without.join(t.watch.and))}` : label;
  return track.seen ? words : `${words} (${t.watch.hidden})`;
}

/** How bad a camera's state is. Resting is calm: nothing moves there. */
export function level(watch: Watch): "high" | "medium" | undefined {
  if (watch.sights.length || watch.state === "blind") return "high";
  if (watch.state === "short" || watch.faults.length) return "medium";
  return undefined;
}

/**
 * Judges a safety camera's picture. ageMS is its age now; undefined if none
 * came. A camera that rests sends pictures all the same.
 */
export function sightFreshness(p: { silent: boolean; ageMS: number | undefined; lag: number }): Freshness {
  if (p.silent) return "noData";
  if (p.ageMS === undefined) return "none";
  if (p.ageMS > staleAfter) return "stale";
  return p.ageMS + p.lag > lateAfter ? "late" : "live";
}

/** The sign of a severity. */
export const signOf = (severity: Severity) => (({ info: "low", low: "low", medium: "medium", high: "high", critical: "critical" }) as const)[severity];

/** One row of the table of alarm hours: a zone and an object, by hour of the day at the site. */
export interface HourRow {
  key: string;
  camera: string;
  zone: string;
  object: string;
  raised: number;
  seconds: number;
  /** Times that a second look kept one back; not in raised and seconds. */
  withheld: number;
  /** By hour of the day, 0 to 23. */
  hours: { raised: number; seconds: number }[];
}

/** The hour of the day at the site. */
export function hourOf(at: string, zone: string): number {
  return Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone: zone }).format(new Date(at)));
}

/** Makes rows of the cells of the last day, those with the most alarms first. */
export function hourRows(cells: WatchHour[], zone: string, now: number, days = 1): HourRow[] {
  const rows = new Map<string, HourRow>();
  for (const c of cells) {
    if (now - Date.parse(c.hour) >= days * 24 * 3_600_000) continue;
    const key = [c.camera, c.zone, c.object].join("\n");
    let row = rows.get(key);
    if (!row) {
      row = { key, camera: c.camera, zone: c.zone, object: c.object, raised: 0, seconds: 0, withheld: 0, hours: Array.from({ length: 24 }, () => ({ raised: 0, seconds: 0 })) };
      rows.set(key, row);
    }
    const cell = row.hours[hourOf(c.hour, zone)];
    if (!cell) continue;
    cell.raised += c.raised;
    cell.seconds += c.seconds;
    row.raised += c.raised;
    row.seconds += c.seconds;
    row.withheld += c.withheld;
  }
  return [...rows.values()].sort((a, b) => b.raised - a.raised || b.seconds - a.seconds || b.withheld - a.withheld || a.key.localeCompare(b.key));
}
