import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { en, zh } from "../words/words";
import { AcceptView } from "./AcceptView";
import type { WatchLive } from "./live";
import { samplePicture, sampleWatch, sampleWatched } from "./sample";
import { caption, hourRows, level, sightFreshness } from "./sight";
import { SafetyPage } from "./SafetyPage";
import { Spaces } from "./Spaces";
import { Standing } from "./Standing";
import { WatchTile } from "./WatchTile";
import { Withheld } from "./Withheld";

const live: WatchLive = { began: 0, pictures: {}, lag: 0 };
vi.mock("./live", () => ({ useWatches: () => live }));

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("a caption says what is missing, and never what nobody could see", () => {
  const [first, second] = samplePicture().tracks;
  expect(caption(first!, en)).toBe("Person: no helmet");
  expect(caption(second!, en)).toBe("Person (hidden)");
  expect(caption(first!, zh)).toContain("安全帽");
});

it.each([
  ["seeing", {}, undefined],
  ["resting is calm", { state: "resting" }, undefined],
  ["blind", { state: "blind", why: "covered" }, "high"],
  ["short of cores", { state: "short" }, "medium"],
  ["moved", { faults: [{ what: "moved", since: "2026-11-24T11:00:00Z", text: "" }] }, "medium"],
  ["fire", { sights: [{ what: "fire", box: [0, 0, 1, 1], since: "2026-11-24T11:00:00Z" }] }, "high"],
] as const)("the level of a camera that is %s", (_, change, want) => expect(level(sampleWatch(change as never))).toBe(want));

it.each([
  [{ silent: true, ageMS: 10, lag: 0 }, "noData"],
  [{ silent: false, ageMS: undefined, lag: 0 }, "none"],
  [{ silent: false, ageMS: 3001, lag: 0 }, "stale"],
  [{ silent: false, ageMS: 900, lag: 700 }, "late"],
  [{ silent: false, ageMS: 900, lag: 0 }, "live"],
] as const)("a picture of %j is %s", (p, want) => expect(sightFreshness(p)).toBe(want));

it("alarm hours are rows by zone and object, over hours of the day at the site, of the last day alone", () => {
  const cell = (hour: string, zone: string, raised: number, seconds: number) => ({ hour, camera: "yard", zone, object: "person", raised, seconds, withheld: zone === "door" ? 4 : 0 });
  const now = Date.parse("2026-11-24T11:30:00Z");
  const rows = hourRows([cell("2026-11-24T10:00:00Z", "crane", 1, 60), cell("2026-11-24T11:00:00Z", "crane", 2, 30), cell("2026-11-23T11:00:00Z", "crane", 50, 3000), cell("2026-11-24T11:00:00Z", "door", 9, 5)], "Asia/Shanghai", now);
  expect(rows.map((r) => [r.zone, r.raised, r.seconds, r.withheld])).toEqual([["door", 9, 5, 4], ["crane", 3, 90, 0]]);
  expect(rows[1]!.hours[18]).toEqual({ raised: 1, seconds: 60 });
  expect(rows[1]!.hours[19]).toEqual({ raised: 2, seconds: 30 });
});

const tile = (change: Parameters<typeof sampleWatch>[0], ageMS: number, silence = 0) =>
  render(<WatchTile watch={sampleWatch(change)} alerts={sampleWatched().alerts} got={{ value: { ...samplePicture(), age_ms: ageMS }, at: 1000 }} now={1000} lag={0} silence={silence} zone="UTC" />);

it.each([["box", "has not the cores"], ["camera", "sends too few"]] as const)("a tile that is short says of how many, and that the %s is behind it", (by, what) => {
  tile({ state: "short", short_by: by, seen_fps: 2.1 }, 100);
  expect(screen.getByText("Looks 2.1 times a second of 5 asked for").parentElement!.textContent).toContain(what);
  expect(screen.getByText(/2\.1 of 5 looks\/s/)).toBeTruthy();
  for (const words of [en, zh]) expect(words.watch.shortWhat[by]).toBeTruthy();
});

it("a live tile shows who is where and how many", () => {
  const { container } = tile({}, 100);
  expect(screen.getByText("Person: no helmet")).toBeTruthy();
  expect(container.querySelectorAll(".framed-missing")).toHaveLength(1);
  expect(container.querySelector(".zone.is-wrong")).toBeTruthy(); // a rule holds there
  expect(container.querySelector(".zone-counts dd")?.textContent).toBe("1People");
  expect(container.querySelector(".veil")).toBeNull();
});

it("an old picture is veiled with its age", () => {
  const { container } = tile({}, 5000);
  expect(container.querySelector(".screen.is-stale")).toBeTruthy();
  expect(screen.getByText("Not live: last picture 5.0 s ago")).toBeTruthy();
});

it("of a blind camera nobody knows how many there are", () => {
  const { container } = tile({ state: "blind", why: "the picture is covered" }, 100);
  expect(screen.getByText("Blind: the picture is covered")).toBeTruthy();
  expect(container.querySelector(".watch.is-high")).toBeTruthy();
  expect([...container.querySelectorAll(".zone-counts dd")].map((d) => d.textContent)).toEqual(["?unknown", "?unknown"]);
});

it("while the appliance is silent nothing of the tile passes for the present", () => {
  const { container } = tile({}, 100, 4000);
  expect(screen.getByText("No data for 4.0 s")).toBeTruthy();
  expect(container.querySelector(".zone-counts.is-unknown")).toBeTruthy();
});

