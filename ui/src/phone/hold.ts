import { ask, Refused, type Notice } from "../api/client";
import { Parser } from "../api/sse";

/** The box says that it is there every ten seconds; two missed and the stream is dead (ms). */
export const deadAfter = 25_000;

/** How a phone's stream stands. */
export interface Link {
  open: boolean;
  /** When anything last came, by performance.now(); undefined: never. */
  heard?: number;
  /** The box refuses this phone, in its own words. */
  refused?: string;
}

export interface Holding {
  token: string;
  device: string;
  told: (notice: Notice) => void;
  changed: (link: Link) => void;
}

/** Reads one stream to its end. What ends it is thrown or returned; the caller begins anew. */
async function read(h: Holding, signal: AbortSignal, heard: () => void): Promise<void> {
  const answer = await fetch(`/api/v1/alarms/stream?device=${h.device}`, { headers: { Authorization: `Bearer ${h.token}`, Accept: "text/event-stream" }, signal, cache: "no-store" });
  if (!answer.ok || !answer.body) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Refused(problem.detail ?? `${answer.status} ${answer.statusText}`, answer.status);
  }
  const parser = new Parser();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const m of parser.take(value)) {
      heard();
      if (m.name === "notice") h.told(JSON.parse(m.data) as Notice);
      if (m.name === "alive") await beat(h);
    }
  }
}

/** Tells the box that the phone is there. 404 says that the box has lost the stream: it is of no use then, and no refusal. */
async function beat(h: Holding): Promise<void> {
  try {
    await ask<undefined>("/api/v1/alarms/heartbeat", { token: h.token, body: { device: h.device } });
  } catch (e) {
    throw e instanceof Refused && e.status === 404 ? new Error(e.message) : e;
  }
}

/** Holds a phone's stream open until the function returned is called: what ends is begun anew, what is silent is ended. */
export function hold(h: Holding): () => void {
  let stopped = false;
  let current: AbortController | undefined;
  let link: Link = { open: false };
  let wake: (() => void) | undefined;
  let failures = 0;
  const change = (to: Partial<Link>) => {
    link = { ...link, ...to };
    if (!stopped) h.changed(link);
  };
  const run = async () => {
    while (!stopped) {
      const control = new AbortController();
      current = control;
      let dead = window.setTimeout(() => control.abort(), deadAfter);
      const heard = () => {
        failures = 0;
        window.clearTimeout(dead);
        dead = window.setTimeout(() => control.abort(), deadAfter);
        const { refused: _, ...rest } = link;
        link = rest;
        change({ open: true, heard: performance.now() });
      };
      try {
        await read(h, control.signal, heard);
        change({ open: false });
      } catch (e) {
        change(e instanceof Refused && e.status < 500 ? { open: false, refused: e.message } : { open: false });
      }
      window.clearTimeout(dead);
      control.abort();
      if (stopped) return;
      failures++;
      await new Promise<void>((done) => {
        wake = done;
        window.setTimeout(done, Math.min(10_000, 500 * 2 ** failures));
      });
    }
  };
  const hurry = () => {
    if (document.visibilityState !== "visible") return;
    if (link.heard !== undefined && performance.now() - link.heard > deadAfter) current?.abort(); // it slept
    if (!link.open) wake?.();
  };
  // A phone that slept has lost its stream without a word: it is begun anew.
  const lost = () => current?.abort();
  window.addEventListener("online", hurry);
  window.addEventListener("offline", lost);
  document.addEventListener("visibilitychange", hurry);
  void run();
  return () => {
    stopped = true;
    current?.abort();
    wake?.();
    window.removeEventListener("online", hurry);
    window.removeEventListener("offline", lost);
    document.removeEventListener("visibilitychange", hurry);
  };
}
