import { readingToken } from "../access/reading";
import { Parser } from "./sse";

/**
 * How late messages come. Nobody's clock is trusted: the quickest message so
 * far sets the mark, and later ones are measured against it. A jump of over a
 * minute is the appliance's clock being set, and begins anew.
 */
export class Lag {
  private quickest = Infinity;

  read(sent: string, now: number): number {
    const took = now - Date.parse(sent);
    if (took < this.quickest || took - this.quickest > 60_000) this.quickest = took;
    return took - this.quickest;
  }
}

/** Something received, and when by this page's monotonic clock (ms). */
export interface Received<T> {
  value: T;
  at: number;
}

/** Takes one message; lag is how late it came (ms). */
type Take = (got: Received<never>, lag: number) => void;

/** Reads one message and hands it on. */
function taker(takes: Record<string, Take>): (name: string, data: string) => void {
  const lag = new Lag();
  return (name, data) => {
    const take = takes[name];
    if (!take) return;
    const at = performance.now();
    const value = JSON.parse(data) as { now: string };
    take({ value: value as never, at }, lag.read(value.now, at));
  };
}

/** Listens to a stream until the function returned is called; what ends is begun anew. */
export const listen = (path: string, takes: Record<string, Take>): (() => void) => (readingToken() ? listenBy(readingToken(), path, takes) : listenOpen(path, takes));

/** How long a stream that always speaks may be silent (ms) before it is taken for dead. */
const deadAfter = 10_000;

/** Listens with a token, which an EventSource can not send. */
function listenBy(token: string, path: string, takes: Record<string, Take>): () => void {
  let stopped = false;
  let control = new AbortController();
  const read = async () => {
    let dead = window.setTimeout(() => control.abort(), deadAfter);
    try {
      const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}`, Accept: "text/event-stream" }, signal: control.signal, cache: "no-store" });
      if (!answer.ok || !answer.body) return;
      const take = taker(takes);
      const parser = new Parser();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        window.clearTimeout(dead);
        dead = window.setTimeout(() => control.abort(), deadAfter);
        for (const m of parser.take(value)) take(m.name, m.data);
      }
    } finally {
      window.clearTimeout(dead);
    }
  };
  const run = async () => {
    while (!stopped) {
      control = new AbortController();
      await read().catch(() => undefined); // the page tells of silence by itself
      if (!stopped) await new Promise((again) => setTimeout(again, 2000));
    }
  };
  void run();
  return () => {
    stopped = true;
    control.abort();
  };
}

/** Listens where reading is open. The browser reconnects; after what makes it give up, this does. */
function listenOpen(path: string, takes: Record<string, Take>): () => void {
  let source: EventSource | undefined;
  let again: number | undefined;
  const open = () => {
    const take = taker(takes);
    source = new EventSource(path);
    for (const name of Object.keys(takes)) source.addEventListener(name, (e: MessageEvent<string>) => take(name, e.data));
    source.onerror = () => {
      // After some errors a browser gives up for good; this page never does.
      if (source?.readyState !== EventSource.CLOSED) return;
      source.close();
      again = window.setTimeout(open, 2000);
    };
  };
  open();
  return () => {
    window.clearTimeout(again);
    source?.close();
  };
}
