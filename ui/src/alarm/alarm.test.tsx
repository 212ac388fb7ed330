import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { AlarmDetail, AlarmKPIs, Alarms, Phones, Site } from "../api/client";
import { AlarmBanner } from "./AlarmBanner";
import { AlarmPage } from "./AlarmPage";
import { rate } from "./Figures";
import { sampleAlarm, sampleAlarms, sampleDelivery, sampleNow } from "./sample";

const site: Site = { site: "demo", version: "1", zone: "UTC", now: sampleNow, lines: [], cameras: [] };
const hash = "c".repeat(64);

let standing: Alarms;
let detail: AlarmDetail;
let orders: [string, string][];
let status: number;

const kpis: AlarmKPIs = {
  from: "2026-11-23T11:00:00Z", to: sampleNow, raised: 300, per_10_minutes: 2.08, target_per_10_minutes: 1, most_in_10_minutes: 14, floods: 1, flood_share: 0.02, by_severity: { high: 300 },
  chattering: [{ key: "watch/door", count: 9 }], stale: [sampleAlarm()], stale_after_s: 86_400, top: [{ key: "watch/crane/yard", count: 200 }], acknowledged: 12, median_acknowledged_s: 42,
};
const phones: Phones = {
  now: sampleNow,
  recipients: [{ recipient: "li", name: "Li Wei", channels: ["page", "push"], push_devices: ["ab12", "cd34"], mine: false, answers: [{ channel: "push", driver: "webpush", device: "ab12", at: sampleNow, ago_s: 7200, after_s: 1.3, drill: false }, { channel: "page", driver: "page", device: "feed0123beef", at: sampleNow, ago_s: 60, after_s: 0.4, drill: true }] }, { recipient: "gate", name: "Gate house", channels: ["page"], push_devices: [], mine: false, answers: [] }],
  phones: [{ recipient: "li", device: "0123456789abcdef", connected: true, since: sampleNow, heard: sampleNow, heard_ago_s: 40, silent: true }],
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(sampleNow) });
  window.location.hash = "";
  standing = sampleAlarms();
  detail = { alarm: sampleAlarm(), deliveries: [sampleDelivery()], events: [] };
  orders = [];
  status = 200;
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    const answer = (code: number, body: unknown) => Promise.resolve(new Response(JSON.stringify(body), { status: code }));
    if (init?.method === "POST") {
      orders.push([path, String(init.body)]);
      return path.endsWith("/drill") ? answer(200, { alarm: "d", within_s: 60 }) : answer(200, sampleAlarm({ state: "acknowledged" }));
    }
    if (path.endsWith("/watches")) return answer(200, { now: sampleNow, watches: [], spaces: [], alerts: [] });
    if (path.includes("/kpis")) return answer(200, kpis);
    if (path.includes("/phones")) return answer(200, phones);
    if (path.includes("/history")) return answer(200, { alarms: [{ alarm: sampleAlarm({ text: "Long ago", state: "normal" }), deliveries: [] }] });
    if (path.includes("/alarms/0")) return answer(200, detail);
    return answer(status, status === 200 ? standing : { detail: "this appliance keeps no alarms" });
  });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const show = (what: React.ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>{what}</QueryClientProvider>);
const open = async () => {
  show(<AlarmPage site={site} />);
  fireEvent.click(await screen.findByRole("button", { name: /Somebody under the crane/ }));
  return within(await screen.findByRole("region", { name: "Somebody under the crane" }));
};

it("the bar counts by severity what wants somebody, and says the gravest in words", async () => {
  standing = sampleAlarms([sampleAlarm(), sampleAlarm({ id: "b", severity: "critical", text: "Fire in the yard" }), sampleAlarm({ id: "c", state: "acknowledged" })]);
  show(<AlarmBanner />);
  const bar = await screen.findByRole("alert");
  expect(bar.textContent).toContain("2 alarms want somebody: 1 critical, 1 high");
  expect(bar.textContent).toContain("Fire in the yard · for 2 min");
});

