import { readTold, type Told } from "./told";

/** Where the service worker keeps what was pushed, so that the page can acknowledge it by its token. */
export const toldCache = "phone-told";
const most = 20;
const address = (id: string) => `/phone/told/${encodeURIComponent(id)}`;

/** Keeps a message, and of all no more than some. */
export async function remember(told: Told): Promise<void> {
  const cache = await caches.open(toldCache);
  await cache.put(address(told.id), new Response(JSON.stringify(told), { headers: { "Content-Type": "application/json" } }));
  const keys = await cache.keys(); // in the order of keeping
  await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((key) => cache.delete(key)));
}

/** All messages that are kept. Without https there is no place to keep any. */
export async function remembered(): Promise<Told[]> {
  if (!("caches" in globalThis)) return [];
  const cache = await caches.open(toldCache);
  const texts = await Promise.all((await cache.keys()).map(async (key) => (await cache.match(key))?.text() ?? ""));
  return texts.flatMap((text) => readTold(text) ?? []);
}

export async function forgetTold(): Promise<void> {
  if (!("caches" in globalThis)) return;
  await caches.delete(toldCache);
  await caches.delete(signCache);
}

/** Where the worker finds the token of this phone's person, since it can not read what the page keeps. */
export const signCache = "phone-sign";
const signAddress = "/phone/sign";

/** Keeps the token for the worker, which needs it when the browser renews its subscription while the page is closed. */
export async function keepSign(token: string): Promise<void> {
  if ("caches" in globalThis) await (await caches.open(signCache)).put(signAddress, new Response(token));
}

/** The token; "" where nobody is signed in. */
export async function keptSign(): Promise<string> {
  return (await (await (await caches.open(signCache)).match(signAddress))?.text()) ?? "";
}
