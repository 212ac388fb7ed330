import type { State, Verdict } from "./client";

/** A line that runs well, for tests. */
export function sample(): State {
  const t = "2026-11-24T11:00:00Z";
  const camera = (name: string): State["cameras"][number] => ({ camera: name, status: "live", since: t, frames: 100, dropped: 0, damaged: 0, restarts: 0, fps: 5, width: 640, height: 360 });
  return {
    now: t,
    cameras: [camera("gate-view")],
    strip: [],
    rejects: [],
    line: {
      line: "caps-1", at: t, age_ms: 100, recipe: "cap-28@3", batch: "B-1", model: "cap@1", state: "running", parts_per_minute: 700,
      counts: { pass: 990, fail: 9, inconclusive: 1, late: 0 },
      ledger: {
        frames_received: 1000, frames_triggered: 1000, found: 1000, at_gate: 980, verdicts: 1000, passes: 990, exited: 965, rejects: 10, ejected: 10,
        collateral: 0, travelling: 20, landing: 5, exposing: 0, unseen: 0, lost: 0, blind: 0,
      },
      plc: { name: "plc-1", connected: true, since: t, held: false, running: true, speed_mm_s: 525, mode: "queue" },
      cameras: [camera("top")],
      decision: { p50_ms: 30, p99_ms: 50, max_ms: 80 },
    },
  };
}

/** A rejected part, for tests. */
export function rejected(change: Partial<Verdict> = {}): Verdict {
  const exposure = "2026-11-24T11:00:00.000Z";
  return {
    part: "01890000-0000-7000-8000-000000000001", seq: "7", line: "caps-1", at: exposure, outcome: "fail", score: 2.3,
    reasons: [{ rule: "outline", class: "chip", measured: 0.81, limit: 0.35, unit: "mm", text: "outline leaves the good parts' range" }],
    model: "cap@1", model_sha256: "a".repeat(64), recipe: "cap-28@3", recipe_sha256: "b".repeat(64), lane: 1, due: { epoch: 1, count: 4711 },
    late: false, collateral: false, timing: { exposure, judged: "2026-11-24T11:00:00.040Z", acked: "2026-11-24T11:00:00.048Z" },
    ...change,
  };
}