it("nothing wanting, and a site without alarms, show no bar", async () => {
  standing = sampleAlarms([sampleAlarm({ state: "acknowledged" })]);
  show(<AlarmBanner />);
  await Promise.resolve();
  expect(screen.queryByRole("alert")).toBeNull();
  cleanup();
  status = 404;
  show(<AlarmPage site={site} />);
  expect(await screen.findByText("This appliance keeps no alarms.")).toBeTruthy();
});

it("a box that does not answer makes alarms unknown, never none", async () => {
  status = 502;
  show(<AlarmBanner />);
  vi.setSystemTime(Date.parse(sampleNow) + 20_000);
  expect((await screen.findByRole("alert", undefined, { timeout: 4000 })).textContent).toContain("Alarms unknown: no answer for");
});

it("an alarm tells its state, what to do, and how far each call has come", async () => {
  const panel = await open();
  expect(panel.getByText("Unacknowledged")).toBeTruthy();
  expect(panel.getByText("Stop the crane.")).toBeTruthy();
  expect(panel.getByText(/Received/).textContent).toBe("Received after 1.2 s");
  expect(panel.getByText(/The clip shows faces/)).toBeTruthy();
});

it("acknowledging says its effect first and wants a token; a note may be given", async () => {
  const panel = await open();
  fireEvent.click(panel.getByText("Acknowledge"));
  expect(panel.getByText(/Nobody is called for it any more/)).toBeTruthy();
  const go = panel.getByText<HTMLButtonElement>("Acknowledge", { selector: "button" });
  expect(go.disabled).toBe(true);
  fireEvent.change(panel.getByLabelText(/Note/), { target: { value: "I am there" } });
  fireEvent.change(panel.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  fireEvent.click(go);
  await waitFor(() => expect(panel.getByText("Done.")).toBeTruthy());
  expect(orders).toEqual([["/api/v1/alarms/01890000-0000-7000-8000-000000000001/acknowledge", '{"note":"I am there"}']]);
});

it("shelving wants an end and a reason", async () => {
  const panel = await open();
  fireEvent.click(panel.getByText("Shelve…"));
  fireEvent.change(panel.getByLabelText(/Your token/), { target: { value: "lm_1" } });
  const go = panel.getByText<HTMLButtonElement>("Shelve", { selector: "button" });
  expect(go.disabled).toBe(true);
  fireEvent.change(panel.getByLabelText(/Reason/), { target: { value: "Crane test" } });
  expect(go.disabled).toBe(true);
  fireEvent.click(panel.getByText("30 min"));
  expect(panel.getByText(/Nobody is called for watch\/crane\/yard until 2026-11-24 11:30:00/)).toBeTruthy();
  fireEvent.click(go);
  await waitFor(() => expect(orders).toHaveLength(1));
  expect(orders[0]).toEqual(["/api/v1/alarms/01890000-0000-7000-8000-000000000001/shelve", '{"until":"2026-11-24T11:30:00.000Z","reason":"Crane test"}']);
});

it("the clip of an acknowledged alarm can be played", async () => {
  detail.alarm = sampleAlarm({ state: "acknowledged", acknowledged: { by: "recipient:li", channel: "push", at: sampleNow } });
  detail.events = [{ type: "linesman.alarm.recorded.v1", data: { clips: [{ sha256: hash, from: "", to: "" }] } } as AlarmDetail["events"][number]];
  const panel = await open();
  expect(panel.getByLabelText("Clip").getAttribute("src")).toBe(`/api/v1/evidence/${hash}`);
  expect(panel.getByText(/Taken by recipient:li 2026-11-24 11:00:00 by its link \(push\)/)).toBeTruthy();
});

it("figures stand against their target", async () => {
  show(<AlarmPage site={site} />);
  fireEvent.click(await screen.findByRole("tab", { name: "Figures" }));
  expect((await screen.findByText("Alarms in 10 minutes")).parentElement?.textContent).toContain("2.08over target");
  expect(screen.getByText("watch/door")).toBeTruthy();
  expect(screen.getByText("42 s")).toBeTruthy();
});

it("a phone that is silent is seen, and a person without one", async () => {
  show(<AlarmPage site={site} />);
  fireEvent.click(await screen.findByRole("tab", { name: "Phones" }));
  expect(await screen.findByText(/Silent for 40 s/)).toBeTruthy();
  expect(screen.getByText("No phone is connected")).toBeTruthy();
  fireEvent.click(screen.getByText("Drill…"));
  expect(screen.getByText(/A staged alarm goes out on every path/)).toBeTruthy();
});

it("each device says when it last received something, or that it never did", async () => {
  show(<AlarmPage site={site} />);
  fireEvent.click(await screen.findByRole("tab", { name: "Phones" }));
  await screen.findByText(/Silent for 40 s/);
  expect([...document.querySelectorAll(".phone")].map((p) => [p.className, p.textContent?.replace(/\s+/g, " ").trim()])).toEqual([
    ["phone is-high", "Installed page 01234567Connected · Silent for 40 snever received anything"],
    ["phone", "Installed page feed0123Not connectedlast received 60 s ago, 400 ms after its alarm (drill)"],
    ["phone", "Web Push ab12last received 2 h ago, 1.3 s after its alarm"],
    ["phone is-medium", "Web Push cd34never received anything"],
    ["phone is-medium", "No phone is connected Open /phone on it and sign in."],
  ]);
});

/** So many alarms, the last one the gravest, every fifth taken and one shelved. */
const many = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    sampleAlarm({ id: `0${i}`, text: `Alarm ${i}`, severity: i === n - 1 ? "critical" : "medium", state: i === 0 ? "shelved" : i % 5 === 0 ? "acknowledged" : "unacknowledged", opened: new Date(Date.parse(sampleNow) - 1000 * (n - i)).toISOString() }),
  );
