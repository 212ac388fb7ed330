import { useQuery } from "@tanstack/react-query";

import { fetchAlarms, Refused } from "../api/client";

/** How often what stands is asked for (ms). */
export const askEvery = 2000;
/** An answer older than this (ms) is no answer. */
export const unknownAfter = 8000;

/** What stands, and how old that is. Without a desk there is nothing to ask. */
export function useAlarms() {
  const alarms = useQuery({
    queryKey: ["alarms"],
    queryFn: () => fetchAlarms(),
    retry: false,
    refetchInterval: (q) => (q.state.error instanceof Refused && q.state.error.status === 404 ? 60_000 : askEvery),
    refetchIntervalInBackground: true,
  });
  const none = alarms.error instanceof Refused && alarms.error.status === 404;
  return { alarms: none ? undefined : alarms.data, none, heard: alarms.dataUpdatedAt, failed: alarms.isError && !none ? alarms.error.message : undefined };
}
