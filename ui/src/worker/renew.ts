/** What a browser says when it changes a subscription; most say nothing. */
export interface Renewal {
  readonly oldSubscription?: PushSubscription | null;
  readonly newSubscription?: PushSubscription | null;
}

/** How long after a call that did not get through it is made again (ms). */
const again = [0, 5000, 20_000];

async function ask(path: string, token: string, method: string, body?: unknown): Promise<Response> {
  let last: unknown;
  for (const ms of again) {
    if (ms > 0) await new Promise((done) => setTimeout(done, ms));
    try {
      const headers: Record<string, string> = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
      const answer = await fetch(path, body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) });
      if (answer.ok) return answer;
      const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
      last = new Error(problem.detail ?? `${answer.status} ${answer.statusText}`);
      if (answer.status < 500) break;
    } catch (e) {
      last = e;
    }
  }
  throw last instanceof Error ? last : new Error(String(last));
}

const keyBytes = (key: string) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(key.length / 4) * 4, "=")), (c) => c.charCodeAt(0));

/** Subscribes anew where the browser has not done so itself, and tells the box the new address and to forget the old one. */
export async function renew(said: Renewal, token: string, manager: Pick<PushManager, "subscribe">): Promise<void> {
  const path = "/api/v1/push/subscriptions";
  let fresh = said.newSubscription;
  if (!fresh) {
    const old = said.oldSubscription?.options.applicationServerKey;
    const key = old ?? keyBytes(((await (await ask("/api/v1/alarms/phones", token, "GET")).json()) as { push_public_key?: string }).push_public_key ?? "");
    fresh = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }
  const { endpoint, keys } = fresh.toJSON();
  await ask(path, token, "POST", { endpoint, keys: { p256dh: keys?.["p256dh"] ?? "", auth: keys?.["auth"] ?? "" } });
  const gone = said.oldSubscription?.endpoint;
  if (gone && gone !== endpoint) await ask(path, token, "DELETE", { endpoint: gone }).catch(() => undefined); // the push service says so, too, when it is next called
}