const rows = () => [...document.querySelectorAll(".alarm-row .row-words b")].map((b) => b.textContent);

it("of many alarms the gravest that want somebody come first, twenty more at a touch", async () => {
  standing = sampleAlarms(many(50));
  show(<AlarmPage site={site} />);
  expect(await screen.findByText("Alarm 49")).toBeTruthy();
  expect([rows().length, rows()[0], rows()[1]]).toEqual([20, "Alarm 49", "Alarm 1"]);
  fireEvent.click(screen.getByText("Show 20 more of 30"));
  fireEvent.click(screen.getByText("Show 10 more of 10"));
  expect([rows().length, rows().at(-1)]).toEqual([50, "Alarm 0"]);
  expect(screen.queryByText(/^Show/)).toBeNull();
});

it("their states are counted, and one of them can be looked at alone", async () => {
  standing = sampleAlarms(many(50));
  show(<AlarmPage site={site} />);
  await screen.findByText("Alarm 49");
  const states = () => [...document.querySelectorAll(".states button")].map((b) => `${b.textContent} ${b.getAttribute("aria-pressed")}`);
  expect(states()).toEqual(["All 50 true", "Unacknowledged 40 false", "Acknowledged 9 false", "Shelved 1 false"]);
  fireEvent.click(screen.getByRole("button", { name: /^Acknowledged/ }));
  expect(rows()).toHaveLength(9);
  expect(states()[2]).toBe("Acknowledged 9 true");
  standing = sampleAlarms(many(5)); // none is acknowledged any more
  await waitFor(() => expect(rows()).toHaveLength(5), { timeout: 4000 });
});

it.each([[0, "0"], [0.004, "<0.01"], [0.55, "0.55"], [12.34, "12.3"]])("a rate of %d reads %s", (n, want) => expect(rate(n)).toBe(want));