it("rules that hold say what to do, the gravest first", () => {
  const [alert] = sampleWatched().alerts;
  render(<Standing alerts={[{ ...alert!, key: "a", severity: "medium", text: "No vest", say: "Put a vest on." }, alert!]} now={Date.parse("2026-11-24T11:00:00Z")} />);
  expect([...document.querySelectorAll(".standing-say")].map((e) => e.textContent)).toEqual(["Stop the crane.", "Put a vest on."]);
  expect(screen.getAllByText(/for 30 s/)).toHaveLength(2);
});

/** The sample with an alert that is withheld in another zone. */
function withheldOne() {
  const [alert] = sampleWatched().alerts;
  return { ...alert!, key: "w", zone: "walkway", severity: "critical" as const, text: "Somebody on the walkway", withheld: { id: "w1", since: "2026-11-24T10:59:50Z", by: "20261127.140500", sights: [{ label: "person", crop_sha256: "a".repeat(64), score: 0.6, box: { x0: 0, y0: 0, x1: 1, y1: 1 } }] } };
}

it("an alert that is withheld is shown apart, and neither counts nor colours anything", () => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  const watch = sampleWatch({ zones: [{ name: "walkway", corners: [[0, 0], [1, 0], [1, 1]], people: 1, vehicles: 0 }] });
  live.state = { value: sampleWatched({ watches: [watch], alerts: [withheldOne()] }), at: performance.now() };
  live.pictures = { yard: { value: samplePicture(), at: performance.now() } };
  const { container } = render(
    <QueryClientProvider client={new QueryClient()}>
      <SafetyPage site={{ site: "demo", version: "1", zone: "UTC", now: "2026-11-24T11:00:00Z", lines: [], cameras: [] }} />
    </QueryClientProvider>,
  );
  expect(container.querySelector(".panel-standing")?.textContent).toBe("What holds nowNo rule holds.");
  expect(container.querySelector(".panel-withheld .panel-aside")?.textContent).toBe("1");
  expect(container.querySelector(".panel-withheld img")?.getAttribute("src")).toBe(`/api/v1/evidence/${"a".repeat(64)}`);
  expect(container.querySelector(".zone.is-wrong")).toBeNull();
  expect(container.querySelector(".head .sign-high")).toBeNull();
});

it("one that was real is called so, its effect shown first, and with a token", async () => {
  const orders: [string, string][] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => (orders.push([path, String(init.body)]), Promise.resolve(new Response("{}", { status: 200 }))));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Withheld alerts={[...sampleWatched().alerts, withheldOne()]} now={Date.parse("2026-11-24T11:00:00Z")} />
    </QueryClientProvider>,
  );
  expect(screen.getByText(/for 10 s/)).toBeTruthy();
  fireEvent.click(screen.getByText("This was a real one…"));
  expect(screen.getByText(/it is raised now if it still stands/)).toBeTruthy();
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  fireEvent.click(screen.getByText("It was real", { selector: "button" }));
  await waitFor(() => expect(screen.getByText("Done.")).toBeTruthy());
  expect(orders).toEqual([["/api/v1/alarms/w1/label", '{"label":"real"}']]);
});

it("a head count is set with its effect shown first, and with a token", async () => {
  const orders: [string, RequestInit][] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    orders.push([path, init]);
    return Promise.resolve(new Response(JSON.stringify({ ...sampleWatched(), set: { zone: "hall", people: 5, off: 2, set: true } }), { status: 200 }));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Spaces spaces={sampleWatched().spaces} zone="UTC" />
    </QueryClientProvider>,
  );
  fireEvent.click(screen.getByText("Set to…"));
  fireEvent.change(screen.getByLabelText("People counted"), { target: { value: "5" } });
  expect(screen.getByText(/hall will say 5 instead of 7/)).toBeTruthy();
  expect(screen.getByText<HTMLButtonElement>("Do it").disabled).toBe(true);
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  fireEvent.click(screen.getByText("Do it"));
  await waitFor(() => expect(screen.getByText("hall: 5 people. The count was 2 too high.")).toBeTruthy());
  expect(orders.map(([path, init]) => [path, init.method, init.body])).toEqual([["/api/v1/spaces/hall/heads", "PUT", '{"people":5}']]);
});

it("a count that nobody knows is the fewest there can be, and says why", () => {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Spaces spaces={[{ space: "hall", now: 3, in: 3, out: 0, short: 0, unknown: "nobody has counted yet" }]} zone="UTC" />
    </QueryClientProvider>,
  );
  expect(screen.getByText("≥ 3")).toBeTruthy();
  expect(screen.getByText(/Not known, at least so many: nobody has counted yet\. Count/)).toBeTruthy();
});

it.each([["moved", 1], ["covered", 1], ["dark", 0], ["frozen", 0]])("a camera that is %s can be said to show what it should: %i", (what, buttons) => {
  tile({ faults: [{ what, since: "2026-11-24T11:00:00Z", text: "" }] } as never, 100);
  expect(screen.queryAllByText("View is right…")).toHaveLength(buttons);
});

it("a view is taken for right with a reason and a token, its effect shown first", async () => {
  const orders: [string, RequestInit][] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    orders.push([path, init]);
    return Promise.resolve(new Response(JSON.stringify(sampleWatched()), { status: 200 }));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <AcceptView camera="yard" close={() => {}} />
    </QueryClientProvider>,
  );
  expect(screen.getByText(/until then nobody watches there/)).toBeTruthy();
  fireEvent.change(screen.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "View is right" }).disabled).toBe(true);
  fireEvent.change(screen.getByRole("textbox"), { target: { value: " hung anew " } });
  fireEvent.click(screen.getByRole("button", { name: "View is right" }));
  await waitFor(() => expect(screen.getByText("yard learns what it shows now.")).toBeTruthy());
  expect(orders.map(([path, init]) => [path, init.method, init.body])).toEqual([["/api/v1/watches/yard/view", "POST", '{"reason":"hung anew"}']]);
});
