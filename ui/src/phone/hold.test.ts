import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { deadAfter, hold, type Link } from "./hold";

let opens: number;
let beats: number;
let beatStatus: number;
let refuse: Response | undefined;
let say: (text: string) => void;
let links: Link[];
let told: string[];
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  [opens, beats, beatStatus, refuse, links, told] = [0, 0, 204, undefined, [], []];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    if (path.includes("heartbeat")) {
      beats++;
      return Promise.resolve(beatStatus === 204 ? new Response(null, { status: 204 }) : new Response('{"detail":"not open"}', { status: beatStatus }));
    }
    opens++;
    if (refuse) return Promise.resolve(refuse.clone());
    const text = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(control) {
        say = (t) => control.enqueue(text.encode(t));
        init.signal?.addEventListener("abort", () => control.error(new Error("aborted")));
      },
    });
    return Promise.resolve(new Response(body, { status: 200 }));
  });
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const begin = () => {
  stop = hold({ token: "lm_1", device: "0123456789", told: (n) => told.push(n.id), changed: (l) => links.push(l) });
  return settle();
};
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const last = () => links.at(-1);

it("each sign of life is answered, and notices are told", async () => {
  await begin();
  say('event: alive\ndata: {"now":"x"}\n\nevent: notice\ndata: {"id":"n1"}\n\n');
  await settle();
  expect([opens, beats, told, last()?.open]).toEqual([1, 1, ["n1"], true]);
});

it("a stream that says nothing is dead, and is begun anew", async () => {
  await begin();
  say('event: alive\ndata: {"now":"x"}\n\n');
  await settle();
  await settle(deadAfter + 1);
  expect(last()?.open).toBe(false);
  await settle(1500);
  expect(opens).toBe(2);
});

it("a box that has lost the stream is asked for a new one, without a word of refusal", async () => {
  beatStatus = 404;
  await begin();
  say('event: alive\ndata: {"now":"x"}\n\n');
  await settle();
  expect(last()?.open).toBe(false);
  expect(last()?.refused).toBeUndefined();
  await settle(1500);
  expect(opens).toBe(2);
});

it("a refusal is said in the box's words, and asked again now and then", async () => {
  refuse = new Response('{"detail":"token:x is nobody\'s sign-in"}', { status: 403 });
  await begin();
  expect(last()).toEqual({ open: false, refused: "token:x is nobody's sign-in" });
  await settle(60_000);
  expect(opens).toBeGreaterThan(4);
  expect(opens).toBeLessThan(15);
});
