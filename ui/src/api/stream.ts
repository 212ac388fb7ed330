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

/** Listens to a stream until the function returned is called. The browser reconnects; after what makes it give up, this does. */
export function listen(path: string, takes: Record<string, Take>): () => void {
  let source: EventSource | undefined;
  let again: number | undefined;
  const open = () => {
    const lag = new Lag();
    source = new EventSource(path);
    for (const [name, take] of Object.entries(takes)) {
      source.addEventListener(name, (e: MessageEvent<string>) => {
        const at = performance.now();
        const value = JSON.parse(e.data) as { now: string };
        take({ value: value as never, at }, lag.read(value.now, at));
      });
    }
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
