// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { keepSign, remembered } from "./kept";

type Handler = (e: Record<string, unknown>) => void;

const page = '<link rel="stylesheet" href="/assets/a-1.css"><script type="module" src="/assets/p-1.js"></script>';
const told = { id: "n1", attempt: 1, alarm: "a1", severity: "high", title: "yard", text: "Somebody under the crane", raised: "2026-11-24T11:00:00Z", token: "t1", device: "7f3a90c2" };

let handlers: Record<string, Handler>;
let stores: Map<string, Map<string, Response>>;
let shown: { title: string; options: { tag?: string; data?: unknown } }[];
let opened: string[];
let posts: [string, string][];
let network: boolean;

/** A browser's Cache API, as far as the worker uses it. */
function cachesOf() {
  const key = (what: unknown) => (typeof what === "string" ? what : new URL((what as Request).url).pathname);
  const store = (name: string) => {
    const map = stores.get(name) ?? new Map<string, Response>();
    stores.set(name, map);
    return map;
  };
  const cache = (name: string) => ({
    put: async (what: unknown, answer: Response) => void store(name).set(key(what), answer),
    addAll: async (all: string[]) => void (await Promise.all(all.map(async (path) => store(name).set(path, await fetch(path))))),
    keys: async () => [...store(name).keys()],
    match: async (what: unknown) => store(name).get(key(what))?.clone(),
    delete: async (what: unknown) => store(name).delete(key(what)),
  });
  return {
    open: async (name: string) => cache(name),
    keys: async () => [...stores.keys()],
    delete: async (name: string) => stores.delete(name),
    match: async (what: unknown) => [...stores.values()].map((s) => s.get(key(what))).find(Boolean)?.clone(),
  };
}

/** Does what the browser does with an event: waits for all that was asked to wait for. */
async function happens(name: string, event: Record<string, unknown> = {}): Promise<Response | undefined> {
  const waits: Promise<unknown>[] = [];
  let answer: Promise<Response> | undefined;
  handlers[name]?.({ ...event, waitUntil: (p: Promise<unknown>) => waits.push(p), respondWith: (p: Promise<Response>) => (answer = p) });
  await Promise.all(waits);
  return answer;
}

beforeEach(async () => {
  handlers = {};
  stores = new Map([["phone-0", new Map()]]);
  [shown, opened, posts, network] = [[], [], [], true];
  vi.stubGlobal("caches", cachesOf());
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    if (!network) throw new TypeError("offline");
    if (init?.method === "POST") {
      posts.push([path, String(init.body)]);
      return new Response("{}");
    }
    return new Response(path === "/phone" ? page : `content of ${path}`);
  });
  vi.stubGlobal("self", {
    addEventListener: (name: string, handler: Handler) => (handlers[name] = handler),
    skipWaiting: async () => undefined,
    location: { origin: "http://box" },
    clients: { claim: async () => undefined, matchAll: async () => [], openWindow: async (url: string) => void opened.push(url) },
    registration: {
      getNotifications: async () => shown.map((s) => s.options),
      showNotification: async (title: string, options: (typeof shown)[number]["options"]) => {
        shown = [...shown.filter((s) => s.options.tag !== options.tag), { title, options }];
      },
    },
  });
  vi.resetModules();
  await vi.importActual("./worker");
  await happens("install");
  await happens("activate");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const request = (path: string, mode = "cors") => ({ request: { url: `http://box${path}`, method: "GET", mode } });
const touch = (action: string) => happens("notificationclick", { action, notification: { data: told, close: () => undefined } });

it("it keeps the page with all that it names, and drops what was kept before", () => {
  expect([...stores.keys()]).toEqual(["phone-1"]);
  expect([...stores.get("phone-1")!.keys()].sort()).toEqual(["/assets/a-1.css", "/assets/p-1.js", "/icon-192.png", "/icon-512.png", "/icon.svg", "/phone", "/phone.webmanifest"]);
});

it("without a network the page opens, and no answer of the API is made up", async () => {
  network = false;
  expect(await (await happens("fetch", request("/phone", "navigate")))?.text()).toBe(page);
  expect(await (await happens("fetch", request("/assets/p-1.js")))?.text()).toBe("content of /assets/p-1.js");
  expect(await happens("fetch", request("/api/v1/alarms"))).toBeUndefined();
  expect(await happens("fetch", request("/", "navigate"))).toBeUndefined(); // not its page
});

it("a push is shown, answered for, and kept for the page", async () => {
  await happens("push", { data: { text: () => JSON.stringify(told) } });
  await happens("push", { data: { text: () => JSON.stringify({ ...told, attempt: 2 }) } });
  expect(shown.map((s) => [s.title, s.options.tag])).toEqual([["yard", "a1"]]); // one alarm, one notification
  expect(posts).toEqual([["/api/v1/receipts/t1", '{"what":"received","device":"7f3a90c2"}'], ["/api/v1/receipts/t1", '{"what":"received","device":"7f3a90c2"}']]);
  expect((await remembered()).map((n) => [n.id, n.attempt])).toEqual([["n1", 2]]);
});

it("a push that nobody understands is shown all the same", async () => {
  await happens("push", { data: { text: () => "?" } });
  expect(shown.map((s) => s.title)).toEqual(["Linesman"]);
  expect(posts).toEqual([]);
});

it("a touch opens the alarm and says so; the button acknowledges", async () => {
  await touch("");
  expect(opened).toEqual(["/phone#alarm=a1"]);
  await touch("acknowledge");
  expect(posts.map(([, body]) => body)).toEqual(['{"what":"opened","device":"7f3a90c2"}', '{"what":"acknowledged","device":"7f3a90c2"}']);
  expect(shown.at(-1)?.title).toBe("✓ yard");
});

const subscription = (endpoint: string) => ({ endpoint, options: { applicationServerKey: new ArrayBuffer(3) }, toJSON: () => ({ endpoint, keys: { p256dh: "p", auth: "a" } }) });

it("a subscription that the browser renews is told to the box, also while the page is closed", async () => {
  const asked: [string, string, string | null][] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => (asked.push([String(init.method), String(init.body), new Headers(init.headers).get("Authorization")]), new Response("{}")));
  await happens("pushsubscriptionchange", { oldSubscription: subscription("https://push/old"), newSubscription: subscription("https://push/new") });
  expect(asked).toEqual([]); // nobody is signed in
  await keepSign("lm_1");
  await happens("pushsubscriptionchange", { oldSubscription: subscription("https://push/old"), newSubscription: subscription("https://push/new") });
  expect(asked).toEqual([
    ["POST", '{"endpoint":"https://push/new","keys":{"p256dh":"p","auth":"a"}}', "Bearer lm_1"],
    ["DELETE", '{"endpoint":"https://push/old"}', "Bearer lm_1"],
  ]);
  expect(shown).toEqual([]);
});

it("one that can not be renewed says so on the phone", async () => {
  await keepSign("lm_1");
  vi.stubGlobal("fetch", async () => new Response('{"detail":"this token is not known"}', { status: 401 }));
  await happens("pushsubscriptionchange", { newSubscription: subscription("https://push/new") });
  expect(shown.map((s) => [s.title, s.options.tag])).toEqual([["This phone is NOT called 本手机无法收到报警", "renewal"]]);
});

it("what was not acknowledged is not taken for it", async () => {
  network = false;
  vi.useFakeTimers();
  const touched = touch("acknowledge");
  await vi.advanceTimersByTimeAsync(30_000);
  await touched;
  expect(shown.at(-1)?.title).toBe("NOT acknowledged 未确认: yard");
});
