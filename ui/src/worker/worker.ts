/// The service worker of the phone page: it shows what is pushed, answers for
/// it, and keeps the page itself for when there is no network. It keeps no
/// answer of the API: what it had would be old, and shown as new.
import { keptSign, remember, signCache, toldCache } from "./kept";
import { renew, type Renewal } from "./renew";
import { notification, readTold, sayReceipt, type Told } from "./told";

declare const self: ServiceWorkerGlobalScope;

const cacheName = "phone-1";
const page = "/phone";
const fixed = ["/phone.webmanifest", "/icon.svg", "/icon-192.png", "/icon-512.png"];

/** Fetches the page with all that it names, and keeps it in place of what was kept before. */
async function keep(): Promise<void> {
  const answer = await fetch(page, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${page}: ${answer.status}`);
  const html = await answer.clone().text();
  const named = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].flatMap((m) => m[1] ?? []);
  const cache = await caches.open(cacheName);
  await cache.addAll([...named, ...fixed]);
  await cache.put(page, answer);
}

self.addEventListener("install", (e) => e.waitUntil(keep().then(() => self.skipWaiting())));

self.addEventListener("activate", (e) =>
  e.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((n) => n !== cacheName && n !== toldCache && n !== signCache).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  ),
);

/** The page as the box has it now; after 4 s, or without a network, as it was kept. */
async function opened(): Promise<Response> {
  const kept = await caches.match(page);
  try {
    return await fetch(page, { cache: "no-cache", signal: AbortSignal.timeout(kept ? 4000 : 30_000) });
  } catch (e) {
    if (kept) return kept;
    throw e;
  }
}

self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (e.request.mode === "navigate") {
    if (url.pathname !== page) return;
    e.respondWith(opened());
    // A newer page is kept with all it names, so that what is opened without a network fits together.
    e.waitUntil(keep().catch(() => undefined));
    return;
  }
  e.respondWith(caches.match(e.request).then((kept) => kept ?? fetch(e.request)));
});

async function pushed(text: string): Promise<void> {
  const told = readTold(text);
  if (!told) {
    // A browser takes the permission away from who shows nothing for a push.
    await self.registration.showNotification("Linesman", { body: "A message that this page does not understand: open it. 无法识别的消息，请打开页面。", tag: "unread" });
    return;
  }
  await remember(told).catch(() => undefined); // a full phone: it is shown all the same
  const shown = await self.registration.getNotifications({ tag: told.alarm });
  const { title, options } = notification(told, shown);
  await self.registration.showNotification(title, options);
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage({ told });
  await sayReceipt(told.token, "received", { device: told.device });
}

// The browser has given up or renewed the subscription: without this the phone would be called in vain.
self.addEventListener("pushsubscriptionchange", (e) => {
  const event = e as ExtendableEvent & Renewal;
  event.waitUntil(
    keptSign().then(async (token) => {
      if (!token) return; // nobody is signed in here
      try {
        await renew(event, token, self.registration.pushManager);
      } catch (err) {
        await self.registration.showNotification("This phone is NOT called 本手机无法收到报警", { body: `Open the page to sign it up again. 请打开页面重新登记。\n${err instanceof Error ? err.message : String(err)}`, tag: "renewal", requireInteraction: true, icon: "/icon-192.png" });
      }
    }),
  );
});

self.addEventListener("push", (e) => e.waitUntil(pushed(e.data?.text() ?? "")));

async function show(alarm: string): Promise<void> {
  const address = `${page}#alarm=${encodeURIComponent(alarm)}`;
  for (const client of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (new URL(client.url).pathname !== page) continue;
    client.postMessage({ show: alarm });
    await client.focus();
    return;
  }
  await self.clients.openWindow(address);
}

async function touched(action: string, told: Told): Promise<void> {
  if (action !== "acknowledge") {
    await Promise.all([show(told.alarm), sayReceipt(told.token, "opened", { device: told.device })]);
    return;
  }
  try {
    await sayReceipt(told.token, "acknowledged", { device: told.device });
    await self.registration.showNotification(`✓ ${told.title}`, { body: "Acknowledged 已确认", tag: told.alarm, silent: true, data: told });
  } catch (e) {
    // Nobody may take for acknowledged what is not.
    await self.registration.showNotification(`NOT acknowledged 未确认: ${told.title}`, { body: e instanceof Error ? e.message : String(e), tag: told.alarm, requireInteraction: true, data: told });
  }
}

self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  const told = e.notification.data as Told | undefined;
  if (told) e.waitUntil(touched(e.action, told));
});
