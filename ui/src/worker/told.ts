/** What a push message or the stream tells a phone; both have these. */
export interface Told {
  id: string;
  attempt: number;
  alarm: string;
  severity: string;
  title: string;
  text: string;
  what_to_do?: string;
  raised: string;
  drill?: boolean;
  token: string;
  /** Of a push: the short name of the device that it was sent to, to be said with the receipt. */
  device?: string;
}

const strings = ["id", "alarm", "severity", "title", "text", "raised", "token"] as const;

/** Reads a push message; undefined where it is none of ours. */
export function readTold(text: string): Told | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const told = value as Record<string, unknown>;
  if (!strings.every((key) => typeof told[key] === "string") || typeof told["attempt"] !== "number") return undefined;
  return value as Told;
}

/** What a receipt says. */
export type Receipt = "received" | "opened" | "acknowledged";

/** How long after a receipt that did not arrive it is said again (ms). */
const again = [0, 2000, 5000, 10_000];

/** Tells the box how far a message has come, and which device says so; the token proves whose it is. A refusal is final, a lost network is not. */
export async function sayReceipt(token: string, what: Receipt, more: { device?: string | undefined; label?: string; wait?: (ms: number) => Promise<void> } = {}): Promise<void> {
  const { device, label, wait = (ms) => new Promise((done) => setTimeout(done, ms)) } = more;
  let last: unknown;
  for (const ms of again) {
    if (ms > 0) await wait(ms);
    try {
      const answer = await fetch(`/api/v1/receipts/${encodeURIComponent(token)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ what, label, device }) });
      if (answer.ok) return;
      const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
      last = new Error(problem.detail ?? `${answer.status} ${answer.statusText}`);
      if (answer.status < 500) break;
    } catch (e) {
      last = e;
    }
  }
  throw last instanceof Error ? last : new Error(String(last));
}

/** Words of a notification: the phone may not know the page's language, so both. */
export const acknowledgeWords = "Acknowledge 确认";

/** How a message is shown: one notification an alarm, and the same attempt makes no second noise. */
export function notification(told: Told, shown: readonly { data?: unknown }[]): { title: string; options: NotificationOptions & { renotify?: boolean; actions?: { action: string; title: string }[]; timestamp?: number } } {
  const before = shown.some((n) => (n.data as Told | undefined)?.id === told.id);
  return {
    title: told.title,
    options: {
      body: [told.text, told.what_to_do].filter(Boolean).join("\n"),
      tag: told.alarm,
      renotify: !before,
      requireInteraction: told.severity === "critical" || told.severity === "high",
      icon: "/icon-192.png",
      badge: "/icon-192.png",
      timestamp: Date.parse(told.raised),
      data: told,
      actions: [{ action: "acknowledge", title: acknowledgeWords }],
    },
  };
}
