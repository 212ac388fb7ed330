import type { Watch, Watched, WatchPicture } from "../api/client";

const at = "2026-11-24T11:00:00Z";

/** A safety camera that sees two people, one of them without a helmet, for tests. */
export function sampleWatch(change: Partial<Watch> = {}): Watch {
  return {
    camera: "yard", state: "seeing", at, age_ms: 100, wanted_fps: 5, seen_fps: 4.9, look_ms: 60, frames: 1000, skipped: 0, looked: 900, rested: 100, blind: 0, people: 2, vehicles: 1,
    zones: [{ name: "crane", corners: [[0.1, 0.5], [0.9, 0.5], [0.9, 0.9], [0.1, 0.9]], people: 1, vehicles: 1 }],
    lines: [{ name: "door", ends: [[0.1, 0.8], [0.9, 0.8]], in: "down" }],
    tracks: [], faults: [], sights: [], size: [480, 270],
    ...change,
  };
}

/** All of a site, for tests. */
export function sampleWatched(change: Partial<Watched> = {}): Watched {
  return {
    now: at,
    watches: [sampleWatch()],
    spaces: [{ space: "hall", now: 7, in: 12, out: 5, short: 0 }],
    alerts: [{ key: "crane/yard", rule: "crane", camera: "yard", zone: "crane", severity: "high", text: "Somebody under the crane", say: "Stop the crane.", raised: "2026-11-24T10:59:30Z" }],
    ...change,
  };
}

/** Its picture: one person seen without a helmet, one hidden, whose dress nobody could see. */
export function samplePicture(): WatchPicture {
  return {
    camera: "yard", seq: 7, at, now: at, age_ms: 100, width: 480, height: 270, jpeg: "AAAA", sights: [],
    tracks: [
      { number: 1, label: "person", box: [0.1, 0.2, 0.2, 0.8], seen: true, seconds: 4, dress: [{ item: "helmet", worn: "missing" }, { item: "vest", worn: "worn" }, { item: "mask", worn: "unknown" }] },
      { number: 2, label: "person", box: [0.5, 0.2, 0.6, 0.8], seen: false, seconds: 9, dress: [{ item: "helmet", worn: "unknown" }] },
    ],
  };
}
