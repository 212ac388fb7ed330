import type { Alarm, Notice } from "../api/client";

/** What this phone keeps for itself. */
const names = { token: "phone.token", device: "phone.device", notices: "phone.notices", last: "phone.last" } as const;

export const keptToken = () => window.localStorage.getItem(names.token) ?? "";
export const keepToken = (token: string) => window.localStorage.setItem(names.token, token);

/** Forgets who this phone's person is, and all that was told. The device stays the same. */
export function forget() {
  for (const name of [names.token, names.notices, names.last]) window.localStorage.removeItem(name);
}

/** The id that this page made up once. Made of random bytes, which a page without https has too. */
export function device(): string {
  const kept = window.localStorage.getItem(names.device);
  if (kept && /^[a-zA-Z0-9-]{8,64}$/.test(kept)) return kept;
  const made = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
  window.localStorage.setItem(names.device, made);
  return made;
}

function readJSON<T>(name: string): T | undefined {
  try {
    return JSON.parse(window.localStorage.getItem(name) ?? "") as T;
  } catch {
    return undefined;
  }
}

const noticesKept = 20;

export const keptNotices = (): Notice[] => readJSON<Notice[]>(names.notices) ?? [];

/** Adds a notice to those before, newest first; one that comes again takes the place of itself. */
export function withNotice(before: Notice[], notice: Notice): Notice[] {
  const others = before.filter((n) => n.id !== notice.id);
  return [notice, ...others].sort((a, b) => Date.parse(b.raised) - Date.parse(a.raised)).slice(0, noticesKept);
}

export const keepNotices = (notices: Notice[]) => window.localStorage.setItem(names.notices, JSON.stringify(notices));

/** What stood when the box was last asked, and when that was (ms since 1970, this phone's clock). */
export interface Last {
  at: number;
  /** When that was by the box's clock. */
  now: string;
  alarms: Alarm[];
}

export const keptLast = () => readJSON<Last>(names.last);
export const keepLast = (last: Last) => window.localStorage.setItem(names.last, JSON.stringify(last));
