import { useEffect, useState } from "react";

import { livePath, type Picture, type Shot, type State } from "../api/client";

/** Something received, and when by this page's monotonic clock (ms). */
export interface Received<T> {
  value: T;
  at: number;
}

/** All that the page knows of a line, and how fresh it is. */
export interface Live {
  /** When the page began to listen: before anything came, silence counts from here. */
  began: number;
  state?: Received<State>;
  shot?: Received<Shot>;
  pictures: Record<string, Received<Picture>>;
  /** How far behind the appliance the last message came, beyond the quickest so far (ms). */
  lag: number;
}

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

/** Listens to one line for as long as it is shown; the browser reconnects. */
export function useLive(line: string): Live {
  const [live, setLive] = useState<Live>(() => ({ began: performance.now(), pictures: {}, lag: 0 }));
  useEffect(() => {
    let lag = new Lag();
    let source: EventSource | undefined;
    let again: number | undefined;

    const on = <T extends { now: string }>(name: string, take: (live: Live, got: Received<T>) => Live) =>
      source?.addEventListener(name, (e: MessageEvent<string>) => {
        const at = performance.now();
        const value = JSON.parse(e.data) as T;
        const behind = lag.read(value.now, at);
        setLive((l) => ({ ...take(l, { value, at }), lag: behind }));
      });

    const open = () => {
      lag = new Lag();
      source = new EventSource(livePath(line));
      on<State>("state", (l, state) => ({ ...l, state }));
      on<Shot>("shot", (l, shot) => ({ ...l, shot }));
      on<Picture>("picture", (l, p) => ({ ...l, pictures: { ...l.pictures, [p.value.camera]: p } }));
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
  }, [line]);
  return live;
}
