import { expect, it } from "vitest";

import type { LogEvent } from "../api/client";
import { sampleAlarm, sampleDelivery } from "./sample";
import { clipOpen, kept, ordered, steps, wanting } from "./state";

it("alarms that want somebody come first, the gravest, then those that waited longest", () => {
  const alarms = [
    sampleAlarm({ id: "shelved", state: "shelved", severity: "critical" }),
    sampleAlarm({ id: "taken", state: "acknowledged", severity: "critical" }),
    sampleAlarm({ id: "young", opened: "2026-11-24T10:59:00Z" }),
    sampleAlarm({ id: "old" }),
    sampleAlarm({ id: "grave", severity: "critical", state: "returned" }),
  ];
  expect(ordered(alarms).map((a) => a.id)).toEqual(["grave", "old", "young", "taken", "shelved"]);
});

it("counts by severity are of those that want somebody; drills want nobody", () => {
  const alarms = [sampleAlarm(), sampleAlarm({ state: "returned" }), sampleAlarm({ state: "acknowledged" }), sampleAlarm({ severity: "critical" }), sampleAlarm({ drill: true })];
  expect(wanting(alarms)).toEqual([{ severity: "critical", count: 1 }, { severity: "high", count: 2 }]);
});

it("a delivery's steps are seconds since it was called for", () => {
  expect(steps(sampleDelivery())).toEqual([{ step: "sent", seconds: 0.4 }, { step: "received", seconds: 1.2 }]);
  expect(steps(sampleDelivery({ sent: undefined as never, received: undefined as never, failed: "2026-11-24T10:59:00Z" }))).toEqual([{ step: "failed", seconds: 60 }]);
});

it("what is kept is read from the log with care", () => {
  const event = (type: string, data: unknown) => ({ type, data }) as LogEvent;
  const a = "a".repeat(64);
  const b = "b".repeat(64);
  const events = [
    event("linesman.alarm.raised.v1", { picture_sha256: b }),
    event("linesman.alarm.recorded.v1", { picture_sha256: a }),
    event("linesman.alarm.recorded.v1", { clips: [{ sha256: b, from: "x", to: "y" }, { sha256: "../evil" }], missing: ["the last 3 s"] }),
    event("linesman.alarm.recorded.v1", null),
  ];
  expect(kept(events)).toEqual({ picture: a, clips: [{ sha256: b, from: "x", to: "y" }], missing: ["the last 3 s"], seen: false });
});

it("a clip is closed until somebody has acknowledged", () => {
  expect(clipOpen(sampleAlarm())).toBe(false);
  expect(clipOpen(sampleAlarm({ acknowledged: { by: "user:li", at: "2026-11-24T10:59:00Z" } }))).toBe(true);
});
