import { expect, it } from "vitest";

import { bound, clock, count, date, measure, offset, percent, span } from "./figures";
import { preferred } from "./Language";
import { en, zh } from "./words";

it.each([
  [9999, 10_000, "99.99"],
  [99_999, 100_000, "99.99"], // never rounded up to 100
  [1, 1, "100.00"],
  [0, 0, "–"],
])("percent(%d, %d) is %s", (part, whole, want) => expect(percent(part, whole)).toBe(want));

it.each([
  [0.002485, "0.25"], [0.002022, "0.21"], // never rounded down
  [0.0063e-2, "0.0063"], [0.05, "5.0"], [0.126, "13"], [0.9999, "100"], [1, "100"],
])("bound(%d) is %s", (share, want) => expect(bound(share)).toBe(want));

it.each([
  [0, "0"], [0.0993, "0.099"], [0.81, "0.810"], [2.3, "2.30"], [58.73, "58.7"], [270.6, "271"], [1.7976931348623157e308, "∞"], [NaN, "∞"],
])("measure(%d) is %s", (n, want) => expect(measure(n)).toBe(want));

it.each([
  [-5, "0 ms"], [234, "230 ms"], [3240, "3.2 s"], [9949, "9.9 s"], [9960, "10 s"], [119_000, "119 s"], [240_000, "4 min"], [7_300_000, "2 h"],
])("span(%d) is %s", (ms, want) => expect(span(ms, "en")).toBe(want));

it("times are the site's, not the browser's", () => {
  const at = Date.parse("2026-11-24T23:59:58.123Z");
  expect(clock(at, "Asia/Shanghai", true)).toBe("07:59:58.123");
  expect(date(at, "Asia/Shanghai")).toBe("2026-11-25");
  expect(clock(at, "Europe/Berlin")).toBe("00:59:58");
  expect(offset(at, "Asia/Shanghai")).toBe("GMT+8");
});

it("counts have their thousands set apart", () => expect(count(49823, "en")).toBe("49,823"));

it.each([
  [null, ["zh-CN", "en"], "zh"], [null, ["de-DE", "zh-TW"], "zh"], [null, ["de", "en-US", "zh"], "en"], [null, ["fr"], "en"], ["zh", ["en"], "zh"], ["klingon", ["en"], "en"],
] as const)("stored %s and wanted %s gives %s", (stored, wanted, want) => expect(preferred(stored, wanted)).toBe(want));

it("every list of words has the same keys in both languages", () => {
  for (const key of ["states", "outcomes", "modes", "cameraStates", "gated", "went"] as const) {
    expect(Object.keys(zh[key]).sort(), key).toEqual(Object.keys(en[key]).sort());
  }
  for (const key of ["states", "faults", "sights", "labels", "dress", "severities"] as const) {
    expect(Object.keys(zh.watch[key]).sort(), key).toEqual(Object.keys(en.watch[key]).sort());
  }
  for (const key of ["states", "meanings", "steps"] as const) {
    expect(Object.keys(zh.alarm[key]).sort(), key).toEqual(Object.keys(en.alarm[key]).sort());
  }
});
