import { expect, it } from "vitest";

import type { Shot } from "../api/client";
import { bytes, heatColour, touched } from "./overlay";

it("heat is clear on good parts and red at twice the threshold", () => {
  expect(heatColour(0)[3]).toBe(0);
  expect(heatColour(127)[3]).toBe(0); // just below the threshold
  const [, atThreshold, , alpha] = heatColour(128);
  expect(atThreshold).toBeGreaterThan(200);
  expect(alpha).toBeGreaterThan(60);
  expect(heatColour(170)[1]).toBe(0); // r = 2
  expect(heatColour(255)[3]).toBe(153);
});

it("bytes come back as they were sent", () => expect([...bytes("AH+A/w==")]).toEqual([0, 127, 128, 255]));

it("a glove opens the nearest abnormal part and never a good one", () => {
  const mark = (part: string, outcome: "pass" | "fail", left: number) => ({ part, outcome, box: [left, 0, left + 40, 40], lane: 1, score: 1, reasons: [] });
  const shot = { marks: [mark("good", "pass", 0), mark("near", "fail", 60), mark("far", "fail", 200)] } as unknown as Shot;
  expect(touched(shot, 45, 20, 22)?.part).toBe("near");
  expect(touched(shot, 20, 20, 22)).toBeUndefined();
  expect(touched(shot, 220, 20, 22)?.part).toBe("far");
});
