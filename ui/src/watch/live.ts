import { useEffect, useState } from "react";

import { watchesLive, type WatchPicture, type Watched } from "../api/client";
import { listen, type Received } from "../api/stream";

/** All that the page knows of the safety cameras, and how fresh it is. */
export interface WatchLive {
  /** When the page began to listen: before anything came, silence counts from here. */
  began: number;
  state?: Received<Watched>;
  pictures: Record<string, Received<WatchPicture>>;
  /** How far behind the appliance the last message came, beyond the quickest so far (ms). */
  lag: number;
}

/** Listens to the safety cameras for as long as they are shown. */
export function useWatches(): WatchLive {
  const [live, setLive] = useState<WatchLive>(() => ({ began: performance.now(), pictures: {}, lag: 0 }));
  useEffect(
    () =>
      listen(watchesLive, {
        state: (state, lag) => setLive((l) => ({ ...l, state, lag })),
        picture: (p: Received<WatchPicture>, lag) => setLive((l) => ({ ...l, pictures: { ...l.pictures, [p.value.camera]: p }, lag })),
      }),
    [],
  );
  return live;
}
