import { ask } from "../api/client";
import { keepSign } from "../worker/kept";

/** Whether this phone can be called while the page is closed, and if not, why. */
export type Push = "unknown" | "on" | "ask" | "denied" | "insecure" | "none" | "unable";

const path = "/api/v1/push/subscriptions";

export function pushBytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(key.length / 4) * 4, "="));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

const same = (a: ArrayBuffer | null | undefined, b: Uint8Array) => a !== null && a !== undefined && a.byteLength === b.length && new Uint8Array(a).every((v, i) => v === b[i]);

/** Registers the service worker, where the browser lets it. */
export async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  if (!window.isSecureContext || !("serviceWorker" in navigator)) return undefined;
  await navigator.serviceWorker.register("/worker.js", { scope: "/phone" });
  return navigator.serviceWorker.ready;
}

/** How it stands, without asking anybody anything. */
export function pushState(publicKey: string | undefined): Push {
  if (!publicKey) return "none";
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "unable";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" ? "on" : "ask";
}

/** Subscribes this browser with the box's key and tells the box; what was subscribed with another key is given up. */
export async function subscribe(publicKey: string, token: string): Promise<void> {
  const worker = await registered();
  if (!worker) throw new Error("no service worker");
  const key = pushBytes(publicKey);
  let subscription = await worker.pushManager.getSubscription();
  if (subscription && !same(subscription.options.applicationServerKey, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await keepSign(token); // for the worker, when the browser renews it
  const { endpoint, keys } = subscription.toJSON();
  await ask(path, { token, body: { endpoint, keys: { p256dh: keys?.["p256dh"] ?? "", auth: keys?.["auth"] ?? "" } } });
}

/** Gives the subscription up, here and at the box. */
export async function unsubscribe(token: string): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const worker = await navigator.serviceWorker.getRegistration("/phone");
  const subscription = await worker?.pushManager.getSubscription();
  if (!subscription) return;
  await ask(path, { token, method: "DELETE", body: { endpoint: subscription.endpoint } }).finally(() => subscription.unsubscribe());
}
