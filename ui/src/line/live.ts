import { useEffect, useState } from "react";

import { livePath, type Picture, type Shot, type State } from "../api/client";
import { listen, type Received } from "../api/stream";

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

/** Listens to one line for as long as it is shown. */
export function useLive(line: string): Live {
  const [live, setLive] = useState<Live>(() => ({ began: performance.now(), pictures: {}, lag: 0 }));
  useEffect(
    () =>
      listen(livePath(line), {
        state: (state, lag) => setLive((l) => ({ ...l, state, lag })),
        shot: (shot, lag) => setLive((l) => ({ ...l, shot, lag })),
        picture: (p: Received<Picture>, lag) => setLive((l) => ({ ...l, pictures: { ...l.pictures, [p.value.camera]: p }, lag })),
      }),
    [line],
  );
  return live;
}
