import { describe, expect, it } from "vitest";

import { sample } from "../api/sample";
import { en } from "../words/words";
import { alarms, freshness, noData } from "./health";
import { Lag } from "../api/stream";
import type { Live } from "./live";

const at = 10_000;

function live(change: (s: ReturnType<typeof sample>) => void = () => undefined, rest: Partial<Live> = {}): Live {
  const state = sample();
  change(state);
  return { began: 0, state: { value: state, at }, pictures: {}, lag: 0, ...rest };
}

describe("alarms", () => {
  const cases: [string, Live, number, string[]][] = [
    ["a line that runs well is grey", live(), at + 400, []],
    ["2.9 s without news is still no alarm", live(), at + 2900, []],
    ["3 s without news is", live(), at + 3100, ["no-data"]],
    ["a page that never heard anything", { began: 0, pictures: {}, lag: 0 }, 3100, ["no-data"]],
    ["old news hides what was wrong before", live((s) => (s.line.plc.connected = false)), at + 9000, ["no-data"]],
    ["a line that stopped reporting", live((s) => (s.line.age_ms = 2800)), at + 400, ["silent"]],
    ["held", live((s) => (s.line.state = "held")), at, ["held"]],
    ["held by the controller", live((s) => (s.line.plc.held = true)), at, ["held"]],
    ["blind, and the camera that is the cause", live((s) => { s.line.state = "blind"; s.line.cameras[0]!.status = "down"; }), at, ["blind", "camera top"]],
    ["controller gone", live((s) => { s.line.plc.connected = false; s.line.state = "held"; }), at, ["plc", "held"]],
    ["ledger", live((s) => (s.line.ledger.mismatch = "one missing")), at, ["ledger"]],
    ["a frozen camera beside the line", live((s) => (s.cameras[0]!.status = "frozen")), at, ["camera gate-view"]],
    ["a recording that has ended is no fault", live((s) => (s.cameras[0]!.status = "ended")), at, []],
    ["a slow connection", live(undefined, { lag: 2000 }), at, ["late"]],
  ];
  it.each(cases)("%s", (_, l, now, want) => {
    expect(alarms(l, now, en).map((a) => a.key)).toEqual(want);
  });

  it("a camera beside the line is less than one it judges by", () => {
    const both = live((s) => { s.line.cameras[0]!.status = "stalled"; s.cameras[0]!.status = "stalled"; });
    expect(alarms(both, at, en).map((a) => a.level)).toEqual(["high", "medium"]);
  });
});

describe("freshness", () => {
  const good = { silent: false, status: "live", ageMS: 200, lag: 0, moving: true };
  it.each([
    ["live", good, "live"],
    ["never a picture", { ...good, ageMS: undefined }, "none"],
    ["late on the way", { ...good, lag: 1600 }, "late"],
    ["old while the belt moves", { ...good, ageMS: 3001 }, "stale"],
    ["old while it stands", { ...good, ageMS: 3001, moving: false }, "standing"],
    ["frozen, though new frames come", { ...good, status: "frozen" }, "frozen"],
    ["camera down", { ...good, status: "down" }, "down"],
    ["reconnecting", { ...good, status: "connecting" }, "down"],
    ["no data beats all", { ...good, status: "down", silent: true }, "noData"],
  ] as const)("%s", (_, p, want) => {
    expect(freshness(p)).toBe(want);
  });
});

it("silence counts from the beginning until something comes", () => {
  expect(noData({ began: 0, pictures: {}, lag: 0 }, 2999)).toBe(false);
  expect(noData({ began: 0, pictures: {}, lag: 0 }, 3001)).toBe(true);
});

it("lag is measured against the quickest message, whatever the clocks say", () => {
  const lag = new Lag();
  const sent = (ms: number) => new Date(1_700_000_000_000 + ms).toISOString();
  expect(lag.read(sent(0), 50)).toBe(0);
  expect(lag.read(sent(1000), 1040)).toBe(0); // quicker: the new mark
  expect(lag.read(sent(2000), 4040)).toBe(2000);
  expect(lag.read(sent(3000), 3045)).toBe(5);
  expect(lag.read(sent(3000 - 3_600_000), 4045)).toBe(0); // the appliance's clock was set back
});
