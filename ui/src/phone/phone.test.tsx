import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { sampleAlarm, sampleNow } from "../alarm/sample";
import type { Notice } from "../api/client";
import { notification, readTold, sayReceipt } from "../worker/told";
import { BigAlarm } from "./BigAlarm";
import { device, withNotice } from "./keep";
import { LinkState } from "./LinkState";
import { PhonePage } from "./PhonePage";
import { pushBytes } from "./push";
import { choose } from "./shown";
import { Parser } from "../api/sse";

const notice = (change: Partial<Notice> = {}): Notice => ({
  id: "n1", attempt: 1, alarm: sampleAlarm().id, alarms: [sampleAlarm().id], severity: "high", title: "south-hall", text: "Somebody under the crane", what_to_do: "Stop the crane.", raised: "2026-11-24T10:58:00Z", drill: false, token: "t1", ...change,
});

beforeEach(() => window.localStorage.clear());
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const inQueries = (what: React.ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>{what}</QueryClientProvider>);

it("a stream is read in pieces of any size", () => {
  const text = ': hello\n\nevent: alive\ndata: {"now":1}\n\nevent: notice\r\ndata: a\r\ndata: b\r\n\r\ndata: c\n\n';
  const want = [{ name: "alive", data: '{"now":1}' }, { name: "notice", data: "a\nb" }, { name: "message", data: "c" }];
  for (const size of [1, 2, 3, 7, 1000]) {
    const parser = new Parser();
    const got = [];
    for (let i = 0; i < text.length; i += size) got.push(...parser.take(text.slice(i, i + size)));
    expect(got, `pieces of ${size}`).toEqual(want);
  }
});

it("a notice that comes again takes the place of itself, the newest stand first", () => {
  const before = [notice()];
  expect(withNotice(before, notice({ attempt: 2 })).map((n) => n.attempt)).toEqual([2]);
  expect(withNotice(before, notice({ id: "n2", raised: "2026-11-24T10:59:00Z" })).map((n) => n.id)).toEqual(["n2", "n1"]);
});

it("the id of a phone is made once", () => {
  expect(device()).toMatch(/^[0-9a-f]{24}$/);
  expect(device()).toBe(device());
});

it("what is shown large", () => {
  const one = sampleAlarm();
  const other = sampleAlarm({ id: "other", severity: "critical" });
  const taken = sampleAlarm({ state: "acknowledged" });
  const told = notice();
  expect(choose([one, other], [told], undefined), "told before graver").toEqual({ alarm: one, notice: told });
  expect(choose([one, other], [told], "other"), "asked for").toEqual({ alarm: other });
  expect(choose([taken], [told], undefined), "taken").toBeUndefined();
  expect(choose([taken, other], [told], undefined), "not told, but wanting").toEqual({ alarm: other });
  expect(choose(undefined, [told], undefined), "nothing known").toEqual({ notice: told });
  expect(choose([], [told], undefined, Date.parse("2026-11-24T10:57:00Z")), "younger than the answer").toEqual({ notice: told });
  expect(choose([], [told], undefined, Date.parse(sampleNow)), "gone by the answer").toBeUndefined();
});

it.each([["not JSON", "{"], ["null", "null"], ["no token", '{"id":"1","alarm":"a","severity":"high","title":"t","text":"t","raised":"r","attempt":1}'], ["a number for a word", '{"id":1}']])("a push message that is %s is none", (_, text) => expect(readTold(text)).toBeUndefined());

it("one alarm is one notification, and its next attempt makes no noise", () => {
  const told = readTold(JSON.stringify(notice()))!;
  const first = notification(told, []).options;
  expect([first.tag, first.renotify, first.requireInteraction, first.body]).toEqual([told.alarm, true, true, "Somebody under the crane\nStop the crane."]);
  expect(notification({ ...told, attempt: 2 }, [{ data: told }]).options.renotify).toBe(false);
  expect(notification({ ...told, id: "n2" }, [{ data: told }]).options.renotify).toBe(true); // another call for it
});

it("a receipt is said again while the network is lost, and a refusal is final", async () => {
  const waits: number[] = [];
  const wait = (ms: number) => (waits.push(ms), Promise.resolve());
  let calls = 0;
  vi.stubGlobal("fetch", () => (++calls < 3 ? Promise.reject(new TypeError("offline")) : Promise.resolve(new Response("{}", { status: 200 }))));
  await sayReceipt("t/1", "received", { wait });
  expect([calls, waits]).toEqual([3, [2000, 5000]]);
  vi.stubGlobal("fetch", () => (calls++, Promise.resolve(new Response('{"detail":"no such token"}', { status: 404 }))));
  calls = 0;
  await expect(sayReceipt("t", "opened", { wait })).rejects.toThrow("no such token");
  expect(calls).toBe(1);
});

it("a stream that is heard says so, a dead one is large and red", () => {
  const { rerender, container } = render(<LinkState link={{ open: true, heard: 1000 }} now={4000} began={0} />);
  expect(screen.getByText("Connected · last heard 3.0 s ago")).toBeTruthy();
  rerender(<LinkState link={{ open: true, heard: 1000 }} now={27_000} began={0} />); // open, but nothing comes
  expect(container.querySelector(".link-dead")?.textContent).toContain("Last heard 26 s ago");
  rerender(<LinkState link={{ open: false, refused: "token:x is nobody's sign-in" }} now={100} began={0} />);
  expect(screen.getByRole("alert").textContent).toContain("nobody's sign-in");
});

it("the button acknowledges by the notice's own token, and what is old is veiled", async () => {
  const posts: [string, string][] = [];
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    if (init?.method === "POST") posts.push([path, String(init.body)]);
    return Promise.resolve(new Response(JSON.stringify({ alarm: sampleAlarm(), deliveries: [], events: [] }), { status: 200 }));
  });
  inQueries(<BigAlarm shown={{ alarm: sampleAlarm(), notice: notice() }} token="lm_1" zone="UTC" old ageMS={60_000} now={Date.parse(sampleNow)} />);
  expect(screen.getByText("Not live: as of 60 s ago")).toBeTruthy();
  expect(screen.getByText("Stop the crane.")).toBeTruthy();
  fireEvent.pointerDown(window);
  fireEvent.click(screen.getByRole("button", { name: /Acknowledge/ }));
  await waitFor(() => expect(posts).toHaveLength(2));
  expect(posts).toEqual([["/api/v1/receipts/t1", '{"what":"opened"}'], ["/api/v1/receipts/t1", '{"what":"acknowledged"}']]);
});

it("an alarm that somebody took has no button", () => {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  inQueries(<BigAlarm shown={{ alarm: sampleAlarm({ state: "acknowledged", acknowledged: { by: "user:eva", at: sampleNow } }) }} token="lm_1" zone="UTC" old={false} ageMS={0} now={Date.parse(sampleNow)} />);
  expect(screen.queryByRole("button")).toBeNull();
  expect(screen.getByText("Taken by user:eva 11:00:00")).toBeTruthy();
});

it("a phone signs in with a token, which stays on it", () => {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  inQueries(<PhonePage />);
  fireEvent.change(screen.getByLabelText("This phone's token"), { target: { value: " lm_1 " } });
  fireEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(window.localStorage.getItem("phone.token")).toBe("lm_1");
  expect(screen.getByText(/What stands now is unknown/)).toBeTruthy(); // nothing was heard yet
});

it("a VAPID key becomes bytes", () => expect([...pushBytes("_-8A")]).toEqual([255, 239, 0]));
