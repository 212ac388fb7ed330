import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Accuracy, EyeMeasure, Eyes, EyeView } from "../api/client";
import { proven } from "../proof/Gauge";
import { en } from "../words/words";
import { trendPath } from "./EyeGraphs";
import { age, amount, bar, eyeAlarms, share, worst } from "./eyes";
import { EyesDialog } from "./EyesDialog";
import { EyesPanel } from "./EyesPanel";

const at = "2026-11-24T11:00:00Z";
const measure = (change: Partial<EyeMeasure>): EyeMeasure => ({ what: "light", unit: "%", now: -3.14, warn_at: 13, limit: 20, state: "steady", trend: [], ...change });
const view = (change: Partial<EyeView>): EyeView => ({ view: "top", camera: "cam-1", recipe: "t@1", state: "steady", at, age_ms: 200, frames: 200, learn: 200, origin: { from: at, to: at, frames: 200, carried: false }, measures: [measure({})], ...change });
const eyes = (...views: EyeView[]): Eyes => ({ line: "l", now: at, views });
const accuracy = (change: Partial<Accuracy>, bad = 0): Accuracy => ({
  line: "l", state: "current", recipe: "t@1", model: "m@1", ...change,
  judged: { at, seq: "7", reason: "schedule", recipe: { name: "t@1", sha256: "" }, model: { name: "m@1", sha256: "" }, unjudged: 3, wrong: [],
    known_bad: { parts: 1204, wrong: bad, upper_95: 0.002485 }, known_good: { parts: 3112, wrong: 2, upper_95: 0.002022 } },
});

describe("figures of the eyes", () => {
  it.each([
    [measure({}), "−3.1 %", "±13.0 %", 0.157],
    [measure({ now: -0.04 }), "0.0 %", "±13.0 %", 0.002],
    [measure({ what: "cast", unit: "dE", now: 7, warn_at: 3, limit: 6 }), "7.0 ΔE", "3.0 ΔE", 1],
    [measure({ what: "position", unit: "px", now: 1, warn_at: 2, limit: 4 }), "1.0 px", "2.0 px", 0.25],
    [measure({ what: "score", unit: "score", now: -0.2, warn_at: 0.1, limit: 0.2 }), "−0.20", "+0.10", 0],
  ])("%o", (m, now, warn, part) => {
    expect([amount(m), bar(m, m.warn_at)]).toEqual([now, warn]);
    expect(share(m)).toBeCloseTo(part, 3);
  });

  it("a state outweighs a distance, and each measure is shown once", () => {
    const far = measure({ now: 19 });
    const warned = measure({ now: 12, state: "warning" });
    expect(worst([view({ measures: [far] }), view({ measures: [warned, measure({ what: "dirt" })] })]).map((m) => m.now)).toEqual([12, -3.14]);
  });

  it("the state ages while nothing is heard", () => {
    expect(age(view({}), 1000, 4000)).toBe(3200);
    const { at: _, ...never } = view({});
    expect(age(never, 1000, 4000)).toBeUndefined();
  });

  it("a trend breaks where a minute is missing, and ends with the hour", () => {
    const minute = (n: number, value: number) => ({ from: new Date(Date.parse(at) - n * 60_000).toISOString(), value });
    const m = measure({ trend: [minute(70, 1), minute(31, 0), minute(30, 10), minute(20, 40), minute(1, -20)] });
    expect(trendPath(m, Date.parse(at))).toBe("M50.0 20.0h0L51.7 11.0M68.3 2.0h0M100.0 38.0h0");
  });

  it("more proof is a longer bar", () => {
    expect([1, 0.1, 0.001, 1e-9].map(proven)).toEqual([0, 0.25, 0.75, 1].map((n) => expect.closeTo(n, 6)));
  });
});

describe("the top of the page", () => {
  const dark = view({ measures: [measure({ now: -22, state: "limit", why: "dark", what_to_do: "check the lamps" }), measure({ what: "focus", state: "warning" })] });
  it.each([
    ["steady", eyes(view({})), accuracy({}), []],
    ["beyond a limit; a warning stays below", eyes(dark), accuracy({}), ["Camera cam-1: light beyond its limit"]],
    ["an escape among the samples", eyes(), accuracy({}, 1), ["1 known bad would pass"]],
    ["an escape by what judges no more", eyes(), accuracy({ state: "stale" }, 1), []],
    ["nothing known", undefined, undefined, []],
  ])("%s", (_, e, a, want) => expect(eyeAlarms(e, a, en, "en").map((x) => x.title)).toEqual(want));
});

let orders: { path: string; init: RequestInit | undefined }[];
let refusal: string | undefined;

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  orders = [];
  refusal = undefined;
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    orders.push({ path, init });
    return Promise.resolve(new Response(JSON.stringify(refusal ? { detail: refusal } : eyes(view({ state: "learning" }))), { status: refusal ? 403 : 200 }));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const panel = (e: Eyes | undefined, a: Accuracy | undefined, heard = Date.now()) => render(<EyesPanel eyes={e} heard={heard} accuracy={a} open={() => undefined} />);

describe("the panel", () => {
  it("both bounds with their counts, rounded up", () => {
    panel(eyes(view({})), accuracy({}));
    expect(screen.getByText("≤ 0.25 % · 0 of 1,204")).toBeTruthy();
    expect(screen.getByText("≤ 0.21 % · 2 of 3,112")).toBeTruthy();
    expect(screen.getByText("Steady")).toBeTruthy();
    expect(document.querySelector(".is-high, .is-medium")).toBeNull();
  });

  it("says what is beyond, what is old, what is stale and what is not proven", () => {
    const r = panel(eyes(view({ measures: [measure({ state: "limit" })] })), accuracy({}));
    expect(screen.getByText("Beyond limit")).toBeTruthy();
    expect(document.querySelector(".panel.is-high")).toBeTruthy();
    r.unmount();
    const old = panel(eyes(view({})), accuracy({ state: "stale", why: "judged by model m@0; now m@1 judges" }), Date.now() - 60_000);
    expect(screen.getByText("not measured for 60 s")).toBeTruthy();
    expect(screen.queryByText("Steady")).toBeNull();
    expect(screen.getByText("Stale")).toBeTruthy();
    old.unmount();
    const { judged: _, ...none } = accuracy({ state: "none" });
    panel(eyes(view({ state: "learning", frames: 37, measures: [] })), none);
    expect(screen.getByText("Learning the origin: 37 of 200 frames")).toBeTruthy();
    expect(screen.getByText(/Not proven/)).toBeTruthy();
  });
});

describe("the whole of it", () => {
  const show = (e: Eyes, a: Accuracy) =>
    render(
      <QueryClientProvider client={new QueryClient()}>
        <EyesDialog line="l" eyes={e} heard={Date.now()} accuracy={a} zone="Asia/Shanghai" error={undefined} close={() => undefined} />
      </QueryClientProvider>,
    );
  const accept = () => {
    fireEvent.click(screen.getByRole("button", { name: "Accept as new origin" }));
    expect(screen.getByText(/its next 200 frames make the origin/)).toBeTruthy();
    const go = screen.getByRole<HTMLButtonElement>("button", { name: "Do it" });
    fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: " lm_1 " } });
    expect(go.disabled).toBe(true); // no reason yet
    fireEvent.change(screen.getByLabelText(/Reason/), { target: { value: " new lamps " } });
    fireEvent.click(go);
  };

  it("the proof in sentences, by what, and who accepted the origin", () => {
    show(eyes(view({ origin: { from: at, to: at, frames: 200, carried: true, accepted: { at, by: "user:q", reason: "new lamps", seq: "3" } } })), accuracy({ state: "stale", why: "judged by model m@0; now m@1 judges" }));
    expect(screen.getByText("Of 1,204 known bad 0 passed: at most 0.25 % (95 %)")).toBeTruthy();
    expect(screen.getByText("Of 3,112 known good 2 were rejected: at most 0.21 % (95 %)")).toBeTruthy();
    expect(screen.getByText(/now m@1 judges/)).toBeTruthy();
    expect(screen.getByText("accepted by user:q 2026-11-24 19:00:00: new lamps")).toBeTruthy();
    expect(screen.getByText(/carried on over a restart/)).toBeTruthy();
    expect(screen.getByText(/3 labelled parts could not be judged/)).toBeTruthy();
  });

  it("accepting wants a reason and a token, and says what was taken", async () => {
    show(eyes(view({})), accuracy({}));
    accept();
    expect(await screen.findByText("Taken: top is learning its new origin.")).toBeTruthy();
    expect(orders.map((o) => [o.path, o.init?.method, o.init?.body, (o.init?.headers as Record<string, string>)["Authorization"]])).toEqual([["/api/v1/lines/l/eyes/origin", "POST", '{"view":"top","reason":"new lamps"}', "Bearer lm_1"]]);
  });

  it("a refusal comes in the appliance's words", async () => {
    refusal = 'user:o has not the right "recipe"';
    show(eyes(view({})), accuracy({}));
    accept();
    expect((await screen.findByRole("alert")).textContent).toBe(refusal);
  });
});
